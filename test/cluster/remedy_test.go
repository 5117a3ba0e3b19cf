package cluster

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Whoever does what a condition says need do no more: everything that waited
// for it goes on by itself.
func TestWhoFollowsTheRemedyNeedDoNoMore(t *testing.T) {
	w := newWorld(t, "remedy")
	w.apply(w.named(people + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: old}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-old, management: Adopt}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: later}
spec: {storeRef: {name: NAME-later}, bucket: {name: NAME-later}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: archive}
spec: {libraryRef: {name: late}, path: archive}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Collection
metadata: {name: picks}
spec: {libraryRef: {name: late}, items: [{path: archive/a.jpg}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: norole}
spec: {roleRef: {kind: Role, name: picker}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: launch}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: nogroup}
spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: UserGroup, name: press}], targets: [{kind: Folder, name: launch}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: notarget}
spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: press}]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: gate}
spec: {target: {folder: {name: launch}}, passwordSecretRef: {name: gate-password, key: password}}
`))
	w.stalled(&v1alpha1.Library{}, "old", v1alpha1.ReasonBucketNotFound)
	w.stalled(&v1alpha1.Library{}, "later", v1alpha1.ReasonStoreNotFound)
	w.stalled(&v1alpha1.Folder{}, "archive", v1alpha1.ReasonLibraryNotFound)
	w.stalled(&v1alpha1.Collection{}, "picks", v1alpha1.ReasonLibraryNotFound)
	w.stalled(&v1alpha1.RoleBinding{}, "norole", v1alpha1.ReasonRoleNotFound)
	w.stalled(&v1alpha1.RoleBinding{}, "nogroup", v1alpha1.ReasonSubjectNotFound)
	w.stalled(&v1alpha1.RoleBinding{}, "notarget", v1alpha1.ReasonTargetNotFound)
	w.stalled(&v1alpha1.PublicLink{}, "gate", v1alpha1.ReasonSecretNotFound)
	w.ready(&v1alpha1.Folder{}, "launch")
	w.apply(w.named("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: upper}, spec: {libraryRef: {name: brand}, path: LAUNCH}}"))
	w.stalled(&v1alpha1.Folder{}, "upper", v1alpha1.ReasonConflict)

	w.must(w.root().MakeBucket(w.ctx, "remedy-old", minio.MakeBucketOptions{}))
	declared := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: "remedy"}, declared))
	second := &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: "remedy-later"}, Spec: declared.Spec}
	second.Spec.InstallationID = "remedy-later"
	w.must(w.bed.admin.Create(w.ctx, second))
	w.apply(w.named(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: late}
spec: {storeRef: {name: NAME}, bucket: {name: NAME-late}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Role
metadata: {name: picker}
spec: {permissions: [list, preview]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: UserGroup
metadata: {name: press}
spec: {members: [bob]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Folder
metadata: {name: press}
spec: {libraryRef: {name: brand}, path: press}
---
apiVersion: v1
kind: Secret
metadata: {name: gate-password, labels: {dam.vitrine.dev/use: link-password}}
stringData: {password: harbour-violet-quartz}
`))
	w.ready(&v1alpha1.Library{}, "old")
	w.ready(&v1alpha1.Library{}, "later")
	w.ready(&v1alpha1.Folder{}, "archive")
	w.ready(&v1alpha1.Collection{}, "picks")
	w.ready(&v1alpha1.RoleBinding{}, "norole")
	w.ready(&v1alpha1.RoleBinding{}, "nogroup")
	w.ready(&v1alpha1.RoleBinding{}, "notarget")
	w.ready(&v1alpha1.PublicLink{}, "gate")
	w.must(w.kubectl(nil, "delete", "damfolder", "launch", "-n", w.namespace))
	w.ready(&v1alpha1.Folder{}, "upper")
}

