package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/review/adopt"
	"github.com/vitrine-dam/vitrine/internal/review/compare"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Reach is how to come to a store, as the one who asks.
type Reach struct {
	Endpoint string
	// IAMEndpoint is that of the IAM API; when it is empty, Endpoint is asked for that API, and for MinIO's.
	IAMEndpoint string
	Region      string
	// CABundle is PEM of authorities to trust beside the system's.
	CABundle []byte
	// Account in the names of principals; twelve zeros when empty.
	Account         string
	AccessKeyID     string
	SecretAccessKey string
}

// ErrKeys says that the caller's own keys are missing.
var ErrKeys = errors.New("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to keys of your own")

// Check tells whether there are keys to ask with; the error is ErrKeys when there are none.
func (r Reach) Check() error {
	if r.AccessKeyID == "" || r.SecretAccessKey == "" {
		return ErrKeys
	}
	return nil
}

func (r Reach) open(driver store.Driver) (*store.Store, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if r.IAMEndpoint == "" {
		r.IAMEndpoint = r.Endpoint
	}
	return store.Open(store.Config{
		Driver: driver, Endpoint: r.Endpoint, IAMEndpoint: r.IAMEndpoint, Region: r.Region, Account: r.Account, CABundle: r.CABundle,
		Credentials: store.Credentials{AccessKeyID: r.AccessKeyID, SecretAccessKey: store.Secret(r.SecretAccessKey)},
	})
}

// List gives the current objects of places that are at one store. A bucket that does not exist has none. listed is called for each
// object, as soon as it is found.
func List(ctx context.Context, r Reach, places []compare.Place, listed func()) ([]compare.Object, error) {
	s, err := r.open(store.DriverIAM)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	objects := []compare.Object{}
	for _, p := range places {
		err := s.ListObjects(ctx, p.Bucket, p.Prefix, func(o store.ObjectInfo) error {
			listed()
			objects = append(objects, compare.Object{Store: p.Store, Bucket: p.Bucket, Key: o.Key, Size: o.Size})
			return nil
		})
		switch {
		case errors.Is(err, store.ErrDenied):
			return nil, fmt.Errorf("listing the bucket %s with your keys, which need s3:ListBucket on it: %w", p.Bucket, err)
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return nil, fmt.Errorf("listing the bucket %s with your keys: %w", p.Bucket, err)
		}
	}
	return objects, nil
}

// Survey finds what a bucket holds, and who may do what in it. What the keys may not read is told.
func Survey(ctx context.Context, r Reach, bucket string) (adopt.Found, error) {
	s, err := r.open(store.DriverIAM)
	if err != nil {
		return adopt.Found{}, err
	}
	defer s.Close()
	found := adopt.Found{Bucket: bucket}
	err = s.ListObjects(ctx, bucket, "", func(o store.ObjectInfo) error {
		found.Objects, found.Bytes = found.Objects+1, found.Bytes+o.Size
		if top, _, folder := strings.Cut(o.Key, "/"); folder && !slices.Contains(found.Tops, top) {
			found.Tops = append(found.Tops, top)
		}
		return nil
	})
	if err != nil {
		return adopt.Found{}, fmt.Errorf("listing the bucket %s with your keys: %w", bucket, err)
	}
	slices.Sort(found.Tops)
	found.Policy, err = s.BucketPolicy(ctx, bucket)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		found.Unread = append(found.Unread, fmt.Sprintf("the bucket policy cannot be read with your keys: %v", err))
	}
	people(ctx, r, s, &found)
	return found, nil
}

// people finds the store's users and groups, by the IAM API or, where no endpoint of one is given and S3's is none, by MinIO's.
func people(ctx context.Context, r Reach, s *store.Store, found *adopt.Found) {
	bearers, unread, err := s.Bearers(ctx, nil)
	if err != nil && r.IAMEndpoint == "" {
		byIAM := err
		s, err = r.open(store.DriverMinIO)
		if err == nil {
			defer s.Close()
			bearers, unread, err = s.Bearers(ctx, nil)
		}
		if err != nil {
			err = fmt.Errorf("neither by the IAM API: %w; nor by MinIO's: %w", byIAM, err)
		}
	}
	if err != nil {
		found.Unread = append(found.Unread, fmt.Sprintf("NO USER AND NO GROUP of the store can be listed with your keys, so none of their rights is below: %v", err))
		return
	}
	found.Unread = append(found.Unread, unread...)
	for _, b := range bearers {
		kind := "user"
		if b.Kind == store.HolderGroup {
			kind = "group"
			found.Groups = append(found.Groups, adopt.Group{Name: b.Name, Members: b.Members, Policies: b.Policies})
		} else {
			principal := s.Identities.Principal(store.Identity{Name: b.Name, Path: b.Path})
			found.Users = append(found.Users, adopt.User{Name: b.Name, Principal: principal, Policies: b.Policies})
		}
		for _, what := range b.Unread {
			found.Unread = append(found.Unread, fmt.Sprintf("of the %s %s not all rights are known: %s", kind, b.Name, what))
		}
	}
}
