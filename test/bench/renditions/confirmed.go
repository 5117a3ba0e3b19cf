package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
	batchv1 "k8s.io/api/batch/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/test/bench/figure"
)

const (
	// confirmLimit is how long it may take to confirm that assets are rendered, and confirmMost how long this waits all the same.
	confirmLimit = time.Minute
	confirmMost  = 10 * time.Minute
	// uploads at once.
	uploads = 32
)

// confirm measures how long a manager that knows nothing takes to confirm that so many assets are rendered: from its start until the
// Library's status says so. No Job may be made for that.
func confirm(ctx context.Context, dir string, assets int) (err error) {
	b, err := startBed(ctx, filepath.Join(dir, "confirmed"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	if err := b.startManager(ctx); err != nil {
		return err
	}
	if err := b.declare(ctx); err != nil {
		return err
	}
	err = b.until(ctx, time.Minute, func(l *v1alpha1.Library) bool { return l.Status.VitrineBucket != "" && l.Status.Renditions != nil })
	if err != nil {
		return err
	}
	b.stopManager()
	began := time.Now()
	if err := b.fill(ctx, assets); err != nil {
		return err
	}
	fmt.Printf("  %d assets with renditions and facts are stored after %.0f s\n", assets, time.Since(began).Seconds())
	began = time.Now()
	if err := b.startManager(ctx); err != nil {
		return err
	}
	err = b.until(ctx, confirmMost, func(l *v1alpha1.Library) bool {
		r := l.Status.Renditions
		return *r.Wanted == int64(assets) && *r.Done == *r.Wanted
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	var jobs batchv1.JobList
	if err := b.admin.List(ctx, &jobs); err != nil {
		return fmt.Errorf("listing Jobs: %w", err)
	}
	if len(jobs.Items) > 0 {
		return fmt.Errorf("%d Jobs were made, though everything is rendered", len(jobs.Items))
	}
	figure.Figure{Name: fmt.Sprintf("renditions-confirmed-%d", assets), Ours: took.Seconds(), Peer: confirmLimit.Seconds(), Unit: "s", Decimals: 1}.Print()
	return nil
}

// fill stores assets as if workers had rendered them.
func (b *bed) fill(ctx context.Context, assets int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(uploads)
	for i := range assets {
		group.Go(func() error { return b.rendered(ctx, i) })
	}
	return group.Wait() //nolint:wrapcheck // each says what it was doing
}

// rendered stores one original with what a worker would have made of it.
func (b *bed) rendered(ctx context.Context, i int) error {
	key := fmt.Sprintf("shoot-%03d/%06d.jpg", i/1000, i)
	stored, err := b.put(ctx, bucket, key, "image/jpeg", fmt.Appendf(nil, "original %d", i))
	if err != nil {
		return err
	}
	presets := rendition.BuiltIn()
	facts := asset.Facts{
		V: asset.FactsVersion, ETag: rendition.TrimETag(stored.ETag), VersionID: stored.VersionID, Size: stored.Size, ContentType: "image/jpeg",
		Width: 6000, Height: 4000, Orientation: 1, ColourSpace: "sRGB", Frames: 1, CRC32: "0123abcd", SHA256: strings.Repeat("0123abcd", 8),
		ReadAt: time.Now().UTC().Truncate(time.Second), PresetSet: rendition.SetDigest(presets),
		Embedded: &asset.Embedded{Creators: []string{"A Photographer"}, Keywords: []string{"spring", "launch", "studio"}},
	}
	for _, p := range presets {
		object := rendition.ObjectName(p, facts.ETag, nil)
		picture, err := b.put(ctx, asset.VitrineBucket(bucket), "renditions/"+key+"/"+object, "image/webp", fmt.Appendf(nil, "%s %d", p.Name, i))
		if err != nil {
			return err
		}
		facts.Renditions = append(facts.Renditions, asset.Rendition{
			Preset: p.Name, Object: object, ETag: rendition.TrimETag(picture.ETag), Size: picture.Size, Width: 1600, Height: 1067, ContentType: "image/webp",
		})
	}
	text, err := asset.EncodeFacts(facts)
	if err != nil {
		return fmt.Errorf("writing facts: %w", err)
	}
	_, err = b.put(ctx, asset.VitrineBucket(bucket), "facts/"+key+".json", "application/json", text)
	return err
}

func (b *bed) put(ctx context.Context, bucket, key, contentType string, data []byte) (minio.UploadInfo, error) {
	stored, err := b.files.PutObject(ctx, bucket, key, bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{ContentType: contentType})
	if err != nil {
		return stored, fmt.Errorf("storing %s: %w", key, err)
	}
	return stored, nil
}
