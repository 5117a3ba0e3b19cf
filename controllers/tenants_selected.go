package controllers

import (
	"hash/maphash"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// selection is what the selector of one Collection picks, with what that was found from. Asking a hundred thousand files takes a
// tenth of a second, so it is done anew only when one of those is another, or the clock changes something.
type selection struct {
	holding     *Holding
	library     version
	declared    version
	folders     uint64 // fingerprint of what folders may say of files
	until       time.Time
	paths       []string
	fingerprint uint64
}

// selections are those of one namespace, by Collection.
type selections map[string]selection

// selected gives what selectors pick in the buckets of originals at an instant, by Collection, and until when that is so by the clock alone;
// zero for ever. Files of restricted Folders are never members, and of a Library that was not looked at yet none is known.
func (t *Tenant) selected(before selections, folders uint64, now time.Time) (found selections, until time.Time) {
	found = selections{}
	for i := range t.Declared.Collections {
		c := &t.Declared.Collections[i]
		library := libraryNamed(t, c.Spec.LibraryRef.Name)
		if c.Spec.Selector == nil || library == nil {
			continue
		}
		next := selection{holding: t.Holdings[library.Name], library: versionOf(library), declared: versionOf(c), folders: folders}
		was := before[c.Name]
		same := was.holding == next.holding && was.library == next.library && was.declared == next.declared && was.folders == next.folders
		if !same || !was.until.IsZero() && !now.Before(was.until) {
			next.pick(*c.Spec.Selector, asset.NewSchema(library.Spec.Metadata), t.Lifecycles, now)
			was = next
		}
		found[c.Name] = was
		if !was.until.IsZero() && (until.IsZero() || was.until.Before(until)) {
			until = was.until
		}
	}
	return found, until
}

func (s *selection) pick(selector v1alpha1.CollectionSelector, schema asset.Schema, folders lifecycles, now time.Time) {
	if s.holding == nil {
		return
	}
	var seen maphash.Hash // of names that whoever may upload chooses
	seen.SetSeed(fingerprintSeed)
	for i := range s.holding.Assets {
		a := &s.holding.Assets[i]
		if a.Key.Restricted != "" {
			continue
		}
		state, next := a.state(folders, now)
		if !next.IsZero() && (s.until.IsZero() || next.Before(s.until)) {
			s.until = next
		}
		if asset.Selected(selector, schema, asset.Description{Metadata: a.Said.Metadata, State: state, Approval: asset.ApprovalOf(a.Said.Approvals, a.Facts)}) {
			s.paths = append(s.paths, a.Key.Path)
			_, _ = seen.WriteString(a.Key.Path + "\x00")
		}
	}
	s.fingerprint = seen.Sum64()
}
