package compare

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// A stand-in for a pattern is matched by another pattern exactly when all that the first matches is.
func TestStandInsTellPatternsApart(t *testing.T) {
	cases := []struct {
		reason       string
		inner, outer string
		within       bool
	}{
		{"a file is in a pattern", "launch/a.jpg", "launch/*.jpg", true},
		{"a pattern is in itself", "launch/*.jpg", "launch/*.jpg", true},
		{"a star is within its segment", "launch/*/a.jpg", "launch/*", false},
		{"any depth holds one", "launch/*/a.jpg", "launch/**", true},
		{"one segment holds not any depth", "launch/**/a.jpg", "launch/*/a.jpg", false},
		{"no segment is a depth too", "launch/**/a.jpg", "launch/a.jpg", false},
		{"any depth below a deeper place is not all", "**/a.jpg", "launch/**/a.jpg", false},
		{"a narrower name is not a wider one", "launch/*", "launch/hero*", false},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			within := true
			points := standIns(c.inner, 4)
			for _, point := range points {
				if !matches(c.inner, point) {
					t.Errorf("%q does not match its own stand-in %q", c.inner, point)
				}
				within = within && matches(c.outer, point)
			}
			if len(points) == 0 || within != c.within {
				t.Errorf("%q within %q: %v by %q", c.inner, c.outer, within, points)
			}
		})
	}
	if !access.Match("launch/**", "launch/"+anyName) {
		t.Error("a pattern does not match the name that stands for any")
	}
}

// What lies below a folder of a pattern is found once, however many ways the pattern has to lead there.
func TestWithin(t *testing.T) {
	if diff := cmp.Diff([]string{"a/b/**/*.jpg", "a/b/**/*/**/*.jpg"}, within("**/*/**/*.jpg", "a/b/")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const segments = 14
	if all := within(strings.TrimSuffix(strings.Repeat("**/*/", segments), "/"), strings.Repeat("a/", 30)); len(all) > 2*segments {
		t.Errorf("%d patterns", len(all))
	}
}
