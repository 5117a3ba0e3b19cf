package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // renditions are decoded
	_ "image/png"
	"path"
	"slices"
	"strings"

	_ "golang.org/x/image/webp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// presets of each tenant's library, the two that every library has included.
var presets = map[string][]string{
	tenant:      {"post", "preview", "proof", "square", "thumb", "web"},
	otherTenant: {"preview", "thumb"},
}

func renditionChecks() []check {
	return []check{
		{"every good original has a rendition of every preset, which decodes as a picture", func(ctx context.Context, d *demo) error {
			total := 0
			var errs []error
			for _, p := range d.places {
				if !p.good() {
					continue
				}
				n, err := d.rendered(ctx, p)
				total += n
				errs = append(errs, err)
			}
			d.note("%d renditions", total)
			return errors.Join(errs...)
		}},
		// Earlier checks put pictures there and took them away again: what that set off is waited for.
		{"Indexed Jobs made them, and are Complete", func(ctx context.Context, d *demo) error {
			return d.eventually(ctx, renditionsLimit, "the Jobs", d.jobsComplete)
		}},
		{"the corrupt picture and the text file are named in status, each with its reason", func(ctx context.Context, d *demo) error {
			wanted := map[string]string{}
			for _, p := range d.places {
				if !p.good() {
					wanted[p.key] = map[bool]string{true: "NotAnImage", false: "Corrupt"}[strings.Contains(p.key, "notes")]
				}
			}
			var library v1alpha1.Library
			if err := d.admin.Get(ctx, types.NamespacedName{Namespace: tenant, Name: "brand"}, &library); err != nil {
				return err
			}
			for _, f := range library.Status.Renditions.Failures {
				if wanted[f.Path] != f.Reason || f.Message == "" {
					return fmt.Errorf("status names %s with reason %q (%s), wanted %q", f.Path, f.Reason, f.Message, wanted[f.Path])
				}
				delete(wanted, f.Path)
			}
			if len(wanted) > 0 {
				return fmt.Errorf("status does not name %v", wanted)
			}
			return nil
		}},
		{"and hold nothing else up: the library is Ready, all others are done", func(ctx context.Context, d *demo) error {
			return d.eventually(ctx, renditionsLimit, "the library", d.othersDone)
		}},
		{"no rendition tells where a picture was taken: the original has GPS, they have no EXIF", func(ctx context.Context, d *demo) error {
			located := 0
			for _, p := range d.places {
				if !strings.Contains(p.key, "located") {
					continue
				}
				located++
				if !hasGPS(p.data) {
					return fmt.Errorf("%s has no GPS in EXIF, so this proves nothing", p.key)
				}
				for _, key := range d.renditionsOf(ctx, p) {
					data, err := d.administrator().read(ctx, vitrineBucket, key)
					if err != nil {
						return err
					}
					for _, word := range []string{"Exif", "EXIF", "GPS", "Field Camera"} {
						if bytes.Contains(data, []byte(word)) {
							return fmt.Errorf("%s holds %q", key, word)
						}
					}
				}
			}
			if located == 0 {
				return errors.New("no picture with GPS was uploaded")
			}
			return nil
		}},
	}
}

// renditionsOf names the objects that were rendered from an original.
func (d *demo) renditionsOf(ctx context.Context, p place) []string {
	prefix := "renditions/" + p.key + "/"
	if name, ok := strings.CutPrefix(p.key, "restricted/"); ok {
		prefix = "restricted-renditions/" + name + "/"
	}
	keys, err := d.administrator().keys(ctx, d.vitrineBucketOf(p), prefix)
	if err != nil {
		return nil // what wants some finds none
	}
	return keys
}

func (d *demo) vitrineBucketOf(p place) string {
	if p.namespace == otherTenant {
		return otherVitrine
	}
	return vitrineBucket
}

// rendered wants one picture of each preset, of a size that the preset gives.
func (d *demo) rendered(ctx context.Context, p place) (int, error) {
	keys := d.renditionsOf(ctx, p)
	var made []string
	var errs []error
	for _, key := range keys {
		name := strings.Replace(path.Base(key), "-marked.", ".", 1) // so those with a watermark are called
		preset := name[:max(0, strings.LastIndexByte(name, '-'))]
		made = append(made, preset)
		data, err := d.administrator().read(ctx, d.vitrineBucketOf(p), key)
		if err != nil {
			return 0, fmt.Errorf("reading %s: %w", key, err)
		}
		config, _, err := image.DecodeConfig(bytes.NewReader(data))
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s is no picture: %w", key, err))
		case (preset == "web" || preset == "proof") && config.Width > 960, preset == "post" && config.Width > 1080, preset == "square" && config.Width != config.Height:
			errs = append(errs, fmt.Errorf("%s is %d by %d", key, config.Width, config.Height))
		}
	}
	if slices.Sort(made); !slices.Equal(made, presets[p.namespace]) {
		errs = append(errs, fmt.Errorf("%s has renditions of %v, wanted %v", p.key, made, presets[p.namespace]))
	}
	return len(keys), errors.Join(errs...)
}

// jobs are the rendition Jobs of a tenant.
func (d *demo) jobs(ctx context.Context, namespace string) ([]batchv1.Job, error) {
	var jobs batchv1.JobList
	if err := d.admin.List(ctx, &jobs, client.InNamespace(jobsNamespace), client.MatchingLabels{v1alpha1.LabelTenant: namespace}); err != nil {
		return nil, fmt.Errorf("listing Jobs: %w", err)
	}
	return jobs.Items, nil
}

// jobsComplete tells whether every rendition Job is Indexed and Complete.
func (d *demo) jobsComplete(ctx context.Context) error {
	for _, namespace := range []string{tenant, otherTenant} {
		jobs, err := d.jobs(ctx, namespace)
		if err != nil {
			return err
		}
		if len(jobs) == 0 {
			return fmt.Errorf("no Job ran for %s", namespace)
		}
		for _, job := range jobs {
			if job.Spec.CompletionMode == nil || *job.Spec.CompletionMode != batchv1.IndexedCompletion {
				return fmt.Errorf("the Job %s is not Indexed", job.Name)
			}
			if !slices.ContainsFunc(job.Status.Conditions, func(c batchv1.JobCondition) bool {
				return c.Type == batchv1.JobComplete && c.Status == corev1.ConditionTrue
			}) {
				return fmt.Errorf("the Job %s is not Complete: %+v", job.Name, job.Status.Conditions)
			}
		}
	}
	return nil
}

// othersDone tells whether every good original of the tenant is rendered, and every other one counted.
func (d *demo) othersDone(ctx context.Context) error {
	var library v1alpha1.Library
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: tenant, Name: "brand"}, &library); err != nil {
		return err
	}
	good, bad := d.count(tenant)
	if r := library.Status.Renditions; *r.Done != int64(good) || *r.Failed != int64(bad) || *r.Wanted != int64(good+bad) {
		return fmt.Errorf("%d wanted, %d done, %d failed; there are %d good originals and %d others", *r.Wanted, *r.Done, *r.Failed, good, bad)
	}
	return d.becomesReady(ctx, "Library", "brand")
}
