package rendition

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// What is made on request is work where it is asked for, and stays until the original or the preset changes.
//
// features: D13
func TestPlanMakesOnRequestWhatIsAskedFor(t *testing.T) {
	hero := Original{Key: "launch/hero.jpg", ETag: "e1"}
	thumb, large := twoPresets[0], Preset{Name: "print", Width: 4000, Format: JPEG, OnRequest: true}
	presets := []Preset{large, thumb}
	larger := large
	larger.Width = 5000
	unasked := large
	unasked.OnRequest = false
	unmade := factsOf(hero, presets, thumb)
	unmade.Unmade = []asset.Unmade{{Preset: "print", Object: ObjectName(large, "e1", nil), Reason: asset.UnmadeFailed, Message: "because"}}
	all := Known{factsOf(hero, presets, thumb, large), objectsOf(hero, thumb, large)}
	some := Known{factsOf(hero, presets, thumb), objectsOf(hero, thumb)}
	for reason, c := range map[string]struct {
		o          Original
		presets    []Preset
		known      Known
		asked      []string
		todo, kept []string
		alone      bool // it is asked for, and nothing else is to be made
		done       bool
	}{
		"a new original, unasked":                      {hero, presets, Known{}, nil, []string{"thumb"}, nil, false, false},
		"a new original, asked for":                    {hero, presets, Known{}, []string{"print"}, []string{"print", "thumb"}, nil, false, false},
		"unasked, nothing is missing":                  {hero, presets, some, nil, nil, nil, false, true},
		"asked for":                                    {hero, presets, some, []string{"print"}, []string{"print"}, []string{"thumb"}, true, false},
		"asked for something else":                     {hero, presets, some, []string{"web", "thumb"}, nil, nil, false, true},
		"it stays though nobody asks any more":         {hero, presets, all, nil, nil, nil, false, true},
		"it stays when something else is made":         {hero, presets, Known{all.Facts, objectsOf(hero, large)}, nil, []string{"thumb"}, []string{"print"}, false, false},
		"asked for and there":                          {hero, presets, all, []string{"print"}, nil, nil, false, true},
		"the preset has changed, and nobody asks":      {hero, []Preset{larger, thumb}, all, nil, nil, nil, false, true},
		"the preset has changed, and somebody asks":    {hero, []Preset{larger, thumb}, all, []string{"print"}, []string{"print"}, []string{"thumb"}, true, false},
		"the original has changed":                     {Original{Key: hero.Key, ETag: "e2"}, presets, all, nil, []string{"thumb"}, nil, false, false},
		"it is rendered unasked from now on":           {hero, []Preset{unasked, thumb}, some, nil, []string{"print"}, []string{"thumb"}, false, false},
		"it was rendered unasked before":               {hero, presets, Known{factsOf(hero, []Preset{unasked, thumb}, thumb, unasked), all.Objects}, nil, nil, nil, false, true},
		"it cannot be made":                            {hero, presets, Known{unmade, some.Objects}, []string{"print"}, nil, nil, false, false},
		"asked for, and the original cannot be read":   {hero, presets, Known{failed(hero, presets, asset.ReasonCorrupt), nil}, []string{"print"}, nil, nil, false, false},
		"asked for, and somebody deleted what else is": {hero, presets, Known{some.Facts, nil}, []string{"print"}, []string{"print"}, nil, true, false},
		"asked for ahead of a new preset":              {hero, []Preset{large, thumb, {Name: "new", Width: 9}}, some, []string{"print"}, []string{"print"}, []string{"thumb"}, true, false},
	} {
		t.Run(reason, func(t *testing.T) {
			plan, err := NewPlan(World{
				Originals: []Original{c.o}, Presets: c.presets, Known: map[string]Known{c.o.Key: c.known}, Asked: map[string][]string{c.o.Key: c.asked},
			})
			if err != nil {
				t.Fatal(err)
			}
			var todo, kept []string
			for _, w := range plan.Work {
				for _, p := range w.Presets {
					todo = append(todo, p.Name)
				}
				for _, r := range w.Kept {
					kept = append(kept, r.Preset)
				}
				if w.Asked != c.alone {
					t.Errorf("asked for alone is %v", w.Asked)
				}
			}
			if diff := cmp.Diff([][]string{c.todo, c.kept}, [][]string{todo, kept}); diff != "" {
				t.Errorf("to be made, and kept (-want +got):\n%s", diff)
			}
			if done := plan.Counts.Done == 1; done != c.done {
				t.Errorf("counts are %+v", plan.Counts)
			}
		})
	}
	if got := Stale(hero, []Preset{larger, thumb}, nil, all); !cmp.Equal(got, []string{ObjectName(large, "e1", nil)}) {
		t.Errorf("of a changed preset are swept %v", got)
	}
	if got := Stale(hero, presets, nil, all); len(got) != 0 {
		t.Errorf("swept are %v", got)
	}
	if got := Unmakeable(hero, presets, nil, unmade); !cmp.Equal(got, []string{"print"}) {
		t.Errorf("cannot be made: %v", got)
	}
	if got := Unmakeable(hero, []Preset{larger, thumb}, nil, unmade); len(got) != 0 {
		t.Errorf("of a changed preset cannot be made: %v", got)
	}
	if SetDigest(presets) != SetDigest([]Preset{unasked, thumb}) || large.Digest() != unasked.Digest() {
		t.Error("when something is made makes another picture")
	}
}

// What somebody waits for does not wait with the pictures that links ask for of the same file, and those come after it.
//
// features: D13
func TestPlanMakesWhatIsAskedForAheadOfTheRest(t *testing.T) {
	hero := Original{Key: "launch/hero.jpg", ETag: "e1"}
	thumb, large := twoPresets[0].Defaulted(), Preset{Name: "print", Width: 4000, Format: JPEG, OnRequest: true}.Defaulted()
	marked := thumb.Marked("northlight", agency)
	presets := []Preset{thumb, large}
	made := []Preset{thumb}
	for _, step := range []struct {
		asked bool
		todo  string
	}{{true, "print"}, {false, "thumb_northlight"}} {
		plan, err := NewPlan(World{
			Originals: []Original{hero}, Presets: presets, Marked: map[string]Marked{hero.Key: {Presets: []Preset{marked}}},
			Known: map[string]Known{hero.Key: {factsOf(hero, presets, made...), objectsOf(hero, made...)}},
			Asked: map[string][]string{hero.Key: {"print"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Work) != 1 || len(plan.Work[0].Presets) != 1 || plan.Work[0].Presets[0].Name != step.todo || plan.Work[0].Asked != step.asked {
			t.Fatalf("instead of %s are to be made %+v", step.todo, plan.Work)
		}
		if len(plan.Work[0].Kept) != len(made) || plan.Counts != (Counts{Originals: 1, Wanted: 1}) {
			t.Errorf("before %s: %d are kept, counts are %+v", step.todo, len(plan.Work[0].Kept), plan.Counts)
		}
		made = append(made, plan.Work[0].Presets...)
	}
}
