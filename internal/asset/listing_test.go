package asset_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

func TestShownPaths(t *testing.T) {
	for reason, test := range map[string]struct {
		paths  []string
		prefix string
		want   []string
	}{
		"a folder's own files have no folder in front, and folders below it stay": {
			[]string{"launch/a.jpg", "launch/final/b.jpg"}, "launch/", []string{"a.jpg", "final/b.jpg"},
		},
		"a collection tells nothing of the library's folders": {
			[]string{"launch/secret-plan/a.jpg", "press/b.jpg"}, "", []string{"a.jpg", "b.jpg"},
		},
		"names that would meet get a number, case aside": {
			[]string{"a/hero.jpg", "b/Hero.JPG", "c/hero.jpg"}, "", []string{"hero.jpg", "Hero (2).JPG", "hero (3).jpg"},
		},
		"a number that is taken already is not given again": {
			[]string{"a/x (2).jpg", "b/x.jpg", "c/x.jpg"}, "", []string{"x (2).jpg", "x.jpg", "x (3).jpg"},
		},
		"a file without an extension": {[]string{"a/README", "b/README"}, "", []string{"README", "README (2)"}},
	} {
		t.Run(reason, func(t *testing.T) {
			if diff := cmp.Diff(test.want, asset.ShownPaths(test.paths, test.prefix)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
