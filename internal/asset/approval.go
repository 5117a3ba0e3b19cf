package asset

import (
	"fmt"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Approval is what was decided of one version of a file: approvals/<key>/<version>.json. The manager alone writes it.
type Approval struct {
	V int `json:"v"`
	// VersionID and SHA256 name the content that was decided on; an Approval is of nothing else.
	VersionID string `json:"versionID"`
	SHA256    string `json:"sha256"`
	// Verdict is Approved or Rejected, or Unreviewed where a decision was taken back.
	Verdict v1alpha1.AssetApproval `json:"verdict"`
	// Note is what was said of it; may be empty.
	Note string `json:"note,omitempty"`
	Signature
}

// Encode gives the approval as JSON.
func (a Approval) Encode() ([]byte, error) {
	a.V = DescriptionVersion
	if err := a.validate(); err != nil {
		return nil, err
	}
	return encodeDescription(a)
}

// DecodeApproval reads what Encode wrote; ErrDescription when it is something else.
func DecodeApproval(data []byte) (Approval, error) {
	var a Approval
	if err := decodeDescription(data, &a); err != nil {
		return Approval{}, err
	}
	return a, a.validate()
}

func (a Approval) validate() error {
	switch {
	case a.V != DescriptionVersion:
		return fmt.Errorf("%w: version %d is unknown", ErrDescription, a.V)
	case a.VersionID == "" || !plainText(a.VersionID, maxFactsText) || !lowerHex(a.SHA256, 64):
		return fmt.Errorf("%w: it is of no version", ErrDescription)
	case !legible(a.Note, maxText):
		return fmt.Errorf("%w: the note", ErrDescription)
	}
	switch a.Verdict {
	case v1alpha1.ApprovalApproved, v1alpha1.ApprovalRejected, v1alpha1.ApprovalUnreviewed:
		return nil
	}
	return fmt.Errorf("%w: there is no verdict %.20q", ErrDescription, string(a.Verdict))
}

// ApprovalOf tells what was decided of the content that facts tell of; Unreviewed for content that nobody decided on, or of which
// too little is known yet.
func ApprovalOf(decided []Approval, facts *Facts) v1alpha1.AssetApproval {
	if facts == nil || facts.SHA256 == "" {
		return v1alpha1.ApprovalUnreviewed
	}
	for _, a := range decided {
		if a.VersionID == facts.VersionID && a.SHA256 == facts.SHA256 {
			return a.Verdict
		}
	}
	return v1alpha1.ApprovalUnreviewed
}
