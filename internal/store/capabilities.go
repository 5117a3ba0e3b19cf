package store

import (
	"encoding/json"
	"fmt"

	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// BucketPolicyBudget is the most bytes a bucket policy may have. VersityGW takes more (101 KB were accepted) but parses the document at
// every decision, about 2 ms of CPU at 100 KB.
const BucketPolicyBudget = 64 << 10

// Enforcement is the way in which rights get to a store, see identity.Enforcement.
type Enforcement = identity.Enforcement

// The ways of Enforcement.
const (
	ByBucketPolicy  = identity.ByBucketPolicy
	ByManagedPolicy = identity.ByManagedPolicy
	ByInlinePolicy  = identity.ByInlinePolicy
)

// Capabilities is what a probe found a store to do, in plain values fit for a status. All false means not probed.
type Capabilities struct {
	Account            string      `json:"account,omitempty"` // account number in principals, to be given in Config
	Groups             bool        `json:"groups"`
	ManagedPolicies    bool        `json:"managedPolicies"`
	InlinePolicyBytes  int         `json:"inlinePolicyBytes"`     // per identity
	BucketPolicies     bool        `json:"bucketPolicies"`        // a bucket policy naming a user gives that user access, and no more
	Enforcement        Enforcement `json:"enforcement,omitempty"` // how rights get there; empty when no way was found to work
	DocumentBytes      int         `json:"documentBytes"`         // of one document, by that way
	DocumentsPerHolder int         `json:"documentsPerHolder"`    // 0 = no limit, or none at identities
	GroupsPerUser      int         `json:"groupsPerUser"`         // likewise
	WebIdentity        bool        `json:"webIdentity"`
	IdentityTags       bool        `json:"identityTags"`      // readable names are kept at the store
	ConditionalWrites  bool        `json:"conditionalWrites"` // If-None-Match: *
	Versioning         bool        `json:"versioning"`
	RewriteAfterDelete bool        `json:"rewriteAfterDelete"` // a key that was deleted and written again can be read
	TrustedPrefix      bool        `json:"trustedPrefix"`      // a prefix condition on listing holds against misleading headers and queries
	DateConditions     bool        `json:"dateConditions"`     // a grant under DateLessThan on aws:CurrentTime ends by itself, and holds until then
	TrustedDates       bool        `json:"trustedDates"`       // likewise, against misleading headers and queries
	PropagationSeconds int         `json:"propagationSeconds"` // until a policy change is seen, rounded up; 0 = with the next request
}

// String is the JSON form, with sorted and stable fields.
func (c Capabilities) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Sprintf("%#v", c)
	}
	return string(text)
}
