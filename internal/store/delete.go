package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/minio/minio-go/v7"
)

// emptyRounds is how often a bucket found not empty on removal is emptied again: an upload begun before its policy went may still land.
const emptyRounds = 3

// DeleteBucket empties the bucket of every version, delete marker and unfinished upload, and removes it, but only when it carries
// exactly this mark; otherwise a ForeignError. Nil when there is none. Interrupted, it goes on where it was: the mark stays to the end.
func (s *Store) DeleteBucket(ctx context.Context, name string, mark Mark) error {
	state, err := s.ObserveBucket(ctx, name)
	if err != nil || !state.Exists {
		return err
	}
	if state.Mark == nil || *state.Mark != mark {
		return fmt.Errorf("delete bucket %s: %w", name, &ForeignError{Bucket: name, Mark: state.Mark})
	}
	// Without a policy nobody but the account can put anything in while it is being emptied.
	if err := s.SetBucketPolicy(ctx, name, nil); err != nil {
		return err
	}
	op := "delete bucket " + name
	for range emptyRounds {
		if err := s.empty(ctx, name); err != nil {
			return err
		}
		err = s.S3.RemoveBucket(ctx, name)
		if minio.ToErrorResponse(err).Code != "BucketNotEmpty" {
			break
		}
	}
	if err := translate(op, err); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	// Delete, then observe: a finalizer hangs on this.
	if state, err = s.ObserveBucket(ctx, name); err != nil {
		return err
	}
	if state.Exists {
		return fmt.Errorf("%s: it is still there: %w", op, ErrUnreachable)
	}
	return nil
}

func (s *Store) empty(ctx context.Context, name string) error {
	op := "empty bucket " + name
	for upload := range s.S3.ListIncompleteUploads(ctx, name, "", true) {
		if upload.Err != nil {
			return translate(op, upload.Err)
		}
		core := minio.Core{Client: s.S3}
		if err := core.AbortMultipartUpload(ctx, name, upload.Key, upload.UploadID); err != nil {
			if err := translate(op, err); !errors.Is(err, ErrNotFound) {
				return err
			}
		}
	}
	var before minio.ObjectInfo
	for {
		page, err := s.firstVersions(ctx, name)
		if err != nil || len(page) == 0 {
			return translate(op, err)
		}
		if first := page[0]; first.Key == before.Key && first.VersionID == before.VersionID {
			return fmt.Errorf("%s: version %s of %s does not go away: %w", op, first.VersionID, first.Key, ErrUnreachable)
		}
		before = page[0]
		removed, err := s.S3.RemoveObjectsWithIter(ctx, name, slices.Values(page), minio.RemoveObjectsOptions{})
		if err != nil {
			return translate(op, err)
		}
		for r := range removed {
			if r.Err != nil {
				return translate(op, r.Err)
			}
		}
		if err := ctx.Err(); err != nil {
			return translate(op, err)
		}
	}
}

// deletePage is how many versions one DeleteObjects request may name.
const deletePage = 1000

// firstVersions lists one page from the start. Going on from a marker would not do while deleting: VersityGW finds nothing
// behind a marker that is gone.
func (s *Store) firstVersions(ctx context.Context, name string) ([]minio.ObjectInfo, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var page []minio.ObjectInfo
	for v := range s.S3.ListObjectsIter(ctx, name, minio.ListObjectsOptions{Recursive: true, WithVersions: true, MaxKeys: deletePage}) {
		if v.Err != nil {
			return nil, v.Err
		}
		if page = append(page, v); len(page) == deletePage {
			break
		}
	}
	return page, nil
}
