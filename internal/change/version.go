package change

import (
	"slices"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// restore makes an old version the current one.
func restore(versionID string, a Asset) (Effect, *Refusal) {
	i := slices.IndexFunc(a.Versions, func(v asset.Version) bool { return v.ID == versionID })
	switch {
	case i < 0:
		return Effect{}, refuse(NotFound, "the file has no version %s; copy its id from a listing of versions", quote(versionID))
	case a.Versions[i].Marker:
		return Effect{}, refuse(InvalidState, "version %s is a mark of the file's deletion and has no content; name the version before it", quote(versionID))
	case a.Versions[i].Current:
		return Effect{}, refuse(InvalidState, "version %s is the current one already; name an older one", quote(versionID))
	case a.Exists && a.ETag != "" && a.Versions[i].ETag == a.ETag:
		return Effect{Unchanged: true}, nil // the current one has its content, by an earlier try perhaps
	}
	return Effect{Restore: versionID}, nil
}

// remove deletes an old version; one that is gone is as it should be.
func remove(versionID string, versions []asset.Version) (Effect, *Refusal) {
	i := slices.IndexFunc(versions, func(v asset.Version) bool { return v.ID == versionID })
	switch {
	case i < 0:
		return Effect{Unchanged: true}, nil
	case versions[i].Current:
		return Effect{}, refuse(InvalidState, "version %s is the current one; delete the file at the store, or restore another version first", quote(versionID))
	}
	return Effect{Remove: versionID}, nil
}
