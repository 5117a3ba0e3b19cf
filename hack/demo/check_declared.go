package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
)

var declaredChecks = []check{
	{"every object of the samples is Ready", func(ctx context.Context, d *demo) error {
		all, err := d.objects(ctx)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		var errs []error
		for i := range all {
			seen[all[i].GetKind()] = true
			errs = append(errs, ready(&all[i]))
		}
		if len(seen) != len(kinds) {
			errs = append(errs, fmt.Errorf("the samples have only %d of the nine kinds", len(seen)))
		}
		return errors.Join(errs...)
	}},
	{"kstatus, which Flux and others judge by, says Current of each", func(ctx context.Context, d *demo) error {
		all, err := d.objects(ctx)
		if err != nil {
			return err
		}
		var errs []error
		for i := range all {
			result, err := status.Compute(&all[i])
			if err == nil && result.Status != status.CurrentStatus {
				err = fmt.Errorf("%s is %s: %s", title(&all[i]), result.Status, result.Message)
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}},
	{"`kubectl get dam -A` lists every kind with columns to act on", func(ctx context.Context, d *demo) error {
		out, err := d.kubectl(ctx, "get", "dam", "-A")
		if err != nil {
			return err
		}
		for _, word := range []string{"objectstore.dam.vitrine.dev/default", "library.dam.vitrine.dev/brand", "READY", "REASON", "PHASE", "BUCKET"} {
			if !strings.Contains(out, word) {
				return fmt.Errorf("the list does not show %s", word)
			}
		}
		return nil
	}},
}
