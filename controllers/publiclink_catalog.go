package controllers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// list writes the catalog of what a link shows, if it changed, and tells when the clock alone changes how much that is; zero for never.
func (r *PublicLinkReconciler) list(ctx context.Context, connection Connection, bucket string, obj *v1alpha1.PublicLink, tenant *Tenant, library *v1alpha1.Library, shown access.LinkScope) (next time.Time, err error) {
	holding := tenant.Holdings[library.Name]
	key := asset.CatalogObject(obj.Name)
	if holding == nil {
		// The catalog of before the restart serves until the first sweep is done.
		if obj.Status.Catalog == key {
			return next, nil
		}
		return next, wait(v1alpha1.ReasonProgressing, fmt.Sprintf("waiting for the first look at what Library %q holds", library.Name), 0)
	}
	holding, err = r.pinned(ctx, connection, library, shown, holding)
	if err != nil {
		return next, err
	}
	v := newView(tenant, library, obj)
	catalog := v.catalog(shown, holding)
	catalog.Title = titleOf(tenant, obj.Spec.Target)
	data, err := catalog.Encode()
	if err != nil {
		return next, err
	}
	if err := r.catalogs.put(ctx, connection, bucket, key, data); err != nil {
		return next, fmt.Errorf("writing the list of what the link shows: %w", err)
	}
	count, next := countShown(catalog.Assets, r.Clock.Now())
	obj.Status.Catalog, obj.Status.Assets = key, &count
	r.awaitMarks(tenant, library, obj, v, membersOf(shown), holding)
	return next, nil
}

// countShown counts the files that are shown at an instant, and tells when the clock changes that.
func countShown(assets []asset.CatalogAsset, now time.Time) (count int64, next time.Time) {
	for i := range assets {
		a := &assets[i]
		if a.Shown(now) {
			count++
		}
		for _, instant := range []time.Time{a.From, a.Until} {
			if instant.After(now) && (next.IsZero() || instant.Before(next)) {
				next = instant
			}
		}
	}
	return count, next
}

// pinned gives a holding in which the members that are of one version are that
// version. A version that does not exist is not shown; nor is a file that was deleted.
func (r *PublicLinkReconciler) pinned(ctx context.Context, connection Connection, library *v1alpha1.Library, shown access.LinkScope, holding *Holding) (*Holding, error) {
	if len(shown.Versions) == 0 {
		return holding, nil
	}
	changed := *holding
	changed.Assets = make([]Asset, 0, len(holding.Assets))
	for _, a := range holding.Assets {
		version := shown.Versions[a.Key]
		if version == "" || a.Facts != nil && a.Facts.VersionID == version {
			changed.Assets = append(changed.Assets, a)
			continue
		}
		info, err := connection.StatObject(ctx, library.Spec.Bucket.Name, objectOf(a.Key), version)
		switch {
		case isMissing(err), errors.Is(err, store.ErrInvalid): // no such version, or no name that a version could have
			continue
		case err != nil:
			return nil, fmt.Errorf("looking at version %s of %s: %w", version, a.Key.Path, err)
		}
		changed.Assets = append(changed.Assets, a.at(version, info, library))
	}
	return &changed, nil
}

// at gives another version of a file. What was rendered is of the current one, and of all that have its ETag.
func (a *Asset) at(version string, info store.ObjectInfo, library *v1alpha1.Library) Asset {
	old := Asset{Said: a.Said, Key: a.Key, Focus: a.Focus, ETag: rendition.TrimETag(info.ETag), Size: info.Size, Modified: info.LastModified, Version: version}
	if old.ETag == a.ETag {
		old.Facts, old.Renditions, old.Marked, old.Asked, old.Unmade = a.Facts, a.Renditions, a.Marked, a.Asked, a.Unmade
		return old
	}
	for _, p := range library.Spec.Renditions { // nothing is made of it, on request either
		old.Unmade = append(old.Unmade, p.Name)
	}
	return old
}

// titleOf gives the title that a link's target was given.
func titleOf(tenant *Tenant, target v1alpha1.LinkTarget) string {
	switch d := &tenant.Declared; {
	case target.Folder != nil:
		if i := slices.IndexFunc(d.Folders, func(f v1alpha1.Folder) bool { return f.Name == target.Folder.Name }); i >= 0 {
			return d.Folders[i].Spec.Title
		}
	case target.Collection != nil:
		if i := slices.IndexFunc(d.Collections, func(c v1alpha1.Collection) bool { return c.Name == target.Collection.Name }); i >= 0 {
			return d.Collections[i].Spec.Title
		}
	}
	return ""
}

// view is how a link shows what its target holds.
type view struct {
	library    *v1alpha1.Library
	lifecycles lifecycles
	drafts     bool
	approved   bool // only what was approved
	fields     []v1alpha1.MetadataField
	// watermark that all pictures bear, and the presets by which there are such; empty for a link without one.
	watermark string
	presets   []string
}

func newView(tenant *Tenant, library *v1alpha1.Library, obj *v1alpha1.PublicLink) view {
	v := view{
		library: library, lifecycles: tenant.Lifecycles,
		drafts: obj.Spec.Drafts == v1alpha1.DraftsShown, approved: obj.Spec.Approval == v1alpha1.LinkApprovedOnly,
	}
	if obj.Spec.Watermark != "" {
		v.watermark, v.presets = obj.Spec.Watermark, markable(library, obj)
	}
	for _, f := range asset.NewSchema(library.Spec.Metadata).Fields() {
		if slices.Contains(obj.Spec.MetadataFields, f.Name) {
			v.fields = append(v.fields, f)
		}
	}
	return v
}

