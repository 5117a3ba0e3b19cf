package compare

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Object is one file in a bucket.
type Object struct {
	Bucket string
	// Key in the bucket.
	Key string
	// Size in bytes.
	Size int64
	// Store is the ObjectStore that has the bucket; empty when that is not known, and any bucket of the name is meant.
	Store string
}

// Exposed counts the files that somebody may see or download after the change and might not before.
type Exposed struct {
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"`
}

// exposing are the permissions that show what is in a file.
var exposing = access.Of(access.Preview, access.Download)

// file is an Object where people know it to be.
type file struct {
	path string
	size int64
}

// Count tells how many of these objects, which are all that the tenant's buckets hold, or all in Places, each
// change newly exposes, and how many all of them do together. An object counts once for a change,
// however many subjects it names. Listings have current versions: one that a link shows instead counts as
// the current one, with its size.
func (d *Diff) Count(objects []Object) {
	located := map[string][]file{} // by bucket of originals, as sides name it
	for i := range d.Changes {
		f := &d.Changes[i].finding
		if _, done := located[f.bucket]; !done {
			located[f.bucket] = locate(objects, f)
		}
	}
	total := &Exposed{}
	counted := map[string]map[int]bool{}
	for i := range d.Changes {
		c := &d.Changes[i]
		if len(c.Gains) == 0 || isPicked(c.finding.where) {
			continue
		}
		var count, bytes int64
		at := d.At
		if c.From != nil {
			at = *c.From
		}
		bucket := c.finding.bucket
		for n, o := range located[bucket] {
			if !c.finding.holds(o.path) || c.finding.gains(o.path, at)&exposing == 0 {
				continue
			}
			count, bytes = count+1, bytes+o.size
			if counted[bucket] == nil {
				counted[bucket] = map[int]bool{}
			}
			if !counted[bucket][n] {
				counted[bucket][n] = true
				total.Objects, total.Bytes = total.Objects+1, total.Bytes+o.size
			}
		}
		c.Objects, c.Bytes = &count, &bytes
	}
	d.Exposed = total
}

// holds tells whether a path lies in the finding's place, and in none of its exceptions.
func (f *finding) holds(path string) bool {
	if f.item {
		if access.IsPattern(f.where) && asset.Leftover(path) != "" {
			return false // no pattern's member, though whoever has the folder can read it
		}
		return matches(f.where, path) && !slices.Contains(f.except, path)
	}
	return strings.HasPrefix(path, f.where) && !slices.ContainsFunc(f.except, func(part string) bool {
		return strings.HasSuffix(part, "/") && strings.HasPrefix(path, part)
	})
}

// gains are the permissions on one file that the new state gives and the old one did not.
func (f *finding) gains(path string, at time.Time) access.Permissions {
	was := permissions(f.base.covering(f.bucket, path, f.version), at)
	return permissions(f.head.covering(f.bucket, path, f.version), at) &^ was
}

// Place is a part of a bucket: all objects whose keys begin with the prefix.
type Place struct{ Store, Bucket, Prefix string }

func (p Place) has(other Place) bool {
	return p.Store == other.Store && p.Bucket == other.Bucket && strings.HasPrefix(other.Prefix, p.Prefix)
}

// Places hold all objects that Count needs to know of: the places on which somebody gains something. None lies in another.
func (d *Diff) Places() []Place {
	all := map[Place]bool{}
	for i := range d.Changes {
		f := &d.Changes[i].finding
		if len(d.Changes[i].Gains) == 0 || isPicked(f.where) {
			continue
		}
		store, bucket, _ := strings.Cut(f.bucket, "/")
		where := f.where
		if f.item {
			where, _, _ = strings.Cut(where, "*") // what all that a pattern matches begins with
		}
		all[Place{store, bucket, where}] = true
		for name, path := range f.roots() {
			if rest, inside := strings.CutPrefix(where, path); inside {
				all[Place{store, bucket + "-dam", "restricted/" + name + "/" + rest}] = true
			} else if strings.HasPrefix(path, where) {
				all[Place{store, bucket + "-dam", "restricted/" + name + "/"}] = true
			}
		}
	}
	sorted := slices.SortedFunc(maps.Keys(all), func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Store, b.Store), cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Prefix, b.Prefix))
	})
	var apart []Place
	for _, p := range sorted {
		if n := len(apart); n == 0 || !apart[n-1].has(p) {
			apart = append(apart, p)
		}
	}
	return apart
}

// roots are the paths of a Library's restricted Folders on either side, by the names that they have in Vitrine's bucket.
func (f *finding) roots() map[string]string {
	roots := map[string]string{}
	for _, s := range []*side{f.base.side, f.head.side} {
		if l := s.layouts[f.bucket]; l != nil {
			for path, name := range l.restricted {
				roots[name] = path
			}
		}
	}
	return roots
}

// locate gives the files of a Library: those of its bucket, and those below the roots of restricted
// Folders, which are in Vitrine's bucket beside it.
func locate(objects []Object, f *finding) []file {
	at, bucket, _ := strings.Cut(f.bucket, "/")
	roots := f.roots()
	var all []file
	for _, o := range objects {
		switch {
		case o.Store != "" && o.Store != at:
		case o.Bucket == bucket:
			all = append(all, file{o.Key, o.Size})
		case o.Bucket == bucket+"-dam":
			rest, restricted := strings.CutPrefix(o.Key, "restricted/")
			name, path, _ := strings.Cut(rest, "/")
			if root, known := roots[name]; restricted && known && path != "" {
				all = append(all, file{root + path, o.Size})
			}
		}
	}
	return all
}
