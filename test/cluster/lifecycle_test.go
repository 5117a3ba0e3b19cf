package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/pictures"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// allOf is a tenant with one of everything.
const allOf = people + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Role
metadata: {name: picker}
spec: {permissions: [list, preview]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: heroes}
spec: {libraryRef: {name: brand}, items: [{path: "launch/hero-*"}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-picks}
spec:
  roleRef: {kind: Role, name: picker}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Collection, name: heroes}]
---
apiVersion: v1
kind: Secret
metadata: {name: northlight-password, labels: {dam.vitrine.dev/use: link-password}}
stringData: {password: spring-meadow-cobalt}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: heroes}
spec: {target: {collection: {name: heroes}}, passwordSecretRef: {name: northlight-password, key: password}}
`

// settled waits until everything of allOf is Ready.
func (w *world) settled() {
	w.Helper()
	w.ready(&v1alpha1.Library{}, "brand")
	w.ready(&v1alpha1.Folder{}, "launch")
	w.ready(&v1alpha1.User{}, "alice")
	w.ready(&v1alpha1.User{}, "bob")
	w.ready(&v1alpha1.UserGroup{}, "editors")
	w.ready(&v1alpha1.Role{}, "picker")
	w.ready(&v1alpha1.Collection{}, "heroes")
	w.ready(&v1alpha1.RoleBinding{}, "alice-picks")
	w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
	w.ready(&v1alpha1.PublicLink{}, "heroes")
}

// picture gives a good sample picture.
func picture(t *testing.T) string {
	t.Helper()
	for _, sample := range pictures.Samples() {
		if sample.Kind == pictures.Good && sample.ContentType == "image/jpeg" {
			data, err := sample.Data()
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		}
	}
	t.Fatal("there is no good picture among the samples")
	return ""
}

// rendered waits until the Library has done all it wants.
func (w *world) rendered(originals int64) {
	w.Helper()
	library := &v1alpha1.Library{}
	w.eventually("everything is rendered", 60*time.Second, func() error {
		w.get(library, "brand")
		r := library.Status.Renditions
		if r == nil || library.Status.Assets == nil || *library.Status.Assets.Count != originals || *r.Done+*r.Failed != *r.Wanted || r.Job != "" {
			return fmt.Errorf("assets %+v, renditions %+v", library.Status.Assets, r)
		}
		return nil
	})
}

// resourceVersions of every object of the tenant, of its ObjectStore and of what the manager keeps for them elsewhere tell whether anybody wrote.
func (w *world) resourceVersions() map[string]string {
	w.Helper()
	versions := map[string]string{}
	note := func(o client.Object) {
		versions[fmt.Sprintf("%T %s/%s", o, o.GetNamespace(), o.GetName())] = o.GetResourceVersion()
	}
	objectStore := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, objectStore))
	note(objectStore)
	for _, namespace := range []string{settings.SystemNamespace, settings.GatewayNamespace, settings.JobsNamespace} {
		var secrets corev1.SecretList
		w.must(w.bed.admin.List(w.ctx, &secrets, client.InNamespace(namespace)))
		for i := range secrets.Items {
			if of := &secrets.Items[i]; of.Labels[v1alpha1.LabelTenant] == w.namespace || hasWord(of.Name, w.name) {
				note(of)
			}
		}
	}
	var told eventsv1.EventList // what has no namespace has its events there
	w.must(w.bed.admin.List(w.ctx, &told, client.InNamespace(metav1.NamespaceDefault)))
	for i := range told.Items {
		if told.Items[i].Regarding.Name == w.name {
			note(&told.Items[i])
		}
	}
	for _, list := range []client.ObjectList{
		&v1alpha1.LibraryList{}, &v1alpha1.FolderList{}, &v1alpha1.CollectionList{}, &v1alpha1.UserList{}, &v1alpha1.UserGroupList{},
		&v1alpha1.RoleList{}, &v1alpha1.RoleBindingList{}, &v1alpha1.PublicLinkList{}, &corev1.SecretList{}, &eventsv1.EventList{},
	} {
		w.must(w.bed.admin.List(w.ctx, list, client.InNamespace(w.namespace)))
		w.must(eachItem(list, note))
	}
	return versions
}

// hasWord tells whether a name has a word in it between its dots.
func hasWord(name, word string) bool { return slices.Contains(strings.Split(name, "."), word) }

// features: U3
func TestUnchangedWorldIsWrittenToByNobody(t *testing.T) {
	onEachStore(t, "quiet", (*world).staysUnwritten)
}

func (w *world) staysUnwritten() {
	w.Helper()
	w.stopManager()
	w.settings.CatalogInterval = time.Second // what the first manager leaves for later, the second would write
	w.startManager(nil)
	w.apply(w.named(allOf + `
