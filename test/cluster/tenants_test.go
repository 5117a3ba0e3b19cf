package cluster

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// neighbour admits a second tenant to the world's ObjectStore. In its manifests NAME is the first one's.
func (w *world) neighbour(suffix string) *world {
	w.Helper()
	namespace := w.name + "-" + suffix
	w.must(w.bed.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	declared := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, declared))
	before := declared.DeepCopy()
	declared.Spec.Tenants = append(declared.Spec.Tenants, v1alpha1.Tenant{Namespaces: []string{namespace}, Buckets: []string{w.name + "-*"}})
	w.must(w.bed.admin.Patch(w.ctx, declared, client.MergeFrom(before)))
	return &world{T: w.T, Gomega: w.Gomega, bed: w.bed, ctx: w.ctx, name: w.name, namespace: namespace, settings: w.settings, at: w.at}
}

// noRightsHang wants, where rights hang on identities, no group of the tenant and no document at any of its users.
func (w *world) noRightsHang() {
	w.Helper()
	if w.at.driver != v1alpha1.DriverMinIO {
		return
	}
	held, err := w.administrator().Holders(store.ByManagedPolicy).Held(w.ctx, store.IdentityPath(w.name, w.namespace))
	w.must(err)
	for holder, has := range held {
		if holder.Kind == store.HolderGroup || len(has.Documents) > 0 {
			w.Errorf("%v still has %v", holder, has)
		}
	}
}

