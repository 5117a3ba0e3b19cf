package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// claimStore is a store where a token's claim names policies: what it trusts is set
// there, the same for all who use it, and a value names one policy in the whole of it.
type claimStore struct {
	store.ClaimTrust
	// check says why a value can name no policy of ours.
	check func(value string) string
}

// claimStoreOf reads what a store is configured with; nil where claims name no policies, or
// the administrator's key may not see it.
func claimStoreOf(ctx context.Context, connection Connection) (*claimStore, error) {
	claims := connection.Claims()
	if claims == nil || !hasWebIdentity(connection.Declared) {
		return nil, nil
	}
	trust, err := claims.ClaimTrust(ctx)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDenied) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading whose tokens the store takes: %w", err)
	}
	return &claimStore{trust, claims.CheckClaim}, nil
}

// admits says why the store cannot keep what is declared of one subject's tokens; nil when it can.
func (c *claimStore) admits(declared *v1alpha1.ObjectStore, subject string, wanted store.Trust) error {
	_, account, _ := access.ParseSession(subject)
	told := v1alpha1.ReasonIssuerNotAdmitted
	if account != "" {
		told = v1alpha1.ReasonFederationUnsupported
	}
	if n := len(declared.NamespacesAdmitted()); n > 1 {
		return stall(v1alpha1.ReasonFederationUnsupported, "at the store of ObjectStore %q a claim's value means the same for everybody, so one namespace alone may sign in by tokens there, and %d are admitted; make Users with access keys, or have the platform team give this namespace a store of its own", declared.Name, n)
	}
	if c.Issuer != wanted.Issuer || c.Audience != wanted.Audience {
		return stall(told, "the store of ObjectStore %q itself takes tokens of %s for %q alone, and what is admitted is %s for %q; have the platform team make both the same, in the ObjectStore or where the store is configured", declared.Name, c.Issuer, c.Audience, wanted.Issuer, wanted.Audience)
	}
	if c.Claim != wanted.Claim && account != "" {
		return stall(v1alpha1.ReasonFederationUnsupported, "the store of ObjectStore %q looks into the claim %q of tokens alone, so ServiceAccounts cannot sign in there; make Users with access keys, or take spec.serviceAccounts out", declared.Name, c.Claim)
	}
	if c.Claim != wanted.Claim {
		return stall(v1alpha1.ReasonFederationUnsupported, "the store of ObjectStore %q looks into the claim %q of tokens alone; name that in spec.federation.claim", declared.Name, c.Claim)
	}
	if why := c.check(wanted.Value); why != "" {
		return stall(v1alpha1.ReasonFederationUnsupported, "at the store of ObjectStore %q a claim's value is the name of a policy, and %q %s; have the issuer call the group otherwise, and name that in spec.federation.value", declared.Name, wanted.Value, why)
	}
	return nil
}

// oneForEachValue refuses all but the first subject that names a value: the group that was there first.
func (s *sessions) oneForEachValue(tenant *Tenant) {
	since := map[string]v1alpha1.UserGroup{}
	for _, group := range tenant.Declared.UserGroups {
		since[access.ClaimSubject(group.Name)] = group
	}
	first := map[string]string{} // by value
	for _, subject := range slices.SortedFunc(maps.Keys(s.claims), func(a, b string) int {
		one, other := since[a].CreationTimestamp, since[b].CreationTimestamp
		return cmp.Or(one.Compare(other.Time), cmp.Compare(a, b))
	}) {
		value := s.claims[subject].Value
		other, taken := first[value]
		if !taken {
			first[value] = subject
			continue
		}
		delete(s.claims, subject)
		s.refused[subject] = stall(v1alpha1.ReasonConflict, "%s has the same value %q, and the store has one policy for each; bind what this group has to the other one, and take one of them away", calledSession(other), value)
	}
}

// claimPrincipal stands for the holders of a claim's value where principals are compared. No policy names it.
func claimPrincipal(declared *v1alpha1.ObjectStore, namespace, value string) string {
	return "claim:" + store.IdentityPath(declared.Spec.InstallationID, namespace) + value
}

// valueTaken says that somebody else's policy has the name that a claim's value gives.
func valueTaken(declared *v1alpha1.ObjectStore, value string) error {
	return stall(v1alpha1.ReasonConflict, "at the store of ObjectStore %q there is a policy %q that is not of this namespace, and Vitrine leaves it alone: whoever holds the claim has what it gives and nothing of what is declared; have the platform team remove it, or the issuer call the group otherwise", declared.Name, value)
}

// removeClaims takes away the policies for claims below a path that Vitrine made.
func (d *Deps) removeClaims(ctx context.Context, connection Connection, path string) error {
	by, is := byIdentity(connection.Declared)
	if !is || connection.Claims() == nil {
		return nil
	}
	holders := connection.Holders(by)
	held, err := holders.Held(ctx, path)
	if err != nil {
		return fmt.Errorf("looking for policies that claims name: %w", err)
	}
	for holder := range held {
		if holder.Kind != store.HolderClaim {
			continue
		}
		if err := holders.SetDocument(ctx, holder, 0, nil); err != nil {
			return fmt.Errorf("removing a policy that a claim names: %w", err)
		}
	}
	return nil
}
