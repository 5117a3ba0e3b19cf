package iam

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

var _ identity.Providers = (*Driver)(nil)

// ListProviders implements identity.Providers, with one request for each.
func (d *Driver) ListProviders(ctx context.Context) ([]identity.Provider, error) {
	out, err := d.client.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if err != nil {
		return nil, translate("list issuers", err)
	}
	var list []identity.Provider
	for _, entry := range out.OpenIDConnectProviderList {
		_, host, _ := strings.Cut(aws.ToString(entry.Arn), ":oidc-provider/")
		found, err := d.provider(ctx, host)
		if errors.Is(err, conn.ErrNotFound) {
			continue // gone meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, found)
	}
	return list, nil
}

// EnsureProvider implements identity.Providers. AWS and VersityGW ask the issuer for its certificate when it is made.
func (d *Driver) EnsureProvider(ctx context.Context, want identity.Provider) (bool, error) {
	host, err := hostAndPath(want.Issuer)
	if err != nil {
		return false, err
	}
	found, err := d.provider(ctx, host)
	if errors.Is(err, conn.ErrNotFound) {
		_, err = d.client.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
			Url: aws.String(want.Issuer), ClientIDList: want.Audiences, Tags: toTags(want.Tags),
		})
		err = translate("make issuer "+host+" known", err)
		if !errors.Is(err, conn.ErrExists) {
			return err == nil, err
		}
		found, err = d.provider(ctx, host)
	}
	if err != nil {
		return false, err
	}
	changed := false
	for _, audience := range want.Audiences {
		if slices.Contains(found.Audiences, audience) {
			continue
		}
		_, err := d.client.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: aws.String(d.providerARN(host)), ClientID: aws.String(audience),
		})
		if err := translate("add an audience to issuer "+host, err); err != nil {
			return changed, err
		}
		changed = true
	}
	return changed, nil
}

// DeleteProvider implements identity.Providers.
func (d *Driver) DeleteProvider(ctx context.Context, issuer string) error {
	host, err := hostAndPath(issuer)
	if err != nil {
		return err
	}
	_, err = d.client.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(d.providerARN(host))})
	if err := translate("forget issuer "+host, err); err != nil && !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	return nil
}

func (d *Driver) provider(ctx context.Context, host string) (identity.Provider, error) {
	out, err := d.client.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(d.providerARN(host))})
	if err != nil {
		return identity.Provider{}, translate("look at issuer "+host, err)
	}
	return identity.Provider{Issuer: "https://" + host, Audiences: out.ClientIDList, Tags: fromTags(out.Tags)}, nil
}