// A store that lacks what the declared access would rest on grants nobody anything.
func TestStoreThatLacksVersionsIsNotUsed(t *testing.T) {
	w := newWorld(t, "unfit")
	plain, err := testbed.StartObjectStore(w.ctx, filepath.Join(t.TempDir(), "plain"), testbed.ObjectStoreOptions{NoVersions: true})
	w.must(err)
	t.Cleanup(func() {
		if err := plain.Stop(); err != nil {
			t.Error(err)
		}
	})
	w.must(w.bed.admin.Create(w.ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: settings.SystemNamespace, Name: "unfit-plain", Labels: map[string]string{v1alpha1.LabelUse: v1alpha1.UseStoreCredentials}},
		StringData: map[string]string{"AWS_ACCESS_KEY_ID": plain.AccessKey, "AWS_SECRET_ACCESS_KEY": plain.SecretKey},
	}))
	declared := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: "unfit"}, declared))
	second := &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: "unfit-plain"}, Spec: declared.Spec}
	second.Spec.Endpoint, second.Spec.IAM.Endpoint, second.Spec.CredentialsSecretRef.Name = plain.S3Endpoint, plain.IAMEndpoint, "unfit-plain"
	w.must(w.bed.admin.Create(w.ctx, second))
	w.apply(w.named(strings.ReplaceAll(launch, "storeRef: {name: NAME}", "storeRef: {name: unfit-plain}")))

	if message := w.stalled(&v1alpha1.ObjectStore{}, "unfit-plain", v1alpha1.ReasonStoreNotReady); !strings.Contains(message, "versions") {
		t.Errorf("the message does not say what is missing: %s", message)
	}
	w.condition(&v1alpha1.Library{}, "brand", metav1.ConditionFalse, v1alpha1.ReasonStoreNotReady)
	w.condition(&v1alpha1.RoleBinding{}, "alice-views", metav1.ConditionFalse, "")
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: "unfit-plain"}, second))
	if second.Status.Capabilities == nil || second.Status.Capabilities.Versioning != v1alpha1.CapabilityUnsupported {
		t.Errorf("capabilities are %+v", second.Status.Capabilities)
	}
	buckets, err := s3At(plain.S3Endpoint, plain.AccessKey, plain.SecretKey).ListBuckets(w.ctx)
	w.must(err)
	if len(buckets) > 0 {
		t.Errorf("buckets were made: %v", buckets)
	}
}

func TestTooLargeAPolicyGivesNothingNewAndStillTakesAway(t *testing.T) {
	w := newWorld(t, "large")
	w.apply(w.named(people))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
	w.must(put(w.ctx, w.root(), "large-brand", "launch/a.txt", "A"))
	alice, bob := w.as("alice"), w.as("bob")
	reads := func() error { _, err := fetch(w.ctx, alice, "large-brand", "launch/a.txt"); return err }
	uploads := func() error { return put(w.ctx, bob, "large-brand", "launch/b.txt", "B") }
	w.eventually("both have their access", 2*time.Second, func() error { return errors.Join(reads(), uploads()) })

	var folders, targets, bindings strings.Builder
	var last string
	for i := range 100 {
		// Long, and different from the first letter on, so that nothing folds.
		path := fmt.Sprintf("%c%02d-%s", 'a'+i%26, i, strings.Repeat("long-name-of-a-campaign/", 20)+"end")
		last = path
		fmt.Fprintf(&folders, "---\n{apiVersion: dam.vitrine.dev/v1alpha1, kind: Folder, metadata: {name: f%d}, spec: {libraryRef: {name: brand}, path: %q}}\n", i, path)
		fmt.Fprintf(&targets, "{kind: Folder, name: f%d},", i)
		if i%8 == 7 || i == 99 { // as many as a RoleBinding may name
			fmt.Fprintf(&bindings, "---\n{apiVersion: dam.vitrine.dev/v1alpha1, kind: RoleBinding, metadata: {name: too-much-%d, labels: {case: too-much}}, "+
				"spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: User, name: alice}], targets: [%s]}}\n", i, targets.String())
			targets.Reset()
		}
	}
	w.apply(folders.String())
	w.ready(&v1alpha1.Folder{}, "f99")
	w.must(put(w.ctx, w.root(), "large-brand", last+"/x.txt", "X"))
	w.apply(bindings.String())

	message := w.stalled(&v1alpha1.Library{}, "brand", v1alpha1.ReasonPolicyTooLarge)
	for _, part := range []string{"large-brand", "bytes", "What was in force stays"} {
		if !strings.Contains(message, part) {
			t.Errorf("the message lacks %q: %s", part, message)
		}
	}
	w.condition(&v1alpha1.RoleBinding{}, "too-much-99", metav1.ConditionFalse, v1alpha1.ReasonPolicyTooLarge)
	w.must(reads())
	w.must(uploads())
	_, err := fetch(w.ctx, alice, "large-brand", last+"/x.txt")
	w.must(denied(err))

	w.delete(&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "editors-contribute"}})
	w.eventually("who loses access loses it within two seconds all the same", 2*time.Second, func() error { return denied(uploads()) })
	w.must(reads())
	w.delete(&v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "bob"}})
	w.eventually("a leaver leaves all the same", 5*time.Second, func() error {
		err := w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: "bob"}, &v1alpha1.User{})
		if !apierrors.IsNotFound(err) {
			return fmt.Errorf("bob is there: %w", orNothing(err))
		}
		return nil
	})

	w.must(w.kubectl(nil, "delete", "damrb", "-l", "case=too-much", "-n", w.namespace))
	w.ready(&v1alpha1.Library{}, "brand")
	w.must(reads())
}

