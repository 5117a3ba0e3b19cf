package controllers

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// roles are all that a namespace declares, as a cache would tell it.
type roles []v1alpha1.Role

// Get implements client.Reader: there is no object but in lists.
func (r *roles) Get(_ context.Context, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
}

// List implements client.Reader.
func (r *roles) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	if l, ok := list.(*v1alpha1.RoleList); ok {
		l.Items = *r
	}
	return nil
}

// Namespaces come and go; what was remembered of one goes with it.
func TestNothingIsRememberedOfANamespaceWithoutDeclarations(t *testing.T) {
	declared := &roles{{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "picker"}}}
	r := &AccessReconciler{applied: newApplied(), Deps: &Deps{
		Tenants: NewTenants(declared, NewInventory()), Enforcement: NewEnforcement(), Notices: NewNotices(),
		Stores: NewStores(declared, declared, "vitrine-system", nil), Clock: clock.RealClock{}, Settings: Settings{}.withDefaults(),
	}}
	without, at := tenantAt{namespace: "acme"}, tenantAt{"acme", "default"}
	pass := func(of tenantAt) {
		t.Helper()
		if _, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: of.namespace, Name: of.store}}); err != nil {
			t.Fatal(err)
		}
	}
	pass(without)
	if r.Enforcement.get(without) == nil || r.Tenants.memo["acme"] == nil {
		t.Fatal("a namespace with a Role is not remembered, so this test proves nothing")
	}
	*declared = nil
	holder := store.Holder{Kind: store.HolderUser, Path: store.IdentityPath("eu-prod", "acme"), Name: "v-a"}
	r.applied.set(at, "acme-brand", "digest")
	r.applied.set(holdersTenant("default", holder), holder.Name, "digest")
	r.Enforcement.set(at, &compiled{})
	r.Enforcement.passed(at, &compiled{})
	r.memories.get(at)
	pass(without)
	pass(at) // as when its last Library goes
	if len(r.Enforcement.results)+len(r.Enforcement.seen)+len(r.Tenants.memo)+len(r.applied.digests)+len(r.memories.of) > 0 {
		t.Errorf("it is remembered: %v %v %v %v", r.Enforcement.results, r.Tenants.memo, r.applied.digests, r.memories.of)
	}
	if r.applied.known("default", holder) != "" {
		t.Error("what hung on an identity is remembered")
	}
}
