package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

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

// confirm measures how long a manager that was just started takes to confirm that so many assets are rendered: from its start until the
// Library's status says so. No Job may be made for that. The first one has never seen any of them, and reads what is known of each; it is
// told and has no limit. The second finds the catalog that the first one wrote.
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
	took, err := b.confirmed(ctx, assets)
	if err != nil {
		return err
	}
	fmt.Printf("  a manager that never saw them confirms them after %.1f s\n", took.Seconds())
	if err := b.catalogued(ctx, assets); err != nil {
		return err
	}
	b.stopManager()
	if err := b.forgetStatus(ctx); err != nil {
		return err
	}
	if took, err = b.confirmed(ctx, assets); err != nil {
		return err
	}
	var jobs batchv1.JobList
	if err := b.admin.List(ctx, &jobs); err != nil {
		return fmt.Errorf("listing Jobs: %w", err)
	}
	if len(jobs.Items) > 0 {
		return fmt.Errorf("%d Jobs were made, though everything is rendered", len(jobs.Items))
	}
	figure.Figure{Name: fmt.Sprintf("renditions-confirmed-%d", assets), Ours: took.Seconds(), Peer: confirmLimit.Seconds(), Unit: "s", Decimals: 1}.Print()
	return b.listed(ctx, assets)
}

// confirmed starts a manager, and gives how long it takes until it has confirmed the assets.
func (b *bed) confirmed(ctx context.Context, assets int) (time.Duration, error) {
	began := time.Now()
	if err := b.startManager(ctx); err != nil {
		return 0, err
	}
	err := b.until(ctx, confirmMost, func(l *v1alpha1.Library) bool {
		r := l.Status.Renditions
		return r != nil && *r.Wanted == int64(assets) && *r.Done == *r.Wanted
	})
	return time.Since(began), err
}

// forgetStatus takes away what the Library's status says of renditions, so that what is there afterwards was found anew.
func (b *bed) forgetStatus(ctx context.Context) error {
	library := &v1alpha1.Library{}
	library.Namespace, library.Name = namespace, "brand"
	if err := b.admin.Status().Patch(ctx, library, client.RawPatch(types.MergePatchType, []byte(`{"status":{"renditions":null}}`))); err != nil {
		return fmt.Errorf("forgetting what was confirmed: %w", err)
	}
	return nil
}

// catalogued waits until the catalog has all assets.
func (b *bed) catalogued(ctx context.Context, assets int) error {
	ctx, cancel := context.WithTimeout(ctx, confirmMost)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		o, err := b.files.GetObject(ctx, asset.VitrineBucket(bucket), asset.PlaceObject(""), minio.GetObjectOptions{})
		if err != nil {
			return fmt.Errorf("reading the catalog: %w", err)
		}
		data, err := io.ReadAll(o) // fails while there is none
		c, wrong := asset.DecodePlaceCatalog(data)
		if err == nil && wrong == nil && asset.Rows(c.Parts) == assets {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the catalog: %w", errors.Join(ctx.Err(), err, wrong))
		case <-tick.C:
		}
	}
}

// listed measures how long kubectl dam takes to list the assets, and how much memory it has at most.
func (b *bed) listed(ctx context.Context, assets int) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding kubectl dam: %w", err)
	}
	var lines lineCounter
	//nolint:gosec // the program that was built beside this one
	dam := exec.CommandContext(ctx, filepath.Join(filepath.Dir(self), "kubectl-dam"), "assets", "brand", "-n", namespace, "--platform", "--s3-endpoint="+b.store.S3Endpoint)
	dam.Env, dam.Stdout, dam.Stderr = append(os.Environ(), "KUBECONFIG="+b.cluster.Kubeconfig), &lines, os.Stderr
	took, peak, err := runPeak(dam)
	if err != nil {
		return fmt.Errorf("listing the assets: %w", err)
	}
	if int(lines) < assets {
		return fmt.Errorf("%d lines for %d assets", int(lines), assets)
	}
	figure.Figure{Name: fmt.Sprintf("assets-listed-%d", assets), Ours: took.Seconds(), Peer: catalogLimit.Seconds(), Unit: "s", Decimals: 2}.Print()
	figure.Figure{Name: fmt.Sprintf("assets-listed-%d-memory", assets), Ours: peak / (1 << 20), Peer: catalogMemoryMiB, Unit: "MiB", Decimals: 1}.Print()
	return nil
}

// lineCounter counts the lines that are written to it.
type lineCounter int

func (n *lineCounter) Write(p []byte) (int, error) {
	*n += lineCounter(bytes.Count(p, []byte("\n")))
	return len(p), nil
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
