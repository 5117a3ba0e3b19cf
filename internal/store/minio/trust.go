package minio

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// trustFresh is how long what the store is configured with serves: to change it takes a restart there, and reading it two sealed answers.
const trustFresh = time.Minute

// trust remembers what the store is configured with.
type trust struct {
	mu    sync.Mutex
	at    time.Time
	known identity.ClaimTrust
}

// discovery is what the address of an issuer's document has after the issuer.
const discovery = "/.well-known/openid-configuration"

// ClaimTrust implements identity.Claims.
func (d *Driver) ClaimTrust(ctx context.Context) (identity.ClaimTrust, error) {
	d.trust.mu.Lock()
	defer d.trust.mu.Unlock()
	if !d.trust.at.IsZero() && d.now().Sub(d.trust.at) < trustFresh {
		return d.trust.known, nil
	}
	name, err := d.claimProvider(ctx)
	if err != nil {
		return identity.ClaimTrust{}, err
	}
	const op = "read the web identity provider"
	if name == "" {
		return identity.ClaimTrust{}, &conn.Error{Op: op, Kind: conn.ErrNotFound, Message: "none is configured whose claims name policies"}
	}
	var provider struct {
		Info []struct {
			Key   string `json:"key"`
			Value string `json:"value"`
		} `json:"info"`
	}
	if err := d.get(ctx, op, "idp-config/openid/"+url.PathEscape(name), nil, true, &provider); err != nil {
		return identity.ClaimTrust{}, err
	}
	set := map[string]string{"claim_name": "policy"} // what is as by default is not told
	for _, i := range provider.Info {
		set[i.Key] = i.Value
	}
	d.trust.known = identity.ClaimTrust{
		Issuer: strings.TrimSuffix(set["config_url"], discovery), Audience: set["client_id"], Claim: set["claim_prefix"] + set["claim_name"],
		DocumentBytes: claimBytes,
	}
	d.trust.at = d.now()
	return d.trust.known, nil
}

// claimProvider names the provider whose tokens name policies by a claim; there is one at most, and empty is none. Others have a role,
// with policies that are the same for all of their tokens.
func (d *Driver) claimProvider(ctx context.Context) (string, error) {
	var providers []struct {
		Name    string `json:"name"`
		Enabled bool   `json:"enabled"`
		RoleARN string `json:"roleARN"`
	}
	err := d.get(ctx, "list web identity providers", "idp-config/openid", nil, true, &providers)
	if errors.Is(err, conn.ErrNotFound) {
		return "", nil
	}
	for _, p := range providers {
		if p.Enabled && p.RoleARN == "" {
			return p.Name, err
		}
	}
	return "", err
}
