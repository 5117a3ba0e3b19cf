package rendition

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

var twoPresets = []Preset{{Name: "thumb", Width: 400}, {Name: "web", Width: 1600, Format: JPEG}}

// factsOf is what a worker would have written for o when it made these presets of the wanted ones.
func factsOf(o Original, wanted []Preset, made ...Preset) *asset.Facts {
	f := &asset.Facts{V: asset.FactsVersion, ETag: TrimETag(o.ETag), PresetSet: SetDigest(wanted)}
	for _, p := range made {
		f.Renditions = append(f.Renditions, asset.Rendition{Preset: p.Name, Object: ObjectName(p, o.ETag, o.Focus), ContentType: p.Defaulted().Format.ContentType()})
	}
	return f
}

func objectsOf(o Original, presets ...Preset) map[string]struct{} {
	set := map[string]struct{}{}
	for _, p := range presets {
		set[ObjectName(p, o.ETag, o.Focus)] = struct{}{}
	}
	return set
}

func failed(o Original, wanted []Preset, reason asset.Reason) *asset.Facts {
	f := factsOf(o, wanted)
	f.Error = asset.NewReadError(reason, "because")
	return f
}

// features: D12, D13
func TestNewPlan(t *testing.T) {
	hero := Original{Key: "launch/hero.jpg", ETag: `"e1"`, VersionID: "v1", Size: 1000}
	thumb, web := twoPresets[0], twoPresets[1]
	smaller := Preset{Name: "web", Width: 1200, Format: JPEG}
	cases := []struct {
		why     string
		o       Original
		presets []Preset
		known   Known
		todo    []string // names of presets; nil when there is no work
		kept    []string
		counts  Counts
	}{
		{"a new original is work whatever its name", Original{Key: "notes.txt", ETag: "e", Size: 1}, twoPresets, Known{}, []string{"thumb", "web"}, nil, Counts{Originals: 1, Wanted: 1}},
		{"one that is done is no work", hero, twoPresets, Known{factsOf(hero, twoPresets, thumb, web), objectsOf(hero, thumb, web)}, nil, nil, Counts{Originals: 1, Wanted: 1, Done: 1}},
		{"pictures without facts were cut off before the commit", hero, twoPresets, Known{nil, objectsOf(hero, thumb, web)}, []string{"thumb", "web"}, nil, Counts{Originals: 1, Wanted: 1}},
		{"facts of another version of the file do not count", Original{Key: hero.Key, ETag: "e2"}, twoPresets, Known{factsOf(hero, twoPresets, thumb, web), objectsOf(hero, thumb, web)}, []string{"thumb", "web"}, nil, Counts{Originals: 1, Wanted: 1}},
		{"facts of another format version do not count", hero, twoPresets, Known{&asset.Facts{V: asset.FactsVersion + 1, ETag: "e1"}, nil}, []string{"thumb", "web"}, nil, Counts{Originals: 1, Wanted: 1}},
		{"a picture that somebody deleted is made again, and only that", hero, twoPresets, Known{factsOf(hero, twoPresets, thumb, web), objectsOf(hero, web)}, []string{"thumb"}, []string{"web"}, Counts{Originals: 1, Wanted: 1}},
		{"a changed preset is rendered again, and only that", hero, []Preset{thumb, smaller}, Known{factsOf(hero, twoPresets, thumb, web), objectsOf(hero, thumb, web)}, []string{"web"}, []string{"thumb", "web"}, Counts{Originals: 1, Wanted: 1}},
		{"a preset that went away is no work", hero, []Preset{thumb}, Known{factsOf(hero, twoPresets, thumb, web), objectsOf(hero, thumb, web)}, nil, nil, Counts{Originals: 1, Wanted: 1, Done: 1}},
		{"a failure is not tried again", hero, twoPresets, Known{failed(hero, twoPresets, asset.ReasonCorrupt), nil}, nil, nil, Counts{Originals: 1, Wanted: 1, Failed: 1}},
		{"a failure is tried again with other presets", hero, []Preset{thumb}, Known{failed(hero, twoPresets, asset.ReasonCorrupt), nil}, []string{"thumb"}, nil, Counts{Originals: 1, Wanted: 1}},
		{"a failure is tried again with another file", Original{Key: hero.Key, ETag: "e2"}, twoPresets, Known{failed(hero, twoPresets, asset.ReasonCorrupt), nil}, []string{"thumb", "web"}, nil, Counts{Originals: 1, Wanted: 1}},
		{"a text file is an asset without pictures", Original{Key: "notes.txt", ETag: "e1"}, twoPresets, Known{failed(hero, twoPresets, asset.ReasonNotAnImage), nil}, nil, nil, Counts{Originals: 1, Skipped: 1}},
		{"a text file named .JPG is a failure that somebody should see", Original{Key: "a.JPG", ETag: "e1"}, twoPresets, Known{failed(hero, twoPresets, asset.ReasonNotAnImage), nil}, nil, nil, Counts{Originals: 1, Wanted: 1, Failed: 1}},
		{"an SVG has no pictures yet, and that is no failure", Original{Key: "logo.svg", ETag: "e1"}, twoPresets, Known{failed(hero, twoPresets, asset.ReasonUnsupported), nil}, nil, nil, Counts{Originals: 1, Skipped: 1}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			plan, err := NewPlan(World{Originals: []Original{c.o}, Presets: c.presets, Known: map[string]Known{c.o.Key: c.known}})
			if err != nil {
				t.Fatal(err)
			}
			var todo, kept []string
			for _, w := range plan.Work {
				if w.Original != c.o || w.PresetSet != SetDigest(c.presets) {
					t.Errorf("work is about %+v with %s", w.Original, w.PresetSet)
				}
				for _, p := range w.Presets {
					todo = append(todo, p.Name)
				}
				for _, r := range w.Kept {
					kept = append(kept, r.Preset)
				}
			}
			if diff := cmp.Diff([]any{c.todo, c.kept, c.counts}, []any{todo, kept, plan.Counts}); diff != "" {
				t.Errorf("presets, kept, counts (-want +got):\n%s", diff)
			}
			if len(plan.Problems) != c.counts.Failed {
				t.Errorf("%d problems are named, %d failed", len(plan.Problems), c.counts.Failed)
			}
		})
	}
}

