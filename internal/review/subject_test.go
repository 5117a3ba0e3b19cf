package review_test

import (
	"errors"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// What a group may is what a User may who is in that group and has nothing else.
//
// features: U2
func TestAGroupMayWhatOneInItMay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		if len(w.UserGroups) == 0 {
			return
		}
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		group := rapid.SampledFrom(w.UserGroups).Draw(t, "group").Name
		with := w.Declarations
		with.Users = append(slices.Clone(with.Users), v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: "new"}})
		with.UserGroups = slices.Clone(with.UserGroups)
		for i := range with.UserGroups {
			if g := &with.UserGroups[i]; g.Name == group {
				g.Spec.Members = append(slices.Clone(g.Spec.Members), "new")
			}
		}
		r, other := review.New(review.Tenant{Declared: w.Declarations}, at), review.New(review.Tenant{Declared: with}, at)
		for _, word := range r.Targets() {
			target, err := review.ParseTarget(word)
			if err != nil {
				t.Fatal(err)
			}
			for p := range access.AllPermissions.Each() {
				got, err := r.CanI(review.Group(group), p, target)
				if err != nil {
					t.Fatal(err)
				}
				want, err := other.CanI(review.User("new"), p, target)
				if err != nil {
					t.Fatal(err)
				}
				if got.Allowed != want.Allowed || got.Allowed == (len(got.WhyNot) > 0) {
					t.Fatalf("%s %s %s: %v, for one in it %v", group, p, word, got.Allowed, want.Allowed)
				}
			}
		}
	})
}

func TestSubject(t *testing.T) {
	tenant := review.Tenant{}
	for _, name := range []string{"alice", "press"} {
		tenant.Declared.Users = append(tenant.Declared.Users, v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	for _, name := range []string{"creatives", "press"} {
		tenant.Declared.UserGroups = append(tenant.Declared.UserGroups, v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	r := review.New(tenant, noon)
	for text, want := range map[string]review.Subject{
		"alice": review.User("alice"), "user/alice": review.User("alice"), "creatives": review.Group("creatives"), "group/creatives": review.Group("creatives"),
		"usergroup/press": review.Group("press"), "user/press": review.User("press"), "nobody": review.User("nobody"),
	} {
		if got, err := r.Subject(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "press", "team/alice", "group/", "group/a/b"} {
		if got, err := r.Subject(text); !errors.Is(err, review.ErrSubject) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}
