package controllers

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// acmeAt is a store that admits acme with an issuer, and found to be able to do this.
func acmeAt(found v1alpha1.Capabilities) *v1alpha1.ObjectStore {
	issuer := v1alpha1.TokenIssuer{URL: "https://id.acme.example", Audience: "vitrine"}
	return &v1alpha1.ObjectStore{
		ObjectMeta: metav1.ObjectMeta{Name: "default"},
		Spec: v1alpha1.ObjectStoreSpec{
			InstallationID: "eu-prod",
			Tenants: []v1alpha1.Tenant{{Namespaces: []string{"acme"}, Buckets: []string{"acme-*"}, Issuers: []v1alpha1.NamedIssuer{
				{Name: "acme-sso", TokenIssuer: issuer}, {Name: "ported", TokenIssuer: v1alpha1.TokenIssuer{URL: "https://id.acme.example:8443", Audience: "vitrine"}},
			}}},
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
		{"an issuer with a port, which VersityGW takes none of", v1alpha1.Capabilities{WebIdentity: supported, Enforcement: v1alpha1.EnforcementBucketPolicy}, groupByClaim("marketing", "ported", "groups", "x"), "group:marketing", v1alpha1.ReasonIssuerNotAdmitted},
		{"a store that was not probed", v1alpha1.Capabilities{}, marketing, "group:marketing", v1alpha1.ReasonStoreNotReady},
	} {
		got := sessionsAt(acmeAt(c.found), acmeWith(c.group), nil)
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
	result.libraries["brand"] = libraryResult{applied: true}
	at := tenantAt{"acme", "default"}
	deps.Enforcement.set(at, result)
	if out, err := deps.standing(tenant, "RoleBinding", &binding, ""); err != nil || out.state != enforced {
		t.Fatalf("nobody is refused, and it stands at %+v, %v", out, err)
	}
	refusing := describe(tenant)
	refusing.libraries["brand"] = libraryResult{applied: true}
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

// Where a claim's value is the name of a policy, only what the store is configured with can be declared.
//
// features: P10
func TestAStoreWhoseClaimsNamePoliciesSaysWhatItCannotKeep(t *testing.T) {
	found := v1alpha1.Capabilities{WebIdentity: v1alpha1.CapabilitySupported, Enforcement: v1alpha1.EnforcementManagedPolicy}
	configured := store.ClaimTrust{Issuer: "https://id.acme.example", Audience: "vitrine", Claim: "groups"}
	marketing := groupByClaim("marketing", "acme-sso", "groups", "marketing")
	sites := v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: "sites"}, Spec: v1alpha1.UserGroupSpec{ServiceAccounts: []string{"cms"}}}
	for _, c := range []struct {
		reason  string
		group   v1alpha1.UserGroup
		subject string
		change  func(*v1alpha1.ObjectStore, *store.ClaimTrust)
		want    string
		remedy  string
	}{
		{"all is as it is configured", marketing, "group:marketing", nil, "", ""},
		{"an issuer that nobody admits", groupByClaim("marketing", "nowhere", "groups", "x"), "group:marketing", nil, v1alpha1.ReasonIssuerNotAdmitted, "spec.tenants[].issuers"},
		{"the store takes tokens of another issuer", marketing, "group:marketing", func(_ *v1alpha1.ObjectStore, at *store.ClaimTrust) { at.Issuer = "https://other.example" }, v1alpha1.ReasonIssuerNotAdmitted, "https://other.example"},
		{"and for another audience", marketing, "group:marketing", func(_ *v1alpha1.ObjectStore, at *store.ClaimTrust) { at.Audience = "others" }, v1alpha1.ReasonIssuerNotAdmitted, "others"},
		{"the store looks into another claim", groupByClaim("marketing", "acme-sso", "roles", "marketing"), "group:marketing", nil, v1alpha1.ReasonFederationUnsupported, "spec.federation.claim"},
		{"a name that the store has itself", groupByClaim("marketing", "acme-sso", "groups", "taken"), "group:marketing", nil, v1alpha1.ReasonFederationUnsupported, "spec.federation.value"},
		{"a second namespace is admitted", marketing, "group:marketing", func(o *v1alpha1.ObjectStore, _ *store.ClaimTrust) {
			o.Spec.Tenants = append(o.Spec.Tenants, v1alpha1.Tenant{Namespaces: []string{"northlight"}})
		}, v1alpha1.ReasonFederationUnsupported, "a store of its own"},
		{"the same namespace twice is one", marketing, "group:marketing", func(o *v1alpha1.ObjectStore, _ *store.ClaimTrust) {
			o.Spec.Tenants = append(o.Spec.Tenants, v1alpha1.Tenant{Namespaces: []string{"acme"}})
		}, "", ""},
		{"ServiceAccounts have another issuer", sites, "serviceaccount:cms", nil, v1alpha1.ReasonFederationUnsupported, "https://cluster.example"},
		{"the cluster's issuer alone is of no use with another claim", sites, "serviceaccount:cms", func(_ *v1alpha1.ObjectStore, at *store.ClaimTrust) { at.Issuer = "https://cluster.example" }, v1alpha1.ReasonFederationUnsupported, "spec.serviceAccounts"},
		{"the store is configured for ServiceAccounts", sites, "serviceaccount:cms", func(_ *v1alpha1.ObjectStore, at *store.ClaimTrust) {
			at.Issuer, at.Claim = "https://cluster.example", "sub"
		}, "", ""},
	} {
		declared, at := acmeAt(found), &claimStore{configured, func(value string) string {
			if value == "taken" {
				return "is taken"
			}
			return ""
		}}
		if c.change != nil {
			c.change(declared, &at.ClaimTrust)
		}
		got := sessionsAt(declared, acmeWith(c.group), at)
		refused := got.refused[c.subject]
		if reason := reasonOf(refused); reason != c.want || !strings.Contains(errorText(refused), c.remedy) {
			t.Errorf("%s: refused as %q, want %q with %q: %v", c.reason, reason, c.want, c.remedy, refused)
		}
		if _, wanted := got.claims[c.subject]; wanted != (c.want == "") || len(got.wanted) > 0 {
			t.Errorf("%s: wanted is %t, and the roles %v", c.reason, wanted, got.wanted)
		}
	}
}

// Of two groups with one value the older has its policy.
func TestOneGroupHasAClaimsValue(t *testing.T) {
	found := v1alpha1.Capabilities{WebIdentity: v1alpha1.CapabilitySupported, Enforcement: v1alpha1.EnforcementManagedPolicy}
	at := &claimStore{store.ClaimTrust{Issuer: "https://id.acme.example", Audience: "vitrine", Claim: "groups"}, func(string) string { return "" }}
	one, other, third := groupByClaim("a", "acme-sso", "groups", "x"), groupByClaim("b", "acme-sso", "groups", "x"), groupByClaim("c", "acme-sso", "groups", "y")
	one.CreationTimestamp, other.CreationTimestamp = metav1.Unix(200, 0), metav1.Unix(100, 0)
	got := sessionsAt(acmeAt(found), acmeWith(one, other, third), at)
	if _, has := got.claims["group:b"]; !has || len(got.claims) != 2 || len(got.refused) != 1 {
		t.Errorf("wanted %v, refused %v", got.claims, got.refused)
	}
	if err := got.refused["group:a"]; reasonOf(err) != v1alpha1.ReasonConflict || !strings.Contains(errorText(err), `UserGroup "b"`) {
		t.Errorf("the younger is told %v", err)
	}
}
