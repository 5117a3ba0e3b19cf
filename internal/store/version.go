package store

import (
	"context"
	"errors"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	minioadmin "github.com/vitrine-dam/vitrine/internal/store/minio"
)

// versionLimit bounds what a store says of itself.
const versionLimit = 128

// Version is what the store says that it is, by one small request to S3 and, at MinIO, one to the admin API: the name of the server, with
// its version where it tells that. Many tell no version. It is compared with what it was, and shown; nothing else is read from it.
func (s *Store) Version(ctx context.Context) (string, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	// Whether there is such a bucket does not matter: the answer has the header.
	if _, err := s.S3.BucketExists(ctx, s.newProbe().bucket); err != nil {
		if err = translate("ask the store for its version", err); !errors.Is(err, ErrDenied) && !errors.Is(err, ErrInvalid) {
			return "", err
		}
	}
	said := s.transport.Server()
	if admin, is := s.driver.(*minioadmin.Driver); is {
		version, err := admin.Version(ctx)
		if err != nil {
			return "", err
		}
		said = strings.TrimSpace(said + " " + version)
	}
	if said = conn.Printable(said); len(said) > versionLimit {
		said = strings.ToValidUTF8(said[:versionLimit], "")
	}
	return said, nil
}
