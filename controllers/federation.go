package controllers

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"sync"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// sessions are what a tenant's declarations ask for at a store so that tokens open
// sessions, by the model's subject, and why others have nothing.
type sessions struct {
	// wanted are roles.
	wanted map[string]store.SessionRole
	// claims are whose tokens have a policy by their claim's value, where there are no roles.
	claims  map[string]store.Trust
	refused map[string]error
}

// sessionsAt says which roles, or policies by a claim's value, a tenant's groups and ServiceAccounts are to have at
// a store; claims is nil for roles. Who is frozen or going has none, and that is no refusal.
func sessionsAt(declared *v1alpha1.ObjectStore, tenant *Tenant, claims *claimStore) sessions {
	s := sessions{wanted: map[string]store.SessionRole{}, claims: map[string]store.Trust{}, refused: map[string]error{}}
	live := map[string]bool{}
	for _, subject := range tenant.Model.Sessions() {
		live[subject] = true
	}
	for i := range tenant.Declared.UserGroups {
		group := &tenant.Declared.UserGroups[i]
		for _, subject := range access.DeclaredSessions(group) {
			if !live[subject] {
				continue
			}
			trust, err := trustOf(declared, tenant.Namespace, group, subject)
			if err == nil && claims != nil {
				err = claims.admits(declared, subject, trust)
			} else if err == nil {
				err = takesRoles(declared, trust)
			}
			switch {
			case err != nil:
				s.refused[subject] = err
			case claims != nil:
				s.claims[subject] = trust
			default:
				s.wanted[subject] = sessionRole(declared, tenant.Namespace, subject, trust)
			}
		}
	}
	s.oneForEachValue(tenant)
	return s
}

// takesRoles says why a store that is to have roles cannot have one for these tokens; nil when it can.
func takesRoles(declared *v1alpha1.ObjectStore, trust store.Trust) error {
	if _, is := byIdentity(declared); is {
		return stall(v1alpha1.ReasonFederationUnsupported, "rights at the store of ObjectStore %q hang on users and groups, so a session there would have none; make Users with access keys, or use another store", declared.Name)
	}
	if u, err := url.Parse(trust.Issuer); err != nil || u.Port() != "" {
		return stall(v1alpha1.ReasonIssuerNotAdmitted, "the store of ObjectStore %q takes issuers at https without a port alone, and %s has one; publish the issuer's discovery document at such an address", declared.Name, trust.Issuer)
	}
	return nil
}

// trustOf says whose tokens open a subject's sessions, or why nobody's do.
func trustOf(declared *v1alpha1.ObjectStore, namespace string, group *v1alpha1.UserGroup, subject string) (store.Trust, error) {
	if !declared.AdmitsNamespace(namespace) {
		return store.Trust{}, stall(v1alpha1.ReasonNotAdmitted, "ObjectStore %q does not admit namespace %q; ask the platform team to add it to spec.tenants", declared.Name, namespace)
	}
	c := declared.Status.Capabilities
	if c == nil || c.WebIdentity == "" {
		return store.Trust{}, unfit(nil)
	}
	if c.WebIdentity != v1alpha1.CapabilitySupported {
		return store.Trust{}, stall(v1alpha1.ReasonFederationUnsupported, "the store of ObjectStore %q opens no sessions for tokens; make Users with access keys, or use another store", declared.Name)
	}
	if _, account, _ := access.ParseSession(subject); account != "" {
		issuer := declared.Spec.ServiceAccountIssuer
		if issuer == nil {
			return store.Trust{}, stall(v1alpha1.ReasonIssuerNotAdmitted, "ObjectStore %q takes no tokens of ServiceAccounts; ask the platform team to set its spec.serviceAccountIssuer, or take spec.serviceAccounts out", declared.Name)
		}
		return store.Trust{Issuer: issuer.URL, Audience: issuer.Audience, Claim: "sub", Value: accountValue(namespace, account)}, nil
	}
	f := group.Spec.Federation
	issuer := declared.IssuerFor(namespace, f.Issuer)
	if issuer == nil {
		return store.Trust{}, stall(v1alpha1.ReasonIssuerNotAdmitted, "ObjectStore %q admits no issuer %q for namespace %q; name one of its spec.tenants[].issuers in spec.federation.issuer, or ask the platform team to add it", declared.Name, f.Issuer, namespace)
	}
	return store.Trust{Issuer: issuer.URL, Audience: issuer.Audience, Claim: f.Claim, Value: f.Value}, nil
}

