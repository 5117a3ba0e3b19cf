package api

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// with is the table with more cases.
func (tb table) with(more []refusable) table {
	tb.cases = append(append([]refusable{}, tb.cases...), more...)
	return tb
}

const noOtherURL = `stores take no other`

func tenantWith(issuers string) string {
	return `spec: {tenants: [{namespaces: [acme], buckets: [acme], issuers: ` + issuers + `}]}`
}

// issuerCases are about whose tokens an ObjectStore takes.
var issuerCases = []refusable{
	accepted("a tenant has an issuer", tenantWith(`[{name: acme-sso, url: "https://id.acme.example", audience: vitrine}]`)),
	accepted("an issuer may have a path, and a closing slash", tenantWith(`[{name: a, url: "https://id.example/realms/acme", audience: "api://vitrine"}, {name: b, url: "https://acme.example/", audience: v}]`)),
	accepted("ServiceAccounts have an issuer", `spec: {serviceAccountIssuer: {url: "https://cluster.example", audience: vitrine}}`),
	accepted("the longest lists of issuers fit", `spec: {tenants: `+many(256,
		`{namespaces: [a%[1]d], buckets: [acme], issuers: `+many(8, `{name: i%d, url: "https://`+strings.Repeat("a", 240)+`", audience: `+long(128)+`}`)+`}`)+`}`),

	refused("a list of issuers has one", tenantWith(`[]`), `spec.tenants[0].issuers in body should have at least 1 items`),
	refused("a tenant has at most 8 issuers", tenantWith(many(9, `{name: i%d, url: "https://id.example", audience: v}`)), `spec.tenants[0].issuers: Too many`),
	refused("an issuer's name is there once", tenantWith(`[{name: a, url: "https://a.example", audience: v}, {name: a, url: "https://b.example", audience: v}]`), `spec.tenants[0].issuers[1]: Duplicate value`),
	refused("an issuer has a name", tenantWith(`[{url: "https://a.example", audience: v}]`), `spec.tenants[0].issuers[0].name: Required value`),
	refused("an issuer's name is not empty", tenantWith(`[{name: "", url: "https://a.example", audience: v}]`), `at least 1 chars`),
	refused("an issuer's name is a label", tenantWith(`[{name: Acme, url: "https://a.example", audience: v}]`), `spec.tenants[0].issuers[0].name in body should match`),
	refused("an issuer's name is short", tenantWith(`[{name: `+long(64)+`, url: "https://a.example", audience: v}]`), `spec.tenants[0].issuers[0].name: Too long`),
	refused("an issuer has a URL", tenantWith(`[{name: a, audience: v}]`), `spec.tenants[0].issuers[0].url: Required value`),
	refused("an issuer's URL is not empty", tenantWith(`[{name: a, url: "", audience: v}]`), `at least 1 chars`, noOtherURL),
	refused("an issuer is asked by https", tenantWith(`[{name: a, url: "http://a.example", audience: v}]`), noOtherURL),
	accepted("an issuer's URL may have a port, for stores of the driver MinIO", tenantWith(`[{name: a, url: "https://a.example:8443/realms/a", audience: v}]`)),
	refused("an issuer's port is a number", tenantWith(`[{name: a, url: "https://a.example:https", audience: v}]`), noOtherURL),
	refused("an issuer's port is none that there is not", tenantWith(`[{name: a, url: "https://a.example:0", audience: v}]`), noOtherURL),
	refused("an issuer's URL has no query", tenantWith(`[{name: a, url: "https://a.example/?x=y", audience: v}]`), noOtherURL),
	refused("an issuer's URL has no variable", tenantWith(`[{name: a, url: "https://a.example/${aws:username}", audience: v}]`), noOtherURL),
	refused("an issuer's URL carries no credentials", tenantWith(`[{name: a, url: "https://u:p@a.example", audience: v}]`), noOtherURL),
	refused("an issuer's URL is short", tenantWith(`[{name: a, url: "https://`+long(250)+`", audience: v}]`), `spec.tenants[0].issuers[0].url: Too long`),
	refused("an issuer has an audience", tenantWith(`[{name: a, url: "https://a.example"}]`), `spec.tenants[0].issuers[0].audience: Required value`),
	refused("an audience is not empty", tenantWith(`[{name: a, url: "https://a.example", audience: ""}]`), `at least 1 chars`),
	refused("an audience is one word", tenantWith(`[{name: a, url: "https://a.example", audience: "a b"}]`), `spec.tenants[0].issuers[0].audience in body should match`),
	refused("an audience has no variable", tenantWith(`[{name: a, url: "https://a.example", audience: "${a}"}]`), `spec.tenants[0].issuers[0].audience in body should match`),
	refused("an audience is short", tenantWith(`[{name: a, url: "https://a.example", audience: `+long(129)+`}]`), `spec.tenants[0].issuers[0].audience: Too long`),

	refused("ServiceAccounts' issuer has a URL", `spec: {serviceAccountIssuer: {audience: v}}`, `spec.serviceAccountIssuer.url: Required value`),
	refused("it is not empty", `spec: {serviceAccountIssuer: {url: "", audience: v}}`, `at least 1 chars`, noOtherURL),
	refused("it is https", `spec: {serviceAccountIssuer: {url: "http://c.example", audience: v}}`, noOtherURL),
	refused("it is short", `spec: {serviceAccountIssuer: {url: "https://`+long(250)+`", audience: v}}`, `spec.serviceAccountIssuer.url: Too long`),
	refused("ServiceAccounts' issuer has an audience", `spec: {serviceAccountIssuer: {url: "https://c.example"}}`, `spec.serviceAccountIssuer.audience: Required value`),
	refused("their audience is not empty", `spec: {serviceAccountIssuer: {url: "https://c.example", audience: ""}}`, `at least 1 chars`),
	refused("their audience is one word", `spec: {serviceAccountIssuer: {url: "https://c.example", audience: "a b"}}`, `spec.serviceAccountIssuer.audience in body should match`),
	refused("their audience is short", `spec: {serviceAccountIssuer: {url: "https://c.example", audience: `+long(129)+`}}`, `spec.serviceAccountIssuer.audience: Too long`),
}

