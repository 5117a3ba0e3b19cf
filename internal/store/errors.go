package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// The kinds of failure, to be compared with errors.Is; conn says what each means.
var (
	ErrNotFound           = conn.ErrNotFound
	ErrDenied             = conn.ErrDenied
	ErrUnreachable        = conn.ErrUnreachable
	ErrExists             = conn.ErrExists
	ErrForeign            = conn.ErrForeign
	ErrPreconditionFailed = conn.ErrPreconditionFailed
	ErrUnknownPrincipal   = conn.ErrUnknownPrincipal
	ErrPolicyTooLarge     = conn.ErrPolicyTooLarge
	ErrLimit              = conn.ErrLimit
	ErrInvalid            = conn.ErrInvalid
)

// ForeignError says whose a bucket is; it is ErrForeign to errors.Is.
type ForeignError struct {
	Bucket  string
	Mark    *Mark  // the other mark; nil when the bucket carries none
	Account bool   // another account of the store owns it
	Public  string // what its ACL gives everybody; empty for nothing
}

// Error implements error.
func (e *ForeignError) Error() string {
	switch {
	case e.Account:
		return fmt.Sprintf("bucket %s belongs to another account of the store", e.Bucket)
	case e.Mark != nil:
		return fmt.Sprintf("bucket %s is marked as %s", e.Bucket, e.Mark)
	case e.Public != "":
		return fmt.Sprintf("the ACL of bucket %s gives %s", e.Bucket, e.Public)
	default:
		return fmt.Sprintf("bucket %s holds objects or settings and carries no mark of ours", e.Bucket)
	}
}

// Is makes a ForeignError an ErrForeign.
func (e *ForeignError) Is(target error) bool { return target == ErrForeign }

// translate turns what minio-go returned into a conn.Error; nil stays nil.
func translate(op string, err error) error {
	if err == nil {
		return nil
	}
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		// The library dresses some failures to send as answers without a status.
		if answer.StatusCode == 0 && answer.Code == "" {
			return conn.Failure(op, err)
		}
		refusal := conn.Refusal(op, answer.StatusCode, answer.Code, answer.Message)
		// AWS and VersityGW have one code for every fault of a policy, and the same words for this one.
		if answer.Code == "MalformedPolicy" && strings.Contains(strings.ToLower(answer.Message), "invalid principal") {
			refusal.Kind = ErrUnknownPrincipal
		}
		return refusal
	}
	return conn.Failure(op, err)
}

// Failed turns an error of the client S3 into one of this package's; nil stays nil.
func Failed(op string, err error) error { return translate(op, err) }
