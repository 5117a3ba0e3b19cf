package minio

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// Bearers implements identity.Driver. Who is disabled at the store has no rights there, and the members of a disabled group have none
// either: what they would have is not told as theirs.
func (d *Driver) Bearers(ctx context.Context) ([]identity.Bearer, []string, error) {
	var users map[string]user
	if err := d.get(ctx, "list users", "list-users", nil, true, &users); err != nil {
		return nil, nil, err
	}
	policies, err := d.documents(ctx)
	if err != nil {
		return nil, nil, err
	}
	bearer := func(kind identity.HolderKind, name, status, attached string) identity.Bearer {
		b := identity.Bearer{Kind: kind, Name: name, Path: "/", Policies: map[string][]byte{}}
		if status == disabled {
			b.Unread = []string{"it is disabled, and what it had before is not looked at"}
			return b
		}
		for _, policy := range names(attached) {
			if text, ok := policies[policy]; ok {
				b.Policies[policy] = text
			}
		}
		return b
	}
	var all []identity.Bearer
	for _, name := range slices.Sorted(maps.Keys(users)) {
		u := users[name]
		b := bearer(identity.HolderUser, name, u.Status, u.PolicyName)
		if path := placeOf(u.MemberOf); path != "" {
			b.Path = path
		}
		all = append(all, b)
	}
	var groups []string
	if err := d.get(ctx, "list groups", "groups", nil, false, &groups); err != nil {
		return all, []string{fmt.Sprintf("the store's groups cannot be listed, nor what they give their members: %v", err)}, nil
	}
	for _, name := range groups {
		found, err := d.group(ctx, name)
		b := bearer(identity.HolderGroup, name, found.Status, found.Policy)
		b.Members = found.Members
		if err != nil {
			b.Unread = append(b.Unread, err.Error())
		}
		all = append(all, b)
	}
	return all, nil, nil
}
