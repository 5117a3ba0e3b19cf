package main

import (
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	_ "golang.org/x/image/webp" // what both write
)

// thumbnails runs vipsthumbnail once for each output of each picture: shrinking only, upright, at the quality and effort of the worker, and
// without metadata.
func thumbnails(ctx context.Context, dir string, files []string) (all usage, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return usage{}, fmt.Errorf("making a folder: %w", err)
	}
	var mu sync.Mutex
	err = atOnce(ctx, files, func(ctx context.Context, file string) error {
		for _, p := range presets {
			out := filepath.Join(dir, resultOf(file, p.Name+".webp"))
			//nolint:gosec // the files are this program's own
			cmd := exec.CommandContext(ctx, "vipsthumbnail", file, fmt.Sprintf("--size=%dx%d>", p.Width, p.Height), fmt.Sprintf("--output=%s[Q=%d,effort=4,strip]", out, p.Quality))
			cmd.Env = append(os.Environ(), "VIPS_CONCURRENCY=1")
			if output, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("running vipsthumbnail: %w: %s", err, output)
			}
			mu.Lock()
			all.add(usageOf(cmd.ProcessState))
			mu.Unlock()
		}
		return nil
	})
	return all, err
}

// sameSizes fails unless both have made pictures of the same size of everything.
func sameSizes(ours, peer string, files []string) error {
	for _, file := range files {
		for _, p := range presets {
			name := resultOf(file, p.Name+".webp")
			a, err := sizeOf(filepath.Join(ours, name))
			if err != nil {
				return err
			}
			b, err := sizeOf(filepath.Join(peer, name))
			if err != nil {
				return err
			}
			if a != b {
				return fmt.Errorf("%s is %v of the worker and %v of vipsthumbnail", name, a, b)
			}
		}
	}
	return nil
}

func sizeOf(file string) (image.Point, error) {
	f, err := os.Open(file)
	if err != nil {
		return image.Point{}, fmt.Errorf("opening a result: %w", err)
	}
	defer func() { _ = f.Close() }()
	config, _, err := image.DecodeConfig(f)
	if err != nil {
		return image.Point{}, fmt.Errorf("reading %s: %w", filepath.Base(file), err)
	}
	return image.Pt(config.Width, config.Height), nil
}
