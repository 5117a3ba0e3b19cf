package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// reserved are the roots of Vitrine's bucket that no person reaches.
var reserved = []string{"facts/", "meta/", "state/", "approvals/", "catalog/", "links/", "inbox/", "comments/", "claims/", "audit/", "held/"}

func ownBucketChecks() []check {
	return []check{
		{"neither contributor nor manager lists any root of it", func(ctx context.Context, d *demo) error {
			return d.bothLevels(ctx, func(p *person) error {
				attempts := []attempt{p.lists(vitrineBucket, ""), p.listsVersions(vitrineBucket, ""), p.lists(vitrineBucket, "restricted/"),
					p.lists(vitrineBucket, "renditions/"), p.lists(vitrineBucket, "renditions/launch/"), p.lists(vitrineBucket, "restricted-renditions/"),
					p.lists(vitrineBucket, "changes/"), p.lists(vitrineBucket, "changes/"+p.name+"/"),
					p.lists(vitrineBucket, "results/"), p.lists(vitrineBucket, "results/"+p.name+"/")}
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
		{"nor any object at all but what the model gives them: renditions and restricted originals of what they were granted, and answers to themselves", func(ctx context.Context, d *demo) error {
			keys, err := d.administrator().keys(ctx, vitrineBucket, "")
			if err != nil {
				return err
			}
			for _, root := range []string{asset.RestrictedRoot, asset.RenditionsRoot, asset.RestrictedRenditionsRoot, asset.FactsRoot, asset.CatalogRoot, asset.LinksRoot} {
				if !slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, root) }) {
					return fmt.Errorf("there is nothing below %s to try", root)
				}
			}
			model, err := d.model(ctx)
			if err != nil {
				return err
			}
			return d.bothLevels(ctx, func(p *person) error {
				reach := model.Reach(p.name, time.Now())
				var given, others []attempt
				for _, key := range keys {
					if mayRead(reach, p.name, key) {
						given = append(given, p.gets(vitrineBucket, key))
						continue
					}
					others = append(others, p.gets(vitrineBucket, key))
				}
				d.note("%s reads %d of %d", p.name, len(given), len(keys))
				if len(given) == 0 {
					return fmt.Errorf("the model gives %s nothing, so this proves nothing", p.name)
				}
				// Of a root that holds nothing yet a name is made up: who may not read is not told what there is.
				for _, root := range append([]string{asset.ChangesPrefix("vera"), asset.ResultsPrefix("vera")}, reserved...) {
					others = append(others, p.gets(vitrineBucket, root+"launch/final/hero-dawn.jpg.json"))
				}
				return errors.Join(together(ctx, given, allowed), together(ctx, others, denied))
			})
		}},
		{"nor writes to any root of it, renditions of their own files included", func(ctx context.Context, d *demo) error {
			return d.bothLevels(ctx, func(p *person) error {
				attempts := []attempt{p.puts(vitrineBucket, "check.txt"), p.puts(vitrineBucket, "renditions/launch/final/hero-dawn.jpg/check.webp"),
					p.puts(vitrineBucket, "restricted/check/check.txt"), p.removes(vitrineBucket, "links/hero-shots.json"), p.removes(vitrineBucket, "facts/launch/final/hero-dawn.jpg.json")}
				for _, root := range append([]string{asset.ChangesPrefix("vera"), asset.ResultsPrefix("vera")}, reserved...) {
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
		{"each reads the answers below their own name, and nobody another's", func(ctx context.Context, d *demo) error {
			carl, mona, err := d.two(ctx, "carl", "mona")
			if err != nil {
				return err
			}
			const answer, also = "results/carl/check.json", "results/mona/check.json"
			if err := allowed(ctx, d.administrator().puts(vitrineBucket, answer), d.administrator().puts(vitrineBucket, also)); err != nil {
				return err
			}
			return errors.Join(
				allowed(ctx, carl.gets(vitrineBucket, answer), mona.gets(vitrineBucket, also)),
				denied(ctx, carl.gets(vitrineBucket, also), mona.gets(vitrineBucket, answer), carl.puts(vitrineBucket, also), carl.removes(vitrineBucket, answer)),
				d.files.PurgeObject(ctx, vitrineBucket, answer), d.files.PurgeObject(ctx, vitrineBucket, also),
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

// model is who may do what in acme now: what is declared there, and the files that it is about.
func (d *demo) model(ctx context.Context) (*access.Model, error) {
	t, err := source.Cluster(ctx, d.cluster.Config, tenant)
	if err != nil {
		return nil, err
	}
	files, err := d.administrator().keys(ctx, originals, "")
	if err != nil {
		return nil, err
	}
	t.Declared.Files = map[string][]string{library: files}
	return access.New(t.Declared), nil
}

// mayRead tells whether somebody may read an object of Vitrine's bucket: a restricted
// original whose download they were given, a rendition of what they may preview, or
// what they asked to change and the answer to it.
func mayRead(reach *access.Reach, name, object string) bool {
	root, rest, _ := strings.Cut(object, "/")
	key := access.Key{Library: library}
	switch root + "/" {
	case asset.RestrictedRoot:
		key.Restricted, key.Path, _ = strings.Cut(rest, "/")
		return reach.May(access.Download, key)
	case asset.RenditionsRoot:
		key.Path = path.Dir(rest) // a rendition lies below the path of its original
		return reach.May(access.Preview, key)
	case asset.RestrictedRenditionsRoot:
		key.Restricted, key.Path, _ = strings.Cut(path.Dir(rest), "/")
		return reach.May(access.Preview, key)
	case asset.ChangesRoot, asset.ResultsRoot:
		asks := access.Of(access.Upload, access.Describe, access.Publish, access.Approve, access.Delete, access.Restricted)
		return strings.HasPrefix(rest, name+"/") && reach.MayAnywhere(asks, library)
	}
	return false
}
