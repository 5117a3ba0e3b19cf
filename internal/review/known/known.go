// Package known reads what is known of the files of a Library at its store, with whatever the key at hand may read.
package known

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Objects is what is needed of a store.
type Objects interface {
	GetObject(ctx context.Context, bucket, key string) (data []byte, etag string, err error)
	ListObjects(ctx context.Context, bucket, prefix string, visit func(store.ObjectInfo) error) error
}

// Library says where the files of one are.
type Library struct {
	Name               string
	Originals, Vitrine string // buckets
	// Lifecycle is what the Folders above a file say of it.
	Lifecycle func(access.Key) asset.Lifecycle
}

// File is what is known of one.
type File struct {
	Key        access.Key
	Size       int64 // bytes
	ModifiedAt time.Time
	// Held: it is archived, and its original is put aside.
	Held bool
	// Facts of its current version; nil while no machine has read it. What was made of the file may be left out.
	Facts *asset.Facts
	// Metadata is what people say of it; nil for nothing.
	Metadata *asset.Metadata
	// Record is what people decided of its state; nil for nothing.
	Record *asset.StateRecord
	// State it is in, and Approval of its current version; empty when they were not read.
	State    v1alpha1.AssetState
	Approval v1alpha1.AssetApproval

	etag string
}

// List gives the files at some places, in order: their names, sizes and days alone. denied are those places that the key may not list.
func List(ctx context.Context, s Objects, l Library, places []access.Scope) (files []File, denied []access.Scope, err error) {
	for _, p := range places {
		bucket, prefix := l.Originals, p.Prefix
		if p.Restricted != "" {
			bucket, prefix = l.Vitrine, asset.RestrictedRoot+p.Restricted+"/"+p.Prefix
		}
		err := s.ListObjects(ctx, bucket, prefix, func(o store.ObjectInfo) error {
			k := access.Key{Library: l.Name, Restricted: p.Restricted, Path: p.Prefix + strings.TrimPrefix(o.Key, prefix)}
			if isFile(k) {
				files = append(files, File{Key: k, Size: o.Size, ModifiedAt: o.LastModified, etag: o.ETag})
			}
			return nil
		})
		switch {
		case errors.Is(err, store.ErrDenied):
			denied = append(denied, p)
		case err != nil:
			return nil, nil, fmt.Errorf("listing files: %w", err)
		}
	}
	sortFiles(files)
	return files, denied, nil
}

func isFile(k access.Key) bool {
	return asset.CheckPath(k.Path) == nil && (k.Restricted != "" || !asset.Reserved(k.Path)) && asset.Leftover(k.Path) == ""
}

func sortFiles(files []File) {
	slices.SortStableFunc(files, func(a, b File) int { return compareKeys(a.Key, b.Key) })
}

// atOnce is how many objects are read at a time.
const atOnce = 16

