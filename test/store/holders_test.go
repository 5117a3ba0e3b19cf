package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/internal/store"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// documents is the way to documents at identities of the store that a test runs at. VersityGW has it for users, though Vitrine prefers
// bucket policies there; so what Ceph needs is tried at a real store as far as there is one.
func documents(t *testing.T, s *store.Store) store.Holders {
	t.Helper()
	by := store.ByManagedPolicy
	if at(t) == onVersityGW {
		by = store.ByInlinePolicy
	}
	holders := s.Holders(by)
	if holders == nil {
		t.Fatalf("no way by %s", by)
	}
	return holders
}

func groupOf(t *testing.T, name string) store.Identity {
	t.Helper()
	return store.Identity{Name: store.Name(installation, unique(t), "UserGroup", name), Path: store.IdentityPath(installation, unique(t))}
}

func holderOf(group store.Identity) store.Holder {
	return store.Holder{Kind: store.HolderGroup, Path: group.Path, Name: group.Name}
}

// holds compares what is at the store with what is wanted, by what documents say.
func holds(t *testing.T, holders store.Holders, path string, want map[store.Holder]store.Held, beside ...store.Identity) {
	t.Helper()
	got, err := holders.Held(t.Context(), path, beside...)
	if err != nil {
		t.Fatal(err)
	}
	same := cmp.Comparer(func(a, b []byte) bool { return identity.SameDocument(a, b) })
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("held below %s (-want +got):\n%s", path, diff)
	}
}

func heldDocuments(list ...[]byte) store.Held {
	h := store.Held{Documents: map[int][]byte{}}
	for shard, doc := range list {
		if doc != nil {
			h.Documents[shard] = doc
		}
	}
	return h
}

func TestADocumentGivesAUserAccessAtOnceIsReplacedAndGoes(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			rec := &recorder{}
			s := open(t, func(c *store.Config) { c.Hook = rec.hook })
			holders := documents(t, s)
			name := bucket(t, s)
			fill(t, s, name)
			id, key := user(t, s, "alice")
			alice := as(t, key)
			reads := func(key string) error { _, _, err := alice.GetObject(t.Context(), name, key); return err }

			set := func(doc []byte) {
				t.Helper()
				if err := holders.SetDocument(t.Context(), holder(id), 0, doc); err != nil {
					t.Fatal(err)
				}
				rec.restart(0)
				if err := holders.SetDocument(t.Context(), holder(id), 0, doc); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string(nil), rec.writes()); diff != "" {
					t.Errorf("the second call wrote (-want +got):\n%s", diff)
				}
				holds(t, holders, id.Path, map[store.Holder]store.Held{holder(id): heldDocuments(doc)})
			}
			set(document(name, "launch/"))
			if err := reads("launch/c.txt"); err != nil {
				t.Errorf("with the document, in the very next request: %v", err)
			}
			if err := reads("a.txt"); !errors.Is(err, store.ErrDenied) {
				t.Errorf("beside: got %v, want ErrDenied", err)
			}
			set(document(name, "launch/final/"))
			if err := reads("launch/c.txt"); !errors.Is(err, store.ErrDenied) {
				t.Errorf("with a narrower document, in the very next request: got %v, want ErrDenied", err)
			}
			if err := reads("launch/final/b.txt"); err != nil {
				t.Errorf("what it still gives: %v", err)
			}
			set(nil)
			if err := reads("launch/final/b.txt"); !errors.Is(err, store.ErrDenied) {
				t.Errorf("without a document, in the very next request: got %v, want ErrDenied", err)
			}
		})
	}
}

func TestWhatCannotBeSetLeavesWhatIsThere(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			rec := &recorder{}
			s := open(t, func(c *store.Config) { c.Hook = rec.hook })
			holders := documents(t, s)
			id, _ := user(t, s, "alice")
			small := document("acme-brand", "launch/")
			if err := holders.SetDocument(t.Context(), holder(id), 0, small); err != nil {
				t.Fatal(err)
			}
			big := document("acme-brand", strings.Repeat("launch/", 4000))
			absent, elsewhere := holder(identityOf(t, "bob")), holder(id)
			elsewhere.Path = store.IdentityPath(installation, "northlight")
			cases := []struct {
				reason string
				holder store.Holder
				shard  int
				doc    []byte
				want   error
			}{
				{"a document over the budget", holder(id), 0, big, store.ErrPolicyTooLarge},
				{"one document more than a user may have", holder(id), 10, small, store.ErrLimit},
				{"a shard before the first", holder(id), -1, small, store.ErrLimit},
				{"a user who does not exist", absent, 0, small, store.ErrNotFound},
				{"taking a document from a user who does not exist", absent, 0, nil, store.ErrNotFound},
				{"what is no policy", holder(id), 0, []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps"}]}`), store.ErrInvalid},
			}
			for _, c := range cases {
				rec.restart(0)
				err := holders.SetDocument(t.Context(), c.holder, c.shard, c.doc)
				if !errors.Is(err, c.want) {
					t.Errorf("%s: got %v, want %v", c.reason, err, c.want)
				}
			}
			if at(t) == onMinIO {
				if err := holders.SetDocument(t.Context(), elsewhere, 0, small); !errors.Is(err, store.ErrForeign) {
					t.Errorf("a user of another path: got %v, want ErrForeign", err)
				}
			}
			holds(t, holders, id.Path, map[store.Holder]store.Held{holder(id): heldDocuments(small)})
		})
	}
}

