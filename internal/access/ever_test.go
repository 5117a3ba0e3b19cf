package access_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
)

// What a user has at an instant is what they ever have, less what its window shuts out.
func TestGrantsEverHoldTheGrantsOfEveryInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		m := access.New(w.Declarations)
		open := func(r access.Route, at time.Time) bool {
			return (r.NotBefore == nil || !at.Before(*r.NotBefore)) && (r.NotAfter == nil || at.Before(*r.NotAfter))
		}
		for _, u := range w.Users {
			for _, at := range w.Instants {
				var want []access.Grant
				for _, g := range m.GrantsEver(u.Name) {
					if open(g.Route, at) {
						want = append(want, g)
					}
				}
				if diff := cmp.Diff(want, m.Grants(u.Name, at)); diff != "" {
					t.Fatalf("%s at %s: (-ever and open +at that instant)\n%s", u.Name, at, diff)
				}
			}
		}
	})
}
