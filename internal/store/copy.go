package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

const (
	// copyPart is the most that one request copies, in bytes. S3 allows 5 GiB, but a store answers when it is done: at 10 MiB/s this
	// is within the minute that an answer may take.
	copyPart = 512 << 20
	// maxParts is how many parts S3 lets an object have: 10,000 of 512 MiB are just short of the 5 TiB that it may be large.
	maxParts = 10000
)

// VersionAt names one version of an object.
type VersionAt struct{ Bucket, Key, ID string }

// VersionCopy says which version is to be copied, and where to.
type VersionCopy struct {
	From            VersionAt
	ToBucket, ToKey string
	// Note gives user metadata that the copy gets beside the version's own, and instead of what is so called; may be nil.
	Note func(of ObjectInfo) map[string]string
	// Since is when this copy was first begun: unfinished uploads of the target that are younger are what an earlier attempt left,
	// and are given up before a copy in parts. Zero for none.
	Since time.Time
	// PartBytes is the most that one request copies; 0 for the default. More than that goes in parts.
	PartBytes int64
	// Progress is told how many bytes have been copied so far, after each request; may be nil.
	Progress func(copied int64)
}

// CopyVersion copies one version of an object within the store, without its bytes coming here, and tells of the new version. Content
// type and encoding, user metadata and tags go along; holds, retention and grants do not. The new version is returned only after it was proven
// to have the same content. A write is sent once: after an error there may be a new version, or one may still come.
func (s *Store) CopyVersion(ctx context.Context, c VersionCopy) (ObjectInfo, error) {
	op := "copy " + c.From.Bucket + "/" + c.From.Key + " to " + c.ToBucket + "/" + c.ToKey
	source, err := s.stat(ctx, op, c.From)
	if err != nil {
		return ObjectInfo{}, err
	}
	notes := map[string]string{}
	for name, value := range source.UserMetadata {
		notes[strings.ToLower(name)] = value
	}
	if c.Note != nil {
		for name, value := range c.Note(statInfo(c.From.Key, source)) {
			notes[strings.ToLower(name)] = value
		}
	}
	part := c.PartBytes
	if part <= 0 {
		part = copyPart
	}
	var id string
	if source.Size <= part {
		id, err = s.copyWhole(ctx, op, c, source, notes)
	} else {
		id, err = s.copyParts(ctx, op, c, source, notes, max(part, (source.Size+maxParts-1)/maxParts))
	}
	if err != nil {
		return ObjectInfo{}, err
	}
	if id == "" {
		return ObjectInfo{}, fmt.Errorf("%s: the store told no version of the copy, turn on versioning of the bucket: %w", op, ErrInvalid)
	}
	to := VersionAt{c.ToBucket, c.ToKey, id}
	made, err := s.stat(ctx, op, to)
	if err != nil {
		return ObjectInfo{}, err
	}
	switch same, err := s.same(ctx, op, c.From, to, source, made); {
	case err != nil:
		return ObjectInfo{}, err
	case !same:
		return ObjectInfo{}, fmt.Errorf("%s: version %s of the copy has another content than what it was made of: %w", op, id, ErrUnreachable)
	}
	found := statInfo(c.ToKey, made)
	found.VersionID = id
	return found, nil
}

// SameContent tells whether two versions have the same content. ErrNotFound when one of them is not there.
func (s *Store) SameContent(ctx context.Context, a, b VersionAt) (bool, error) {
	op := "compare " + a.Bucket + "/" + a.Key + " with " + b.Bucket + "/" + b.Key
	first, err := s.stat(ctx, op, a)
	if err != nil {
		return false, err
	}
	second, err := s.stat(ctx, op, b)
	if err != nil {
		return false, err
	}
	return s.same(ctx, op, a, b, first, second)
}

func (s *Store) stat(ctx context.Context, op string, at VersionAt) (minio.ObjectInfo, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	info, err := s.S3.StatObject(ctx, at.Bucket, at.Key, minio.StatObjectOptions{VersionID: at.ID, Checksum: true})
	return info, translate(op, err)
}

