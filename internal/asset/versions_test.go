package asset_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

func noneNamed(string) bool { return false }

// features: K25
func TestSurplus(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	// day gives a version that came so many days after the start.
	day := func(id string, n int) asset.Version { return asset.Version{ID: id, At: start.AddDate(0, 0, n)} }
	current := func(v asset.Version) asset.Version { v.Current = true; return v }
	marker := func(v asset.Version) asset.Version { v.Marker = true; return v }
	now := start.AddDate(0, 0, 30)
	four := []asset.Version{current(day("d", 3)), day("c", 2), day("b", 1), day("a", 0)}
	for reason, test := range map[string]struct {
		cap   asset.VersionCap
		all   []asset.Version
		named string
		want  []string
	}{
		"as many as are kept all stay":                   {cap: asset.VersionCap{Keep: 4}, all: four},
		"the oldest go first":                            {cap: asset.VersionCap{Keep: 2}, all: four, want: []string{"a", "b"}},
		"the order in which a store lists is nothing":    {cap: asset.VersionCap{Keep: 2}, all: []asset.Version{four[2], four[0], four[3], four[1]}, want: []string{"a", "b"}},
		"the current one stays":                          {cap: asset.VersionCap{Keep: 1}, all: four, want: []string{"a", "b", "c"}},
		"a cap of nothing is one of one":                 {cap: asset.VersionCap{}, all: four, want: []string{"a", "b", "c"}},
		"one that was replaced of late stays":            {cap: asset.VersionCap{Keep: 1, Grace: 28 * 24 * time.Hour}, all: four, want: []string{"a", "b"}},
		"one that is named stays, beside those kept":     {cap: asset.VersionCap{Keep: 2}, all: four, named: "a", want: []string{"b"}},
		"of a deleted file as many can be restored":      {cap: asset.VersionCap{Keep: 2}, all: []asset.Version{current(marker(day("m", 9))), day("c", 2), day("b", 1), day("a", 0)}, want: []string{"a"}},
		"markers go with what they are older than":       {cap: asset.VersionCap{Keep: 1}, all: []asset.Version{current(day("c", 5)), marker(day("n", 4)), marker(day("m", 1)), day("a", 0)}, want: []string{"a", "m", "n"}},
		"a marker younger than one that is kept stays":   {cap: asset.VersionCap{Keep: 2}, all: []asset.Version{current(day("c", 5)), marker(day("n", 4)), day("b", 3), day("a", 0)}, want: []string{"a"}},
		"those that a clock cannot tell apart stay":      {cap: asset.VersionCap{Keep: 2}, all: []asset.Version{current(day("c", 5)), day("b", 3), day("a", 3)}},
		"the current one counts first, whatever its day": {cap: asset.VersionCap{Keep: 1}, all: []asset.Version{current(day("old", 1)), day("new", 2)}, want: []string{"new"}},
		"a file that is markers alone":                   {cap: asset.VersionCap{Keep: 1}, all: []asset.Version{current(marker(day("n", 4))), marker(day("m", 1))}},
		"new ones flush nothing out before the grace is over": {
			cap:  asset.VersionCap{Keep: 2, Grace: 7 * 24 * time.Hour},
			all:  []asset.Version{current(day("junk 3", 30)), day("junk 2", 29), day("junk 1", 28), day("b", 2), day("a", 1), day("0", 0)},
			want: []string{"0"},
		},
		"a version that is listed twice is one":          {cap: asset.VersionCap{Keep: 2}, all: []asset.Version{current(day("b", 1)), day("b", 1), day("a", 0)}},
		"the copy of the current one is the current one": {cap: asset.VersionCap{Keep: 1}, all: []asset.Version{day("b", 1), current(day("b", 1)), day("a", 0)}, want: []string{"a"}},
		"what has no id of its own stays":                {cap: asset.VersionCap{Keep: 1}, all: []asset.Version{current(day("b", 1)), day("", 0)}},
		"nothing":                                        {cap: asset.VersionCap{Keep: 1}},
	} {
		t.Run(reason, func(t *testing.T) {
			got := test.cap.Surplus(test.all, now, func(id string) bool { return id == test.named })
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Whatever a store lists, enough stays, and a second look finds nothing more to do.
func TestSurplusLeavesEnough(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		all := make([]asset.Version, rapid.IntRange(0, 12).Draw(t, "count"))
		for i := range all {
			all[i] = asset.Version{
				ID: fmt.Sprint(i), At: start.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "at")) * time.Hour), Marker: rapid.Bool().Draw(t, "marker"),
			}
		}
		if len(all) > 0 {
			all[rapid.IntRange(0, len(all)-1).Draw(t, "current")].Current = true
		}
		c := asset.VersionCap{Keep: rapid.IntRange(1, 5).Draw(t, "keep"), Grace: time.Duration(rapid.IntRange(0, 12).Draw(t, "grace")) * time.Hour}
		now := start.Add(10 * time.Hour)
		gone := c.Surplus(all, now, noneNamed)
		rest := slices.DeleteFunc(slices.Clone(all), func(v asset.Version) bool { return slices.Contains(gone, v.ID) })
		if len(rest)+len(gone) != len(all) {
			t.Fatalf("%v are to go out of %v", gone, all)
		}
		versions := func(of []asset.Version) (n int) {
			for _, v := range of {
				if !v.Marker {
					n++
				}
			}
			return n
		}
		if got, want := versions(rest), min(versions(all), c.Keep); got < want {
			t.Fatalf("%d versions are left, want %d at least", got, want)
		}
		if more := c.Surplus(rest, now, noneNamed); c.Grace == 0 && len(more) > 0 {
			t.Fatalf("a second look lets %v go", more)
		}
		for _, v := range all {
			if v.Current && slices.Contains(gone, v.ID) {
				t.Fatal("the current version goes")
			}
		}
	})
}
