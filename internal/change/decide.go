package change

import (
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Rights is what is asked of the model.
type Rights interface {
	// Decide tells whether a user may do something with a file at an instant.
	Decide(user string, p access.Permission, k access.Key, at time.Time) access.Decision
	// DescribableFields are the fields of a file that a user may change, or all of them.
	DescribableFields(user string, k access.Key, at time.Time) (all bool, fields []string)
	// FolderScope is where a Folder's files are.
	FolderScope(name string) (access.Scope, bool)
}

// Asker is who asks, as Record.AuthorOf tells.
type Asker struct {
	// Name signs what is written; a User's is the model's too.
	Name string
	// Platform: of the platform team, who are asked for no permission. What they ask for must be valid all the same.
	Platform bool
	// Rights of the tenant.
	Rights Rights
}

func (a Asker) may(p access.Permission, k access.Key, at time.Time) bool {
	return a.Platform || a.Rights != nil && a.Rights.Decide(a.Name, p, k, at).Allowed
}

// Asset is what is known of one file.
type Asset struct {
	Key access.Key
	// Exists: there is a current version, and it is an asset.
	Exists bool
	// ETag and VersionID of the current version.
	ETag, VersionID string
	// SHA256 that facts of the current version tell; empty while there are none.
	SHA256 string
	// Versions are all that there are; read only for changes that are OfVersions.
	Versions []asset.Version
	// Metadata and State that were written last; nil for none.
	Metadata *asset.Metadata
	State    *asset.StateRecord
	// Approval of the version that the change names; nil for none.
	Approval *asset.Approval
	// Lifecycle is what the Folders above say, and Modified when the content last changed.
	Lifecycle asset.Lifecycle
	Modified  time.Time
	// Occupied: there is a file already where a move goes, and it is not there by this very move.
	Occupied bool
}

// Effect is what is to be done: one thing, or none.
type Effect struct {
	// Metadata, State or Approval to be written in the place of the Asset's.
	Metadata *asset.Metadata
	State    *asset.StateRecord
	Approval *asset.Approval
	// Move is where the file goes.
	Move *access.Key
	// Restore and Remove are ids of versions.
	Restore, Remove string
	// Unchanged: everything is so already, and nothing is to be done.
	Unchanged bool
	// Applied: it is so by this very change, which was cut off before it was answered.
	Applied bool
}

// Decide tells what a change does to a file, or why nothing. The Asset is the one that the change names; id is the record's.
//
// Who may not list a file gets the answer of one that does not exist, to the byte: up to there nothing may depend on the file.
func Decide(asker Asker, schema asset.Schema, c Change, a Asset, now time.Time, id string) (Effect, *Refusal) {
	if wrong := c.check(); wrong != "" {
		return Effect{}, refuse(Malformed, "%s", wrong)
	}
	there := a.Exists || c.OfVersions() && len(a.Versions) > 0 // of a deleted file there are versions left
	if a.Key != c.Key(a.Key.Library) || !asker.may(access.List, a.Key, now) || !there {
		return Effect{}, refuse(NotFound,
			"there is no file %s%s, or you may not list it; correct path and restricted, or ask for a role that gives list there", quote(c.Path), within(c.Restricted))
	}
	if p := c.needs(); !asker.may(p, a.Key, now) {
		return Effect{}, refuse(NotAllowed, "%s needs the permission %s on the file; ask for a role that gives it", c.Kind(), p)
	}
	if c.VersionID != "" && c.VersionID != a.VersionID && !c.OfVersions() {
		return Effect{}, refuse(StaleVersion, "version %s is not the current one; look at the file as it is now, and ask again for that version", quote(c.VersionID))
	}
	signature := asset.Signature{By: asker.Name, At: now, Change: id}
	switch {
	case c.Describe != nil:
		if refused := c.Describe.allowed(asker, a.Key, now); refused != nil {
			return Effect{}, refused
		}
		return c.Describe.decide(schema, a.Metadata, signature)
	case c.State != nil:
		return c.State.decide(a, signature)
	case c.Approve != nil:
		return c.Approve.decide(a, signature)
	case c.Move != nil:
		return c.Move.decide(asker, a, now)
	case c.Restore != nil:
		return restore(c.VersionID, a)
	}
	return remove(c.VersionID, a.Versions)
}

// within says where a path is.
func within(restricted string) string {
	if restricted == "" {
		return " in the library"
	}
	return " in a restricted Folder " + quote(restricted)
}

// needs is the permission that a change takes on the file, beside list.
func (c Change) needs() access.Permission {
	switch {
	case c.Describe != nil:
		return access.Describe
	case c.State != nil:
		return access.Publish
	case c.Approve != nil:
		return access.Approve
	case c.Move != nil:
		return access.Restricted
	case c.Restore != nil:
		return access.Upload
	}
	return access.Delete
}

// unchanged is the effect of a change of which nothing is left to do, where that was written last by one signature.
func unchanged(last, own asset.Signature) Effect {
	return Effect{Unchanged: true, Applied: wrote(last, own)}
}

// wrote tells whether something was written for this very change.
func wrote(last, own asset.Signature) bool {
	return own.Change != "" && last.Change == own.Change && last.By == own.By
}

// focusField is what the focus counts as among fields.
const focusField = "focus"

// allowed tells whether the asker may change each field that is touched; nil when they may.
func (d *Describe) allowed(asker Asker, k access.Key, now time.Time) *Refusal {
	if asker.Platform {
		return nil
	}
	all, fields := asker.Rights.DescribableFields(asker.Name, k, now)
	if all {
		return nil
	}
	for _, name := range d.touched() {
		if !slices.Contains(fields, name) {
			return refuse(FieldNotAllowed, "your roles let you change %s on this file, and not %s; leave it out, or ask for a role that gives it", orNothing(fields), quote(name))
		}
	}
	return nil
}

func orNothing(fields []string) string {
	if len(fields) == 0 {
		return "no field"
	}
	return few(slices.Sorted(slices.Values(fields)))
}
