package known

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// looked is up to how many files are looked at themselves even where a catalog has them: that takes a second or two, and the answer is as
// things are now.
const looked = 5000

// partsAhead is how many parts of a catalog are read ahead; each is a MiB or two while it is unpacked.
const partsAhead = 3

// Visit visits the files at some places, archived ones included, in order, with all that is known of them. It takes a key that may read all
// of Vitrine's own bucket. Where there are many, it says what the catalogs of Vitrine say; since is then when the oldest of them last had
// something to change, also where it said a part only, and zero where all is as things are now. With fresh it always is, and takes a while: the
// objects are listed, and those that changed since the catalog was written are read one by one; so it is where there is no catalog that can be
// read, and for the rest where one cannot be read to its end.
func Visit(ctx context.Context, s Objects, l Library, places []access.Scope, now time.Time, fresh bool, visit func(*File) error) (since time.Time, err error) {
	places = slices.Clone(places)
	slices.SortFunc(places, func(a, b access.Scope) int {
		return compareKeys(access.Key{Restricted: a.Restricted, Path: a.Prefix}, access.Key{Restricted: b.Restricted, Path: b.Prefix})
	})
	for _, p := range places {
		v := visitor{objects: s, library: l, place: p, now: now, visit: visit}
		at, err := v.run(ctx, fresh)
		if err != nil {
			return time.Time{}, err
		}
		since = earlier(since, at)
	}
	return since, nil
}

// earlier gives the earlier of two instants, of which a zero one is now.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// visitor visits the files of one place.
type visitor struct {
	objects Objects
	library Library
	place   access.Scope
	now     time.Time
	visit   func(*File) error
	// last is the path that was visited last.
	last string
}

// visitError is an error of the one who visits.
type visitError struct{ error }

// run tells of when the oldest of what it said is; zero for now.
func (v *visitor) run(ctx context.Context, fresh bool) (since time.Time, err error) {
	for range 2 { // the catalog may be replaced while it is read
		c, err := v.catalog(ctx)
		if err != nil {
			break // whatever is wrong with it, the objects themselves tell
		}
		parts := c.Below(v.place.Prefix)
		if fresh || asset.Rows(parts) <= looked {
			break
		}
		from := v.last
		err = v.walk(ctx, parts)
		if err == nil || v.last != from {
			since = earlier(since, c.Swept)
		}
		var own visitError
		switch {
		case err == nil:
			return since, nil
		case errors.As(err, &own):
			return time.Time{}, own.error
		case ctx.Err() != nil:
			return time.Time{}, err
		}
	}
	files, err := read(ctx, v.objects, v.library, []access.Scope{v.place}, v.now, v.noted(ctx))
	if err != nil {
		return time.Time{}, err
	}
	for i := range files {
		if v.last != "" && files[i].Key.Path <= v.last {
			continue
		}
		if err := v.visit(&files[i]); err != nil {
			return time.Time{}, err
		}
	}
	return since, nil
}

func (v *visitor) catalog(ctx context.Context) (asset.PlaceCatalog, error) {
	data, _, err := v.objects.GetObject(ctx, v.library.Vitrine, asset.PlaceObject(v.place.Restricted))
	if err != nil {
		return asset.PlaceCatalog{}, fmt.Errorf("reading the catalog: %w", err)
	}
	return asset.DecodePlaceCatalog(data) //nolint:wrapcheck // it says what
}

func (v *visitor) part(ctx context.Context, p asset.PlacePart) (*asset.Part, error) {
	data, _, err := v.objects.GetObject(ctx, v.library.Vitrine, asset.PartObject(v.place.Restricted, p.Name))
	if err != nil {
		return nil, fmt.Errorf("reading a part of the catalog: %w", err)
	}
	return asset.OpenPart(data, p) //nolint:wrapcheck // it says what
}

// read part of a catalog, or why it cannot be.
type readPart struct {
	files []File
	err   error
}