func TestDocumentsSetAtTheSameTimeAllStay(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		holders := documents(t, s)
		id, _ := user(t, s, "alice")
		var want [][]byte
		var setting errgroup.Group
		for shard := range 6 {
			doc := document("acme-brand", fmt.Sprintf("folder-%d/", shard))
			want = append(want, doc)
			setting.Go(func() error { return holders.SetDocument(t.Context(), holder(id), shard, doc) })
		}
		if err := setting.Wait(); err != nil {
			t.Fatal(err)
		}
		holds(t, holders, id.Path, map[store.Holder]store.Held{holder(id): heldDocuments(want...)})
		// One in the middle goes, the others stay where they are.
		if err := holders.SetDocument(t.Context(), holder(id), 2, nil); err != nil {
			t.Fatal(err)
		}
		want[2] = nil
		holds(t, holders, id.Path, map[store.Holder]store.Held{holder(id): heldDocuments(want...)})
	})
}

func TestAGroupsDocumentIsItsMembers(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		rec := &recorder{}
		s := open(t, func(c *store.Config) { c.Hook = rec.hook })
		holders := documents(t, s)
		name := bucket(t, s)
		fill(t, s, name)
		alice, key := user(t, s, "alice")
		bob, _ := user(t, s, "bob")
		group, other := groupOf(t, "social"), groupOf(t, "press")
		reads := func() error { _, _, err := as(t, key).GetObject(t.Context(), name, "launch/c.txt"); return err }
		twice := func(what string, act func() error) {
			t.Helper()
			if err := act(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			rec.restart(0)
			if err := act(); err != nil {
				t.Fatalf("%s again: %v", what, err)
			}
			if diff := cmp.Diff([]string(nil), rec.writes()); diff != "" {
				t.Errorf("%s again wrote (-want +got):\n%s", what, diff)
			}
		}
		doc := document(name, "launch/")
		twice("making the group", func() error { return holders.EnsureGroup(t.Context(), group) })
		twice("making another", func() error { return holders.EnsureGroup(t.Context(), other) })
		twice("its document", func() error { return holders.SetDocument(t.Context(), holderOf(group), 0, doc) })
		if err := reads(); !errors.Is(err, store.ErrDenied) {
			t.Errorf("before she is a member: got %v, want ErrDenied", err)
		}
		twice("putting bob in", func() error { return holders.SetMember(t.Context(), group, bob.Name, true) })
		twice("putting alice in", func() error { return holders.SetMember(t.Context(), group, alice.Name, true) })
		if err := reads(); err != nil {
			t.Errorf("as a member, in the very next request: %v", err)
		}
		with := heldDocuments(doc)
		with.Members = slices.Sorted(slices.Values([]string{alice.Name, bob.Name}))
		users := map[store.Holder]store.Held{holder(alice): heldDocuments(), holder(bob): heldDocuments()}
		want := maps.Clone(users)
		want[holderOf(group)], want[holderOf(other)] = with, heldDocuments()
		holds(t, holders, group.Path, want)

		twice("taking alice out", func() error { return holders.SetMember(t.Context(), group, alice.Name, false) })
		if err := reads(); !errors.Is(err, store.ErrDenied) {
			t.Errorf("after she left, in the very next request: got %v, want ErrDenied", err)
		}
		absent := groupOf(t, "nobody")
		if err := holders.SetMember(t.Context(), absent, alice.Name, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("into an absent group: got %v, want ErrNotFound", err)
		}
		if err := holders.SetMember(t.Context(), group, identityOf(t, "carol").Name, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an absent user: got %v, want ErrNotFound", err)
		}
		if err := holders.SetMember(t.Context(), absent, alice.Name, false); err != nil {
			t.Errorf("out of an absent group: %v", err)
		}
		if err := holders.SetDocument(t.Context(), holderOf(absent), 0, doc); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a document for an absent group: got %v, want ErrNotFound", err)
		}
		twice("deleting the group", func() error { return holders.DeleteGroup(t.Context(), group) })
		twice("deleting the other", func() error { return holders.DeleteGroup(t.Context(), other) })
		holds(t, holders, group.Path, users)
		noPoliciesOf(t, group.Name)
	})
}

