package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const (
	catalogType = "application/octet-stream"
	// catalogsAtOnce is how many parts of catalogs are read or written at once; each is some hundred KiB, and a MiB or two of rows.
	catalogsAtOnce = 4
	// catalogShare: writing catalogs takes a tenth of the time at most, however much changes.
	catalogShare = 10
)

// catalogMemory is what is remembered, between sweeps, of the catalogs of a Library's places.
type catalogMemory struct {
	// recalled: what an earlier manager wrote has been looked at.
	recalled bool
	// written are the catalogs at the store, by place, as they were written or read.
	written map[string]asset.PlaceCatalog
	// etags are those of the objects that they are, by object: what has another one is not what was written.
	etags map[string]string
	// due is when they may be written again.
	due time.Time
}

// writeCatalogs writes what the sweep found into the catalogs of the Library's places, as far as they say something else, and takes away
// what no catalog names any more. What fails is tried again after a later sweep: nobody waits for a catalog.
func (a aftermath) writeCatalogs(ctx context.Context) {
	m := &a.sweeper.catalogs
	began := a.Clock.Now()
	if began.Before(m.due) {
		return
	}
	err := a.writeWhileThere(ctx, m)
	if err != nil && !errors.Is(err, errOtherOrder) {
		log.FromContext(ctx).Error(err, "the catalogs of what the Library holds cannot be written now; trying again after a later sweep")
	}
	ended := a.Clock.Now()
	m.due = ended.Add(max(a.Settings.CatalogInterval, catalogShare*ended.Sub(began)))
}

// writeWhileThere writes them, and none that outlives the Library: its end takes away what is there by then, and not what is being written.
func (a aftermath) writeWhileThere(ctx context.Context, m *catalogMemory) error {
	if err := a.goesOn(ctx); err != nil {
		return err
	}
	if err := a.ownsBuckets(ctx); err != nil {
		return err
	}
	err := a.writeChanged(ctx, m)
	if a.isStill(ctx, a.library) || a.ownsBuckets(ctx) != nil { // its buckets may be gone with it
		return err
	}
	return removeCatalogs(ctx, a.connection, a.library.Status.VitrineBucket)
}

// goesOn wants the Library not to be going: its end takes the catalogs away. It takes no request to anybody.
func (a aftermath) goesOn(ctx context.Context) error {
	if !a.isStill(ctx, a.library) {
		return errOtherOrder
	}
	return nil
}

// isStill tells whether a Library is the one that it was, and not going. It takes no request to anybody.
func (d *Deps) isStill(ctx context.Context, library *v1alpha1.Library) bool {
	now := &v1alpha1.Library{}
	err := d.Get(ctx, client.ObjectKeyFromObject(library), now)
	return err == nil && now.UID == library.UID && now.DeletionTimestamp.IsZero()
}

func (a aftermath) writeChanged(ctx context.Context, m *catalogMemory) error {
	there, err := listCatalogs(ctx, a.connection, a.library.Status.VitrineBucket)
	if err != nil {
		return err
	}
	m.forgetChanged(there)
	// What the catalogs of before name stays until the next time: somebody may be reading it.
	named := m.objects()
	places := byPlace(a.sweeper.entries(a.found))
	errs := make([]error, 0, len(places))
	for place, of := range places {
		errs = append(errs, a.writePlace(ctx, m, place, of))
	}
	for place := range m.written {
		if len(places[place]) == 0 {
			delete(m.written, place)
			delete(m.etags, asset.PlaceObject(place))
			delete(named, asset.PlaceObject(place)) // it would say what is not so
		}
	}
	for object := range m.objects() {
		named[object] = true
	}
	for object := range there {
		if !named[object] {
			delete(m.etags, object)
			errs = append(errs, dropCatalog(ctx, a.connection, a.library.Status.VitrineBucket, object))
		}
	}
	return errors.Join(errs...)
}

// dropCatalog removes an object that a catalog consisted of, for good if the store lets that be.
func dropCatalog(ctx context.Context, connection Connection, bucket, object string) error {
	if connection.PurgeObject(ctx, bucket, object) == nil {
		return nil
	}
	if err := connection.RemoveObject(ctx, bucket, object, ""); err != nil && !isMissing(err) { // versions may be in retention
		return fmt.Errorf("removing a catalog: %w", err)
	}
	return nil
}

