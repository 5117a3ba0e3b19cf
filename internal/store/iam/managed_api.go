package iam

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// attached lists what is attached to a holder, by whomever.
func (w managed) attached(ctx context.Context, h identity.Holder) ([]types.AttachedPolicy, error) {
	op := "list what is attached to " + h.Name
	var all []types.AttachedPolicy
	if h.Kind == identity.HolderGroup {
		pages := iam.NewListAttachedGroupPoliciesPaginator(w.client, &iam.ListAttachedGroupPoliciesInput{GroupName: aws.String(h.Name)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, translate(op, err)
			}
			all = append(all, page.AttachedPolicies...)
		}
		return all, nil
	}
	pages := iam.NewListAttachedUserPoliciesPaginator(w.client, &iam.ListAttachedUserPoliciesInput{UserName: aws.String(h.Name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate(op, err)
		}
		all = append(all, page.AttachedPolicies...)
	}
	return all, nil
}

func (w managed) attach(ctx context.Context, h identity.Holder, arn string) error {
	var err error
	if h.Kind == identity.HolderGroup {
		_, err = w.client.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: aws.String(h.Name), PolicyArn: aws.String(arn)})
	} else {
		_, err = w.client.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String(h.Name), PolicyArn: aws.String(arn)})
	}
	return translate("attach a policy to "+h.Name, err)
}

func (w managed) detach(ctx context.Context, h identity.Holder, arn string) error {
	var err error
	if h.Kind == identity.HolderGroup {
		_, err = w.client.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: aws.String(h.Name), PolicyArn: aws.String(arn)})
	} else {
		_, err = w.client.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: aws.String(h.Name), PolicyArn: aws.String(arn)})
	}
	if err = translate("detach a policy from "+h.Name, err); errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}

// document gives what is in force of a policy.
func (w managed) document(ctx context.Context, arn string) ([]byte, error) {
	out, err := w.client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(arn)})
	if err != nil {
		return nil, translate("look at policy "+arn, err)
	}
	if out.Policy == nil {
		return nil, &conn.Error{Op: "look at policy " + arn, Kind: conn.ErrUnreachable, Message: "the answer holds no policy"}
	}
	return w.version(ctx, arn, aws.ToString(out.Policy.DefaultVersionId))
}

func (w managed) version(ctx context.Context, arn, version string) ([]byte, error) {
	out, err := w.client.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: aws.String(arn), VersionId: aws.String(version)})
	if err != nil {
		return nil, translate("read policy "+arn, err)
	}
	if out.PolicyVersion == nil {
		return nil, &conn.Error{Op: "read policy " + arn, Kind: conn.ErrUnreachable, Message: "the answer holds no version"}
	}
	return decoded(aws.ToString(out.PolicyVersion.Document)), nil
}

func (w managed) versions(ctx context.Context, arn string) ([]types.PolicyVersion, error) {
	var all []types.PolicyVersion
	pages := iam.NewListPolicyVersionsPaginator(w.client, &iam.ListPolicyVersionsInput{PolicyArn: aws.String(arn)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate("list versions of policy "+arn, err)
		}
		all = append(all, page.Versions...)
	}
	return all, nil
}

func (w managed) deleteVersion(ctx context.Context, arn, version string) error {
	_, err := w.client.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: aws.String(arn), VersionId: aws.String(version)})
	if err = translate("delete version "+version+" of policy "+arn, err); errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}

// deletePolicy removes a policy that is attached to nobody: its older versions first, or the store refuses.
func (w managed) deletePolicy(ctx context.Context, arn string) error {
	versions, err := w.versions(ctx, arn)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.IsDefaultVersion {
			continue
		}
		if err := w.deleteVersion(ctx, arn, aws.ToString(v.VersionId)); err != nil {
			return err
		}
	}
	_, err = w.client.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String(arn)})
	if err = translate("delete policy "+arn, err); errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}
