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

// Keys implements identity.Driver.
func (d *Driver) Keys(ctx context.Context, name string) ([]identity.AccessKey, error) {
	var list []identity.AccessKey
	pages := iam.NewListAccessKeysPaginator(d.client, &iam.ListAccessKeysInput{UserName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate("list access keys of user "+name, err)
		}
		for _, key := range page.AccessKeyMetadata {
			list = append(list, identity.AccessKey{
				ID:        aws.ToString(key.AccessKeyId),
				Active:    key.Status == types.StatusTypeActive,
				CreatedAt: aws.ToTime(key.CreateDate).UTC(),
			})
		}
	}
	return list, nil
}

// IssueKey implements identity.Driver.
func (d *Driver) IssueKey(ctx context.Context, name string) (identity.AccessKey, error) {
	op := "issue an access key to user " + name
	out, err := d.client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String(name)})
	if err != nil {
		return identity.AccessKey{}, translate(op, err)
	}
	if out.AccessKey == nil || aws.ToString(out.AccessKey.AccessKeyId) == "" || aws.ToString(out.AccessKey.SecretAccessKey) == "" {
		return identity.AccessKey{}, &conn.Error{Op: op, Kind: conn.ErrUnreachable, Message: "the answer holds no key"}
	}
	key := out.AccessKey
	return identity.AccessKey{
		ID:        aws.ToString(key.AccessKeyId),
		Secret:    conn.Secret(aws.ToString(key.SecretAccessKey)),
		Active:    key.Status == types.StatusTypeActive,
		CreatedAt: aws.ToTime(key.CreateDate).UTC(),
	}, nil
}

// DeleteKey implements identity.Driver.
func (d *Driver) DeleteKey(ctx context.Context, name, keyID string) error {
	_, err := d.client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String(name), AccessKeyId: aws.String(keyID)})
	err = translate("delete access key "+keyID+" of user "+name, err)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}

func (d *Driver) deleteKeys(ctx context.Context, name string) error {
	keys, err := d.Keys(ctx, name)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := d.DeleteKey(ctx, name, key.ID); err != nil {
			return err
		}
	}
	return nil
}