// read gives the files at some places, archived ones included, and all that is known of them. It takes a key that may read all of
// Vitrine's own bucket, and a request for each thing that is known of a file, but for those that are as they were before.
func read(ctx context.Context, s Objects, l Library, places []access.Scope, now time.Time, before noted) ([]File, error) {
	files, denied, err := List(ctx, s, l, places)
	if err != nil {
		return nil, err
	}
	if len(denied) > 0 {
		return nil, fmt.Errorf("listing the buckets of Library %s: %w", l.Name, store.ErrDenied)
	}
	for _, p := range places {
		root := asset.HeldObject(access.Key{Restricted: p.Restricted, Path: p.Prefix})
		err := s.ListObjects(ctx, l.Vitrine, root, func(o store.ObjectInfo) error {
			if k, ok := asset.HeldKey(l.Name, o.Key); ok && k.Restricted == p.Restricted {
				files = append(files, File{Key: k, Size: o.Size, ModifiedAt: o.LastModified, Held: true, etag: o.ETag})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing archived files: %w", err)
		}
	}
	sortFiles(files)
	reader := reader{objects: s, library: l, files: files, now: now, before: before}
	return files, reader.read(ctx, places)
}

// One reads all that is known of one file, whether there is one or not.
func One(ctx context.Context, s Objects, l Library, k access.Key) (File, error) {
	reader := reader{objects: s, library: l, files: []File{{Key: k}}}
	f := &reader.files[0]
	for _, part := range parts {
		if part.root == asset.ApprovalsRoot {
			continue
		}
		if err := reader.get(ctx, part, f, part.object(k)); err != nil && !errors.Is(err, store.ErrNotFound) {
			return File{}, err
		}
	}
	return *f, nil
}

// Approvals are the decisions on a file's versions, by their ids.
func Approvals(ctx context.Context, s Objects, l Library, k access.Key) (map[string]asset.Approval, error) {
	var objects []string
	prefix := asset.ApprovalsPrefix(k)
	err := s.ListObjects(ctx, l.Vitrine, prefix, func(o store.ObjectInfo) error {
		if !strings.Contains(strings.TrimPrefix(o.Key, prefix), "/") { // what lies deeper is another file's
			objects = append(objects, o.Key)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing approvals: %w", err)
	}
	all := map[string]asset.Approval{}
	for _, object := range objects {
		data, _, err := s.GetObject(ctx, l.Vitrine, object)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading an approval: %w", err)
		}
		if a, err := asset.DecodeApproval(data); err == nil {
			all[a.VersionID] = a
		}
	}
	return all, nil
}

// reader fills in what is known of files.
type reader struct {
	objects Objects
	library Library
	files   []File
	now     time.Time
	before  noted
}

// part is one of the things that are known of a file. What does not decode counts as absent: the manager reports it.
type part struct {
	root   string
	object func(access.Key) string
	keep   func(f *File, data []byte)
}

var parts = []part{
	{asset.FactsRoot, asset.FactsObject, func(f *File, data []byte) {
		if facts, err := asset.DecodeFacts(bytes.NewReader(data)); err == nil {
			f.find(&facts)
		}
	}},
	{asset.MetaRoot, asset.MetaObject, func(f *File, data []byte) {
		if m, err := asset.DecodeMetadata(data); err == nil {
			f.Metadata = &m
		}
	}},
	{asset.StateRoot, asset.StateObject, func(f *File, data []byte) {
		if r, err := asset.DecodeState(data); err == nil {
			f.Record = &r
		}
	}},
	{asset.ApprovalsRoot, nil, func(f *File, data []byte) {
		if a, err := asset.DecodeApproval(data); err == nil {
			f.decide(&a)
		}
	}},
}

// find notes facts, if they are of this version.
func (f *File) find(facts *asset.Facts) {
	if f.etag == "" || f.etag == facts.ETag {
		f.Facts = facts
	}
}

// decide notes what was decided, if it is of this version.
func (f *File) decide(a *asset.Approval) {
	if verdict := asset.ApprovalOf([]asset.Approval{*a}, f.Facts); verdict != v1alpha1.ApprovalUnreviewed {
		f.Approval = verdict
	}
}

// settle says what follows from what is known.
func (f *File) settle(l Library, now time.Time) {
	f.State, _ = asset.StateOf(f.Record, l.Lifecycle(f.Key), f.ModifiedAt, now)
	if f.Approval == "" {
		f.Approval = v1alpha1.ApprovalUnreviewed
	}
}

func (r *reader) get(ctx context.Context, p part, f *File, object string) error {
	data, _, err := r.objects.GetObject(ctx, r.library.Vitrine, object)
	if err != nil {
		return fmt.Errorf("reading what is known of %q: %w", f.Key.Path, err)
	}
	p.keep(f, data)
	return nil
}

// read reads what there is below each root: a listing tells, so that nothing is asked for in vain.
func (r *reader) read(ctx context.Context, places []access.Scope) error {
	byKey := make(map[access.Key]*File, len(r.files))
	for i := range r.files {
		byKey[r.files[i].Key] = &r.files[i]
	}
	for _, p := range parts { // approvals come last: they are of what facts tell
		there, etags, err := r.below(ctx, p, places)
		if err != nil {
			return err
		}
		gets, ctx := errgroup.WithContext(ctx)
		gets.SetLimit(atOnce)
		for k, object := range there {
			f := byKey[k]
			if f == nil {
				continue
			}
			if p.root == asset.ApprovalsRoot {
				if f.Facts == nil {
					continue
				}
				object = asset.ApprovalObject(k, f.Facts.VersionID)
			}
			if etags[object] == "" { // there are decisions on other versions alone
				continue
			}
			if was, ok := r.before[object]; ok && was.etag == etags[object] {
				was.keep(f)
				continue
			}
			gets.Go(func() error {
				err := r.get(ctx, p, f, object)
				if errors.Is(err, store.ErrNotFound) { // gone meanwhile
					return nil
				}
				return err
			})
		}
		if err := gets.Wait(); err != nil {
			return err
		}
	}
	for i := range r.files {
		r.files[i].settle(r.library, r.now)
	}
	return nil
}

// below are the objects of a root at some places, by the files that they are of, and their ETags.
func (r *reader) below(ctx context.Context, p part, places []access.Scope) (there map[access.Key]string, etags map[string]string, err error) {
	there, etags = map[access.Key]string{}, map[string]string{}
	for _, place := range places {
		prefix := p.root + strings.TrimPrefix(asset.HeldObject(access.Key{Restricted: place.Restricted, Path: place.Prefix}), asset.HeldRoot)
		err := r.objects.ListObjects(ctx, r.library.Vitrine, prefix, func(o store.ObjectInfo) error {
			k, ok := asset.Described(r.library.Name, p.root, o.Key)
			if p.root == asset.ApprovalsRoot {
				k, ok = asset.Approved(r.library.Name, o.Key)
			}
			if ok && k.Restricted == place.Restricted {
				there[k], etags[o.Key] = o.Key, o.ETag
			}
			return nil
		})
		if err != nil {
			return nil, nil, fmt.Errorf("listing what is known of files: %w", err)
		}
	}
	return there, etags, nil
}
