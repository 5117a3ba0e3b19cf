package federation

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// claim has two groups by claim: marketing contributes to launch, press views press.
const claim = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: UserGroup
metadata: {name: marketing}
spec: {federation: {issuer: acme-sso, claim: groups, value: marketing}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: UserGroup
metadata: {name: press}
spec: {federation: {issuer: acme-sso, claim: groups, value: press}}
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: marketing-contributes}
spec:
  roleRef: {kind: BuiltIn, name: contributor}
  subjects: [{kind: UserGroup, name: marketing}]
  targets: [{kind: Folder, name: launch}]
---
apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: press-views}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: UserGroup, name: press}]
  targets: [{kind: Folder, name: press}]
`

const contributes = "list launch, get launch, put launch"

func claimed(t *testing.T, name string) *world {
	t.Helper()
	w := newWorld(t, name)
	w.apply(claim)
	w.ready(&v1alpha1.RoleBinding{}, "marketing-contributes")
	w.ready(&v1alpha1.RoleBinding{}, "press-views")
	return w
}

// features: K3, P10
func TestTheHoldersOfAClaimHaveTheirGroupsRights(t *testing.T) {
	w := claimed(t, "holders")
	role := w.role("marketing", "")
	if got := w.may(w.session(role, w.groups("sales", "marketing"))); got != contributes {
		t.Errorf("marketing may %s", got)
	}
	// One session is one role, whatever else the token says; the status says so too.
	both := w.groups("marketing", "press")
	if got := w.may(w.session(w.role("press", ""), both)); got != "list press, get press" {
		t.Errorf("press may %s", got)
	}
	if message := w.ready(&v1alpha1.UserGroup{}, "marketing"); !strings.Contains(message, "one role after the other") {
		t.Errorf("the status says %q", message)
	}
	if role.Issuer != bed.issuers.URL("holders") || role.Audience != audience || role.Store != "holders" {
		t.Errorf("the status says %+v", role)
	}

	forged, err := bed.issuers.Forge("holders", "evil", map[string]any{"aud": audience, "groups": "marketing"})
	w.must(err)
	elsewhere, err := bed.issuers.Token("cluster-of-others", map[string]any{"aud": audience, "groups": "marketing"})
	w.must(err)
	for reason, token := range map[string]string{
		"another claim's value":                  w.groups("sales"),
		"a value that differs by case alone":     w.groups("Marketing"),
		"another audience":                       w.token(map[string]any{"aud": "somebody", "groups": "marketing"}),
		"an issuer that is not admitted":         elsewhere,
		"a signature by somebody else":           forged,
		"a token that expired":                   w.token(map[string]any{"aud": audience, "groups": "marketing", "exp": time.Now().Add(-time.Hour).Unix()}),
		"a token of the other group":             w.groups("press"),
		"the claim in a subject, not in a group": w.token(map[string]any{"aud": audience, "sub": "marketing"}),
	} {
		if _, err := open(role, token); err == nil {
			t.Errorf("%s opened a session", reason)
		}
	}
}

// Whatever ends the right ends what running sessions can do, at once.
//
// features: U14, D16
func TestRunningSessionsEnd(t *testing.T) {
	w := claimed(t, "ends")
	role := w.role("marketing", "")
	running := w.session(role, w.groups("marketing"))
	read := func() error { return fetch(w.ctx, running, w.bucket(), "launch/a.txt") }
	w.must(read())
	binding := claim[strings.Index(claim, "apiVersion: dam.vitrine.dev/v1alpha1\nkind: RoleBinding"):]

	w.delete(&v1alpha1.RoleBinding{}, "marketing-contributes")
	w.eventually("the binding goes, and with it what the session could", 2*time.Second, func() error { return denied(read()) })
	w.apply(binding)
	w.eventually("it comes back", 5*time.Second, read)

	w.must(kubectl(w.ctx, nil, "annotate", "-n", w.name, "usergroups.dam.vitrine.dev/marketing", v1alpha1.AnnotationFreeze+"=test"))
	w.eventually("a freeze ends it", 2*time.Second, func() error { return denied(read()) })
	w.eventually("the role goes with it", 5*time.Second, func() error { return w.roles("press") })
	w.must(kubectl(w.ctx, nil, "annotate", "-n", w.name, "usergroups.dam.vitrine.dev/marketing", v1alpha1.AnnotationFreeze+"-"))
	w.eventually("the end of the freeze gives it back", 5*time.Second, read)

	// Other people behind the group: another role, and the sessions of those before have nothing.
	w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: marketing}, spec: {federation: {issuer: acme-sso, claim: groups, value: agency}}}`)
	w.eventually("another claim ends it", 2*time.Second, func() error { return denied(read()) })
	w.ready(&v1alpha1.RoleBinding{}, "marketing-contributes")
	now := w.role("marketing", "")
	if now.RoleARN == role.RoleARN {
		t.Errorf("the role is the same: %s", now.RoleARN)
	}
	w.eventually("the role of before opens no sessions", 5*time.Second, func() error {
		if _, err := open(role, w.groups("marketing")); err == nil {
			return errors.New("it does")
		}
		return nil
	})
	running = w.session(now, w.groups("agency"))
	w.eventually("the binding, which is Ready since before, gives to the new role", 2*time.Second, read)

	w.delete(&v1alpha1.UserGroup{}, "marketing")
	w.eventually("the group goes, and with it what the session could", 2*time.Second, func() error { return denied(read()) })
	w.eventually("the role goes too", 5*time.Second, func() error { return w.roles("press") })
	if _, err := open(now, w.groups("agency")); err == nil {
		t.Error("the group is gone, and its role opens sessions")
	}
	w.delete(&v1alpha1.UserGroup{}, "press")
	w.eventually("no role is left", 5*time.Second, func() error { return w.roles() })
}

