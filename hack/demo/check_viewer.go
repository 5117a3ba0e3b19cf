package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/minio/minio-go/v7"
)

// Where the samples keep things.
const (
	library        = "brand"
	originals      = "acme-brand"
	vitrineBucket  = "acme-brand-dam"
	otherOriginals = "northlight-campaign"
	otherVitrine   = "northlight-campaign-dam"
)

// Files that no sample has; who makes one removes it.
const (
	belowBrand = "brand/check/below.txt"
	inFinal    = "launch/final/check.txt"
)

// vera, of sales, is a viewer on brand and on launch/final.
func viewerChecks() []check {
	return []check{
		{"a viewer lists and downloads what is in a granted folder", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			for _, prefix := range []string{"brand/", "launch/final/"} {
				want := d.uploaded(originals, prefix)
				if err := vera.sees(ctx, originals, prefix, want); err != nil {
					return err
				}
				for _, key := range want {
					if err := d.sameBytes(ctx, vera, originals, key); err != nil {
						return err
					}
				}
			}
			return nil
		}},
		{"and below it, as soon as something is put there", func(ctx context.Context, d *demo) error {
			vera, lara, err := d.two(ctx, "vera", "lara")
			if err != nil {
				return err
			}
			return errors.Join(
				allowed(ctx, lara.puts(originals, belowBrand), vera.gets(originals, belowBrand), vera.lists(originals, "brand/check/")),
				allowed(ctx, lara.removes(originals, belowBrand)),
			)
		}},
		{"views renditions by their exact names, and cannot list them", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			for _, original := range d.uploaded(originals, "brand/") {
				renditions, err := d.administrator().keys(ctx, vitrineBucket, "renditions/"+original+"/")
				if err != nil {
					return err
				}
				if len(renditions) == 0 {
					return fmt.Errorf("there is no rendition of %s to view", original)
				}
				for _, key := range renditions {
					if err := allowed(ctx, vera.gets(vitrineBucket, key)); err != nil {
						return err
					}
				}
			}
			return denied(ctx, vera.lists(vitrineBucket, "renditions/brand/"), vera.lists(vitrineBucket, "renditions/"), vera.lists(vitrineBucket, ""),
				vera.gets(vitrineBucket, "renditions/press/logo.png/any"))
		}},
		{"is denied above: the whole bucket, and launch, of which only a part is granted", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			return denied(ctx, vera.lists(originals, ""), vera.lists(originals, "launch/"), vera.lists(originals, "launch/raw/"), vera.listsVersions(originals, ""),
				vera.gets(originals, "launch/raw/raw-0001.jpg"))
		}},
		{"is denied beside: brand gives nothing in brand-2, nor by half a name", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			attempts := []attempt{vera.lists(originals, "brand-2/"), vera.lists(originals, "brand"), vera.lists(originals, "bra"), vera.lists(originals, "press/"),
				vera.gets(originals, "press/logo.png")}
			beside := d.uploaded(originals, "brand-2/")
			if len(beside) == 0 {
				return errors.New("nothing was uploaded to brand-2")
			}
			for _, key := range beside {
				attempts = append(attempts, vera.gets(originals, key))
			}
			return denied(ctx, attempts...)
		}},
		{"is denied every write, in the granted folder too", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			mine := d.uploaded(originals, "brand/")[0]
			version, err := d.currentVersion(ctx, originals, mine)
			if err != nil {
				return err
			}
			copies := attempt{"vera", "copying over " + mine, func(ctx context.Context) error {
				_, err := vera.s3.CopyObject(ctx, minio.CopyDestOptions{Bucket: originals, Object: "brand/copy"}, minio.CopySrcOptions{Bucket: originals, Object: mine})
				return err
			}}
			tags := attempt{"vera", "tagging " + mine, func(ctx context.Context) error {
				return vera.s3.RemoveObjectTagging(ctx, originals, mine, minio.RemoveObjectTaggingOptions{})
			}}
			policy := attempt{"vera", "changing the policy", func(ctx context.Context) error {
				return vera.s3.SetBucketPolicy(ctx, originals, `{"Version":"2012-10-17","Statement":[]}`)
			}}
			return errors.Join(
				denied(ctx, vera.puts(originals, "brand/new.txt"), vera.puts(originals, mine), vera.beginsUpload("brand/new.txt"),
					vera.removes(originals, mine), vera.removesVersion(originals, mine, version), copies, tags, policy, vera.puts(vitrineBucket, "changes/vera/1.json"), vera.gets(vitrineBucket, "results/vera/1.json")),
				d.sameBytes(ctx, d.administrator(), originals, mine),
			)
		}},
	}
}

// two gives two people of acme.
func (d *demo) two(ctx context.Context, first, second string) (a, b *person, err error) {
	if a, err = d.person(ctx, tenant, first); err != nil {
		return nil, nil, err
	}
	b, err = d.person(ctx, tenant, second)
	return a, b, err
}

// sameBytes wants what somebody gets to be what was uploaded.
func (d *demo) sameBytes(ctx context.Context, who *person, bucket, key string) error {
	data, err := who.read(ctx, bucket, key)
	if err != nil {
		return fmt.Errorf("%s, getting %s/%s: %w", who.name, bucket, key, err)
	}
	for _, p := range d.places {
		if p.bucket == bucket && p.key == key && string(p.data) == string(data) {
			return nil
		}
	}
	return fmt.Errorf("%s gets %d bytes of %s/%s that are not those uploaded", who.name, len(data), bucket, key)
}

func (d *demo) currentVersion(ctx context.Context, bucket, key string) (string, error) {
	versions, err := d.administrator().versions(ctx, bucket, key)
	if err != nil {
		return "", err
	}
	for _, v := range versions {
		if v.Key == key && v.IsLatest {
			return v.VersionID, nil
		}
	}
	return "", fmt.Errorf("%s/%s has no current version", bucket, key)
}

// count tells how many of a tenant's uploads are good pictures and how many are not.
func (d *demo) count(namespace string) (good, bad int) {
	for _, p := range d.places {
		switch {
		case p.namespace != namespace:
		case p.good():
			good++
		default:
			bad++
		}
	}
	return good, bad
}

// below tells whether a key is in a folder.
func below(key, folder string) bool { return strings.HasPrefix(key, folder+"/") }
