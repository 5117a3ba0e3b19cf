package rendition

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// names of the presets that a world of one original leaves to make; nil when there is no work.
func names(t *testing.T, w World) (todo []string, plan Plan) {
	t.Helper()
	plan, err := NewPlan(w)
	if err != nil {
		t.Fatal(err)
	}
	for _, work := range plan.Work {
		for _, p := range work.Presets {
			todo = append(todo, p.Name)
		}
	}
	return todo, plan
}

// A picture that could not be made of a good original is not tried again until something changes; all others are made, and somebody is told.
// features: D13
func TestPlanSettlesWhatCannotBeMade(t *testing.T) {
	hero := Original{Key: "hero.jpg", ETag: "e1"}
	thumb, web := twoPresets[0], twoPresets[1]
	late := factsOf(hero, twoPresets, thumb)
	late.Unmade = []asset.Unmade{asset.NewUnmade("web", ObjectName(web, "e1", nil), asset.UnmadeTimeout, "late")}
	world := func(presets []Preset, facts *asset.Facts) World {
		return World{Originals: []Original{hero}, Presets: presets, Known: map[string]Known{hero.Key: {facts, objectsOf(hero, thumb)}}}
	}
	todo, plan := names(t, world(twoPresets, late))
	if todo != nil || plan.Counts != (Counts{Originals: 1, Wanted: 1, Failed: 1}) {
		t.Errorf("%v is to do; %+v", todo, plan.Counts)
	}
	if diff := cmp.Diff([]Problem{{"hero.jpg", asset.ReasonTimeout, "preset web: late"}}, plan.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	long := *late
	long.Unmade = []asset.Unmade{asset.NewUnmade("web", ObjectName(web, "e1", nil), asset.UnmadeFailed, strings.Repeat("x", 1000))}
	if _, plan := names(t, world(twoPresets, &long)); len(plan.Problems) != 1 || len(plan.Problems[0].Message) > 256 {
		t.Errorf("more than a status takes: %+v", plan.Problems)
	}
	larger := web
	larger.Width = 1700
	if todo, _ := names(t, world([]Preset{thumb, larger}, late)); !slices.Equal(todo, []string{"web"}) {
		t.Errorf("of a changed preset %v is to do", todo)
	}
	if todo, _ := names(t, world(append(slices.Clone(twoPresets), Preset{Name: "new", Width: 100}), late)); !slices.Equal(todo, []string{"web", "new"}) {
		t.Errorf("with another preset %v is to do: it may have been a matter of time", todo)
	}
	// Of the same presets, what a run left undone is made, and what is settled stays known.
	three := append(slices.Clone(twoPresets), Preset{Name: "new", Width: 100})
	late.PresetSet = SetDigest(three)
	todo, plan = names(t, world(three, late))
	if !slices.Equal(todo, []string{"new"}) || !slices.Equal(plan.Work[0].Unmade, late.Unmade) {
		t.Errorf("%v is to do, and known is %+v", todo, plan.Work)
	}
}

// A watermark that cannot be drawn is settled for all originals, stays known while other pictures are made, and is tried again
// with another.
// features: D13
func TestPlanSettlesBlankWatermarks(t *testing.T) {
	hero := Original{Key: "hero.jpg", ETag: "e1"}
	thumb, web := twoPresets[0], twoPresets[1]
	web.Watermark = &Watermark{Image: "brand/logo.png", ETag: "m1"}
	blank := asset.NewUnmade("web", ObjectName(web, "e1", nil), asset.UnmadeBlank, "")
	blank.Watermark = web.Watermark.Identity()
	facts := factsOf(hero, []Preset{thumb, web}, thumb)
	facts.Unmade = []asset.Unmade{blank}
	known := Undrawable(slices.Values([]*asset.Facts{nil, factsOf(hero, twoPresets), facts}))
	if diff := cmp.Diff(map[string]asset.Unmade{web.Watermark.Identity(): blank}, known); diff != "" {
		t.Errorf("undrawable (-want +got):\n%s", diff)
	}
	moved, other := *web.Watermark, *web.Watermark
	moved.Image, other.ETag = "old/logo.png", "m2"
	if moved.Identity() != blank.Watermark || other.Identity() == blank.Watermark {
		t.Error("the identity is not that of what is drawn")
	}
	world := func(presets []Preset, held ...Preset) World {
		return World{Originals: []Original{hero}, Presets: presets, Held: held, Known: map[string]Known{hero.Key: {facts, objectsOf(hero, thumb)}}}
	}
	for why, w := range map[string]World{"held": world([]Preset{thumb}, web), "not held yet": world([]Preset{thumb, web})} {
		if todo, plan := names(t, w); todo != nil || plan.Counts.Done != 1 || plan.Problems != nil {
			t.Errorf("%s: %v is to do; %+v", why, todo, plan)
		}
	}
	larger := thumb
	larger.Width = 500
	if _, plan := names(t, world([]Preset{larger}, web)); len(plan.Work) != 1 || !slices.Equal(plan.Work[0].Unmade, facts.Unmade) {
		t.Errorf("while another is made, known is %+v", plan.Work)
	}
	replaced := web
	replaced.Watermark = &other
	todo, plan := names(t, world([]Preset{thumb, replaced}))
	if !slices.Equal(todo, []string{"web"}) || plan.Work[0].Unmade != nil {
		t.Errorf("with another watermark %v is to do, and known is %+v", todo, plan.Work)
	}
}