// listCatalogs gives the ETags of the objects that catalogs of places consist of, by object.
func listCatalogs(ctx context.Context, connection Connection, bucket string) (map[string]string, error) {
	there := map[string]string{}
	err := connection.ListObjects(ctx, bucket, asset.PlacesRoot, func(info store.ObjectInfo) error {
		if _, _, ours := asset.PlaceOf(info.Key); ours {
			there[info.Key] = info.ETag
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the catalogs of what the Library holds: %w", err)
	}
	return there, nil
}

// forgetChanged forgets parts and catalogs that are not at the store as they were written, so that they are written again.
func (m *catalogMemory) forgetChanged(there map[string]string) {
	for place, c := range m.written {
		if object := asset.PlaceObject(place); there[object] != m.etags[object] {
			delete(m.written, place)
			continue
		}
		c.Parts = slices.DeleteFunc(slices.Clone(c.Parts), func(p asset.PlacePart) bool {
			object := asset.PartObject(place, p.Name)
			return there[object] == "" || there[object] != m.etags[object]
		})
		m.written[place] = c
	}
}

// objects are those that the catalogs as they are written consist of.
func (m *catalogMemory) objects() map[string]bool {
	all := map[string]bool{}
	for place, c := range m.written {
		all[asset.PlaceObject(place)] = true
		for _, p := range c.Parts {
			all[asset.PartObject(place, p.Name)] = true
		}
	}
	return all
}

// writePlace writes the catalog of one place: first the parts that are not there, then what names them.
func (a aftermath) writePlace(ctx context.Context, m *catalogMemory, place string, entries []placeEntry) error {
	before, bucket := m.written[place], a.library.Status.VitrineBucket
	have := make(map[string]asset.PlacePart, len(before.Parts))
	for _, p := range before.Parts {
		have[p.Name] = p
	}
	ends := asset.CutParts(len(entries), func(i int) string { return entries[i].key.Path })
	parts, etags := make([]asset.PlacePart, len(ends)), make([]string, len(ends))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(catalogsAtOnce)
	begin := 0
	for i, end := range ends {
		of := entries[begin:end]
		begin = end
		group.Go(func() (err error) {
			rows := a.sweeper.rows(of)
			if known, is := have[asset.NamePart(rows)]; is {
				parts[i] = known
				return nil
			}
			var data []byte
			if data, parts[i], err = asset.EncodePart(rows); err != nil {
				return err //nolint:wrapcheck // it says what
			}
			etags[i], err = a.connection.PutObject(within, bucket, asset.PartObject(place, parts[i].Name), data, catalogType, store.Always())
			return err //nolint:wrapcheck // it names the object
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("writing a part of the catalog: %w", err)
	}
	for i, etag := range etags {
		if etag != "" {
			m.etags[asset.PartObject(place, parts[i].Name)] = etag
		}
	}
	if slices.Equal(parts, before.Parts) {
		return nil
	}
	return a.writeHead(ctx, m, place, asset.PlaceCatalog{Shape: asset.PlaceShape(), Swept: a.found.began.UTC(), Parts: parts})
}

// writeHead writes what names the parts. Every version of it before goes, since it tells of files that may be gone.
func (a aftermath) writeHead(ctx context.Context, m *catalogMemory, place string, c asset.PlaceCatalog) error {
	if err := a.goesOn(ctx); err != nil { // writing the parts may have taken minutes
		return err
	}
	bucket, object := a.library.Status.VitrineBucket, asset.PlaceObject(place)
	data, err := c.Encode()
	if err != nil {
		return err //nolint:wrapcheck // it says what
	}
	delete(m.written, place) // until it is known to be there
	if m.etags[object], err = a.connection.PutObject(ctx, bucket, object, data, catalogType, store.Always()); err != nil {
		return fmt.Errorf("writing a catalog: %w", err)
	}
	m.written[place] = c
	versions, err := a.connection.VersionsOf(ctx, bucket, object)
	for _, v := range versions {
		if err == nil && !v.IsLatest {
			err = a.connection.RemoveObject(ctx, bucket, object, v.VersionID)
		}
	}
	if err != nil { // it may be in retention
		log.FromContext(ctx).Info("versions of a catalog that was replaced stay", "object", object, "why", err.Error())
	}
	return nil
}

// removeCatalogs removes the catalogs of a Library's places: nobody would keep them true any more.
func removeCatalogs(ctx context.Context, connection Connection, bucket string) error {
	there, err := listCatalogs(ctx, connection, bucket)
	if err != nil {
		return err
	}
	errs := make([]error, 0, len(there))
	for object := range there {
		errs = append(errs, dropCatalog(ctx, connection, bucket, object))
	}
	return errors.Join(errs...)
}
