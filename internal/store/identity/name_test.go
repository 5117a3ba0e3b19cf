package identity

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Names are forever: what is at a store was named by an earlier version.
func TestNamesDoNotChange(t *testing.T) {
	if got, want := Name("eu-prod", "acme", "User", "alice"), "v-van7s7hjhgknmbphyjarqsspw6"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

var valid = regexp.MustCompile(`^v-[a-z2-7]{26}$`)

func TestNamesAreShortAndApart(t *testing.T) {
	part := rapid.StringMatching(`[a-z0-9/-]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		a := [4]string{part.Draw(t, "a0"), part.Draw(t, "a1"), part.Draw(t, "a2"), part.Draw(t, "a3")}
		b := [4]string{part.Draw(t, "b0"), part.Draw(t, "b1"), part.Draw(t, "b2"), part.Draw(t, "b3")}
		one, other := Name(a[0], a[1], a[2], a[3]), Name(b[0], b[1], b[2], b[3])
		if !valid.MatchString(one) {
			t.Errorf("%s is no name", one)
		}
		if (a == b) != (one == other) {
			t.Errorf("%q is %s, %q is %s", a, one, b, other)
		}
	})
	for _, pair := range [][2]string{
		{Name("i", "a-b", "User", "c"), Name("i", "a", "User", "b-c")},
		{Name("i", "a", "User", ""), Name("i", "", "User", "a")},
		{Name("ia", "", "User", "x"), Name("i", "a", "User", "x")},
	} {
		if pair[0] == pair[1] {
			t.Errorf("parts that meet the same way share the name %s", pair[0])
		}
	}
}

func TestPathsNest(t *testing.T) {
	if got := Path("eu-prod", "acme"); got != "/vitrine/eu-prod/acme/" {
		t.Errorf("got %s", got)
	}
	if !strings.HasPrefix(Path("eu-prod", System), Path("eu-prod", "")) || strings.HasPrefix(Path("eu-prod-2", "acme"), Path("eu-prod", "")) {
		t.Error("the prefix of an installation must cover its own namespaces and no other installation's")
	}
}

// What others made is told from what any installation of Vitrine made by path and name together.
func TestOursAreThoseOfAnyInstallation(t *testing.T) {
	made := Name("eu-prod", "acme", "User", "alice")
	for _, test := range []struct {
		path, name string
		ours       bool
	}{
		{Path("eu-prod", "acme"), made, true},
		{Path("other", System), made, true},
		{Path("eu-prod", "acme"), "users", false},
		{Path("eu-prod", "acme"), "alice", false},
		{Path("eu-prod", ""), made, false},
		{"/vitrine//acme/", made, false},
		{"/vitrine/eu-prod/acme/below/", made, false},
		{"/staff/eu-prod/acme/", made, false},
		{"/", made, false},
	} {
		if got := Ours(Holder{Kind: HolderUser, Path: test.path, Name: test.name}); got != test.ours {
			t.Errorf("%s%s is ours: %t", test.path, test.name, got)
		}
	}
}
