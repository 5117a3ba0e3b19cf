package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// MinIO keeps a membership twice. A call that is cut in the midst may change it on disk alone, from where the group is read anew and the
// user, whose rights hang on it, is not: a user who left still has the group's rights, and one who came has none.

// tellsMembership is what the group and what the user says.
func tellsMembership(t *testing.T, full, user string) (group, byUser bool) {
	t.Helper()
	byHand(t, http.MethodGet, "groups", nil, nil) // reads groups from disk
	var g struct {
		Members []string `json:"members"`
	}
	var u struct {
		MemberOf []string `json:"memberOf"`
	}
	for _, ask := range []struct {
		operation string
		query     url.Values
		answer    any
	}{{"group", url.Values{"group": {full}}, &g}, {"user-info", url.Values{"accessKey": {user}}, &u}} {
		if _, text := admin(t, http.MethodGet, ask.operation, ask.query, nil); json.Unmarshal(text, ask.answer) != nil {
			t.Fatalf("%s: %s", ask.operation, text)
		}
	}
	return slices.Contains(g.Members, user), slices.Contains(u.MemberOf, full)
}

// cutSetMember cuts calls within their write until one leaves MinIO of two minds. How long a write takes depends on the machine, so
// each is cut at any time that the last whole one took, and half as much again.
func cutSetMember(t *testing.T, group store.Identity, user string, in bool) {
	t.Helper()
	var began time.Time
	var took time.Duration
	var cut func()
	holders := documents(t, open(t, func(c *store.Config) {
		c.Hook = func(call store.Call) error {
			if call.Mutates {
				began = time.Now()
				if cut != nil {
					time.AfterFunc(rand.N(took*3/2), cut)
				}
			}
			return nil
		}
	}))
	if err := holders.SetMember(t.Context(), group, user, in); err != nil { // so that the first in the loop is a whole write
		t.Fatal(err)
	}
	for range 3000 {
		began, cut = time.Time{}, nil
		if err := holders.SetMember(t.Context(), group, user, !in); err != nil {
			t.Fatal(err)
		}
		if !began.IsZero() {
			took = time.Since(began)
		}
		var ctx context.Context
		ctx, cut = context.WithCancel(t.Context())
		err := holders.SetMember(ctx, group, user, in)
		cut()
		if err == nil {
			continue
		}
		if byGroup, byUser := tellsMembership(t, full(group), user); byGroup == in && byUser != in {
			return
		}
	}
	t.Fatal("MinIO was of one mind after each of 3000 calls")
}

// full is what MinIO calls a group.
func full(group store.Identity) string {
	return strings.ReplaceAll(strings.Trim(group.Path, "/"), "/", ".") + "." + group.Name
}

// Whichever of the two a cut call left, the next look tells and the next call mends.
//
// features: U3
func TestACutMembershipIsFinished(t *testing.T) {
	for _, test := range []struct {
		reason string
		joins  bool // the call that was cut
		wanted bool
	}{
		{"who was leaving leaves", false, false},
		{"who was leaving is a member again", false, true},
		{"who was joining joins", true, true},
		{"who was joining is no member", true, false},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Run(onMinIO, func(t *testing.T) {
				s := open(t)
				holders := documents(t, s)
				name := bucket(t, s)
				fill(t, s, name)
				id, key := user(t, s, "alice")
				group := groupOf(t, "social")
				if err := holders.EnsureGroup(t.Context(), group); err != nil {
					t.Fatal(err)
				}
				doc := document(name, "launch/")
				if err := holders.SetDocument(t.Context(), holderOf(group), 0, doc); err != nil {
					t.Fatal(err)
				}
				cutSetMember(t, group, id.Name, test.joins)
				want := heldDocuments(doc)
				want.Half = []string{id.Name}
				holds(t, holders, group.Path, map[store.Holder]store.Held{holder(id): heldDocuments(), holderOf(group): want})

				if err := holders.SetMember(t.Context(), group, id.Name, test.wanted); err != nil {
					t.Fatal(err)
				}
				want = heldDocuments(doc)
				if test.wanted {
					want.Members = []string{id.Name}
				}
				holds(t, holders, group.Path, map[store.Holder]store.Held{holder(id): heldDocuments(), holderOf(group): want})
				if _, _, err := as(t, key).GetObject(t.Context(), name, "launch/c.txt"); (err == nil) != test.wanted {
					t.Errorf("what the group reads she reads with %v", err)
				}
			})
		})
	}
}

// still stops the clock: what serves for a moment serves for the whole test.
func still(c *store.Config) {
	at := time.Now()
	c.Now = func() time.Time { return at }
}

