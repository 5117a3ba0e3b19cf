package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

func secretChecks() []check {
	return []check{
		{"no log of manager, gateway or Jobs holds a link's token, a password or a secret key", func(ctx context.Context, d *demo) error {
			words, err := d.secretWords(ctx)
			if err != nil {
				return err
			}
			d.note("%d secrets looked for", len(words))
			logs, err := filepath.Glob(filepath.Join(d.dir, "*.log"))
			if err != nil {
				return err
			}
			jobs, err := filepath.Glob(filepath.Join(d.dir, "jobs", "*.log"))
			if err != nil || len(jobs) == 0 || len(logs) < 3 {
				return fmt.Errorf("there are %d logs and %d of Jobs: %w", len(logs), len(jobs), orNothing(err))
			}
			var errs []error
			for _, log := range append(logs, jobs...) {
				data, err := os.ReadFile(log)
				if err != nil {
					return err
				}
				for word, what := range words {
					if bytes.Contains(data, []byte(word)) {
						errs = append(errs, fmt.Errorf("%s holds %s", filepath.Base(log), what))
					}
				}
			}
			return errors.Join(errs...)
		}},
		{"no status, spec or event tells one: only the Secrets meant for them do", func(ctx context.Context, d *demo) error {
			words, err := d.secretWords(ctx)
			if err != nil {
				return err
			}
			out, err := d.kubectl(ctx, "get", "dam,events,configmaps,jobs,pods,leases", "-A", "-o", "yaml")
			if err != nil {
				return err
			}
			for word, what := range words {
				if strings.Contains(out, word) {
					return fmt.Errorf("the cluster's state tells %s", what)
				}
			}
			return nil
		}},
	}
}

// secretWords are what nobody may read but where it is meant to be, with what each is.
func (d *demo) secretWords(ctx context.Context) (map[string]string, error) {
	words := map[string]string{d.store.SecretKey: "the administrator's key"}
	for _, namespace := range []string{tenant, otherTenant, gatewayNamespace, systemNamespace} {
		var secrets corev1.SecretList
		if err := d.admin.List(ctx, &secrets, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("listing Secrets: %w", err)
		}
		for _, s := range secrets.Items {
			for key, value := range s.Data {
				switch key {
				case "url":
					words[path.Base(string(value))] = "the token of " + s.Name
				case "AWS_SECRET_ACCESS_KEY", "password":
					words[string(value)] = s.Name + ", " + key
				}
			}
		}
	}
	var links v1alpha1.PublicLinkList
	if err := d.admin.List(ctx, &links); err != nil {
		return nil, fmt.Errorf("listing links: %w", err)
	}
	if len(words) < len(links.Items) {
		return nil, fmt.Errorf("only %d secrets are known for %d links", len(words), len(links.Items))
	}
	return words, nil
}
