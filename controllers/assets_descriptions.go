package controllers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Descriptions counts how well a Library's files are described.
type Descriptions struct {
	Drafts, Archived, Approved, Misfits int
	// TooLong have names under which not all can be kept that may be said of them.
	TooLong int
	// Misfit names some of those.
	Misfit []v1alpha1.MetadataMisfit
}

// tooLongMessage tells of files with names that are too long; empty when there are none.
func tooLongMessage(files int) string {
	if files == 0 {
		return ""
	}
	return fmt.Sprintf("; %d files have names so long that not all can be kept that is said and decided of them: rename them, or folders above them, so that paths have at most %d bytes",
		files, asset.MaxName)
}

// maxNamed is how many files of one kind a status names.
const maxNamed = 20

// maxMisfit bounds in bytes what is told of one of them.
const maxMisfit = 500

// lifecycles are what the Folders of a tenant say of files, by Library and restricted Folder.
type lifecycles map[access.Scope]asset.Lifecycles

// lifecyclesOf gathers what Folders say. A restricted Folder is a root of its own: what folders above it say is not about its files.
func lifecyclesOf(model *access.Model, folders []v1alpha1.Folder) lifecycles {
	byRoot := map[access.Scope]map[string]*v1alpha1.Lifecycle{}
	for i := range folders {
		f := &folders[i]
		at, known := model.FolderScope(f.Name)
		if f.Spec.Lifecycle == nil || !known {
			continue
		}
		root := access.Scope{Library: at.Library, Restricted: at.Restricted}
		if byRoot[root] == nil {
			byRoot[root] = map[string]*v1alpha1.Lifecycle{}
		}
		byRoot[root][strings.TrimSuffix(at.Prefix, "/")] = f.Spec.Lifecycle
	}
	all := make(lifecycles, len(byRoot))
	for root, byPath := range byRoot {
		all[root] = asset.NewLifecycles(byPath)
	}
	return all
}

// of gives what the Folders above a file say.
func (l lifecycles) of(key access.Key) asset.Lifecycle {
	return l[access.Scope{Library: key.Library, Restricted: key.Restricted}].Of(key.Path)
}

// state tells which state a file is in, and when the clock alone changes that.
func (a *Asset) state(l lifecycles, now time.Time) (v1alpha1.AssetState, time.Time) {
	return asset.StateOf(a.Said.State, l.of(a.Key), a.Modified, now)
}

// approved tells whether the very version that this is was approved.
func (a *Asset) approved() bool {
	if a.Version != "" { // a version's content never changes, so its name is enough
		return slices.ContainsFunc(a.Said.Approvals, func(d asset.Approval) bool {
			return d.VersionID == a.Version && d.Verdict == v1alpha1.ApprovalApproved
		})
	}
	return asset.ApprovalOf(a.Said.Approvals, a.Facts) == v1alpha1.ApprovalApproved
}

// describeAll counts how well files are described.
func describeAll(found *Holding, schema asset.Schema, l lifecycles, now time.Time) Descriptions {
	d := Descriptions{Archived: len(found.Archived)}
	for i := range found.Assets {
		a := &found.Assets[i]
		if !asset.Describable(a.Key) {
			d.TooLong++
		}
		switch state, _ := a.state(l, now); state {
		case v1alpha1.StateArchived:
			d.Archived++
			continue // nobody has to describe it any more
		case v1alpha1.StateDraft:
			d.Drafts++
		case v1alpha1.StatePublished:
		}
		if a.approved() {
			d.Approved++
		}
		var fields map[string][]string
		if a.Said.Metadata != nil {
			fields = a.Said.Metadata.Fields
		}
		misfits := schema.Misfits(fields)
		if len(misfits) == 0 {
			continue
		}
		if d.Misfits++; len(d.Misfit) < maxNamed {
			d.Misfit = append(d.Misfit, v1alpha1.MetadataMisfit{Path: objectOf(a.Key), Message: cutTo(strings.Join(misfits, "; "), maxMisfit)})
		}
	}
	return d
}
