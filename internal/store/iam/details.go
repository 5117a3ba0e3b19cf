package iam

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// below picks what is held below a path, and by users beside it. Whatever is kept the other way is somebody else's.
func (a details) below(pathPrefix string, beside []identity.Identity, by way) map[identity.Holder]identity.Held {
	_, isManaged := by.(managed)
	held, members := map[identity.Holder]identity.Held{}, map[string][]string{}
	for _, u := range a.users {
		name := aws.ToString(u.UserName)
		for _, group := range u.GroupList {
			members[group] = append(members[group], name)
		}
		h := identity.Holder{Kind: identity.HolderUser, Path: aws.ToString(u.Path), Name: name}
		if !strings.HasPrefix(h.Path, pathPrefix) && !slices.ContainsFunc(beside, func(id identity.Identity) bool { return id.Path == h.Path && id.Name == name }) {
			continue
		}
		held[h] = a.held(name, isManaged, u.UserPolicyList, u.AttachedManagedPolicies)
	}
	for _, g := range a.groups {
		if !strings.HasPrefix(aws.ToString(g.Path), pathPrefix) {
			continue
		}
		name := aws.ToString(g.GroupName)
		found := a.held(name, isManaged, g.GroupPolicyList, g.AttachedManagedPolicies)
		found.Members = slices.Sorted(slices.Values(members[name]))
		held[identity.Holder{Kind: identity.HolderGroup, Path: aws.ToString(g.Path), Name: name}] = found
	}
	return held
}

func (a details) held(holder string, isManaged bool, within []types.PolicyDetail, attached []types.AttachedPolicy) identity.Held {
	var h identity.Held
	for _, p := range within {
		name := aws.ToString(p.PolicyName)
		if isManaged {
			h.Foreign = append(h.Foreign, name)
			continue
		}
		sortInto(&h, holder, name, decoded(aws.ToString(p.PolicyDocument)))
	}
	for _, p := range attached {
		name := aws.ToString(p.PolicyName)
		if !isManaged {
			h.Foreign = append(h.Foreign, name)
			continue
		}
		sortInto(&h, holder, name, a.policies[aws.ToString(p.PolicyArn)])
	}
	return finished(h)
}

// isGone tells that something was deleted between a listing and a look at it.
func isGone(err error) bool { return errors.Is(err, conn.ErrNotFound) }
