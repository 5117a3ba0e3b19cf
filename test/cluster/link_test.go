package cluster

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
)

const aLink = launch + embargo + `---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: press}
spec: {target: {folder: {name: launch}}}
`

// url reads a link's URL as the platform team would.
func (w *world) url(name string) string {
	w.Helper()
	w.ready(&v1alpha1.PublicLink{}, name)
	secret := &corev1.Secret{}
	w.get(secret, name+".link")
	return string(secret.Data["url"])
}

// gateway signs in at the store with the key that the gateway was given.
func (w *world) gateway() *minio.Client {
	w.Helper()
	w.ready(&v1alpha1.ObjectStore{}, w.name)
	secret := &corev1.Secret{}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: settings.GatewayNamespace, Name: "store-" + w.name}, secret))
	return s3At(w.at.endpoint, string(secret.Data["AWS_ACCESS_KEY_ID"]), string(secret.Data["AWS_SECRET_ACCESS_KEY"]))
}

// features: K18, F2, U15
func TestGatewayReachesWhatLiveLinksShareAndNothingElse(t *testing.T) {
	w := newWorld(t, "share")
	w.apply(w.named(aLink))
	w.ready(&v1alpha1.PublicLink{}, "press")
	w.must(put(w.ctx, w.root(), "share-brand", "launch/a.txt", "A"))
	w.must(put(w.ctx, w.root(), "share-brand", "other/b.txt", "B"))
	w.must(put(w.ctx, w.root(), "share-brand-dam", "restricted/embargo/c.txt", "C"))
	w.must(put(w.ctx, w.root(), "share-brand-dam", "renditions/launch/a.txt/thumb-x.webp", "T"))
	w.must(put(w.ctx, w.root(), "share-brand-dam", "renditions/other/b.txt/thumb-x.webp", "T"))
	gateway := w.gateway()
	reaches := func() error {
		for _, of := range []struct{ bucket, key string }{
			{"share-brand", "launch/a.txt"}, {"share-brand-dam", "renditions/launch/a.txt/thumb-x.webp"}, {"share-brand-dam", "catalog/press.json"},
		} {
			if _, err := fetch(w.ctx, gateway, of.bucket, of.key); err != nil {
				return fmt.Errorf("%s/%s: %w", of.bucket, of.key, err)
			}
		}
		return nil
	}
	w.eventually("the gateway reaches what the link shares", 2*time.Second, reaches)
	for _, of := range []struct{ bucket, key string }{
		{"share-brand", "other/b.txt"}, {"share-brand-dam", "restricted/embargo/c.txt"}, {"share-brand-dam", "renditions/other/b.txt/thumb-x.webp"},
		{"share-brand-dam", "links/press.json"}, {"share-brand-dam", "facts/launch/a.txt.json"},
	} {
		if _, err := fetch(w.ctx, gateway, of.bucket, of.key); denied(err) != nil {
			t.Errorf("%s/%s: %v", of.bucket, of.key, denied(err))
		}
	}
	for _, bucket := range []string{"share-brand", "share-brand-dam"} {
		if _, err := list(w.ctx, gateway, bucket, ""); denied(err) != nil {
			t.Errorf("listing %s: %v", bucket, denied(err))
		}
		w.must(denied(put(w.ctx, gateway, bucket, "launch/x", "X")))
	}

	refuses := func() error {
		_, original := fetch(w.ctx, gateway, "share-brand", "launch/a.txt")
		_, catalog := fetch(w.ctx, gateway, "share-brand-dam", "catalog/press.json")
		return errors.Join(denied(original), denied(catalog))
	}
	spec := func(fields string) string {
		return "{apiVersion: dam.vitrine.dev/v1alpha1, kind: PublicLink, metadata: {name: press}, spec: {target: {folder: {name: launch}}, " + fields + "}}"
	}
	w.apply(spec("suspend: true"))
	w.eventually("a suspended link takes the right away", 2*time.Second, refuses)
	w.apply(spec("suspend: false"))
	w.eventually("and gives it back", 2*time.Second, reaches)
	w.apply(spec("notAfter: " + time.Now().Add(3*time.Second).UTC().Format(time.RFC3339)))
	w.eventually("an expired link takes it away", 6*time.Second, refuses)
	w.condition(&v1alpha1.PublicLink{}, "press", metav1.ConditionTrue, "") // Ready all the same: it is as declared
	w.apply(spec("suspend: false"))
	w.must(w.kubectl(nil, "annotate", "plink", "press", "-n", w.namespace, "dam.vitrine.dev/freeze=leaked"))
	w.eventually("a frozen link takes it away", 2*time.Second, refuses)
	w.must(w.kubectl(nil, "annotate", "plink", "press", "-n", w.namespace, "dam.vitrine.dev/freeze-"))
	w.eventually("thawed, it gives it back", 2*time.Second, reaches)
	w.must(w.kubectl(nil, "annotate", "namespace", w.namespace, "dam.vitrine.dev/freeze=3am"))
	w.eventually("a frozen namespace takes it away", 2*time.Second, refuses)
	w.must(w.kubectl(nil, "annotate", "namespace", w.namespace, "dam.vitrine.dev/freeze-"))
	w.eventually("thawed, it gives it back", 2*time.Second, reaches)
	w.must(w.kubectl(nil, "annotate", "lib", "brand", "-n", w.namespace, "dam.vitrine.dev/freeze=3am"))
	w.eventually("a frozen library takes it away", 2*time.Second, refuses)
	w.must(w.kubectl(nil, "annotate", "lib", "brand", "-n", w.namespace, "dam.vitrine.dev/freeze-"))
	w.apply(spec("originals: Hidden"))
	w.eventually("hidden originals are out of reach, renditions are not", 2*time.Second, func() error {
		_, err := fetch(w.ctx, gateway, "share-brand", "launch/a.txt")
		_, shown := fetch(w.ctx, gateway, "share-brand-dam", "renditions/launch/a.txt/thumb-x.webp")
		return errors.Join(denied(err), shown)
	})
	w.delete(&v1alpha1.PublicLink{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "press"}})
	w.eventually("a deleted link takes everything away", 2*time.Second, refuses)
}

