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
	// IAMEndpoint is that of the identity API; Endpoint when empty.
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

func (r Reach) open() (*store.Store, error) {
	if r.AccessKeyID == "" || r.SecretAccessKey == "" {
		return nil, ErrKeys
	}
	if r.IAMEndpoint == "" {
		r.IAMEndpoint = r.Endpoint
	}
	return store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: r.Endpoint, IAMEndpoint: r.IAMEndpoint, Region: r.Region, Account: r.Account, CABundle: r.CABundle,
		Credentials: store.Credentials{AccessKeyID: r.AccessKeyID, SecretAccessKey: store.Secret(r.SecretAccessKey)},
	})
}

// List lists the current objects of buckets. A bucket that does not exist has none.
func List(ctx context.Context, r Reach, buckets []string) ([]compare.Object, error) {
	s, err := r.open()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	objects := []compare.Object{}
	for _, bucket := range buckets {
		err := s.ListObjects(ctx, bucket, "", func(o store.ObjectInfo) error {
			objects = append(objects, compare.Object{Bucket: bucket, Key: o.Key, Size: o.Size})
			return nil
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("listing the bucket %s with your keys: %w", bucket, err)
		}
	}
	return objects, nil
}

// policyReader is what drivers can do that know policies of users.
type policyReader interface {
	InlinePolicies(ctx context.Context, name string) (map[string][]byte, error)
}

// Survey finds what a bucket holds, and who may do what in it. What the keys may not read is told.
func Survey(ctx context.Context, r Reach, bucket string) (adopt.Found, error) {
	s, err := r.open()
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
	users, err := s.Identities.List(ctx, "/")
	if err != nil {
		found.Unread = append(found.Unread, fmt.Sprintf("the store's users cannot be listed with your keys: %v", err))
		return found, nil
	}
	for _, id := range users {
		u := adopt.User{Name: id.Name, Principal: s.Identities.Principal(id)}
		if reader, can := s.Identities.(policyReader); can {
			if u.Policies, err = reader.InlinePolicies(ctx, id.Name); err != nil {
				found.Unread = append(found.Unread, fmt.Sprintf("the policies of user %s cannot be read with your keys: %v", id.Name, err))
			}
		}
		found.Users = append(found.Users, u)
	}
	return found, nil
}
