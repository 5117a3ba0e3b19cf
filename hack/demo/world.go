package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// world is everything that Vitrine keeps, in words: at the store, and as it was written
// into the cluster.
type world map[string]string

// look takes the world down.
func (d *demo) look(ctx context.Context) (world, error) {
	w := world{}
	buckets, err := d.files.S3.ListBuckets(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing buckets: %w", err)
	}
	for _, b := range buckets {
		policy, err := d.files.BucketPolicy(ctx, b.Name)
		if err != nil {
			return nil, err
		}
		w["the policy of bucket "+b.Name] = string(policy)
		state, err := d.files.ObserveBucket(ctx, b.Name)
		if err != nil {
			return nil, err
		}
		w["the mark of bucket "+b.Name] = fmt.Sprintf("%v, versioned %v", state.Mark, state.Versioned)
		err = d.files.ListVersions(ctx, b.Name, "", func(o store.ObjectInfo) error {
			w["the object "+b.Name+"/"+o.Key+", version "+o.VersionID] = fmt.Sprintf("%s, latest %v", o.ETag, o.IsLatest)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	identities, err := d.files.Identities.List(ctx, "/vitrine/"+installation+"/")
	if err != nil {
		return nil, err
	}
	for _, id := range identities {
		keys, err := d.files.Identities.Keys(ctx, id.Name)
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, key := range keys {
			ids = append(ids, key.ID)
		}
		slices.Sort(ids)
		w["the keys of store user "+id.Path+id.Name] = fmt.Sprint(ids)
	}
	return w, d.lookAtCluster(ctx, w)
}

// lookAtCluster notes which Jobs there are, which events and how often each, and the
// version of every object of ours, which tells whether anybody wrote.
func (d *demo) lookAtCluster(ctx context.Context, w world) error {
	for _, namespace := range []string{tenant, otherTenant} {
		jobs, err := d.jobs(ctx, namespace)
		if err != nil {
			return err
		}
		for _, job := range jobs {
			w["the Job "+job.Name] = string(job.UID)
		}
	}
	// Events about what has no namespace are in default.
	for _, namespace := range []string{tenant, otherTenant, metav1.NamespaceDefault} {
		var events eventsv1.EventList
		if err := d.admin.List(ctx, &events, client.InNamespace(namespace)); err != nil {
			return fmt.Errorf("listing events: %w", err)
		}
		for _, e := range events.Items {
			if e.Regarding.APIVersion != v1alpha1.GroupVersion.String() {
				continue
			}
			times := int32(1)
			if e.Series != nil {
				times = e.Series.Count
			}
			w[fmt.Sprintf("the event %s/%s, %s", namespace, e.Name, e.Reason)] = fmt.Sprintf("%d times", times)
		}
	}
	all, err := d.objects(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		w["what was written of "+title(&all[i])] = all[i].GetResourceVersion()
	}
	return nil
}

// same wants another look to show the same.
func (w world) same(now world) error {
	var errs []error
	for what, was := range w {
		is, there := now[what]
		switch {
		case !there:
			errs = append(errs, fmt.Errorf("%s is gone", what))
		case is != was:
			errs = append(errs, fmt.Errorf("%s was %.200q and is %.200q", what, was, is))
		}
	}
	for what := range now {
		if _, there := w[what]; !there {
			errs = append(errs, fmt.Errorf("%s is new", what))
		}
	}
	return errors.Join(errs...)
}

// leader tells who holds the manager's lease.
func (d *demo) leader(ctx context.Context) (string, error) {
	var lease coordinationv1.Lease
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: systemNamespace, Name: "vitrine-manager"}, &lease); err != nil {
		return "", fmt.Errorf("reading the manager's lease: %w", err)
	}
	if lease.Spec.HolderIdentity == nil {
		return "", nil
	}
	return *lease.Spec.HolderIdentity, nil
}

// takenOver waits until another than before leads.
func (d *demo) takenOver(ctx context.Context, before string) error {
	return d.eventually(ctx, time.Minute, "the new manager leads", func(ctx context.Context) error {
		now, err := d.leader(ctx)
		if err == nil && (now == "" || now == before) {
			err = fmt.Errorf("%q still holds the lease", now)
		}
		return err
	})
}
