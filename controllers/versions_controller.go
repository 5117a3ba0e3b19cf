package controllers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const versionsController = "versions"

// defaultGrace is that of the API.
const defaultGrace = 168 * time.Hour

// VersionsReconciler keeps the caps that Libraries put on versions: it lists all versions from time to time and deletes for good what a cap
// lets go. No lifecycle rule of the store does it: stores differ in what they can say, the rules of an adopted bucket are others', and
// none of them knows what a Collection names.
type VersionsReconciler struct{ *Deps }

// SetupWithManager connects the reconciler.
func (r *VersionsReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named(versionsController).
		For(&v1alpha1.Library{}, onDeclaration).
		WithOptions(atOnce(storesAtOnce)).
		Complete(r)
}

// Reconcile keeps the cap of one Library. Nothing is deleted of one that is frozen: what was there may have to be looked at.
func (r *VersionsReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	library := &v1alpha1.Library{}
	if err := r.Get(ctx, req.NamespacedName, library); err != nil {
		r.Versions.forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if library.Spec.Versions == nil || library.Status.VitrineBucket == "" || !library.DeletionTimestamp.IsZero() {
		r.note(req.NamespacedName, "")
		return ctrl.Result{}, nil
	}
	tenant, err := r.Tenants.Get(ctx, req.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	if tenant.Frozen != "" || v1alpha1.FreezeReason(library) != "" {
		r.note(req.NamespacedName, "no old versions are deleted while it is frozen")
		return ctrl.Result{RequeueAfter: r.Settings.VersionsInterval}, nil
	}
	done, err := r.keep(ctx, library, tenant)
	if done.Removed > 0 {
		versionsDeleted.Add(float64(done.Removed))
		r.Events.Eventf(library, nil, corev1.EventTypeNormal, "VersionsDeleted", "KeepVersions",
			"%d old versions were deleted for good, since spec.versions keeps %d of each file", done.Removed, library.Spec.Versions.Keep)
	}
	if err != nil {
		out, retry := classify(err)
		r.note(req.NamespacedName, "old versions cannot be deleted now: "+out.message)
		return ctrl.Result{RequeueAfter: out.after}, retry
	}
	problem := ""
	if done.Held > 0 {
		problem = fmt.Sprintf("%d old versions stay beyond spec.versions, since they are under a legal hold or in retention", done.Held)
	}
	r.note(req.NamespacedName, problem)
	return ctrl.Result{RequeueAfter: r.Settings.VersionsInterval}, nil
}

// note remembers what is to be told of a Library's cap, and wakes the one who tells.
func (r *VersionsReconciler) note(library types.NamespacedName, problem string) {
	if r.Versions.set(library, problem) {
		r.Notices.wake(libraryController, library, 0)
	}
}

// keep looks at all originals of a Library, restricted ones included.
func (r *VersionsReconciler) keep(ctx context.Context, library *v1alpha1.Library, tenant *Tenant) (store.RemovedVersions, error) {
	var all store.RemovedVersions
	connection, err := r.Stores.Get(ctx, library.Spec.StoreRef.Name)
	if err != nil {
		return all, err
	}
	if err := r.refusal(ctx, connection.Declared, library); err != nil {
		return all, err
	}
	grace, err := time.ParseDuration(string(library.Spec.Versions.Grace))
	if err != nil {
		grace = defaultGrace // the schema lets none through that cannot be read; in doubt versions stay
	}
	limit := asset.VersionCap{Keep: int(library.Spec.Versions.Keep), Grace: grace}
	named := namedVersions(tenant, library.Name)
	originals, vitrine := marks(connection.Declared, library)
	var errs []error
	for _, at := range []struct {
		bucket, prefix string
		mark           store.Mark
	}{{library.Spec.Bucket.Name, "", originals}, {library.Status.VitrineBucket, asset.RestrictedRoot, vitrine}} {
		// Who never owned the bucket deletes nothing in it.
		state, err := connection.ObserveBucket(ctx, at.bucket)
		if err != nil {
			return all, fmt.Errorf("looking at bucket %s: %w", at.bucket, err)
		}
		if state.Mark == nil || *state.Mark != at.mark {
			errs = append(errs, wait(v1alpha1.ReasonProgressing, fmt.Sprintf("bucket %q does not carry this Library's mark", at.bucket), remedyInterval))
			continue
		}
		done, err := r.keepIn(ctx, connection, at.bucket, at.prefix, limit, named)
		all.Removed, all.Held = all.Removed+done.Removed, all.Held+done.Held
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}

// keepIn looks at all versions below a prefix. They are counted first, since no order of a listing can be relied on and
// all versions of a large bucket need not fit into memory; then those files are looked at that have too many.
func (r *VersionsReconciler) keepIn(ctx context.Context, connection Connection, bucket, prefix string, limit asset.VersionCap, named func(key, id string) bool) (store.RemovedVersions, error) {
	var all store.RemovedVersions
	count := map[string]int{}
	if err := connection.ListVersions(ctx, bucket, prefix, func(v store.ObjectInfo) error {
		if !v.DeleteMarker {
			count[v.Key]++
		}
		return nil
	}); err != nil {
		return all, fmt.Errorf("listing the versions in bucket %s: %w", bucket, err)
	}
	for key, n := range count {
		if n <= limit.Keep {
			delete(count, key)
		}
	}
	for key := range count {
		var versions []asset.Version
		if err := connection.ListVersions(ctx, bucket, key, func(v store.ObjectInfo) error {
			if v.Key == key {
				versions = append(versions, asset.Version{ID: v.VersionID, At: v.LastModified, Current: v.IsLatest, Marker: v.DeleteMarker})
			}
			return nil
		}); err != nil {
			return all, fmt.Errorf("listing the versions of %s in bucket %s: %w", key, bucket, err)
		}
		now := r.Clock.Now()
		surplus := limit.Surplus(versions, now, func(id string) bool { return named(key, id) })
		if len(surplus) == 0 {
			continue
		}
		done, err := connection.RemoveVersions(ctx, bucket, key, surplus, now)
		all.Removed, all.Held = all.Removed+done.Removed, all.Held+done.Held
		if err != nil {
			return all, err //nolint:wrapcheck // it names the file
		}
	}
	return all, nil
}

// namedVersions tells which versions of a Library's files stay since a Collection names them.
func namedVersions(tenant *Tenant, library string) func(key, id string) bool {
	type version struct{ path, id string }
	named := map[version]bool{}
	for i := range tenant.Declared.Collections {
		c := &tenant.Declared.Collections[i]
		if c.Spec.LibraryRef.Name != library {
			continue
		}
		for _, item := range c.Spec.Items {
			if item.Version != "" {
				named[version{item.Path, item.Version}] = true
			}
		}
	}
	return func(key, id string) bool { return named[version{key, id}] }
}

// VersionCaps is what is to be told of the caps on versions: a memory, which the first look after a restart fills.
type VersionCaps struct {
	mu       sync.Mutex
	problems map[types.NamespacedName]string
}

// NewVersionCaps makes an empty one.
func NewVersionCaps() *VersionCaps {
	return &VersionCaps{problems: map[types.NamespacedName]string{}}
}

// of is what is to be told of a Library; empty when its cap is kept.
func (v *VersionCaps) of(library types.NamespacedName) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.problems[library]
}

// set notes what is to be told, and tells whether that is something else than before.
func (v *VersionCaps) set(library types.NamespacedName, problem string) (other bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.problems[library] == problem {
		return false
	}
	v.problems[library] = problem
	if problem == "" {
		delete(v.problems, library)
	}
	return true
}

func (v *VersionCaps) forget(library types.NamespacedName) { v.set(library, "") }
