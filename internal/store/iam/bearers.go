package iam

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// Bearers implements identity.Driver. Policies within users and groups are read, and those attached to them. A store that does not know
// groups or attached policies has none.
func (d *Driver) Bearers(ctx context.Context, leaveOut func(identity.Holder) bool) ([]identity.Bearer, []string, error) {
	users, err := d.List(ctx, "/")
	if err != nil {
		return nil, nil, err
	}
	leftOut := func(h identity.Holder) bool { return leaveOut != nil && leaveOut(h) }
	var all []identity.Bearer
	shared := map[string][]byte{}
	for _, id := range users {
		if h := (identity.Holder{Kind: identity.HolderUser, Path: id.Path, Name: id.Name}); !leftOut(h) {
			all = append(all, d.bearer(ctx, h, shared))
		}
	}
	var unread []string
	pages := iam.NewListGroupsPaginator(d.client, &iam.ListGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err = translate("list groups", err); err != nil {
			if !unknown(err) {
				unread = append(unread, fmt.Sprintf("the store's groups cannot be listed, nor what they give their members: %v", err))
			}
			break
		}
		for _, g := range page.Groups {
			id := identity.Identity{Path: aws.ToString(g.Path), Name: aws.ToString(g.GroupName)}
			h := identity.Holder{Kind: identity.HolderGroup, Path: id.Path, Name: id.Name}
			if leftOut(h) {
				continue
			}
			b := d.bearer(ctx, h, shared)
			if b.Members, err = d.group(ctx, id); err != nil {
				b.Unread = append(b.Unread, fmt.Sprintf("its members: %v", err))
			}
			all = append(all, b)
		}
	}
	return all, unread, nil
}

// unknown tells that a store does not know what it was asked for.
func unknown(err error) bool {
	return errors.Is(err, conn.ErrInvalid) || errors.Is(err, conn.ErrNotFound)
}

// bearer reads one user's or group's policies, and goes on where one cannot be read. Those that are attached to many are read once: shared
// has them by ARN.
func (d *Driver) bearer(ctx context.Context, h identity.Holder, shared map[string][]byte) identity.Bearer {
	b := identity.Bearer{Kind: h.Kind, Name: h.Name, Path: h.Path, Policies: map[string][]byte{}}
	failed := func(what string, err error) {
		if !unknown(err) {
			b.Unread = append(b.Unread, fmt.Sprintf("%s: %v", what, err))
		}
	}
	names, err := inline{d}.names(ctx, h)
	if err != nil {
		failed("its policies", err)
	}
	for _, name := range names {
		document, err := inline{d}.get(ctx, h, name)
		if err != nil {
			failed("its policy "+name, err)
			continue
		}
		b.Policies[name] = document
	}
	attached, err := managed{d}.attached(ctx, h)
	if err != nil {
		failed("what is attached to it", err)
	}
	for _, a := range attached {
		name, arn := aws.ToString(a.PolicyName), aws.ToString(a.PolicyArn)
		document, known := shared[arn]
		if !known {
			if document, err = (managed{d}).document(ctx, arn); err != nil {
				b.Unread = append(b.Unread, fmt.Sprintf("the policy %s that is attached to it: %v", name, err))
				continue
			}
			shared[arn] = document
		}
		if b.Policies[name] != nil {
			name += " (attached)" // one within it has the same name
		}
		b.Policies[name] = document
	}
	return b
}
