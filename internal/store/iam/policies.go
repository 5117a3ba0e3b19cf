package iam

import (
	"context"

	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// InlinePolicies gives the policies that a user has of their own, by name, as JSON.
func (d *Driver) InlinePolicies(ctx context.Context, name string) (map[string][]byte, error) {
	w, user := inline{d}, identity.Holder{Kind: identity.HolderUser, Name: name}
	names, err := w.names(ctx, user)
	if err != nil {
		return nil, err
	}
	found := make(map[string][]byte, len(names))
	for _, policy := range names {
		if found[policy], err = w.get(ctx, user, policy); err != nil {
			return nil, err
		}
	}
	return found, nil
}