// features: U13
func TestTokens(t *testing.T) {
	w := newWorld(t, "tokens")
	w.apply(w.named(aLink))
	first := w.url("press")
	token, err := link.ParseToken(first[strings.LastIndex(first, "/")+1:])
	w.must(err)
	obj := &v1alpha1.PublicLink{}
	w.get(obj, "press")
	if obj.Status.TokenHash != token.Hash() || obj.Status.ID != link.ID(token.Hash()) {
		t.Errorf("status is %+v", obj.Status)
	}

	w.delete(obj)
	w.eventually("the token is retired", 5*time.Second, func() error {
		record, err := w.record("press")
		if err != nil || record.RetiredAt == nil {
			return fmt.Errorf("its record is %+v: %w", record, orNothing(err))
		}
		return nil
	})
	w.apply(w.named(aLink))
	second := w.url("press")
	if second == first {
		t.Error("a link made again has the URL of the deleted one")
	}

	t.Run("deleted and made again while the manager was down", func(*testing.T) {
		w.stopManager()
		w.delete(obj)
		w.apply(w.named(aLink))
		w.startManager(nil)
		w.eventually("it has another URL", 30*time.Second, func() error {
			if now := w.url("press"); now == second {
				return errors.New("it has the URL of the deleted one")
			}
			return nil
		})
	})

	t.Run("a rebuilt cluster serves the same URL", func(t *testing.T) {
		w.get(obj, "press")
		before := w.url("press")
		seen := obj.Status.FirstSeen
		w.stopManager()
		// What another cluster would find: the record of a link of the same name, made for another cluster.
		record, err := w.record("press")
		w.must(err)
		record.Cluster = "another"
		data, err := record.Encode()
		w.must(err)
		w.delete(obj)
		w.must(put(w.ctx, w.root(), "tokens-brand-dam", asset.LinkRecordObject("press"), string(data)))
		w.apply(w.named(aLink))
		w.startManager(nil)
		w.eventually("the URL is the same", 30*time.Second, func() error {
			if now := w.url("press"); now != before {
				return fmt.Errorf("it is another")
			}
			return nil
		})
		w.get(obj, "press")
		if !obj.Status.FirstSeen.Equal(seen) {
			t.Errorf("its first day was %v and is %v", seen, obj.Status.FirstSeen)
		}
	})
}

