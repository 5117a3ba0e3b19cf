package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/pictures"
)

// Limits of waiting; all are far above what is seen, since a machine may be busy.
const (
	readinessLimit  = 2 * time.Minute
	renditionsLimit = 3 * time.Minute
)

// poll tries until there is no error; the last error is the answer when time is up.
func poll(ctx context.Context, limit time.Duration, try func() error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, limit, true, func(context.Context) (bool, error) {
		last = try()
		return last == nil, nil
	})
	if err != nil && last != nil {
		return fmt.Errorf("after %s: %w", limit, last)
	}
	return err
}

// kinds are the nine.
var kinds = []string{"ObjectStore", "Library", "Folder", "Collection", "User", "UserGroup", "Role", "RoleBinding", "PublicLink"}

// objects lists all objects of the nine kinds, as any tool sees them that knows nothing
// of Vitrine.
func (d *demo) objects(ctx context.Context) ([]unstructured.Unstructured, error) {
	var all []unstructured.Unstructured
	for _, kind := range kinds {
		var list unstructured.UnstructuredList
		list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind + "List"))
		if err := d.admin.List(ctx, &list); err != nil {
			return nil, fmt.Errorf("listing objects of kind %s: %w", kind, err)
		}
		all = append(all, list.Items...)
	}
	return all, nil
}

// ready tells why an object is not Ready; nil when it is.
func ready(o *unstructured.Unstructured) error {
	common, err := stateOf(o)
	if err != nil {
		return err
	}
	if common.ObservedGeneration != o.GetGeneration() {
		return fmt.Errorf("%s is not yet looked at", title(o))
	}
	c := meta.FindStatusCondition(common.Conditions, v1alpha1.ConditionReady)
	if c == nil {
		return fmt.Errorf("%s has no condition Ready", title(o))
	}
	if c.Status != metav1.ConditionTrue {
		return fmt.Errorf("%s is not Ready: %s: %s", title(o), c.Reason, c.Message)
	}
	return nil
}

// title is an object's kind and name for people.
func title(o *unstructured.Unstructured) string {
	return o.GetKind() + " " + strings.TrimPrefix(o.GetNamespace()+"/"+o.GetName(), "/")
}

// awaitReady waits until everything that was applied is Ready.
func (d *demo) awaitReady(ctx context.Context) error {
	d.step("waiting until everything is Ready")
	total := 0
	err := poll(ctx, readinessLimit, func() error {
		all, err := d.objects(ctx)
		if err != nil {
			return err
		}
		total = len(all)
		var first error
		good := 0
		for i := range all {
			if err := ready(&all[i]); err == nil {
				good++
			} else if first == nil {
				first = err
			}
		}
		d.wait(fmt.Sprintf("%d of %d objects are Ready", good, total))
		return first
	})
	if err != nil {
		return fmt.Errorf("waiting until everything is Ready: %w", err)
	}
	return nil
}

// awaitRenditions waits until every good picture has its renditions and every bad one is
// reported.
func (d *demo) awaitRenditions(ctx context.Context) error {
	d.step("waiting for renditions")
	wanted := map[string]int64{} // good pictures by namespace, each tenant having one library
	for _, p := range d.places {
		if p.picture.Kind == pictures.Good {
			wanted[p.namespace]++
		}
	}
	err := poll(ctx, renditionsLimit, func() error {
		var libraries v1alpha1.LibraryList
		if err := d.admin.List(ctx, &libraries); err != nil {
			return fmt.Errorf("listing libraries: %w", err)
		}
		var first error
		var progress []string
		for _, l := range libraries.Items {
			var done, failed int64
			if r := l.Status.Renditions; r != nil && r.Done != nil && r.Failed != nil {
				done, failed = *r.Done, *r.Failed
			}
			progress = append(progress, fmt.Sprintf("%s/%s: %d of %d pictures rendered, %d unusable", l.Namespace, l.Name, done, wanted[l.Namespace], failed))
			if done != wanted[l.Namespace] && first == nil {
				first = fmt.Errorf("%s", progress[len(progress)-1])
			}
		}
		d.wait(strings.Join(progress, "; "))
		return first
	})
	if err != nil {
		return fmt.Errorf("waiting for renditions: %w", err)
	}
	return nil
}