// A store refuses a policy that names a user who is gone. When it is a
// statement of others that does, it must not hold up anybody's revocation.
func TestForeignStatementOfAUserWhoIsGoneHoldsNothingUp(t *testing.T) {
	w := newWorld(t, "dangling")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), "dangling-brand", "launch/a.txt", "A"))
	alice := w.as("alice")
	reads := func() error { _, err := fetch(w.ctx, alice, "dangling-brand", "launch/a.txt"); return err }
	w.eventually("alice reads", 2*time.Second, reads)

	admin := w.administrator()
	visitor := store.Identity{Name: "dangling-visitor", Path: "/visitors/"}
	_, err := admin.Identities.Ensure(w.ctx, visitor)
	w.must(err)
	ours, err := admin.BucketPolicy(w.ctx, "dangling-brand")
	w.must(err)
	document, err := policy.Parse(ours)
	w.must(err)
	const everybody = `{"Sid":"Everybody","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::dangling-brand/public/*"}`
	foreign, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[` + everybody + `,
		{"Sid":"Visitors","Effect":"Allow","Principal":{"AWS":"` + admin.Identities.Principal(visitor) + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::dangling-brand/public/*"}]}`))
	w.must(err)
	w.must(admin.SetBucketPolicy(w.ctx, "dangling-brand", policy.Merge(foreign, document).JSON()))
	w.must(admin.Identities.Delete(w.ctx, visitor))

	w.delete(&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "alice-views"}})
	w.eventually("alice loses her access", 2*time.Second, func() error { return denied(reads()) })
	now, err := admin.BucketPolicy(w.ctx, "dangling-brand")
	w.must(err)
	if !strings.Contains(string(now), "Everybody") || strings.Contains(string(now), "Visitors") {
		t.Errorf("want the foreign statement kept that the store takes, and only that: %s", now)
	}
	w.eventually("an event says what was taken out", 5*time.Second, func() error {
		return w.hasEvent("ForeignStatementDropped", "Visitors")
	})
}

// The order in which a platform team clears up wedges nothing.
func TestNamespaceEndsAfterTheStoresCredentials(t *testing.T) {
	onEachStore(t, "keyless", func(w *world) {
		w.apply(w.named(allOf))
		w.settled()
		alice := w.as("alice")
		w.must(w.kubectl(nil, "delete", "secret", w.name, "-n", settings.SystemNamespace))
		w.stalled(&v1alpha1.ObjectStore{}, w.name, v1alpha1.ReasonCredentialsNotFound)
		w.must(w.kubectl(nil, "delete", "namespace", w.namespace, "--timeout=60s"))
		if _, err := list(w.ctx, alice, w.name+"-brand", "launch/"); err == nil {
			w.Error("alice's key still works")
		}
		left, err := w.administrator().Identities.List(w.ctx, store.IdentityPath(w.name, w.namespace))
		w.must(err)
		if len(left) > 0 {
			w.Errorf("identities are left: %v", left)
		}
		w.nothingHangs()
	})
}

// A store that does not answer is told of, and holds up nobody at another.
func TestStoreThatDoesNotAnswer(t *testing.T) {
	w := newWorld(t, "silent")
	declared := &v1alpha1.ObjectStore{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: "silent"}, declared))
	dead := &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: "silent-dead"}, Spec: declared.Spec}
	dead.Spec.Endpoint, dead.Spec.IAM.Endpoint = "http://127.0.0.1:1", "http://127.0.0.1:1"
	w.must(w.bed.admin.Create(w.ctx, dead))
	w.apply(w.named(launch + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: Library
metadata: {name: unreachable}
spec: {storeRef: {name: NAME-dead}, bucket: {name: NAME-unreachable}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: alice-unreachable}
spec: {roleRef: {kind: BuiltIn, name: library-admin}, subjects: [{kind: User, name: alice}], targets: [{kind: Library, name: unreachable}]}
`))
	w.condition(&v1alpha1.ObjectStore{}, "silent-dead", metav1.ConditionFalse, v1alpha1.ReasonStoreUnreachable)
	w.condition(&v1alpha1.Library{}, "unreachable", metav1.ConditionFalse, "")
	w.condition(&v1alpha1.RoleBinding{}, "alice-unreachable", metav1.ConditionFalse, "")
	w.ready(&v1alpha1.Library{}, "brand")
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")

	w.must(put(w.ctx, w.root(), "silent-brand", "launch/a.txt", "A"))
	secret := &corev1.Secret{}
	w.get(secret, "alice.silent.key")
	alice := w.s3(string(secret.Data["AWS_ACCESS_KEY_ID"]), string(secret.Data["AWS_SECRET_ACCESS_KEY"]))
	reads := func() error { _, err := fetch(w.ctx, alice, "silent-brand", "launch/a.txt"); return err }
	w.must(reads())
	w.delete(&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "alice-views"}})
	w.eventually("revoking at the store that answers", 2*time.Second, func() error { return denied(reads()) })
}

