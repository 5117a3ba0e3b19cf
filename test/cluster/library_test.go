package cluster

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/tags"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// features: U11
func TestBucketWithContentIsAdoptedAsItIs(t *testing.T) {
	w := newWorld(t, "adopt")
	w.must(w.root().MakeBucket(w.ctx, "adopt-old", minio.MakeBucketOptions{}))
	w.must(put(w.ctx, w.root(), "adopt-old", "2019/summer.txt", "S"))
	foreign, err := tags.NewTags(map[string]string{"cost-centre": "42"}, false)
	w.must(err)
	w.must(w.root().SetBucketTagging(w.ctx, "adopt-old", foreign))

	w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: old}, spec: {storeRef: {name: adopt}, bucket: {name: adopt-old, management: Create}}}")
	w.stalled(&v1alpha1.Library{}, "old", v1alpha1.ReasonBucketNotEmpty)

	w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: old}, spec: {storeRef: {name: adopt}, bucket: {name: adopt-old, management: Adopt}}}")
	w.ready(&v1alpha1.Library{}, "old")
	content, err := fetch(w.ctx, w.root(), "adopt-old", "2019/summer.txt")
	w.must(err)
	if content != "S" {
		t.Errorf("the content is %q", content)
	}
	now, err := w.root().GetBucketTagging(w.ctx, "adopt-old")
	w.must(err)
	if now.ToMap()["cost-centre"] != "42" {
		t.Errorf("the bucket's own tags are lost: %v", now.ToMap())
	}

	w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: absent}, spec: {storeRef: {name: adopt}, bucket: {name: adopt-none, management: Adopt}}}")
	w.stalled(&v1alpha1.Library{}, "absent", v1alpha1.ReasonBucketNotFound)
}

// VersityGW goes by a bucket's ACL where the bucket has no policy, so it would open when the last grant ends.
//
// features: U11
func TestAnACLThatOpensABucketIsRefusedAndTold(t *testing.T) {
	w := newWorld(t, "acl")
	w.must(w.root().MakeBucket(w.ctx, "acl-old", minio.MakeBucketOptions{}))
	put := func(query string, header http.Header, body string) {
		t.Helper()
		target, err := w.root().PresignHeader(w.ctx, http.MethodPut, "acl-old", "", time.Minute, url.Values{query: {""}}, header)
		w.must(err)
		req, err := http.NewRequestWithContext(w.ctx, http.MethodPut, target.String(), strings.NewReader(body))
		w.must(err)
		req.Header = header.Clone()
		resp, err := http.DefaultClient.Do(req)
		w.must(err)
		w.must(resp.Body.Close())
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", query, resp.Status)
		}
	}
	acl := func(canned string) { put("acl", http.Header{"X-Amz-Acl": {canned}}, "") }
	put("ownershipControls", http.Header{}, "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule></OwnershipControls>")
	acl("public-read")
	w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: old}, spec: {storeRef: {name: acl}, bucket: {name: acl-old, management: Adopt}}}")
	library := &v1alpha1.Library{}
	if message := w.stalled(library, "old", v1alpha1.ReasonBucketPublic); !strings.Contains(message, "READ to all-users") {
		t.Errorf("the message is %q", message)
	}
	acl("private")
	w.must(w.kubectl(nil, "annotate", "lib", "old", "-n", w.namespace, "example.org/looked=1"))
	w.ready(library, "old")
	isTold := func(opened bool) error {
		w.get(library, "old")
		found := meta.FindStatusCondition(library.Status.Conditions, v1alpha1.ConditionForeignAccess)
		if told := found != nil && strings.Contains(found.Message, "bucket acl-old has an ACL"); told != opened {
			return fmt.Errorf("the condition is %+v", found)
		}
		return nil
	}
	acl("public-read")
	w.eventually("it is told", 3*settings.DriftInterval, func() error { return isTold(true) })

	// A key that may not ask keeps nothing waiting, and takes back nothing of what was told.
	w.stopManager()
	var asked atomic.Int64
	w.startManager(func(c store.Call) error {
		if c.Operation == "GetBucketAcl" {
			asked.Add(1)
			return fmt.Errorf("a key without the right: %w", store.ErrDenied)
		}
		return nil
	})
	for _, frozen := range []bool{false, true} {
		if frozen {
			w.must(w.kubectl(nil, "annotate", "lib", "old", "-n", w.namespace, v1alpha1.AnnotationFreeze+"=incident 7"))
		}
		w.eventually("what is not known is said", 3*settings.DriftInterval, func() error {
			w.get(library, "old")
			ready := meta.FindStatusCondition(library.Status.Conditions, v1alpha1.ConditionReady)
			if ready == nil || ready.Status != metav1.ConditionTrue || (ready.Reason == v1alpha1.ReasonFrozen) != frozen {
				return fmt.Errorf("it is %+v", ready)
			}
			if !strings.Contains(ready.Message, "allow s3:GetBucketAcl") {
				return fmt.Errorf("it says %q", ready.Message)
			}
			return isTold(true)
		})
	}
	if asked.Load() < 4 {
		t.Errorf("only %d questions were refused: nothing is tested", asked.Load())
	}
	w.must(w.kubectl(nil, "annotate", "lib", "old", "-n", w.namespace, v1alpha1.AnnotationFreeze+"-"))
	w.stopManager()
	w.startManager(nil)
	w.must(isTold(true))
	acl("private")
	w.eventually("it is told no longer", 3*settings.DriftInterval, func() error { return isTold(false) })
}

