package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// gone waits until an object is no more.
func (w *world) gone(obj client.Object, namespace, name string) {
	w.Helper()
	w.eventually(fmt.Sprintf("%T %s is gone", obj, name), 30*time.Second, func() error {
		err := w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: namespace, Name: name}, obj)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %w", orNothing(err))
	})
}

// A store that never answered holds up nobody: nothing of ours can be there.
//
// features: D16
func TestMistypedEndpointHoldsUpNobodysEnd(t *testing.T) {
	w := newWorld(t, "mistyped")
	declared := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: "mistyped"}, declared))
	dead := &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: "mistyped-dead"}, Spec: declared.Spec}
	dead.Spec.Endpoint, dead.Spec.IAM.Endpoint = "http://127.0.0.1:1", "http://127.0.0.1:1"
	w.must(w.bed.admin.Create(w.ctx, dead))
	w.apply(strings.ReplaceAll(w.named(people), "storeRef: {name: mistyped}", "storeRef: {name: mistyped-dead}"))
	w.condition(&v1alpha1.ObjectStore{}, "mistyped-dead", metav1.ConditionFalse, v1alpha1.ReasonStoreUnreachable)
	w.condition(&v1alpha1.Library{}, "brand", metav1.ConditionFalse, v1alpha1.ReasonStoreNotReady)
	w.condition(&v1alpha1.User{}, "alice", metav1.ConditionFalse, v1alpha1.ReasonStoreNotReady)

	w.must(w.kubectl(nil, "delete", "damuser", "alice", "-n", w.namespace, "--timeout=20s"))
	w.must(w.kubectl(nil, "delete", "lib", "brand", "-n", w.namespace, "--timeout=20s"))
	w.must(w.kubectl(nil, "delete", "namespace", w.namespace, "--timeout=60s"))
	w.must(w.kubectl(nil, "delete", "ostore", "mistyped-dead", "--timeout=20s"))
}

// What a restore brings back without its status, and without the Secret of the
// store, is not let go while its policies are in force.
//
// features: D16
func TestRestoredWithoutStatusAndSecretGoesOnlyWithItsAccess(t *testing.T) {
	w := newWorld(t, "restored")
	w.apply(w.named(people))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), "restored-brand", "launch/a.txt", "A"))
	alice := w.as("alice")
	reads := func() error { _, err := fetch(w.ctx, alice, "restored-brand", "launch/a.txt"); return err }
	w.eventually("alice reads", 2*time.Second, reads)

	w.stopManager()
	secret := &corev1.Secret{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: settings.SystemNamespace, Name: w.name}, secret))
	w.must(w.bed.admin.Delete(w.ctx, secret))
	for _, what := range []string{"lib/brand", "damuser/alice"} {
		w.must(w.kubectl(nil, "patch", what, "-n", w.namespace, "--subresource=status", "--type=merge", "-p",
			`{"status":{"observedGeneration":-1,"conditions":null,"identities":null,"vitrineBucket":null,"policies":null}}`))
		w.must(w.kubectl(nil, "delete", what, "-n", w.namespace, "--wait=false"))
	}
	w.startManager(nil)
	for _, message := range []string{
		w.stalled(&v1alpha1.Library{}, "brand", v1alpha1.ReasonCredentialsNotFound),
		w.stalled(&v1alpha1.User{}, "alice", v1alpha1.ReasonCredentialsNotFound),
	} {
		if !strings.Contains(message, "create it") || !strings.Contains(message, v1alpha1.AnnotationAt) {
			t.Errorf("the message does not say what to do: %s", message)
		}
	}
	secret.ResourceVersion, secret.UID = "", ""
	w.must(w.bed.admin.Create(w.ctx, secret))
	w.gone(&v1alpha1.Library{}, w.namespace, "brand")
	w.gone(&v1alpha1.User{}, w.namespace, "alice")
	if err := reads(); err == nil {
		t.Error("alice still reads")
	}
	if document, err := w.administrator().BucketPolicy(w.ctx, "restored-brand"); err != nil || len(document) > 0 {
		t.Errorf("the policy is %s: %v", document, err)
	}
}

