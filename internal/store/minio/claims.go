package minio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// A policy that a claim names is called as the claim's value is, in the whole store. That it is ours its ID says, which is the path that
// it was made below. Before what it allows it has the same statements as every other of ours:
//
//   - A session uses nothing of the admin API, where it could otherwise make itself access keys, which would outlive it.
//   - It destroys no version: who may delete an object may delete its versions at MinIO, where no statement denies it.
//   - It puts nothing in the place of a version, as a key of ours does not.
//   - It is not opened for longer than an hour, where somebody asks for that; MinIO would give a year, of a token of ten minutes.
//     Where nothing is asked for it lasts as long as its token.
//
// A session has the union of its claim's policies, and what one denies none gives. So it is enough that one of them is ours.
const guard = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"VitrineSessionsUseNoAdmin","Effect":"Deny","Action":["admin:*"]},` +
	`{"Sid":"VitrineSessionsKeepVersions","Effect":"Deny","Action":["s3:DeleteObjectVersion"],"Resource":["arn:aws:s3:::*"]},` +
	`{"Sid":"VitrineSessionsReplaceNoVersion","Effect":"Deny","Action":["s3:PutObject"],"Resource":["arn:aws:s3:::*"],"Condition":` + onVersion + `},` +
	`{"Sid":"VitrineSessionsLastAnHour","Effect":"Deny","Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"NumericGreaterThan":{"sts:DurationSeconds":"3600"}}}]}`

const guards = 4

// claimBytes is what is left of a document beside the guard and the mark, which have 802 bytes at the most.
const claimBytes = documentBytes - 1<<10

// claimDocument is a policy that a claim names.
type claimDocument struct {
	ID        string            `json:"ID,omitempty"`
	Version   string            `json:"Version"`
	Statement []json.RawMessage `json:"Statement"`
}

// ofClaim is a document as it is written to the store; of nil it gives nobody anything.
func ofClaim(path string, document []byte) ([]byte, error) {
	var whole, ours claimDocument
	if err := json.Unmarshal([]byte(guard), &whole); err != nil {
		return nil, err
	}
	if document != nil {
		if err := json.Unmarshal(document, &ours); err != nil {
			return nil, err
		}
	}
	whole.ID, whole.Statement = path, append(whole.Statement, ours.Statement...)
	return json.Marshal(whole)
}

// claimAt takes a policy of ours apart: where it was made, and what it allows; nil when that is nothing. One whose guard is not as it should
// be is told as an empty document, so that it is written anew. ok is false for somebody else's.
func claimAt(text []byte) (path string, document []byte, ok bool) {
	var found claimDocument
	if err := json.Unmarshal(text, &found); err != nil || !pathText.MatchString(found.ID) {
		return "", nil, false
	}
	path = found.ID
	n := min(guards, len(found.Statement))
	first, err := json.Marshal(claimDocument{Version: found.Version, Statement: found.Statement[:n]})
	if err != nil || !identity.SameDocument(first, []byte(guard)) {
		return path, []byte("{}"), true
	}
	if len(found.Statement) == n {
		return path, nil, true
	}
	document, err = json.Marshal(claimDocument{Version: found.Version, Statement: found.Statement[n:]})
	if err != nil {
		document = []byte("{}")
	}
	return path, document, true
}

// heldByClaims adds what values of claims give.
func heldByClaims(pathPrefix string, policies map[string]json.RawMessage, held map[identity.Holder]identity.Held) {
	for value, text := range policies {
		path, document, ours := claimAt(text)
		if !ours || document == nil || !strings.HasPrefix(path, pathPrefix) {
			continue
		}
		held[identity.Holder{Kind: identity.HolderClaim, Path: path, Name: value}] = identity.Held{Documents: map[int][]byte{0: document}}
	}
}

// setClaim is SetDocument for a claim's value.
func (d *Driver) setClaim(ctx context.Context, h identity.Holder, shard int, document []byte) error {
	op := "write the policy of the claim's value " + h.Name
	if shard != 0 {
		return fmt.Errorf("%s: one document is the limit: %w", op, conn.ErrLimit)
	}
	if len(document) > claimBytes {
		return fmt.Errorf("%s: %d bytes, the store takes %d: %w", op, len(document), claimBytes, conn.ErrPolicyTooLarge)
	}
	if why := d.CheckClaim(h.Name); why != "" {
		return fmt.Errorf("%s: it %s: %w", op, why, conn.ErrInvalid)
	}
	now, err := d.document(ctx, h.Name)
	if errors.Is(err, conn.ErrNotFound) && document == nil {
		return nil
	}
	if err != nil && !errors.Is(err, conn.ErrNotFound) {
		return err
	}
	if path, _, ours := claimAt(now); err == nil && (!ours || path != h.Path) {
		if document == nil {
			return nil // nothing of ours is there
		}
		return fmt.Errorf("%s: a policy of that name is there and not of %s: %w", op, h.Path, conn.ErrForeign)
	}
	if document == nil {
		// Somebody may have attached it to users by hand, and then the store does not remove it: what it gives goes first.
		if err := d.writeClaim(ctx, op, h, nil); err != nil {
			return err
		}
		return d.deleteEmptied(ctx, h.Name)
	}
	return d.writeClaim(ctx, op, h, document)
}

func (d *Driver) writeClaim(ctx context.Context, op string, h identity.Holder, document []byte) error {
	whole, err := ofClaim(h.Path, document)
	if err != nil {
		return &conn.Error{Op: op, Kind: conn.ErrInvalid, Message: "the document cannot be read"}
	}
	return d.writeDocument(ctx, op, h.Name, whole)
}

// longestValue keeps a policy's name within what a file of the store may be called.
const longestValue = 200

var ownName = regexp.MustCompile(`^v-[a-z2-7]{26}`)

// CheckClaim implements identity.Claims. MinIO takes a claim's text apart at commas and without blanks around, and keeps a policy in a folder
// called like it.
func (d *Driver) CheckClaim(value string) (why string) {
	switch {
	case slices.Contains(builtin, value):
		return "is the name of a policy built into MinIO, which gives whoever's token has it more than anybody declares"
	case ownName.MatchString(value):
		return "is a name that Vitrine makes for users, groups and their policies"
	case value == "" || value == "." || value == ".." || len(value) > longestValue || strings.TrimSpace(value) != value || strings.ContainsAny(value, `,/\`):
		return fmt.Sprintf(`cannot be the name of a policy of MinIO, which has no comma, slash or backslash, no blanks around it, and %d bytes at most`, longestValue)
	}
	return ""
}
