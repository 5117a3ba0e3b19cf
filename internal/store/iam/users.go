package iam

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// mostItems is as many as the IAM API gives in one answer.
const mostItems = 1000

// List implements identity.Driver. AWS leaves tags out of this listing, VersityGW gives them.
func (d *Driver) List(ctx context.Context, pathPrefix string) ([]identity.Identity, error) {
	var list []identity.Identity
	pages := iam.NewListUsersPaginator(d.client, &iam.ListUsersInput{PathPrefix: aws.String(pathPrefix), MaxItems: aws.Int32(mostItems)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate("list users below "+pathPrefix, err)
		}
		for _, user := range page.Users {
			list = append(list, fromUser(user))
		}
	}
	return list, nil
}

// Ensure implements identity.Driver.
func (d *Driver) Ensure(ctx context.Context, id identity.Identity) (bool, error) {
	found, err := d.get(ctx, id.Name)
	if errors.Is(err, conn.ErrNotFound) {
		err = d.create(ctx, id)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, conn.ErrExists) {
			return false, err
		}
		// Somebody was quicker, or an answer got lost: what counts is what is there now.
		found, err = d.get(ctx, id.Name)
	}
	if err != nil {
		return false, err
	}
	if err := checkPath(id, found); err != nil {
		return false, err
	}
	return false, d.completeTags(ctx, id, found)
}

// Delete implements identity.Driver.
func (d *Driver) Delete(ctx context.Context, id identity.Identity) error {
	found, err := d.get(ctx, id.Name)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := checkPath(id, found); err != nil {
		return err
	}
	if err := d.deleteKeys(ctx, id.Name); err != nil {
		return err
	}
	if err := d.deletePolicies(ctx, id.Name); err != nil {
		return err
	}
	if err := d.free(ctx, id); err != nil {
		return err
	}
	_, err = d.client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String(id.Name)})
	if err := translate("delete user "+id.Name, err); err != nil && !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	// Delete, then observe: a finalizer hangs on this.
	_, err = d.get(ctx, id.Name)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return &conn.Error{Op: "delete user " + id.Name, Kind: conn.ErrUnreachable, Message: "it is still there"}
}

func (d *Driver) get(ctx context.Context, name string) (identity.Identity, error) {
	out, err := d.client.GetUser(ctx, &iam.GetUserInput{UserName: aws.String(name)})
	if err != nil {
		return identity.Identity{}, translate("look at user "+name, err)
	}
	if out.User == nil {
		return identity.Identity{}, &conn.Error{Op: "look at user " + name, Kind: conn.ErrUnreachable, Message: "the answer holds no user"}
	}
	return fromUser(*out.User), nil
}

func (d *Driver) create(ctx context.Context, id identity.Identity) error {
	in := &iam.CreateUserInput{UserName: aws.String(id.Name), Tags: toTags(id.Tags)}
	if id.Path != "" {
		in.Path = aws.String(id.Path)
	}
	_, err := d.client.CreateUser(ctx, in)
	return translate("create user "+id.Name, err)
}

// completeTags writes the tags that are missing or differ. Tags that others put are left alone.
func (d *Driver) completeTags(ctx context.Context, want, found identity.Identity) error {
	lacking := lackingTags(want.Tags, found.Tags)
	if len(lacking) == 0 {
		return nil
	}
	_, err := d.client.TagUser(ctx, &iam.TagUserInput{UserName: aws.String(want.Name), Tags: toTags(lacking)})
	return translate("tag user "+want.Name, err)
}

// deletePolicies takes inline policies away, whosever they are: a user with any cannot be deleted.
func (d *Driver) deletePolicies(ctx context.Context, name string) error {
	op := "delete inline policies of user " + name
	pages := iam.NewListUserPoliciesPaginator(d.client, &iam.ListUserPoliciesInput{UserName: aws.String(name)})
	var policies []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return translate(op, err)
		}
		policies = append(policies, page.PolicyNames...)
	}
	for _, policy := range policies {
		_, err := d.client.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: aws.String(name), PolicyName: aws.String(policy)})
		if err := translate(op, err); err != nil && !errors.Is(err, conn.ErrNotFound) {
			return err
		}
	}
	return nil
}

// checkPath keeps us from a user of our name in another path: names are hashes, so a person made it.
func checkPath(want, found identity.Identity) error {
	if want.Path == found.Path || (want.Path == "" && found.Path == "/") {
		return nil
	}
	return fmt.Errorf("user %s has the path %s instead of %s: %w", want.Name, conn.Printable(found.Path), want.Path, conn.ErrForeign)
}

func fromUser(user types.User) identity.Identity {
	return identity.Identity{Name: aws.ToString(user.UserName), Path: aws.ToString(user.Path), Tags: fromTags(user.Tags)}
}
