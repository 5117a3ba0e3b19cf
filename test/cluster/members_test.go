package cluster

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Every User whose mail is at the domain is in the group, and out of it with another mail.
//
// features: P15, P10
func TestMembersByMailDomain(t *testing.T) {
	w := newWorld(t, "domains")
	w.apply(w.named(launch + `
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: dora}, spec: {credentials: Issue, email: dora@Acme.Example}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: eve}, spec: {credentials: Issue, email: eve@mail.acme.example}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: staff}, spec: {memberDomains: [acme.example]}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: staff-contribute}
spec:
  roleRef: {kind: BuiltIn, name: contributor}
  subjects: [{kind: UserGroup, name: staff}]
  targets: [{kind: Folder, name: launch}]
`))
	w.ready(&v1alpha1.RoleBinding{}, "staff-contribute")
	dora, eve := w.as("dora"), w.as("eve")
	w.eventually("dora uploads", 2*time.Second, func() error { return put(w.ctx, dora, "domains-brand", "launch/d.txt", "D") })
	w.must(denied(put(w.ctx, eve, "domains-brand", "launch/e.txt", "E")))
	members := func(want int32) {
		t.Helper()
		w.eventually(fmt.Sprintf("the status counts %d", want), 5*time.Second, func() error {
			group := &v1alpha1.UserGroup{}
			w.get(group, "staff")
			if ptr.Deref(group.Status.Members, -1) != want {
				return fmt.Errorf("it says %d", ptr.Deref(group.Status.Members, -1))
			}
			return nil
		})
	}
	members(1)

	w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: eve}, spec: {credentials: Issue, email: eve@acme.example}}`)
	w.eventually("eve has moved to the domain", 2*time.Second, func() error { return put(w.ctx, eve, "domains-brand", "launch/e.txt", "E") })
	members(2)
	w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: dora}, spec: {credentials: Issue, email: dora@northlight.example}}`)
	w.eventually("dora has left it", 2*time.Second, func() error { return denied(put(w.ctx, dora, "domains-brand", "launch/d.txt", "D")) })
	members(1)
}

// One person who is a User in two tenants is two to the store: what happens to the one does nothing to the other.
//
// features: D10
func TestOnePersonInTwoTenants(t *testing.T) {
	w := newWorld(t, "first")
	w.apply(w.named(launch))
	w.must(w.bed.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "second"}}))
	declared := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: "first"}, declared))
	declared.Spec.Tenants = append(declared.Spec.Tenants, v1alpha1.Tenant{Namespaces: []string{"second"}, Buckets: []string{"second-*"}})
	w.must(w.bed.admin.Update(w.ctx, declared))
	other := &world{T: w.T, Gomega: w.Gomega, bed: w.bed, ctx: w.ctx, name: "first", namespace: "second", at: w.at}
	other.apply(`
{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: brand}, spec: {storeRef: {name: first}, bucket: {name: second-brand}}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch}}
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: alice}, spec: {credentials: Issue, email: alice@acme.example}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-contributes}
spec:
  roleRef: {kind: BuiltIn, name: contributor}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Folder, name: launch}]
`)
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	other.ready(&v1alpha1.RoleBinding{}, "alice-contributes")
	for _, bucket := range []string{"first-brand", "second-brand"} {
		w.must(put(w.ctx, w.root(), bucket, "launch/a.txt", "A"))
	}
	here, there := w.as("alice"), other.as("alice")
	reads := func() error { _, err := fetch(w.ctx, here, "first-brand", "launch/a.txt"); return err }
	w.eventually("she views with the one key", 2*time.Second, reads)
	w.eventually("and uploads with the other", 2*time.Second, func() error { return put(w.ctx, there, "second-brand", "launch/b.txt", "B") })
	w.must(denied(put(w.ctx, here, "first-brand", "launch/b.txt", "B")))
	w.must(denied(put(w.ctx, here, "second-brand", "launch/b.txt", "B")))
	_, err := fetch(w.ctx, there, "first-brand", "launch/a.txt")
	w.must(denied(err))

	user := &v1alpha1.User{}
	other.get(user, "alice")
	other.delete(user)
	w.eventually("deleted in the one tenant, her key there ends", 2*time.Second, func() error {
		if put(w.ctx, there, "second-brand", "launch/c.txt", "C") == nil {
			return fmt.Errorf("it works")
		}
		return nil
	})
	w.must(reads())
}
