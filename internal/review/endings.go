package review

import (
	"fmt"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// endings say how long what a subject holds can outlive its end, where it cannot be ended at once: sessions that
// were opened by somebody whom only the issuer knows, and keys that were replaced.
func (r *Review) endings(s Subject) []string {
	if s.Kind == v1alpha1.SubjectUserGroup {
		g := r.group(s.Name)
		if g == nil {
			return nil
		}
		var notes []string
		if g.Spec.Federation != nil {
			notes = append(notes, claimEnding(g.Name))
		}
		if len(g.Spec.ServiceAccounts) > 0 {
			notes = append(notes, accountEnding("a ServiceAccount of UserGroup "+g.Name))
		}
		return notes
	}
	group, account, session := access.ParseSession(s.Name)
	switch {
	case !session:
		return r.keyEndings(r.user(s.Name))
	case !slices.Contains(r.subjects(), s.Name):
		return nil
	case group != "":
		return []string{claimEnding(group)}
	}
	return []string{accountEnding("the ServiceAccount " + account)}
}

func claimEnding(group string) string {
	return fmt.Sprintf("what the group loses, by its RoleBindings, a window or a freeze, a running session by its claim loses within %s; but a person "+
		"who is only taken out of the claim at the issuer keeps a session that is open until it ends: %s; kubectl dam freeze group %s ends it now, and must stand for as long", soon, sessionLength, group)
}

func accountEnding(who string) string {
	return fmt.Sprintf("what its groups lose, and being taken out of one, a running session of %s feels within %s; but when the ServiceAccount is deleted, a session that is open "+
		"goes on until it ends: %s; take it out of spec.serviceAccounts, or freeze the group, to end it now", who, soon, sessionLength)
}

// soon is when a store has a change in force; which way of enforcement it has is not known here. The instants are those of
// the ObjectStore's effectWithin.
const soon = "two seconds, or five where rights hang on identities, as on MinIO"

// sessionLength is how long a session lasts; which driver a store has is not known here.
const sessionLength = "an hour at most with the driver IAM, as long as the token says where a MinIO opens sessions itself"

// keyEndings say how long a key lives on that is replaced.
func (r *Review) keyEndings(u *v1alpha1.User) []string {
	if u == nil {
		return nil
	}
	var notes []string
	if k := u.Spec.KeyRotation; k != nil {
		overlap := time.Hour // as docs/user.md has it
		if k.Overlap != "" {
			overlap = k.Overlap.Value()
		}
		if overlap > 0 {
			notes = append(notes, fmt.Sprintf("a key of %s that is replaced stays valid for %s beside the new one; kubectl dam freeze user %s ends both within %s", u.Name, hours(overlap), u.Name, soon))
		}
	}
	for _, id := range u.Status.Identities {
		if id.Previous != nil && r.at.Before(id.Previous.EndsAt.Time) {
			notes = append(notes, fmt.Sprintf("at ObjectStore %s the key of %s that was replaced is valid until %s", id.Store, u.Name, printer.Stamp(id.Previous.EndsAt.Time)))
		}
	}
	return notes
}
