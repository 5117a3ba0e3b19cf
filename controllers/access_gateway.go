package controllers

import (
	"errors"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// gatewayMember stands for the gateway among the members of a group. No User can be called so.
const gatewayMember = "the gateway"

// gatewayGroup is the group that holds what a tenant's links give the gateway, at stores
// whose rights hang on identities. The gateway has one identity at a store and many tenants: did
// their rights hang on that, each would write over those of all others, and nobody would take away
// those of a tenant that is no more. The group is in the tenant's own path, so the tenant's compiler
// is the only one that writes it, and it goes with the tenant.
func gatewayGroup(installation, namespace string) store.Holder {
	return store.Holder{
		Kind: store.HolderGroup, Path: store.IdentityPath(installation, namespace),
		Name: store.Name(installation, namespace, "Gateway", "links"),
	}
}

// planGateway says what the tenant's live links give the gateway. Without any
// there is no group.
func (made *rendering) planGateway(o policy.Options) {
	if made.principals.gateway == "" {
		return
	}
	a := policy.Attachment{Allows: policy.LinkAllows(made.principals.gateway, made.links...), Members: []string{gatewayMember}}
	if len(a.Allows) == 0 {
		return
	}
	a.Documents, a.Err = policy.Attach(gatewayMember, a.Allows, o)
	made.attachments = append(made.attachments, a)
}

// explainJoin says what to do when a store lets the gateway into no more groups: it
// is in one for each tenant with links.
func explainJoin(member string, err error) error {
	if !errors.Is(err, store.ErrLimit) || member != gatewayMember {
		return err
	}
	return stall(v1alpha1.ReasonPolicyTooLarge,
		"no link of this namespace opens at this store: the gateway is in a group for each namespace with links, and the store lets it into no more of them (%v); keep the Libraries of further namespaces at another ObjectStore, or have the store's limit of groups per user raised", err)
}
