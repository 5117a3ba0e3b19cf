package policy

import (
	"errors"
	"fmt"
)

var (
	// ErrTooLarge says that a document would be over its budget; it is never cut short.
	ErrTooLarge = errors.New("policy too large")
	// ErrResource says that something cannot be named in a policy without meaning more than it says.
	ErrResource = errors.New("cannot be named in a policy")
	// ErrMalformed says that a document is not a policy.
	ErrMalformed = errors.New("not a policy document")
	// ErrNotProved says that a document does not say what the model says.
	ErrNotProved = errors.New("policy not proved")
)

// TooLargeError has the figures of a document over its budget; it is ErrTooLarge.
type TooLargeError struct {
	// Bucket that the policy is of, or Holder that the documents hang on.
	Bucket, Holder string
	// MaxDocuments that a Holder may have.
	MaxDocuments int
	// Bytes it would have, and MaxBytes it may have.
	Bytes, MaxBytes int
	// Statements, Principals and Resources in it, each principal and resource counted once.
	Statements, Principals, Resources int
}

// Error says the figures and what helps.
func (e *TooLargeError) Error() string {
	if e.Holder != "" {
		return fmt.Sprintf("the rights of %s would need a document of %d bytes and the store takes %d in each of %d (%d places): grant on fewer folders further up, or use fewer Collection members",
			e.Holder, e.Bytes, e.MaxBytes, e.MaxDocuments, e.Resources)
	}
	return fmt.Sprintf("the policy of bucket %s would have %d bytes and may have %d (%d statements, %d users, %d places): grant on fewer folders further up, use fewer Collection members, or split the library",
		e.Bucket, e.Bytes, e.MaxBytes, e.Statements, e.Principals, e.Resources)
}

// Is makes it ErrTooLarge.
func (e *TooLargeError) Is(target error) bool { return target == ErrTooLarge }
