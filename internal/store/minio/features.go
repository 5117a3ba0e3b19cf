package minio

import (
	"context"
	"errors"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// Features implements identity.Driver. Web identity is there when somebody configured a provider whose tokens name policies by a claim.
func (d *Driver) Features(ctx context.Context, _ identity.Identity) (identity.Features, error) {
	name, err := d.claimProvider(ctx)
	// Whoever may manage users need not be allowed to read the configuration: what cannot be seen is not relied on.
	if err != nil && !errors.Is(err, conn.ErrDenied) && !errors.Is(err, conn.ErrNotFound) && !errors.Is(err, conn.ErrInvalid) {
		return identity.Features{}, err
	}
	return identity.Features{Groups: true, ManagedPolicies: true, WebIdentity: name != ""}, nil
}
