package controllers

import (
	"context"
	"fmt"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// remove takes a Library's access away and, only if it says so, its objects.
// Nothing is touched in a bucket that does not carry its mark.
func (r *LibraryReconciler) remove(ctx context.Context, library *v1alpha1.Library) error {
	if !controllerutil.ContainsFinalizer(library, v1alpha1.Finalizer) {
		return nil
	}
	if err := r.endJobs(ctx, library); err != nil {
		return err
	}
	connection, err := r.Stores.ForRemoval(ctx, library.Spec.StoreRef.Name)
	if isStoreGone(err) || (library.Status.VitrineBucket == "" && isStalled(err)) {
		// An ObjectStore goes only when no Library uses it: this one never could.
		return r.release(ctx, library)
	}
	if err != nil {
		return err
	}
	originals, vitrine := marks(connection.Declared, library)
	for _, b := range []struct {
		name string
		mark store.Mark
	}{{library.Spec.Bucket.Name, originals}, {asset.VitrineBucket(library.Spec.Bucket.Name), vitrine}} {
		if err := r.removeBucket(ctx, connection, library, b.name, b.mark); err != nil {
			return err
		}
	}
	r.Inventory.forget(client.ObjectKeyFromObject(library))
	return r.release(ctx, library)
}

func (r *LibraryReconciler) endJobs(ctx context.Context, library *v1alpha1.Library) error {
	var jobs batchv1.JobList
	if err := r.List(ctx, &jobs, client.InNamespace(r.Settings.JobsNamespace), client.MatchingLabels{
		v1alpha1.LabelTenant: library.Namespace, v1alpha1.LabelLibrary: library.Name,
	}); err != nil {
		return fmt.Errorf("listing rendition Jobs: %w", err)
	}
	for i := range jobs.Items {
		if err := r.Delete(ctx, &jobs.Items[i], client.PropagationPolicy(metav1.DeletePropagationBackground)); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting rendition Job %s: %w", jobs.Items[i].Name, err)
		}
	}
	return nil
}

func (r *LibraryReconciler) removeBucket(ctx context.Context, connection Connection, library *v1alpha1.Library, bucket string, mark store.Mark) error {
	state, err := connection.ObserveBucket(ctx, bucket)
	switch {
	case isForeign(err):
		return nil
	case err != nil:
		return fmt.Errorf("looking at bucket %s: %w", bucket, err)
	case !state.Exists || state.Mark == nil || *state.Mark != mark:
		return nil
	}
	document, err := connection.BucketPolicy(ctx, bucket)
	if err != nil && !isMissing(err) {
		return fmt.Errorf("reading the policy of bucket %s: %w", bucket, err)
	}
	if holdsOurs(document) {
		r.Notices.wake(accessController, types.NamespacedName{Namespace: library.Namespace, Name: library.Spec.StoreRef.Name}, 0)
		return wait(v1alpha1.ReasonDeleting, fmt.Sprintf("waiting until the policy of bucket %q is gone", bucket), 150*time.Millisecond)
	}
	if mark.Role == store.RoleVitrine {
		if err := r.retireDeleted(ctx, connection, bucket, library.Namespace, ""); err != nil {
			return err
		}
	}
	if library.Spec.DeletionPolicy != v1alpha1.DeletionDelete {
		return nil
	}
	if err := connection.DeleteBucket(ctx, bucket, mark); err != nil {
		return fmt.Errorf("deleting bucket %s: %w", bucket, err)
	}
	return nil
}

// liveLinks names the links of a namespace that outlive their Library: none
// when the namespace itself is going.
func (d *Deps) liveLinks(ctx context.Context, namespace string) (map[string]bool, error) {
	live := map[string]bool{}
	ns := &corev1.Namespace{}
	if err := d.Get(ctx, types.NamespacedName{Name: namespace}, ns); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading namespace %s: %w", namespace, err)
	}
	if ns.Name == "" || !ns.DeletionTimestamp.IsZero() {
		return live, nil
	}
	var links v1alpha1.PublicLinkList
	if err := d.List(ctx, &links, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("listing links: %w", err)
	}
	for i := range links.Items {
		if links.Items[i].DeletionTimestamp.IsZero() {
			live[links.Items[i].Name] = true
		}
	}
	return live, nil
}

// holdsOurs tells whether a policy document has statements of ours in it.
func holdsOurs(document []byte) bool {
	parsed, err := policy.Parse(document)
	return err == nil && len(parsed.Statements()) > len(policy.Foreign(parsed))
}

// namedByUs tells whether a statement of ours in a policy names a principal.
// What others wrote holds up nobody's leaving.
func namedByUs(document []byte, principal string) bool {
	parsed, err := policy.Parse(document)
	return err == nil && parsed.Names(principal)
}

// reportForeign tells whether somebody else's statements give access. There may be
// some for each of hundreds of people: the first few are named.
func reportForeign(library *v1alpha1.Library, foreign string) {
	if foreign == "" {
		meta.RemoveStatusCondition(&library.Status.Conditions, v1alpha1.ConditionForeignAccess)
		return
	}
	meta.SetStatusCondition(&library.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionForeignAccess, Status: metav1.ConditionTrue, ObservedGeneration: library.Generation,
		Reason: v1alpha1.ReasonForeignStatements, Message: strings.TrimSpace(cut(foreign)) + " Vitrine leaves them alone; remove them if they should not be there",
	})
}