// catalog picks what a link shows from what its Library holds.
func (v view) catalog(shown access.LinkScope, holding *Holding) asset.Catalog {
	members := membersOf(shown)
	prefix := ""
	if shown.Scope != nil {
		prefix = shown.Scope.Prefix
	}
	var catalog asset.Catalog
	var picked []Asset
	var paths []string
	for i := range holding.Assets {
		a := &holding.Assets[i]
		if !members.hold(a.Key) || v.approved && !a.approved() {
			continue
		}
		from, until, ever := v.window(a)
		if !ever {
			if _, _, draft := asset.Window(a.Said.State, v.lifecycles.of(a.Key), a.Modified, true); !draft {
				catalog.Archived++
			}
			continue
		}
		one := *a
		one.from, one.until = from, until
		picked = append(picked, one)
		paths = append(paths, a.Key.Path)
	}
	for i := range holding.Archived {
		if key := holding.Archived[i].Key; members.hold(key) {
			catalog.Archived++
		}
	}
	names := asset.ShownPaths(paths, prefix)
	if shown.Scope != nil && prefix == "" {
		names = paths
	}
	presets := map[string]rendition.Preset{}
	for _, p := range presetsOf(v.library) {
		presets[p.Name] = p
	}
	catalog.Assets = make([]asset.CatalogAsset, 0, len(picked))
	for i, a := range picked {
		if a.Renditions = serving(a.Renditions, presets); v.watermark != "" {
			a.Renditions = v.marked(&a)
		}
		catalog.Assets = append(catalog.Assets, v.row(names[i], a))
	}
	return catalog
}

// window bounds when the link shows a file; ever is false when that is never.
func (v view) window(a *Asset) (from, until time.Time, ever bool) {
	if v.approved && !a.approved() {
		return from, until, false
	}
	return asset.Window(a.Said.State, v.lifecycles.of(a.Key), a.Modified, v.drafts)
}

// serving gives the renditions that may be shown by what the Library declares now, which may be newer than the last look at it: none
// without a watermark of a preset that has one.
func serving(renditions []asset.CatalogRendition, presets map[string]rendition.Preset) []asset.CatalogRendition {
	return slices.DeleteFunc(slices.Clone(renditions), func(r asset.CatalogRendition) bool {
		p, declared := presets[r.Preset]
		return declared && !p.Serves(path.Base(r.Object))
	})
}

// row is what a catalog says of one file.
func (v view) row(path string, a Asset) asset.CatalogAsset {
	library := v.library
	vitrine, object := asset.Object(a.Key)
	entry := asset.CatalogAsset{
		ID: asset.ID(a.Key), Path: path, Bucket: library.Spec.Bucket.Name, Object: object,
		ETag: a.ETag, Size: a.Size, Modified: a.Modified.UTC(), Renditions: a.Renditions, Unmade: a.Unmade,
		From: a.from.UTC(), Until: a.until.UTC(),
	}
	if vitrine {
		entry.Bucket = asset.VitrineBucket(library.Spec.Bucket.Name)
	}
	if facts := a.Facts; facts != nil {
		entry.VersionID, entry.ContentType = facts.VersionID, facts.ContentType
		entry.Width, entry.Height, entry.CRC32 = facts.Width, facts.Height, facts.CRC32
		if facts.Error != nil {
			entry.Problem = string(facts.Error.Reason)
		}
	}
	if a.Version != "" {
		entry.VersionID = a.Version
	}
	if a.Said.Metadata == nil {
		return entry
	}
	for _, f := range v.fields {
		if values := a.Said.Metadata.Fields[string(f.Name)]; len(values) > 0 {
			entry.Fields = append(entry.Fields, asset.CatalogField{Title: cmp.Or(f.Title, string(f.Name)), Values: values})
		}
	}
	return entry
}

// written remembers objects that this process wrote, so that an unchanged one
// is not written again. After a restart it reads before it writes.
type written struct {
	mu     sync.Mutex
	digest map[string][sha256.Size]byte
}

func newWritten() *written { return &written{digest: map[string][sha256.Size]byte{}} }

func (w *written) put(ctx context.Context, connection Connection, bucket, key string, data []byte) error {
	name := bucket + "/" + key
	w.mu.Lock()
	known, ok := w.digest[name]
	w.mu.Unlock()
	now := sha256.Sum256(data)
	if !ok {
		existing, _, err := connection.GetObject(ctx, bucket, key)
		if err != nil && !isMissing(err) {
			return err
		}
		known = sha256.Sum256(existing)
	}
	if known != now {
		if _, err := connection.PutObject(ctx, bucket, key, data, jsonType, store.Always()); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.digest[name] = now
	return nil
}

func (w *written) forget(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.digest, name)
}

// checkPresets tells which preset of a link its Library does not have.
func checkPresets(obj *v1alpha1.PublicLink, library *v1alpha1.Library) *failure {
	known := map[string]bool{rendition.Thumb: true, rendition.Preview: true}
	for _, preset := range library.Spec.Renditions {
		known[preset.Name] = true
	}
	for _, name := range obj.Spec.Renditions {
		if !known[name] {
			return stall(v1alpha1.ReasonPresetNotFound, "Library %q has no rendition preset %q; add it to the Library's spec.renditions, or take it out of the link's", library.Name, name)
		}
	}
	return nil
}
