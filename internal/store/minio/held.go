package minio

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// groupsAtOnce is how many groups are asked about at a time.
const groupsAtOnce = 8

// Held implements identity.Holders: a request each for the policies and the names of the groups of the store, a few for the users, and one
// for every group of the path, since nothing else tells whether it is disabled. A disabled group has no Documents: they are not in force.
func (d *Driver) Held(ctx context.Context, pathPrefix string, beside ...identity.Identity) (map[identity.Holder]identity.Held, error) {
	users, err := d.usersBelow(ctx, pathPrefix, beside)
	if err != nil {
		return nil, err
	}
	policies, err := d.documents(ctx)
	if err != nil {
		return nil, err
	}
	held := map[identity.Holder]identity.Held{}
	for h, u := range users {
		held[h] = sort(h.Name, names(u.PolicyName), policies)
	}
	heldByClaims(pathPrefix, policies, held)
	return held, d.heldByGroups(ctx, pathPrefix, users, policies, held)
}

func (d *Driver) heldByGroups(ctx context.Context, pathPrefix string, users map[identity.Holder]user, policies map[string]json.RawMessage, held map[identity.Holder]identity.Held) error {
	memberOf := map[string][]string{} // groups by user, as the users tell
	for h, u := range users {
		memberOf[h.Name] = u.MemberOf
	}
	var all []string
	if err := d.get(ctx, "list groups", "groups", nil, false, &all); err != nil {
		return err
	}
	var mu sync.Mutex
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(groupsAtOnce)
	for _, full := range all {
		path, name, ok := splitGroup(full)
		if !ok || name == place || !strings.HasPrefix(path, pathPrefix) {
			continue
		}
		asking.Go(func() error {
			found, err := d.group(ctx, full)
			if errors.Is(err, conn.ErrNotFound) {
				return nil // it went meanwhile
			}
			if err != nil {
				return err
			}
			h := sort(name, names(found.Policy), policies)
			if h.Members, h.Half, err = d.members(ctx, full, found.Members, memberOf); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			held[identity.Holder{Kind: identity.HolderGroup, Path: path, Name: name}] = h
			return nil
		})
	}
	return asking.Wait()
}

// members tells whom both a group and the user call a member from whom one of them does. memberOf is known of users of the path and those
// beside it; others are asked, when the group names them. Somebody else's user whose leaving was cut is not found here: that
// MinIO puts right itself, when it reads all from disk a few minutes later.
func (d *Driver) members(ctx context.Context, group string, told []string, memberOf map[string][]string) (both, half []string, err error) {
	for _, name := range told {
		groups, known := memberOf[name]
		if !known {
			u, err := d.user(ctx, name)
			if errors.Is(err, conn.ErrNotFound) {
				continue // nobody, who has no rights; a user made of that name again is half a member
			}
			if err != nil {
				return nil, nil, err
			}
			groups = u.MemberOf
		}
		if slices.Contains(groups, group) {
			both = append(both, name)
		} else {
			half = append(half, name)
		}
	}
	for name, groups := range memberOf {
		if slices.Contains(groups, group) && !slices.Contains(told, name) {
			half = append(half, name)
		}
	}
	slices.Sort(both)
	slices.Sort(half)
	return both, half, nil
}

// sort tells our documents from what others attached.
func sort(holder string, attached []string, policies map[string]json.RawMessage) identity.Held {
	h := identity.Held{Documents: map[int][]byte{}}
	for _, name := range attached {
		shard, ours := identity.ShardOf(holder, name)
		if !ours {
			h.Foreign = append(h.Foreign, name)
			continue
		}
		if text, ok := policies[name]; ok {
			h.Documents[shard] = text
		}
	}
	slices.Sort(h.Foreign)
	return h
}
