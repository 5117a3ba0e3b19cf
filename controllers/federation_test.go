package controllers

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// acmeAt is a store that admits acme with an issuer, and found to be able to do this.
func acmeAt(found v1alpha1.Capabilities) *v1alpha1.ObjectStore {
	issuer := v1alpha1.TokenIssuer{URL: "https://id.acme.example", Audience: "vitrine"}
	return &v1alpha1.ObjectStore{
		ObjectMeta: metav1.ObjectMeta{Name: "default"},
		Spec: v1alpha1.ObjectStoreSpec{
			InstallationID:       "eu-prod",
			Tenants:              []v1alpha1.Tenant{{Namespaces: []string{"acme"}, Buckets: []string{"acme-*"}, Issuers: []v1alpha1.NamedIssuer{{Name: "acme-sso", TokenIssuer: issuer}}}},
			ServiceAccountIssuer: &v1alpha1.TokenIssuer{URL: "https://cluster.example", Audience: "vitrine"},
		},
		Status: v1alpha1.ObjectStoreStatus{Capabilities: &found},
	}
}

// acmeWith is a tenant with these groups.
func acmeWith(groups ...v1alpha1.UserGroup) *Tenant {
	declared := access.Declarations{UserGroups: groups}
	return &Tenant{Namespace: "acme", Declared: declared, Model: access.New(declared)}
}

func groupByClaim(name, issuer, claim, value string) v1alpha1.UserGroup {
	return v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.UserGroupSpec{Federation: &v1alpha1.Federation{Issuer: issuer, Claim: claim, Value: value}}}
}

func reasonOf(err error) string {
	var f *failure
	if errors.As(err, &f) {
		return f.reason
	}
	return errorText(err)
}

// Whoever is refused is told why, and nobody is wanted at a store where sessions would have nothing.
//
// features: P10
func TestSessionsAreRefusedWithAReason(t *testing.T) {
	marketing := groupByClaim("marketing", "acme-sso", "groups", "marketing")
	sites := v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: "sites"}, Spec: v1alpha1.UserGroupSpec{ServiceAccounts: []string{"cms"}}}
	supported := v1alpha1.CapabilitySupported
	for _, c := range []struct {
		reason  string
		found   v1alpha1.Capabilities
		group   v1alpha1.UserGroup
		subject string
		want    string
	}{
		{"bucket policies name roles", v1alpha1.Capabilities{WebIdentity: supported, Enforcement: v1alpha1.EnforcementBucketPolicy}, marketing, "group:marketing", ""},
		{"so they do of ServiceAccounts", v1alpha1.Capabilities{WebIdentity: supported, Enforcement: v1alpha1.EnforcementBucketPolicy}, sites, "serviceaccount:cms", ""},
		{"managed policies hang on users and groups, and a role is neither", v1alpha1.Capabilities{WebIdentity: supported, Enforcement: v1alpha1.EnforcementManagedPolicy}, marketing, "group:marketing", v1alpha1.ReasonFederationUnsupported},
		{"so it is with ServiceAccounts", v1alpha1.Capabilities{WebIdentity: supported, Enforcement: v1alpha1.EnforcementManagedPolicy}, sites, "serviceaccount:cms", v1alpha1.ReasonFederationUnsupported},
		{"inline policies likewise", v1alpha1.Capabilities{WebIdentity: supported, Enforcement: v1alpha1.EnforcementInlinePolicy}, marketing, "group:marketing", v1alpha1.ReasonFederationUnsupported},
		{"a store that takes no tokens", v1alpha1.Capabilities{WebIdentity: v1alpha1.CapabilityUnsupported, Enforcement: v1alpha1.EnforcementBucketPolicy}, marketing, "group:marketing", v1alpha1.ReasonFederationUnsupported},
		{"an issuer that is not admitted", v1alpha1.Capabilities{WebIdentity: supported, Enforcement: v1alpha1.EnforcementBucketPolicy}, groupByClaim("marketing", "nowhere", "groups", "x"), "group:marketing", v1alpha1.ReasonIssuerNotAdmitted},
		{"a store that was not probed", v1alpha1.Capabilities{}, marketing, "group:marketing", v1alpha1.ReasonStoreNotReady},
	} {
		got := sessionsAt(acmeAt(c.found), acmeWith(c.group))
		if reason := reasonOf(got.refused[c.subject]); reason != c.want {
			t.Errorf("%s: refused as %q, want %q", c.reason, reason, c.want)
		}
		if _, wanted := got.wanted[c.subject]; wanted != (c.want == "") {
			t.Errorf("%s: wanted is %t", c.reason, wanted)
		}
	}
}

// A grant to somebody who gets nothing is not called in force.
//
// features: P10
func TestAGrantToARefusedSessionIsNotInForce(t *testing.T) {
	group := groupByClaim("marketing", "nowhere", "groups", "x")
	library := v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: "brand"}, Spec: v1alpha1.LibrarySpec{StoreRef: v1alpha1.LocalReference{Name: "default"}}}
	binding := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "views"}, Spec: v1alpha1.RoleBindingSpec{
		RoleRef: v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "library-viewer"}, Subjects: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: "marketing"}},
		Targets: []v1alpha1.Target{{Kind: v1alpha1.TargetLibrary, Name: "brand"}},
	}}
	declared := access.Declarations{Libraries: []v1alpha1.Library{library}, UserGroups: []v1alpha1.UserGroup{group}, RoleBindings: []v1alpha1.RoleBinding{binding}}
	tenant := &Tenant{Namespace: "acme", Declared: declared, Model: access.New(declared)}
	deps := &Deps{Enforcement: NewEnforcement()}
	result := describe(tenant)
	at := tenantAt{"acme", "default"}
	deps.Enforcement.set(at, result)
	if out, err := deps.standing(tenant, "RoleBinding", &binding, ""); err != nil || out.state != enforced {
		t.Fatalf("nobody is refused, and it stands at %+v, %v", out, err)
	}
	refusing := describe(tenant)
	refusing.refused = map[string]error{"group:marketing": stall(v1alpha1.ReasonIssuerNotAdmitted, "no such issuer")}
	changed := deps.Enforcement.set(at, refusing)
	if len(changed) != 2 {
		t.Errorf("it is told to %v, want the group and the binding", changed)
	}
	_, err := deps.standing(tenant, "RoleBinding", &binding, "")
	if reasonOf(err) != v1alpha1.ReasonIssuerNotAdmitted || !strings.Contains(errorText(err), `UserGroup "marketing" gets nothing of this`) || !strings.Contains(errorText(err), "no such issuer") {
		t.Errorf("the binding says %v", err)
	}
	if _, err := deps.standing(tenant, "UserGroup", &group, ""); errorText(err) != "no such issuer" {
		t.Errorf("the group says %v", err)
	}
}
