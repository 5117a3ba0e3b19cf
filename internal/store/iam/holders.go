package iam

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// The budgets are AWS's quotas, the smallest that are published. Inline documents count together for a user, so there is one; a group's
// could have 5,120 bytes, and the same budget for both keeps the renderer simple.
var (
	managedBudget = identity.Budget{DocumentBytes: 6144, DocumentsPerHolder: 10, GroupsPerUser: 10}
	inlineBudget  = identity.Budget{DocumentBytes: inlineBytes, DocumentsPerHolder: 1, GroupsPerUser: 10}
)

// Holders implements identity.Driver: managed policies as AWS and SeaweedFS have them, inline policies as Ceph has them.
func (d *Driver) Holders(by identity.Enforcement) (identity.Holders, identity.Budget) {
	switch by {
	case identity.ByManagedPolicy:
		return &holders{Driver: d, way: managed{d}, budget: managedBudget}, managedBudget
	case identity.ByInlinePolicy:
		return &holders{Driver: d, way: inline{d}, budget: inlineBudget}, inlineBudget
	case identity.ByBucketPolicy:
	}
	return nil, identity.Budget{}
}

// holders implements identity.Holders; groups are the same either way.
type holders struct {
	*Driver
	way    way
	budget identity.Budget
}

// way is how documents are kept at a holder.
type way interface {
	// held tells one holder's documents and what others attached.
	held(ctx context.Context, h identity.Holder) (identity.Held, error)
	// set replaces the document, or removes it when it is nil, unless that is so already.
	set(ctx context.Context, h identity.Holder, shard int, document []byte) error
	// drop takes every document away before the holder goes, what others attached too.
	drop(ctx context.Context, h identity.Holder) error
}

// SetDocument implements identity.Holders.
func (s *holders) SetDocument(ctx context.Context, h identity.Holder, shard int, document []byte) error {
	op := "write policy " + identity.DocumentName(h.Name, shard)
	if shard < 0 || shard >= s.budget.DocumentsPerHolder {
		return fmt.Errorf("%s: %d documents are the limit: %w", op, s.budget.DocumentsPerHolder, conn.ErrLimit)
	}
	if document == nil {
		return s.way.set(ctx, h, shard, nil)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, document); err != nil {
		return fmt.Errorf("%s: it is no JSON: %w", op, conn.ErrInvalid)
	}
	if compact.Len() > s.budget.DocumentBytes {
		return fmt.Errorf("%s: %d bytes, the store takes %d: %w", op, compact.Len(), s.budget.DocumentBytes, conn.ErrPolicyTooLarge)
	}
	return s.way.set(ctx, h, shard, compact.Bytes())
}

// tooLarge tells a document over the store's limit from the other limits that have the same code.
func tooLarge(err error, inline bool) error {
	refused, ok := errors.AsType[*conn.Error](err)
	if ok && errors.Is(refused, conn.ErrLimit) && (inline || strings.Contains(strings.ToLower(refused.Message), "policysize")) {
		refused.Kind = conn.ErrPolicyTooLarge
	}
	return err
}

// decoded gives a document as it was written: AWS gives it back percent-encoded, others do not.
func decoded(text string) []byte {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return []byte(text)
	}
	if plain, err := url.PathUnescape(text); err == nil {
		return []byte(plain)
	}
	return []byte(text)
}

// sortInto puts one document or policy where it belongs.
func sortInto(h *identity.Held, holder, name string, document []byte) {
	shard, ours := identity.ShardOf(holder, name)
	if !ours {
		h.Foreign = append(h.Foreign, name)
		return
	}
	if document == nil {
		return
	}
	if h.Documents == nil {
		h.Documents = map[int][]byte{}
	}
	h.Documents[shard] = document
}
