package controllers

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// inAnyOrder lists Folders and PublicLinks as a cache does: in another order each time.
type inAnyOrder struct {
	client.Reader
	folders []v1alpha1.Folder
	links   []v1alpha1.PublicLink
	// listed counts how often Folders were listed.
	listed int
}

func (r *inAnyOrder) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	switch list := list.(type) {
	case *v1alpha1.FolderList:
		r.listed++
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

// TestATenantIsGatheredAgainWhenTheCacheTellsOfAChange asks for a tenant that is long gathered, before and after
// something of it changes.
func TestATenantIsGatheredAgainWhenTheCacheTellsOfAChange(t *testing.T) {
	folder := &v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "launch", Generation: 1}}
	r := &inAnyOrder{folders: []v1alpha1.Folder{*folder}}
	informers, inventory := &informertest.FakeInformers{Scheme: NewScheme()}, NewInventory()
	tenants := NewTenants(r, inventory)
	if err := tenants.watch(t.Context(), informers); err != nil {
		t.Fatal(err)
	}
	informerOf := func(o client.Object) *controllertest.FakeInformer {
		informer, err := informers.FakeInformerFor(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return informer
	}
	again := func(what string, wanted int) {
		t.Helper()
		before := r.listed
		// Long after it was gathered: only what the cache tells counts.
		tenants.mu.Lock()
		if last, ok := tenants.gathered["acme"]; ok {
			last.at = last.at.Add(-time.Hour)
			tenants.gathered["acme"] = last
		}
		tenants.mu.Unlock()
		if _, err := tenants.Recent(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		if got := r.listed - before; got != wanted {
			t.Errorf("%s: gathered %d times, want %d", what, got, wanted)
		}
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "acme"}}
	library := types.NamespacedName{Namespace: "acme", Name: "brand"}
	frozen := namespace.DeepCopy()
	frozen.Annotations = map[string]string{v1alpha1.AnnotationFreeze: "lost laptop"}
	changed, going, another, told := folder.DeepCopy(), folder.DeepCopy(), folder.DeepCopy(), folder.DeepCopy()
	changed.Generation++
	going.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	another.UID = "another"
	told.Status.Bucket = "acme-brand"
	user := &v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "alice"}}
	known := user.DeepCopy()
	known.Status.Identities = []v1alpha1.StoreIdentity{{Store: "default", Name: "v-alice"}}
	again("never gathered", 1)
	again("nothing changed", 0)
	for _, c := range []struct {
		what   string
		change func()
	}{
		{"a Folder is new", func() { informerOf(folder).Add(folder) }},
		{"a Folder changed", func() { informerOf(folder).Update(folder, changed) }},
		{"a Folder is going", func() { informerOf(folder).Update(folder, going) }},
		{"a Folder is another one of that name", func() { informerOf(folder).Update(folder, another) }},
		{"a Folder is gone", func() { informerOf(folder).Delete(folder) }},
		{"a User has an identity", func() { informerOf(user).Update(user, known) }},
		{"the namespace is frozen", func() { informerOf(namespace).Update(namespace, frozen) }},
		{"the namespace is gone", func() { informerOf(namespace).Delete(namespace) }},
		{"a Library's files are known", func() { inventory.setFiles(library, files{version: 1}) }},
		{"what a Library holds is known", func() { inventory.set(library, &Holding{}) }},
		{"what a Library held is unlearnt", func() { inventory.forget(library) }},
	} {
		c.change()
		again(c.what, 1)
		again("nothing changed after "+c.what, 0)
	}
	informerOf(folder).Update(folder, told)
	again("a Folder's status is told", 0)
	inventory.setFiles(library, files{version: 2})
	inventory.set(library, &Holding{Bytes: 1})
	again("a Library was looked at for the first time", 1)
	inventory.setFiles(library, files{version: 2})
	inventory.set(library, &Holding{Bytes: 1})
	again("a Library was looked at again, and holds what it held", 0)
	informerOf(folder).Add(&v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Namespace: "northlight", Name: "launch"}})
	again("a Folder of another namespace is new", 0)
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