func (s *Store) copyWhole(ctx context.Context, op string, c VersionCopy, source minio.ObjectInfo, notes map[string]string) (id string, err error) {
	dest := minio.CopyDestOptions{
		Bucket: c.ToBucket, Object: c.ToKey, UserMetadata: map[string]string{}, ReplaceMetadata: true,
		ContentType: source.ContentType, ContentEncoding: source.Metadata.Get("Content-Encoding"),
		ContentDisposition: source.Metadata.Get("Content-Disposition"), ContentLanguage: source.Metadata.Get("Content-Language"),
		CacheControl: source.Metadata.Get("Cache-Control"), Expires: source.Expires,
	}
	for name, value := range notes {
		// The library takes one prefix away, and sends as a header of its own what is then called like one: an ACL, for example.
		dest.UserMetadata[userMetadata+userMetadata+name] = value
	}
	made, err := s.S3.CopyObject(ctx, dest, minio.CopySrcOptions{Bucket: c.From.Bucket, Object: c.From.Key, VersionID: c.From.ID})
	if err != nil {
		return "", translate(op, err)
	}
	c.tell(source.Size)
	return made.VersionID, nil
}

// userMetadata is what names of user metadata begin with in headers.
const userMetadata = "x-amz-meta-"

// copyParts copies in parts of at most so many bytes. What was begun is given up when it fails, unless the process ends there.
func (s *Store) copyParts(ctx context.Context, op string, c VersionCopy, source minio.ObjectInfo, notes map[string]string, part int64) (id string, err error) {
	if err := s.giveUpUploads(ctx, op, c.ToBucket, c.ToKey, c.Since); err != nil {
		return "", err
	}
	opts, err := s.partsOptions(ctx, op, c, source, notes)
	if err != nil {
		return "", err
	}
	core := minio.Core{Client: s.S3}
	upload, err := core.NewMultipartUpload(ctx, c.ToBucket, c.ToKey, opts)
	if err != nil {
		return "", translate(op, err)
	}
	defer func() {
		if err == nil || errors.Is(err, ErrUnreachable) { // it may have come about, or come about yet
			return
		}
		ctx, cancel := bounded(context.WithoutCancel(ctx))
		defer cancel()
		_ = core.AbortMultipartUpload(ctx, c.ToBucket, c.ToKey, upload) // the next attempt does it when this one cannot
	}()
	header := http.Header{}
	minio.CopySrcOptions{Bucket: c.From.Bucket, Object: c.From.Key, VersionID: c.From.ID}.Marshal(header)
	from := map[string]string{"x-amz-copy-source": header.Get("x-amz-copy-source")} // with the version, which the library has no field for
	var parts []minio.CompletePart
	for start := int64(0); start < source.Size; start += part {
		n := min(part, source.Size-start)
		made, err := core.CopyObjectPart(ctx, c.From.Bucket, c.From.Key, c.ToBucket, c.ToKey, upload, len(parts)+1, start, n, from)
		if err != nil {
			return "", translate(op, err)
		}
		parts = append(parts, minio.CompletePart{PartNumber: made.PartNumber, ETag: made.ETag})
		c.tell(start + n)
	}
	made, err := core.CompleteMultipartUpload(ctx, c.ToBucket, c.ToKey, upload, parts, minio.PutObjectOptions{})
	if err != nil {
		return "", translate(op, err)
	}
	return made.VersionID, nil
}

func (c VersionCopy) tell(copied int64) {
	if c.Progress != nil {
		c.Progress(copied)
	}
}

