package iam

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// Attached names what may give a user rights beside bucket policies: policies within it, those attached to it, and its groups. It is
// one request where a store was found to have neither attached policies nor groups, as VersityGW. Nothing when there is no such user;
// ErrDenied when our key may not ask, which tells nothing of the user.
func (d *Driver) Attached(ctx context.Context, user string) ([]string, error) {
	h := identity.Holder{Kind: identity.HolderUser, Name: user}
	all, err := inline{d}.names(ctx, h)
	if err != nil && !conn.Unknown(err) && !errors.Is(err, conn.ErrNotFound) {
		return nil, err
	}
	err = unlessLacking(&d.noAttached, func() error {
		attached, err := managed{d}.attached(ctx, h)
		for _, p := range attached {
			all = append(all, aws.ToString(p.PolicyName))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = unlessLacking(&d.noGroups, func() error {
		groups, err := d.groupsOf(ctx, user)
		for _, group := range groups {
			all = append(all, "that of group "+group)
		}
		return err
	})
	return all, err
}

// unlessLacking asks a store for something, until it is found not to know that.
func unlessLacking(lacks *atomic.Bool, ask func() error) error {
	if lacks.Load() {
		return nil
	}
	err := ask()
	if conn.Unknown(err) {
		lacks.Store(true)
		return nil
	}
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}
