package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

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
		r.Versions.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	order, err := r.order(ctx, req.NamespacedName)
	if err != nil {
		return ctrl.Result{}, err
	}
	// What is declared comes piece by piece: a Collection that names a version may come after its Library. A freeze that ends counts too.
	left := r.Versions.settled(req.NamespacedName, order, r.Clock.Now(), r.Settings.OrphanGrace)
	switch {
	case order.frozen:
		r.note(req.NamespacedName, "no old versions are deleted while it is frozen")
		return ctrl.Result{RequeueAfter: r.Settings.VersionsInterval}, nil
	case left > 0:
		r.note(req.NamespacedName, "")
		return ctrl.Result{RequeueAfter: left}, nil
	}
	done, err := r.keep(ctx, library, order)
	if done.Removed > 0 {
		versionsDeleted.Add(float64(done.Removed))
		r.Events.Eventf(library, nil, corev1.EventTypeNormal, "VersionsDeleted", "KeepVersions",
			"%d old versions were deleted for good, since spec.versions keeps %d of each file", done.Removed, library.Spec.Versions.Keep)
	}
	switch {
	case errors.Is(err, errOtherOrder):
		return ctrl.Result{RequeueAfter: time.Millisecond}, nil
	case err != nil:
		// A look lists everything, so it is not tried again at once.
		log.FromContext(ctx).Error(err, "not all old versions could be deleted; trying again")
		r.note(req.NamespacedName, "not all old versions can be deleted now: "+cut(err.Error()))
		return ctrl.Result{RequeueAfter: max(r.Settings.VersionsInterval/6, time.Second)}, nil
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

// versionsOrder is what is declared that old versions hang on.
type versionsOrder struct {
	uid    types.UID
	limit  asset.VersionCap
	frozen bool
	// named are the versions that a Collection names, in order.
	named []namedVersion
}

type namedVersion struct{ path, id string }

// errOtherOrder: what is declared has changed since a look began.
var errOtherOrder = errors.New("what is declared has changed")

// order reads what is declared now; it takes no request to anybody. A Library that is going, or keeps all, is as good as frozen.
func (r *VersionsReconciler) order(ctx context.Context, name types.NamespacedName) (versionsOrder, error) {
	library := &v1alpha1.Library{}
	if err := r.Get(ctx, name, library); err != nil {
		return versionsOrder{}, fmt.Errorf("reading Library %s: %w", name, err)
	}
	tenant, err := r.Tenants.Recent(ctx, name.Namespace) // asked for before each file: a moment old is new enough
	if err != nil {
		return versionsOrder{}, err
	}
	o := versionsOrder{uid: library.UID, frozen: tenant.Frozen != "" || v1alpha1.FreezeReason(library) != "" || !library.DeletionTimestamp.IsZero()}
	if library.Spec.Versions == nil {
		o.frozen = true
		return o, nil
	}
	grace, err := time.ParseDuration(string(library.Spec.Versions.Grace))
	if err != nil {
		grace = defaultGrace // the schema lets none through that cannot be read; in doubt versions stay
	}
	o.limit = asset.VersionCap{Keep: int(library.Spec.Versions.Keep), Grace: grace}
	for i := range tenant.Declared.Collections {
		c := &tenant.Declared.Collections[i]
		if c.Spec.LibraryRef.Name != name.Name {
			continue
		}
		for _, item := range c.Spec.Items {
			if item.Version != "" {
				o.named = append(o.named, namedVersion{item.Path, item.Version})
			}
		}
	}
	slices.SortFunc(o.named, func(a, b namedVersion) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.id, b.id))
	})
	return o, nil
}

// equal tells whether two orders let the same versions go.
func (o versionsOrder) equal(other versionsOrder) bool {
	return o.uid == other.uid && o.limit == other.limit && o.frozen == other.frozen && slices.Equal(o.named, other.named)
}

