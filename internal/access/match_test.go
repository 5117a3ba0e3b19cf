package access_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// slowMatch says what a pattern means, trying everything.
func slowMatch(pattern, path string) bool {
	return slowSegments(strings.Split(pattern, "/"), strings.Split(path, "/"))
}

func slowSegments(pattern, path []string) bool {
	switch {
	case len(pattern) == 0:
		return len(path) == 0
	case pattern[0] == "**":
		return slowSegments(pattern[1:], path) || len(path) > 0 && slowSegments(pattern, path[1:])
	}
	return len(path) > 0 && slowSegment(pattern[0], path[0]) && slowSegments(pattern[1:], path[1:])
}

func slowSegment(pattern, segment string) bool {
	switch {
	case pattern == "":
		return segment == ""
	case pattern[0] == '*':
		return slowSegment(pattern[1:], segment) || segment != "" && slowSegment(pattern, segment[1:])
	}
	return segment != "" && pattern[0] == segment[0] && slowSegment(pattern[1:], segment[1:])
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		reason, pattern, path string
		want                  bool
	}{
		{"a path without a star stands for itself", "launch/hero.jpg", "launch/hero.jpg", true},
		{"letters matter", "launch/hero.jpg", "launch/Hero.jpg", false},
		{"a star stands for a part of a name", "launch/hero-*.jpg", "launch/hero-1.jpg", true},
		{"a star stands for nothing as well", "launch/hero*.jpg", "launch/hero.jpg", true},
		{"a star stays within its segment", "launch/*.jpg", "launch/final/hero.jpg", false},
		{"two stars stand for no segment", "launch/**/hero.jpg", "launch/hero.jpg", true},
		{"two stars stand for several segments", "launch/**/hero.jpg", "launch/a/b/hero.jpg", true},
		{"two stars never stand for a part of a name", "launch/**/hero.jpg", "launch-2/hero.jpg", false},
		{"two stars at the end stand for all below", "launch/**", "launch/a/b.jpg", true},
		{"a neighbour whose name begins alike is not below", "brand/**", "brand-2/b.jpg", false},
		{"two stars alone stand for everything", "**", "a/b", true},
		{"a pattern matches the whole path", "a/b", "a/b/c", false},
	} {
		if got := access.Match(c.pattern, c.path); got != c.want {
			t.Errorf("%s: Match(%q, %q) = %v", c.reason, c.pattern, c.path, got)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("launch/**/hero-*.jpg", "launch/final/hero-1.jpg")
	f.Add("**/**/a*b*c", "x/y/abc")
	f.Add("", "")
	f.Add("a/**", "a")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern) > 24 || len(path) > 24 {
			return // the slow one takes for ever
		}
		if got, want := access.Match(pattern, path), slowMatch(pattern, path); got != want {
			t.Errorf("Match(%q, %q) = %v, want %v", pattern, path, got, want)
		}
	})
}

// TestMatchAgreesWithSlow searches among words that come close to matching.
func TestMatchAgreesWithSlow(t *testing.T) {
	word := func(parts ...string) *rapid.Generator[string] {
		return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 8), func(s []string) string { return strings.Join(s, "") })
	}
	patterns, paths := word("a", "b", "/", "*", "**", "/**/", "**/"), word("a", "b", "/", "ab", "a/b")
	rapid.Check(t, func(t *rapid.T) {
		pattern, path := patterns.Draw(t, "pattern"), paths.Draw(t, "path")
		if got, want := access.Match(pattern, path), slowMatch(pattern, path); got != want {
			t.Fatalf("Match(%q, %q) = %v, want %v", pattern, path, got, want)
		}
	})
}

// A folder may hold a match exactly when some file there, made from the pattern itself, is one.
func TestMatchBelow(t *testing.T) {
	for _, c := range []struct {
		reason, pattern, folder string
		want                    bool
	}{
		{"everything is below the root", "hero.jpg", "", true},
		{"a file is below its folder", "launch/final/hero.jpg", "launch/final", true},
		{"and below those above", "launch/final/hero.jpg", "launch", true},
		{"a file is not below itself", "launch/hero.jpg", "launch/hero.jpg", false},
		{"a star stays within its segment", "launch/*.jpg", "launch/final", false},
		{"a star may be the name of the folder", "launch/*/hero.jpg", "launch/final", true},
		{"two stars reach any folder", "launch/**/hero.jpg", "launch/a/b/c", true},
		{"and no neighbour", "launch/**", "launch-2", false},
	} {
		if got := access.MatchBelow(c.pattern, c.folder); got != c.want {
			t.Errorf("%s: MatchBelow(%q, %q) = %v", c.reason, c.pattern, c.folder, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		segment := rapid.SampledFrom([]string{"a", "b", "ab", "*", "a*", "**"})
		pattern := strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(t, "pattern"), "/")
		path := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab"}), 1, 5).Draw(t, "path")
		if !access.Match(pattern, strings.Join(path, "/")) {
			return
		}
		for i := range path {
			if folder := strings.Join(path[:i], "/"); !access.MatchBelow(pattern, folder) {
				t.Fatalf("%s matches %s, and nothing below %q", pattern, path, folder)
			}
		}
	})
}