// features: U11
func TestAnObjectLockThatIsNotToldKeepsNoLibraryWaiting(t *testing.T) {
	w := newWorldAt(t, "untold", minIO, v1alpha1.UntrustedConditionsAccept)
	w.stopManager()
	w.startManager(func(c store.Call) error {
		if c.Operation == "GetBucketObjectLock" {
			return fmt.Errorf("a key without the right: %w", store.ErrDenied)
		}
		return nil
	})
	w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: brand}, spec: {storeRef: {name: untold}, bucket: {name: untold-brand, management: Create}}}")
	library := &v1alpha1.Library{}
	w.ready(library, "brand")
	ready := meta.FindStatusCondition(library.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || !strings.Contains(ready.Message, "allow s3:GetBucketObjectLockConfiguration") {
		t.Errorf("it is %+v", ready)
	}
}

func TestLibrariesThatMayNot(t *testing.T) {
	w := newWorld(t, "maynot")
	w.apply(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: elsewhere}
spec: {storeRef: {name: maynot}, bucket: {name: northlight-brand}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: nostore}
spec: {storeRef: {name: none-such}, bucket: {name: maynot-x}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: first}
spec: {storeRef: {name: maynot}, bucket: {name: maynot-shared}}
`)
	w.stalled(&v1alpha1.Library{}, "elsewhere", v1alpha1.ReasonNotAdmitted)
	w.stalled(&v1alpha1.Library{}, "nostore", v1alpha1.ReasonStoreNotFound)
	w.ready(&v1alpha1.Library{}, "first")
	w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: second}, spec: {storeRef: {name: maynot}, bucket: {name: maynot-shared}, deletionPolicy: Delete}}")
	message := w.stalled(&v1alpha1.Library{}, "second", v1alpha1.ReasonConflict)
	if !strings.Contains(message, `"first"`) {
		t.Errorf("the message does not say who has the bucket: %s", message)
	}
	exists, err := w.root().BucketExists(w.ctx, "northlight-brand")
	w.must(err)
	if exists {
		t.Error("a bucket was made outside the tenant's patterns")
	}

	first := &v1alpha1.Library{}
	w.get(first, "first")
	w.delete(first)
	// What the first one kept still bears its mark: another may not have it.
	w.stalled(&v1alpha1.Library{}, "second", v1alpha1.ReasonBucketForeign)

	// Nothing is deleted at the store for one that never had it, whatever it says.
	w.must(put(w.ctx, w.root(), "maynot-shared", "a.txt", "A"))
	w.must(w.root().MakeBucket(w.ctx, "northlight-brand", minio.MakeBucketOptions{}))
	w.must(put(w.ctx, w.root(), "northlight-brand", "n.txt", "N"))
	w.must(w.kubectl(nil, "patch", "lib/elsewhere", "-n", w.namespace, "--type=merge", "-p", `{"spec":{"deletionPolicy":"Delete"}}`))
	for _, name := range []string{"second", "elsewhere"} {
		w.must(w.kubectl(nil, "delete", "lib", name, "-n", w.namespace, "--timeout=20s"))
	}
	for bucket, key := range map[string]string{"maynot-shared": "a.txt", "northlight-brand": "n.txt"} {
		if _, err := fetch(w.ctx, w.root(), bucket, key); err != nil {
			t.Errorf("%s: %v", bucket, err)
		}
	}
}

// A Library that never had its bucket goes while the one that has it lives and gives access there, whatever the annotation
// says that it came with.
func TestLibraryWithoutItsBucketGoesBesideTheOneThatHasIt(t *testing.T) {
	onEachStore(t, "beside", func(w *world) {
		w.apply(w.named(people))
		w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
		bob := w.as("bob")
		w.eventually("bob uploads", w.soon(), func() error { return put(w.ctx, bob, w.name+"-brand", "launch/a.txt", "A") })
		first := &v1alpha1.Library{}
		w.get(first, "brand")
		w.apply(w.named(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: second, annotations: {dam.vitrine.dev/at: "` +
			first.Annotations[v1alpha1.AnnotationAt] + `"}}, spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}, deletionPolicy: Delete}}`))
		w.stalled(&v1alpha1.Library{}, "second", v1alpha1.ReasonConflict)
		w.must(w.kubectl(nil, "delete", "lib", "second", "-n", w.namespace, "--timeout=20s"))
		w.must(put(w.ctx, bob, w.name+"-brand", "launch/b.txt", "B"))
	})
}

