package iam

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// Held implements identity.Holders: by the one call that tells all of an account, where the store has it and lets us, else by lists. These
// tell as much, or fail.
func (s *holders) Held(ctx context.Context, pathPrefix string, beside ...identity.Identity) (map[identity.Holder]identity.Held, error) {
	if !s.noDetails.Load() {
		all, err := s.details(ctx)
		if err == nil {
			return all.below(pathPrefix, beside, s.way), nil
		}
		if _, err := known(err); err != nil {
			return nil, err
		}
		if conn.Unknown(err) {
			s.noDetails.Store(true)
		}
	}
	held := map[identity.Holder]identity.Held{}
	if err := s.heldByUsers(ctx, pathPrefix, beside, held); err != nil {
		return nil, err
	}
	return held, s.heldByGroups(ctx, pathPrefix, held)
}

func (s *holders) heldByUsers(ctx context.Context, pathPrefix string, beside []identity.Identity, held map[identity.Holder]identity.Held) error {
	users, err := s.List(ctx, pathPrefix)
	if err != nil {
		return err
	}
	for _, id := range beside {
		there, err := s.List(ctx, id.Path)
		if err != nil {
			return err
		}
		users = append(users, slices.DeleteFunc(there, func(u identity.Identity) bool { return u.Name != id.Name })...)
	}
	for _, user := range users {
		if err := s.add(ctx, identity.Holder{Kind: identity.HolderUser, Path: user.Path, Name: user.Name}, nil, held); err != nil {
			return err
		}
	}
	return nil
}

func (s *holders) heldByGroups(ctx context.Context, pathPrefix string, held map[identity.Holder]identity.Held) error {
	pages := iam.NewListGroupsPaginator(s.client, &iam.ListGroupsInput{PathPrefix: aws.String(pathPrefix)})
	for first := true; pages.HasMorePages(); first = false {
		page, err := pages.NextPage(ctx)
		if err = translate("list groups below "+pathPrefix, err); first && conn.Unknown(err) {
			return nil // a store that does not know groups has none; of one that refuses to tell nothing is known
		}
		if err != nil {
			return err
		}
		for _, g := range page.Groups {
			id := identity.Identity{Path: aws.ToString(g.Path), Name: aws.ToString(g.GroupName)}
			members, err := s.group(ctx, id)
			if err != nil {
				if isGone(err) {
					continue
				}
				return err
			}
			if err := s.add(ctx, identity.Holder{Kind: identity.HolderGroup, Path: id.Path, Name: id.Name}, members, held); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *holders) add(ctx context.Context, h identity.Holder, members []string, held map[identity.Holder]identity.Held) error {
	found, err := s.way.held(ctx, h)
	if isGone(err) {
		return nil // it went meanwhile
	}
	if err != nil {
		return err
	}
	slices.Sort(members)
	found.Members = members
	held[h] = finished(found)
	return nil
}

// finished puts the parts in the order that is promised.
func finished(h identity.Held) identity.Held {
	if h.Documents == nil {
		h.Documents = map[int][]byte{}
	}
	slices.Sort(h.Foreign)
	return h
}

// details are all users, groups and policies of an account.
type details struct {
	users    []types.UserDetail
	groups   []types.GroupDetail
	policies map[string][]byte // what is in force, by ARN
}

func (d *Driver) details(ctx context.Context) (details, error) {
	all := details{policies: map[string][]byte{}}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(d.client, &iam.GetAccountAuthorizationDetailsInput{
		Filter: []types.EntityType{types.EntityTypeUser, types.EntityTypeGroup, types.EntityTypeLocalManagedPolicy},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return details{}, translate("read what all users and groups hold", err)
		}
		all.users = append(all.users, page.UserDetailList...)
		all.groups = append(all.groups, page.GroupDetailList...)
		for _, p := range page.Policies {
			for _, v := range p.PolicyVersionList {
				if v.IsDefaultVersion {
					all.policies[aws.ToString(p.Arn)] = decoded(aws.ToString(v.Document))
				}
			}
		}
	}
	return all, nil
}
