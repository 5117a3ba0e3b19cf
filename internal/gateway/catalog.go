package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

const (
	// freshFor is how long a catalog is used without asking the store: what
	// leaves a collection leaves its pages within 2 s, the manager's part included.
	freshFor = time.Second
	// staleFor is how long it is used when the store does not answer.
	staleFor = 5 * time.Second
	// patience is how long a request waits for a store that may be slow while there is something to use.
	patience = 500 * time.Millisecond
	// refreshLimit bounds one reading of a catalog.
	refreshLimit = 8 * time.Second
	// catalogBytes bounds the memory that catalogs take, by their encoded size.
	catalogBytes = 128 << 20
)

// Catalog is what a link shows, found by asset id. It is never changed.
type Catalog struct {
	*asset.CatalogFile
	etag string
}

// find gives the asset of an id; nil when it is not shown, or cannot be read.
func (c *Catalog) find(id string) *asset.CatalogAsset {
	if c == nil {
		return nil
	}
	row, _, _ := c.Find(id)
	return row
}

// place is where a catalog is kept.
type place struct{ store, bucket, object string }

type cachedCatalog struct {
	catalog *Catalog
	checked time.Time // when the store was last asked, successfully: the begin of asking
}

// catalogs reads catalogs and keeps them for as long as they may be used.
type catalogs struct {
	objects objects
	now     func() time.Time
	kept    *byteLRU[place, cachedCatalog]
	flights singleflight.Group
}

func newCatalogs(o objects, now func() time.Time) *catalogs {
	return &catalogs{objects: o, now: now, kept: newByteLRU[place, cachedCatalog](catalogBytes)}
}

// get gives the catalog at a place, at most freshFor old, or staleFor when the store does not answer.
func (c *catalogs) get(ctx context.Context, at place) (*Catalog, error) {
	have, ok := c.kept.get(at)
	if ok && c.now().Sub(have.checked) < freshFor {
		return have.catalog, nil
	}
	flight := c.flights.DoChan(at.store+"\x00"+at.bucket+"\x00"+at.object, func() (any, error) {
		// One reading serves all who wait, so it must not end with the first of them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshLimit)
		defer cancel()
		return c.refresh(ctx, at)
	})
	var hurry <-chan time.Time
	if ok {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		hurry = timer.C
	}
	for {
		select {
		case got := <-flight:
			if got.Err == nil {
				return got.Val.(*Catalog), nil
			}
			if ok && errors.Is(got.Err, errSilent) && c.now().Sub(have.checked) < staleFor {
				return have.catalog, nil
			}
			return nil, got.Err
		case <-hurry:
			if c.now().Sub(have.checked) < staleFor {
				return have.catalog, nil
			}
			hurry = nil
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for a catalog: %w", ctx.Err())
		}
	}
}

func (c *catalogs) refresh(ctx context.Context, at place) (*Catalog, error) {
	have, ok := c.kept.get(at)
	began := c.now()
	etag := ""
	if ok {
		etag = have.catalog.etag
	}
	data, newETag, err := c.objects.read(ctx, at.store, at.bucket, at.object, etag)
	switch {
	case ok && errors.Is(err, errNotModified):
		c.kept.put(at, cachedCatalog{have.catalog, began}, have.catalog.Weight())
		return have.catalog, nil
	case errors.Is(err, errChanged):
		c.kept.drop(at)
		return nil, fmt.Errorf("reading a catalog: %w", err)
	case err != nil:
		return nil, fmt.Errorf("reading a catalog: %w", err)
	}
	file, err := asset.OpenCatalog(data)
	if err != nil {
		c.kept.drop(at)
		return nil, fmt.Errorf("reading a catalog: %w", err)
	}
	catalog := &Catalog{file, newETag}
	c.kept.put(at, cachedCatalog{catalog, began}, catalog.Weight())
	return catalog, nil
}
