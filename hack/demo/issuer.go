package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/vitrine-dam/vitrine/hack/testbed"
)

// The issuer of acme's tokens, as the ObjectStore of the demo admits it.
const (
	issuerName     = "acme-sso"
	issuerAudience = "vitrine"
)

// findNetwork makes the network in which the issuer and the store's IAM service meet:
// the store asks no issuer at a loopback or private address. Without the right to make
// one the demo goes on without a group by claim, and why says so.
func (d *demo) findNetwork(ctx context.Context) (why string, err error) {
	d.network, err = testbed.NewNetwork(ctx)
	if errors.Is(err, testbed.ErrNoNetwork) {
		return err.Error(), nil
	}
	return "", err
}

// startIssuer starts the issuer, where there is a network for it.
func (d *demo) startIssuer() error {
	if d.network == nil {
		return nil
	}
	listener, err := d.network.Listen(443)
	if err != nil {
		return err
	}
	d.issuers, err = testbed.StartIssuers(filepath.Join(d.dir, "issuer"), "https://"+testbed.IssuerAddress, listener)
	return err
}

// stopIssuer ends the issuer and gives its network up.
func (d *demo) stopIssuer() error {
	var err error
	if d.issuers != nil {
		err = d.issuers.Stop()
	}
	if d.network != nil {
		d.network.Close()
	}
	return err
}

// storeOptions let the store ask the issuer.
func (d *demo) storeOptions() testbed.ObjectStoreOptions {
	if d.issuers == nil {
		return testbed.ObjectStoreOptions{}
	}
	return testbed.ObjectStoreOptions{Network: d.network, CAFile: d.issuers.CAFile}
}

// admitIssuer is the part of the overlay that admits the issuer for acme, the first tenant.
func (d *demo) admitIssuer() string {
	if d.issuers == nil {
		return ""
	}
	return fmt.Sprintf("    - {op: add, path: /spec/tenants/0/issuers, value: [{name: %s, url: %q, audience: %s}]}\n",
		issuerName, d.issuers.URL(tenant), issuerAudience)
}

// token is one that the issuer signed for Vitrine, with these groups.
func (d *demo) token(groups ...string) (string, error) {
	return d.issuers.Token(tenant, map[string]any{"aud": issuerAudience, "groups": groups})
}
