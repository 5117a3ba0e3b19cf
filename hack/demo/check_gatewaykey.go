package main

import (
	"context"
	"errors"
	"fmt"
)

// offBrand is a link on a folder that no other link shows.
const offBrand = `
apiVersion: dam.vitrine.dev/v1alpha1
kind: PublicLink
metadata: {name: check-brand, namespace: acme}
spec: {target: {folder: {name: brand}}, suspend: %v}
`

func gatewayKeyChecks() []check {
	const pattern = "brand/pattern-all.jpg"
	return []check{
		{"it reads what live links share: originals, renditions and the lists of them", func(ctx context.Context, d *demo) error {
			g, err := d.gatewayKey(ctx)
			if err != nil {
				return err
			}
			attempts := []attempt{g.gets(vitrineBucket, "catalog/hero-shots.json"), g.gets(vitrineBucket, "catalog/press-kit.json")}
			for _, p := range d.places {
				if p.bucket != originals || !below(p.key, "launch/final") && !below(p.key, "press") {
					continue
				}
				attempts = append(attempts, g.gets(p.bucket, p.key))
				for _, key := range d.renditionsOf(ctx, p) {
					attempts = append(attempts, g.gets(vitrineBucket, key))
				}
			}
			d.note("%d objects", len(attempts))
			return allowed(ctx, attempts...)
		}},
		{"and nothing else: no other original, no facts, no sealed record, nothing restricted", func(ctx context.Context, d *demo) error {
			g, err := d.gatewayKey(ctx)
			if err != nil {
				return err
			}
			attempts := []attempt{g.gets(vitrineBucket, "links/hero-shots.json"), g.gets(vitrineBucket, "facts/launch/final/hero-dawn.jpg.json"),
				g.gets(vitrineBucket, "catalog/former-agency.json"), g.gets(originals, inFinal+"x")}
			for _, p := range d.places {
				if p.bucket == originals && (below(p.key, "launch/final") || below(p.key, "press")) {
					continue
				}
				attempts = append(attempts, g.gets(p.bucket, p.key))
				for _, key := range d.renditionsOf(ctx, p) {
					attempts = append(attempts, g.gets(d.vitrineBucketOf(p), key))
				}
			}
			d.note("%d objects", len(attempts))
			return denied(ctx, attempts...)
		}},
		{"it lists nothing and writes nothing", func(ctx context.Context, d *demo) error {
			g, err := d.gatewayKey(ctx)
			if err != nil {
				return err
			}
			var attempts []attempt
			for _, bucket := range []string{originals, vitrineBucket, otherOriginals, otherVitrine} {
				attempts = append(attempts, g.lists(bucket, ""), g.lists(bucket, "launch/final/"), g.lists(bucket, "renditions/"), g.puts(bucket, "launch/final/check.txt"),
					g.puts(bucket, "catalog/hero-shots.json"), g.removes(bucket, "launch/final/hero-dawn.jpg"))
			}
			return denied(ctx, attempts...)
		}},
		{"it follows the links within two seconds, a new one within five of being applied: made, suspended, resumed, deleted", func(ctx context.Context, d *demo) error {
			g, err := d.gatewayKey(ctx)
			if err != nil {
				return err
			}
			reaches := func(ctx context.Context) error { return allowed(ctx, g.gets(originals, pattern)) }
			refused := func(ctx context.Context) error { return denied(ctx, g.gets(originals, pattern)) }
			if err := refused(ctx); err != nil {
				return fmt.Errorf("before: %w", err)
			}
			if err := d.apply(ctx, fmt.Sprintf(offBrand, false)); err != nil {
				return err
			}
			errs := []error{d.worksSoon(ctx, "made", "check-brand", func(ctx context.Context, _ string) error { return reaches(ctx) })}
			for _, suspended := range []bool{true, false} {
				if err := d.apply(ctx, fmt.Sprintf(offBrand, suspended)); err != nil {
					return err
				}
				if suspended {
					errs = append(errs, d.promptly(ctx, "suspended", refused))
					continue
				}
				errs = append(errs, d.promptly(ctx, "resumed", reaches))
			}
			if _, err := d.kubectl(ctx, "delete", "plink", "-n", tenant, "check-brand"); err != nil {
				return err
			}
			return errors.Join(append(errs, d.promptly(ctx, "deleted", refused))...)
		}},
	}
}
