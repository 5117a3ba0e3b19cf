package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"

	corev1 "k8s.io/api/core/v1"
)

// person is somebody who signs in at the store with a key of their own.
type person struct {
	name string
	s3   *minio.Client
}

// person is a User with the key that Vitrine issued.
func (d *demo) person(ctx context.Context, namespace, user string) (*person, error) {
	return d.keyHolder(ctx, user, namespace, user+"."+storeName+".key")
}

// gatewayKey is the key that the gateway was given.
func (d *demo) gatewayKey(ctx context.Context) (*person, error) {
	return d.keyHolder(ctx, "the gateway", gatewayNamespace, "store-"+storeName)
}

func (d *demo) keyHolder(ctx context.Context, name, namespace, secretName string) (*person, error) {
	var secret corev1.Secret
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: namespace, Name: secretName}, &secret); err != nil {
		return nil, fmt.Errorf("reading the key of %s: %w", name, err)
	}
	s3, err := newS3(d.store.S3Endpoint, d.store.Region, string(secret.Data["AWS_ACCESS_KEY_ID"]), string(secret.Data["AWS_SECRET_ACCESS_KEY"]))
	return &person{name, s3}, err
}

// attempt is one request to the store.
type attempt struct {
	who, what string
	do        func(context.Context) error
}

func (p *person) gets(bucket, key string) attempt {
	return attempt{p.name, "getting " + bucket + "/" + key, func(ctx context.Context) error {
		_, err := p.read(ctx, bucket, key)
		return err
	}}
}

func (p *person) lists(bucket, prefix string) attempt {
	return attempt{p.name, "listing " + bucket + "/" + prefix, func(ctx context.Context) error {
		_, err := p.keys(ctx, bucket, prefix)
		return err
	}}
}

func (p *person) listsVersions(bucket, prefix string) attempt {
	return attempt{p.name, "listing versions in " + bucket + "/" + prefix, func(ctx context.Context) error {
		_, err := p.versions(ctx, bucket, prefix)
		return err
	}}
}

func (p *person) puts(bucket, key string) attempt {
	return attempt{p.name, "putting " + bucket + "/" + key, func(ctx context.Context) error {
		return p.write(ctx, bucket, key, []byte("written by "+p.name))
	}}
}

func (p *person) removes(bucket, key string) attempt {
	return attempt{p.name, "deleting " + bucket + "/" + key, func(ctx context.Context) error {
		return p.s3.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{})
	}}
}

func (p *person) removesVersion(bucket, key, version string) attempt {
	return attempt{p.name, "deleting a version of " + bucket + "/" + key, func(ctx context.Context) error {
		return p.s3.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{VersionID: version})
	}}
}

// beginsUpload begins an upload of an original in parts, and gives it up again if it could.
func (p *person) beginsUpload(key string) attempt {
	return attempt{p.name, "beginning to upload " + originals + "/" + key, func(ctx context.Context) error {
		core := minio.Core{Client: p.s3}
		id, err := core.NewMultipartUpload(ctx, originals, key, minio.PutObjectOptions{})
		if err != nil {
			return err
		}
		return core.AbortMultipartUpload(ctx, originals, key, id)
	}}
}

func (p *person) read(ctx context.Context, bucket, key string) ([]byte, error) {
	return p.readVersion(ctx, bucket, key, "")
}

func (p *person) readVersion(ctx context.Context, bucket, key, version string) ([]byte, error) {
	o, err := p.s3.GetObject(ctx, bucket, key, minio.GetObjectOptions{VersionID: version})
	if err != nil {
		return nil, err
	}
	defer func() { _ = o.Close() }()
	return io.ReadAll(o)
}

func (p *person) write(ctx context.Context, bucket, key string, data []byte) error {
	_, err := p.s3.PutObject(ctx, bucket, key, bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{ContentType: "text/plain"})
	return err
}

// keys below a prefix.
func (p *person) keys(ctx context.Context, bucket, prefix string) ([]string, error) {
	var keys []string
	for o := range p.s3.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, o.Err
		}
		keys = append(keys, o.Key)
	}
	return keys, nil
}

// versions below a prefix, delete markers included.
func (p *person) versions(ctx context.Context, bucket, prefix string) ([]minio.ObjectInfo, error) {
	var all []minio.ObjectInfo
	for o := range p.s3.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, WithVersions: true}) {
		if o.Err != nil {
			return nil, o.Err
		}
		all = append(all, o)
	}
	return all, nil
}

// sees wants exactly these keys below a prefix.
func (p *person) sees(ctx context.Context, bucket, prefix string, want []string) error {
	keys, err := p.keys(ctx, bucket, prefix)
	if err != nil {
		return fmt.Errorf("%s, listing %s/%s: %w", p.name, bucket, prefix, err)
	}
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(slices.Sorted(slices.Values(keys)), want) {
		return fmt.Errorf("%s sees %v below %s/%s, wanted %v", p.name, keys, bucket, prefix, want)
	}
	return nil
}

// allowed wants every attempt to succeed.
func allowed(ctx context.Context, attempts ...attempt) error {
	var errs []error
	for _, a := range attempts {
		if err := a.do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s, %s: %w", a.who, a.what, err))
		}
	}
	return errors.Join(errs...)
}

// atOnce is how many requests are under way when very many are tried.
const atOnce = 8

// together is allowed or denied for many attempts, none of which hangs on another.
func together(ctx context.Context, attempts []attempt, want func(context.Context, ...attempt) error) error {
	errs := make([]error, len(attempts))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, a := range attempts {
		group.Go(func() error {
			errs[i] = want(ctx, a)
			return nil
		})
	}
	_ = group.Wait() // all are tried, whatever the others gave
	return errors.Join(errs...)
}

// denied wants every attempt to end with AccessDenied and with nothing else.
func denied(ctx context.Context, attempts ...attempt) error {
	return refusedWith(ctx, "AccessDenied", attempts...)
}

func refusedWith(ctx context.Context, code string, attempts ...attempt) error {
	var errs []error
	for _, a := range attempts {
		err := a.do(ctx)
		switch {
		case err == nil:
			errs = append(errs, fmt.Errorf("%s, %s: it succeeded, wanted %s", a.who, a.what, code))
		case minio.ToErrorResponse(err).Code != code:
			errs = append(errs, fmt.Errorf("%s, %s: wanted %s: %w", a.who, a.what, code, err))
		}
	}
	return errors.Join(errs...)
}

// administrator has the platform team's own key, to which the store refuses nothing.
func (d *demo) administrator() *person { return &person{"the administrator", d.files.S3} }

// uploaded names the keys of the samples that are in a bucket below a prefix.
func (d *demo) uploaded(bucket, prefix string) []string {
	var keys []string
	for _, p := range d.places {
		if p.bucket == bucket && len(p.key) >= len(prefix) && p.key[:len(prefix)] == prefix {
			keys = append(keys, p.key)
		}
	}
	return keys
}
