package controllers

import (
	"context"
	"fmt"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// inAnyOrder lists Folders and PublicLinks as a cache does: in another order each time.
type inAnyOrder struct {
	client.Reader
	folders []v1alpha1.Folder
	links   []v1alpha1.PublicLink
}

func (r *inAnyOrder) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	switch list := list.(type) {
	case *v1alpha1.FolderList:
		slices.Reverse(r.folders)
		list.Items = slices.Clone(r.folders)
	case *v1alpha1.PublicLinkList:
		slices.Reverse(r.links)
		list.Items = slices.Clone(r.links)
	}
	return nil
}

func (*inAnyOrder) Get(_ context.Context, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	return apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, key.Name)
}

// TestNothingChangedIsTheSameModel gathers a tenant twice from a cache that lists in another order each time.
//
// features: U2
func TestNothingChangedIsTheSameModel(t *testing.T) {
	r := &inAnyOrder{}
	for i := range 3 {
		name := fmt.Sprintf("f%d", i)
		r.folders = append(r.folders, v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Name: name, Generation: 1}})
		r.links = append(r.links, v1alpha1.PublicLink{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	tenants := NewTenants(r, NewInventory())
	first, err := tenants.Get(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	again, err := tenants.Get(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if again.Model != first.Model {
		t.Error("nothing changed, and another model was made")
	}
	for i := range first.Links {
		if first.Links[i].Name != again.Links[i].Name {
			t.Errorf("link %d is %s, then %s", i, first.Links[i].Name, again.Links[i].Name)
		}
	}
	r.folders[0].Generation++
	if changed, err := tenants.Get(t.Context(), "acme"); err != nil || changed.Model == first.Model {
		t.Errorf("a Folder changed, and the model did not: %v", err)
	}
}

func TestEnforcementNamesWhatChanged(t *testing.T) {
	binding, role := object{"RoleBinding", "b"}, object{"Role", "r"}
	first := &compiled{
		generations: map[object]version{binding: {generation: 1}, role: {generation: 1}},
		libraries:   map[string]libraryResult{"brand": {applied: true}},
	}
	e := NewEnforcement()
	at := tenantAt{"acme", "default"}
	if changed := e.set(at, first); len(changed) != 3 {
		t.Errorf("the first pass changed %v, want all three", changed)
	}
	if changed := e.set(at, first); len(changed) != 0 {
		t.Errorf("the same again changed %v", changed)
	}
	second := &compiled{
		generations: map[object]version{binding: {generation: 1}, role: {generation: 2}},
		problems:    map[object]access.Problem{},
		libraries:   map[string]libraryResult{"brand": {applied: true}},
	}
	if changed := e.set(at, second); len(changed) != 1 || changed[0] != role {
		t.Errorf("a Role of another generation changed %v", changed)
	}
	third := &compiled{generations: second.generations, libraries: map[string]libraryResult{"brand": {failed: stall(v1alpha1.ReasonPolicyTooLarge, "too large")}}}
	if changed := e.set(at, third); len(changed) != 3 {
		t.Errorf("a policy that no longer fits changed %v, want the Library and all that may reach it", changed)
	}
}
