package federation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// acme is the issuer whose tokens MinIO takes.
const acme = "acme"

// within is how soon a change is in force where rights hang on identities.
const within = 5 * time.Second

// values are claim at a store that all worlds share, and where a value means the same in all of it.
var values = strings.NewReplacer("value: marketing}", "value: NAME-marketing}", "value: press}", "value: NAME-press}").Replace(claim)

// minioWorld is a tenant on MinIO.
type minioWorld struct{ *world }

func newMinIOWorld(t *testing.T, name string) *minioWorld {
	t.Helper()
	w := &minioWorld{&world{T: t, Gomega: gomega.NewWithT(t), name: name}}
	w.begin(v1alpha1.TokenIssuer{URL: bed.local.URL(acme), Audience: audience}, bed.minio.AccessKey, bed.minio.SecretKey, atMinIO, v1alpha1.ObjectStoreSpec{
		Driver: v1alpha1.DriverMinIO, Endpoint: bed.minio.Endpoint, Region: bed.minio.Region, UntrustedConditions: v1alpha1.UntrustedConditionsAccept,
	})
	return w
}

func claimedOnMinIO(t *testing.T, name string) *minioWorld {
	t.Helper()
	w := newMinIOWorld(t, name)
	w.apply(values)
	w.ready(&v1alpha1.RoleBinding{}, "marketing-contributes")
	w.ready(&v1alpha1.RoleBinding{}, "press-views")
	return w
}

func atMinIO(creds *credentials.Credentials) *minio.Client {
	return s3At(bed.minio.Endpoint, bed.minio.Region, creds)
}

// tokenOf is one of a person of the tenant whose claim has these values, without the tenant's name before them.
func (w *minioWorld) tokenOf(groups ...string) string {
	w.Helper()
	var named []string
	for _, g := range groups {
		named = append(named, w.name+"-"+g)
	}
	return w.signed(map[string]any{"aud": audience, "sub": w.name + strings.Join(groups, " "), "groups": named})
}

func (w *minioWorld) signed(claims map[string]any) string {
	w.Helper()
	token, err := bed.local.Token(acme, claims)
	w.must(err)
	return token
}

func signIn(endpoint, token string) (*minio.Client, error) {
	creds, err := credentials.NewSTSWebIdentity(endpoint, func() (*credentials.WebIdentityToken, error) {
		return &credentials.WebIdentityToken{Token: token}, nil
	})
	if err != nil {
		return nil, err
	}
	if _, err := creds.GetWithContext(nil); err != nil {
		return nil, err
	}
	return atMinIO(creds), nil
}

// holder signs somebody in as the group's status says.
func (w *minioWorld) holder(groups ...string) *minio.Client {
	w.Helper()
	s := w.role(groups[0], "")
	if s.RoleARN != "" || s.Issuer != bed.local.URL(acme) || s.Audience != audience || s.Store != w.name {
		w.Errorf("the status says %+v", s)
	}
	c, err := signIn(s.Endpoint, w.tokenOf(groups...))
	w.must(err)
	return c
}

// policies wants exactly the policies of these groups at the store, beside nobody's.
func (w *minioWorld) policies(groups ...string) error {
	held, err := w.holders().Held(w.ctx, store.IdentityPath(w.name, w.name))
	if err != nil {
		return err
	}
	var there []string
	for _, h := range slices.SortedFunc(maps.Keys(held), func(a, b store.Holder) int { return strings.Compare(a.Name, b.Name) }) {
		if h.Kind == store.HolderClaim {
			there = append(there, strings.TrimPrefix(h.Name, w.name+"-"))
		}
	}
	if !slices.Equal(there, groups) {
		return fmt.Errorf("the policies are %q, want %q", there, groups)
	}
	return nil
}

func (w *minioWorld) holders() store.Holders {
	w.Helper()
	s, err := store.Open(store.Config{
		Driver: store.DriverMinIO, Endpoint: bed.minio.Endpoint, Region: bed.minio.Region,
		Credentials: store.Credentials{AccessKeyID: bed.minio.AccessKey, SecretAccessKey: store.Secret(bed.minio.SecretKey)},
	})
	w.must(err)
	w.Cleanup(s.Close)
	return s.Holders(store.ByManagedPolicy)
}

// admit changes what the tenant's ObjectStore declares.
func (w *minioWorld) admit(change func(*v1alpha1.ObjectStoreSpec)) {
	w.Helper()
	obj := &v1alpha1.ObjectStore{}
	w.must(bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, obj))
	before := obj.DeepCopy()
	change(&obj.Spec)
	w.must(bed.admin.Patch(w.ctx, obj, client.MergeFrom(before)))
}

