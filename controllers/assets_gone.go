package controllers

import (
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// disappearance is how an original that is not there went, as the store tells.
type disappearance struct {
	// mark is the version of the mark of its deletion, which tells one disappearance from another; empty when the store keeps none.
	mark string
	// went is when it was deleted; zero when the store does not know.
	went time.Time
	// back: it is there again, or about to be listed.
	back bool
	// unfit: its last content is another than its facts are of.
	unfit bool
}

// fits tells whether its facts are of what went.
func (d disappearance) fits() bool { return !d.back && !d.unfit }

func (d disappearance) same(other disappearance) bool {
	return d.mark == other.mark && d.went.Equal(other.went) && d.back == other.back && d.unfit == other.unfit
}

// disappeared tells it of all versions of an original, the newest first, and its facts; nil for none. Of several deletions one after the
// other the first counts.
func disappeared(versions []store.ObjectInfo, facts *asset.Facts) disappearance {
	last := slices.IndexFunc(versions, func(v store.ObjectInfo) bool { return !v.DeleteMarker })
	switch {
	case len(versions) == 0:
		return disappearance{} // for good
	case last == 0:
		return disappearance{back: true}
	case last < 0:
		mark := versions[len(versions)-1]
		return disappearance{mark: mark.VersionID, went: mark.LastModified, unfit: facts == nil}
	}
	mark, content := versions[last-1], versions[last]
	d := disappearance{mark: mark.VersionID, went: mark.LastModified}
	switch {
	case facts == nil:
		d.unfit = true
	case facts.VersionID != "":
		d.unfit = content.VersionID != facts.VersionID
	default:
		d.unfit = rendition.TrimETag(content.ETag) != facts.ETag
	}
	return d
}

// told notes what the store told now. Another disappearance than before is a new one, of which nothing that was known counts, and its time
// begins anew; so it does of one that was back, which is asked for again.
func (g *goneSince) told(d disappearance, now time.Time) {
	if d.back || g.back || !g.looked.IsZero() && d.mark != "" && d.mark != g.mark {
		g.since = now
	}
	g.looked, g.disappearance = now, d
	if d.back {
		g.looked = time.Time{}
	}
}

// askedAgain is how many files the store is asked for again after one sweep: each may have come back since, and gone again.
const askedAgain = 500

// toAsk are those of files that are gone for which the store is to be asked: those that it was not asked for yet, and a part of the others,
// those first that it was asked for longest ago.
func (m *lately) toAsk(gone []asset.Content) []access.Key {
	var first, again []access.Key
	for _, c := range gone {
		if m.gone[c.Key].looked.IsZero() {
			first = append(first, c.Key)
		} else {
			again = append(again, c.Key)
		}
	}
	slices.SortStableFunc(again, func(a, b access.Key) int { return m.gone[a].looked.Compare(m.gone[b].looked) })
	return append(first, again[:min(len(again), askedAgain)]...)
}
