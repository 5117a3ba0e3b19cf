package iam

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// inlineBytes is what every store with user policies takes in all, by AWS's quota; VersityGW refuses more with LimitExceeded.
const inlineBytes = 2048

// Features implements identity.Driver. The probe identity must exist, with a tag at least.
func (d *Driver) Features(ctx context.Context, probe identity.Identity) (identity.Features, error) {
	out, err := d.client.GetUser(ctx, &iam.GetUserInput{UserName: aws.String(probe.Name)})
	if err != nil {
		return identity.Features{}, translate("look at the probe's user", err)
	}
	if out.User == nil {
		return identity.Features{}, &conn.Error{Op: "look at the probe's user", Kind: conn.ErrUnreachable, Message: "the answer holds no user"}
	}
	f := identity.Features{Account: accountOf(aws.ToString(out.User.Arn))}
	f.Tags = len(probe.Tags) > 0 && maps.Equal(fromUser(*out.User).Tags, probe.Tags)

	name := aws.String(probe.Name)
	_, err = d.client.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: name})
	inline, err := speaks("list inline policies", err)
	if err != nil {
		return identity.Features{}, err
	}
	if inline {
		f.InlinePolicyBytes = inlineBytes
	}
	_, err = d.client.ListGroups(ctx, &iam.ListGroupsInput{MaxItems: aws.Int32(1)})
	if f.Groups, err = speaks("list groups", err); err != nil {
		return identity.Features{}, err
	}
	_, err = d.client.ListPolicies(ctx, &iam.ListPoliciesInput{MaxItems: aws.Int32(1), Scope: types.PolicyScopeTypeLocal})
	if f.ManagedPolicies, err = speaks("list managed policies", err); err != nil {
		return identity.Features{}, err
	}
	_, err = d.client.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if f.WebIdentity, err = speaks("list web identity providers", err); err != nil {
		return identity.Features{}, err
	}
	return f, nil
}

// speaks tells whether the store knows the operation. Refusals of any kind mean that it cannot be used; silence is an error.
func speaks(op string, err error) (bool, error) { return known(translate(op, err)) }

// known is speaks for an error that was translated before.
func known(err error) (bool, error) {
	if err == nil {
		return true, nil
	}
	if errors.Is(err, conn.ErrInvalid) || errors.Is(err, conn.ErrNotFound) || errors.Is(err, conn.ErrDenied) {
		return false, nil
	}
	return false, err
}

// accountOf takes the account number out of `arn:aws:iam::<account>:user/…`; empty when it is no ARN.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}
