package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
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

// embargo is a restricted folder within it.
const embargo = `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: embargo}
spec: {libraryRef: {name: brand}, path: launch/embargo, access: Restricted}
`

// features: K2, K3, K4, K6, K29, A1.1, A1.3
func TestViewerViewsBelowTheFolderAndNothingElse(t *testing.T) {
	onEachStore(t, "viewer", func(w *world) {
		w.apply(w.named(launch))
		w.ready(&v1alpha1.Library{}, "brand")
		for _, key := range []string{"launch/final/a.txt", "launch-2/b.txt", "press/c.txt"} {
			w.must(put(w.ctx, w.root(), w.name+"-brand", key, key))
		}
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		alice := w.as("alice")

		w.eventually("alice reads and lists below the folder", w.soon(), func() error {
			keys, err := list(w.ctx, alice, w.name+"-brand", "launch/")
			if err == nil && fmt.Sprint(keys) != "[launch/final/a.txt]" {
				err = fmt.Errorf("she sees %v", keys)
			}
			_, got := fetch(w.ctx, alice, w.name+"-brand", "launch/final/a.txt")
			return errors.Join(err, got)
		})
		for _, key := range []string{"launch-2/b.txt", "press/c.txt"} {
			_, err := fetch(w.ctx, alice, w.name+"-brand", key)
			w.must(denied(err))
		}
		for _, prefix := range []string{"", "launch", "launch-2/", "press/"} {
			_, err := list(w.ctx, alice, w.name+"-brand", prefix)
			w.must(denied(err))
		}
		w.must(denied(put(w.ctx, alice, w.name+"-brand", "launch/x.txt", "X")))
		w.must(denied(alice.RemoveObject(w.ctx, w.name+"-brand", "launch/final/a.txt", minio.RemoveObjectOptions{})))
		for _, root := range []string{"facts/", "links/", "catalog/", "restricted/", ""} {
			_, err := list(w.ctx, alice, w.name+"-brand-dam", root)
			w.must(denied(err))
		}

		// Without a key nothing is got at all.
		const rendition = "renditions/launch/final/a.txt/preview-0123456789abc.webp"
		w.must(put(w.ctx, w.root(), w.name+"-brand-dam", rendition, "a picture"))
		for _, address := range []string{"-brand/launch/final/a.txt", "-brand/press/c.txt", "-brand-dam/" + rendition, "-brand/", "-brand-dam/", "-brand/?list-type=2&prefix=launch/"} {
			answer, err := http.Get(w.at.endpoint + "/" + w.name + address)
			w.must(err)
			w.must(answer.Body.Close())
			if answer.StatusCode != http.StatusForbidden {
				w.Errorf("%s without a key: %s", address, answer.Status)
			}
		}
	})
}