func TestDeletionPolicyDelete(t *testing.T) {
	onEachStore(t, "wipe", func(w *world) {
		bucket := w.name + "-brand"
		w.apply(strings.ReplaceAll(w.named(launch), "bucket: {name: "+bucket+"}", "bucket: {name: "+bucket+"}, deletionPolicy: Delete"))
		library := &v1alpha1.Library{}
		w.ready(library, "brand")
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.must(put(w.ctx, w.root(), bucket, "a.txt", "1"))
		w.must(put(w.ctx, w.root(), bucket, "a.txt", "2"))
		w.delete(library)
		w.gone(library, w.namespace, "brand")
		w.noRightsHang()
		for _, name := range []string{bucket, bucket + "-dam"} { // both go with all versions
			if exists, err := w.root().BucketExists(w.ctx, name); err != nil || exists {
				w.Errorf("%s exists: %v", name, orNothing(err))
			}
		}
	})
}

// features: U3
func TestPolicyChangedByHandIsPutRight(t *testing.T) {
	w := newWorld(t, "drift")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	admin := w.administrator()
	wanted, err := admin.BucketPolicy(w.ctx, "drift-brand")
	w.must(err)

	foreign := `{"Sid":"Auditors","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::drift-brand/public/*"}`
	w.must(admin.SetBucketPolicy(w.ctx, "drift-brand", []byte(`{"Version":"2012-10-17","Statement":[`+foreign+`]}`)))
	w.eventually("ours is back, and what is not ours stays", 4*settings.DriftInterval, func() error {
		now, err := admin.BucketPolicy(w.ctx, "drift-brand")
		if err != nil {
			return err
		}
		if !strings.Contains(string(now), "launch/") || !strings.Contains(string(now), "Auditors") {
			return fmt.Errorf("it is %s", now)
		}
		return nil
	})
	w.eventually("an event names what differed", 5*time.Second, func() error {
		return w.hasEvent("DriftRepaired", "drift-brand")
	})
	library := &v1alpha1.Library{}
	w.eventually("the foreign statement is reported", 2*settings.DriftInterval, func() error {
		w.get(library, "brand")
		for _, c := range library.Status.Conditions {
			if c.Type == v1alpha1.ConditionForeignAccess && c.Status == "True" && strings.Contains(c.Message, "Auditors") {
				return nil
			}
		}
		return fmt.Errorf("conditions are %+v", library.Status.Conditions)
	})
	w.must(admin.SetBucketPolicy(w.ctx, "drift-brand", wanted))
	w.eventually("the report goes with it", 2*settings.DriftInterval, func() error {
		w.get(library, "brand")
		for _, c := range library.Status.Conditions {
			if c.Type == v1alpha1.ConditionForeignAccess {
				return fmt.Errorf("it is still there: %s", c.Message)
			}
		}
		return nil
	})
}

