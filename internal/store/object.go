package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// MaxObject bounds what GetObject reads and PutObject writes, in bytes: these are for Vitrine's own JSON. Files go by presigned URL or stream.
const MaxObject = 16 << 20

// Condition is what must be true for a write to happen. The zero value demands nothing.
type Condition struct {
	absent bool
	etag   string
}

// Always writes whatever is there.
func Always() Condition { return Condition{} }

// IfAbsent writes only when no object of that key exists; of several writers at once, one succeeds. Where the latest version is a delete
// marker, AWS counts the key as absent and VersityGW as present: remove with PurgeObject what may have to be written so again.
func IfAbsent() Condition { return Condition{absent: true} }

// IfMatch writes only when the current object has this ETag (without quotes, as GetObject gives it).
func IfMatch(etag string) Condition { return Condition{etag: etag} }

// ObjectInfo describes an object in a listing.
type ObjectInfo struct {
	Key          string
	ETag         string // without quotes
	VersionID    string // in ListVersions only: an ordinary listing does not tell it
	Size         int64  // bytes
	LastModified time.Time
	IsLatest     bool // in ListVersions: the current version; true in ListObjects
	DeleteMarker bool // in ListVersions: no content, its key was deleted at LastModified
	// Metadata is what users attached to it, names in lower case; from StatObject and CopyVersion only.
	Metadata map[string]string
}

// GetObject reads a small object whole. ErrNotFound when there is none, or its latest version is a delete marker; ErrInvalid beyond MaxObject.
func (s *Store) GetObject(ctx context.Context, bucket, key string) (data []byte, etag string, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	op := "read object " + bucket + "/" + key
	core := minio.Core{Client: s.S3}
	body, info, _, err := core.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, "", translate(op, err)
	}
	defer func() { _ = body.Close() }()
	if info.Size > MaxObject {
		return nil, "", fmt.Errorf("%s: %d bytes, at most %d are read: %w", op, info.Size, MaxObject, ErrInvalid)
	}
	data, err = io.ReadAll(io.LimitReader(body, MaxObject+1))
	if err != nil {
		return nil, "", translate(op, err)
	}
	if len(data) > MaxObject {
		return nil, "", fmt.Errorf("%s: more than %d bytes: %w", op, MaxObject, ErrInvalid)
	}
	return data, info.ETag, nil
}

// StatObject tells what is current under the key, or of one version when versionID is given. ErrNotFound as in GetObject, and when there
// is no such version.
func (s *Store) StatObject(ctx context.Context, bucket, key, versionID string) (ObjectInfo, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	info, err := s.S3.StatObject(ctx, bucket, key, minio.StatObjectOptions{VersionID: versionID})
	if err != nil {
		return ObjectInfo{}, translate("look at object "+bucket+"/"+key, err)
	}
	found := statInfo(key, info)
	found.IsLatest = versionID == ""
	return found, nil
}

// PutObject writes a small object and returns its ETag. ErrPreconditionFailed when the condition does not hold. A write is sent
// once: after ErrUnreachable it may or may not have happened, so read before writing again.
func (s *Store) PutObject(ctx context.Context, bucket, key string, data []byte, contentType string, cond Condition) (etag string, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	op := "write object " + bucket + "/" + key
	if len(data) > MaxObject {
		return "", fmt.Errorf("%s: %d bytes, at most %d are written: %w", op, len(data), MaxObject, ErrInvalid)
	}
	// The payload's hash is part of the signature, in one piece: no chunks, no trailer.
	opts := minio.PutObjectOptions{ContentType: contentType, DisableContentSha256: true}
	sum := sha256.Sum256(data)
	switch {
	case cond.absent:
		opts.SetMatchETagExcept("*")
	case cond.etag != "":
		opts.SetMatchETag(cond.etag)
	}
	core := minio.Core{Client: s.S3}
	info, err := core.PutObject(ctx, bucket, key, bytes.NewReader(data), int64(len(data)), "", hex.EncodeToString(sum[:]), opts)
	if err != nil {
		// With If-Match, an object that is gone is told as NoSuchKey: to the caller the state is not the demanded one.
		if cond.etag != "" && minio.ToErrorResponse(err).Code == "NoSuchKey" {
			return "", fmt.Errorf("%s: it no longer exists: %w", op, ErrPreconditionFailed)
		}
		return "", translate(op, err)
	}
	return info.ETag, nil
}

// RemoveObject deletes the current object (a delete marker where versions are kept), or one version for good when versionID is given.
// Nil when there was none.
func (s *Store) RemoveObject(ctx context.Context, bucket, key, versionID string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	err := s.S3.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{VersionID: versionID})
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.Code == "NoSuchKey", answer.Code == "NoSuchVersion":
		return nil
	case versionID != "" && answer.Code == "InvalidArgument" && strings.Contains(answer.Message, "version id"):
		// What VersityGW says of a version once the last of its key is gone.
		return nil
	}
	return translate("delete object "+bucket+"/"+key, err)
}

// PurgeObject removes every version and delete marker of one key for good. Nil when there is none.
func (s *Store) PurgeObject(ctx context.Context, bucket, key string) error {
	versions, err := s.VersionsOf(ctx, bucket, key)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if err := s.RemoveObject(ctx, bucket, key, v.VersionID); err != nil {
			return err
		}
	}
	return nil
}

func objectInfo(o minio.ObjectInfo) ObjectInfo {
	return ObjectInfo{
		Key: o.Key, ETag: o.ETag, VersionID: o.VersionID, Size: o.Size, LastModified: o.LastModified.UTC(),
		IsLatest: o.IsLatest, DeleteMarker: o.IsDeleteMarker,
	}
}
