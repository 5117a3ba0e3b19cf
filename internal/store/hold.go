package store

import (
	"context"
	"time"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
)

// HeldVersions tells of versions that the store keeps from being deleted.
type HeldVersions struct {
	Count int
	First string // key of the first of them, in the order of the listing
}

// heldAtOnce is how many versions are asked about at a time.
const heldAtOnce = 16

// HeldObjects counts the versions in a bucket that are under a legal hold, or in retention at that moment. A bucket without object lock
// has none and costs one request; in one with it every version is looked at.
func (s *Store) HeldObjects(ctx context.Context, bucket string, now time.Time) (HeldVersions, error) {
	op := "look for legal holds in bucket " + bucket
	if locks, err := s.locks(ctx, op, bucket); err != nil || !locks {
		return HeldVersions{}, err
	}
	var versions []ObjectInfo
	if err := s.ListVersions(ctx, bucket, "", func(v ObjectInfo) error {
		if !v.DeleteMarker {
			versions = append(versions, v)
		}
		return nil
	}); err != nil {
		return HeldVersions{}, err
	}
	kept := make([]bool, len(versions))
	heads, ctx := errgroup.WithContext(ctx)
	heads.SetLimit(heldAtOnce)
	for i, v := range versions {
		heads.Go(func() error {
			held, err := s.isHeld(ctx, op, bucket, v.Key, v.VersionID, now)
			kept[i] = held
			return err
		})
	}
	if err := heads.Wait(); err != nil {
		return HeldVersions{}, err
	}
	var held HeldVersions
	for i, k := range kept {
		if k && held.Count == 0 {
			held.First = versions[i].Key
		}
		if k {
			held.Count++
		}
	}
	return held, nil
}

// ForceDeletes tells whether whoever may delete in a bucket can destroy everything below a name there in one request, with all versions:
// at MinIO, in a bucket that was made without object lock. No policy denies it.
func (s *Store) ForceDeletes(ctx context.Context, bucket string) (bool, error) {
	if s.cfg.Driver != DriverMinIO {
		return false, nil
	}
	locks, err := s.locks(ctx, "look for object lock of bucket "+bucket, bucket)
	return err == nil && !locks, err
}

// isHeld asks about one version, in a bucket with object lock; a marker is never held, nor is one that is gone. Of a version that is not the
// current one VersityGW tells nothing of this beside its content, so it is asked for by itself too.
func (s *Store) isHeld(ctx context.Context, op, bucket, key, id string, now time.Time) (bool, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	info, err := s.S3.StatObject(ctx, bucket, key, minio.StatObjectOptions{VersionID: id})
	if hasNone(err) {
		return false, nil
	}
	if err != nil {
		return false, translate(op, err)
	}
	if isKept(info, now) {
		return true, nil
	}
	hold, err := s.S3.GetObjectLegalHold(ctx, bucket, key, minio.GetObjectLegalHoldOptions{VersionID: id})
	if err != nil && !hasNone(err) {
		return false, translate(op, err)
	}
	if hold != nil && *hold == minio.LegalHoldEnabled {
		return true, nil
	}
	mode, until, err := s.S3.GetObjectRetention(ctx, bucket, key, id)
	if err != nil && !hasNone(err) {
		return false, translate(op, err)
	}
	return mode != nil && (until == nil || until.After(now)), nil
}

// hasNone: there is no such version, no such setting of it, or it is a marker, which S3 answers no such question about.
func hasNone(err error) bool {
	switch minio.ToErrorResponse(err).Code {
	case "NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "NoSuchObjectLockConfiguration":
		return true
	}
	return false
}

// locks tells whether a bucket has object lock.
func (s *Store) locks(ctx context.Context, op, bucket string) (bool, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	lock, _, _, _, err := s.S3.GetObjectLockConfig(ctx, bucket)
	switch minio.ToErrorResponse(err).Code {
	case "ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration", "NotImplemented", "MethodNotAllowed":
		return false, nil // the latter two are of stores that have no such thing
	}
	return lock == "Enabled", translate(op, err)
}

// isKept reads what the store says of one version. A retention whose end cannot be read counts.
func isKept(info minio.ObjectInfo, now time.Time) bool {
	if info.Metadata.Get("X-Amz-Object-Lock-Legal-Hold") == "ON" {
		return true
	}
	if info.Metadata.Get("X-Amz-Object-Lock-Mode") == "" {
		return false
	}
	until, err := time.Parse(time.RFC3339, info.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	return err != nil || until.After(now)
}
