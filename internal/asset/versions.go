package asset

import (
	"cmp"
	"slices"
	"time"
)

// Version is one version of a file at the store, or a marker of its deletion.
type Version struct {
	ID string
	// ETag of its content, without quotes; empty for a marker.
	ETag string
	// At is when it came; VersityGW tells of an old version when it was replaced.
	At time.Time
	// Current: it is what the file is now.
	Current bool
	// Marker: it has no content; the file was deleted then.
	Marker bool
}

// VersionCap says how many versions of a file are kept.
type VersionCap struct {
	// Keep is how many, the current one included; at least 1.
	Keep int
	// Grace is how long a version stays after it was replaced, and how long one has to be there before it counts for Keep.
	Grace time.Duration
}

// Surplus gives the ids of what the cap lets go, oldest first, out of everything that the store has of one file, in any order: what is older
// than Keep versions that have been there for the grace, so that nobody flushes old versions out by uploading new ones. The current
// version never goes, nor does one that is named, or as old as one that is kept: where a store's clock cannot tell two apart, neither
// goes. Markers go with the versions that they are older than. A store that lists a version twice, as VersityGW does while it is
// being replaced, has it once.
func (c VersionCap) Surplus(all []Version, now time.Time, named func(id string) bool) []string {
	newest := slices.Clone(all)
	slices.SortStableFunc(newest, func(a, b Version) int {
		if a.Current != b.Current {
			if a.Current {
				return -1
			}
			return 1
		}
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID))
	})
	seen := map[string]bool{}
	newest = slices.DeleteFunc(newest, func(v Version) bool {
		twice := seen[v.ID]
		seen[v.ID] = true
		return twice
	})
	kept, oldest := 0, time.Time{}
	for _, v := range newest {
		if v.Marker || now.Sub(v.At) < c.Grace {
			continue
		}
		if kept++; kept < max(c.Keep, 1) {
			continue
		}
		oldest = v.At
		if v.Current { // whatever a store says of when the others came, they are older
			oldest = now
		}
		break
	}
	var surplus []string
	for i, v := range newest {
		if i == 0 || v.Current || v.ID == "" || !v.At.Before(oldest) || now.Sub(newest[i-1].At) < c.Grace || named(v.ID) {
			continue
		}
		surplus = append(surplus, v.ID)
	}
	slices.Reverse(surplus)
	return surplus
}