func TestObjectStoreInUseStaysUntilItIsNot(t *testing.T) {
	onEachStore(t, "inuse", func(w *world) {
		w.apply(w.named(launch))
		w.ready(&v1alpha1.RoleBinding{}, "alice-views")
		w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/a.txt", "A"))
		alice := w.as("alice")
		w.must(w.kubectl(nil, "delete", "ostore", w.name, "--wait=false"))
		w.stalled(&v1alpha1.ObjectStore{}, w.name, v1alpha1.ReasonInUse)
		if _, err := fetch(w.ctx, alice, w.name+"-brand", "launch/a.txt"); err != nil {
			w.Errorf("alice lost her access: %v", err)
		}
		w.must(w.kubectl(nil, "delete", "lib", "brand", "-n", w.namespace, "--timeout=30s"))
		w.must(w.kubectl(nil, "wait", "ostore", w.name, "--for=delete", "--timeout=60s"))
		left, err := w.administrator().Identities.List(w.ctx, store.IdentityPath(w.name, ""))
		w.must(err)
		if len(left) > 0 {
			w.Errorf("identities are left: %v", left)
		}
		w.nothingHangs()
	})
}

// A Library that its store does not admit is nobody's rival, however old it is.
func TestLibraryThatIsNotAdmittedIsNobodysRival(t *testing.T) {
	w := newWorld(t, "rival")
	w.must(w.bed.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "other-squatter"}}))
	squatter := &world{T: w.T, Gomega: w.Gomega, bed: w.bed, ctx: w.ctx, name: "rival", namespace: "other-squatter", at: w.at} // before "rival", where both are of one second
	squatter.apply(squatter.named("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: brand}, spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}}}"))
	squatter.stalled(&v1alpha1.Library{}, "brand", v1alpha1.ReasonNotAdmitted)

	w.apply(w.named(launch))
	w.ready(&v1alpha1.Library{}, "brand")
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), "rival-brand", "launch/a.txt", "A"))
	if _, err := fetch(w.ctx, w.as("alice"), "rival-brand", "launch/a.txt"); err != nil {
		t.Errorf("alice: %v", err)
	}
	w.must(w.kubectl(nil, "delete", "lib", "brand", "-n", w.namespace, "--timeout=30s"))
	w.must(w.kubectl(nil, "delete", "ostore", "rival", "--timeout=30s")) // which the squatter does not hold either
}

// After a restart the members of Collections with patterns are not known until
// the Library was listed. Nobody loses anything for that, and nobody's
// revocation waits for it.
func TestRestartWhileLibrariesCannotBeListed(t *testing.T) {
	w := newWorld(t, "nolist")
	w.apply(strings.ReplaceAll(w.named(allOf), ", passwordSecretRef: {name: northlight-password, key: password}", ""))
	w.settled()
	w.must(put(w.ctx, w.root(), "nolist-brand", "launch/hero-1.jpg", picture(t)))
	w.rendered(1)
	bob, gateway := w.as("bob"), w.gateway()
	uploads := func() error { return put(w.ctx, bob, "nolist-brand", "launch/b.txt", "B") }
	opens := func() error { _, err := fetch(w.ctx, gateway, "nolist-brand", "launch/hero-1.jpg"); return err }
	w.eventually("bob uploads and the link opens", 10*time.Second, func() error { return errors.Join(uploads(), opens()) })

	w.stopManager()
	var broken atomic.Bool
	var looks, policies atomic.Int64
	broken.Store(true)
	w.startManager(func(c store.Call) error {
		if c.Operation == "GetBucketPolicy" {
			policies.Add(1)
		}
		if broken.Load() && strings.Contains(c.Operation, "ListObject") {
			looks.Add(1)
			return errors.New("the listing fails")
		}
		return nil
	})
	stop := w.always("the link to a Collection with a pattern opens all the time", opens)
	w.delete(&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "editors-contribute"}})
	w.eventually("who loses access loses it", 5*time.Second, func() error { return denied(uploads()) })
	const vain = 4 // a pass at least once in a drift interval reads the policies of both buckets
	w.eventually("several looks and passes are made in vain", 2*vain*settings.DriftInterval, func() error {
		if l, p := looks.Load(), policies.Load(); l < vain || p < 2*vain {
			return fmt.Errorf("%d looks, %d policies read", l, p)
		}
		return nil
	})
	broken.Store(false)
	w.ready(&v1alpha1.Library{}, "brand")
	w.ready(&v1alpha1.RoleBinding{}, "alice-picks")
	stop()
}