// walk visits what parts of a catalog say, those rows left out that were visited already. The parts are read ahead.
func (v *visitor) walk(ctx context.Context, parts []asset.PlacePart) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	coming := make([]chan readPart, len(parts))
	ask := func(i int) {
		coming[i] = make(chan readPart, 1)
		go func() {
			files, err := v.filesOf(ctx, parts[i])
			coming[i] <- readPart{files, err}
		}()
	}
	for i := range min(partsAhead, len(parts)) {
		ask(i)
	}
	for i, p := range parts {
		got := <-coming[i]
		if got.err != nil {
			return got.err
		}
		if next := i + partsAhead; next < len(parts) {
			ask(next)
		}
		from := v.last
		for j := range got.files {
			if from != "" && got.files[j].Key.Path <= from {
				continue
			}
			if err := v.visit(&got.files[j]); err != nil {
				return visitError{err}
			}
		}
		v.last = max(v.last, p.Last)
	}
	return nil
}

func (v *visitor) filesOf(ctx context.Context, p asset.PlacePart) ([]File, error) {
	part, err := v.part(ctx, p)
	if err != nil {
		return nil, err
	}
	files := make([]File, 0, p.Rows)
	err = part.Below(v.place.Prefix, func(r *asset.PlaceRow) error {
		if r.ETag != "" { // there is a file
			files = append(files, v.file(r))
		}
		return nil
	})
	return files, err //nolint:wrapcheck // it says what
}

// file is what a row tells of.
func (v *visitor) file(r *asset.PlaceRow) File {
	f := File{
		Key:  access.Key{Library: v.library.Name, Restricted: v.place.Restricted, Path: r.Path},
		Size: r.Size, ModifiedAt: r.Modified, Held: r.Held, etag: r.ETag,
	}
	if r.Facts != nil {
		f.find(r.Facts.Says)
	}
	if r.Metadata != nil {
		f.Metadata = r.Metadata.Says
	}
	if r.State != nil {
		f.Record = r.State.Says
	}
	for i := range r.Approvals {
		f.decide(r.Approvals[i].Says)
	}
	f.settle(v.library, v.now)
	return f
}

// noted is what objects of Vitrine's bucket said when they had an ETag, by object.
type noted map[string]note

type note struct {
	etag string
	keep func(*File)
}

// noted gives what a catalog says; what it does not say is read.
func (v *visitor) noted(ctx context.Context) noted {
	c, err := v.catalog(ctx)
	if err != nil {
		return nil
	}
	all := noted{}
	for _, p := range c.Below(v.place.Prefix) {
		part, err := v.part(ctx, p)
		if err != nil {
			continue
		}
		_ = part.Below(v.place.Prefix, func(r *asset.PlaceRow) error { // what cannot be read is not there
			all.add(access.Key{Restricted: v.place.Restricted, Path: r.Path}, r)
			return nil
		})
	}
	return all
}

func (n noted) add(k access.Key, r *asset.PlaceRow) {
	if facts := r.Facts; facts != nil {
		n[asset.FactsObject(k)] = note{facts.ETag, func(f *File) { f.find(facts.Says) }}
	}
	if metadata := r.Metadata; metadata != nil {
		n[asset.MetaObject(k)] = note{metadata.ETag, func(f *File) { f.Metadata = metadata.Says }}
	}
	if state := r.State; state != nil {
		n[asset.StateObject(k)] = note{state.ETag, func(f *File) { f.Record = state.Says }}
	}
	for _, a := range r.Approvals {
		n[asset.ApprovalObject(k, a.Says.VersionID)] = note{a.ETag, func(f *File) { f.decide(a.Says) }}
	}
}

func compareKeys(a, b access.Key) int {
	if c := strings.Compare(a.Restricted, b.Restricted); c != 0 {
		return c
	}
	return strings.Compare(a.Path, b.Path)
}
