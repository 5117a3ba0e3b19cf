package cluster

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Every secret stands in the one Secret that is meant for it, and nowhere else:
// not in another object, a status, an event or the log.
func TestSecretsStandWhereTheyAreMeantTo(t *testing.T) {
	w := newWorld(t, "secrecy")
	w.apply(strings.ReplaceAll(w.named(allOf), "spring-meadow-cobalt", "a-password-of-this-test-alone"))
	w.settled()
	w.must(put(w.ctx, w.root(), "secrecy-brand", "launch/hero-1.jpg", picture(t)))
	w.rendered(1)

	// What goes wrong is told too, and must tell nothing either.
	w.apply(w.named(strings.ReplaceAll(launch, "alice", "dora")))
	w.must(w.kubectl(nil, "delete", "damuser", "dora", "-n", w.namespace, "--wait=false"))

	read := func(namespace, name, key string) string {
		secret := &corev1.Secret{}
		w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: namespace, Name: name}, secret))
		if len(secret.Data[key]) < 10 {
			t.Fatalf("Secret %s/%s has no %s", namespace, name, key)
		}
		return string(secret.Data[key])
	}
	url := w.url("heroes")
	link := &v1alpha1.PublicLink{}
	w.get(link, "heroes")
	secrets := map[string]string{
		"the link's token":        url[strings.LastIndex(url, "/")+1:],
		"the link's password":     read(w.namespace, "northlight-password", "password"),
		"the password's hash":     read(settings.GatewayNamespace, "link-"+link.Status.ID, "password"),
		"alice's key":             read(w.namespace, "alice.secrecy.key", "AWS_SECRET_ACCESS_KEY"),
		"the gateway's key":       read(settings.GatewayNamespace, "store-secrecy", "AWS_SECRET_ACCESS_KEY"),
		"the administrator's key": w.bed.store.SecretKey,
	}
	var ring corev1.Secret
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: settings.SystemNamespace, Name: "vitrine-key-ring"}, &ring))
	for _, key := range ring.Data {
		secrets["the key ring"] = string(key)
	}

	dump, err := w.bed.cluster.EtcdDump(w.ctx)
	w.must(err)
	for what, secret := range secrets {
		places := strings.Count(string(dump), secret)
		if what == "the administrator's key" {
			var admins corev1.SecretList
			w.must(w.bed.admin.List(w.ctx, &admins, client.InNamespace(settings.SystemNamespace), client.MatchingLabels{v1alpha1.LabelUse: v1alpha1.UseStoreCredentials}))
			for _, of := range admins.Items { // one for each world of this suite
				if string(of.Data["AWS_SECRET_ACCESS_KEY"]) == secret {
					places--
				}
			}
			places++
		}
		if places != 1 {
			t.Errorf("%s stands %d times in the cluster's state", what, places)
		}
		if strings.Contains(logs.String(), secret) {
			t.Errorf("%s stands in the manager's log", what)
		}
	}
}

// A tenant that is taken out of its store loses its access, and has it back
// when it is put back.
func TestTenantTakenOutAndPutBack(t *testing.T) {
	w := newWorld(t, "outin")
	w.apply(w.named(aLink))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	url := w.url("press")
	w.must(put(w.ctx, w.root(), "outin-brand", "launch/a.txt", "A"))
	alice := w.as("alice")
	declared := &v1alpha1.ObjectStore{}
	tenants := func(list []v1alpha1.Tenant) {
		w.eventually("the ObjectStore takes it", 5*time.Second, func() error {
			w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: "outin"}, declared))
			declared.Spec.Tenants = list
			return w.bed.admin.Update(w.ctx, declared)
		})
	}
	w.must(w.bed.admin.Get(w.ctx, types.NamespacedName{Name: "outin"}, declared))
	before := declared.Spec.Tenants

	tenants(nil)
	w.stalled(&v1alpha1.Library{}, "brand", v1alpha1.ReasonNotAdmitted)
	w.stalled(&v1alpha1.User{}, "alice", v1alpha1.ReasonNotAdmitted)
	w.stalled(&v1alpha1.PublicLink{}, "press", v1alpha1.ReasonNotAdmitted)
	if _, err := fetch(w.ctx, alice, "outin-brand", "launch/a.txt"); err == nil {
		t.Error("alice's key still works")
	}
	tenants(before)
	w.ready(&v1alpha1.Library{}, "brand")
	again := w.as("alice")
	w.eventually("alice reads again", 5*time.Second, func() error {
		_, err := fetch(w.ctx, again, "outin-brand", "launch/a.txt")
		return err
	})
	if now := w.url("press"); now != url {
		t.Error("the link has another URL")
	}
}
