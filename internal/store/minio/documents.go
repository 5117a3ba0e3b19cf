package minio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// builtin are the policies that MinIO brings along. Whoever writes one of these names changes what others rely on.
var builtin = []string{"readwrite", "readonly", "writeonly", "diagnostics", "consoleAdmin"}

// target is a user or group as the store names it.
type target struct {
	name  string
	group bool
}

// SetDocument implements identity.Holders. What it changes is in force at once; what others attached stays attached.
func (d *Driver) SetDocument(ctx context.Context, h identity.Holder, shard int, document []byte) error {
	if h.Kind == identity.HolderClaim {
		return d.setClaim(ctx, h, shard, document)
	}
	name := identity.DocumentName(h.Name, shard)
	op := "write policy " + name
	if len(document) > documentBytes {
		return fmt.Errorf("%s: %d bytes, the store takes %d: %w", op, len(document), documentBytes, conn.ErrPolicyTooLarge)
	}
	if shard < 0 || shard >= documentsPerHolder {
		return fmt.Errorf("%s: %d documents are the limit: %w", op, documentsPerHolder, conn.ErrLimit)
	}
	select {
	case d.mapping <- struct{}{}:
		defer func() { <-d.mapping }()
	case <-ctx.Done():
		return conn.Failure(op, ctx.Err())
	}
	at, attached, err := d.attached(ctx, h)
	if err != nil {
		return err
	}
	if document == nil {
		return d.removeDocument(ctx, at, attached, name)
	}
	if err := d.writeDocument(ctx, op, name, document); err != nil {
		return err
	}
	if slices.Contains(attached, name) {
		return nil
	}
	return d.attach(ctx, at, append(attached, name))
}

// attached tells what is attached to a holder, after enabling a group that somebody disabled: what that one has is not told.
func (d *Driver) attached(ctx context.Context, h identity.Holder) (target, []string, error) {
	if h.Kind == identity.HolderUser {
		found, err := d.user(ctx, h.Name)
		if err != nil {
			return target{}, nil, err
		}
		if path := placeOf(found.MemberOf); path != h.Path {
			return target{}, nil, fmt.Errorf("user %s has the path %q instead of %s: %w", h.Name, path, h.Path, conn.ErrForeign)
		}
		return target{name: h.Name}, names(found.PolicyName), nil
	}
	name, err := groupName(h.Path, h.Name)
	if err != nil {
		return target{}, nil, err
	}
	found, err := d.group(ctx, name)
	if err == nil && found.Status == disabled {
		if err = d.enable(ctx, "set-group-status", "group", name); err == nil {
			found, err = d.group(ctx, name)
		}
	}
	return target{name: name, group: true}, names(found.Policy), err
}

// writeDocument replaces a policy unless it says the same already.
func (d *Driver) writeDocument(ctx context.Context, op, name string, document []byte) error {
	if slices.Contains(builtin, name) {
		return &conn.Error{Op: op, Kind: conn.ErrInvalid, Message: "the name is that of a policy built into MinIO"}
	}
	now, err := d.document(ctx, name)
	if err != nil && !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	if err == nil && identity.SameDocument(now, document) {
		return nil
	}
	return d.putDocument(ctx, op, name, document)
}

func (d *Driver) putDocument(ctx context.Context, op, name string, document []byte) error {
	_, err := d.call(ctx, op, http.MethodPut, "add-canned-policy", url.Values{"name": {name}}, document)
	if refused, ok := errors.AsType[*conn.Error](err); ok && refused.Code == "EntityTooLarge" {
		refused.Kind = conn.ErrPolicyTooLarge
	}
	return err
}

// nothing is a policy that neither gives nor takes anything: no bucket can be called so. MinIO takes none without statements.
var nothing = []byte(`{"Version":"2012-10-17","Statement":[{"Sid":"VitrineNothing","Effect":"Deny","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::-/-"]}]}`)

// emptyDocument makes a policy that says now give nothing.
func (d *Driver) emptyDocument(ctx context.Context, name string, now []byte) error {
	if identity.SameDocument(now, nothing) {
		return nil
	}
	return d.putDocument(ctx, "empty policy "+name, name, nothing)
}

// removeDocument detaches and removes one, doing only what is left to do. What it gives goes first: somebody may have attached it to others.
func (d *Driver) removeDocument(ctx context.Context, at target, attached []string, name string) error {
	now, err := d.document(ctx, name)
	there := err == nil
	if there {
		err = d.emptyDocument(ctx, name, now)
	}
	if err != nil && !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	if slices.Contains(attached, name) {
		rest := slices.DeleteFunc(slices.Clone(attached), func(other string) bool { return other == name })
		if err := d.attach(ctx, at, rest); err != nil {
			return err
		}
	}
	if !there {
		return nil
	}
	return d.deleteEmptied(ctx, name)
}

// dropDocuments takes all of a holder's documents away before the holder goes, those that a cut left unattached too.
func (d *Driver) dropDocuments(ctx context.Context, at target, holder, attached string) error {
	if attached != "" {
		if err := d.attach(ctx, at, nil); err != nil {
			return err
		}
	}
	all, err := d.documents(ctx)
	if err != nil {
		return err
	}
	for name, now := range all {
		if _, ours := identity.ShardOf(holder, name); !ours {
			continue
		}
		if err := d.emptyDocument(ctx, name, now); err != nil {
			return err
		}
		if err := d.deleteEmptied(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (d *Driver) document(ctx context.Context, name string) ([]byte, error) {
	var text json.RawMessage
	err := d.get(ctx, "read policy "+name, "info-canned-policy", url.Values{"name": {name}}, false, &text)
	return text, err
}

// documents gives every policy of the store, by name.
func (d *Driver) documents(ctx context.Context) (map[string]json.RawMessage, error) {
	var all map[string]json.RawMessage
	err := d.get(ctx, "list policies", "list-canned-policies", nil, false, &all)
	return all, err
}

func (d *Driver) deletePolicy(ctx context.Context, name string) error {
	_, err := d.call(ctx, "delete policy "+name, http.MethodDelete, "remove-canned-policy", url.Values{"name": {name}}, nil)
	if errors.Is(err, conn.ErrNotFound) {
		return nil
	}
	return err
}

// deleteEmptied deletes a policy that gives nothing. Where somebody attached it to others by hand the store keeps it.
func (d *Driver) deleteEmptied(ctx context.Context, name string) error {
	err := d.deletePolicy(ctx, name)
	if refused, ok := errors.AsType[*conn.Error](err); ok && refused.Code == "XMinioIAMPolicyInUse" {
		return nil
	}
	return err
}

// attach replaces the list of what is attached.
func (d *Driver) attach(ctx context.Context, at target, policies []string) error {
	slices.Sort(policies)
	_, err := d.call(ctx, "attach policies to "+at.name, http.MethodPut, "set-user-or-group-policy",
		url.Values{"policyName": {strings.Join(policies, ",")}, "userOrGroup": {at.name}, "isGroup": {strconv.FormatBool(at.group)}}, nil)
	return err
}

// names takes a list with commas apart.
func names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}
