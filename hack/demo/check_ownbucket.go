package main

import (
	"context"
	"errors"
	"fmt"
)

// reserved are the roots of Vitrine's bucket that no person reaches.
var reserved = []string{"facts/", "meta/", "state/", "approvals/", "catalog/", "links/", "inbox/", "comments/", "claims/", "audit/", "held/"}

func ownBucketChecks() []check {
	return []check{
		{"neither contributor nor manager lists any root of it", func(ctx context.Context, d *demo) error {
			return d.bothLevels(ctx, func(p *person) error {
				attempts := []attempt{p.lists(vitrineBucket, ""), p.listsVersions(vitrineBucket, ""), p.lists(vitrineBucket, "restricted/"),
					p.lists(vitrineBucket, "renditions/"), p.lists(vitrineBucket, "renditions/launch/"), p.lists(vitrineBucket, "restricted-renditions/"),
					p.lists(vitrineBucket, "changes/"), p.lists(vitrineBucket, "changes/"+p.name+"/")}
				for _, root := range reserved {
					attempts = append(attempts, p.lists(vitrineBucket, root))
				}
				return denied(ctx, attempts...)
			})
		}},
		{"nor reads one object of facts, catalogs or links", func(ctx context.Context, d *demo) error {
			var secrets []string
			for _, root := range []string{"facts/launch/final/", "catalog/", "links/"} {
				keys, err := d.administrator().keys(ctx, vitrineBucket, root)
				if err != nil {
					return err
				}
				if len(keys) == 0 {
					return fmt.Errorf("there is nothing below %s to try", root)
				}
				secrets = append(secrets, keys...)
			}
			return d.bothLevels(ctx, func(p *person) error {
				var attempts []attempt
				for _, key := range secrets {
					attempts = append(attempts, p.gets(vitrineBucket, key))
				}
				return denied(ctx, attempts...)
			})
		}},
		{"nor writes to any root of it, renditions of their own files included", func(ctx context.Context, d *demo) error {
			return d.bothLevels(ctx, func(p *person) error {
				attempts := []attempt{p.puts(vitrineBucket, "check.txt"), p.puts(vitrineBucket, "renditions/launch/final/hero-dawn.jpg/check.webp"),
					p.puts(vitrineBucket, "restricted/check/check.txt"), p.removes(vitrineBucket, "links/hero-shots.json"), p.removes(vitrineBucket, "facts/launch/final/hero-dawn.jpg.json")}
				for _, root := range reserved {
					attempts = append(attempts, p.puts(vitrineBucket, root+"launch/final/check.json"))
				}
				return denied(ctx, attempts...)
			})
		}},
		{"each asks for changes below their own name, and nobody in another's", func(ctx context.Context, d *demo) error {
			carl, mona, err := d.two(ctx, "carl", "mona")
			if err != nil {
				return err
			}
			const asked, also = "changes/carl/check.json", "changes/mona/check.json"
			return errors.Join(
				allowed(ctx, carl.puts(vitrineBucket, asked), mona.puts(vitrineBucket, also)),
				denied(ctx, carl.puts(vitrineBucket, also), mona.puts(vitrineBucket, asked), carl.gets(vitrineBucket, also), carl.puts(vitrineBucket, "changes/check.json"),
					carl.puts(vitrineBucket, "changes/carl-2/check.json")),
				d.files.PurgeObject(ctx, vitrineBucket, asked), d.files.PurgeObject(ctx, vitrineBucket, also),
			)
		}},
	}
}

// bothLevels tries as the contributor and as the manager.
func (d *demo) bothLevels(ctx context.Context, try func(*person) error) error {
	carl, mona, err := d.two(ctx, "carl", "mona")
	if err != nil {
		return err
	}
	return errors.Join(try(carl), try(mona))
}
