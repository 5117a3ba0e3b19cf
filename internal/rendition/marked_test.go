package rendition

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

var agency = Watermark{Text: "Northlight, preview"}

// What bears a link's watermark is told apart by name from what does not, from what bears another, and from what a Library declares.
// features: F3
func TestPicturesWithALinksWatermarkHaveNamesOfTheirOwn(t *testing.T) {
	web := Preset{Name: "web", Width: 800, Format: JPEG}
	marked := web.Marked("northlight", agency)
	object := ObjectName(marked, "e1", nil)
	if err := marked.Validate(); err != nil || web.Watermark != nil || web.Name != "web" {
		t.Errorf("%v is not valid, or the preset itself has changed: %v", marked, err)
	}
	if !IsObjectName(object) || !Bears(object, "web", "northlight") {
		t.Errorf("%s is not known to bear it", object)
	}
	stronger := agency
	stronger.Opacity = 100
	for why, other := range map[string]string{
		"without a watermark":                 ObjectName(web, "e1", nil),
		"with one of the preset's own":        ObjectName(Preset{Name: "web", Width: 800, Format: JPEG, Watermark: &agency}, "e1", nil),
		"with another of the Library's":       ObjectName(web.Marked("north", agency), "e1", nil),
		"of another preset":                   ObjectName(Preset{Name: "we", Width: 800, Format: JPEG}.Marked("northlight", agency), "e1", nil),
		"of a name that begins like it":       ObjectName(web.Marked("northlight-b", agency), "e1", nil),
		"of the watermark as it was":          "web_northlight-" + ContentTag(web, "e1", nil) + ".jpg",
		"of a name that only looks like one":  "web_northlight-marked.jpg",
		"of a name with another one after it": object + ".jpg",
	} {
		if other == object || Bears(other, "web", "northlight") {
			t.Errorf("%s: %s is taken for %s", why, other, object)
		}
	}
	for why, same := range map[string]string{
		"of another version of the file":      ObjectName(marked, "e2", nil),
		"with the watermark as it is now":     ObjectName(web.Marked("northlight", stronger), "e1", nil),
		"of another form of the same preset":  ObjectName(Preset{Name: "web", Width: 900, Format: AVIF}.Marked("northlight", agency), "e1", nil),
		"of the one that every Library shows": object,
	} {
		if !Bears(same, "web", "northlight") || why != "of the one that every Library shows" && same == object {
			t.Errorf("%s: %s", why, same)
		}
	}
	for _, name := range []string{"web_", "_northlight", "web_a_b", "web_A", "web_a.b"} {
		if err := (Preset{Name: name, Width: 1, Watermark: &agency}).Validate(); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
	if err := (Preset{Name: "web_northlight", Width: 1}).Validate(); err == nil {
		t.Error("a preset is called as if it had a watermark")
	}
}

// Pictures with watermarks are made of those originals alone that links show, once, beside all others, and stay while they are asked for.
// features: F3
func TestPlanMarksWhatLinksShow(t *testing.T) {
	hero, other := Original{Key: "launch/hero.jpg", ETag: "e1"}, Original{Key: "press/logo.png", ETag: "e2"}
	thumb, web := twoPresets[0].Defaulted(), twoPresets[1].Defaulted()
	markedThumb, markedWeb := thumb.Marked("northlight", agency), web.Marked("northlight", agency)
	later := agency
	later.Opacity = 80
	names := func(list []Preset) (all []string) {
		for _, p := range list {
			all = append(all, p.Name)
		}
		return all
	}
	plan := func(facts *asset.Facts, there []Preset, marked Marked) Plan {
		t.Helper()
		p, err := NewPlan(World{
			Originals: []Original{hero, other}, Presets: twoPresets, Marked: map[string]Marked{hero.Key: marked},
			Known: map[string]Known{hero.Key: {facts, objectsOf(hero, there...)}, other.Key: {factsOf(other, twoPresets, thumb, web), objectsOf(other, thumb, web)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	both := Marked{Presets: []Preset{markedThumb, markedWeb}}
	for _, c := range []struct {
		why    string
		made   []Preset // in facts and in the store; none for an original that nobody has looked at
		marked Marked
		todo   []string
		kept   int
	}{
		{"a new original is decoded once for all", nil, both, []string{"thumb", "web", "thumb_northlight", "web_northlight"}, 0},
		{"a link comes", []Preset{thumb, web}, both, []string{"thumb_northlight", "web_northlight"}, 2},
		{"all of it is there", []Preset{thumb, web, markedThumb, markedWeb}, both, nil, 0},
		{"one is there", []Preset{thumb, web, markedThumb}, both, []string{"web_northlight"}, 3},
		{"the watermark is another", []Preset{thumb, web, markedThumb}, Marked{Presets: []Preset{thumb.Marked("northlight", later)}}, []string{"thumb_northlight"}, 3},
		{"it cannot be drawn now", []Preset{thumb, web, markedThumb}, Marked{Held: []Preset{markedThumb, markedWeb}}, nil, 0},
		{"it cannot be drawn now, and another picture is lost", []Preset{web, markedThumb}, Marked{Held: []Preset{markedThumb, markedWeb}}, []string{"thumb"}, 2},
		{"no link asks for it", []Preset{thumb, web, markedThumb, markedWeb}, Marked{}, nil, 0},
	} {
		var facts *asset.Facts
		if c.made != nil {
			facts = factsOf(hero, twoPresets, c.made...)
		}
		got := plan(facts, c.made, c.marked)
		if len(got.Work) > 1 || (len(got.Work) == 1) != (c.todo != nil) {
			t.Errorf("%s: %d work", c.why, len(got.Work))
			continue
		}
		if c.todo == nil {
			continue
		}
		work := got.Work[0]
		if diff := cmp.Diff(c.todo, names(work.Presets)); diff != "" || work.Original != hero || len(work.Kept) != c.kept {
			t.Errorf("%s: %s, %d kept (-want +got):\n%s", c.why, work.Original.Key, len(work.Kept), diff)
		}
		for _, p := range work.Presets {
			if p.Format.Ext() == "" || p.Quality == 0 {
				t.Errorf("%s: %s is not ready to be made", c.why, p.Name)
			}
		}
	}
}

// shownWithManyMarks is an original with as many presets as a Library can have, and those with the watermarks of all links.
func shownWithManyMarks() (hero Original, presets, marked []Preset) {
	for i := range 18 {
		p := Preset{Name: fmt.Sprintf("p%d", i), Width: 100 + i}.Defaulted()
		presets = append(presets, p)
		for j := range 6 {
			marked = append(marked, p.Marked(fmt.Sprintf("m%d", j), Watermark{Text: fmt.Sprintf("Agency %d", j)}))
		}
	}
	return Original{Key: "hero.jpg", ETag: "e1"}, presets, marked
}

// However many watermarks an original is shown with, one Job makes no more pictures of it than a manifest takes, and the next goes on.
func TestManyWatermarksTakeSeveralJobs(t *testing.T) {
	hero, presets, marked := shownWithManyMarks()
	var made []Preset
	for jobs := 1; ; jobs++ {
		facts := factsOf(hero, presets, made...)
		plan, err := NewPlan(World{Originals: []Original{hero}, Presets: presets, Marked: map[string]Marked{hero.Key: {Presets: marked}}, Known: map[string]Known{hero.Key: {facts, objectsOf(hero, made...)}}})
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Work) == 0 {
			if want := (len(presets) + len(marked) + MaxPresets - 1) / MaxPresets; jobs != want+1 || len(made) != len(presets)+len(marked) {
				t.Errorf("%d pictures after %d Jobs", len(made), jobs-1)
			}
			return
		}
		work := plan.Work[0]
		item := item(1)
		item.ETag, item.Kept, item.PresetSet, item.Outputs = hero.ETag, work.Kept, work.PresetSet, nil
		for _, p := range work.Presets {
			if slices.ContainsFunc(made, func(m Preset) bool { return m.Name == p.Name }) {
				t.Fatalf("%s is made again", p.Name)
			}
			item.Outputs = append(item.Outputs, Output{Preset: p, Put: item.Facts})
		}
		if _, err := Encode(Manifest{Version: ManifestVersion, Items: []Item{item}}); err != nil {
			t.Fatalf("after %d pictures: %v", len(made), err)
		}
		if _, err := asset.EncodeFacts(*facts); err != nil {
			t.Fatalf("facts of %d pictures: %v", len(made), err)
		}
		made = append(made, work.Presets...)
	}
}

// When none of them can be made, each is tried once, and facts and manifests have room to say so of all of them.
//
// features: D13
func TestManyPicturesThatCannotBeMadeAreTriedOnce(t *testing.T) {
	hero, presets, marked := shownWithManyMarks()
	facts := factsOf(hero, presets)
	for jobs := 1; ; jobs++ {
		plan, err := NewPlan(World{Originals: []Original{hero}, Presets: presets, Marked: map[string]Marked{hero.Key: {Presets: marked}}, Known: map[string]Known{hero.Key: {facts, nil}}})
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Work) == 0 {
			if want := (len(presets) + len(marked) + MaxPresets - 1) / MaxPresets; jobs != want+1 || plan.Counts != (Counts{Originals: 1, Wanted: 1, Failed: 1}) {
				t.Errorf("after %d Jobs counts are %+v", jobs-1, plan.Counts)
			}
			return
		}
		work := plan.Work[0]
		it := item(1)
		it.ETag, it.Unmade, it.PresetSet, it.Outputs = hero.ETag, work.Unmade, work.PresetSet, nil
		told := *facts
		told.PresetSet, told.Unmade = work.PresetSet, slices.Clone(work.Unmade)
		for _, p := range work.Presets {
			object := ObjectName(p, hero.ETag, nil)
			if slices.ContainsFunc(facts.Unmade, func(u asset.Unmade) bool { return u.Object == object }) {
				t.Fatalf("%s is tried again", p.Name)
			}
			it.Outputs = append(it.Outputs, Output{Preset: p, Put: it.Facts})
			told.Unmade = append(told.Unmade, asset.NewUnmade(p.Name, object, asset.UnmadeFailed, strings.Repeat("<why> ", 50)))
		}
		if _, err := Encode(Manifest{Version: ManifestVersion, Items: []Item{it}}); err != nil {
			t.Fatalf("after %d pictures: %v", len(facts.Unmade), err)
		}
		data, err := asset.EncodeFacts(told)
		if err != nil {
			t.Fatalf("facts of %d pictures: %v", len(told.Unmade), err)
		}
		read, err := asset.DecodeFacts(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		facts = &read
	}
}

// A link that names a watermark has asked for its pictures: they are made whether or not the preset waits for visitors.
//
// features: F3
func TestMarkedPicturesWaitForNoVisitor(t *testing.T) {
	p := Preset{Name: "web", Width: 800, Format: WebP, OnRequest: true}
	if marked := p.Marked("draft", Watermark{Text: "draft"}); marked.OnRequest {
		t.Error("the picture of a link's watermark waits for a visitor, whom the link would never show it to")
	}
}
