package compare

import (
	"fmt"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// rootOf is one root of a Library's files: its bucket of originals, or a restricted Folder of it.
type rootOf struct{ bucket, restricted string }

// lifecycles are what the Folders of one root say, by their paths in it.
type lifecycles map[string]*v1alpha1.Lifecycle

// lifecycleChanges tells of Folders whose lifecycle changes. It is wider when files there, or below, may be published, or be
// there, at times when they were not before, whatever a Folder above or below says.
func lifecycleChanges(was, is *side) []Declared {
	var all []Declared
	before, after := was.lifecycles(), is.lifecycles()
	name := func(f *v1alpha1.Folder) string { return f.Name }
	pairs(was.tenant.Declared.Folders, is.tenant.Declared.Folders, name, func(name string, had, has *v1alpha1.Folder) {
		from, to := was.lifecycleOf(had), is.lifecycleOf(has)
		if from == to {
			return
		}
		wider := false
		for _, f := range []struct {
			side   *side
			folder *v1alpha1.Folder
		}{{was, had}, {is, has}} {
			if root, path, placed := f.side.placeOf(f.folder); placed {
				wider = wider || widerBelow(before[root], after[root], path, is.now)
			}
		}
		all = append(all, Declared{"Folder", name, "its lifecycle is " + to + " instead of " + from, wider})
	})
	return all
}

// placeOf is the root that a Folder is in, and its path there; false when it is nowhere.
func (s *side) placeOf(f *v1alpha1.Folder) (root rootOf, path string, placed bool) {
	if f == nil {
		return rootOf{}, "", false
	}
	scope, placed := s.model.FolderScope(f.Name)
	bucket := s.buckets[f.Spec.LibraryRef.Name]
	if !placed || s.library(bucket) != scope.Library {
		return rootOf{}, "", false
	}
	return rootOf{bucket, scope.Restricted}, strings.TrimSuffix(scope.Prefix, "/"), true
}

// lifecycles are what Folders say, by root.
func (s *side) lifecycles() map[rootOf]lifecycles {
	all := map[rootOf]lifecycles{}
	for i := range s.tenant.Declared.Folders {
		f := &s.tenant.Declared.Folders[i]
		root, path, placed := s.placeOf(f)
		if !placed || f.Spec.Lifecycle == nil {
			continue
		}
		if all[root] == nil {
			all[root] = lifecycles{}
		}
		all[root][path] = f.Spec.Lifecycle
	}
	return all
}

// lifecycleOf says what a Folder that is somewhere declares.
func (s *side) lifecycleOf(f *v1alpha1.Folder) string {
	if _, _, placed := s.placeOf(f); !placed || f.Spec.Lifecycle == nil {
		return "that of the Folders above"
	}
	l := f.Spec.Lifecycle
	var parts []string
	if l.State != "" {
		parts = append(parts, "state "+string(l.State))
	}
	if l.PublishAt != nil {
		parts = append(parts, "published at "+printer.Stamp(l.PublishAt.Time))
	}
	if l.Sunset != nil {
		parts = append(parts, "archived at "+printer.Stamp(l.Sunset.Time))
	}
	if l.ArchiveAfter != "" {
		parts = append(parts, fmt.Sprintf("archived %s after the last change", l.ArchiveAfter.Value()))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// widerBelow tells whether files in a folder, or somewhere below it, are shown more than before.
func widerBelow(before, after lifecycles, folder string, now time.Time) bool {
	was, is := asset.NewLifecycles(before), asset.NewLifecycles(after)
	wider := func(path string) bool {
		file := strings.TrimPrefix(path+"/"+anyName, "/")
		return widerLifecycle(was.Of(file), is.Of(file), now)
	}
	if wider(folder) {
		return true
	}
	for _, path := range names(before, after) {
		if (folder == "" || strings.HasPrefix(path, folder+"/")) && wider(path) {
			return true
		}
	}
	return false
}

// widerLifecycle tells whether one lifecycle publishes files earlier than another, or archives them later.
func widerLifecycle(was, is asset.Lifecycle, now time.Time) bool {
	return published(is, now).Before(published(was, now)) || over(is.Sunset, now).After(over(was.Sunset, now)) ||
		was.ArchiveAfter > 0 && (is.ArchiveAfter == 0 || is.ArchiveAfter > was.ArchiveAfter)
}

// never is later than whatever can be declared.
var never = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// published is when files that nobody gave a state are published, from now on.
func published(l asset.Lifecycle, now time.Time) time.Time {
	switch {
	case l.State != v1alpha1.StateDraft:
		return now
	case l.PublishAt.IsZero():
		return never
	case l.PublishAt.Before(now):
		return now
	}
	return l.PublishAt
}

// over is when something ends, from now on.
func over(end, now time.Time) time.Time {
	switch {
	case end.IsZero():
		return never
	case end.Before(now):
		return now
	}
	return end
}
