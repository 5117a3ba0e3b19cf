package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/minio/minio-go/v7"
)

// carl is a contributor on launch, mona a manager there, on press and on embargo.
func levelChecks() []check {
	var first string // the version that carl uploaded first
	return []check{
		{"a contributor uploads twice, and both versions are kept", func(ctx context.Context, d *demo) error {
			carl, err := d.person(ctx, tenant, "carl")
			if err != nil {
				return err
			}
			for _, content := range []string{"one", "two"} {
				if err := carl.write(ctx, originals, inFinal, []byte(content)); err != nil {
					return fmt.Errorf("carl uploading: %w", err)
				}
			}
			versions, err := carl.versions(ctx, originals, inFinal)
			if err != nil {
				return fmt.Errorf("carl listing versions: %w", err)
			}
			found := map[string]string{}
			for _, v := range versions {
				data, err := carl.readVersion(ctx, originals, inFinal, v.VersionID)
				if err != nil {
					return fmt.Errorf("carl getting a version: %w", err)
				}
				found[string(data)] = v.VersionID
				if string(data) == "two" && !v.IsLatest {
					return errors.New("what was uploaded last is not the current version")
				}
			}
			if len(versions) != 2 || found["one"] == "" || found["two"] == "" {
				return fmt.Errorf("there are %d versions, wanted both uploads", len(versions))
			}
			first = found["one"]
			return nil
		}},
		{"and uploads what is so large that it goes in parts", func(ctx context.Context, d *demo) error {
			carl, mona, err := d.two(ctx, "carl", "mona")
			if err != nil {
				return err
			}
			const key, size = "launch/final/check-large.txt", 6 << 20
			data := bytes.Repeat([]byte("lantern\n"), size/8)
			_, err = carl.s3.PutObject(ctx, originals, key, bytes.NewReader(data), size, minio.PutObjectOptions{PartSize: 5 << 20, ContentType: "text/plain"})
			if err != nil {
				return fmt.Errorf("carl uploading in parts: %w", err)
			}
			got, err := carl.read(ctx, originals, key)
			if err == nil && !bytes.Equal(got, data) {
				err = fmt.Errorf("%d bytes come back of %d", len(got), size)
			}
			return errors.Join(err, allowed(ctx, mona.removes(originals, key)))
		}},
		{"a contributor cannot delete, neither a file nor a version of one", func(ctx context.Context, d *demo) error {
			carl, err := d.person(ctx, tenant, "carl")
			if err != nil {
				return err
			}
			return denied(ctx, carl.removes(originals, inFinal), carl.removesVersion(originals, inFinal, first),
				carl.removes(originals, "launch/final/hero-dawn.jpg"))
		}},
		{"nor upload or look elsewhere", func(ctx context.Context, d *demo) error {
			carl, err := d.person(ctx, tenant, "carl")
			if err != nil {
				return err
			}
			return denied(ctx, carl.puts(originals, "press/check.txt"), carl.puts(originals, "brand/check.txt"), carl.puts(originals, "check.txt"),
				carl.puts(originals, "launch-2/check.txt"), carl.beginsUpload("press/check.txt"), carl.lists(originals, "press/"), carl.lists(originals, ""),
				carl.gets(originals, "press/logo.png"), carl.gets(originals, "brand/pattern-all.jpg"))
		}},
		{"a manager deletes; the versions stay, and even a manager cannot delete those", func(ctx context.Context, d *demo) error {
			mona, err := d.person(ctx, tenant, "mona")
			if err != nil {
				return err
			}
			if err := allowed(ctx, mona.removes(originals, inFinal)); err != nil {
				return err
			}
			if _, err := mona.read(ctx, originals, inFinal); minio.ToErrorResponse(err).Code != "NoSuchKey" {
				return fmt.Errorf("the deleted file answers %w", orNothing(err))
			}
			data, err := mona.readVersion(ctx, originals, inFinal, first)
			if err != nil || string(data) != "one" {
				return fmt.Errorf("the first version is %q: %w", data, orNothing(err))
			}
			return denied(ctx, mona.removesVersion(originals, inFinal, first), mona.removes(originals, "brand/pattern-all.jpg"))
		}},
		{"no grant on launch reaches its restricted folder; a grant of its own does", func(ctx context.Context, d *demo) error {
			carl, mona, err := d.two(ctx, "carl", "mona")
			if err != nil {
				return err
			}
			embargo := d.uploaded(vitrineBucket, "restricted/embargo/")
			if len(embargo) == 0 {
				return errors.New("nothing was uploaded to the restricted folder")
			}
			errs := []error{mona.sees(ctx, vitrineBucket, "restricted/embargo/", embargo),
				denied(ctx, carl.lists(vitrineBucket, "restricted/embargo/"), carl.puts(vitrineBucket, "restricted/embargo/check.txt"))}
			for _, key := range embargo {
				errs = append(errs, d.sameBytes(ctx, mona, vitrineBucket, key), denied(ctx, carl.gets(vitrineBucket, key)))
			}
			return errors.Join(errs...)
		}},
		{"a grant on a Collection reads its members, wherever they are, and nothing beside them", func(ctx context.Context, d *demo) error {
			sam, err := d.person(ctx, tenant, "sam")
			if err != nil {
				return err
			}
			var members []attempt
			for _, key := range d.uploaded(originals, "launch/final/hero-") {
				members = append(members, sam.gets(originals, key))
			}
			return errors.Join(allowed(ctx, members...), denied(ctx, sam.lists(originals, "launch/final/"), sam.gets(originals, "launch/raw/raw-0001.jpg"),
				sam.puts(originals, "launch/final/hero-dawn.jpg"), sam.removes(originals, "launch/final/hero-dawn.jpg")))
		}},
	}
}

func orNothing(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}
