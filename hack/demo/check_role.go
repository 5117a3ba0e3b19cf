package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// iris, of the picture desk, has acme's own role picker on launch/raw.
func roleChecks() []check {
	return []check{
		{"a picker sees which files there are, and their previews", func(ctx context.Context, d *demo) error {
			iris, err := d.person(ctx, tenant, "iris")
			if err != nil {
				return err
			}
			raw := d.uploaded(originals, "launch/raw/")
			previews, err := d.previews(ctx, iris, "renditions/", raw)
			if err != nil {
				return err
			}
			d.note("%d files, %d previews", len(raw), len(previews))
			return errors.Join(iris.sees(ctx, originals, "launch/raw/", raw), together(ctx, previews, allowed))
		}},
		{"may download none of them, nor upload or delete", func(ctx context.Context, d *demo) error {
			iris, err := d.person(ctx, tenant, "iris")
			if err != nil {
				return err
			}
			attempts := []attempt{iris.puts(originals, "launch/raw/check.txt"), iris.beginsUpload("launch/raw/check.txt"), iris.lists(originals, "launch/"),
				iris.lists(vitrineBucket, "renditions/launch/raw/"), iris.puts(vitrineBucket, "changes/iris/check.json")}
			for _, key := range d.uploaded(originals, "launch/raw/") {
				attempts = append(attempts, iris.gets(originals, key), iris.removes(originals, key), iris.puts(originals, key))
			}
			return together(ctx, attempts, denied)
		}},
		{"and `kubectl dam explain` says the same in words", func(ctx context.Context, d *demo) error {
			out, _, err := d.dam(ctx, "explain", "iris", "folder/launch-raw", "-n", tenant)
			if err != nil {
				return err
			}
			for _, want := range []string{"may: list, preview, comment, collect", "by RoleBinding pickers (picker, on folder/launch-raw)",
				"not by RoleBinding pickers (picker, on folder/launch-raw): its role picker does not include it"} {
				if !strings.Contains(out, want) {
					return fmt.Errorf("%q is not in it:\n%s", want, out)
				}
			}
			return nil
		}},
		{"who may see the restricted folder does, files and previews; nobody else sees that it is there", func(ctx context.Context, d *demo) error {
			files := d.uploaded(vitrineBucket, "restricted/embargo/")
			if len(files) == 0 {
				return errors.New("nothing was uploaded to the restricted folder")
			}
			// mona has a grant of its own on it, lara the permission restricted.
			may := []string{"lara", "mona"}
			var errs []error
			for _, name := range []string{"carl", "iris", "lara", "mona", "pia", "sam", "vera"} {
				p, err := d.person(ctx, tenant, name)
				if err != nil {
					return err
				}
				attempts, err := d.previews(ctx, p, "restricted-renditions/", files)
				if err != nil {
					return err
				}
				attempts = append(attempts, p.lists(vitrineBucket, "restricted/embargo/"))
				for _, key := range files {
					attempts = append(attempts, p.gets(vitrineBucket, key))
				}
				want := denied
				if slices.Contains(may, name) {
					want = allowed
				}
				errs = append(errs, together(ctx, attempts, want))
			}
			d.note("%s and nobody else", strings.Join(may, ", "))
			return errors.Join(errs...)
		}},
		{"and `kubectl dam who-can` names the same people", func(ctx context.Context, d *demo) error {
			out, _, err := d.dam(ctx, "who-can", "download", "folder/embargo", "-n", tenant, "-o", "json")
			if err != nil {
				return err
			}
			for name, want := range map[string]bool{"lara": true, "mona": true, "carl": false, "iris": false, "pia": false, "sam": false, "vera": false} {
				if strings.Contains(out, `"`+name+`"`) != want {
					return fmt.Errorf("%s: wanted %v:\n%s", name, want, out)
				}
			}
			return nil
		}},
	}
}

// previews are somebody's attempts to get every preview that there is of some files,
// whose previews are below root.
func (d *demo) previews(ctx context.Context, p *person, root string, files []string) ([]attempt, error) {
	var all []attempt
	for _, file := range files {
		file = strings.TrimPrefix(file, "restricted/")
		keys, err := d.administrator().keys(ctx, vitrineBucket, root+file+"/")
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			all = append(all, p.gets(vitrineBucket, key))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there are no previews below %s", root)
	}
	return all, nil
}