// says wants an object not Ready, for that reason and in words that have these.
func (w *minioWorld) says(obj client.Object, name, reason, words string) {
	w.Helper()
	w.eventually(fmt.Sprintf("%T %s says %q", obj, name, words), 30*time.Second, func() error {
		if message := w.condition(obj, name, metav1.ConditionFalse, reason); !strings.Contains(message, words) {
			return fmt.Errorf("it says %q", message)
		}
		return nil
	})
}

// features: K3, K5, P10
func TestOnMinIOTheHoldersOfAClaimHaveTheirGroupsRights(t *testing.T) {
	w := claimedOnMinIO(t, "m-holders")
	if got := w.may(w.holder("marketing")); got != contributes {
		t.Errorf("marketing may %s", got)
	}
	if got := w.may(w.holder("press", "nothing-declared")); got != "list press, get press" {
		t.Errorf("press may %s", got)
	}
	if got := w.may(w.holder("marketing", "press")); got != contributes+", list press, get press" {
		t.Errorf("both may %s", got)
	}
	if message := w.ready(&v1alpha1.UserGroup{}, "marketing"); !strings.Contains(message, "lasts as long as its token") || strings.Contains(message, "one role") {
		t.Errorf("the status says %q", message)
	}
	forged, err := bed.local.Forge(acme, "evil", map[string]any{"aud": audience, "groups": "m-holders-marketing"})
	w.must(err)
	elsewhere, err := bed.local.Token("evil", map[string]any{"aud": audience, "groups": "m-holders-marketing"})
	w.must(err)
	for reason, token := range map[string]string{
		"another claim's value":                 w.tokenOf("sales"),
		"a value that differs by case alone":    w.tokenOf("Marketing"),
		"another audience":                      w.signed(map[string]any{"aud": "somebody", "groups": "m-holders-marketing"}),
		"another claim":                         w.signed(map[string]any{"aud": audience, "roles": "m-holders-marketing"}),
		"an issuer that the store takes not":    elsewhere,
		"a signature by somebody else":          forged,
		"a token that expired":                  w.signed(map[string]any{"aud": audience, "groups": "m-holders-marketing", "exp": time.Now().Add(-time.Hour).Unix()}),
		"the value as a subject, not in groups": w.signed(map[string]any{"aud": audience, "sub": "m-holders-marketing"}),
	} {
		if _, err := signIn(bed.minio.Endpoint, token); err == nil {
			t.Errorf("%s opened a session", reason)
		}
	}
	w.must(w.policies("marketing", "press"))
}