// accountValue is what the claim sub says in a ServiceAccount's tokens.
func accountValue(namespace, account string) string {
	return "system:serviceaccount:" + namespace + ":" + account
}

// sessionRole is who a subject is at a store. With other people behind it, it is another role: see store.SessionRoleName.
func sessionRole(declared *v1alpha1.ObjectStore, namespace, subject string, trust store.Trust) store.SessionRole {
	installation := declared.Spec.InstallationID
	group, account, _ := access.ParseSession(subject)
	kind, name := "UserGroup", group
	if account != "" {
		kind, name = "ServiceAccount", account
	}
	return store.SessionRole{
		Name:  store.SessionRoleName(installation, namespace, kind, name, trust),
		Path:  store.IdentityPath(installation, namespace),
		Trust: trust,
		Tags:  map[string]string{"vitrine:installation": installation, "vitrine:namespace": namespace, "vitrine:kind": kind, "vitrine:name": name},
	}
}

// sessionPrincipals adds the roles that are there to those whom policies may name, or whose claim names a policy, and says
// who has none and why.
func (d *Deps) sessionPrincipals(ctx context.Context, connection Connection, tenant *Tenant, found *principals) error {
	claims, err := claimStoreOf(ctx, connection)
	if err != nil {
		return err
	}
	asked := sessionsAt(connection.Declared, tenant, claims)
	found.refused = asked.refused
	if claims != nil {
		found.claims, found.claimBytes = asked.claims, claims.DocumentBytes
		for subject, trust := range asked.claims {
			found.users[subject] = claimPrincipal(connection.Declared, tenant.Namespace, trust.Value)
		}
		return nil
	}
	roles := connection.Roles()
	if len(asked.wanted) == 0 || roles == nil {
		return nil // nobody waits for what the driver cannot make
	}
	found.sessions = asked.wanted
	there, err := roles.ListRoles(ctx, store.IdentityPath(connection.Declared.Spec.InstallationID, tenant.Namespace))
	if err != nil {
		return fmt.Errorf("listing the tenant's roles: %w", err)
	}
	known := make(map[string]bool, len(there))
	for _, role := range there {
		known[role.Name] = true
	}
	for subject, role := range found.sessions {
		if known[role.Name] {
			found.users[subject] = roles.RolePrincipal(role)
		}
	}
	return nil
}

// noteSessions notes of which sessions' roles the store does not know yet, who is to have none, and how many Users are in each group.
func (c *compiled) noteSessions(tenant *Tenant, who principals) {
	c.refused = map[string]error{}
	maps.Copy(c.refused, who.refused)
	for subject := range who.sessions {
		c.absent[subject] = who.users[subject] == ""
	}
	for i := range tenant.Declared.UserGroups {
		group := &tenant.Declared.UserGroups[i]
		c.shown[object{"UserGroup", group.Name}] = strconv.Itoa(tenant.Model.GroupSize(group.Name)) + " " + firstOf(access.DeclaredSessions(group), c.absent)
	}
}

// Federation remembers which roles there are, for each tenant at each store, and why
// others are not. It is a memory, as Enforcement is.
type Federation struct {
	mu      sync.RWMutex
	results map[tenantAt]map[string]sessionResult
}

// sessionResult is how one subject's role stands at one store.
type sessionResult struct {
	role store.SessionRole
	// arn to assume, and where; empty when it is not there.
	arn, endpoint string
	// byClaim: the claim's value names a policy, so there is no role beside whom it trusts.
	byClaim bool
	// err is why not.
	err error
}

// NewFederation makes an empty one.
func NewFederation() *Federation {
	return &Federation{results: map[tenantAt]map[string]sessionResult{}}
}

// get is false before the first pass.
func (f *Federation) get(at tenantAt) (map[string]sessionResult, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	result, ok := f.results[at]
	return result, ok
}

// set tells whether it says something else than before.
func (f *Federation) set(at tenantAt, now map[string]sessionResult) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, known := f.results[at]
	f.results[at] = now
	return !known || !maps.EqualFunc(before, now, func(a, b sessionResult) bool {
		return a.arn == b.arn && a.byClaim == b.byClaim && a.role.Trust == b.role.Trust && errorText(a.err) == errorText(b.err)
	})
}

func (f *Federation) forget(at tenantAt) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.results, at)
}
