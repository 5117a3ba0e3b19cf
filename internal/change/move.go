package change

import (
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// Move takes a file into a restricted Folder, out of one, or from one to another.
type Move struct {
	// Restricted is the name of the restricted Folder that it goes to; empty for the open library.
	Restricted string `json:"restricted,omitempty"`
	// Path in there.
	Path string `json:"path"`
}

func (m *Move) check(c Change) string {
	if wrong := wrongPlace(m.Restricted, m.Path); wrong != "" {
		return "move: " + wrong
	}
	if m.Restricted == c.Restricted {
		return "move is for going into, out of or between restricted Folders; rename the file at the store with your own key"
	}
	return ""
}

// decide answers who may not list the place where the file goes as if there were none.
func (m *Move) decide(asker Asker, a Asset, now time.Time) (Effect, *Refusal) {
	to := access.Key{Library: a.Key.Library, Restricted: m.Restricted, Path: m.Path}
	switch {
	case !asker.may(access.List, to, now) || !m.leads(asker.Rights, to):
		return Effect{}, refuse(NotFound, "there is no place %s%s, or you may not list it; correct move, or ask for a role that gives list there", quote(m.Path), within(m.Restricted))
	case !asker.may(access.Restricted, to, now):
		return Effect{}, refuse(NotAllowed, "move needs the permission restricted where the file goes, too; ask for a role that gives it there")
	case a.Occupied:
		return Effect{}, refuse(InvalidState, "there is a file %s%s already; choose another path", quote(m.Path), within(m.Restricted))
	}
	return Effect{Move: &to}, nil
}

// leads tells whether there is such a place: the open library, or a restricted Folder of the same one.
func (m *Move) leads(rights Rights, to access.Key) bool {
	if m.Restricted == "" {
		return true
	}
	if rights == nil {
		return false
	}
	scope, ok := rights.FolderScope(m.Restricted)
	return ok && scope == access.Scope{Library: to.Library, Restricted: m.Restricted}
}
