package identity

import "context"

// HolderKind says what a policy document is attached to.
type HolderKind string

// The kinds of Holder.
const (
	HolderUser  HolderKind = "User"
	HolderGroup HolderKind = "Group"
)

// Holder is an identity of ours that holds policy documents of its own, at
// stores whose rights hang on identities and not on buckets.
type Holder struct {
	Kind HolderKind
	Name string // as Name makes it
}

// Held is what a Holder has at the store.
type Held struct {
	// Documents are those of ours that are attached, by shard, from 0. A shard
	// whose document is missing or not attached is not in it.
	Documents map[int][]byte
	// Foreign names policies that others attached. They are kept, and told.
	Foreign []string
	// Members are the users of a group, by name, in order.
	Members []string
}

// Holders attaches documents to users and groups. Every call is idempotent and
// may be cut short between any two requests and called again.
type Holders interface {
	// Held tells of every user and group below a path what is attached to it, in
	// as few requests as the store allows.
	Held(ctx context.Context, pathPrefix string) (map[Holder]Held, error)
	// SetDocument replaces one shard and sees that it is attached; nil detaches
	// and removes it. ErrPolicyTooLarge and ErrLimit leave what is there;
	// ErrNotFound when there is no such holder.
	SetDocument(ctx context.Context, h Holder, shard int, document []byte) error
	// EnsureGroup makes a group. At stores where only a member makes a group it does nothing.
	EnsureGroup(ctx context.Context, group Identity) error
	// DeleteGroup takes away members, documents and the group; nil when there was none.
	DeleteGroup(ctx context.Context, group Identity) error
	// SetMember puts a user into a group, or takes the user out of it; nil when that is so already.
	SetMember(ctx context.Context, group Identity, user string, in bool) error
}
