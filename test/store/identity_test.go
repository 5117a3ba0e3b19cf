package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vitrine-dam/vitrine/internal/store"
)

func TestASecondEnsureWritesNothing(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			rec := &recorder{}
			s := open(t, func(c *store.Config) { c.Hook = rec.hook })
			id := identityOf(t, "alice")
			created, err := s.Identities.Ensure(t.Context(), id)
			if err != nil || !created {
				t.Fatalf("first: created=%t, %v", created, err)
			}
			rec.restart(0)
			created, err = s.Identities.Ensure(t.Context(), id)
			if err != nil || created {
				t.Fatalf("second: created=%t, %v", created, err)
			}
			if diff := cmp.Diff([]string(nil), rec.writes()); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
		})
	}
}

// VersityGW keeps tags and gives them in listings, so the readable name is to be found at the store. MinIO has none.
func TestUsersAreListedByPathWithTheirReadableName(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			id := identityOf(t, "alice")
			if _, err := s.Identities.Ensure(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			id.Tags = map[string]string{"vitrine/user": "acme/alice-2", "more": "yes"}
			if created, err := s.Identities.Ensure(t.Context(), id); err != nil || created {
				t.Fatalf("new tags: created=%t, %v", created, err)
			}
			got, err := s.Identities.List(t.Context(), id.Path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]store.Identity{kept(t, id)}, got); diff != "" {
				t.Errorf("users (-want +got):\n%s", diff)
			}
			none, err := s.Identities.List(t.Context(), store.IdentityPath(installation, "nobody-lives-here"))
			if err != nil || len(none) != 0 {
				t.Errorf("an empty path: %v, %v", none, err)
			}
		})
	}
}

// MinIO gives all users at once.
func TestAListOfUsersIsPagedThrough(t *testing.T) {
	rec := &recorder{}
	s := open(t, func(c *store.Config) { c.Hook = rec.hook })
	const many = 1001 // a page holds 1,000
	want := map[string]bool{}
	for i := range many {
		id := identityOf(t, fmt.Sprintf("user-%d", i))
		if _, err := s.Identities.Ensure(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		want[id.Name] = true
	}
	rec.restart(0)
	list, err := s.Identities.List(t.Context(), identityOf(t, "").Path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, id := range list {
		got[id.Name] = true
	}
	if diff := cmp.Diff(want, got); diff != "" || len(list) != many {
		t.Errorf("%d users listed (-want +got):\n%s", len(list), diff)
	}
	if rec.count() < 2 {
		t.Errorf("%d request: the test did not page", rec.count())
	}
}

func TestAUserOfOurNameInAnotherPathIsForeign(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			theirs := identityOf(t, "alice")
			theirs.Path = "/people/"
			if _, err := s.Identities.Ensure(t.Context(), theirs); err != nil {
				t.Fatal(err)
			}
			ours := identityOf(t, "alice")
			if _, err := s.Identities.Ensure(t.Context(), ours); !errors.Is(err, store.ErrForeign) {
				t.Errorf("ensure: got %v, want ErrForeign", err)
			}
			if err := s.Identities.Delete(t.Context(), ours); !errors.Is(err, store.ErrForeign) {
				t.Errorf("delete: got %v, want ErrForeign", err)
			}
			if list, err := s.Identities.List(t.Context(), "/people/"); err != nil || len(list) != 1 {
				t.Errorf("their user: %v, %v", list, err)
			}
		})
	}
}

