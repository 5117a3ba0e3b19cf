package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// proposal is what somebody proposes: the samples, and a grant beside them.
var proposal = map[string]string{
	"kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../../config/samples/acme, wider.yaml]\n",
	"wider.yaml": `apiVersion: dam.vitrine.dev/v1alpha1
kind: RoleBinding
metadata: {name: social-launch, namespace: acme}
spec:
  roleRef: {kind: BuiltIn, name: viewer}
  subjects: [{kind: UserGroup, name: social}]
  targets: [{kind: Folder, name: launch}]
  reason: They wanted to see more
`,
}

// proposalFolder is where it is, below .demo.
const proposalFolder = "proposal"

func reviewChecks() []check {
	samples := filepath.Join("config", "samples", "acme")
	return []check{
		{"`kubectl dam diff` finds what a proposal widens: exit code 3", func(ctx context.Context, d *demo) error {
			folder := filepath.Join(d.dir, proposalFolder)
			if err := os.MkdirAll(folder, 0o700); err != nil {
				return fmt.Errorf("making the proposal: %w", err)
			}
			for name, text := range proposal {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
					return fmt.Errorf("writing the proposal: %w", err)
				}
			}
			out, code, err := d.dam(ctx, "diff", "--base", samples, "--head", folder)
			if err != nil {
				return err
			}
			d.note("sam gains launch/ except launch/embargo/")
			return said(out, code, 3, "Access gets wider", "sam", "launch/ except launch/embargo/", "RoleBinding social-launch, viewer through group social, on folder/launch")
		}},
		{"taken back, it narrows: exit code 2", func(ctx context.Context, d *demo) error {
			out, code, err := d.dam(ctx, "diff", "--base", filepath.Join(d.dir, proposalFolder), "--head", samples)
			return errors.Join(err, said(out, code, 2, "sam"))
		}},
		{"and nothing between two folders that say the same: exit code 0", func(ctx context.Context, d *demo) error {
			out, code, err := d.dam(ctx, "diff", "--base", samples, "--head", samples)
			return errors.Join(err, said(out, code, 0))
		}},
		{"nor between the samples and what the cluster has", func(ctx context.Context, d *demo) error {
			out, code, err := d.dam(ctx, "diff", "--base", samples, "--head", "cluster", "-n", tenant)
			return errors.Join(err, said(out, code, 0))
		}},
	}
}

// said wants an exit code and some words.
func said(out string, code, want int, words ...string) error {
	if code != want {
		return fmt.Errorf("the exit code is %d, wanted %d:\n%s", code, want, out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			return fmt.Errorf("%q is not in it:\n%s", w, out)
		}
	}
	return nil
}
