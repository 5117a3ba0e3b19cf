package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review/known"
	"github.com/vitrine-dam/vitrine/internal/store"
	"github.com/vitrine-dam/vitrine/test/bench/figure"
)

// folder measures how long a program that was just started takes to learn from the catalog of a place what so many files are, and how much
// memory the process has at most.
func folder(ctx context.Context, s *testbed.ObjectStore, files *minio.Client, rows int) error {
	size, err := storeFolder(ctx, files, rows)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	reader := exec.CommandContext(ctx, self, "-read="+s.S3Endpoint, fmt.Sprintf("-assets=%d", rows)) //nolint:gosec // itself
	reader.Env = append(os.Environ(), "AWS_REGION="+s.Region, "AWS_ACCESS_KEY_ID="+s.AccessKey, "AWS_SECRET_ACCESS_KEY="+s.SecretKey)
	reader.Stderr = os.Stderr
	took, peak, err := runPeak(reader)
	if err != nil {
		return fmt.Errorf("reading the folder: %w", err)
	}
	fmt.Printf("  the catalog of %d files takes %.1f MiB, and reading it %.1f s of processor time\n", rows, float64(size)/(1<<20), usageOf(reader.ProcessState).cpu.Seconds())
	figure.Figure{Name: fmt.Sprintf("folder-%d-cold", rows), Ours: took.Seconds(), Peer: catalogLimit.Seconds(), Unit: "s", Decimals: 3}.Print()
	figure.Figure{Name: fmt.Sprintf("folder-%d-memory", rows), Ours: peak / (1 << 20), Peer: catalogMemoryMiB, Unit: "MiB", Decimals: 1}.Print()
	return nil
}

// runPeak runs a program, and gives how long it took and the most memory that it had, in bytes. What getrusage(2) tells of a child counts
// what this program had when it began.
func runPeak(c *exec.Cmd) (took time.Duration, peak float64, err error) {
	began := time.Now()
	if err := c.Start(); err != nil {
		return 0, 0, err //nolint:wrapcheck // the caller says what
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return time.Since(began), peak, err
		case <-tick.C:
			peak = max(peak, highWater(c.Process.Pid)) // it only grows, so the last look tells
		}
	}
}

// highWater is the most memory that a process has had, in bytes; 0 when it has ended. See proc_pid_status(5), where it is in KiB.
func highWater(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	_, _ = fmt.Sscan(after, &kib)
	return kib * 1024
}

// readFolder is what the process does that is measured.
func readFolder(ctx context.Context, endpoint string, rows int) error {
	s, err := store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: endpoint, IAMEndpoint: endpoint, Region: os.Getenv("AWS_REGION"),
		Credentials: store.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: store.Secret(os.Getenv("AWS_SECRET_ACCESS_KEY"))},
	})
	if err != nil {
		return err //nolint:wrapcheck // it says what
	}
	defer s.Close()
	l := known.Library{Name: "brand", Originals: bucket, Vitrine: asset.VitrineBucket(bucket), Lifecycle: func(access.Key) asset.Lifecycle { return asset.Lifecycle{} }}
	seen := 0
	since, err := known.Visit(ctx, s, l, []access.Scope{{Library: "brand", Prefix: "launch/"}}, time.Now(), false, func(f *known.File) error {
		if f.Facts == nil || f.State == "" {
			return errors.New("nothing is known of a file")
		}
		seen++
		return nil
	})
	if err != nil {
		return err //nolint:wrapcheck // it says what
	}
	if seen != rows || since.IsZero() {
		return fmt.Errorf("there are %d files, not by the catalog of %s", seen, since)
	}
	return nil
}

// storeFolder stores the catalog of a place with one folder, as the manager makes it, and gives its size in bytes.
func storeFolder(ctx context.Context, files *minio.Client, rows int) (size int, err error) {
	dam := asset.VitrineBucket(bucket)
	if err := files.MakeBucket(ctx, dam, minio.MakeBucketOptions{}); err != nil {
		return 0, fmt.Errorf("making a bucket: %w", err)
	}
	put := func(object string, data []byte) error {
		size += len(data)
		if _, err := files.PutObject(ctx, dam, object, bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{}); err != nil {
			return fmt.Errorf("storing the catalog: %w", err)
		}
		return nil
	}
	all := make([]asset.PlaceRow, rows)
	for i := range all {
		all[i] = placeRow(i)
	}
	c, begin := asset.PlaceCatalog{Shape: asset.PlaceShape(), Swept: time.Now().UTC()}, 0
	for _, end := range asset.CutParts(rows, func(i int) string { return all[i].Path }) {
		data, part, err := asset.EncodePart(all[begin:end])
		if err != nil {
			return 0, err //nolint:wrapcheck // it says what
		}
		if err := put(asset.PartObject("", part.Name), data); err != nil {
			return 0, err
		}
		c.Parts, begin = append(c.Parts, part), end
	}
	head, err := c.Encode()
	if err != nil {
		return 0, err //nolint:wrapcheck // it says what
	}
	return size, put(asset.PlaceObject(""), head)
}

// placeRow is what is known of a picture that was rendered by two presets and described. Digests are as random as those of files.
func placeRow(i int) asset.PlaceRow {
	random := rand.New(rand.NewPCG(uint64(i), 7)) //nolint:gosec // no secret
	digest := func(length int) string {
		var text strings.Builder
		for text.Len() < length {
			fmt.Fprintf(&text, "%016x", random.Uint64())
		}
		return text.String()[:length]
	}
	facts := asset.Facts{
		V: asset.FactsVersion, ETag: digest(32), VersionID: "01K" + strings.ToUpper(digest(23)), Size: int64(4<<20 + random.IntN(1<<24)), ContentType: "image/jpeg",
		Width: 6000, Height: 4000, Orientation: 1, ColourSpace: "sRGB", Frames: 1, CRC32: digest(8), SHA256: digest(64),
		ModifiedAt: time.Unix(1_790_000_000+int64(i), 0).UTC(), ReadAt: time.Unix(1_790_000_060+int64(i), 0).UTC(), PresetSet: "0123456789abcdef", BlurHash: digest(28), Colour: "#" + digest(6),
	}
	for _, preset := range []string{"preview", "thumb"} {
		facts.Renditions = append(facts.Renditions, asset.Rendition{
			Preset: preset, Object: preset + "-" + digest(13) + ".webp", ETag: digest(32), Size: int64(20_000 + random.IntN(5000)), Width: 1600, Height: 1067, ContentType: "image/webp",
		})
	}
	path := fmt.Sprintf("launch/shoot-%03d/%06d.jpg", i/1000, i)
	metadata := asset.Metadata{V: asset.DescriptionVersion, Fields: map[string][]string{"title": {fmt.Sprintf("Picture %d", i)}, "photographer": {fmt.Sprintf("Photographer %d", i%40)}}}
	metadata.By, metadata.At = "mona", facts.ReadAt
	return asset.PlaceRow{
		Path: path, ETag: facts.ETag, Size: facts.Size, Modified: facts.ModifiedAt,
		Facts: &asset.Noted[asset.Facts]{ETag: digest(32), Says: &facts}, Metadata: &asset.Noted[asset.Metadata]{ETag: digest(32), Says: &metadata},
	}
}
