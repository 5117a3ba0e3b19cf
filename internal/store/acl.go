package store

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// ACLGrant is what a bucket's ACL gives somebody who does not own it.
type ACLGrant struct {
	To         string // an account, or a group of the store's own: AllUsers
	Permission string // READ, WRITE, READ_ACP, WRITE_ACP or FULL_CONTROL
	Public     bool   // to whoever asks, or whoever has any key of the store
}

// String says it in words.
func (g ACLGrant) String() string { return g.Permission + " to " + conn.Printable(g.To) }

// publicGroups are groups of everybody, as AWS and as VersityGW call them.
var publicGroups = []string{"AllUsers", "AuthenticatedUsers", "all-users", "authenticated-users"}

// maxACL is more than the hundred grants that an ACL may have.
const maxACL = 256 << 10

// BucketACL gives what a bucket's ACL grants beyond the owner; nothing at a store without ACLs. VersityGW goes by the ACL where the
// bucket has no policy.
func (s *Store) BucketACL(ctx context.Context, bucket string) ([]ACLGrant, error) {
	if s.cfg.Driver == DriverMinIO {
		return nil, nil // it knows none, and answers as if all were private
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	op := "read ACL of bucket " + bucket
	// The library reads no bucket's ACL, but signs the request.
	target, err := s.S3.Presign(ctx, http.MethodGet, bucket, "", time.Minute, url.Values{"acl": {""}})
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", op, minio.ToErrorResponse(err).Code, ErrInvalid)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: prepare a request: %w", op, ErrInvalid) // the error has the signature in it
	}
	resp, err := s.transport.RoundTripper(conn.S3).RoundTrip(req)
	if err != nil {
		return nil, conn.Failure(op, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxACL))
	if err != nil {
		return nil, conn.Failure(op, err)
	}
	if resp.StatusCode != http.StatusOK {
		var answer minio.ErrorResponse
		_ = xml.Unmarshal(text, &answer) // the status is enough
		refused := conn.Refusal(op, resp.StatusCode, answer.Code, answer.Message)
		if conn.Unknown(refused) || answer.Code == "AccessControlListNotSupported" {
			return nil, nil
		}
		return nil, refused
	}
	grants, err := beyondOwner(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return grants, nil
}

// RefusePublic is a ForeignError when a bucket's ACL lets everybody in. An ACL that the store does not tell counts as none.
func (s *Store) RefusePublic(ctx context.Context, bucket string) error {
	grants, err := s.BucketACL(ctx, bucket)
	if i := slices.IndexFunc(grants, func(g ACLGrant) bool { return g.Public }); i >= 0 {
		return fmt.Errorf("claim bucket %s: %w", bucket, &ForeignError{Bucket: bucket, Public: grants[i].String()})
	}
	if errors.Is(err, ErrDenied) || errors.Is(err, ErrInvalid) {
		return nil
	}
	return err
}

// beyondOwner reads an ACL.
func beyondOwner(text []byte) ([]ACLGrant, error) {
	var acl struct {
		Owner  struct{ ID string }
		Grants []struct {
			Grantee struct {
				ID           string
				URI          string
				EmailAddress string
			}
			Permission string
		} `xml:"AccessControlList>Grant"`
	}
	if err := xml.Unmarshal(text, &acl); err != nil {
		return nil, fmt.Errorf("the answer is no ACL: %w", ErrUnreachable) // somebody between answered, and it may be public
	}
	var beyond []ACLGrant
	for _, g := range acl.Grants {
		to := g.Grantee.ID
		switch {
		case g.Grantee.URI != "":
			to = path.Base(g.Grantee.URI)
		case to == "":
			to = g.Grantee.EmailAddress
		case to == acl.Owner.ID:
			continue
		}
		beyond = append(beyond, ACLGrant{To: to, Permission: g.Permission, Public: slices.Contains(publicGroups, to)})
	}
	return beyond, nil
}
