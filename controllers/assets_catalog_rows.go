package controllers

import (
	"cmp"
	"maps"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// placeEntry is a file for the catalog of its place.
type placeEntry struct {
	key access.Key
	// file is nil for one that is gone, of which something else still is.
	file *Asset
	held bool
	// approvals are the objects with what was decided of it.
	approvals []string
}

// entries are what a catalog can tell of, place by place and in the order of paths.
func (s *sweeper) entries(found *Holding) []placeEntry {
	all := make([]placeEntry, 0, len(found.Assets)+len(found.Archived)+len(s.left.gone))
	for i := range found.Assets {
		all = append(all, placeEntry{key: found.Assets[i].Key, file: &found.Assets[i]})
	}
	for i := range found.Archived {
		all = append(all, placeEntry{key: found.Archived[i].Key, file: &found.Archived[i], held: true})
	}
	for key := range s.left.gone {
		if (&asset.PlaceRow{Path: key.Path}).Sane() { // anything can lie in a bucket
			all = append(all, placeEntry{key: key})
		}
	}
	slices.SortStableFunc(all, func(a, b placeEntry) int {
		return cmp.Or(compareKeys(a.key, b.key), cmp.Compare(rank(a), rank(b)))
	})
	if len(all) == 0 {
		return nil
	}
	decided, library := map[access.Key][]string{}, all[0].key.Library
	for _, object := range slices.Sorted(maps.Keys(s.approvals.said)) {
		if key, ok := asset.Approved(library, object); ok {
			decided[key] = append(decided[key], object)
		}
	}
	for i := range all {
		all[i].approvals = decided[all[i].key]
	}
	return all
}

// byPlace parts entries, which are in order, by their places.
func byPlace(entries []placeEntry) map[string][]placeEntry {
	places := map[string][]placeEntry{}
	for len(entries) > 0 {
		place := entries[0].key.Restricted
		n := slices.IndexFunc(entries, func(e placeEntry) bool { return e.key.Restricted != place })
		if n < 0 {
			n = len(entries)
		}
		places[place], entries = entries[:n], entries[n:]
	}
	return places
}

// rank orders what has the same key: the original, then one that is put aside.
func rank(e placeEntry) int {
	if e.held {
		return 1
	}
	return 0
}

// rows are what is known of files of one place.
func (s *sweeper) rows(entries []placeEntry) []asset.PlaceRow {
	rows := make([]asset.PlaceRow, len(entries))
	for i, e := range entries {
		r := &rows[i]
		r.Path = e.key.Path
		if e.file != nil {
			r.ETag, r.Size, r.Modified, r.Held = e.file.ETag, e.file.Size, e.file.Modified.UTC(), e.held
		}
		r.Facts = s.facts.noted(asset.FactsObject(e.key))
		r.Metadata = s.metadata.noted(asset.MetaObject(e.key))
		r.State = s.states.noted(asset.StateObject(e.key))
		for _, object := range e.approvals {
			// What is not named by what it says would not be found again.
			if n := s.approvals.noted(object); n != nil && object == asset.ApprovalObject(e.key, n.Says.VersionID) {
				r.Approvals = append(r.Approvals, *n)
			}
		}
	}
	return rows
}

// noted gives what an object says, with its ETag; nil when it says nothing that can be read.
func (k *known[T]) noted(object string) *asset.Noted[T] {
	said, etag := k.said[object], k.etags[object]
	if said == nil || etag == "" {
		return nil
	}
	return &asset.Noted[T]{ETag: etag, Says: said}
}
