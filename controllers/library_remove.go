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
	connection, has, err := r.forRemoval(ctx, library, library.Spec.StoreRef.Name)
	if err != nil {
		return err
	}
	if has {
		if err := r.removeBuckets(ctx, connection, library); err != nil {
			return r.stillThere(library.Spec.StoreRef.Name, err)
		}
	}
	r.Inventory.forget(client.ObjectKeyFromObject(library))
	return r.release(ctx, library)
}

// removeBuckets takes the access to both buckets away, and then, where that is
// declared, the buckets: neither before it is sure that nothing in them has to be kept.
func (r *LibraryReconciler) removeBuckets(ctx context.Context, connection Connection, library *v1alpha1.Library) error {
	if err := r.endRights(ctx, connection, library); err != nil {
		return err
	}
	var ours []markedBucket
	originals, vitrine := marks(connection.Declared, library)
	for _, b := range []markedBucket{{library.Spec.Bucket.Name, originals}, {asset.VitrineBucket(library.Spec.Bucket.Name), vitrine}} {
		is, err := r.shutBucket(ctx, connection, library, b)
		if err != nil {
			return err
		}
		if is {
			ours = append(ours, b)
		}
	}
	if library.Spec.DeletionPolicy != v1alpha1.DeletionDelete {
		return nil
	}
	for _, b := range ours {
		held, err := connection.HeldObjects(ctx, b.name, r.Clock.Now())
		if err != nil {
			return fmt.Errorf("looking for legal holds in bucket %s: %w", b.name, err)
		}
		if held.Count > 0 {
			return stall(v1alpha1.ReasonObjectsHeld, "nothing was deleted: %d versions of objects in bucket %q are under a legal hold or in retention, the first is %s; lift the holds, wait until the retention is over, or set deletionPolicy: Retain to leave both buckets as they are", held.Count, b.name, held.First)
		}
	}
	for _, b := range ours {
		if err := connection.DeleteBucket(ctx, b.name, b.mark); err != nil {
			return fmt.Errorf("deleting bucket %s: %w", b.name, err)
		}
	}
	return nil
}

// markedBucket is a bucket with the mark that it must carry to be ours.
type markedBucket struct {
	name string
	mark store.Mark
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

// shutBucket waits until nobody has access to a bucket by a policy of ours, and
// retires the tokens in it. It is false when the bucket is not this Library's, or is gone.
func (r *LibraryReconciler) shutBucket(ctx context.Context, connection Connection, library *v1alpha1.Library, bucket markedBucket) (bool, error) {
	state, err := connection.ObserveBucket(ctx, bucket.name)
	switch {
	case isForeign(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("looking at bucket %s: %w", bucket.name, err)
	case !state.Exists || state.Mark == nil || *state.Mark != bucket.mark:
		return false, nil
	}
	document, err := connection.BucketPolicy(ctx, bucket.name)
	if err != nil && !isMissing(err) {
		return false, fmt.Errorf("reading the policy of bucket %s: %w", bucket.name, err)
	}
	if holdsOurs(document) {
		r.Notices.wake(accessController, types.NamespacedName{Namespace: library.Namespace, Name: library.Spec.StoreRef.Name}, 0)
		return false, wait(v1alpha1.ReasonDeleting, fmt.Sprintf("waiting until the policy of bucket %q is gone", bucket.name), 150*time.Millisecond)
	}
	if bucket.mark.Role == store.RoleVitrine {
		if err := r.retireDeleted(ctx, connection, bucket.name, library.Namespace, ""); err != nil {
			return false, err
		}
		if err := removeCatalogs(ctx, connection, bucket.name); err != nil {
			return false, err
		}
	}
	return true, nil
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