func (w *world) record(name string) (link.Record, error) {
	data, err := fetch(w.ctx, w.root(), w.name+"-brand-dam", asset.LinkRecordObject(name))
	if err != nil {
		return link.Record{}, err
	}
	return link.DecodeRecord([]byte(data))
}

// A damaged record gives nobody another URL unasked: somebody decides.
func TestDamagedRecord(t *testing.T) {
	w := newWorld(t, "damaged")
	w.apply(w.named(aLink))
	url := w.url("press")
	record, err := fetch(w.ctx, w.root(), "damaged-brand-dam", asset.LinkRecordObject("press"))
	w.must(err)
	w.stopManager()
	w.must(put(w.ctx, w.root(), "damaged-brand-dam", asset.LinkRecordObject("press"), record[:len(record)/2]))
	w.startManager(nil)
	w.must(w.kubectl(nil, "patch", "plink/press", "-n", w.namespace, "--type=merge", "-p", `{"spec":{"title":"Press"}}`))
	w.stalled(&v1alpha1.PublicLink{}, "press", v1alpha1.ReasonRecordUnreadable)
	secret := &corev1.Secret{}
	w.get(secret, "press.link")
	if string(secret.Data["url"]) != url {
		t.Error("the link has another URL")
	}
	link := &v1alpha1.PublicLink{}
	if w.get(link, "press"); link.Status.Phase != v1alpha1.LinkActive {
		t.Errorf("the link does not open any more: its phase is %s", link.Status.Phase)
	}
	// The remedy: an older version of the record.
	w.must(put(w.ctx, w.root(), "damaged-brand-dam", asset.LinkRecordObject("press"), record))
	if now := w.url("press"); now != url {
		t.Error("with the record restored, the link has another URL")
	}
}

// features: K19
func TestPasswordReachesTheGatewayAsAHash(t *testing.T) {
	w := newWorld(t, "password")
	const manifest = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: guarded}
