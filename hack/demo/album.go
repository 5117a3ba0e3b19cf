package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/hack/pictures"
)

// album is the sample pictures, drawn while other things start.
type album struct {
	samples []pictures.Sample
	data    [][]byte // of samples, by index
	done    chan error
}

// albumFolder keeps what was drawn, below .demo: drawing takes longer than all the rest.
const albumFolder = "album"

// drawAll starts drawing, two pictures at a time. What this very program drew before is
// taken from the folder.
func drawAll(ctx context.Context, folder string) *album {
	samples := pictures.Samples()
	a := &album{samples: samples, data: make([][]byte, len(samples)), done: make(chan error, 1)}
	go func() { a.done <- a.fill(ctx, folder) }()
	return a
}

func (a *album) fill(ctx context.Context, folder string) error {
	folder, err := edition(folder)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for i, s := range a.samples {
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if a.data[i], err = drawn(filepath.Join(folder, s.Name), s); err != nil {
				return fmt.Errorf("drawing %s: %w", s.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// edition is the folder of what this very program draws, known by its digest; those of
// other editions are removed.
func edition(folder string) (string, error) {
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return "", fmt.Errorf("reading this program: %w", err)
	}
	defer func() { _ = self.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, self); err != nil {
		return "", fmt.Errorf("reading this program: %w", err)
	}
	mine := filepath.Join(folder, hex.EncodeToString(sum.Sum(nil))[:16])
	others, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return "", fmt.Errorf("looking for drawn pictures: %w", err)
	}
	for _, other := range others {
		if other == mine {
			continue
		}
		if err := os.RemoveAll(other); err != nil {
			return "", fmt.Errorf("removing pictures of another edition: %w", err)
		}
	}
	return mine, os.MkdirAll(mine, 0o700)
}

// drawn is a sample's bytes, from the file if it is there. The file is never half written.
func drawn(file string, s pictures.Sample) ([]byte, error) {
	if data, err := os.ReadFile(file); err == nil {
		return data, nil
	}
	data, err := s.Data()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file+".part", data, 0o600); err != nil {
		return nil, err
	}
	return data, os.Rename(file+".part", file)
}

// wait gives the pictures' bytes, in the order of the samples. It is called once.
func (a *album) wait() ([][]byte, error) {
	if err := <-a.done; err != nil {
		return nil, err
	}
	return a.data, nil
}
