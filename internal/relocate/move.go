package relocate

import (
	"fmt"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Place is where an original may be. Its key says what it is called, and stays the same while the original is archived.
type Place struct {
	Key access.Key
	// Held: it is archived.
	Held bool
}

// object is where the original is at the store.
func (p Place) object(b Buckets) (bucket, name string) {
	if p.Held {
		return b.Vitrine, asset.HeldObject(p.Key)
	}
	vitrine, name := asset.Object(p.Key)
	if vitrine {
		return b.Vitrine, name
	}
	return b.Originals, name
}

// Buckets are those of a Library. The caller has seen that they carry its mark.
type Buckets struct{ Originals, Vitrine string }

// Move is what is asked for.
type Move struct {
	From, To Place
	// By is who asked for it; empty when the clock did.
	By string
	// Record is the id of the change record that asked for it; empty for none.
	Record string
}

// Reason is the closed list of why an original does not move.
type Reason string

// The reasons.
const (
	// ReasonInvalidMove: the two places are not such that originals move between them.
	ReasonInvalidMove Reason = "InvalidMove"
	// ReasonInvalidTarget: the path is none that Vitrine accepts.
	ReasonInvalidTarget Reason = "InvalidTarget"
	// ReasonNotFound: there is no such file.
	ReasonNotFound Reason = "NotFound"
	// ReasonTargetExists: there is a file already where it is to go.
	ReasonTargetExists Reason = "TargetExists"
	// ReasonMoving: a move that is not done names one of the two keys.
	ReasonMoving Reason = "Moving"
	// ReasonHeld: the store keeps a version from being deleted.
	ReasonHeld Reason = "Held"
	// ReasonTooManyVersions: there are more than MaxVersions.
	ReasonTooManyVersions Reason = "TooManyVersions"
	// ReasonMetadataTooLarge: a version has no room left for the mark of a move.
	ReasonMetadataTooLarge Reason = "MetadataTooLarge"
	// ReasonNotVersioned: a bucket keeps no versions.
	ReasonNotVersioned Reason = "NotVersioned"
	// ReasonNotCopied: the store refused to copy a version.
	ReasonNotCopied Reason = "NotCopied"
	// ReasonCopyGone: somebody deleted a copy while the move was under way.
	ReasonCopyGone Reason = "CopyGone"
)

// Refusal is why an original stays where it is, as an error of Start and in a Journal that is done. Nothing has been deleted.
type Refusal struct { //nolint:errname // it is an answer, kept in journals, more than an error
	Reason Reason `json:"reason"`
	// Message says it in words, with the remedy.
	Message string `json:"message"`
}

// Error implements error.
func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Message }

func refuse(reason Reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// validate refuses what is no move of this package: into the archive and back, or to another root. Whoever renames within a root does it
// with any S3 tool.
func (m Move) validate() *Refusal {
	from, to := m.From.Key, m.To.Key
	switch {
	case from.Library == "" || from.Library != to.Library:
		return refuse(ReasonInvalidMove, "files move within one library; copy it with an S3 tool")
	case from == to && m.From.Held == m.To.Held:
		return refuse(ReasonInvalidMove, "it is there already")
	case from != to && from.Restricted == to.Restricted:
		return refuse(ReasonInvalidMove, "rename a file within the library, or within one restricted folder, with an S3 tool")
	case from != to && m.From.Held != m.To.Held:
		return refuse(ReasonInvalidMove, "bring a file back from the archive to where it was, and move it then")
	}
	if strings.Contains(to.Restricted, "/") {
		return refuse(ReasonInvalidTarget, "no restricted folder is called %q", to.Restricted)
	}
	if err := asset.CheckPath(to.Path); err != nil {
		return refuse(ReasonInvalidTarget, "%v", err)
	}
	if to.Restricted == "" && asset.Reserved(to.Path) {
		return refuse(ReasonInvalidTarget, "the top folder restricted is reserved; choose another path")
	}
	return nil
}

// shown is a place in words.
func (p Place) shown() string {
	text := fmt.Sprintf("%q", p.Key.Path)
	if p.Key.Restricted != "" {
		text += " in restricted folder " + p.Key.Restricted
	}
	if p.Held {
		text += ", archived"
	}
	return text
}