// shared is a tenant's Library BUCKET with a link on one of two folders.
const shared = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: NAME}, bucket: {name: BUCKET}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: launch}
spec: {libraryRef: {name: brand}, path: launch}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: press}
spec: {target: {folder: {name: launch}}}
`

// The gateway is one at a store and has many tenants. What one of them declares, changes or ends never
// touches what the links of another show.
//
// features: D10, F2
func TestLinksOfTwoTenantsAtOneStore(t *testing.T) {
	onEachStore(t, "pair", func(w *world) {
		their := w.neighbour("their")
		mine, theirs := w.name+"-mine", w.name+"-theirs"
		w.apply(w.of(mine))
		w.ready(&v1alpha1.PublicLink{}, "press")
		gateway := w.gateway()
		reaches := func(bucket, key string) error {
			_, err := fetch(w.ctx, gateway, bucket, key)
			if err != nil {
				return fmt.Errorf("%s/%s: %w", bucket, key, err)
			}
			return nil
		}
		shows := func(bucket string) func() error {
			return func() error {
				return errors.Join(reaches(bucket, "launch/a.txt"), reaches(bucket+"-dam", "catalog/press.json"),
					denied(errors.Unwrap(reaches(bucket, "press/b.txt"))), denied(errors.Unwrap(reaches(bucket+"-dam", "links/press.json"))))
			}
		}
		hides := func(bucket string) func() error {
			return func() error {
				return errors.Join(denied(errors.Unwrap(reaches(bucket, "launch/a.txt"))), denied(errors.Unwrap(reaches(bucket+"-dam", "catalog/press.json"))))
			}
		}
		fill := func(bucket string) {
			w.must(put(w.ctx, w.root(), bucket, "launch/a.txt", "A"))
			w.must(put(w.ctx, w.root(), bucket, "press/b.txt", "B"))
		}
		fill(mine)
		w.eventually("my link shows what it is on, and nothing else", w.soon(), shows(mine))

		stay := w.always("my link shows the same whatever the other tenant does", shows(mine))
		their.apply(their.of(theirs))
		their.ready(&v1alpha1.PublicLink{}, "press")
		fill(theirs)
		w.eventually("their link shows what it is on", w.soon(), shows(theirs))
		their.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: PublicLink, metadata: {name: press}, spec: {target: {folder: {name: launch}}, suspend: true}}")
		w.eventually("their suspended link shows nothing", w.soon(), hides(theirs))
		their.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: PublicLink, metadata: {name: press}, spec: {target: {folder: {name: launch}}, suspend: false}}")
		w.eventually("and everything again", w.soon(), shows(theirs))
		stay()

		stay = w.always("their link shows the same whatever I do", shows(theirs))
		w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: PublicLink, metadata: {name: press}, spec: {target: {folder: {name: launch}}, suspend: true}}")
		w.eventually("my suspended link shows nothing", w.soon(), hides(mine))
		w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: PublicLink, metadata: {name: press}, spec: {target: {folder: {name: launch}}, suspend: false}}")
		w.eventually("and everything again", w.soon(), shows(mine))
		stay()

		stay = w.always("my link shows the same while the other tenant ends", shows(mine))
		library := &v1alpha1.Library{}
		their.get(library, "brand")
		their.delete(library)
		their.gone(library, their.namespace, "brand")
		w.must(hides(theirs)())
		their.noRightsHang()
		w.must(w.kubectl(nil, "delete", "namespace", their.namespace, "--timeout=60s"))
		stay()
	})
}

// of is shared, in a bucket.
func (w *world) of(bucket string) string { return inBucket(w.named(shared), bucket) }

// What an earlier Vitrine hung on the gateway's own identity, or somebody does by hand, is taken away.
//
// features: U3
func TestNothingHangsOnTheGatewaysOwnIdentity(t *testing.T) {
	w := newWorldAt(t, "ownless", minIO, v1alpha1.UntrustedConditionsAccept)
	w.apply(w.of("ownless-brand"))
	w.ready(&v1alpha1.PublicLink{}, "press")
	w.must(put(w.ctx, w.root(), "ownless-brand", "launch/a.txt", "A"))
	w.must(put(w.ctx, w.root(), "ownless-brand", "press/b.txt", "B"))
	holders := w.administrator().Holders(store.ByManagedPolicy)
	path := store.IdentityPath(w.name, store.SystemNamespace)
	own := store.Holder{Kind: store.HolderUser, Path: path, Name: store.Name(w.name, store.SystemNamespace, "Gateway", w.name)}
	w.must(holders.SetDocument(w.ctx, own, 0, []byte(`{"Version":"2012-10-17","Statement":[{"Sid":"VitrineRead0","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::ownless-brand/*"]}]}`)))
	gateway := w.gateway()
	w.eventually("it is taken away", 6*settings.DriftInterval, func() error {
		_, err := fetch(w.ctx, gateway, "ownless-brand", "press/b.txt")
		return denied(err)
	})
	w.eventually("nothing hangs there, after what did was made to give nothing", w.soon(), func() error {
		held, err := holders.Held(w.ctx, path)
		if err == nil && len(held[own].Documents) > 0 {
			err = fmt.Errorf("it still holds %s", held[own].Documents[0])
		}
		return err
	})
	if _, err := fetch(w.ctx, gateway, "ownless-brand", "launch/a.txt"); err != nil {
		t.Errorf("the link shows nothing any more: %v", err)
	}
}

// With the gateway's identity go its memberships. Whoever deletes it by hand closes links until the next look at the store.
func TestAGatewayMadeAgainOpensLinksAgain(t *testing.T) {
	w := newWorldAt(t, "gone-gateway", minIO, v1alpha1.UntrustedConditionsAccept)
	w.apply(w.of("gone-gateway-brand"))
	w.ready(&v1alpha1.PublicLink{}, "press")
	w.must(put(w.ctx, w.root(), "gone-gateway-brand", "launch/a.txt", "A"))
	opens := func() error { _, err := fetch(w.ctx, w.gateway(), "gone-gateway-brand", "launch/a.txt"); return err }
	w.eventually("the link opens", w.soon(), opens)
	err := w.administrator().Identities.Delete(w.ctx, store.Identity{
		Name: store.Name(w.name, store.SystemNamespace, "Gateway", w.name), Path: store.IdentityPath(w.name, store.SystemNamespace),
	})
	if err != nil && !strings.Contains(err.Error(), "still there") { // the manager may make it again before we look
		t.Fatal(err)
	}
	w.eventually("it opens again", settings.DriftInterval+w.soon(), opens)
}

// Whoever removes a Library's finalizer by force leaves what it gave at the store. That is taken away; the
// mark, the objects and what others wrote stay.
//
// features: D11, D16
func TestWhatALibraryRemovedByForceGaveIsTakenAway(t *testing.T) {
	for _, test := range []struct{ name, reason, more string }{
		{"forced", "a tenant's only Library", ""},
		{"oneforced", "one of two, so that Users and groups stay", "---\n{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: other}, spec: {storeRef: {name: NAME}, bucket: {name: NAME-other}}}\n"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			onEachStore(t, test.name, func(w *world) { w.forcedLibrary(test.more) })
		})
	}
}

func (w *world) forcedLibrary(more string) {
	w.Helper()
	bucket := w.name + "-brand"
	w.apply(w.named(people + more))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
	w.must(put(w.ctx, w.root(), bucket, "launch/a.txt", "A"))
	reads := map[string]func() error{}
	for _, user := range []string{"alice", "bob"} {
		key := w.as(user)
		reads[user] = func() error { _, err := fetch(w.ctx, key, bucket, "launch/a.txt"); return err }
		w.eventually(user+" reads", w.soon(), reads[user])
	}
	w.withForeign(bucket)
	admin := w.administrator()
	before, err := admin.ObserveBucket(w.ctx, bucket)
	w.must(err)

	w.stopManager()
	w.force("lib/brand")
	w.gone(&v1alpha1.Library{}, w.namespace, "brand")
	for user, read := range reads {
		if err := read(); err != nil {
			w.Errorf("%s has lost it already, so this proves nothing: %v", user, err)
		}
	}
	w.startManager(nil)
	for user, read := range reads {
		w.eventually(user+" reads no more", 45*time.Second, func() error { return shut(read()) })
	}
	w.eventually("nothing of ours is left in the policy, and what is not ours is", 30*time.Second, func() error { return w.onlyForeign(bucket) })
	if more == "" || w.at.driver != v1alpha1.DriverMinIO { // else there was something for the compiler alone
		w.eventually("an event on the ObjectStore says so", 20*time.Second, w.sweptEvent)
	}
	if more == "" {
		w.noRightsHang()
	}
	after, err := admin.ObserveBucket(w.ctx, bucket)
	w.must(err)
	if after.Mark == nil || *after.Mark != *before.Mark {
		w.Errorf("the mark was %v and is %v", before.Mark, after.Mark)
	}
	if _, err := fetch(w.ctx, w.root(), bucket, "launch/a.txt"); err != nil {
		w.Errorf("the object is not kept: %v", err)
	}
	w.apply(w.named(people))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	again := w.as("alice")
	w.eventually("a Library of that name finds everything again", 20*time.Second, func() error {
		_, err := fetch(w.ctx, again, bucket, "launch/a.txt")
		return err
	})
}
