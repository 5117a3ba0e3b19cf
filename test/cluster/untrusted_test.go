package cluster

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Where a client can have the listing of one folder tell all names, nobody gets
// such a listing unless the platform team accepts that: the binding says so with
// the remedy, the rest of it is in force, and the remedy works. At a store whose
// conditions hold nothing is refused.
//
// features: U16
func TestListingsThatWouldLeakAreRefused(t *testing.T) {
	w := newWorldAt(t, "untrusted", minIO, "")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.Library{}, "brand")
	declared := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, declared))
	if c := declared.Status.Capabilities; c == nil || c.PrefixConditions != v1alpha1.CapabilityUntrusted || declared.Status.EffectWithin == "" {
		t.Fatalf("the probe found %+v, the status says %+v", c, declared.Status)
	}
	w.must(put(w.ctx, w.root(), "untrusted-brand", "launch/a.txt", "A"))
	w.must(put(w.ctx, w.root(), "untrusted-brand", "press/b.txt", "B"))
	message := w.stalled(&v1alpha1.RoleBinding{}, "alice-views", v1alpha1.ReasonUntrustedConditions)
	if !strings.Contains(message, "Library of its own") || !strings.Contains(message, "untrustedConditions: Accept") {
		t.Errorf("the remedy is not told: %s", message)
	}
	alice := w.as("alice")
	w.eventually("what needs no condition is in force", w.soon(), func() error {
		_, err := fetch(w.ctx, alice, "untrusted-brand", "launch/a.txt")
		return err
	})
	_, err := list(w.ctx, alice, "untrusted-brand", "launch/")
	w.must(denied(err))

	// A Library for the audience, as the message says: the whole of it may be listed.
	w.apply(w.named(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: agency}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-agency}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-agency}
spec:
  roleRef: {kind: BuiltIn, name: library-viewer}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Library, name: agency}]
`))
	w.ready(&v1alpha1.RoleBinding{}, "alice-agency")
	w.must(put(w.ctx, w.root(), "untrusted-agency", "c.txt", "C"))
	w.eventually("she lists the whole of a Library", w.soon(), func() error {
		keys, err := list(w.ctx, alice, "untrusted-agency", "")
		if err == nil && fmt.Sprint(keys) != "[c.txt]" {
			err = fmt.Errorf("she sees %v", keys)
		}
		return err
	})

	// Or the platform team accepts it.
	w.must(w.kubectl(nil, "patch", "ostore", w.name, "--type=merge", "-p", `{"spec":{"untrustedConditions":"Accept"}}`))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.eventually("then she lists the folder", w.soon(), func() error {
		keys, err := list(w.ctx, alice, "untrusted-brand", "launch/")
		if err == nil && fmt.Sprint(keys) != "[launch/a.txt]" {
			err = fmt.Errorf("she sees %v", keys)
		}
		return err
	})
}
