package conn

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// The kinds of failure a caller can act on, to be compared with errors.Is.
var (
	// ErrNotFound says that the bucket, object, user or key does not exist.
	ErrNotFound = errors.New("not found")
	// ErrDenied says that the credentials are wrong, or that they have no right to what was asked.
	ErrDenied = errors.New("denied by the store")
	// ErrUnreachable says that no answer came, or none that a healthy store gives (5xx, throttling). Trying again later may help.
	ErrUnreachable = errors.New("store unreachable")
	// ErrExists says that something of that name is there already.
	ErrExists = errors.New("already exists")
	// ErrForeign says that what bears the name belongs to somebody else.
	ErrForeign = errors.New("belongs to somebody else")
	// ErrPreconditionFailed says that a conditional write found another state than it demanded.
	ErrPreconditionFailed = errors.New("precondition failed")
	// ErrUnknownPrincipal says that a bucket policy was refused because an identity it names does not exist. No store says which.
	ErrUnknownPrincipal = errors.New("policy names an identity that does not exist")
	// ErrPolicyTooLarge says that a policy document is over the store's budget.
	ErrPolicyTooLarge = errors.New("policy too large")
	// ErrLimit says that the store holds as many of the kind as it allows (access keys of a user, buckets, users).
	ErrLimit = errors.New("limit of the store reached")
	// ErrIssuer says that the store got no answer from an issuer of tokens. Trying again later may help.
	ErrIssuer = errors.New("issuer unreachable for the store")
	// ErrInvalid says that the store, or this package before it, found the request malformed. Trying again does not help.
	ErrInvalid = errors.New("refused as invalid")
)

// Error is what a call to a store failed with. It keeps nothing of the client library's error but a code and a bounded message, so
// that no request, header or signed URL can ride along into a log or a status.
type Error struct {
	Op      string // what was being done, e.g. "read policy of bucket acme-brand"
	Kind    error  // one of the sentinels above; nil when Cause alone says it
	Code    string // the store's own error code; empty when no answer came
	Status  int    // of the answer over HTTP; 0 when none came
	Message string // the store's own words, at most 300 bytes, printable
	Cause   error  // a network or context error, without the URL
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Kind != nil {
		fmt.Fprintf(&b, ": %v", e.Kind)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	switch {
	case e.Code != "" && e.Message != "":
		fmt.Fprintf(&b, " (%s: %s)", e.Code, e.Message)
	case e.Code != "":
		fmt.Fprintf(&b, " (%s)", e.Code)
	case e.Message != "":
		fmt.Fprintf(&b, " (%s)", e.Message)
	}
	return b.String()
}

// Unwrap makes both the kind and the cause visible to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	var list []error
	if e.Kind != nil {
		list = append(list, e.Kind)
	}
	if e.Cause != nil {
		list = append(list, e.Cause)
	}
	return list
}

// Failure turns an error that came instead of an answer into an Error: the hook's and the caller's own cancellation keep their
// identity, all else is ErrUnreachable with the network's words and without the URL.
func Failure(op string, err error) *Error {
	if hook, ok := errors.AsType[*hookError](err); ok {
		return &Error{Op: op, Cause: hook.err}
	}
	if errors.Is(err, context.Canceled) {
		return &Error{Op: op, Cause: context.Canceled}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Op: op, Kind: ErrUnreachable, Cause: context.DeadlineExceeded}
	}
	for {
		wrapped, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = wrapped.Err
	}
	return &Error{Op: op, Kind: ErrUnreachable, Message: Printable(between.ReplaceAllString(lasting(err), ""))}
}

// between is both ends of a connection, within words that are no error any more.
var between = regexp.MustCompile(` ?[^\s:]\S*->\S*[^\s:]`)

// lasting puts a failure into words that are the same when it happens again: whoever compares them would see a change, and ten
// thousand objects that tell of it would be written to. So no ends of a connection, no server of names and no time of day.
func lasting(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		return op.Op + " " + op.Net + ": " + lasting(op.Err)
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return "lookup " + name.Name + ": " + name.Err
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired && invalid.Cert != nil {
		return "the store's certificate is valid from " + invalid.Cert.NotBefore.Format(time.RFC3339) + " until " + invalid.Cert.NotAfter.Format(time.RFC3339)
	}
	return err.Error()
}

// Refusal turns an answer of the store into an Error. The code decides; the HTTP status decides for codes that are not listed.
func Refusal(op string, status int, code, message string) *Error {
	return &Error{Op: op, Kind: kindOf(status, code), Code: Printable(code), Status: status, Message: Printable(message)}
}

// Unknown tells that a store does not know the operation, whoever asks and for whatever.
func Unknown(err error) bool {
	refused, ok := errors.AsType[*Error](err)
	if !ok || errors.Is(refused, ErrDenied) {
		return false
	}
	switch refused.Code {
	case "InvalidAction", "NotImplemented", "MethodNotAllowed":
		return true
	}
	return refused.Status == http.StatusNotImplemented || refused.Status == http.StatusMethodNotAllowed
}

var kinds = map[string]error{
	"NoSuchBucket": ErrNotFound, "NoSuchKey": ErrNotFound, "NoSuchVersion": ErrNotFound, "NoSuchEntity": ErrNotFound,
	"NoSuchBucketPolicy": ErrNotFound, "NoSuchTagSet": ErrNotFound, "NoSuchUpload": ErrNotFound,

	"AccessDenied": ErrDenied, "InvalidAccessKeyId": ErrDenied, "SignatureDoesNotMatch": ErrDenied, "InvalidClientTokenId": ErrDenied,
	"RequestTimeTooSkewed": ErrDenied, "MissingAuthenticationToken": ErrDenied,

	"BucketAlreadyOwnedByYou": ErrExists, "BucketAlreadyExists": ErrExists, "EntityAlreadyExists": ErrExists,

	"PreconditionFailed": ErrPreconditionFailed, "ConditionalRequestConflict": ErrPreconditionFailed,

	"LimitExceeded": ErrLimit, "TooManyBuckets": ErrLimit,

	"OpenIdIdpCommunicationError": ErrIssuer,

	"InvalidObjectState": ErrInvalid, // AWS says with 403 that an object is in cold storage, and has to be restored first

	"RequestTimeout": ErrUnreachable, // AWS says so with 400
	"SlowDown":       ErrUnreachable, "Throttling": ErrUnreachable, "ServiceUnavailable": ErrUnreachable, "InternalError": ErrUnreachable,
	"InternalFailure": ErrUnreachable, "OperationAborted": ErrUnreachable, "ConcurrentModification": ErrUnreachable,
}

func kindOf(status int, code string) error {
	if kind, ok := kinds[code]; ok {
		return kind
	}
	switch {
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrDenied
	case status == http.StatusPreconditionFailed:
		return ErrPreconditionFailed
	case status == http.StatusNotImplemented:
		return ErrInvalid // what a store cannot do now it cannot do in a minute
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		return ErrUnreachable
	default:
		return ErrInvalid
	}
}

// maxMessage keeps a store's words short enough for a condition's message.
const maxMessage = 300

// Printable bounds foreign text and drops what does not print, so that a store cannot write lines into our logs.
func Printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return strings.TrimSpace(s)
}
