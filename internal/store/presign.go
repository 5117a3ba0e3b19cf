package store

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
)

// MaxPresign is the longest a presigned URL may live, by AWS Signature Version 4.
const MaxPresign = 7 * 24 * time.Hour

// PresignGet signs a URL that reads one object, or one version of it when versionID is given, until ttl is over. No I/O. Whoever
// holds the URL has the right: it goes into a manifest and never into a log or an error.
func (s *Store) PresignGet(ctx context.Context, bucket, key, versionID string, ttl time.Duration) (*url.URL, error) {
	query := url.Values{}
	if versionID != "" {
		query.Set("versionId", versionID)
	}
	return s.presign(ctx, http.MethodGet, bucket, key, ttl, query, nil)
}

// PresignPut signs a URL that writes one object until ttl is over. The headers returned are part of the signature and must be sent
// as they are. No I/O.
func (s *Store) PresignPut(ctx context.Context, bucket, key, contentType string, ttl time.Duration) (*url.URL, http.Header, error) {
	header := http.Header{"Content-Type": {contentType}}
	signed, err := s.presign(ctx, http.MethodPut, bucket, key, ttl, nil, header.Clone())
	if err != nil {
		return nil, nil, err
	}
	return signed, header, nil
}

func (s *Store) presign(ctx context.Context, method, bucket, key string, ttl time.Duration, query url.Values, header http.Header) (*url.URL, error) {
	op := "presign " + method + " of " + bucket + "/" + key
	if ttl < time.Second || ttl > MaxPresign {
		return nil, fmt.Errorf("%s: a life of %s, allowed are 1s to %s: %w", op, ttl, MaxPresign, ErrInvalid)
	}
	if key == "" {
		return nil, fmt.Errorf("%s: the key is empty: %w", op, ErrInvalid)
	}
	signed, err := s.S3.PresignHeader(ctx, method, bucket, key, ttl, query, header)
	if err != nil {
		// The library's words could hold what it was signing.
		return nil, fmt.Errorf("%s: %s: %w", op, minio.ToErrorResponse(err).Code, ErrInvalid)
	}
	return signed, nil
}