func TestAGroupGoesWithMembershipsThatOnlyUsersTell(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t, still)
		holders := documents(t, s)
		id, _ := user(t, s, "alice")
		group, other := groupOf(t, "social"), groupOf(t, "brand")
		for _, g := range []store.Identity{group, other} {
			if err := holders.EnsureGroup(t.Context(), g); err != nil {
				t.Fatal(err)
			}
		}
		// What all users told then does not serve after she joined.
		if err := errors.Join(holders.DeleteGroup(t.Context(), other), holders.SetMember(t.Context(), group, id.Name, true)); err != nil {
			t.Fatal(err)
		}
		cutSetMember(t, group, id.Name, false)
		if err := holders.DeleteGroup(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		if _, byUser := tellsMembership(t, full(group), id.Name); byUser {
			t.Error("she is a member of the next group of that name")
		}
	})
}

// The user does not tell the membership, so MinIO leaves it with the group when the user goes, and takes nobody out who is not there.
func TestAGroupGoesThatNamesAUserWhoWent(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		holders := documents(t, s)
		id, _ := user(t, s, "alice")
		group := groupOf(t, "social")
		if err := holders.EnsureGroup(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		cutSetMember(t, group, id.Name, true)
		if err := s.Identities.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		holds(t, holders, group.Path, map[store.Holder]store.Held{holderOf(group): heldDocuments()})
		if err := holders.DeleteGroup(t.Context(), group); err != nil {
			t.Error(err)
		}
		holds(t, holders, group.Path, map[store.Holder]store.Held{})
		isGone(t, id)
	})
}

func isGone(t *testing.T, user store.Identity) {
	t.Helper()
	if status, text := admin(t, http.MethodGet, "user-info", url.Values{"accessKey": {user.Name}}, nil); status != http.StatusNotFound {
		t.Errorf("the user is there: %d %s", status, text)
	}
}

// meanwhile is a hook that does something before the first call of an operation.
type meanwhile struct {
	recorder
	operation string
	act       func()
}

func (m *meanwhile) hook(c store.Call) error {
	if act := m.act; act != nil && c.Operation == m.operation {
		m.act = nil
		act()
	}
	return m.recorder.hook(c)
}

// usersMade is how often a user was made, or its secret replaced.
func usersMade(r *recorder) (users int) {
	for _, write := range r.writes() {
		if strings.HasPrefix(write, "admin add-user ") {
			users++
		}
	}
	return users
}

// A user who is deleted leaves its groups. MinIO takes nobody out of a group when one of them is not there.
func TestAGroupGoesWhileAMemberDoes(t *testing.T) {
	for _, test := range []struct {
		reason    string
		listed    bool // a moment ago, for another group
		operation string
	}{
		{"before the users are listed", false, "list-users"},
		{"after they were", false, "update-group-members"},
		{"after they were, for another group", true, "group"},
		{"when the list of a moment ago was looked at", true, "update-group-members"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Run(onMinIO, func(t *testing.T) {
				m := &meanwhile{}
				s, beside := open(t, still, func(c *store.Config) { c.Hook = m.hook }), open(t)
				holders := documents(t, s)
				bob, _ := user(t, s, "bob")
				carol, _ := user(t, s, "carol")
				group, other := groupOf(t, "social"), groupOf(t, "brand")
				for _, err := range []error{
					holders.EnsureGroup(t.Context(), group), holders.EnsureGroup(t.Context(), other),
					holders.SetMember(t.Context(), group, bob.Name, true), holders.SetMember(t.Context(), group, carol.Name, true),
				} {
					if err != nil {
						t.Fatal(err)
					}
				}
				if test.listed {
					if err := holders.DeleteGroup(t.Context(), other); err != nil {
						t.Fatal(err)
					}
				}
				m.restart(0)
				m.operation, m.act = test.operation, func() {
					if err := beside.Identities.Delete(t.Context(), bob); err != nil {
						t.Error(err)
					}
				}
				if err := holders.DeleteGroup(t.Context(), group); err != nil {
					t.Error(err)
				}
				if made := usersMade(&m.recorder); m.act != nil || made > 0 {
					t.Errorf("%d users were made: %v", made, m.writes())
				}
				isGone(t, bob)
				want := map[store.Holder]store.Held{holder(carol): heldDocuments()}
				if !test.listed {
					want[holderOf(other)] = heldDocuments()
				}
				holds(t, holders, group.Path, want)
			})
		})
	}
}