spec: {target: {folder: {name: launch}}, passwordSecretRef: {name: secret-words, key: password}}
`
	w.apply(w.named(launch))
	w.apply(manifest)
	w.stalled(&v1alpha1.PublicLink{}, "guarded", v1alpha1.ReasonSecretNotFound)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "secret-words"},
		StringData: map[string]string{"password": "spring-meadow-cobalt"},
	}
	w.must(w.bed.admin.Create(w.ctx, secret))
	message := w.stalled(&v1alpha1.PublicLink{}, "guarded", v1alpha1.ReasonSecretNotMarked)
	if !strings.Contains(message, "dam.vitrine.dev/use=link-password") {
		t.Errorf("the message does not name the remedy: %s", message)
	}
	w.must(w.kubectl(nil, "label", "secret", "secret-words", "-n", w.namespace, "dam.vitrine.dev/use=link-password"))
	obj := &v1alpha1.PublicLink{}
	w.ready(obj, "guarded")
	opens := func(password string) error {
		hash := &corev1.Secret{}
		w.get(obj, "guarded")
		if err := w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: settings.GatewayNamespace, Name: "link-" + obj.Status.ID}, hash); err != nil {
			return err
		}
		if ok, err := link.VerifyPassword(string(hash.Data["password"]), password); err != nil || !ok {
			return fmt.Errorf("%q does not open it: %w", password, orNothing(err))
		}
		return nil
	}
	w.must(opens("spring-meadow-cobalt"))
	url := w.url("guarded")
	w.must(w.kubectl(nil, "patch", "secret", "secret-words", "-n", w.namespace, "-p", `{"stringData":{"password":"autumn-hill-amber"}}`))
	w.eventually("a changed password counts, with the same URL", 25*time.Second, func() error { return opens("autumn-hill-amber") })
	if w.url("guarded") != url {
		t.Error("the URL changed with the password")
	}

	dump, err := w.bed.cluster.EtcdDump(w.ctx)
	w.must(err)
	token := url[strings.LastIndex(url, "/")+1:]
	for _, word := range []string{token, "autumn-hill-amber"} {
		if n := strings.Count(string(dump), word); n != 1 { // the Secret meant for it
			t.Errorf("a secret stands %d times in the cluster's state", n)
		}
		if strings.Contains(logs.String(), word) {
			t.Error("a secret stands in the manager's log")
		}
	}
}

// features: F12, K22
func TestLinksThatCannotBeAsDeclared(t *testing.T) {
	w := newWorld(t, "badlinks")
	w.apply(w.named(strings.Replace(launch, "bucket: {name: NAME-brand}}", "bucket: {name: NAME-brand}, links: {defaultTTL: 1h, maxTTL: 2h}}", 1)))
	w.apply(`
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: nowhere}
spec: {target: {folder: {name: none}}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: nopreset}
spec: {target: {folder: {name: launch}}, renditions: [poster]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: forever}
spec: {target: {folder: {name: launch}}, notAfter: "2199-01-01T00:00:00Z"}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: usual}
spec: {target: {folder: {name: launch}}}
`)
	obj := &v1alpha1.PublicLink{}
	w.stalled(obj, "nowhere", v1alpha1.ReasonTargetNotFound)
	if obj.Status.Phase != v1alpha1.LinkUnavailable {
		t.Errorf("phase is %s", obj.Status.Phase)
	}
	w.stalled(obj, "nopreset", v1alpha1.ReasonPresetNotFound)
	w.stalled(obj, "forever", v1alpha1.ReasonExpiryAboveMaximum)
	if limit := obj.Status.FirstSeen.Add(2 * time.Hour); obj.Status.Phase != v1alpha1.LinkActive || !obj.Status.ExpiresAt.Time.Equal(limit) {
		t.Errorf("phase %s, expires %v, want %v", obj.Status.Phase, obj.Status.ExpiresAt, limit)
	}
	w.ready(obj, "usual")
	if want := obj.Status.FirstSeen.Add(time.Hour); !obj.Status.ExpiresAt.Time.Equal(want) {
		t.Errorf("expires %v, want %v", obj.Status.ExpiresAt, want)
	}
	w.delete(&v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "launch"}})
	w.stalled(obj, "usual", v1alpha1.ReasonTargetNotFound)
}

// features: B5, K14
func TestCatalogTellsNothingButWhatIsShared(t *testing.T) {
	w := newWorld(t, "catalogs")
	w.apply(w.named(allOf))
	w.ready(&v1alpha1.Library{}, "brand")
	for _, key := range []string{"launch/hero-1.jpg", "launch/hero-2.jpg", "launch/deep/hero-3.jpg", "launch/plan.txt"} {
		w.must(put(w.ctx, w.root(), "catalogs-brand", key, key))
	}
	w.eventually("the catalog lists the members", 15*time.Second, func() error {
		return w.shows("heroes", "hero-1.jpg hero-2.jpg")
	})
	collection := &v1alpha1.Collection{}
	w.ready(collection, "heroes")
	if *collection.Status.Members != 2 {
		t.Errorf("the Collection has %d members", *collection.Status.Members)
	}
}
