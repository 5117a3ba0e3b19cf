package identity

import (
	"context"
	"strconv"
	"strings"
)

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
	Path string // as Path makes it
	Name string // as Name makes it; the value of a HolderClaim
}

// Held is what a Holder has at the store.
type Held struct {
	// Documents are those of ours that are attached, by shard, from 0. A shard
	// whose document is missing or not attached is not in it. Stores may give
	// back other bytes than were set; SameDocument compares what they say.
	Documents map[int][]byte
	// Foreign names policies that others attached, in order. They are kept, and told.
	Foreign []string
	// Members are the users of a group, by name, in order.
	Members []string
	// Half are users whom a store that keeps memberships twice has in a group by one of the two only, which
	// is what a cut call leaves. They may have a member's rights or come to have them: SetMember makes it one or the other.
	Half []string
}

// Holders attaches documents to users and groups. Every call is idempotent and
// may be cut short between any two requests and called again.
type Holders interface {
	// Held tells of every user and group below a path what is attached to it, and of
	// every claim's value what it gives, in as few requests as the store allows. Users beside
	// the path who may be in its groups are told too, where they exist.
	Held(ctx context.Context, pathPrefix string, beside ...Identity) (map[Holder]Held, error)
	// SetDocument replaces one shard and sees that it is attached; nil detaches
	// and removes it. ErrPolicyTooLarge, ErrLimit and ErrForeign leave what is there;
	// ErrNotFound when there is no such user or group.
	SetDocument(ctx context.Context, h Holder, shard int, document []byte) error
	// EnsureGroup makes a group. At stores where only a member makes a group it does nothing.
	EnsureGroup(ctx context.Context, group Identity) error
	// DeleteGroup takes away documents, then members, also those whom Held tells as Half, then the group; nil when there was none.
	DeleteGroup(ctx context.Context, group Identity) error
	// SetMember puts a user into a group, or takes the user out of it; nil when
	// that is so already. ErrNotFound when the group, or a user to be put in, does not exist.
	SetMember(ctx context.Context, group Identity, user string, in bool) error
}

// Enforcement is the way in which rights get to a store.
type Enforcement string

// The ways of Enforcement.
const (
	// ByBucketPolicy: a policy for each bucket names users as principals.
	ByBucketPolicy Enforcement = "BucketPolicy"
	// ByManagedPolicy: policies of their own are attached to users and groups.
	ByManagedPolicy Enforcement = "ManagedPolicy"
	// ByInlinePolicy: policies are part of a user or group.
	ByInlinePolicy Enforcement = "InlinePolicy"
)

// Budget is what a store takes of documents at identities. Zero means no limit.
type Budget struct {
	DocumentBytes      int // of one document, in the compact form that it is written in
	DocumentsPerHolder int
	GroupsPerUser      int
}

// DocumentName is what a shard's document is called at the store.
func DocumentName(holder string, shard int) string { return holder + "-" + strconv.Itoa(shard) }

// ShardOf takes a document's name apart; false when it is not one of the holder's.
func ShardOf(holder, document string) (shard int, ok bool) {
	text, ok := strings.CutPrefix(document, holder+"-")
	if !ok {
		return 0, false
	}
	shard, err := strconv.Atoi(text)
	if err != nil || shard < 0 || strconv.Itoa(shard) != text {
		return 0, false
	}
	return shard, true
}
