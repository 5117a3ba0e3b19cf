package controllers

import (
	"errors"
	"maps"
	"math"
	"slices"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// documentsAtMost bounds the documents of one identity where the store does not.
const documentsAtMost = 32

// byIdentity tells whether rights hang on identities at a store, and how.
func byIdentity(declared *v1alpha1.ObjectStore) (by store.Enforcement, is bool) {
	c := declared.Status.Capabilities
	if c == nil || c.Enforcement == "" || c.Enforcement == v1alpha1.EnforcementBucketPolicy {
		return "", false
	}
	return store.Enforcement(c.Enforcement), true
}

// wholeListsOnly tells whether parts of a bucket may not be listed at a store,
// since a client could have the whole told.
func wholeListsOnly(declared *v1alpha1.ObjectStore) bool {
	c := declared.Status.Capabilities
	return c != nil && c.PrefixConditions != v1alpha1.CapabilitySupported && declared.Spec.UntrustedConditions != v1alpha1.UntrustedConditionsAccept
}

// optionsOf are what a store takes of documents.
func optionsOf(declared *v1alpha1.ObjectStore) policy.Options {
	c := declared.Status.Capabilities
	if c == nil {
		return policy.Options{}
	}
	return policy.Options{
		MaxBytes: int(c.PolicyBytes), MaxDocuments: orElse(int(c.DocumentsPerHolder), documentsAtMost),
		// Where a client can get around them they end the right of whoever does not, even while no manager runs.
		Ends:   c.DateConditions == v1alpha1.CapabilitySupported || c.DateConditions == v1alpha1.CapabilityUntrusted,
		Latin1: declared.Spec.Driver == v1alpha1.DriverIAM,
	}
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// plan says what is to hang on the identities of a tenant, and on the group that gives the gateway its links;
// in are the UserGroups that Users are in at the store, where that is known.
func (made *rendering) plan(tenant *Tenant, declared *v1alpha1.ObjectStore, in map[string][]string) {
	groups := make([]string, 0, len(tenant.Declared.UserGroups))
	for i := range tenant.Declared.UserGroups {
		groups = append(groups, tenant.Declared.UserGroups[i].Name)
	}
	made.attachments = policy.Plan(policy.PlanInput{
		Model: tenant.Model, At: made.at, Users: made.principals.users, Groups: groups, Buckets: made.buckets,
		GroupsPerUser: orElse(int(declared.Status.Capabilities.GroupsPerUser), math.MaxInt), In: in, WholeListsOnly: wholeListsOnly(declared),
		Claims: slices.Collect(maps.Keys(made.principals.claims)), ClaimBytes: made.principals.claimBytes,
		Options: optionsOf(declared),
	})
	made.planGateway(optionsOf(declared))
}

// planAmong plans again where a User's rights do not fit, who may then have to stay in groups.
func (made *rendering) planAmong(tenant *Tenant, declared *v1alpha1.ObjectStore, held map[store.Holder]store.Held) {
	if !slices.ContainsFunc(made.attachments, func(a policy.Attachment) bool {
		return a.Subject.Kind == v1alpha1.SubjectUser && errors.Is(a.Err, policy.ErrTooLarge)
	}) {
		return
	}
	users := map[string]string{} // by name at the store
	for i := range tenant.Declared.Users {
		user := tenant.Declared.Users[i].Name
		users[userIdentity(declared, tenant.Namespace, user).Name] = user
	}
	in := map[string][]string{}
	installation := declared.Spec.InstallationID
	for i := range tenant.Declared.UserGroups {
		group := tenant.Declared.UserGroups[i].Name
		holder := store.Holder{Kind: store.HolderGroup, Path: store.IdentityPath(installation, tenant.Namespace), Name: store.Name(installation, tenant.Namespace, "UserGroup", group)}
		for _, member := range held[holder].Members {
			if user := users[member]; user != "" {
				in[user] = append(in[user], group)
			}
		}
	}
	made.plan(tenant, declared, in)
}
