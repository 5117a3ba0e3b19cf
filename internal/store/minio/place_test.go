package minio

import (
	"errors"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

func TestPathsAreWrittenIntoNamesOfGroups(t *testing.T) {
	const holder = "v-van7s7hjhgknmbphyjarqsspw6"
	cases := []struct{ path, name, group string }{
		{identity.Path("eu-prod", "acme"), place, "vitrine.eu-prod.acme.users"},
		{identity.Path("eu-prod", "acme"), holder, "vitrine.eu-prod.acme." + holder},
		{identity.Path("eu-prod", identity.System), place, "vitrine.eu-prod._system.users"},
		// A namespace may be called as a holder is, or as a place is, and is told apart by where it stands.
		{identity.Path("eu-prod", holder), place, "vitrine.eu-prod." + holder + ".users"},
		{identity.Path("eu-prod", "users"), holder, "vitrine.eu-prod.users." + holder},
	}
	for _, c := range cases {
		got, err := groupName(c.path, c.name)
		if err != nil || got != c.group {
			t.Errorf("%s%s: got %s, %v; want %s", c.path, c.name, got, err, c.group)
		}
		if path, name, ok := splitGroup(c.group); !ok || path != c.path || name != c.name {
			t.Errorf("%s: got %s, %s, %t", c.group, path, name, ok)
		}
	}
	for _, path := range []string{"", "/", "acme", "/acme", "acme/", "//", "/a//b/", "/a.b/", "/ACME/", "/a b/"} {
		if got, err := groupName(path, place); !errors.Is(err, conn.ErrInvalid) {
			t.Errorf("path %q: got %s, %v; want ErrInvalid", path, got, err)
		}
	}
	for _, foreign := range []string{"", "developers", "users", ".users", "a..users", "People.users", "vitrine.", "vitrine.acme/x.users"} {
		if path, name, ok := splitGroup(foreign); ok {
			t.Errorf("%q was taken for %s in %s", foreign, name, path)
		}
	}
}

func TestAUsersPlaceIsFoundAmongItsGroups(t *testing.T) {
	cases := []struct {
		reason string
		groups []string
		want   string
	}{
		{"nowhere", nil, ""},
		{"groups of others, and of ours", []string{"developers", "vitrine.eu-prod.acme.v-van7s7hjhgknmbphyjarqsspw6"}, ""},
		{"one place among groups", []string{"vitrine.eu-prod.acme.v-van7s7hjhgknmbphyjarqsspw6", "vitrine.eu-prod.acme.users"}, "/vitrine/eu-prod/acme/"},
		{"somebody put it into two: always the same one", []string{"vitrine.eu-prod.northlight.users", "vitrine.eu-prod.acme.users"}, "/vitrine/eu-prod/acme/"},
	}
	for _, c := range cases {
		if got := placeOf(c.groups); got != c.want {
			t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
		}
	}
}