// features: U5
func TestSessionsFollowTheWindow(t *testing.T) {
	w := claimed(t, "window")
	running := w.session(w.role("press", ""), w.groups("press"))
	w.must(fetch(w.ctx, running, w.bucket(), "press/a.txt"))
	end := time.Now().Add(8 * time.Second).Truncate(time.Second)
	w.must(kubectl(w.ctx, nil, "patch", "-n", w.name, "rolebindings.dam.vitrine.dev/press-views", "--type=merge", "-p", fmt.Sprintf(`{"spec":{"notAfter":%q}}`, end.UTC().Format(time.RFC3339))))
	w.eventually("the window ends", max(time.Until(end), 0)+2*time.Second, func() error { return denied(fetch(w.ctx, running, w.bucket(), "press/a.txt")) })
	if early := time.Until(end); early > 0 {
		t.Errorf("it ended %s early", early)
	}
}

func TestAnIssuerMustBeAdmittedAndAnswer(t *testing.T) {
	w := claimed(t, "admitted")
	running := w.session(w.role("marketing", ""), w.groups("marketing"))
	w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: unknown}, spec: {federation: {issuer: nowhere, claim: groups, value: x}}}`)
	if message := w.condition(&v1alpha1.UserGroup{}, "unknown", metav1.ConditionFalse, v1alpha1.ReasonIssuerNotAdmitted); !strings.Contains(message, "spec.tenants[].issuers") {
		t.Errorf("the message does not name the remedy: %s", message)
	}
	obj := &v1alpha1.ObjectStore{}
	w.must(bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, obj))
	before := obj.DeepCopy()
	obj.Spec.Tenants[0].Issuers = []v1alpha1.NamedIssuer{{Name: "nowhere", TokenIssuer: v1alpha1.TokenIssuer{URL: "https://203.0.113.77/nobody", Audience: audience}}}
	obj.Spec.ServiceAccountIssuer = nil
	w.must(bed.admin.Patch(w.ctx, obj, client.MergeFrom(before)))
	w.eventually("an issuer that is no longer admitted ends what it opened", 2*time.Second, func() error {
		return denied(fetch(w.ctx, running, w.bucket(), "launch/a.txt"))
	})
	w.condition(&v1alpha1.UserGroup{}, "marketing", metav1.ConditionFalse, v1alpha1.ReasonIssuerNotAdmitted)
	if message := w.condition(&v1alpha1.RoleBinding{}, "marketing-contributes", metav1.ConditionFalse, v1alpha1.ReasonIssuerNotAdmitted); !strings.Contains(message, "spec.tenants[].issuers") {
		t.Errorf("the binding does not name the remedy: %s", message)
	}
	w.condition(&v1alpha1.UserGroup{}, "unknown", metav1.ConditionFalse, v1alpha1.ReasonIssuerUnreachable)
	w.eventually("the store forgets the issuer", 10*time.Second, func() error {
		known, err := w.administrator().Providers().ListProviders(w.ctx)
		for _, p := range known {
			if p.Issuer == bed.issuers.URL("admitted") {
				err = fmt.Errorf("%s is known", p.Issuer)
			}
		}
		return err
	})
	w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: accounts}, spec: {serviceAccounts: [cms]}}`)
	if message := w.condition(&v1alpha1.UserGroup{}, "accounts", metav1.ConditionFalse, v1alpha1.ReasonIssuerNotAdmitted); !strings.Contains(message, "serviceAccountIssuer") {
		t.Errorf("the message does not name the remedy: %s", message)
	}
}