// Nobody stays at the store whom only the end of a group needed, and nobody goes who is somebody's by then.
func TestWhoWasMadeToLeaveAGroupGoesAgain(t *testing.T) {
	for _, test := range []struct {
		reason    string
		meanwhile func(t *testing.T, lost, member store.Identity, cancel func())
		want      error
		stays     bool
	}{
		{"the call is cut", func(_ *testing.T, _, _ store.Identity, cancel func()) { cancel() }, context.Canceled, false},
		{"another member goes", func(t *testing.T, _, member store.Identity, _ func()) {
			t.Helper()
			if err := open(t).Identities.Delete(t.Context(), member); err != nil {
				t.Error(err)
			}
		}, nil, false},
		{"somebody makes the user", func(t *testing.T, lost, _ store.Identity, _ func()) {
			t.Helper()
			if _, err := open(t).Identities.Ensure(t.Context(), lost); err != nil {
				t.Error(err)
			}
		}, nil, true},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Run(onMinIO, func(t *testing.T) {
				m := &meanwhile{}
				s := open(t, func(c *store.Config) { c.Hook = m.hook })
				holders := documents(t, s)
				lost, _ := user(t, s, "alice")
				bob, _ := user(t, s, "bob")
				group := groupOf(t, "social")
				if err := holders.EnsureGroup(t.Context(), group); err != nil {
					t.Fatal(err)
				}
				cutSetMember(t, group, lost.Name, true)
				if err := errors.Join(s.Identities.Delete(t.Context(), lost), holders.SetMember(t.Context(), group, bob.Name, true)); err != nil {
					t.Fatal(err)
				}
				m.restart(0)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				m.operation, m.act = "update-group-members", func() { test.meanwhile(t, lost, bob, cancel) }
				if err := holders.DeleteGroup(ctx, group); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if made := usersMade(&m.recorder); m.act != nil || made != 1 {
					t.Errorf("%d users were made: %v", made, m.writes())
				}
				if !test.stays {
					isGone(t, lost)
				} else if list, err := s.Identities.List(t.Context(), lost.Path); err != nil || !slices.Contains(namesOf(list), lost.Name) {
					t.Errorf("in the place are %v, %v", list, err)
				}
				if err := holders.DeleteGroup(t.Context(), group); err != nil {
					t.Error(err)
				}
				if !test.stays {
					isGone(t, lost)
				}
			})
		})
	}
}

func namesOf(list []store.Identity) (names []string) {
	for _, id := range list {
		names = append(names, id.Name)
	}
	return names
}

// The gateway is in groups of tenants' paths and in none of their places.
func TestAUserBesideThePathIsToldWithItsMemberships(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		rec := &recorder{}
		s := open(t, func(c *store.Config) { c.Hook = rec.hook })
		holders := documents(t, s)
		gateway, _ := user(t, s, "gateway")
		stranger := gateway
		stranger.Path = store.IdentityPath(installation, "northlight")
		group := groupOf(t, "links")
		group.Path = store.IdentityPath(installation, unique(t)+"-tenant")
		if err := holders.EnsureGroup(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		cutSetMember(t, group, gateway.Name, false)
		half := heldDocuments()
		half.Half = []string{gateway.Name}
		holds(t, holders, group.Path, map[store.Holder]store.Held{holderOf(group): heldDocuments()})
		rec.restart(0)
		holds(t, holders, group.Path, map[store.Holder]store.Held{holderOf(group): half, holder(gateway): heldDocuments()}, gateway)
		if rec.count() > 5 { // the place, the gateway, the policies, the groups, the group
			t.Errorf("it took %d requests: %v", rec.count(), rec.calls)
		}
		holds(t, holders, group.Path, map[store.Holder]store.Held{holderOf(group): heldDocuments()}, stranger, identityOf(t, "nobody"))
	})
}

func TestAUserComesWhollyIntoItsPlace(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		id := identityOf(t, "alice")
		if _, err := s.Identities.Ensure(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		home := store.Identity{Path: id.Path, Name: "users"}
		cutSetMember(t, home, id.Name, true)
		if _, err := s.Identities.Ensure(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		byGroup, byUser := tellsMembership(t, full(home), id.Name)
		if diff := cmp.Diff([]bool{true, true}, []bool{byGroup, byUser}); diff != "" {
			t.Errorf("in her place by group and by user (-want +got):\n%s", diff)
		}
	})
}

func TestAUserWhoseGoingWasCutGoes(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		id, _ := user(t, s, "alice")
		bob, _ := user(t, s, "bob")
		cutSetMember(t, store.Identity{Path: id.Path, Name: "users"}, id.Name, false)
		// With the last that it names the place goes, and MinIO removes nobody from a group that is not there.
		for _, going := range []store.Identity{bob, id} {
			if err := s.Identities.Delete(t.Context(), going); err != nil {
				t.Error(err)
			}
		}
		if list, err := s.Identities.List(t.Context(), id.Path); err != nil || len(list) > 0 {
			t.Errorf("in the place are %v, %v", list, err)
		}
	})
}
