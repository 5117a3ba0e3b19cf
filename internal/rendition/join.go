package rendition

import (
	"cmp"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Join adds to the facts of a run what another noted of the same version of the original since the manifest was made: two Jobs may be at one
// original at a time, each with pictures of its own. A run that could read the original is right about that, and of one preset the picture
// that was made last counts. Facts of another version are left out.
func (it Item) Join(mine, theirs asset.Facts) asset.Facts {
	same := theirs.ETag == mine.ETag && theirs.VersionID == mine.VersionID &&
		(theirs.ModifiedAt.IsZero() || mine.ModifiedAt.IsZero() || theirs.ModifiedAt.Equal(mine.ModifiedAt))
	switch {
	case !same:
		return mine
	case mine.Error != nil && theirs.Error == nil:
		return theirs
	}
	mine.CRC32, mine.SHA256 = cmp.Or(mine.CRC32, theirs.CRC32), cmp.Or(mine.SHA256, theirs.SHA256)
	mine.BlurHash, mine.Colour = cmp.Or(mine.BlurHash, theirs.BlurHash), cmp.Or(mine.Colour, theirs.Colour)
	mine.Renditions, mine.Unmade = slices.Clone(mine.Renditions), slices.Clone(mine.Unmade)
	there := func(object string) bool {
		return slices.ContainsFunc(mine.Renditions, func(r asset.Rendition) bool { return r.Object == object })
	}
	for _, r := range theirs.Renditions {
		i := slices.IndexFunc(mine.Renditions, func(own asset.Rendition) bool { return own.Preset == r.Preset })
		switch {
		case i >= 0 && !it.makes(mine.Renditions[i].Object):
			mine.Renditions[i] = r
		case i < 0 && len(mine.Renditions) < asset.MaxPictures:
			mine.Renditions = append(mine.Renditions, r)
		}
	}
	for _, u := range theirs.Unmade {
		known := slices.ContainsFunc(mine.Unmade, func(own asset.Unmade) bool { return own.Object == u.Object })
		counts := u.Watermark != "" || theirs.PresetSet == mine.PresetSet
		if !known && counts && len(mine.Unmade) < asset.MaxPictures {
			mine.Unmade = append(mine.Unmade, u)
		}
	}
	mine.Unmade = slices.DeleteFunc(mine.Unmade, func(u asset.Unmade) bool { return there(u.Object) })
	return mine
}

// makes tells whether a picture is one that the item asks for.
func (it Item) makes(object string) bool {
	return slices.ContainsFunc(it.Outputs, func(o Output) bool { return ObjectName(o.Preset, it.ETag, it.Focus) == object })
}
