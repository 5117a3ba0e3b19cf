package iam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

var _ identity.Roles = (*Driver)(nil)

// sessionSeconds is identity.SessionLimit as the API takes it.
const sessionSeconds = int32(identity.SessionLimit / time.Second)

// RolePrincipal implements identity.Roles.
func (d *Driver) RolePrincipal(r identity.Role) string {
	return "arn:aws:iam::" + d.account + ":role" + r.Path + r.Name
}

// ListRoles implements identity.Roles.
func (d *Driver) ListRoles(ctx context.Context, pathPrefix string) ([]identity.Role, error) {
	var list []identity.Role
	pages := iam.NewListRolesPaginator(d.client, &iam.ListRolesInput{PathPrefix: aws.String(pathPrefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate("list roles below "+pathPrefix, err)
		}
		for _, r := range page.Roles {
			list = append(list, identity.Role{Name: aws.ToString(r.RoleName), Path: aws.ToString(r.Path), Tags: fromTags(r.Tags)})
		}
	}
	return list, nil
}

// EnsureRole implements identity.Roles. A role whose sessions may last longer is made anew: VersityGW cannot change that.
func (d *Driver) EnsureRole(ctx context.Context, r identity.Role) (bool, error) {
	trust, err := d.trustDocument(r.Trust)
	if err != nil {
		return false, fmt.Errorf("role %s: %w", r.Name, err)
	}
	found, err := d.role(ctx, r.Name)
	if err == nil {
		if err := checkRolePath(r, found); err != nil {
			return false, err
		}
		if aws.ToInt32(found.MaxSessionDuration) > sessionSeconds {
			if err := d.DeleteRole(ctx, r); err != nil {
				return false, err
			}
			return true, d.createRole(ctx, r, trust)
		}
		return d.completeRole(ctx, r, found, trust)
	}
	if !errors.Is(err, conn.ErrNotFound) {
		return false, err
	}
	err = d.createRole(ctx, r, trust)
	if !errors.Is(err, conn.ErrExists) {
		return err == nil, err
	}
	// Somebody was quicker, or an answer got lost: what counts is what is there now.
	if found, err = d.role(ctx, r.Name); err != nil {
		return false, err
	}
	if err := checkRolePath(r, found); err != nil {
		return false, err
	}
	return d.completeRole(ctx, r, found, trust)
}

// DeleteRole implements identity.Roles. Sessions of a role that is gone keep their key until they end, at stores that do not ask: take
// the role out of the bucket policies, and never use its name again for others.
func (d *Driver) DeleteRole(ctx context.Context, r identity.Role) error {
	found, err := d.role(ctx, r.Name)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := checkRolePath(r, found); err != nil {
		return err
	}
	if _, err := d.deleteRolePolicies(ctx, r.Name); err != nil {
		return err
	}
	_, err = d.client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String(r.Name)})
	if err := translate("delete role "+r.Name, err); err != nil && !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	_, err = d.role(ctx, r.Name)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return &conn.Error{Op: "delete role " + r.Name, Kind: conn.ErrUnreachable, Message: "it is still there"}
}

func (d *Driver) role(ctx context.Context, name string) (types.Role, error) {
	out, err := d.client.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
	if err != nil {
		return types.Role{}, translate("look at role "+name, err)
	}
	if out.Role == nil {
		return types.Role{}, &conn.Error{Op: "look at role " + name, Kind: conn.ErrUnreachable, Message: "the answer holds no role"}
	}
	return *out.Role, nil
}

func (d *Driver) createRole(ctx context.Context, r identity.Role, trust string) error {
	_, err := d.client.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String(r.Name), Path: aws.String(r.Path), AssumeRolePolicyDocument: aws.String(trust),
		MaxSessionDuration: aws.Int32(sessionSeconds), Tags: toTags(r.Tags),
	})
	return translate("create role "+r.Name, err)
}

// completeRole writes what differs. A policy on a role of ours gives what nobody declared.
func (d *Driver) completeRole(ctx context.Context, want identity.Role, found types.Role, trust string) (changed bool, err error) {
	if !sameDocument(aws.ToString(found.AssumeRolePolicyDocument), trust) {
		_, err := d.client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(want.Name), PolicyDocument: aws.String(trust)})
		if err := translate("change whom role "+want.Name+" trusts", err); err != nil {
			return false, err
		}
		changed = true
	}
	if lacking := lackingTags(want.Tags, fromTags(found.Tags)); len(lacking) > 0 {
		_, err := d.client.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String(want.Name), Tags: toTags(lacking)})
		if err := translate("tag role "+want.Name, err); err != nil {
			return changed, err
		}
		changed = true
	}
	removed, err := d.deleteRolePolicies(ctx, want.Name)
	return changed || removed, err
}

func (d *Driver) deleteRolePolicies(ctx context.Context, name string) (removed bool, err error) {
	op := "delete inline policies of role " + name
	var policies []string
	pages := iam.NewListRolePoliciesPaginator(d.client, &iam.ListRolePoliciesInput{RoleName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, translate(op, err)
		}
		policies = append(policies, page.PolicyNames...)
	}
	for _, policy := range policies {
		_, err := d.client.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String(name), PolicyName: aws.String(policy)})
		if err := translate(op, err); err != nil && !errors.Is(err, conn.ErrNotFound) {
			return removed, err
		}
		removed = true
	}
	return removed, nil
}

// checkRolePath keeps us from a role of our name in another path.
func checkRolePath(want identity.Role, found types.Role) error {
	if path := aws.ToString(found.Path); path != want.Path {
		return fmt.Errorf("role %s has the path %s instead of %s: %w", want.Name, conn.Printable(path), want.Path, conn.ErrForeign)
	}
	return nil
}
