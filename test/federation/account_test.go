package federation

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

const accounts = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: UserGroup
metadata: {name: sites}
spec: {serviceAccounts: [cms, app]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: UserGroup
metadata: {name: newsroom}
spec: {serviceAccounts: [cms]}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: sites-view}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: UserGroup, name: sites}]
  targets: [{kind: Folder, name: launch}]
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: newsroom-views}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: UserGroup, name: newsroom}]
  targets: [{kind: Folder, name: press}]
`

// The API server's own tokens open sessions. A ServiceAccount has, in one session, the rights of every group that names it.
//
// features: K5, P10
func TestServiceAccountsHaveTheRightsOfAllTheirGroups(t *testing.T) {
	w := newWorld(t, "accounts")
	w.must(bed.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "accounts-other"}}))
	for _, at := range []struct{ namespace, name string }{{w.name, "cms"}, {w.name, "app"}, {w.name, "stranger"}, {"accounts-other", "cms"}} {
		w.must(bed.admin.Create(w.ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: at.namespace, Name: at.name}}))
	}
	token := func(namespace, name string, audiences ...string) string {
		t.Helper()
		token, err := bed.cluster.ServiceAccountToken(w.ctx, namespace, name, audiences...)
		w.must(err)
		return token
	}
	w.apply(accounts)
	w.ready(&v1alpha1.RoleBinding{}, "sites-view")
	w.ready(&v1alpha1.RoleBinding{}, "newsroom-views")
	cms := w.role("sites", "cms")
	if again := w.role("newsroom", "cms"); again != cms {
		t.Errorf("cms has %+v by one group and %+v by the other", cms, again)
	}
	running := w.session(cms, token(w.name, "cms", audience))
	if got := w.may(running); got != "list launch, get launch, list press, get press" {
		t.Errorf("cms may %s", got)
	}
	if got := w.may(w.session(w.role("sites", "app"), token(w.name, "app", audience))); got != "list launch, get launch" {
		t.Errorf("app may %s", got)
	}
	for reason, token := range map[string]string{
		"a ServiceAccount of the same name elsewhere": token("accounts-other", "cms", audience),
		"another ServiceAccount":                      token(w.name, "stranger", audience),
		"one that is in the group by its own role":    token(w.name, "app", audience),
		"a token for the API server":                  token(w.name, "cms"),
		"a token of a person's issuer":                w.token(map[string]any{"aud": audience, "sub": "system:serviceaccount:accounts:cms"}),
	} {
		if _, err := open(cms, token); err == nil {
			t.Errorf("%s opened a session", reason)
		}
	}

	w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: newsroom}, spec: {serviceAccounts: [app]}}`)
	w.eventually("out of one group, its rights end in the running session", 2*time.Second, func() error {
		return denied(fetch(w.ctx, running, w.bucket(), "press/a.txt"))
	})
	w.must(fetch(w.ctx, running, w.bucket(), "launch/a.txt"))
	w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: sites}, spec: {serviceAccounts: [app]}}`)
	w.eventually("out of the other, nothing is left", 2*time.Second, func() error {
		return denied(fetch(w.ctx, running, w.bucket(), "launch/a.txt"))
	})
	w.eventually("nor a role", 5*time.Second, func() error { return w.roles("app") })
}