// features: K3, K25, A1.12, A1.27
func TestContributorUploadsAndManagerDeletes(t *testing.T) {
	onEachStore(t, "levels", func(w *world) {
		w.apply(w.named(people + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: mona}
spec: {credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: mona-manages}
spec:
  roleRef: {kind: BuiltIn, name: manager}
  subjects: [{kind: User, name: mona}]
  targets: [{kind: Folder, name: launch}]
`))
		w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
		w.ready(&v1alpha1.RoleBinding{}, "mona-manages")
		bob, mona := w.as("bob"), w.as("mona")
		w.eventually("bob uploads twice", w.soon(), func() error {
			return errors.Join(put(w.ctx, bob, w.name+"-brand", "launch/a.txt", "1"), put(w.ctx, bob, w.name+"-brand", "launch/a.txt", "2"))
		})
		versions := 0
		for o := range w.root().ListObjects(w.ctx, w.name+"-brand", minio.ListObjectsOptions{Prefix: "launch/a.txt", WithVersions: true}) {
			w.must(o.Err)
			versions++
		}
		if versions < 2 {
			w.Errorf("%d versions are kept, want both", versions)
		}
		w.must(denied(bob.RemoveObject(w.ctx, w.name+"-brand", "launch/a.txt", minio.RemoveObjectOptions{})))
		w.must(denied(put(w.ctx, bob, w.name+"-brand", "press/a.txt", "1")))
		w.must(denied(put(w.ctx, bob, w.name+"-brand-dam", "state/launch/a.txt.json", "{}")))
		w.must(denied(put(w.ctx, bob, w.name+"-brand-dam", "changes/mona/1.json", "{}")))
		w.must(put(w.ctx, bob, w.name+"-brand-dam", "changes/bob/1.json", "{}"))
		w.must(put(w.ctx, w.root(), w.name+"-brand-dam", "results/bob/1.json", "{}"))
		_, err := fetch(w.ctx, bob, w.name+"-brand-dam", "results/bob/1.json")
		w.must(err)
		_, err = fetch(w.ctx, mona, w.name+"-brand-dam", "results/bob/1.json")
		w.must(denied(err))
		w.must(denied(put(w.ctx, bob, w.name+"-brand-dam", "results/mona/1.json", "{}")))
		w.must(mona.RemoveObject(w.ctx, w.name+"-brand", "launch/a.txt", minio.RemoveObjectOptions{}))
		w.must(put(w.ctx, bob, w.name+"-brand", "launch/a.txt", "3"))
		content, err := fetch(w.ctx, mona, w.name+"-brand", "launch/a.txt")
		w.must(err)
		if content != "3" {
			w.Errorf("after deleting and uploading again it holds %q", content)
		}
	})
}

// features: U5, U14
func TestGrantsComeAndGoInTime(t *testing.T) {
	onEachStore(t, "intime", func(w *world) {
		w.stopManager()
		w.settings.DriftInterval = 10 * time.Minute // so nothing here comes by looking for drift
		w.startManager(nil)
		w.apply(w.named(launch))
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.must(put(w.ctx, w.root(), w.name+"-brand", "press/a.txt", "A"))
		alice := w.as("alice")
		reads := func() error { _, err := fetch(w.ctx, alice, w.name+"-brand", "press/a.txt"); return err }
		w.must(denied(reads()))

		grant := func(fields string) {
			w.apply(w.named(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: press}
spec: {libraryRef: {name: brand}, path: press}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-press}
spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: press}]` + fields + `}
`))
		}
		binding := &v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "alice-press"}}
		grant("")
		w.eventually("a grant works within two seconds", w.soon(), reads)
		w.delete(binding)
		w.eventually("taken away it is gone within two seconds", w.soon(), func() error { return denied(reads()) })

		begins := time.Now().Add(8 * time.Second).Truncate(time.Second)
		ends := begins.Add(6 * time.Second)
		grant(fmt.Sprintf(", notBefore: %q, notAfter: %q", begins.UTC().Format(time.RFC3339), ends.UTC().Format(time.RFC3339)))
		if err := reads(); time.Now().Before(begins) {
			w.must(denied(err))
		}
		w.eventually("it begins by itself", time.Until(begins)+w.soon(), reads)
		w.eventually("and ends by itself", time.Until(ends)+w.soon(), func() error { return denied(reads()) })
		// The store may end it by the date in the policy, an instant before the status tells.
		w.eventually("the status tells", w.soon(), func() error {
			w.get(binding, "alice-press")
			if binding.Status.Phase != v1alpha1.PhaseEnded {
				return fmt.Errorf("phase is %s", binding.Status.Phase)
			}
			return nil
		})

		// These stores keep the end themselves: it comes although nobody of ours is there.
		w.delete(binding)
		ends = time.Now().Add(10 * time.Second).Truncate(time.Second)
		grant(fmt.Sprintf(", notAfter: %q", ends.UTC().Format(time.RFC3339)))
		w.eventually("it is in force", w.soon(), reads)
		w.stopManager()
		if err := reads(); time.Now().Before(ends) {
			w.must(err)
		}
		w.eventually("it ends without a manager", time.Until(ends)+w.soon(), func() error { return denied(reads()) })
	})
}

func TestFreezeTakesAwayAtOnceAndGivesNothing(t *testing.T) {
	onEachStore(t, "freeze", func(w *world) {
		w.apply(w.named(people))
		w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
		bob := w.as("bob")
		uploads := func() error { return put(w.ctx, bob, w.name+"-brand", "launch/b.txt", "B") }
		w.eventually("bob uploads", w.soon(), uploads)
		for _, what := range []string{"damuser/bob", "ugroup/editors", "lib/brand", "namespace/" + w.name} {
			w.must(w.kubectl(nil, "annotate", what, "-n", w.namespace, "dam.vitrine.dev/freeze=incident 7"))
			w.eventually("freezing "+what+" takes it away", w.soon(), func() error { return denied(uploads()) })
			w.must(w.kubectl(nil, "annotate", what, "-n", w.namespace, "dam.vitrine.dev/freeze-"))
			w.eventually("thawing "+what+" gives it back", w.soon(), uploads)
		}
	})
}

