package iam

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// group gives a group and its members; ErrForeign when one of that name has another path.
func (d *Driver) group(ctx context.Context, id identity.Identity) ([]string, error) {
	var members []string
	pages := iam.NewGetGroupPaginator(d.client, &iam.GetGroupInput{GroupName: aws.String(id.Name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate("look at group "+id.Name, err)
		}
		if page.Group != nil && aws.ToString(page.Group.Path) != id.Path {
			return nil, fmt.Errorf("group %s has the path %s instead of %s: %w", id.Name, conn.Printable(aws.ToString(page.Group.Path)), id.Path, conn.ErrForeign)
		}
		for _, user := range page.Users {
			members = append(members, aws.ToString(user.UserName))
		}
	}
	return members, nil
}

// EnsureGroup implements identity.Holders.
func (s *holders) EnsureGroup(ctx context.Context, group identity.Identity) error {
	_, err := s.group(ctx, group)
	if !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	_, err = s.client.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String(group.Name), Path: aws.String(group.Path)})
	if err = translate("create group "+group.Name, err); !errors.Is(err, conn.ErrExists) {
		return err
	}
	// Somebody was quicker, or an answer got lost: what counts is what is there now.
	_, err = s.group(ctx, group)
	return err
}

// DeleteGroup implements identity.Holders. Documents go first, since they give rights; then members, then the group.
func (s *holders) DeleteGroup(ctx context.Context, group identity.Identity) error {
	members, err := s.group(ctx, group)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	h := identity.Holder{Kind: identity.HolderGroup, Path: group.Path, Name: group.Name}
	if err := s.way.drop(ctx, h); err != nil {
		return err
	}
	for _, user := range members {
		if err := s.takeOut(ctx, group.Name, user); err != nil {
			return err
		}
	}
	op := "delete group " + group.Name
	_, err = s.client.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: aws.String(group.Name)})
	if err := translate(op, err); err != nil && !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	if _, err = s.group(ctx, group); errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = &conn.Error{Op: op, Kind: conn.ErrUnreachable, Message: "it is still there"}
	}
	return err
}

// SetMember implements identity.Holders.
func (s *holders) SetMember(ctx context.Context, group identity.Identity, user string, in bool) error {
	members, err := s.group(ctx, group)
	if !in && errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	if err != nil || slices.Contains(members, user) == in {
		return err
	}
	if !in {
		return s.takeOut(ctx, group.Name, user)
	}
	_, err = s.client.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String(group.Name), UserName: aws.String(user)})
	return translate("put user "+user+" into group "+group.Name, err)
}

func (d *Driver) takeOut(ctx context.Context, group, user string) error {
	_, err := d.client.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: aws.String(group), UserName: aws.String(user)})
	if err = translate("take user "+user+" out of group "+group, err); errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}

// free takes a user out of every group and detaches every policy: a user with any cannot be deleted. Stores without groups or managed
// policies are none the worse for being asked.
func (d *Driver) free(ctx context.Context, id identity.Identity) error {
	groups, err := d.groupsOf(ctx, id.Name)
	if _, err := known(err); err != nil {
		return err
	}
	for _, group := range groups {
		if err := d.takeOut(ctx, group, id.Name); err != nil {
			return err
		}
	}
	_, err = known(managed{d}.drop(ctx, identity.Holder{Kind: identity.HolderUser, Path: id.Path, Name: id.Name}))
	return err
}

// groupsOf lists the groups of a user to the end before any is left: a listing need not go on behind what is gone.
func (d *Driver) groupsOf(ctx context.Context, user string) ([]string, error) {
	var groups []string
	pages := iam.NewListGroupsForUserPaginator(d.client, &iam.ListGroupsForUserInput{UserName: aws.String(user)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate("list groups of user "+user, err)
		}
		for _, group := range page.Groups {
			groups = append(groups, aws.ToString(group.GroupName))
		}
	}
	return groups, nil
}
