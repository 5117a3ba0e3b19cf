package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/pictures"
)

// contribution says which pictures a person of the samples puts into which folder.
type contribution struct {
	namespace, user string
	folder          string // the Folder, whose status says where its files are
	begin           string // of the pictures' names
}

// contributions are those that config/samples tells of.
var contributions = []contribution{
	{tenant, "pia", "launch-raw", "raw-"},
	{tenant, "carl", "launch-final", "hero-"},
	{tenant, "mona", "press", "product-"},
	{tenant, "mona", "press", "team-"},
	{tenant, "mona", "press", "logo"},
	{tenant, "mona", "embargo", "embargo-"},
	{tenant, "lara", "brand", "pattern-"},
	{tenant, "lara", "brand-2", "pattern-a"},
	{otherTenant, "nora", "launch", "hero-d"},
}

// place is where an uploaded picture is.
type place struct {
	contribution
	bucket, key string
	picture     pictures.Sample
	data        []byte
	keyID       string // of the access key that it was uploaded with
}

// upload puts every picture where the samples' people may, with the keys that Vitrine
// issued to them.
func (d *demo) upload(ctx context.Context) error {
	data, err := d.pictures.wait()
	if err != nil {
		return err
	}
	for _, c := range contributions {
		var folder v1alpha1.Folder
		if err := d.admin.Get(ctx, types.NamespacedName{Namespace: c.namespace, Name: c.folder}, &folder); err != nil {
			return fmt.Errorf("reading Folder %s: %w", c.folder, err)
		}
		for i, s := range d.pictures.samples {
			if strings.HasPrefix(s.Name, c.begin) {
				d.places = append(d.places, place{c, folder.Status.Bucket, folder.Status.Prefix + s.Name, s, data[i], ""})
			}
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range d.places {
		p := &d.places[i]
		group.Go(func() error {
			s3, keyID, err := d.s3As(groupCtx, p.namespace, p.user)
			if err != nil {
				return err
			}
			p.keyID = keyID
			return d.put(groupCtx, s3, *p)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	d.step("%d pictures are uploaded by the people of the samples", len(d.places))
	return nil
}

// grantLimit is how long a freshly issued key may be refused.
const grantLimit = 10 * time.Second

// put uploads one picture. Right after a key was issued its rights may be on their way.
func (d *demo) put(ctx context.Context, s3 *minio.Client, p place) error {
	return poll(ctx, grantLimit, func() error {
		_, err := s3.PutObject(ctx, p.bucket, p.key, bytes.NewReader(p.data), int64(len(p.data)), minio.PutObjectOptions{ContentType: p.picture.ContentType})
		if err != nil {
			return fmt.Errorf("%s uploading %s: %w", p.user, path.Join(p.bucket, p.key), err)
		}
		return nil
	})
}

// s3As is a client with the key that Vitrine issued to a User, and the key's id.
func (d *demo) s3As(ctx context.Context, namespace, user string) (s3 *minio.Client, keyID string, err error) {
	var secret corev1.Secret
	name := user + "." + storeName + ".key"
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &secret); err != nil {
		return nil, "", fmt.Errorf("reading the key of %s: %w", user, err)
	}
	keyID = string(secret.Data["AWS_ACCESS_KEY_ID"])
	s3, err = newS3(string(secret.Data["AWS_ENDPOINT_URL"]), string(secret.Data["AWS_REGION"]), keyID, string(secret.Data["AWS_SECRET_ACCESS_KEY"]))
	return s3, keyID, err
}

func newS3(endpoint, region, access, secret string) (*minio.Client, error) {
	return newS3With(endpoint, region, credentials.NewStaticV4(access, secret, ""))
}

func newS3With(endpoint, region string, creds *credentials.Credentials) (*minio.Client, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("reading the store's address: %w", err)
	}
	s3, err := minio.New(u.Host, &minio.Options{
		Creds: creds, Secure: u.Scheme == "https", Region: region,
		MaxRetries: 1, // a refusal is an answer here
	})
	if err != nil {
		return nil, fmt.Errorf("making a client of the store: %w", err)
	}
	return s3, nil
}

// good tells whether an image library can read it.
func (p place) good() bool { return p.picture.Kind == pictures.Good }
