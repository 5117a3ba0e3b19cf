package controllers

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// overwritten are the versions of a record that was put so often, the current one first.
func overwritten(n int) (versions []store.ObjectInfo) {
	for i := range n {
		versions = append(versions, store.ObjectInfo{VersionID: fmt.Sprint(n - i), IsLatest: i == 0})
	}
	return versions
}

// What of a record is removed in one pass never makes an older version of it current.
func TestDismissed(t *testing.T) {
	for reason, c := range map[string]struct {
		versions  []store.ObjectInfo
		all       bool
		most, old int
		want      []string
	}{
		"a record that was put once":                          {overwritten(1), true, 100, 0, []string{"1"}},
		"even when nothing more is allowed":                   {overwritten(1), true, 0, 0, []string{"1"}},
		"the current one goes last":                           {overwritten(3), true, 100, 2, []string{"2", "1", "3"}},
		"the current one stays while there are more":          {overwritten(3), false, 2, 2, []string{"2", "1"}},
		"and while more were seen than are allowed":           {overwritten(4), true, 2, 2, []string{"3", "2"}},
		"nothing goes when nothing is allowed":                {overwritten(2), true, 0, 0, nil},
		"a page without the current one":                      {overwritten(3)[1:], false, 5, 2, []string{"2", "1"}},
		"as many as are allowed are there beside the current": {overwritten(3), true, 2, 2, []string{"2", "1", "3"}},
		"somebody took it back, and all of it goes":           {nil, true, 5, 0, nil},
	} {
		got, old := dismissed(c.versions, c.all, c.most)
		if !slices.Equal(got, c.want) || old != c.old {
			t.Errorf("%s: %v, %d overwritten; want %v, %d", reason, got, old, c.want, c.old)
		}
	}
}

// However often a record was put, every pass removes a bounded part of it, and some pass the last.
func TestDismissingEnds(t *testing.T) {
	left := overwritten(1234)
	for pass := 1; len(left) > 0; pass++ {
		seen := left[:min(len(left), overwrittenAtOnce+1)]
		ids, _ := dismissed(seen, len(seen) == len(left), overwrittenAtOnce)
		if len(ids) == 0 || len(ids) > overwrittenAtOnce+1 || pass > 1234/overwrittenAtOnce+1 {
			t.Fatalf("pass %d removes %d of %d", pass, len(ids), len(left))
		}
		left = slices.DeleteFunc(left, func(v store.ObjectInfo) bool { return slices.Contains(ids, v.VersionID) })
	}
}
