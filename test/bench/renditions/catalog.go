package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/test/bench/figure"
)

// The limits of a catalog, and what the first page of a link shows.
const (
	catalogLimit     = 2 * time.Second
	catalogMemoryMiB = 64
	firstPage        = 60
)

// catalogs measures how long it takes to fetch a link's catalog from a real store, open it and read the first page, and how much memory
// it then takes; and to read all of a folder's.
func catalogs(ctx context.Context, dir string, rows int) (err error) {
	s, err := testbed.StartObjectStore(ctx, filepath.Join(dir, "catalog"), testbed.ObjectStoreOptions{})
	if err != nil {
		return err //nolint:wrapcheck // it says what
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	files, err := minio.New(strings.TrimPrefix(s.S3Endpoint, "http://"), &minio.Options{Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, ""), Region: s.Region})
	if err != nil {
		return fmt.Errorf("making a client of the store: %w", err)
	}
	if err := folder(ctx, s, files, rows); err != nil {
		return err
	}
	return linkCatalog(ctx, files, rows)
}

// linkCatalog measures that of a link.
func linkCatalog(ctx context.Context, files *minio.Client, rows int) error {
	size, err := storeCatalog(ctx, files, rows)
	if err != nil {
		return err
	}
	runtime.GC()                                     // what it was made from
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // what was garbage at once is counted as well
	before, began := heap(), time.Now()
	object, err := files.GetObject(ctx, bucket, "catalog", minio.GetObjectOptions{})
	if err != nil {
		return fmt.Errorf("fetching the catalog: %w", err)
	}
	data := bytes.NewBuffer(make([]byte, 0, size))
	if _, err := data.ReadFrom(object); err != nil {
		return fmt.Errorf("fetching the catalog: %w", err)
	}
	catalog, err := asset.OpenCatalog(data.Bytes())
	if err != nil {
		return fmt.Errorf("opening the catalog: %w", err)
	}
	for i := range min(firstPage, rows) {
		if _, err := catalog.Row(i); err != nil {
			return fmt.Errorf("reading the first page: %w", err)
		}
	}
	took, most := time.Since(began), heap()
	if catalog.Len() != rows { // and keeps it in memory until it is measured
		return fmt.Errorf("the catalog has %d rows", catalog.Len())
	}
	figure.Figure{Name: fmt.Sprintf("catalog-%d-cold", rows), Ours: took.Seconds(), Peer: catalogLimit.Seconds(), Unit: "s", Decimals: 3}.Print()
	figure.Figure{Name: fmt.Sprintf("catalog-%d-memory", rows), Ours: float64(most-min(before, most)) / (1 << 20), Peer: catalogMemoryMiB, Unit: "MiB", Decimals: 1}.Print()
	return nil
}

// heap is what Go has taken for objects, garbage included.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// storeCatalog stores the catalog of a folder as workers and the manager make it, and gives its size.
func storeCatalog(ctx context.Context, files *minio.Client, rows int) (size int, err error) {
	c := asset.Catalog{Title: "Everything"}
	for i := range rows {
		path := fmt.Sprintf("shoot-%03d/%06d.jpg", i/1000, i)
		key := access.Key{Library: "brand", Path: path}
		row := asset.CatalogAsset{
			ID: asset.ID(key), Path: path, Bucket: bucket, Object: path, VersionID: fmt.Sprintf("01J%023d", i), ETag: fmt.Sprintf("%032x", i*7919), Size: int64(4<<20 + i),
			Modified: time.Unix(1_790_000_000+int64(i), 0).UTC(), ContentType: "image/jpeg", Width: 6000, Height: 4000, CRC32: fmt.Sprintf("%08x", i*104729),
			Fields: []asset.CatalogField{{Title: "Photographer", Values: []string{fmt.Sprintf("Photographer %d", i%40)}}},
		}
		for _, preset := range []string{"preview", "thumb"} {
			row.Renditions = append(row.Renditions, asset.CatalogRendition{
				Preset: preset, Object: fmt.Sprintf("renditions/%s/%s-%013x.webp", path, preset, i*7907), ETag: fmt.Sprintf("%032x", i*7901), Size: int64(20_000 + i%5000),
				ContentType: "image/webp", Width: 1600, Height: 1067,
			})
		}
		c.Assets = append(c.Assets, row)
	}
	data, err := c.Encode()
	if err != nil {
		return 0, fmt.Errorf("writing the catalog: %w", err)
	}
	if err := files.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}); err != nil {
		return 0, fmt.Errorf("making a bucket: %w", err)
	}
	if _, err := files.PutObject(ctx, bucket, "catalog", bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{}); err != nil {
		return 0, fmt.Errorf("storing the catalog: %w", err)
	}
	return len(data), nil
}
