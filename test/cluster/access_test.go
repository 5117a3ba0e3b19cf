package cluster

import (
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

const launch = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: launch}
spec: {libraryRef: {name: brand}, path: launch}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: alice}
spec: {credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-views}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Folder, name: launch}]
`

// features: K2, K3, K4, K6
func TestGrantIsEnforcedAtTheStore(t *testing.T) {
	w := newWorld(t, "grant")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.Library{}, "brand")
	w.must(put(w.ctx, w.root(), "grant-brand", "launch/final/a.txt", "A"))
	w.must(put(w.ctx, w.root(), "grant-brand", "press/b.txt", "B"))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	alice := w.as("alice")

	w.eventually("alice reads below the folder", 2*time.Second, func() error {
		_, err := fetch(w.ctx, alice, "grant-brand", "launch/final/a.txt")
		return err
	})
	_, err := fetch(w.ctx, alice, "grant-brand", "press/b.txt")
	w.must(denied(err))
	w.must(denied(put(w.ctx, alice, "grant-brand", "launch/c.txt", "C")))
	_, err = list(w.ctx, alice, "grant-brand", "")
	w.must(denied(err))
}