// partsOptions are what a copy in parts begins with: unlike one request, it takes nothing over by itself.
func (s *Store) partsOptions(ctx context.Context, op string, c VersionCopy, source minio.ObjectInfo, notes map[string]string) (minio.PutObjectOptions, error) {
	opts := minio.PutObjectOptions{
		ContentType: source.ContentType, ContentEncoding: source.Metadata.Get("Content-Encoding"),
		ContentDisposition: source.Metadata.Get("Content-Disposition"), ContentLanguage: source.Metadata.Get("Content-Language"),
		CacheControl: source.Metadata.Get("Cache-Control"), Expires: source.Expires, UserMetadata: map[string]string{},
	}
	for name, value := range notes {
		opts.UserMetadata[userMetadata+name] = value
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	found, err := s.S3.GetObjectTagging(ctx, c.From.Bucket, c.From.Key, minio.GetObjectTaggingOptions{VersionID: c.From.ID})
	switch code := minio.ToErrorResponse(err).Code; {
	case code == "NoSuchTagSet", code == "NotImplemented":
	case err != nil:
		return opts, translate(op, err)
	default:
		opts.UserTags = found.ToMap()
	}
	return opts, nil
}

// giveUpUploads ends the unfinished uploads of one key that were begun since.
func (s *Store) giveUpUploads(ctx context.Context, op, bucket, key string, since time.Time) error {
	if since.IsZero() {
		return nil
	}
	core := minio.Core{Client: s.S3}
	for upload := range s.S3.ListIncompleteUploads(ctx, bucket, key, true) {
		if upload.Err != nil {
			return translate(op, upload.Err)
		}
		if upload.Key != key || upload.Initiated.Before(since.Truncate(time.Second)) { // some stores tell whole seconds
			continue
		}
		if err := translate(op, core.AbortMultipartUpload(ctx, bucket, key, upload.UploadID)); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// same goes by what the store tells of both versions where that is of the content as a whole, else it reads both.
func (s *Store) same(ctx context.Context, op string, a, b VersionAt, ofA, ofB minio.ObjectInfo) (bool, error) {
	if same, known := sameContent(ofA, ofB); known {
		return same, nil
	}
	first, err := s.digest(ctx, op, a)
	if err != nil {
		return false, err
	}
	second, err := s.digest(ctx, op, b)
	return first == second, err
}

// sameContent judges by size, ETag and checksums; known is false when they say too little. An ETag is a digest of the content only where that
// was written in one piece and is not encrypted, so a different one says nothing; VersityGW tells a fixed one of files that others put there.
func sameContent(a, b minio.ObjectInfo) (same, known bool) {
	if a.Size != b.Size {
		return false, true
	}
	if a.ETag == b.ETag && md5Hex.MatchString(a.ETag) {
		return true, true
	}
	if a.ChecksumMode == "COMPOSITE" || b.ChecksumMode == "COMPOSITE" {
		return false, false
	}
	for _, sums := range [][2]string{
		{a.ChecksumSHA256, b.ChecksumSHA256},
		{a.ChecksumCRC64NVME, b.ChecksumCRC64NVME},
	} {
		if sums[0] == "" || sums[1] == "" || strings.Contains(sums[0]+sums[1], "-") {
			continue
		}
		return sums[0] == sums[1], true
	}
	return false, false
}

// md5Hex is an ETag that is the MD5 of the content.
var md5Hex = regexp.MustCompile(`^[0-9a-f]{32}$`)

// digest reads a version from end to end.
func (s *Store) digest(ctx context.Context, op string, at VersionAt) (sum [sha256.Size]byte, err error) {
	core := minio.Core{Client: s.S3}
	body, _, _, err := core.GetObject(ctx, at.Bucket, at.Key, minio.GetObjectOptions{VersionID: at.ID})
	if err != nil {
		return sum, translate(op, err)
	}
	defer func() { _ = body.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, body); err != nil {
		return sum, translate(op, err)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

func statInfo(key string, info minio.ObjectInfo) ObjectInfo {
	found := objectInfo(info)
	found.Key = key
	found.Metadata = make(map[string]string, len(info.UserMetadata))
	for name, value := range info.UserMetadata {
		found.Metadata[strings.ToLower(name)] = value
	}
	return found
}