// keep looks at all originals of a Library, restricted ones included.
func (r *VersionsReconciler) keep(ctx context.Context, library *v1alpha1.Library, order versionsOrder) (store.RemovedVersions, error) {
	var all store.RemovedVersions
	connection, err := r.Stores.Get(ctx, library.Spec.StoreRef.Name)
	if err != nil {
		return all, err
	}
	if err := r.refusal(ctx, connection.Declared, library); err != nil {
		return all, err
	}
	originals, vitrine := marks(connection.Declared, library)
	var errs []error
	for _, at := range []struct {
		bucket, prefix string
		mark           store.Mark
	}{{library.Spec.Bucket.Name, "", originals}, {library.Status.VitrineBucket, asset.RestrictedRoot, vitrine}} {
		// Who never owned the bucket deletes nothing in it, and without versions an id may be another's by now.
		state, err := connection.ObserveBucket(ctx, at.bucket)
		if err != nil {
			return all, fmt.Errorf("looking at bucket %s: %w", at.bucket, err)
		}
		if state.Mark == nil || *state.Mark != at.mark || !state.Versioned {
			errs = append(errs, fmt.Errorf("bucket %q does not carry this Library's mark, or keeps no versions now", at.bucket))
			continue
		}
		done, err := r.keepIn(ctx, connection, client.ObjectKeyFromObject(library), at.bucket, at.prefix, order)
		all.Removed, all.Held = all.Removed+done.Removed, all.Held+done.Held
		if errors.Is(err, errOtherOrder) {
			return all, err
		}
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}

// keepIn looks at all versions below a prefix. They are counted first, since no order of a listing can be relied on and
// all versions of a large bucket need not fit into memory; then those files are looked at that have too many. One that cannot be dealt with
// holds up no other.
func (r *VersionsReconciler) keepIn(ctx context.Context, connection Connection, library types.NamespacedName, bucket, prefix string, order versionsOrder) (store.RemovedVersions, error) {
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
		if n <= order.limit.Keep {
			delete(count, key)
		}
	}
	var first error
	for _, key := range slices.Sorted(maps.Keys(count)) {
		versions, err := versionsOf(ctx, connection, bucket, key)
		if err != nil {
			return all, fmt.Errorf("listing the versions of %s in bucket %s: %w", key, bucket, err)
		}
		now := connection.NoLater(r.Clock.Now()) // by the clock that dates versions
		surplus := order.limit.Surplus(versions, now, func(id string) bool { return slices.Contains(order.named, namedVersion{key, id}) })
		for part := range slices.Chunk(surplus, versionsAtOnce) {
			// All that was decided hangs on what was declared when this look began, which may be long ago.
			if is, err := r.order(ctx, library); err != nil || !is.equal(order) {
				return all, errors.Join(err, errOtherOrder)
			}
			log.FromContext(ctx).Info("deleting old versions for good", "bucket", bucket, "file", key, "versions", part)
			done, err := connection.RemoveVersions(ctx, bucket, key, part, now)
			all.Removed, all.Held = all.Removed+done.Removed, all.Held+done.Held
			if errors.Is(err, store.ErrUnreachable) || ctx.Err() != nil {
				return all, err //nolint:wrapcheck // it names the file
			}
			if err != nil {
				first = cmp.Or(first, err)
				break
			}
		}
	}
	return all, first
}

// versionsAtOnce is how many versions are deleted between two looks at what is declared.
const versionsAtOnce = 50

// othersListed is how many versions of other files, whose names begin like one, are passed over before the one's are
// taken for all: it comes first among them.
const othersListed = 2000

// versionsOf lists what there is of one file.
func versionsOf(ctx context.Context, connection Connection, bucket, key string) ([]asset.Version, error) {
	var versions []asset.Version
	errEnough, others := errors.New("enough"), 0
	err := connection.ListVersions(ctx, bucket, key, func(v store.ObjectInfo) error {
		if v.Key != key {
			if others++; others == othersListed {
				return errEnough
			}
			return nil
		}
		others = 0
		versions = append(versions, asset.Version{ID: v.VersionID, ETag: v.ETag, At: v.LastModified, Current: v.IsLatest, Marker: v.DeleteMarker})
		return nil
	})
	if errors.Is(err, errEnough) {
		return versions, nil
	}
	return versions, err
}

// VersionCaps is what is to be told of the caps on versions, and since when what they hang on has been as it is: a memory, which is
// empty after a restart.
type VersionCaps struct {
	mu       sync.Mutex
	problems map[types.NamespacedName]string
	since    map[types.NamespacedName]orderSince
}

type orderSince struct {
	order versionsOrder
	at    time.Time
}

// NewVersionCaps makes an empty one.
func NewVersionCaps() *VersionCaps {
	return &VersionCaps{problems: map[types.NamespacedName]string{}, since: map[types.NamespacedName]orderSince{}}
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
	return true
}

// settled gives how long it takes until an order has been the same for so long; zero when it has.
func (v *VersionCaps) settled(library types.NamespacedName, order versionsOrder, now time.Time, grace time.Duration) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	known, ok := v.since[library]
	if !ok || !known.order.equal(order) {
		v.since[library] = orderSince{order, now}
		return grace
	}
	return max(grace-now.Sub(known.at), 0)
}

func (v *VersionCaps) forget(library types.NamespacedName) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.problems, library)
	delete(v.since, library)
}
