package access

import (
	"fmt"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// TargetError says why a link on a target shows nothing.
type TargetError struct {
	// Reason is one of the reasons of package v1alpha1: TargetNotFound,
	// LibraryNotFound, InvalidPath or Frozen.
	Reason string
	// Message says it in plain words, with what to do.
	Message string
}

// Error is the message.
func (e *TargetError) Error() string { return e.Message }

func targetError(reason, format string, args ...any) error {
	return &TargetError{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// LinkScope is what a link on a target shows: for a Folder, all files below it
// that are not in a restricted Folder; for a restricted Folder itself, all files
// of its root; for a Collection, its members. Every error is a *TargetError.
func (m *Model) LinkScope(t v1alpha1.LinkTarget) (LinkScope, error) {
	if m.frozen {
		return LinkScope{}, targetError(v1alpha1.ReasonFrozen, "the namespace is frozen; nothing of it is shown")
	}
	switch {
	case t.Folder != nil:
		f := m.folders[t.Folder.Name]
		if f == nil || !f.live {
			return LinkScope{}, targetError(v1alpha1.ReasonTargetNotFound,
				"there is no Folder %s in this namespace that can be shown; create or repair it, or make a link on another target", t.Folder.Name)
		}
		scope := f.scope
		return m.shown(LinkScope{Library: scope.Library, Scope: &scope})
	case t.Collection != nil:
		c := m.collections[t.Collection.Name]
		if c == nil || !c.live {
			return LinkScope{}, targetError(v1alpha1.ReasonTargetNotFound,
				"there is no Collection %s in this namespace that can be shown; create or repair it, or make a link on another target", t.Collection.Name)
		}
		return m.shown(LinkScope{Library: c.library, Keys: c.members, Versions: c.versions})
	case t.Asset != nil:
		lib, path := t.Asset.LibraryRef.Name, string(t.Asset.Path)
		if m.libraries[lib] == nil {
			return m.shown(LinkScope{Library: lib})
		}
		if wrong := checkPath(path); wrong != "" {
			return LinkScope{}, targetError(v1alpha1.ReasonInvalidPath, "asset %q: %s", path, wrong)
		}
		if m.leadsThrough(lib, path) {
			return LinkScope{}, targetError(v1alpha1.ReasonInvalidPath, "asset %q is a folder; make a link on a Folder instead", path)
		}
		return m.shown(LinkScope{Library: lib, Keys: []Key{{Library: lib, Path: path}}})
	}
	return LinkScope{}, targetError(v1alpha1.ReasonTargetNotFound, "the link has no target; name a folder, a collection or an asset")
}

// shown gives what is to be shown, or nothing and the reason when its Library
// cannot be shown.
func (m *Model) shown(what LinkScope) (LinkScope, error) {
	l := m.libraries[what.Library]
	switch {
	case l == nil:
		return LinkScope{}, targetError(v1alpha1.ReasonLibraryNotFound, "there is no Library %s in this namespace; create it, or correct the target", what.Library)
	case l.frozen:
		return LinkScope{}, targetError(v1alpha1.ReasonFrozen, "the Library %s is frozen; nothing of it is shown", what.Library)
	case !l.live:
		return LinkScope{}, targetError(v1alpha1.ReasonTargetNotFound, "the Library %s is being deleted or in conflict with an older one; see its conditions", what.Library)
	}
	return what, nil
}
