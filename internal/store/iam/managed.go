package iam

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// managed keeps documents as policies of their own, which are attached. A holder's policies have a path of their own, so that one short
// listing finds them all, those that a cut left unattached too.
type managed struct{ *Driver }

func policyPath(h identity.Holder) string { return h.Path + h.Name + "/" }

// policy is one of ours: found, attached, or both.
type policy struct {
	arn      string
	version  string // the default one
	attached bool
}

func (w managed) held(ctx context.Context, h identity.Holder) (identity.Held, error) {
	attached, err := w.attached(ctx, h)
	if err != nil {
		return identity.Held{}, err
	}
	var found identity.Held
	for _, a := range attached {
		name := aws.ToString(a.PolicyName)
		var document []byte
		if _, ours := identity.ShardOf(h.Name, name); ours {
			if document, err = w.document(ctx, aws.ToString(a.PolicyArn)); errors.Is(err, conn.ErrNotFound) {
				continue
			}
			if err != nil {
				return identity.Held{}, err
			}
		}
		sortInto(&found, h.Name, name, document)
	}
	return found, nil
}

func (w managed) set(ctx context.Context, h identity.Holder, shard int, document []byte) error {
	name := identity.DocumentName(h.Name, shard)
	attached, err := w.attached(ctx, h)
	if err != nil {
		return err
	}
	p, err := w.find(ctx, h, name)
	if err != nil {
		return err
	}
	for _, a := range attached {
		if aws.ToString(a.PolicyName) == name {
			p.arn, p.attached = aws.ToString(a.PolicyArn), true
		}
	}
	if document == nil {
		return w.remove(ctx, h, p)
	}
	if p.arn, err = w.write(ctx, h, name, p, document); err != nil || p.attached {
		return err
	}
	return w.attach(ctx, h, p.arn)
}

func (w managed) drop(ctx context.Context, h identity.Holder) error {
	attached, err := w.attached(ctx, h)
	if err != nil {
		return err
	}
	for _, a := range attached {
		if err := w.detach(ctx, h, aws.ToString(a.PolicyArn)); err != nil {
			return err
		}
	}
	return w.dropUnattached(ctx, h)
}

// dropUnattached removes a holder's policies that are attached to nobody any more.
func (w managed) dropUnattached(ctx context.Context, h identity.Holder) error {
	all, err := w.list(ctx, h)
	if err != nil {
		return err
	}
	for _, found := range all {
		if err := w.deletePolicy(ctx, aws.ToString(found.Arn)); err != nil {
			return err
		}
	}
	return nil
}

func (w managed) find(ctx context.Context, h identity.Holder, name string) (policy, error) {
	all, err := w.list(ctx, h)
	if err != nil {
		return policy{}, err
	}
	for _, found := range all {
		if aws.ToString(found.PolicyName) == name {
			return policy{arn: aws.ToString(found.Arn), version: aws.ToString(found.DefaultVersionId)}, nil
		}
	}
	return policy{}, nil
}

func (w managed) list(ctx context.Context, h identity.Holder) ([]types.Policy, error) {
	var all []types.Policy
	pages := iam.NewListPoliciesPaginator(w.client, &iam.ListPoliciesInput{PathPrefix: aws.String(policyPath(h)), Scope: types.PolicyScopeTypeLocal})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate("list policies of "+h.Name, err)
		}
		all = append(all, page.Policies...)
	}
	return all, nil
}

// remove detaches and removes a policy, doing only what is left to do.
func (w managed) remove(ctx context.Context, h identity.Holder, p policy) error {
	if p.attached {
		if err := w.detach(ctx, h, p.arn); err != nil {
			return err
		}
	}
	if p.arn == "" {
		return nil
	}
	return w.deletePolicy(ctx, p.arn)
}

// write makes a policy, or gives it a new version unless it says the same already, and tells its ARN.
func (w managed) write(ctx context.Context, h identity.Holder, name string, p policy, document []byte) (string, error) {
	op := "write policy " + name
	if p.arn == "" {
		out, err := w.client.CreatePolicy(ctx, &iam.CreatePolicyInput{
			PolicyName: aws.String(name), Path: aws.String(policyPath(h)), PolicyDocument: latin(document),
			Description: aws.String("Written by Vitrine; changes by hand are undone"), Tags: toTags(map[string]string{"vitrine:holder": h.Name}),
		})
		if err != nil {
			return "", tooLarge(translate(op, err), false)
		}
		if out.Policy == nil || aws.ToString(out.Policy.Arn) == "" {
			return "", &conn.Error{Op: op, Kind: conn.ErrUnreachable, Message: "the answer holds no policy"}
		}
		return aws.ToString(out.Policy.Arn), nil
	}
	now, err := w.version(ctx, p.arn, p.version)
	if err != nil {
		return "", err
	}
	if identity.SameDocument(now, document) {
		return p.arn, nil
	}
	if err := w.makeRoom(ctx, p.arn); err != nil {
		return "", err
	}
	_, err = w.client.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: aws.String(p.arn), PolicyDocument: latin(document), SetAsDefault: true})
	return p.arn, tooLarge(translate(op, err), false)
}

// versionsKept is how many versions a policy may have.
const versionsKept = 5

// makeRoom deletes the oldest version that is not in force when there is no room for another.
func (w managed) makeRoom(ctx context.Context, arn string) error {
	versions, err := w.versions(ctx, arn)
	if err != nil || len(versions) < versionsKept {
		return err
	}
	old := slices.DeleteFunc(versions, func(v types.PolicyVersion) bool { return v.IsDefaultVersion })
	oldest := slices.MinFunc(old, func(a, b types.PolicyVersion) int { return aws.ToTime(a.CreateDate).Compare(aws.ToTime(b.CreateDate)) })
	return w.deleteVersion(ctx, arn, aws.ToString(oldest.VersionId))
}
