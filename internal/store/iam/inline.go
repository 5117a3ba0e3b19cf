package iam

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// inline keeps documents within users and groups.
type inline struct{ *Driver }

func (w inline) held(ctx context.Context, h identity.Holder) (identity.Held, error) {
	names, err := w.names(ctx, h)
	if err != nil {
		return identity.Held{}, err
	}
	var found identity.Held
	for _, name := range names {
		var document []byte
		if _, ours := identity.ShardOf(h.Name, name); ours {
			if document, err = w.get(ctx, h, name); errors.Is(err, conn.ErrNotFound) {
				continue // it went meanwhile
			}
			if err != nil {
				return identity.Held{}, err
			}
		}
		sortInto(&found, h.Name, name, document)
	}
	return found, nil
}

func (w inline) set(ctx context.Context, h identity.Holder, shard int, document []byte) error {
	name := identity.DocumentName(h.Name, shard)
	now, err := w.get(ctx, h, name)
	if err != nil && !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	switch {
	case document == nil && err != nil:
		return w.exists(ctx, h)
	case document == nil:
		return w.remove(ctx, h, name)
	case err == nil && identity.SameDocument(now, document):
		return nil
	default:
		return tooLarge(w.put(ctx, h, name, document), true)
	}
}

func (w inline) drop(ctx context.Context, h identity.Holder) error {
	names, err := w.names(ctx, h)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := w.remove(ctx, h, name); err != nil {
			return err
		}
	}
	return nil
}

// exists is ErrNotFound when the holder does not exist; an absent document alone does not tell.
func (w inline) exists(ctx context.Context, h identity.Holder) error {
	_, err := w.names(ctx, h)
	return err
}

func (w inline) names(ctx context.Context, h identity.Holder) ([]string, error) {
	op := "list inline policies of " + h.Name
	var names []string
	if h.Kind == identity.HolderGroup {
		pages := iam.NewListGroupPoliciesPaginator(w.client, &iam.ListGroupPoliciesInput{GroupName: aws.String(h.Name)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, translate(op, err)
			}
			names = append(names, page.PolicyNames...)
		}
		return names, nil
	}
	pages := iam.NewListUserPoliciesPaginator(w.client, &iam.ListUserPoliciesInput{UserName: aws.String(h.Name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate(op, err)
		}
		names = append(names, page.PolicyNames...)
	}
	return names, nil
}

func (w inline) get(ctx context.Context, h identity.Holder, name string) ([]byte, error) {
	op := "read policy " + name
	if h.Kind == identity.HolderGroup {
		out, err := w.client.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: aws.String(h.Name), PolicyName: aws.String(name)})
		if err != nil {
			return nil, translate(op, err)
		}
		return decoded(aws.ToString(out.PolicyDocument)), nil
	}
	out, err := w.client.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: aws.String(h.Name), PolicyName: aws.String(name)})
	if err != nil {
		return nil, translate(op, err)
	}
	return decoded(aws.ToString(out.PolicyDocument)), nil
}

func (w inline) put(ctx context.Context, h identity.Holder, name string, document []byte) error {
	op, text := "write policy "+name, latin(document)
	if h.Kind == identity.HolderGroup {
		_, err := w.client.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: aws.String(h.Name), PolicyName: aws.String(name), PolicyDocument: text})
		return translate(op, err)
	}
	_, err := w.client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String(h.Name), PolicyName: aws.String(name), PolicyDocument: text})
	return translate(op, err)
}

func (w inline) remove(ctx context.Context, h identity.Holder, name string) error {
	var err error
	if h.Kind == identity.HolderGroup {
		_, err = w.client.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: aws.String(h.Name), PolicyName: aws.String(name)})
	} else {
		_, err = w.client.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: aws.String(h.Name), PolicyName: aws.String(name)})
	}
	if err = translate("delete policy "+name, err); errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}