// noPoliciesOf fails when a holder's documents are still at MinIO.
func noPoliciesOf(t *testing.T, holder string) {
	t.Helper()
	status, text := admin(t, "GET", "list-canned-policies", nil, nil)
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil || status != 200 || len(all) < 5 {
		t.Fatalf("list policies: %d, %v", status, err)
	}
	for name := range all {
		if strings.HasPrefix(name, holder) {
			t.Errorf("policy %s is left", name)
		}
	}
}

func TestDocumentsCutAnywhereConverge(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			plain := open(t)
			var id store.Identity
			fresh := func(round int) {
				id = identityOf(t, fmt.Sprintf("alice-%d", round))
				id.Path += fmt.Sprintf("%d/", round)
				if _, err := plain.Identities.Ensure(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			doc, narrower := document("acme-brand", "launch/"), document("acme-brand", "launch/final/")
			t.Run("set, replace", func(t *testing.T) {
				cutEverywhere(t, func(round int) (func(*store.Store) error, func()) {
					fresh(round)
					h := holder(id)
					return func(s *store.Store) error {
							holders := documents(t, s)
							return errors.Join(holders.SetDocument(t.Context(), h, 0, doc), holders.SetDocument(t.Context(), h, 0, narrower))
						}, func() {
							holds(t, documents(t, plain), h.Path, map[store.Holder]store.Held{h: heldDocuments(narrower)})
						}
				})
			})
			t.Run("remove", func(t *testing.T) {
				cutEverywhere(t, func(round int) (func(*store.Store) error, func()) {
					fresh(round)
					h := holder(id)
					if err := documents(t, plain).SetDocument(t.Context(), h, 0, doc); err != nil {
						t.Fatal(err)
					}
					return func(s *store.Store) error { return documents(t, s).SetDocument(t.Context(), h, 0, nil) },
						func() {
							holds(t, documents(t, plain), h.Path, map[store.Holder]store.Held{h: heldDocuments()})
							if at(t) == onMinIO {
								noPoliciesOf(t, h.Name)
							}
						}
				})
			})
		})
	}
}

func TestGroupsCutAnywhereConverge(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		plain := open(t)
		id, _ := user(t, plain, "alice")
		doc := document("acme-brand", "launch/")
		t.Run("made", func(t *testing.T) {
			cutEverywhere(t, func(round int) (func(*store.Store) error, func()) {
				group := groupOf(t, "social")
				group.Path += fmt.Sprintf("%d/", round)
				return func(s *store.Store) error {
						holders := documents(t, s)
						if err := holders.EnsureGroup(t.Context(), group); err != nil {
							return err
						}
						if err := holders.SetDocument(t.Context(), holderOf(group), 0, doc); err != nil {
							return err
						}
						return holders.SetMember(t.Context(), group, id.Name, true)
					}, func() {
						want := heldDocuments(doc)
						want.Members = []string{id.Name}
						holds(t, documents(t, plain), group.Path, map[store.Holder]store.Held{holderOf(group): want})
					}
			})
		})
		t.Run("deleted", func(t *testing.T) {
			cutEverywhere(t, func(round int) (func(*store.Store) error, func()) {
				group := groupOf(t, "press")
				group.Path += fmt.Sprintf("%d/", round)
				holders := documents(t, plain)
				for _, err := range []error{
					holders.EnsureGroup(t.Context(), group),
					holders.SetDocument(t.Context(), holderOf(group), 0, doc),
					holders.SetDocument(t.Context(), holderOf(group), 1, doc),
					holders.SetMember(t.Context(), group, id.Name, true),
				} {
					if err != nil {
						t.Fatal(err)
					}
				}
				return func(s *store.Store) error { return documents(t, s).DeleteGroup(t.Context(), group) },
					func() {
						holds(t, holders, group.Path, map[store.Holder]store.Held{})
						noPoliciesOf(t, group.Name)
					}
			})
		})
	})
}