func federation(issuer, claim, value string) string {
	return `spec: {federation: {issuer: ` + issuer + `, claim: ` + claim + `, value: ` + value + `}}`
}

// sessionCases are about who is in a UserGroup beside its members by name.
var sessionCases = []refusable{
	accepted("a group is one claim's holders", `spec: {members: null, federation: {issuer: acme-sso, claim: groups, value: Marketing & Sales}}`),
	accepted("a claim may be named by a URL", federation(`acme-sso`, `"https://acme.example/claims/groups"`, `x`)),
	accepted("a group has ServiceAccounts", `spec: {serviceAccounts: [cms, app.v2]}`),
	accepted("the longest list of ServiceAccounts fits", `spec: {serviceAccounts: `+many(32, long(251)+"%02d")+`}`),
	accepted("a group has mail domains", `spec: {memberDomains: [acme.example, localhost]}`),
	accepted("the longest list of mail domains fits", `spec: {memberDomains: `+many(16, long(251)+"%02d")+`}`),

	refused("a claim is of an issuer", federation(`null`, `groups`, `x`), `spec.federation.issuer: Required value`),
	refused("the issuer has a name", federation(`""`, `groups`, `x`), `at least 1 chars`),
	refused("the issuer is named, and not by its URL", federation(`"https://id.acme.example"`, `groups`, `x`), `spec.federation.issuer in body should match`),
	refused("the issuer's name is short", federation(long(64), `groups`, `x`), `spec.federation.issuer: Too long`),
	refused("a claim is named", federation(`a`, `null`, `x`), `spec.federation.claim: Required value`),
	refused("a claim's name is not empty", federation(`a`, `""`, `x`), `at least 1 chars`),
	refused("a claim's name is one word", federation(`a`, `"my groups"`, `x`), `spec.federation.claim in body should match`),
	refused("a claim's name is short", federation(`a`, long(129), `x`), `spec.federation.claim: Too long`),
	refused("an audience says nothing of a person", federation(`a`, `aud`, `x`), `name a claim such as groups or sub`),
	refused("a time says nothing of a person", federation(`a`, `exp`, `x`), `name a claim such as groups or sub`),
	refused("a claim has a value", federation(`a`, `groups`, `null`), `spec.federation.value: Required value`),
	refused("a claim's value is not empty", federation(`a`, `groups`, `""`), `at least 1 chars`),
	refused("a claim's value has no line break", federation(`a`, `groups`, `"a\nb"`), `spec.federation.value in body should match`),
	refused("a claim's value is no variable", federation(`a`, `groups`, `"${aws:username}"`), `choose another value at the issuer`),
	refused("a claim's value is short", federation(`a`, `groups`, long(257)), `spec.federation.value: Too long`),

	refused("a list of ServiceAccounts has one", `spec: {serviceAccounts: []}`, `spec.serviceAccounts in body should have at least 1 items`),
	refused("there are at most 32 ServiceAccounts", `spec: {serviceAccounts: `+many(33, "a%d")+`}`, `spec.serviceAccounts: Too many`),
	refused("a ServiceAccount is there once", `spec: {serviceAccounts: [cms, cms]}`, `spec.serviceAccounts[1]: Duplicate value`),
	refused("a ServiceAccount has a name", `spec: {serviceAccounts: [""]}`, `at least 1 chars`),
	refused("a ServiceAccount is of this namespace", `spec: {serviceAccounts: ["northlight:cms"]}`, `spec.serviceAccounts[0] in body should match`),
	refused("a ServiceAccount's name can exist", `spec: {serviceAccounts: [`+long(254)+`]}`, `spec.serviceAccounts[0]: Too long`),

	refused("a list of mail domains has one", `spec: {memberDomains: []}`, `spec.memberDomains in body should have at least 1 items`),
	refused("there are at most 16 mail domains", `spec: {memberDomains: `+many(17, "a%d")+`}`, `spec.memberDomains: Too many`),
	refused("a mail domain is there once", `spec: {memberDomains: [a.example, a.example]}`, `spec.memberDomains[1]: Duplicate value`),
	refused("a mail domain is not empty", `spec: {memberDomains: [""]}`, `at least 1 chars`),
	refused("a mail domain is in small letters", `spec: {memberDomains: [Acme.example]}`, `spec.memberDomains[0] in body should match`),
	refused("all domains are none", `spec: {memberDomains: ["*"]}`, `spec.memberDomains[0] in body should match`),
	refused("a mail domain has no at sign", `spec: {memberDomains: ["@acme.example"]}`, `spec.memberDomains[0] in body should match`),
	refused("a mail domain is short", `spec: {memberDomains: [`+long(254)+`]}`, `spec.memberDomains[0]: Too long`),
}

// No two names differ by case alone: capitals are refused, in names and wherever one is referred to.
//
// features: K8
func TestNamesDifferByMoreThanCase(t *testing.T) {
	for _, tb := range tables {
		object := tb.object(t, `{metadata: {name: Marketing}}`)
		_, err := server.resource(tb.kind).Create(t.Context(), object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if !apierrors.IsInvalid(err) {
			t.Errorf("%s Marketing: %v", tb.kind, err)
		}
	}
	for kind, change := range map[string]string{
		"UserGroup":   `spec: {members: [Alice]}`,
		"RoleBinding": `spec: {subjects: [{kind: UserGroup, name: Marketing}]}`,
	} {
		for _, tb := range tables {
			if tb.kind != kind {
				continue
			}
			_, err := server.resource(kind).Create(t.Context(), tb.object(t, change), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			if !apierrors.IsInvalid(err) {
				t.Errorf("%s with %s: %v", kind, change, err)
			}
		}
	}
}
