package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Restoration says which version of an object is to be the current one again.
type Restoration struct {
	At VersionAt
	// Mark is what the copy bears, the same in every attempt and in no other restoration of the key.
	Mark string
	// Since is no later than the first attempt, by the store's clock.
	Since time.Time
	// PartBytes is the most that one request copies; 0 for the default.
	PartBytes int64
}

const (
	// restoredName is the user metadata with the mark of a restoration.
	restoredName = "vitrine-restored"
	// maxUserMetadata is how many bytes S3 lets the user metadata of an object have.
	maxUserMetadata = 2048
)

// RestoreVersion copies an old version of an object over the current one, as a new version. An attempt that was cut is found by its mark, and
// what it made is not made again. Of a version whose user metadata leave no room for a mark nothing is found, and a cut may leave a copy
// more; so may a copy in parts that the store brings to its end after it was looked for. Unfinished uploads of the key are left alone, since
// they may be of somebody who uploads a new version.
func (s *Store) RestoreVersion(ctx context.Context, r Restoration) (ObjectInfo, error) {
	source, err := s.StatObject(ctx, r.At.Bucket, r.At.Key, r.At.ID)
	if err != nil {
		return ObjectInfo{}, err
	}
	made, found, err := s.restored(ctx, r, source)
	if err != nil || found {
		return made, err
	}
	return s.CopyVersion(ctx, VersionCopy{
		From: r.At, ToBucket: r.At.Bucket, ToKey: r.At.Key, PartBytes: r.PartBytes,
		Note: func(of ObjectInfo) map[string]string {
			if !roomFor(of.Metadata, restoredName, r.Mark) {
				return nil
			}
			return map[string]string{restoredName: r.Mark}
		},
	})
}

// restored looks for what an earlier attempt made.
func (s *Store) restored(ctx context.Context, r Restoration, source ObjectInfo) (made ObjectInfo, found bool, err error) {
	versions, err := s.VersionsOf(ctx, r.At.Bucket, r.At.Key)
	if err != nil {
		return ObjectInfo{}, false, err
	}
	since := r.Since.Truncate(time.Second) // some stores tell whole seconds
	for _, v := range versions {
		if v.DeleteMarker || v.VersionID == r.At.ID || v.Size != source.Size || v.LastModified.Before(since) {
			continue
		}
		info, err := s.StatObject(ctx, r.At.Bucket, r.At.Key, v.VersionID)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrInvalid) {
			continue // it went meanwhile, or is encrypted with a key of its uploader's, and so none of ours
		}
		if err != nil {
			return ObjectInfo{}, false, err
		}
		if info.Metadata[restoredName] != r.Mark {
			continue
		}
		same, err := s.SameContent(ctx, r.At, VersionAt{r.At.Bucket, r.At.Key, v.VersionID})
		if err != nil {
			return ObjectInfo{}, false, fmt.Errorf("looking whether it was restored before: %w", err)
		}
		if same {
			return info, true, nil
		}
	}
	return ObjectInfo{}, false, nil
}

// roomFor tells whether user metadata take one more. Some stores count the prefix of each name too.
func roomFor(metadata map[string]string, name, value string) bool {
	used := len(userMetadata) + len(name) + len(value)
	for other, text := range metadata {
		if other != name {
			used += len(userMetadata) + len(other) + len(text)
		}
	}
	return used <= maxUserMetadata
}