// features: D16, U14
func TestKeysAreIssuedListedAndEndAtOnce(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			name := bucket(t, s)
			fill(t, s, name)
			id, first := user(t, s, "alice")
			if first.ID == "" || first.Secret == "" || !first.Active || first.CreatedAt.IsZero() {
				t.Fatalf("issued: %+v", first)
			}
			let(t, s, id, name, "launch/")
			second, err := s.Identities.IssueKey(t.Context(), id.Name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Identities.IssueKey(t.Context(), id.Name); !errors.Is(err, store.ErrLimit) {
				t.Errorf("a third key: got %v, want ErrLimit", err)
			}
			got, err := s.Identities.Keys(t.Context(), id.Name)
			if err != nil {
				t.Fatal(err)
			}
			want := []store.AccessKey{{ID: first.ID, Active: true, CreatedAt: first.CreatedAt}, {ID: second.ID, Active: true, CreatedAt: second.CreatedAt}}
			byID := cmpopts.SortSlices(func(a, b store.AccessKey) bool { return a.ID < b.ID })
			if diff := cmp.Diff(want, got, byID); diff != "" {
				t.Errorf("keys, without secrets (-want +got):\n%s", diff)
			}
			for _, key := range []store.AccessKey{first, second} {
				if _, _, err := as(t, key).GetObject(t.Context(), name, "launch/c.txt"); err != nil {
					t.Errorf("with key %s: %v", key.ID, err)
				}
			}
			for range 2 {
				if err := s.Identities.DeleteKey(t.Context(), id.Name, first.ID); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := as(t, first).GetObject(t.Context(), name, "launch/c.txt"); !errors.Is(err, store.ErrDenied) {
				t.Errorf("the deleted key, in the very next request: got %v, want ErrDenied", err)
			}
			if _, _, err := as(t, second).GetObject(t.Context(), name, "launch/c.txt"); err != nil {
				t.Errorf("the other key: %v", err)
			}
			absent := identityOf(t, "bob").Name
			if _, err := s.Identities.Keys(t.Context(), absent); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("keys of an absent user: got %v, want ErrNotFound", err)
			}
			if _, err := s.Identities.IssueKey(t.Context(), absent); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a key for an absent user: got %v, want ErrNotFound", err)
			}
			if err := s.Identities.DeleteKey(t.Context(), absent, first.ID); err != nil {
				t.Errorf("deleting a key of an absent user: %v", err)
			}
		})
	}
}

func TestDeleteTakesKeysFirstAndMayBeRepeated(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t)
			id, key := user(t, s, "alice")
			for range 2 {
				if err := s.Identities.Delete(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			if list, err := s.Identities.List(t.Context(), id.Path); err != nil || len(list) != 0 {
				t.Errorf("left: %v, %v", list, err)
			}
			if _, err := as(t, key).S3.ListBuckets(t.Context()); err == nil {
				t.Error("the deleted user's key still lists buckets")
			}
		})
	}
}

func TestEnsureAndDeleteCutAnywhereResume(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			plain := open(t)
			var id store.Identity
			list := func() []store.Identity {
				all, err := plain.Identities.List(t.Context(), id.Path)
				if err != nil {
					t.Fatal(err)
				}
				return all
			}
			t.Run("ensure and complete", func(t *testing.T) {
				cutEverywhere(t, func(round int) (func(*store.Store) error, func()) {
					id = identityOf(t, fmt.Sprintf("alice-%d", round))
					id.Path += fmt.Sprintf("%d/", round)
					changed := id
					changed.Tags = map[string]string{"vitrine/user": "acme/renamed"}
					return func(s *store.Store) error {
							if _, err := s.Identities.Ensure(t.Context(), id); err != nil {
								return err
							}
							_, err := s.Identities.Ensure(t.Context(), changed)
							return err
						}, func() {
							if diff := cmp.Diff([]store.Identity{kept(t, changed)}, list()); diff != "" {
								t.Errorf("users (-want +got):\n%s", diff)
							}
						}
				})
			})
			t.Run("delete", func(t *testing.T) {
				cutEverywhere(t, func(round int) (func(*store.Store) error, func()) {
					id, _ = user(t, plain, fmt.Sprintf("bob-%d", round))
					if _, err := plain.Identities.IssueKey(t.Context(), id.Name); err != nil {
						t.Fatal(err)
					}
					return func(s *store.Store) error { return s.Identities.Delete(t.Context(), id) },
						func() {
							if left := list(); len(left) != 0 {
								t.Errorf("left: %v", left)
							}
						}
				})
			})
		})
	}
}

// What a store does not have gives nobody anything; it is found out once.
func TestWhatAStoreDoesNotHaveHangsOnNobody(t *testing.T) {
	rec := &recorder{}
	s := open(t, func(c *store.Config) { c.Hook = rec.hook })
	id, _ := user(t, s, "alice")
	for range 2 {
		rec.restart(0)
		if names, err := s.Attached(t.Context(), id.Name); err != nil || len(names) > 0 {
			t.Errorf("got %v, %v; want nothing", names, err)
		}
	}
	if rec.count() != 1 {
		t.Errorf("it took %d requests, want the one of policies within users: %v", rec.count(), rec.calls)
	}
}
