package controllers

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// recall takes from the catalogs what an earlier manager knew, for as long as this one knows nothing: what has the same ETag still is not
// read again. Whatever is wrong with a catalog, all is read from the objects themselves.
func (s *sweeper) recall(ctx context.Context, connection Connection, bucket string) {
	m := &s.catalogs
	if m.recalled {
		return
	}
	m.recalled = true
	defer func() { m.recalled = ctx.Err() == nil }() // a sweep that is cut here looks again when it goes on
	m.written, m.etags = map[string]asset.PlaceCatalog{}, map[string]string{}
	there, err := listCatalogs(ctx, connection, bucket)
	if err != nil {
		log.FromContext(ctx).Error(err, "catalogs cannot be read; everything is read anew")
		return
	}
	for object := range there {
		place, part, is := asset.PlaceOf(object)
		if !is || part != "" {
			continue
		}
		if err := s.recallPlace(ctx, connection, bucket, place); err != nil {
			log.FromContext(ctx).Info("a catalog cannot be used whole; what it lacks is read anew", "object", object, "why", err.Error())
		}
	}
}

func (s *sweeper) recallPlace(ctx context.Context, connection Connection, bucket, place string) error {
	object := asset.PlaceObject(place)
	data, etag, err := connection.GetObject(ctx, bucket, object)
	if err != nil {
		return err //nolint:wrapcheck // it names the object
	}
	c, err := asset.DecodePlaceCatalog(data)
	if err != nil {
		return err //nolint:wrapcheck // the caller names the object
	}
	if c.Shape != asset.PlaceShape() {
		return errOtherShape
	}
	s.catalogs.etags[object] = etag
	kept := make([]bool, len(c.Parts))
	errs := make([]error, len(c.Parts))
	var mu sync.Mutex // of the sweeper
	var group errgroup.Group
	group.SetLimit(catalogsAtOnce)
	for i, p := range c.Parts {
		group.Go(func() error {
			rows, etag, err := readPart(ctx, connection, bucket, place, p)
			if err != nil {
				errs[i] = err
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			s.take(place, rows)
			s.catalogs.etags[asset.PartObject(place, p.Name)], kept[i] = etag, true
			return nil
		})
	}
	_ = group.Wait() // each has an error of its own
	known := asset.PlaceCatalog{Shape: c.Shape, Swept: c.Swept}
	for i, p := range c.Parts {
		if kept[i] {
			known.Parts = append(known.Parts, p)
		}
	}
	s.catalogs.written[place] = known
	return errors.Join(errs...)
}

var errOtherShape = errors.New("it is of another version of Vitrine")

func readPart(ctx context.Context, connection Connection, bucket, place string, p asset.PlacePart) (rows []asset.PlaceRow, etag string, err error) {
	data, etag, err := connection.GetObject(ctx, bucket, asset.PartObject(place, p.Name))
	if err != nil {
		return nil, "", err //nolint:wrapcheck // it names the object
	}
	part, err := asset.OpenPart(data, p)
	if err != nil {
		return nil, "", err //nolint:wrapcheck // it names the part
	}
	rows = make([]asset.PlaceRow, 0, p.Rows)
	err = part.All(func(r *asset.PlaceRow) error {
		rows = append(rows, *r)
		return nil
	})
	return rows, etag, err //nolint:wrapcheck // it says what
}

// take remembers what rows say.
func (s *sweeper) take(place string, rows []asset.PlaceRow) {
	for i := range rows {
		r := &rows[i]
		key := access.Key{Restricted: place, Path: r.Path}
		s.facts.take(asset.FactsObject(key), r.Facts)
		s.metadata.take(asset.MetaObject(key), r.Metadata)
		s.states.take(asset.StateObject(key), r.State)
		for j := range r.Approvals {
			s.approvals.take(asset.ApprovalObject(key, r.Approvals[j].Says.VersionID), &r.Approvals[j])
		}
	}
}

// take remembers what an object said when it had an ETag.
func (k *known[T]) take(object string, noted *asset.Noted[T]) {
	if noted == nil {
		return
	}
	if k.etags == nil {
		k.etags, k.said = map[string]string{}, map[string]*T{}
	}
	k.etags[object], k.said[object] = noted.ETag, noted.Says
}
