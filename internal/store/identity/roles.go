package identity

import (
	"context"
	"time"
)

// SessionLimit is the longest that a session of a Role lasts. It is also the shortest limit that the IAM API lets a role have.
const SessionLimit = time.Hour

// Trust says whose tokens open a session: those of one issuer, for one audience, that carry a claim of one value, or one value of
// several.
type Trust struct {
	Issuer   string // URL, https
	Audience string
	Claim    string // a top-level claim, such as groups or sub
	Value    string // compared byte by byte
}

// Role is who a session is at the store. Its name is derived (see Name). It holds no rights of its own: bucket policies name it.
type Role struct {
	Name  string
	Path  string // as Path makes it; part of the ARN
	Trust Trust
	Tags  map[string]string // wanted in EnsureRole; in ListRoles only as far as the store gives them there
}

// Provider is an issuer as a store knows it.
type Provider struct {
	Issuer    string // URL
	Audiences []string
	Tags      map[string]string
}

// Roles manages whom tokens of other issuers can be at a store. Every call is idempotent and observes before it acts.
type Roles interface {
	// ListRoles gives the roles whose path begins with the prefix, by name. Trust is not filled in.
	ListRoles(ctx context.Context, pathPrefix string) ([]Role, error)
	// EnsureRole makes the role, or brings what it trusts, how long sessions last and its tags to what is wanted; policies that somebody
	// attached to it are taken away. It fails with ErrForeign when the name is taken under another path.
	EnsureRole(ctx context.Context, r Role) (changed bool, err error)
	// DeleteRole takes away the role and sees that it is gone; nil when there was none.
	DeleteRole(ctx context.Context, r Role) error
	// RolePrincipal is how a bucket policy names every session of the role, and what is assumed. No I/O.
	RolePrincipal(r Role) string
}

// Providers manages the issuers that a store knows. They belong to the whole store: others may rely on one.
type Providers interface {
	// ListProviders gives all issuers that the store knows.
	ListProviders(ctx context.Context) ([]Provider, error)
	// EnsureProvider makes the store know the issuer, or adds the audiences that are missing; those of others stay, and so do their
	// tags. Some stores ask the issuer at that: ErrIssuer when it does not answer them.
	EnsureProvider(ctx context.Context, p Provider) (changed bool, err error)
	// DeleteProvider makes the store forget the issuer; nil when it does not know it.
	DeleteProvider(ctx context.Context, issuer string) error
}
