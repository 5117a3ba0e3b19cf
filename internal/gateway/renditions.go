package gateway

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// smallBytes is up to where a rendition is kept in memory; larger ones are streamed.
	smallBytes = 512 << 10
	// fillLimit bounds the reading of one.
	fillLimit = 15 * time.Second
)

// small keeps small renditions in memory, by exactly what they are.
type small struct {
	objects objects
	kept    *byteLRU[Ref, []byte]
	flights singleflight.Group
}

func newSmall(o objects, limit int64) *small {
	return &small{objects: o, kept: newByteLRU[Ref, []byte](limit)}
}

// flight names a reading; neither names of objects nor ETags hold a zero byte.
func (r Ref) flight() string {
	return strings.Join([]string{r.Store, r.Bucket, r.Object, r.VersionID, r.ETag, strconv.FormatInt(r.Size, 10)}, "\x00")
}

// get gives all bytes of a small rendition. Whoever asks for the same at the
// same time waits for one reading, which does not end when one of them leaves.
func (s *small) get(ctx context.Context, ref Ref) ([]byte, error) {
	if data, ok := s.kept.get(ref); ok {
		return data, nil
	}
	flight := s.flights.DoChan(ref.flight(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fillLimit)
		defer cancel()
		body, err := s.objects.open(ctx, ref, 0, ref.Size)
		if err != nil {
			return nil, err
		}
		defer func() { _ = body.Close() }()
		data := make([]byte, ref.Size)
		if _, err := io.ReadFull(body, data); err != nil {
			return nil, fmt.Errorf("%w: a rendition ended early", errSilent)
		}
		s.kept.put(ref, data, ref.Size)
		return data, nil
	})
	select {
	case got := <-flight:
		if got.Err != nil {
			return nil, got.Err
		}
		return got.Val.([]byte), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a rendition: %w", ctx.Err())
	}
}
