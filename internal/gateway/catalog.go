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
	etag   string
	title  string // of the link's target
	assets []asset.CatalogAsset
	index  map[string]int
	// archived counts files that were shown once, or would be.
	archived int
	// timed: some assets are shown at some times only.
	timed bool
}

func newCatalog(c asset.Catalog, etag string) *Catalog {
	kept := &Catalog{etag: etag, title: c.Title, assets: c.Assets, index: make(map[string]int, len(c.Assets)), archived: c.Archived}
	for i := range c.Assets {
		kept.index[c.Assets[i].ID] = i
		kept.timed = kept.timed || !c.Assets[i].From.IsZero() || !c.Assets[i].Until.IsZero()
	}
	return kept
}

// at gives the catalog of what is shown at an instant.
func (c *Catalog) at(now time.Time) *Catalog {
	if !c.timed {
		return c
	}
	shown := asset.Catalog{Title: c.title, Archived: c.archived}
	for i := range c.assets {
		switch a := &c.assets[i]; {
		case a.Shown(now):
			shown.Assets = append(shown.Assets, *a)
		case !now.Before(a.From): // it was, so it is over
			shown.Archived++
		}
	}
	return newCatalog(shown, c.etag)
}

// find gives the asset of an id; nil when it is not shown.
func (c *Catalog) find(id string) *asset.CatalogAsset {
	if c == nil {
		return nil
	}
	i, ok := c.index[id]
	if !ok {
		return nil
	}
	return &c.assets[i]
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
		c.kept.put(at, cachedCatalog{have.catalog, began}, c.weight(have.catalog))
		return have.catalog, nil
	case errors.Is(err, errChanged):
		c.kept.drop(at)
		return nil, fmt.Errorf("reading a catalog: %w", err)
	case err != nil:
		return nil, fmt.Errorf("reading a catalog: %w", err)
	}
	decoded, err := asset.DecodeCatalog(data)
	if err != nil {
		c.kept.drop(at)
		return nil, err
	}
	for i := range decoded.Assets {
		if !sane(&decoded.Assets[i]) {
			c.kept.drop(at)
			return nil, fmt.Errorf("reading a catalog: %w", errCatalog)
		}
	}
	catalog := newCatalog(decoded, newETag)
	c.kept.put(at, cachedCatalog{catalog, began}, c.weight(catalog))
	return catalog, nil
}

var errCatalog = errors.New("it holds a negative size, or an asset without id or path")

// sane tells whether a row can be served from; what writes catalogs is our own, and sizes become memory here.
func sane(a *asset.CatalogAsset) bool {
	if a.ID == "" || a.Path == "" || a.Size < 0 {
		return false
	}
	for _, r := range a.Renditions {
		if r.Size < 0 || r.Width < 0 || r.Height < 0 {
			return false
		}
	}
	return true
}

// weight estimates a catalog's memory: a row with its renditions and texts takes about 1 KiB.
func (c *catalogs) weight(catalog *Catalog) int64 { return 1024 * int64(1+len(catalog.assets)) }
