// Package identity declares who can be named at a store: what every driver of an identity API takes and gives.
package identity

import (
	"context"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// Identity is a user at the store. Its name is derived (see Name) and says nothing to a reader; where the store keeps tags,
// they carry what it stands for.
type Identity struct {
	Name string
	Path string            // as IdentityPath makes it; part of the ARN, so of the principal in a bucket policy
	Tags map[string]string // wanted in Ensure; in List only as far as the store gives them there
}

// AccessKey is a long-lived key of an Identity.
type AccessKey struct {
	ID        string
	Secret    conn.Secret // set by IssueKey alone: no store gives it twice
	Active    bool
	CreatedAt time.Time
}

// Features is what a store's identity API can do.
type Features struct {
	Account           string // account number in ARNs
	Groups            bool
	ManagedPolicies   bool
	InlinePolicyBytes int // per identity; 0 when there are no inline policies
	WebIdentity       bool
	Tags              bool // whether an Identity's Tags are kept
}

// Driver speaks one identity API. Every call is idempotent and observes before it acts.
type Driver interface {
	List(ctx context.Context, pathPrefix string) ([]Identity, error)
	Ensure(ctx context.Context, id Identity) (created bool, err error)
	Delete(ctx context.Context, id Identity) error
	Keys(ctx context.Context, name string) ([]AccessKey, error)
	IssueKey(ctx context.Context, name string) (AccessKey, error)
	DeleteKey(ctx context.Context, name, keyID string) error
	Principal(id Identity) string
	// Bearers tells of every user and group of the store, ours or not, with the policies that are their own. What could not be
	// read of them all is in unread, in words; what of one, in its Bearer. Those whom leaveOut names are neither told nor read,
	// which costs several requests each; nil leaves out nobody.
	Bearers(ctx context.Context, leaveOut func(Holder) bool) (all []Bearer, unread []string, err error)
	// Holders gives the way to documents at identities, and what the store takes
	// there; nil when the driver does not know that way.
	Holders(by Enforcement) (Holders, Budget)
	Features(ctx context.Context, probe Identity) (Features, error)
}