// What was in force is remembered beyond the manager's own life.
//
// features: U3
func TestPolicyChangedByHandWhileTheManagerWasDown(t *testing.T) {
	onEachStore(t, "driftdown", func(w *world) {
		bucket := w.name + "-brand"
		w.apply(strings.ReplaceAll(w.named(launch), "bucket: {name: "+bucket+"}", "bucket: {name: "+bucket+"}, driftPolicy: Report"))
		library := &v1alpha1.Library{}
		w.ready(library, "brand")
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		wanted := w.inForce(bucket)
		w.eventually("status says what is in force", 5*time.Second, func() error {
			w.get(library, "brand")
			if len(library.Status.Policies) != 2 {
				return fmt.Errorf("it says %+v", library.Status.Policies)
			}
			return nil
		})
		w.stopManager()
		w.changeByHand(bucket)
		changed := w.inForce(bucket)
		if changed == wanted {
			w.Fatal("nothing was changed, so this proves nothing")
		}
		w.startManager(nil)
		w.stalled(library, "brand", v1alpha1.ReasonDrift)
		if now := w.inForce(bucket); now != changed {
			w.Errorf("driftPolicy is Report, and yet it was changed to %s", now)
		}
		if err := w.hasEvent("DriftRepaired", ""); err == nil {
			w.Error("an event says that it was repaired")
		}

		w.stopManager()
		w.must(w.kubectl(nil, "patch", "lib/brand", "-n", w.namespace, "--type=merge", "-p", `{"spec":{"driftPolicy":"Repair"}}`))
		w.startManager(nil)
		w.ready(library, "brand")
		if now := w.inForce(bucket); now != wanted {
			w.Errorf("it was %s and is %s", wanted, now)
		}
		w.eventually("an event names what differed", 5*time.Second, func() error {
			return w.hasEvent("DriftRepaired", bucket)
		})
	})
}

// inForce is what gives the tenant's people their rights at the store: the policy of a bucket, or what hangs on them.
func (w *world) inForce(bucket string) string {
	w.Helper()
	if w.at.driver == v1alpha1.DriverMinIO {
		held, err := w.administrator().Holders(store.ByManagedPolicy).Held(w.ctx, store.IdentityPath(w.name, w.namespace))
		w.must(err)
		return said(held)
	}
	document, err := w.administrator().BucketPolicy(w.ctx, bucket)
	w.must(err)
	return string(document)
}

// changeByHand takes away what gives alice her rights.
func (w *world) changeByHand(bucket string) {
	w.Helper()
	if w.at.driver == v1alpha1.DriverMinIO {
		alice, _ := w.holders("alice", "")
		w.must(w.administrator().Holders(store.ByManagedPolicy).SetDocument(w.ctx, alice, 0, nil))
		return
	}
	w.must(w.administrator().SetBucketPolicy(w.ctx, bucket, nil))
}

