package policy_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

func TestNarrow(t *testing.T) {
	allow := func(who string, v policy.Verb, place string, exact bool) policy.Allow {
		return policy.Allow{Principal: who, Bucket: "b", Verb: v, Resource: place, Exact: exact}
	}
	for _, c := range []struct {
		reason            string
		now, wanted, both []policy.Allow
	}{
		{"a right that is gone goes", []policy.Allow{allow(alice, policy.Read, "a/", false), allow(bob, policy.Read, "a/", false)}, []policy.Allow{allow(bob, policy.Read, "a/", false)}, []policy.Allow{allow(bob, policy.Read, "a/", false)}},
		{"a right that is new does not come", nil, []policy.Allow{allow(alice, policy.Read, "a/", false)}, nil},
		{"a smaller place comes", []policy.Allow{allow(alice, policy.List, "", false)}, []policy.Allow{allow(alice, policy.List, "a/", false)}, []policy.Allow{allow(alice, policy.List, "a/", false)}},
		{"a larger place leaves what was there", []policy.Allow{allow(alice, policy.Read, "a/b.jpg", true)}, []policy.Allow{allow(alice, policy.Read, "a/", false)}, []policy.Allow{allow(alice, policy.Read, "a/b.jpg", true)}},
		{"fewer actions come", []policy.Allow{allow(alice, policy.Read, "a/", false)}, []policy.Allow{allow(alice, policy.ReadCurrent, "a/", false)}, []policy.Allow{allow(alice, policy.ReadCurrent, "a/", false)}},
		{"more actions leave what was there", []policy.Allow{allow(alice, policy.ReadCurrent, "a/", false)}, []policy.Allow{allow(alice, policy.Read, "a/", false)}, []policy.Allow{allow(alice, policy.ReadCurrent, "a/", false)}},
	} {
		got, err := policy.Narrow("b", rendered(t, c.now...), c.wanted, policy.Options{})
		if err != nil || !got.Equal(rendered(t, c.both...)) {
			t.Errorf("%s: %s (%v)", c.reason, got.JSON(), err)
		}
	}
}

// TestNarrowNeverWidens checks, between two random worlds, that the narrowed
// document gives nothing that one of the two does not, and all that both do
// when one is the other with rights taken away.
// What a document gives, read and written again, is the same document for each verb: a name of one that holds another's
// actions would else flip with every look.
func TestWhatIsHeldIsWrittenTheSameAgain(t *testing.T) {
	for v := policy.List; len(v.Actions()) > 0; v++ {
		a := policy.Allow{Principal: alice, Bucket: "b", Verb: v, Resource: "a/"}
		now := rendered(t, a)
		if held := policy.Held("b", now); !slices.Equal(held, []policy.Allow{a}) {
			t.Errorf("%s is held as %+v", v, held)
		}
		if again, err := policy.Narrow("b", now, []policy.Allow{a}, policy.Options{}); err != nil || !again.Equal(now) {
			t.Errorf("%s: %s is written as %s: %v", v, now.JSON(), again.JSON(), err)
		}
	}
}

func TestNarrowNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		s := render(t, w, worldtest.Start)
		later := render(t, w, rapid.SampledFrom(w.Instants).Draw(t, "later"))
		for bucket, now := range s.proof.Documents {
			got, err := policy.Narrow(bucket, now, later.allows, policy.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if policy.Widens(now, got) || policy.Widens(later.proof.Documents[bucket], got) {
				t.Fatalf("narrowing %s towards %s gives more: %s", now.JSON(), later.proof.Documents[bucket].JSON(), got.JSON())
			}
			fewer := slices.DeleteFunc(slices.Clone(s.allows), func(policy.Allow) bool { return rapid.Bool().Draw(t, "gone") })
			want, err := policy.Render(bucket, fewer, policy.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got, err = policy.Narrow(bucket, now, fewer, policy.Options{}); err != nil || !equivalent(got, want) {
				t.Fatalf("taking away should be all of it: %s instead of %s (%v)", got.JSON(), want.JSON(), err)
			}
		}
	})
}

// Rights that many people have in common are written once. Taking a different
// one from each of them would take more room than there is.
func TestNarrowThatDoesNotFitTakesAllFromWhoLosesSome(t *testing.T) {
	places := []string{"a/", "b/", "c/", "d/", "e/", "f/"}
	var now, wanted []policy.Allow
	person := func(i int) string { return fmt.Sprintf("arn:aws:iam::000000000000:user/vitrine/demo/acme/v-%d", i) }
	for i := range 7 {
		for j, place := range places {
			a := policy.Allow{Principal: person(i), Bucket: "b", Verb: policy.Read, Resource: place}
			now = append(now, a)
			if i != j { // the last person loses nothing
				wanted = append(wanted, a)
			}
		}
	}
	before := rendered(t, now...)
	budget := policy.Options{MaxBytes: len(before.JSON())}
	if _, err := policy.Render("b", wanted, budget); !errors.Is(err, policy.ErrTooLarge) {
		t.Fatalf("the case is no case: %v", err)
	}
	got, err := policy.Narrow("b", before, wanted, budget)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(slices.Clone(now), func(a policy.Allow) bool { return a.Principal != person(6) })
	if !got.Equal(rendered(t, want...)) {
		t.Errorf("it is %s", got.JSON())
	}
}

func TestRoomLeavesTheStatementsOfOthers(t *testing.T) {
	foreign := foreignDocument(t)
	ours := rendered(t, policy.Allow{Principal: alice, Bucket: "b", Verb: policy.Read, Resource: "a/"}) // 64: what frames a document is counted twice
	whole := len(policy.Merge(foreign, ours).JSON())
	if err := policy.Fits("b", ours, policy.Room(foreign, whole+64)); err != nil {
		t.Errorf("the whole has %d bytes: %v", whole, err)
	}
	if err := policy.Fits("b", ours, policy.Room(foreign, whole/2)); !errors.Is(err, policy.ErrTooLarge) {
		t.Errorf("half of it is enough: %v", err)
	}
	if err := policy.Fits("b", policy.Document{}, policy.Room(foreign, 1)); err != nil {
		t.Errorf("taking all of ours away: %v", err)
	}
}
