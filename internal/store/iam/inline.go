package iam

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// InlinePolicies gives the policies that a user has of their own, by name, as JSON.
func (d *Driver) InlinePolicies(ctx context.Context, name string) (map[string][]byte, error) {
	op := "read inline policies of user " + name
	pages := iam.NewListUserPoliciesPaginator(d.client, &iam.ListUserPoliciesInput{UserName: aws.String(name)})
	found := map[string][]byte{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate(op, err)
		}
		for _, policy := range page.PolicyNames {
			one, err := d.client.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: aws.String(name), PolicyName: aws.String(policy)})
			if err != nil {
				return nil, translate(op, err)
			}
			document := aws.ToString(one.PolicyDocument)
			// The API of AWS gives it percent-encoded; not every store does.
			if plain, err := url.PathUnescape(document); err == nil && !strings.HasPrefix(strings.TrimSpace(document), "{") {
				document = plain
			}
			found[policy] = []byte(document)
		}
	}
	return found, nil
}