// Adopting adds to what there is, and changes nothing: neither objects, nor policies, nor users of others.
//
// features: U11
func TestAdoptingLeavesEverythingOfOthersAsItIs(t *testing.T) {
	onEachStore(t, "adds", func(w *world) {
		bucket := w.name + "-brand"
		w.must(w.root().MakeBucket(w.ctx, bucket, minio.MakeBucketOptions{}))
		w.must(put(w.ctx, w.root(), bucket, "launch/summer.txt", "S"))
		w.must(put(w.ctx, w.root(), bucket, "Old Stuff/Ünïcode.txt", "U"))
		admin := w.administrator()
		w.must(admin.SetBucketPolicy(w.ctx, bucket, []byte(`{"Version":"2012-10-17","Statement":[{"Sid":"Auditors","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::`+bucket+`/public/*"}]}`)))
		visitor := store.Identity{Name: w.name + "-visitor", Path: "/visitors/"}
		_, err := admin.Identities.Ensure(w.ctx, visitor)
		w.must(err)
		key, err := admin.Identities.IssueKey(w.ctx, visitor.Name)
		w.must(err)
		before := w.objects(bucket)

		w.apply(strings.ReplaceAll(w.named(launch), "bucket: {name: "+bucket+"}", "bucket: {name: "+bucket+", management: Adopt}, driftPolicy: Report"))
		library := &v1alpha1.Library{}
		w.ready(library, "brand")
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		alice := w.as("alice")
		if _, err := fetch(w.ctx, alice, bucket, "launch/summer.txt"); err != nil {
			w.Errorf("alice: %v", err)
		}
		w.eventually("the statement of others is reported", 2*settings.DriftInterval, func() error {
			w.get(library, "brand")
			for _, c := range library.Status.Conditions {
				if c.Type == v1alpha1.ConditionForeignAccess && strings.Contains(c.Message, "Auditors") {
					return nil
				}
			}
			return fmt.Errorf("conditions are %+v", library.Status.Conditions)
		})
		w.must(w.kubectl(nil, "patch", "lib/brand", "-n", w.namespace, "--type=merge", "-p", `{"spec":{"driftPolicy":"Repair"}}`))
		// Vitrine's own bucket is made so that no deletion can be forced there; this one was not.
		told := w.condition(library, "brand", metav1.ConditionTrue, "")
		if forced := w.at.driver == v1alpha1.DriverMinIO; strings.Contains(told, `"`+bucket+`" was made without object lock`) != forced || strings.Contains(told, bucket+"-dam") {
			w.Errorf("the message is %q", told)
		}
		w.delete(library)
		w.gone(library, w.namespace, "brand")

		_, err = fetch(w.ctx, alice, bucket, "launch/summer.txt")
		w.must(shut(err))
		w.noRightsHang()
		if after := w.objects(bucket); after != before {
			w.Errorf("the objects were\n%s and are\n%s", before, after)
		}
		document, err := admin.BucketPolicy(w.ctx, bucket)
		w.must(err)
		if !strings.Contains(string(document), "Auditors") || strings.Contains(string(document), "launch/") {
			w.Errorf("want the statement of others and nothing of ours: %s", document)
		}
		keys, err := admin.Identities.Keys(w.ctx, visitor.Name)
		w.must(err)
		if len(keys) != 1 || keys[0].ID != key.ID {
			w.Errorf("the visitor's keys are %v", keys)
		}
	})
}

// objects lists a bucket with all that would tell that one was moved, renamed or written again.
func (w *world) objects(bucket string) string {
	w.Helper()
	var b strings.Builder
	for o := range w.root().ListObjects(w.ctx, bucket, minio.ListObjectsOptions{Recursive: true}) {
		w.must(o.Err)
		fmt.Fprintln(&b, o.Key, o.ETag, o.Size, o.LastModified)
	}
	return b.String()
}

// What Retain keeps stays its owner's: the Library of the same name and namespace, and nobody else.
//
// features: U11
func TestRetainedBucketIsFoundAgainByItsOwnerOnly(t *testing.T) {
	onEachStore(t, "kept", func(w *world) {
		other := w.neighbour("other")
		bucket := w.name + "-brand"
		w.apply(w.named(launch))
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.must(put(w.ctx, w.root(), bucket, "launch/a.txt", "A"))
		alice := w.as("alice")
		reads := func() error { _, err := fetch(w.ctx, alice, bucket, "launch/a.txt"); return err }
		w.eventually("alice reads", w.soon(), reads)
		library := &v1alpha1.Library{}
		w.get(library, "brand")
		w.delete(library)
		w.gone(library, w.namespace, "brand")
		w.must(shut(reads()))
		w.noRightsHang()
		if content, err := fetch(w.ctx, w.root(), bucket, "launch/a.txt"); err != nil || content != "A" {
			w.Errorf("the object is %q: %v", content, err)
		}

		adopts := w.named("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: WHO}, spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand, management: Adopt}}}")
		other.apply(strings.ReplaceAll(adopts, "WHO", "brand"))
		other.stalled(&v1alpha1.Library{}, "brand", v1alpha1.ReasonBucketForeign)
		other.delete(&v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Namespace: other.namespace, Name: "brand"}})
		other.gone(&v1alpha1.Library{}, other.namespace, "brand")
		w.apply(strings.ReplaceAll(adopts, "WHO", "second"))
		w.stalled(&v1alpha1.Library{}, "second", v1alpha1.ReasonBucketForeign)
		w.delete(&v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "second"}})
		w.gone(&v1alpha1.Library{}, w.namespace, "second")

		w.apply(w.named(launch))
		w.ready(&v1alpha1.Library{}, "brand")
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		// Both are as they were, so that their Ready, and alice's key, may be of before.
		w.eventually("alice reads, after the Library came back", w.soon(), func() error {
			_, err := fetch(w.ctx, w.as("alice"), bucket, "launch/a.txt")
			return err
		})
	})
}
