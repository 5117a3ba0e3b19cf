package rendition

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// features: D11, D13
func TestStale(t *testing.T) {
	hero := Original{Key: "launch/hero.jpg", ETag: `"e1"`, Focus: &Focus{X: 0.1, Y: 0.1, Width: 0.2, Height: 0.2}}
	thumb, web := twoPresets[0], twoPresets[1]
	smaller := Preset{Name: "web", Width: 1200, Format: JPEG}
	older := Original{Key: hero.Key, ETag: "e0"}
	name := func(o Original, p Preset) string { return ObjectName(p, o.ETag, o.Focus) }
	objects := func(names ...string) map[string]struct{} {
		set := map[string]struct{}{}
		for _, n := range names {
			set[n] = struct{}{}
		}
		return set
	}
	for _, c := range []struct {
		why     string
		presets []Preset
		held    []Preset
		facts   *asset.Facts
		objects map[string]struct{}
		want    []string
	}{
		{"all of it serves", twoPresets, nil, factsOf(hero, twoPresets, thumb, web), objectsOf(hero, thumb, web), nil},
		{"what was made and is not told of yet will serve", twoPresets, nil, nil, objectsOf(hero, thumb, web), nil},
		{"of another version", twoPresets, nil, factsOf(hero, twoPresets, thumb), objects(name(hero, thumb), name(older, thumb), name(older, web)), []string{name(older, thumb), name(older, web)}},
		{"facts of another version keep nothing", twoPresets, nil, factsOf(older, twoPresets, thumb), objects(name(older, thumb)), []string{name(older, thumb)}},
		{"an earlier form serves until the new one is there", []Preset{thumb, smaller}, nil, factsOf(hero, twoPresets, thumb, web), objectsOf(hero, thumb, web), nil},
		{"and no longer", []Preset{thumb, smaller}, nil, factsOf(hero, twoPresets, thumb, web, smaller), objectsOf(hero, thumb, web, smaller), []string{name(hero, web)}},
		{"of a preset that is gone", []Preset{thumb}, nil, factsOf(hero, twoPresets, thumb, web), objectsOf(hero, thumb, web), []string{name(hero, web)}},
		{"of a preset that is held", []Preset{thumb}, []Preset{web}, factsOf(hero, twoPresets, thumb, web), objectsOf(hero, thumb, web), nil},
		{"somebody else's", twoPresets, nil, factsOf(hero, twoPresets), objects("notes.txt", "thumb-x.webp", "-aaaaaaaaaaaaa.webp"), nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			slices.Sort(c.want)
			if diff := cmp.Diff(c.want, Stale(hero, c.presets, c.held, Known{c.facts, c.objects})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamesOfRenditionsAreKnown(t *testing.T) {
	for _, p := range []Preset{{Name: "a", Width: 1}, {Name: "web-large", Width: 10, Format: PNG}, {Name: "m", Width: 1, Format: AVIF, Watermark: &Watermark{Text: "Draft"}}} {
		if name := ObjectName(p, "e", nil); !IsObjectName(name) {
			t.Errorf("%s is not known", name)
		}
	}
	for _, name := range []string{"", "a.webp", "web-abcdefghijklm", "web-abcdefghijklm.gif", "web-abcdefghijkl1.webp", "web-abcdefghijklmn.webp", "-abcdefghijklm.webp"} {
		if IsObjectName(name) {
			t.Errorf("%s is none", name)
		}
	}
}
