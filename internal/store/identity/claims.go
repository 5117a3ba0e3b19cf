package identity

import "context"

// HolderClaim is a value of a claim that names a policy: whoever's token has it, has what the policy gives. Its Holder's Name is the value,
// and its one document is shard 0.
const HolderClaim HolderKind = "Claim"

// ClaimTrust is whose tokens a store opens sessions for, where their claims name policies. It is set where the store is
// configured, the same for all who use it.
type ClaimTrust struct {
	Issuer   string // URL
	Audience string
	Claim    string // whose values name policies
	// DocumentBytes is what a document of a HolderClaim may have.
	DocumentBytes int
}

// Claims is for stores where the values of a token's claim name policies: a session has the union of those that are there. The documents
// are set by Holders. A policy of ours says below which path it was made; one by the same name that does not, is somebody else's: Held
// does not tell of it, and to set it is ErrForeign.
type Claims interface {
	// ClaimTrust reads what the store is configured with; ErrNotFound when its tokens' claims name no policies, ErrDenied when
	// that may not be seen. What it says may be a minute old.
	ClaimTrust(ctx context.Context) (ClaimTrust, error)
	// CheckClaim tells why a value can name no policy of ours, in words that follow the value; empty when it can. To set one all the same
	// is ErrInvalid. No I/O.
	CheckClaim(value string) (why string)
}
