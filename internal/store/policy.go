package store

import (
	"context"
	"fmt"
)

// BucketPolicy reads the bucket's policy document; nil when it has none. VersityGW gives back the bytes that were put; other
// stores may reorder, so compare in canonical form.
func (s *Store) BucketPolicy(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	text, err := s.S3.GetBucketPolicy(ctx, name)
	if err != nil {
		return nil, translate("read policy of bucket "+name, err)
	}
	if text == "" {
		return nil, nil
	}
	return []byte(text), nil
}

// SetBucketPolicy replaces the bucket's policy; an empty document removes it. The caller compares first: this always writes.
// ErrPolicyTooLarge when the document is over the budget, before it leaves; ErrUnknownPrincipal when it names an identity that does not
// exist, in which case the policy in place stays.
func (s *Store) SetBucketPolicy(ctx context.Context, name string, doc []byte) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	op := "write policy of bucket " + name
	if len(doc) > BucketPolicyBudget {
		return fmt.Errorf("%s: %d bytes, the budget is %d: %w", op, len(doc), BucketPolicyBudget, ErrPolicyTooLarge)
	}
	return translate(op, s.S3.SetBucketPolicy(ctx, name, string(doc)))
}