// features: K2, P6
func TestRestrictedFolderIsOutsideEveryCascade(t *testing.T) {
	onEachStore(t, "restricted", func(w *world) {
		w.apply(w.named(people + embargo + `---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-embargo}
spec:
  roleRef: {kind: BuiltIn, name: contributor}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Folder, name: embargo}]
`))
		folder := &v1alpha1.Folder{}
		w.ready(folder, "embargo")
		w.ready(&v1alpha1.RoleBinding{}, "alice-embargo")
		w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
		alice, bob := w.as("alice"), w.as("bob")
		key := folder.Status.Prefix + "secret.txt"
		w.eventually("alice, who was granted it, uploads", w.soon(), func() error { return put(w.ctx, alice, folder.Status.Bucket, key, "S") })
		w.eventually("bob, who has the folder above, uploads there", w.soon(), func() error {
			return put(w.ctx, bob, w.name+"-brand", "launch/b.txt", "B")
		})
		_, err := fetch(w.ctx, bob, folder.Status.Bucket, key)
		w.must(denied(err))
		_, err = list(w.ctx, bob, folder.Status.Bucket, folder.Status.Prefix)
		w.must(denied(err))
		w.must(denied(put(w.ctx, bob, folder.Status.Bucket, key, "B")))
	})
}

// features: D10
func TestTenantsNeverSeeEachOther(t *testing.T) {
	w := newWorld(t, "mine")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), "mine-brand", "launch/a.txt", "A"))

	// A second tenant on the same store, with the same names in it, reaching for the first one's bucket.
	w.must(w.bed.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "theirs"}}))
	declared := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: "mine"}, declared))
	declared.Spec.Tenants = append(declared.Spec.Tenants, v1alpha1.Tenant{Namespaces: []string{"theirs"}, Buckets: []string{"theirs-*"}})
	w.must(w.bed.admin.Update(w.ctx, declared))
	their := &world{T: w.T, Gomega: w.Gomega, bed: w.bed, ctx: w.ctx, name: "mine", namespace: "theirs", at: w.at}
	their.apply(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: brand}
spec: {storeRef: {name: mine}, bucket: {name: theirs-brand}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: grab}
spec: {storeRef: {name: mine}, bucket: {name: mine-brand}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: alice}
spec: {credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: all}
spec:
  roleRef: {kind: BuiltIn, name: library-admin}
  subjects: [{kind: User, name: alice}]
  targets: [{kind: Library, name: brand}, {kind: Library, name: grab}]
`)
	their.ready(&v1alpha1.Library{}, "brand")
	their.stalled(&v1alpha1.Library{}, "grab", v1alpha1.ReasonNotAdmitted)
	stranger := their.as("alice")
	their.eventually("their alice rules her own library", 3*time.Second, func() error { return put(w.ctx, stranger, "theirs-brand", "x.txt", "X") })
	for _, bucket := range []string{"mine-brand", "mine-brand-dam"} {
		_, err := fetch(w.ctx, stranger, bucket, "launch/a.txt")
		w.must(denied(err))
		_, err = list(w.ctx, stranger, bucket, "launch/")
		w.must(denied(err))
		w.must(denied(put(w.ctx, stranger, bucket, "launch/x.txt", "X")))
	}
}

func TestNamespaceThatNoStoreNamesGetsNothing(t *testing.T) {
	w := newWorld(t, "named")
	w.must(w.bed.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "unnamed", Labels: map[string]string{"dam.vitrine.dev/tenant": "named"}}}))
	other := &world{T: w.T, Gomega: w.Gomega, bed: w.bed, ctx: w.ctx, name: "named", namespace: "unnamed", at: w.at}
	other.apply(other.named(launch))
	other.stalled(&v1alpha1.Library{}, "brand", v1alpha1.ReasonNotAdmitted)
	other.stalled(&v1alpha1.User{}, "alice", v1alpha1.ReasonNotAdmitted)
	left, err := w.administrator().Identities.List(w.ctx, store.IdentityPath("named", "unnamed"))
	w.must(err)
	if len(left) > 0 {
		t.Errorf("identities were made: %v", left)
	}
	exists, err := w.root().BucketExists(w.ctx, "named-brand")
	w.must(err)
	if exists {
		t.Error("a bucket was made")
	}
}