// A document goes to workers for pictures first, who say what it is, and then to those for documents, if there are any.
// features: D12, D13
func TestDocumentsGoToWorkersOfTheirOwn(t *testing.T) {
	plan := Original{Key: "plan.pdf", ETag: "e1"}
	about := func(contentType string, f *asset.Facts) *asset.Facts { f.ContentType = contentType; return f }
	drawn := about(PDF, factsOf(plan, twoPresets, twoPresets[0]))
	for _, c := range []struct {
		why     string
		without bool // workers for documents
		facts   *asset.Facts
		class   Class // of the work; empty for none
		presets int
		counts  Counts
	}{
		{"a new one", false, nil, Pictures, 2, Counts{Originals: 1, Wanted: 1}},
		{"a PDF that was not decoded", false, about(PDF, failed(plan, twoPresets, asset.ReasonUnsupported)), Documents, 2, Counts{Originals: 1, Wanted: 1}},
		{"an SVG likewise", false, about(SVG, failed(plan, twoPresets, asset.ReasonUnsupported)), Documents, 2, Counts{Originals: 1, Wanted: 1}},
		{"a preset that came later", false, drawn, Documents, 1, Counts{Originals: 1, Wanted: 1}},
		{"one that cannot be drawn", false, about(PDF, failed(plan, twoPresets, asset.ReasonEncrypted)), "", 0, Counts{Originals: 1, Wanted: 1, Failed: 1}},
		{"one that could not, with other presets", false, about(PDF, failed(plan, twoPresets[:1], asset.ReasonEncrypted)), Documents, 2, Counts{Originals: 1, Wanted: 1}},
		{"what nobody decodes", false, about("image/jxl", failed(plan, twoPresets, asset.ReasonUnsupported)), "", 0, Counts{Originals: 1, Skipped: 1}},
		{"a file of an unknown type", false, about(OctetStream, failed(plan, twoPresets, asset.ReasonNotAnImage)), "", 0, Counts{Originals: 1, Skipped: 1}},
		{"no workers for documents", true, about(PDF, failed(plan, twoPresets, asset.ReasonUnsupported)), "", 0, Counts{Originals: 1, Skipped: 1}},
	} {
		got, err := NewPlan(World{
			Originals: []Original{plan}, Presets: twoPresets, Documents: !c.without,
			Known: map[string]Known{plan.Key: {c.facts, objectsOf(plan, twoPresets[0])}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.Counts != c.counts || len(got.Work) > 1 || (len(got.Work) == 1) != (c.class != "") {
			t.Errorf("%s: %+v, %d work", c.why, got.Counts, len(got.Work))
			continue
		}
		if c.class != "" && (got.Work[0].Class != c.class || len(got.Work[0].Presets) != c.presets) {
			t.Errorf("%s: %d presets by %q", c.why, len(got.Work[0].Presets), got.Work[0].Class)
		}
	}
}

// A preset that is held is no work, and the pictures that it once made stay in the facts while others are rendered.
// features: D13
func TestPlanKeepsWhatHeldPresetsMade(t *testing.T) {
	hero := Original{Key: "hero.jpg", ETag: "e1"}
	thumb, web := twoPresets[0], twoPresets[1]
	larger := thumb
	larger.Width = 500
	plan, err := NewPlan(World{
		Originals: []Original{hero}, Presets: []Preset{larger}, Held: []Preset{web},
		Known: map[string]Known{hero.Key: {factsOf(hero, twoPresets, thumb, web), objectsOf(hero, thumb, web)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Work) != 1 || len(plan.Work[0].Presets) != 1 || len(plan.Work[0].Kept) != 2 || plan.Work[0].Kept[1].Preset != "web" {
		t.Errorf("the work is %+v", plan.Work)
	}
}

// What cannot be read is not read again because of a watermark: neither while its image is looked at, nor when that is another.
// features: D13
func TestPlanSettlesFailuresWhateverTheWatermark(t *testing.T) {
	film := Original{Key: "film.mp4", ETag: "e1"}
	thumb, web := twoPresets[0], twoPresets[1]
	marked := func(etag string) Preset {
		p := web
		p.Watermark = &Watermark{Image: "brand/logo.png", ETag: etag}
		return p
	}
	first, err := NewPlan(World{Originals: []Original{film}, Presets: []Preset{thumb, marked("m1")}, Known: map[string]Known{}})
	if err != nil || len(first.Work) != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	facts := failed(film, nil, asset.ReasonNotAnImage)
	facts.PresetSet = first.Work[0].PresetSet
	for why, w := range map[string]World{
		"another image":              {Presets: []Preset{thumb, marked("m2")}},
		"an image that is looked at": {Presets: []Preset{thumb}, Held: []Preset{marked("")}},
		"no watermark any more":      {Presets: []Preset{thumb, web}},
	} {
		w.Originals, w.Known = []Original{film}, map[string]Known{film.Key: {Facts: facts}}
		if plan, err := NewPlan(w); err != nil || len(plan.Work) > 0 {
			t.Errorf("%s: the work is %+v, %v", why, plan.Work, err)
		}
	}
	other := World{Originals: []Original{film}, Presets: []Preset{thumb}, Known: map[string]Known{film.Key: {Facts: facts}}}
	if plan, err := NewPlan(other); err != nil || len(plan.Work) != 1 {
		t.Errorf("other presets: the work is %+v, %v", plan.Work, err)
	}
}

// Another focus is work for presets that go by it alone.
// features: D13
func TestPlanGoesAfterTheFocus(t *testing.T) {
	hero := Original{Key: "hero.jpg", ETag: "e1"}
	presets := []Preset{{Name: "thumb", Width: 400}, {Name: "square", Width: 90, Height: 90, Fit: Cover, Position: FocusArea}}
	known := Known{factsOf(hero, presets, presets...), objectsOf(hero, presets...)}
	hero.Focus = &Focus{X: 0, Y: 0, Width: 0.5, Height: 0.5}
	plan, err := NewPlan(World{Originals: []Original{hero}, Presets: presets, Known: map[string]Known{hero.Key: known}})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Work) != 1 || len(plan.Work[0].Presets) != 1 || plan.Work[0].Presets[0].Name != "square" {
		t.Errorf("the work is %+v", plan.Work)
	}
}

func TestPlanNamesAFewProblemsAndCountsAll(t *testing.T) {
	w := World{Presets: twoPresets, Known: map[string]Known{}}
	for i := range 3 * MaxProblems {
		o := Original{Key: fmt.Sprintf("%03d.jpg", i), ETag: "e"}
		w.Originals = append(w.Originals, o)
		w.Known[o.Key] = Known{Facts: failed(o, twoPresets, asset.ReasonCorrupt)}
	}
	plan, err := NewPlan(w)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Problems) != MaxProblems || plan.Counts.Failed != 3*MaxProblems {
		t.Errorf("%d named, %d counted", len(plan.Problems), plan.Counts.Failed)
	}
	if diff := cmp.Diff(Problem{Key: "000.jpg", Reason: asset.ReasonCorrupt, Message: "because"}, plan.Problems[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPlanRefusesBrokenPresets(t *testing.T) {
	if _, err := NewPlan(World{Presets: []Preset{{Name: "x"}}}); err == nil {
		t.Error("accepted")
	}
}

// Whatever the world is like, doing what the plan says, in any number of steps and with any of it cut off half-way, ends with
// every good original having every preset, nothing made twice, and a plan without work.
// features: D13
func TestPlanConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := World{Known: map[string]Known{}}
		broken := map[string]bool{}
		setPresets := func() {
			w.Presets = nil
			for i := range rapid.IntRange(1, 4).Draw(t, "presets") {
				w.Presets = append(w.Presets, drawPreset(t, fmt.Sprintf("p%d", i)))
			}
		}
		setPresets()
		for i := range rapid.IntRange(0, 8).Draw(t, "originals") {
			o := Original{Key: fmt.Sprintf("%d.jpg", i), ETag: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "etag")}
			w.Originals = append(w.Originals, o)
			broken[o.Key] = rapid.Bool().Draw(t, "broken")
		}
		made := map[string]int{} // how often a rendition was finished, facts and all
		for range rapid.IntRange(0, 4).Draw(t, "rounds") {
			plan, err := NewPlan(w)
			if err != nil {
				t.Fatal(err)
			}
			for _, work := range plan.Work {
				switch rapid.SampledFrom([]string{"done", "cut", "lost"}).Draw(t, "fate") {
				case "done":
					perform(w, work, broken, made)
				case "cut": // pictures stored, facts not
					k := w.Known[work.Original.Key]
					k.Objects = merged(k.Objects, objectsOf(work.Original, work.Presets...))
					w.Known[work.Original.Key] = k
				}
			}
			switch rapid.SampledFrom([]string{"nothing", "presets", "upload", "deletion"}).Draw(t, "event") {
			case "presets":
				setPresets()
				clear(made)
			case "upload":
				if len(w.Originals) > 0 {
					w.Originals[0].ETag += "+"
				}
			case "deletion":
				if len(w.Originals) > 0 {
					k := w.Known[w.Originals[0].Key]
					k.Objects = nil
					w.Known[w.Originals[0].Key] = k
					clear(made)
				}
			}
		}
		plan, err := NewPlan(w)
		if err != nil {
			t.Fatal(err)
		}
		for _, work := range plan.Work {
			perform(w, work, broken, made)
		}
		again, err := NewPlan(w)
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Work) != 0 {
			t.Fatalf("work is left: %+v", again.Work)
		}
		if c := again.Counts; c.Done+c.Failed != c.Wanted || c.Wanted+c.Skipped != c.Originals || c.Originals != len(w.Originals) {
			t.Fatalf("counts do not add up: %+v", c)
		}
		for name, n := range made {
			if n > 1 {
				t.Fatalf("%s was made %d times", name, n)
			}
		}
		for _, o := range w.Originals {
			k := w.Known[o.Key]
			if broken[o.Key] {
				continue
			}
			for _, p := range w.Presets {
				if _, ok := k.Objects[ObjectName(p, o.ETag, o.Focus)]; !ok {
					t.Fatalf("%s lacks %s", o.Key, p.Name)
				}
			}
			if len(k.Facts.Renditions) != len(w.Presets) {
				t.Fatalf("%s: the facts name %d renditions for %d presets", o.Key, len(k.Facts.Renditions), len(w.Presets))
			}
		}
	})
}

// perform does to the world what a worker does.
func perform(w World, work Work, broken map[string]bool, made map[string]int) {
	o := work.Original
	k := w.Known[o.Key]
	if broken[o.Key] {
		k.Facts = failed(o, w.Presets, asset.ReasonCorrupt)
	} else {
		k.Facts = factsOf(o, w.Presets, work.Presets...)
		for _, old := range work.Kept {
			if !slices.ContainsFunc(work.Presets, func(p Preset) bool { return p.Name == old.Preset }) {
				k.Facts.Renditions = append(k.Facts.Renditions, old)
			}
		}
		k.Objects = merged(k.Objects, objectsOf(o, work.Presets...))
		for _, p := range work.Presets {
			made[o.Key+"/"+ObjectName(p, o.ETag, o.Focus)]++
		}
	}
	w.Known[o.Key] = k
}

func merged(a, b map[string]struct{}) map[string]struct{} {
	all := map[string]struct{}{}
	for _, m := range []map[string]struct{}{a, b} {
		for k := range m {
			all[k] = struct{}{}
		}
	}
	return all
}
