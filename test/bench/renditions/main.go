// Command renditions measures how much processor time and memory the worker takes to render pictures, beside vipsthumbnail on the
// same pictures: run once for each output, as it makes one at a time, with as many threads of libvips. Both run two at once, in turns,
// so that whatever else the machine does meets both. The worker's time includes its requests to the store, which is this program;
// vipsthumbnail reads and writes files.
//
// It measures as well how long a manager that was just started takes to confirm that everything of a large Library is rendered, and kubectl
// dam to list it, and what the catalogs of a link and of a folder of as many files take; these have a limit in the place of a peer. -only
// chooses one, and -assets how many.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/test/bench/figure"
)

const (
	pictures = 200
	turns    = 4
	// slots is how many pictures are rendered at once.
	slots = 2
)

// presets are the two outputs.
var presets = []rendition.Preset{
	{Name: "web", Width: 1600, Height: 1600, Fit: rendition.Inside, Format: rendition.WebP, Quality: 80},
	{Name: "small", Width: 400, Height: 400, Fit: rendition.Inside, Format: rendition.WebP, Quality: 80},
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	only := flag.String("only", "", "measure only this: catalog, confirmed or speed")
	assets := flag.Int("assets", 100_000, "how many assets there are to confirm, and to list")
	read := flag.String("read", "", "read the folder at this store, and measure nothing: for this program itself")
	flag.Parse()
	measure := func() error { return run(ctx, *only, *assets) }
	if *read != "" {
		measure = func() error { return readFolder(ctx, *read, *assets) }
	}
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "bench-renditions:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, assets int) (err error) {
	dir, err := os.MkdirTemp("", "vitrine-bench-renditions-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, m := range []struct {
		name    string
		measure func() error
	}{
		{"catalog", func() error { return catalogs(ctx, dir, assets) }},
		{"confirmed", func() error { return confirm(ctx, dir, assets) }},
		{"speed", func() error { return speed(ctx, dir) }},
	} {
		if only != "" && only != m.name {
			continue
		}
		if err := m.measure(); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

// speed compares the worker with vipsthumbnail.
func speed(ctx context.Context, dir string) error {
	began := time.Now()
	files, megapixels, err := draw(ctx, dir, pictures)
	if err != nil {
		return err
	}
	fmt.Printf("  %d pictures of %.0f megapixels in all are drawn after %.0f s\n", len(files), megapixels, time.Since(began).Seconds())
	transform, err := newTransform(filepath.Join(dir, "worker"), files)
	if err != nil {
		return err
	}
	defer transform.stop()
	var ours, peer usage
	for turn := range turns {
		part := files[turn*len(files)/turns : (turn+1)*len(files)/turns]
		used, err := transform.run(ctx, turn, part)
		if err != nil {
			return err
		}
		ours.add(used)
		if used, err = thumbnails(ctx, filepath.Join(dir, "peer"), part); err != nil {
			return err
		}
		peer.add(used)
		fmt.Printf("  %d of %d pictures: %.0f s of processor time, and %.0f s of vipsthumbnail\n", (turn+1)*len(files)/turns, len(files), ours.cpu.Seconds(), peer.cpu.Seconds())
	}
	if err := sameSizes(transform.results, filepath.Join(dir, "peer"), files); err != nil {
		return err
	}
	n := float64(len(files))
	figure.Figure{Name: "renditions-per-cpu", Ours: n / ours.cpu.Seconds(), Peer: n / peer.cpu.Seconds(), Unit: "images/cpu-s", Decimals: 2, Bar: 1.4, More: true}.Print()
	figure.Figure{Name: "renditions-memory-per-slot", Ours: ours.peak / slots / (1 << 20), Peer: peer.peak / (1 << 20), Unit: "MiB", Decimals: 1, Bar: 1 / 1.5}.Print()
	return nil
}

// usage is what processes took.
type usage struct {
	cpu time.Duration
	// peak is the most memory that one process had, in bytes.
	peak float64
}

func (u *usage) add(more usage) {
	u.cpu += more.cpu
	u.peak = max(u.peak, more.peak)
}

// usageOf reads what a process that has ended took; see getrusage(2), whose ru_maxrss is in KiB.
func usageOf(state *os.ProcessState) usage {
	u := usage{cpu: state.UserTime() + state.SystemTime()}
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.peak = float64(r.Maxrss) * 1024
	}
	return u
}

// atOnce does something for each file, as many at once as there are slots.
func atOnce(ctx context.Context, files []string, do func(context.Context, string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(slots)
	for _, file := range files {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err() //nolint:wrapcheck // another failed, or nobody waits any more
			}
			return do(ctx, file)
		})
	}
	return group.Wait() //nolint:wrapcheck // each says what it was doing
}
