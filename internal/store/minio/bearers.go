package minio

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// Bearers implements identity.Driver. Who is disabled at the store has no rights there, and nor has a member of a group that is disabled,
// not even those of their own: what they would have is not told as theirs.
func (d *Driver) Bearers(ctx context.Context, leaveOut func(identity.Holder) bool) ([]identity.Bearer, []string, error) {
	var users map[string]user
	if err := d.get(ctx, "list users", "list-users", nil, true, &users); err != nil {
		return nil, nil, err
	}
	policies, err := d.documents(ctx)
	if err != nil {
		return nil, nil, err
	}
	leftOut := func(kind identity.HolderKind, path, name string) bool {
		return leaveOut != nil && leaveOut(identity.Holder{Kind: kind, Path: path, Name: name})
	}
	bearer := func(kind identity.HolderKind, name, why, attached string) identity.Bearer {
		b := identity.Bearer{Kind: kind, Name: name, Path: "/", Policies: map[string][]byte{}}
		if why != "" {
			b.Unread, b.Shut = []string{why + ", and what it may have all the same is not looked at"}, true
			return b
		}
		for _, policy := range names(attached) {
			if text, ok := policies[policy]; ok {
				b.Policies[policy] = text
			}
		}
		return b
	}
	const off = "it is disabled"
	var all []identity.Bearer
	var unread, groups []string
	if err := d.get(ctx, "list groups", "groups", nil, false, &groups); err != nil {
		unread = []string{fmt.Sprintf("the store's groups cannot be listed, nor what they give their members: %v", err)}
	}
	shut := map[string]string{} // who has no rights, and why
	for name, u := range users {
		if u.Status == disabled {
			shut[name] = off
		}
	}
	for _, name := range groups {
		if path, own, ok := splitGroup(name); ok && leftOut(identity.HolderGroup, path, own) {
			continue
		}
		found, err := d.group(ctx, name)
		why := ""
		if err == nil && found.Status == disabled {
			why = off
			for _, member := range found.Members {
				shut[member] = "it is in the group " + name + ", which is disabled"
			}
		}
		b := bearer(identity.HolderGroup, name, why, found.Policy)
		b.Members = found.Members
		if err != nil {
			b.Unread = []string{err.Error() + ", and what it may have all the same is not looked at"}
		}
		all = append(all, b)
	}
	for i := range all {
		all[i].Members = slices.DeleteFunc(all[i].Members, func(member string) bool { return shut[member] != "" })
	}
	for _, name := range slices.Sorted(maps.Keys(users)) {
		u := users[name]
		path := cmp.Or(placeOf(u.MemberOf), "/")
		if leftOut(identity.HolderUser, path, name) {
			continue
		}
		b := bearer(identity.HolderUser, name, shut[name], u.PolicyName)
		b.Path = path
		all = append(all, b)
	}
	return all, unread, nil
}
