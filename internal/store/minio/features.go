package minio

import (
	"context"
	"errors"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// Features implements identity.Driver. Web identity is there when somebody configured a provider of it.
func (d *Driver) Features(ctx context.Context, _ identity.Identity) (identity.Features, error) {
	var providers []struct {
		Enabled bool `json:"enabled"`
	}
	err := d.get(ctx, "list web identity providers", "idp-config/openid", nil, true, &providers)
	// Whoever may manage users need not be allowed to read the configuration: what cannot be seen is not relied on.
	if err != nil && !errors.Is(err, conn.ErrDenied) && !errors.Is(err, conn.ErrNotFound) && !errors.Is(err, conn.ErrInvalid) {
		return identity.Features{}, err
	}
	f := identity.Features{Groups: true, ManagedPolicies: true}
	for _, p := range providers {
		f.WebIdentity = f.WebIdentity || p.Enabled
	}
	return f, nil
}