---
{apiVersion: dam.vitrine.dev/v1alpha1, kind: RoleBinding, metadata: {name: no-role}, spec: {roleRef: {kind: Role, name: none}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: launch}]}}
`))
	w.settled()
	w.stalled(&v1alpha1.RoleBinding{}, "no-role", v1alpha1.ReasonRoleNotFound) // told once, not at every look
	w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/hero-1.jpg", picture(w.T)))
	w.rendered(1)
	w.eventually("the link shows it", 10*time.Second, func() error {
		link := &v1alpha1.PublicLink{}
		w.get(link, "heroes")
		if link.Status.Assets == nil || *link.Status.Assets != 1 {
			return fmt.Errorf("it shows %v", link.Status.Assets)
		}
		catalog, err := w.catalog("heroes")
		if err != nil || len(catalog.Assets) != 1 || len(catalog.Assets[0].Renditions) != 2 {
			return fmt.Errorf("its catalog is %+v: %w", catalog, orNothing(err))
		}
		return nil
	})
	w.eventually("the catalog tells of it", 20*time.Second, func() error { return w.records("", "launch/hero-1.jpg") })
	w.stopManager()
	before := w.resourceVersions()
	jobs := w.jobs()

	var writes atomic.Int64
	first := atomic.Pointer[string]{}
	w.startManager(func(c store.Call) error {
		if c.Mutates {
			writes.Add(1)
			what := fmt.Sprintf("%s %s %s", c.Service, c.Operation, c.Resource)
			first.CompareAndSwap(nil, &what)
		}
		return nil
	})
	// Long enough for every reconciler to have looked twice of its own accord, as often as the ObjectStore says that it does.
	objectStore := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, objectStore))
	interval, err := time.ParseDuration(objectStore.Status.DriftInterval)
	w.must(err)
	quiet := time.NewTimer(2*interval + 2*time.Second)
	defer quiet.Stop()
	select {
	case <-quiet.C:
	case <-w.ctx.Done():
	}
	if n := writes.Load(); n > 0 {
		w.Errorf("%d writes to the store, the first: %s", n, *first.Load())
	}
	after := w.resourceVersions()
	for name, version := range after {
		if before[name] != version {
			w.Errorf("%s was written", name)
		}
		delete(before, name)
	}
	if len(before) > 0 {
		w.Errorf("%v went", slices.Sorted(maps.Keys(before)))
	}
	if now := w.jobs(); now != jobs {
		w.Errorf("there were %d Jobs, and now there are %d", jobs, now)
	}
}

func (w *world) jobs() int {
	w.Helper()
	var jobs batchv1.JobList
	w.must(w.bed.admin.List(w.ctx, &jobs, client.InNamespace(settings.JobsNamespace), client.MatchingLabels{v1alpha1.LabelTenant: w.namespace}))
	return len(jobs.Items)
}

func TestNamespaceEnds(t *testing.T) {
	for _, test := range []struct{ name, reason string }{
		{"plain", "a namespace that is deleted ends, and its objects stay"},
		{"secretsfirst", "so it does when its Secrets went first"},
		{"managerdown", "so it does when the manager was down and comes back"},
	} {
		t.Run(test.reason, func(t *testing.T) { onEachStore(t, test.name, func(w *world) { w.namespaceEnds(test.name) }) })
	}
}

// namespaceEnds takes a tenant apart in one of several orders.
func (w *world) namespaceEnds(order string) {
	w.Helper()
	w.apply(w.named(allOf))
	w.settled()
	w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/keep.txt", "K"))
	switch order {
	case "secretsfirst":
		w.must(w.bed.admin.DeleteAllOf(w.ctx, &corev1.Secret{}, client.InNamespace(w.namespace)))
	case "managerdown":
		w.stopManager()
	}
	w.must(w.bed.admin.Delete(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}))
	if order == "managerdown" {
		w.eventually("the namespace waits for the manager", 20*time.Second, func() error {
			ns := &corev1.Namespace{}
			w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.namespace}, ns))
			for _, c := range ns.Status.Conditions {
				// Everything without a finalizer is gone by then, unseen by any manager.
				if c.Type == corev1.NamespaceFinalizersRemaining && c.Status == corev1.ConditionTrue {
					return nil
				}
			}
			return fmt.Errorf("nothing but finalizers should hold it: %+v", ns.Status)
		})
		w.startManager(nil)
	}
	w.eventually("the namespace is gone", 60*time.Second, func() error {
		err := w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.namespace}, &corev1.Namespace{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %w", orNothing(err))
	})
	w.leftNothingBut("launch/keep.txt")
	w.must(w.bed.admin.Delete(w.ctx, &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: w.name}}))
	w.eventually("the ObjectStore goes", 20*time.Second, func() error {
		err := w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, &v1alpha1.ObjectStore{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %w", orNothing(err))
	})
}

// leftNothingBut wants the file kept, every user and policy gone, and every token retired.
func (w *world) leftNothingBut(file string) {
	w.Helper()
	admin := w.administrator()
	left, err := admin.Identities.List(w.ctx, store.IdentityPath(w.name, w.namespace))
	w.must(err)
	if len(left) > 0 {
		w.Errorf("identities are left: %v", left)
	}
	w.nothingHangs()
	for _, bucket := range []string{w.name + "-brand", w.name + "-brand-dam"} {
		document, err := admin.BucketPolicy(w.ctx, bucket)
		w.must(err)
		if len(document) > 0 {
			w.Errorf("bucket %s still has the policy %s", bucket, document)
		}
	}
	if _, err := fetch(w.ctx, w.root(), w.name+"-brand", file); err != nil {
		w.Errorf("the file is not kept: %v", err)
	}
	w.eventually("the link's token is retired", 10*time.Second, func() error {
		record, err := fetch(w.ctx, w.root(), w.name+"-brand-dam", "links/heroes.json")
		if err != nil || !strings.Contains(record, `"retiredAt"`) {
			return fmt.Errorf("its record is %s: %w", record, orNothing(err))
		}
		return nil
	})
	w.eventually("the gateway has no password hash of the tenant", 10*time.Second, func() error {
		var secrets corev1.SecretList
		if err := w.bed.admin.List(w.ctx, &secrets, client.InNamespace(settings.GatewayNamespace), client.MatchingLabels{v1alpha1.LabelTenant: w.namespace}); err != nil {
			return err
		}
		if len(secrets.Items) > 0 {
			return fmt.Errorf("it still has %d", len(secrets.Items))
		}
		return nil
	})
}

// nothingHangs wants no user, group or document of the tenant at a store whose rights hang on identities.
func (w *world) nothingHangs() {
	w.Helper()
	if w.at.driver != v1alpha1.DriverMinIO {
		return
	}
	held, err := w.administrator().Holders(store.ByManagedPolicy).Held(w.ctx, store.IdentityPath(w.name, w.namespace))
	w.must(err)
	if len(held) > 0 {
		w.Errorf("left at the store: %v", held)
	}
}
