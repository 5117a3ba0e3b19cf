package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/hack/pictures"
)

// album is the sample pictures, drawn while other things start.
type album struct {
	samples []pictures.Sample
	data    [][]byte // of samples, by index
	done    chan error
}

// drawAll starts drawing, two pictures at a time.
func drawAll(ctx context.Context) *album {
	samples := pictures.Samples()
	a := &album{samples: samples, data: make([][]byte, len(samples)), done: make(chan error, 1)}
	go func() {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(2)
		for i, s := range samples {
			group.Go(func() (err error) {
				if err := ctx.Err(); err != nil {
					return err
				}
				if a.data[i], err = s.Data(); err != nil {
					return fmt.Errorf("drawing %s: %w", s.Name, err)
				}
				return nil
			})
		}
		a.done <- group.Wait()
	}()
	return a
}

// wait gives the pictures' bytes, in the order of the samples. It is called once.
func (a *album) wait() ([][]byte, error) {
	if err := <-a.done; err != nil {
		return nil, err
	}
	return a.data, nil
}
