package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
)

// columns that somebody who looks at what goes on needs of each kind, besides NAME.
var columns = map[string][]string{
	"objectstore": {"ENDPOINT", "LIBRARIES", "READY", "REASON"},
	"library":     {"BUCKET", "ASSETS", "WANTED", "DONE", "FAILED", "READY", "REASON"},
	"folder":      {"LIBRARY", "PATH", "ACCESS", "READY", "REASON"},
	"collection":  {"LIBRARY", "MEMBERS", "READY", "REASON"},
	"user":        {"CREDENTIALS", "KEY", "READY", "REASON"},
	"usergroup":   {"MEMBERS", "READY", "REASON"},
	"role":        {"PERMISSIONS", "BINDINGS", "READY", "REASON"},
	"rolebinding": {"ROLE", "USERS", "PHASE", "ENDS", "READY", "REASON"},
	"publiclink":  {"PHASE", "ASSETS", "PROTECTION", "EXPIRES", "READY", "REASON"},
}

func declaredChecks() []check {
	return []check{
		{"every object of the samples is Ready, of all nine kinds", func(ctx context.Context, d *demo) error {
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
			d.note("%d objects", len(all))
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
		{"`kubectl get dam -A` lists every kind, with columns to act on", func(ctx context.Context, d *demo) error {
			out, err := d.kubectl(ctx, "get", "dam", "-A")
			if err != nil {
				return err
			}
			return checkTables(out)
		}},
		{"a library says how far it is: files, wanted, done and failed renditions", func(ctx context.Context, d *demo) error {
			out, err := d.kubectl(ctx, "get", "library", "brand", "-n", tenant, "--no-headers")
			if err != nil {
				return err
			}
			good, bad := d.count(tenant)
			want := fmt.Sprintf("acme-brand %d %d %d %d True", good+bad, good+bad, good, bad)
			if got := strings.Join(strings.Fields(out), " "); !strings.Contains(got, want) {
				return fmt.Errorf("it says %q, wanted %q in it", got, want)
			}
			return nil
		}},
	}
}

// checkTables reads what kubectl printed, a table for each kind, and wants the columns
// of each to be there and the state to be told in every row.
func checkTables(out string) error {
	missing := map[string]bool{}
	for kind := range columns {
		missing[kind] = true
	}
	var errs []error
	for _, table := range strings.Split(strings.TrimSpace(out), "\n\n") {
		lines := strings.Split(table, "\n")
		heads := strings.Fields(lines[0])
		for _, line := range lines[1:] {
			name := strings.Fields(line)
			at := slices.IndexFunc(name, func(word string) bool { return strings.Contains(word, ".dam.vitrine.dev/") })
			if at < 0 {
				return fmt.Errorf("a row names nothing of Vitrine's: %s", line)
			}
			kind, _, _ := strings.Cut(name[at], ".")
			delete(missing, kind)
			for _, column := range columns[kind] {
				if !slices.Contains(heads, column) {
					errs = append(errs, fmt.Errorf("the table of kind %s lacks the column %s", kind, column))
				}
			}
			if !strings.Contains(line, " True ") || !strings.Contains(line, " Enforced ") {
				errs = append(errs, fmt.Errorf("a row does not say that it is Ready: %s", line))
			}
		}
	}
	for kind := range missing {
		errs = append(errs, fmt.Errorf("kind %s is not listed", kind))
	}
	return errors.Join(errs...)
}
