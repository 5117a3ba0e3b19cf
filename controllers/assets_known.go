package controllers

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// known are the small objects below one root of Vitrine's bucket, remembered between sweeps, so that only those that changed
// are read again. T is what they say; nil for one that says nothing that can be read.
type known[T any] struct {
	root   string
	decode func(data []byte) (T, error)
	etags  map[string]string // by object
	said   map[string]*T
}

func newKnown[T any](root string, decode func(data []byte) (T, error)) known[T] {
	return known[T]{root: root, decode: decode}
}

// of gives what an object says; nil when there is none, or nothing that can be read.
func (k *known[T]) of(object string) *T { return k.said[object] }

// smallReads bounds the reads of small objects under way: most of their time is the way to the store. A manager that starts reads
// the facts of all files: with 10 ms a read, 100,000 take 21 s, and that is 4,800 reads a second of the 5,500 that Amazon S3
// promises for one prefix.
const smallReads = 48

// refresh brings what is remembered up to date.
func (k *known[T]) refresh(ctx context.Context, connection Connection, bucket string) error {
	etags, said := make(map[string]string, len(k.etags)), make(map[string]*T, len(k.said))
	var changed []string
	err := connection.ListObjects(ctx, bucket, k.root, func(info store.ObjectInfo) error {
		if etag, before := k.etags[info.Key]; before && etag == info.ETag {
			etags[info.Key], said[info.Key] = etag, k.said[info.Key]
			return nil
		}
		changed = append(changed, info.Key)
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing %s: %w", k.root, err)
	}
	type answer struct {
		etag string
		said *T
	}
	read := make([]answer, len(changed))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(smallReads)
	for i, object := range changed {
		group.Go(func() error {
			data, etag, err := connection.GetObject(ctx, bucket, object)
			if isMissing(err) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("reading %s: %w", object, err)
			}
			read[i].etag = etag
			if value, err := k.decode(data); err == nil { // what cannot be read counts as absent
				read[i].said = &value
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, object := range changed {
		etags[object], said[object] = read[i].etag, read[i].said
	}
	k.etags, k.said = etags, said
	return nil
}