// A store that is gone for good keeps what was there from ending until somebody says so.
func TestStoreThatIsGoneForGoodIsGivenUpByHand(t *testing.T) {
	w := newWorld(t, "forgone")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(w.kubectl(nil, "patch", "ostore", w.name, "--type=merge", "-p", `{"spec":{"endpoint":"http://127.0.0.1:1","iam":{"endpoint":"http://127.0.0.1:1"}}}`))
	w.must(w.kubectl(nil, "delete", "lib", "brand", "-n", w.namespace, "--wait=false"))
	if message := w.condition(&v1alpha1.Library{}, "brand", metav1.ConditionFalse, v1alpha1.ReasonStoreUnreachable); !strings.Contains(message, v1alpha1.AnnotationAt) {
		t.Errorf("the message does not name the way out: %s", message)
	}
	w.must(w.kubectl(nil, "annotate", "lib", "brand", "-n", w.namespace, v1alpha1.AnnotationAt+"-"))
	w.gone(&v1alpha1.Library{}, w.namespace, "brand")
}

// What finalizers removed by force leave at a store is taken away, and nothing else.
//
// features: D11, D16
func TestWhatForceLeftAtTheStoreIsSweptAway(t *testing.T) {
	onEachStore(t, "swept", func(w *world) {
		w.apply(w.named(people))
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
		w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/a.txt", "A"))
		bob := w.as("bob")
		admin := w.administrator()
		path := store.IdentityPath(w.name, w.namespace)
		foreign := []store.Identity{{Name: w.name + "-backup", Path: path}, {Name: store.Name(w.name, "elsewhere", "User", "x"), Path: "/other/" + w.name + "/"}}
		for _, id := range foreign {
			_, err := admin.Identities.Ensure(w.ctx, id)
			w.must(err)
			w.Cleanup(func() { _ = admin.Identities.Delete(w.ctx, id) })
		}

		// The manager is away, and somebody is impatient.
		w.stopManager()
		w.must(w.kubectl(nil, "delete", "damuser", "bob", "-n", w.namespace, "--wait=false"))
		w.must(w.kubectl(nil, "patch", "damuser", "bob", "-n", w.namespace, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`))
		w.gone(&v1alpha1.User{}, w.namespace, "bob")
		vanished := store.IdentityPath(w.name, w.name+"-vanished")
		lost := store.Identity{Name: store.Name(w.name, w.name+"-vanished", "User", "eve"), Path: vanished}
		_, err := admin.Identities.Ensure(w.ctx, lost)
		w.must(err)
		groups := admin.Holders(store.Enforcement(w.enforcement()))
		group := store.Identity{Name: store.Name(w.name, w.name+"-vanished", "UserGroup", "press"), Path: vanished}
		if groups != nil {
			w.must(groups.EnsureGroup(w.ctx, group))
			w.must(groups.SetMember(w.ctx, group, lost.Name, true))
		}
		w.startManager(nil)

		w.eventually("the identities of who is no more are gone, and those of others are not", 45*time.Second, func() error {
			left, err := admin.Identities.List(w.ctx, "/")
			if err != nil {
				return err
			}
			names := map[string]bool{}
			for _, id := range left {
				names[id.Name] = true
			}
			for _, id := range foreign {
				if !names[id.Name] {
					t := fmt.Errorf("%s was taken away, and is not ours", id.Name)
					w.Error(t)
					return nil
				}
			}
			if names[lost.Name] || names[store.Name(w.name, w.namespace, "User", "bob")] {
				return fmt.Errorf("left are %v", left)
			}
			if !names[store.Name(w.name, w.namespace, "User", "alice")] {
				w.Error("alice was taken away, and is declared")
			}
			return nil
		})
		if groups != nil {
			held, err := groups.Held(w.ctx, vanished)
			w.must(err)
			if len(held) > 0 {
				w.Errorf("groups are left: %v", held)
			}
		}
		if err := put(w.ctx, bob, w.name+"-brand", "launch/b.txt", "B"); err == nil {
			w.Error("bob's key still works")
		}
		w.eventually("an event on the ObjectStore says so, and its status counts none any more", 20*time.Second, func() error {
			declared := &v1alpha1.ObjectStore{}
			w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, declared))
			if n := declared.Status.Orphans; n == nil || *n != 0 {
				return fmt.Errorf("it counts %v", n)
			}
			var events eventsv1.EventList
			w.must(w.bed.admin.List(w.ctx, &events, client.InNamespace("default")))
			for _, e := range events.Items {
				if e.Reason == "OrphansRemoved" && e.Regarding.Name == w.name {
					return nil
				}
			}
			return fmt.Errorf("no such event among %d", len(events.Items))
		})
		if _, err := fetch(w.ctx, w.as("alice"), w.name+"-brand", "launch/a.txt"); err != nil {
			w.Errorf("alice: %v", err)
		}
	})
}

// enforcement is how rights get to the world's store.
func (w *world) enforcement() v1alpha1.Enforcement {
	w.Helper()
	declared := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, declared))
	if declared.Status.Capabilities == nil {
		w.Fatal("it has not been probed")
	}
	return declared.Status.Capabilities.Enforcement
}

// features: U11
func TestDeletingALibraryWaitsForLegalHolds(t *testing.T) {
	onEachStore(t, "held", func(w *world) {
		bucket := w.name + "-old"
		w.must(w.root().MakeBucket(w.ctx, bucket, minio.MakeBucketOptions{ObjectLocking: true}))
		w.must(put(w.ctx, w.root(), bucket, "contract.txt", "C"))
		w.must(put(w.ctx, w.root(), bucket, "draft.txt", "D"))
		held, err := w.root().StatObject(w.ctx, bucket, "contract.txt", minio.StatObjectOptions{})
		w.must(err)
		hold := func(status minio.LegalHoldStatus) {
			w.must(w.root().PutObjectLegalHold(w.ctx, bucket, "contract.txt", minio.PutObjectLegalHoldOptions{VersionID: held.VersionID, Status: &status}))
		}
		hold(minio.LegalHoldEnabled)
		w.must(put(w.ctx, w.root(), bucket, "contract.txt", "of a later date")) // the one that is held is an old version now
		w.apply(w.named("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: old}, spec: {storeRef: {name: NAME}, bucket: {name: NAME-old, management: Adopt}, deletionPolicy: Delete}}"))
		library := &v1alpha1.Library{}
		w.ready(library, "old")
		w.delete(library)
		message := w.stalled(library, "old", v1alpha1.ReasonObjectsHeld)
		for _, part := range []string{"1 versions", bucket, "contract.txt", "lift the holds"} {
			if !strings.Contains(message, part) {
				w.Errorf("the message lacks %q: %s", part, message)
			}
		}
		for _, key := range []string{"contract.txt", "draft.txt"} {
			if _, err := fetch(w.ctx, w.root(), bucket, key); err != nil {
				w.Errorf("%s: %v", key, err)
			}
		}
		if exists, err := w.root().BucketExists(w.ctx, bucket+"-dam"); err != nil || !exists {
			w.Errorf("the bucket beside it was deleted: %v", err)
		}
		hold(minio.LegalHoldDisabled)
		// Whoever lifted the hold may wait for the next look, or change anything.
		if err := w.kubectl(nil, "annotate", "lib", "old", "-n", w.namespace, "example.org/looked=1"); err != nil && !strings.Contains(err.Error(), "not found") { // it may be gone by now
			w.Fatal(err)
		}
		w.gone(library, w.namespace, "old")
		if exists, err := w.root().BucketExists(w.ctx, bucket); err != nil || exists {
			w.Errorf("the bucket is there: %v", err)
		}
	})
}
