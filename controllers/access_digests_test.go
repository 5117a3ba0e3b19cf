package controllers

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// What somebody else changed is drift; what Vitrine itself left for later, or did not finish, is none. With driftPolicy
// Report it would never come into force.
//
// features: U3
func TestWhatWasLeftForLaterIsNoDrift(t *testing.T) {
	document := func(folder string) []policy.Document {
		documents, err := policy.Attach("group", []policy.Allow{{Verb: policy.Read, Bucket: "acme-brand", Resource: folder}}, policy.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return documents
	}
	launch, press := document("launch/"), document("press/")
	// group is what is wanted of the group of editors when it has other documents and members than that.
	group := func(wanted []policy.Document, members []string, now []policy.Document, join, leave []string) hanging {
		h := hanging{holder: store.Holder{Kind: store.HolderGroup, Path: "/vitrine/eu-prod/acme/", Name: "v-editors"}, there: true}
		h.Allows = []policy.Allow{{Verb: policy.Read, Bucket: "acme-brand", Resource: "launch/"}}
		h.Documents, h.Members, h.now, h.next, h.join, h.leave = wanted, members, now, wanted, join, leave
		return h
	}
	narrowed := func(h hanging) hanging {
		h.narrowed, h.waits, h.join = true, len(h.join) > 0, nil
		return h
	}
	bob, both := []string{"bob"}, []string{"bob", "carol"}
	type pass struct {
		h     hanging
		fails bool
		drift bool
	}
	for _, test := range []struct {
		reason string
		passes []pass
	}{
		{"who was taken out by hand is missed", []pass{
			{group(launch, both, launch, nil, nil), false, false},
			{group(launch, both, launch, []string{"v-carol"}, nil), false, true},
		}},
		{"who could not join at first joins", []pass{
			{narrowed(group(launch, both, launch, []string{"v-carol"}, nil)), false, false},
			{group(launch, both, launch, []string{"v-carol"}, nil), false, false},
		}},
		{"nor while somebody else had to leave", []pass{
			{narrowed(group(launch, both, launch, []string{"v-carol"}, []string{"v-dora"})), false, false},
			{group(launch, both, launch, []string{"v-carol"}, nil), false, false},
		}},
		{"who was taken out while the manager was down is missed once all is known", []pass{
			{group(launch, both, launch, nil, nil), false, false},
			{narrowed(group(launch, both, launch, []string{"v-carol"}, nil)), false, false},
			{group(launch, both, launch, []string{"v-carol"}, nil), false, true},
		}},
		{"a change that failed half way is taken back", []pass{
			{group(launch, bob, launch, nil, nil), false, false},
			{group(press, bob, launch, nil, nil), true, false},
			{group(launch, bob, press, nil, nil), false, false},
		}},
		{"what somebody changed is still that when putting it right failed", []pass{
			{group(launch, bob, launch, nil, nil), false, false},
			{group(launch, bob, press, nil, nil), true, true},
			{group(launch, bob, press, nil, nil), false, true},
		}},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(test.reason, func(t *testing.T) {
				library := &v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: "brand"}, Spec: v1alpha1.LibrarySpec{Bucket: v1alpha1.Bucket{Name: "acme-brand"}}}
				made := &rendering{policies: []bucketPolicy{{library: libraryAt{Library: library, gives: true}, bucket: "acme-brand"}}}
				connection := Connection{Declared: acmeAt(v1alpha1.Capabilities{Enforcement: v1alpha1.EnforcementManagedPolicy})}
				r := &AccessReconciler{Deps: &Deps{}, applied: newApplied()}
				for i, p := range test.passes {
					// What failed half way is known to the manager alone.
					if failed := i > 0 && test.passes[i-1].fails && !test.passes[i-1].drift; restarts && !failed {
						r.applied = newApplied()
					}
					all := []hanging{p.h}
					h := &all[0]
					h.drift = r.drifted(connection, made, func() map[string]string { return digests(all) }, h)
					if h.drift != p.drift {
						t.Fatalf("restarts: %v; in pass %d it is drift: %v, want %v", restarts, i, h.drift, p.drift)
					}
					result := &compiled{libraries: map[string]libraryResult{}}
					r.noteHanging(connection, made, all, func(int) bool { return !p.fails }, result)
					notePolicies(library, slices.Clone(result.libraries["brand"].policies))
				}
			})
		}
	}
}