// Whatever ends the right ends what running sessions can do.
//
// features: U14, D16
func TestOnMinIORunningSessionsEnd(t *testing.T) {
	w := claimedOnMinIO(t, "m-ends")
	running := w.holder("marketing")
	read := func() error { return fetch(w.ctx, running, w.bucket(), "launch/a.txt") }
	gone := func() error { return denied(read()) }
	w.must(read())
	binding := values[strings.Index(values, "apiVersion: dam.vitrine.dev/v1alpha1\nkind: RoleBinding"):]

	w.delete(&v1alpha1.RoleBinding{}, "marketing-contributes")
	w.eventually("the binding goes, and with it what the session could", within, gone)
	w.must(w.policies("press"))
	w.apply(binding)
	w.eventually("it comes back", within, read)

	w.must(kubectl(w.ctx, nil, "annotate", "-n", w.name, "usergroups.dam.vitrine.dev/marketing", v1alpha1.AnnotationFreeze+"=test"))
	w.eventually("a freeze ends it", within, gone)
	w.must(kubectl(w.ctx, nil, "annotate", "-n", w.name, "usergroups.dam.vitrine.dev/marketing", v1alpha1.AnnotationFreeze+"-"))
	w.eventually("the end of the freeze gives it back", within, read)

	w.apply(strings.ReplaceAll(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: marketing}, spec: {federation: {issuer: acme-sso, claim: groups, value: NAME-agency}}}`, "NAME", w.name))
	w.eventually("another value ends it", within, gone)
	w.ready(&v1alpha1.RoleBinding{}, "marketing-contributes")
	// The binding is as it was, so its Ready may be of before.
	w.eventually("the new value opens a session", within, func() (err error) {
		if running, err = signIn(bed.minio.Endpoint, w.tokenOf("agency")); err != nil {
			return err
		}
		return read()
	})

	w.delete(&v1alpha1.UserGroup{}, "marketing")
	w.eventually("the group goes, and with it what the session could", within, gone)
	w.must(w.policies("press"))
}

// What hangs on the policy is put right when somebody changes it by hand, and told.
//
// features: U3
func TestOnMinIOAClaimsPolicyRemovedByHandComesBack(t *testing.T) {
	w := claimedOnMinIO(t, "m-byhand")
	running := w.holder("marketing")
	mine := store.Holder{Kind: store.HolderClaim, Path: store.IdentityPath(w.name, w.name), Name: w.name + "-marketing"}
	w.must(w.holders().SetDocument(w.ctx, mine, 0, nil))
	w.must(denied(fetch(w.ctx, running, w.bucket(), "launch/a.txt")))
	w.eventually("it is there again", 3*settings.DriftInterval, func() error { return fetch(w.ctx, running, w.bucket(), "launch/a.txt") })
	w.must(w.holders().SetDocument(w.ctx, mine, 0, []byte(`{"Version":"2012-10-17","Statement":[{"Sid":"VitrineWider","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::`+w.bucket()+`/*"]}]}`)))
	w.must(fetch(w.ctx, running, w.bucket(), "press/a.txt"))
	w.eventually("what was added goes", 3*settings.DriftInterval, func() error { return denied(fetch(w.ctx, running, w.bucket(), "press/a.txt")) })
	w.must(fetch(w.ctx, running, w.bucket(), "launch/a.txt"))
}

// Whoever cannot have what is declared is told why, the bindings too, and gets nothing.
//
// features: P10
func TestOnMinIOWhatTheStoreCannotKeepIsTold(t *testing.T) {
	w := claimedOnMinIO(t, "m-cannot")
	group, binding := &v1alpha1.UserGroup{}, &v1alpha1.RoleBinding{}
	press := func(federation string) {
		w.apply(`{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: press}, spec: ` + federation + `}`)
	}
	for _, c := range []struct{ reason, spec, told, words string }{
		{"an issuer that nobody admits", `{federation: {issuer: nowhere, claim: groups, value: NAME-press}}`, v1alpha1.ReasonIssuerNotAdmitted, "spec.tenants[].issuers"},
		{"a claim that the store does not look into", `{federation: {issuer: acme-sso, claim: roles, value: NAME-press}}`, v1alpha1.ReasonFederationUnsupported, "spec.federation.claim"},
		{"a policy that is built in", `{federation: {issuer: acme-sso, claim: groups, value: readwrite}}`, v1alpha1.ReasonFederationUnsupported, "built into MinIO"},
		{"a name that Vitrine makes", `{federation: {issuer: acme-sso, claim: groups, value: v-van7s7hjhgknmbphyjarqsspw6-0}}`, v1alpha1.ReasonFederationUnsupported, "that Vitrine makes"},
		{"no name at all", `{federation: {issuer: acme-sso, claim: groups, value: "a,b"}}`, v1alpha1.ReasonFederationUnsupported, "no comma"},
		{"another group's value", `{federation: {issuer: acme-sso, claim: groups, value: NAME-marketing}}`, v1alpha1.ReasonConflict, `UserGroup "marketing"`},
		{"ServiceAccounts", `{serviceAccounts: [cms]}`, v1alpha1.ReasonIssuerNotAdmitted, "serviceAccountIssuer"},
	} {
		press(c.spec)
		w.says(group, "press", c.told, c.words)
		w.says(binding, "press-views", c.told, c.words)
		if len(group.Status.Sessions) > 0 {
			t.Errorf("%s: the status says %+v", c.reason, group.Status.Sessions)
		}
		w.eventually(c.reason, within, func() error { return w.policies("marketing") })
	}
	w.ready(binding, "marketing-contributes")
	running := w.holder("marketing")
	gone := func() error { return denied(fetch(w.ctx, running, w.bucket(), "launch/a.txt")) }
	for _, c := range []struct {
		reason string
		change func(*v1alpha1.ObjectStoreSpec)
		told   string
		words  string
	}{
		{"ServiceAccounts that the store cannot take", func(s *v1alpha1.ObjectStoreSpec) {
			s.ServiceAccountIssuer = &v1alpha1.TokenIssuer{URL: bed.local.URL("cluster"), Audience: audience}
		}, "", ""},
		{"another audience than the store has", func(s *v1alpha1.ObjectStoreSpec) { s.Tenants[0].Issuers[0].Audience = "others" }, v1alpha1.ReasonIssuerNotAdmitted, `"others"`},
		{"another issuer than the store has", func(s *v1alpha1.ObjectStoreSpec) { s.Tenants[0].Issuers[0].URL = bed.local.URL("evil") }, v1alpha1.ReasonIssuerNotAdmitted, bed.local.URL("evil")},
		{"a second tenant", func(s *v1alpha1.ObjectStoreSpec) {
			s.Tenants = append(s.Tenants, v1alpha1.Tenant{Namespaces: []string{"m-second"}, Buckets: []string{"m-second-*"}})
		}, v1alpha1.ReasonFederationUnsupported, "one namespace alone"},
	} {
		var before v1alpha1.ObjectStoreSpec
		w.admit(func(s *v1alpha1.ObjectStoreSpec) { s.DeepCopyInto(&before); c.change(s) })
		if c.told == "" {
			w.says(group, "press", v1alpha1.ReasonFederationUnsupported, bed.local.URL("cluster"))
			continue
		}
		w.eventually(c.reason, 2*within, gone) // the store is probed anew first
		w.says(group, "marketing", c.told, c.words)
		w.says(binding, "marketing-contributes", c.told, c.words)
		w.admit(func(s *v1alpha1.ObjectStoreSpec) { *s = before })
		w.ready(binding, "marketing-contributes")
		w.must(fetch(w.ctx, running, w.bucket(), "launch/a.txt"))
	}
}

// A policy of that name that is not the tenant's is told and left alone, with what it gives.
//
// features: D10
func TestOnMinIOSomebodyElsesPolicyIsLeftAlone(t *testing.T) {
	a, b := claimedOnMinIO(t, "m-one"), newMinIOWorld(t, "m-two")
	b.apply(strings.ReplaceAll(values, "NAME-marketing", "m-one-marketing"))
	b.ready(&v1alpha1.RoleBinding{}, "press-views")
	b.says(&v1alpha1.UserGroup{}, "marketing", v1alpha1.ReasonConflict, "m-one-marketing")
	b.says(&v1alpha1.RoleBinding{}, "marketing-contributes", v1alpha1.ReasonConflict, "m-one-marketing")
	b.ready(&v1alpha1.Library{}, "brand")
	running := a.holder("marketing")
	if got := a.may(running); got != contributes {
		t.Errorf("the first may %s", got)
	}
	b.must(denied(fetch(b.ctx, running, b.bucket(), "launch/a.txt")))
	a.must(denied(fetch(a.ctx, b.holder("press"), a.bucket(), "press/a.txt")))
	b.delete(&v1alpha1.UserGroup{}, "marketing")
	b.delete(&v1alpha1.RoleBinding{}, "marketing-contributes")
	a.must(a.policies("marketing", "press"))
	a.must(fetch(a.ctx, running, a.bucket(), "launch/a.txt"))

	// When the first tenant's group goes, the name is free.
	b.apply(strings.ReplaceAll(values, "NAME-marketing", "m-one-marketing"))
	b.says(&v1alpha1.UserGroup{}, "marketing", v1alpha1.ReasonConflict, "m-one-marketing")
	a.delete(&v1alpha1.UserGroup{}, "marketing")
	b.ready(&v1alpha1.RoleBinding{}, "marketing-contributes")
	a.must(denied(fetch(a.ctx, running, a.bucket(), "launch/a.txt")))
}

// With the last Library the policies go, and with the ObjectStore all that is left.
func TestOnMinIONothingIsLeftBehind(t *testing.T) {
	w := claimedOnMinIO(t, "m-leaves")
	running := w.holder("marketing")
	w.must(bed.admin.DeleteAllOf(w.ctx, &v1alpha1.Library{}, client.InNamespace(w.name)))
	w.eventually("the policies go with the last Library", 20*time.Second, func() error { return w.policies() })
	w.must(denied(fetch(w.ctx, running, w.bucket(), "launch/a.txt")))
	left := store.Holder{Kind: store.HolderClaim, Path: store.IdentityPath(w.name, "long-gone"), Name: w.name + "-left"}
	w.must(w.holders().SetDocument(w.ctx, left, 0, []byte(`{"Version":"2012-10-17","Statement":[{"Sid":"VitrineLeft","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::`+w.bucket()+`/*"]}]}`)))
	w.must(bed.admin.Delete(w.ctx, &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: w.name}}))
	w.eventually("the ObjectStore goes, and what is left below its installation", 20*time.Second, func() error {
		if err := bed.admin.Get(w.ctx, types.NamespacedName{Name: w.name}, &v1alpha1.ObjectStore{}); client.IgnoreNotFound(err) != nil || err == nil {
			return fmt.Errorf("it is there: %w", err)
		}
		held, err := w.holders().Held(w.ctx, store.IdentityPath(w.name, ""))
		if err == nil && len(held) > 0 {
			err = fmt.Errorf("held: %v", held)
		}
		return err
	})
}
