package cluster

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// two people on the launch folder, through a group and directly.
const people = launch + `
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: bob}
spec: {credentials: Issue}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: UserGroup
metadata: {name: editors}
spec: {members: [bob]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: editors-contribute}
spec:
  roleRef: {kind: BuiltIn, name: contributor}
  subjects: [{kind: UserGroup, name: editors}]
  targets: [{kind: Folder, name: launch}]
`

// administrator opens the store as the platform team's key can.
func (w *world) administrator() *store.Store {
	w.Helper()
	s, err := store.Open(store.Config{
		Driver: store.Driver(w.at.driver), Endpoint: w.at.endpoint, Region: w.bed.store.Region, IAMEndpoint: w.at.iam,
		Credentials: store.Credentials{AccessKeyID: w.at.accessKey, SecretAccessKey: store.Secret(w.at.secretKey)},
	})
	w.must(err)
	w.Cleanup(s.Close)
	return s
}

// features: D16
func TestLeaverLosesEverythingAtOnce(t *testing.T) {
	onEachStore(t, "leaver", (*world).letsBobGo)
}

func (w *world) letsBobGo() {
	w.Helper()
	w.apply(w.named(people))
	w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
	bob := w.as("bob")
	w.eventually("bob uploads", w.soon(), func() error { return put(w.ctx, bob, w.name+"-brand", "launch/b.txt", "B") })

	user := &v1alpha1.User{}
	w.get(user, "bob")
	w.delete(user)
	admin := w.administrator()
	w.eventually("bob's key, policy entries and store user are gone", w.soon(), func() error {
		if err := put(w.ctx, bob, w.name+"-brand", "launch/b2.txt", "B"); err == nil {
			return fmt.Errorf("the key still works")
		}
		left, err := admin.Identities.List(w.ctx, store.IdentityPath(w.name, w.namespace))
		if err != nil {
			return err
		}
		if len(left) != 1 {
			return fmt.Errorf("identities are left: %v", left)
		}
		for _, bucket := range []string{w.name + "-brand", w.name + "-brand-dam"} {
			document, err := admin.BucketPolicy(w.ctx, bucket)
			if err != nil {
				return err
			}
			if name := user.Status.Identities[0].Name; containsWord(document, name) {
				return fmt.Errorf("the policy of %s still names %s", bucket, name)
			}
		}
		return w.isGone(user, "bob")
	})
	w.stalled(&v1alpha1.UserGroup{}, "editors", v1alpha1.ReasonMemberNotFound)
	w.eventually("the Secret goes too", 30*time.Second, func() error {
		return w.isGone(&corev1.Secret{}, "bob."+w.name+".key")
	})
}

func TestStoreUserDeletedByHandHoldsUpNobodysRevocation(t *testing.T) {
	w := newWorld(t, "byhand")
	w.apply(w.named(people))
	w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(put(w.ctx, w.root(), "byhand-brand", "launch/a.txt", "A"))
	alice := w.as("alice")
	bob := &v1alpha1.User{}
	w.ready(bob, "bob")
	old := bob.Status.Identities[0].AccessKeyID

	admin := w.administrator()
	err := admin.Identities.Delete(w.ctx, store.Identity{Name: bob.Status.Identities[0].Name, Path: store.IdentityPath("byhand", "byhand")})
	if err != nil && !strings.Contains(err.Error(), "still there") { // the manager may make it again before we look
		t.Fatal(err)
	}
	w.delete(&v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "alice-views"}})
	w.eventually("alice's access is gone", 2*time.Second, func() error {
		_, err := fetch(w.ctx, alice, "byhand-brand", "launch/a.txt")
		return denied(err)
	})
	w.eventually("bob's identity is made again, with another key", 3*settings.DriftInterval, func() error {
		w.get(bob, "bob")
		if bob.Status.Identities[0].AccessKeyID == old {
			return fmt.Errorf("status names the key of before")
		}
		return put(w.ctx, w.as("bob"), "byhand-brand", "launch/b.txt", "B")
	})
}

func TestKeysFollowTheirSecret(t *testing.T) {
	w := newWorld(t, "keys")
	w.apply(w.named(launch))
	before := w.as("alice")
	secret := &corev1.Secret{}
	w.get(secret, "alice.keys.key")
	w.delete(secret)
	w.eventually("another key is issued and the old one ends", 3*settings.DriftInterval, func() error {
		if _, err := fetch(w.ctx, before, "keys-brand", "launch/none"); minio.ToErrorResponse(err).Code != "InvalidAccessKeyId" {
			return fmt.Errorf("the old key still works: %w", orNothing(err))
		}
		return w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: "alice.keys.key"}, &corev1.Secret{})
	})

	w.apply("{apiVersion: dam.vitrine.dev/v1alpha1, kind: User, metadata: {name: alice}, spec: {credentials: None}}")
	w.eventually("credentials None takes identity and Secret away", 5*time.Second, func() error {
		left, err := w.administrator().Identities.List(w.ctx, store.IdentityPath("keys", "keys"))
		if err != nil || len(left) > 0 {
			return fmt.Errorf("left: %v %w", left, orNothing(err))
		}
		if err := w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: "alice.keys.key"}, &corev1.Secret{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the Secret is there: %w", orNothing(err))
		}
		return nil
	})
	w.ready(&v1alpha1.User{}, "alice")
}

func TestSecretOfSomebodyElseIsLeftAlone(t *testing.T) {
	w := newWorld(t, "othersecret")
	w.must(w.bed.admin.Create(w.ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "alice.othersecret.key"}, StringData: map[string]string{"mine": "yes"},
	}))
	w.apply(w.named(launch))
	w.stalled(&v1alpha1.User{}, "alice", v1alpha1.ReasonConflict)
	secret := &corev1.Secret{}
	w.get(secret, "alice.othersecret.key")
	if string(secret.Data["mine"]) != "yes" || len(secret.Data) != 1 {
		t.Errorf("the Secret was changed: it has %d keys", len(secret.Data))
	}
}

func containsWord(document []byte, word string) bool {
	return len(word) > 0 && len(document) > 0 && bytes.Contains(document, []byte(word))
}

// Ready means in force: whoever waits for it need wait for nothing more.
func TestReadyMeansInForce(t *testing.T) {
	w := newWorld(t, "inforce")
	w.apply(w.named("{apiVersion: dam.vitrine.dev/v1alpha1, kind: Library, metadata: {name: brand}, spec: {storeRef: {name: NAME}, bucket: {name: NAME-brand}}}"))
	w.ready(&v1alpha1.Library{}, "brand")
	w.must(put(w.ctx, w.root(), "inforce-brand", "launch/a.txt", "A"))
	// All at once, as from Git: the binding may be looked at before its User has an identity.
	for _, name := range []string{"ada", "ben", "cleo", "dan", "eve"} {
		w.apply(w.named(strings.ReplaceAll(launch, "alice", name)))
		w.ready(&v1alpha1.RoleBinding{}, name+"-views")
		secret := &corev1.Secret{}
		w.get(secret, name+".inforce.key")
		person := w.s3(string(secret.Data["AWS_ACCESS_KEY_ID"]), string(secret.Data["AWS_SECRET_ACCESS_KEY"]))
		if _, err := fetch(w.ctx, person, "inforce-brand", "launch/a.txt"); err != nil {
			t.Errorf("%s has a binding that is Ready, and yet: %v", name, err)
		}
	}
}
