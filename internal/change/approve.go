package change

import (
	"fmt"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Approve decides on one version of a file, and on no other content.
type Approve struct {
	// Verdict is Approved or Rejected; Unreviewed takes a decision back.
	Verdict v1alpha1.AssetApproval `json:"verdict"`
	// SHA256 is the digest of the content that was looked at, in hex.
	SHA256 string `json:"sha256"`
	// Note is what is said of it; may be empty.
	Note string `json:"note,omitempty"`
}

func (v *Approve) check() string {
	switch v.Verdict {
	case v1alpha1.ApprovalApproved, v1alpha1.ApprovalRejected, v1alpha1.ApprovalUnreviewed:
	default:
		return fmt.Sprintf("there is no verdict %s; write Approved, Rejected or Unreviewed", quote(string(v.Verdict)))
	}
	if len(v.SHA256) != 64 || strings.Trim(v.SHA256, "0123456789abcdef") != "" {
		return "approve needs sha256, the digest of the content that was looked at: 64 hex digits in lower case"
	}
	return ""
}

// decide is asked of the current version only.
func (v *Approve) decide(a Asset, signature asset.Signature) (Effect, *Refusal) {
	switch a.SHA256 {
	case "":
		return Effect{}, refuse(NotReadYet, "this version was not read yet, so that its sha256 cannot be compared; ask again in a minute, under a new id")
	case v.SHA256:
	default:
		return Effect{}, refuse(WrongContent, "the file has another sha256 than the one decided on; look at it as it is now, and decide again")
	}
	after := asset.Approval{
		V: asset.DescriptionVersion, VersionID: a.VersionID, SHA256: a.SHA256, Verdict: v.Verdict, Note: v.Note, Signature: signature,
	}
	before := asset.Approval{Verdict: v1alpha1.ApprovalUnreviewed}
	if a.Approval != nil && a.Approval.VersionID == a.VersionID && a.Approval.SHA256 == a.SHA256 {
		before = *a.Approval
	}
	if before.Verdict == after.Verdict && before.Note == after.Note {
		return unchanged(before.Signature, signature), nil
	}
	if _, err := after.Encode(); err != nil {
		return Effect{}, refuse(InvalidValue, "the approval cannot be kept: %s; write a shorter note without characters that are not shown", err)
	}
	return Effect{Approval: &after}, nil
}