// Two tenants may have the same issuer and the same claim: each role opens its own tenant's files alone.
//
// features: D10
func TestTenantsWithOneIssuerDoNotMeet(t *testing.T) {
	a, b := claimed(t, "one"), newWorld(t, "two")
	obj := &v1alpha1.ObjectStore{}
	b.must(bed.admin.Get(b.ctx, types.NamespacedName{Name: "two"}, obj))
	before := obj.DeepCopy()
	obj.Spec.Tenants[0].Issuers[0].URL = bed.issuers.URL("one")
	b.must(bed.admin.Patch(b.ctx, obj, client.MergeFrom(before)))
	b.apply(claim)
	b.ready(&v1alpha1.RoleBinding{}, "marketing-contributes")
	token := a.groups("marketing")
	inA, inB := a.session(a.role("marketing", ""), token), b.session(b.role("marketing", ""), token)
	for who, c := range map[string]struct {
		session *minio.Client
		own     string
		other   string
	}{"one": {inA, a.bucket(), b.bucket()}, "two": {inB, b.bucket(), a.bucket()}} {
		a.must(fetch(a.ctx, c.session, c.own, "launch/a.txt"))
		if err := denied(fetch(a.ctx, c.session, c.other, "launch/a.txt")); err != nil {
			t.Errorf("%s in the other's bucket: %v", who, err)
		}
	}
	a.delete(&v1alpha1.UserGroup{}, "marketing")
	a.eventually("one's group goes", 2*time.Second, func() error { return denied(fetch(a.ctx, inA, a.bucket(), "launch/a.txt")) })
	a.must(fetch(a.ctx, inB, b.bucket(), "launch/a.txt"))
}

// A role changed or deleted at the store by hand is as declared again.
//
// features: U3
func TestRolesChangedByHandArePutRight(t *testing.T) {
	w := claimed(t, "byhand")
	role := w.role("marketing", "")
	roles := w.administrator().Roles()
	there, err := roles.ListRoles(w.ctx, store.IdentityPath(w.name, w.name))
	w.must(err)
	for _, r := range there {
		w.must(roles.DeleteRole(w.ctx, r))
	}
	w.eventually("the roles are there again", 3*settings.DriftInterval, func() error {
		_, err := open(role, w.groups("marketing"))
		return err
	})
	w.eventually("and do what they did", 3*settings.DriftInterval, func() error {
		c, err := open(role, w.groups("marketing"))
		if err != nil {
			return err
		}
		return fetch(w.ctx, c, w.bucket(), "launch/a.txt")
	})
}

// The whole tenant may go, and the ObjectStore after it: nothing is left at the store.
func TestNothingIsLeftBehind(t *testing.T) {
	w := claimed(t, "leaves")
	w.must(bed.admin.DeleteAllOf(w.ctx, &v1alpha1.RoleBinding{}, client.InNamespace(w.name)))
	w.must(bed.admin.DeleteAllOf(w.ctx, &v1alpha1.Library{}, client.InNamespace(w.name)))
	w.eventually("the roles go with the last Library", 20*time.Second, func() error { return w.roles() })
	w.must(bed.admin.Delete(w.ctx, &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: w.name}}))
	w.eventually("the ObjectStore goes, and the issuer with it", 20*time.Second, func() error {
		if err := bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, &v1alpha1.ObjectStore{}); client.IgnoreNotFound(err) != nil || err == nil {
			return fmt.Errorf("it is there: %w", err)
		}
		known, err := w.administrator().Providers().ListProviders(w.ctx)
		for _, p := range known {
			if p.Issuer == bed.issuers.URL(w.name) {
				err = fmt.Errorf("%s is known", p.Issuer)
			}
		}
		return err
	})
}

// administrator opens the store as the platform team's key can.
func (w *world) administrator() *store.Store {
	w.Helper()
	s, err := store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: bed.store.S3Endpoint, Region: bed.store.Region, IAMEndpoint: bed.store.IAMEndpoint,
		Credentials: store.Credentials{AccessKeyID: bed.store.AccessKey, SecretAccessKey: store.Secret(bed.store.SecretKey)},
	})
	w.must(err)
	w.Cleanup(s.Close)
	return s
}

// roles wants exactly the roles of these groups at the store.
func (w *world) roles(groups ...string) error {
	there, err := w.administrator().Roles().ListRoles(w.ctx, store.IdentityPath(w.name, w.name))
	if err != nil {
		return err
	}
	var names []string
	for _, r := range there {
		names = append(names, r.Tags["vitrine:name"])
	}
	if got, want := strings.Join(names, " "), strings.Join(groups, " "); got != want {
		return fmt.Errorf("the roles are %q, want %q", got, want)
	}
	return nil
}
