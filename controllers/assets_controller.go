package controllers

import (
	"context"
	"fmt"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const assetsController = "assets"

// AssetsReconciler looks at what Libraries hold, has renditions made of it, and
// tells the others. The listing is the truth; nothing is remembered that it
// could not find again.
type AssetsReconciler struct {
	*Deps

	mu       sync.Mutex
	sweepers map[types.NamespacedName]*sweeper
}

// SetupWithManager connects the reconciler.
func (r *AssetsReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.sweepers = map[types.NamespacedName]*sweeper{}
	return ctrl.NewControllerManagedBy(mgr).
		Named(assetsController).
		For(&v1alpha1.Library{}, onDeclaration).
		Watches(&batchv1.Job{}, handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []ctrl.Request {
			labels := o.GetLabels()
			return []ctrl.Request{{NamespacedName: types.NamespacedName{Namespace: labels[v1alpha1.LabelTenant], Name: labels[v1alpha1.LabelLibrary]}}}
		})).
		WatchesRawSource(r.Notices.source(assetsController)).
		WithOptions(atOnce(tenantsAtOnce)).
		Complete(r)
}

// Reconcile looks at one Library.
func (r *AssetsReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	library := &v1alpha1.Library{}
	if err := r.Get(ctx, req.NamespacedName, library); err != nil {
		if client.IgnoreNotFound(err) == nil {
			r.forget(req.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if library.Status.VitrineBucket == "" || !library.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	s := r.sweeper(library)
	if rest := s.rest(library, time.Now()); rest > 0 {
		return ctrl.Result{RequeueAfter: rest}, nil
	}
	done := r.Inventory.looking(req.NamespacedName)
	err := r.look(ctx, library, s)
	done()
	if err != nil {
		r.Inventory.failed(req.NamespacedName)
		out, retry := classify(err)
		if out.state == stalled && out.after == 0 {
			out.after = r.Settings.SweepInterval
		}
		return ctrl.Result{RequeueAfter: out.after}, retry
	}
	return ctrl.Result{RequeueAfter: nextSweep(r.Settings.SweepInterval, s.last.took, s.last.cut)}, nil
}

func (r *AssetsReconciler) look(ctx context.Context, library *v1alpha1.Library, s *sweeper) error {
	ctx = store.WithPace(ctx, r.Stores.budget(library.Spec.StoreRef.Name, r.Settings.SweepRequests))
	connection, err := r.Stores.Get(ctx, library.Spec.StoreRef.Name)
	if err != nil {
		return err
	}
	if err := r.refusal(ctx, connection.Declared, library); err != nil {
		return err
	}
	if err := r.retireUnseen(ctx, connection, library, s); err != nil {
		return err
	}
	var tenant *Tenant
	asked := func() (links []marking, err error) {
		if tenant, err = r.Tenants.Recent(ctx, library.Namespace); err != nil {
			return nil, err
		}
		links = markings(tenant, library, r.Clock.Now())
		return links, s.pin(links, func(key access.Key, version string) (string, error) {
			info, err := connection.StatObject(ctx, library.Spec.Bucket.Name, objectOf(key), version)
			return rendition.TrimETag(info.ETag), err //nolint:wrapcheck // who asks says of what
		})
	}
	s.asked, s.served = r.askedOf(ctx, library), nil
	stop := r.tellProgress(library, &s.progress)
	found, world, err := s.sweep(ctx, connection, library, r.mover(connection, library), func(listed files) {
		if r.isStill(ctx, library) {
			r.tellFiles(library, listed)
		}
	}, asked)
	stop()
	r.tellEnd(library, s, err)
	if err != nil {
		return err
	}
	if !r.isStill(ctx, library) {
		return nil // it went meanwhile, and another of its name is looked at by itself
	}
	after := aftermath{r.Deps, connection, library, s, found, tenant}
	settled := after.settle(ctx, isFrozen(tenant, library))
	found.Descriptions = describeAll(found, asset.NewSchema(library.Spec.Metadata), tenant.Lifecycles, r.Clock.Now())
	plan, err := rendition.NewPlan(world)
	if err != nil {
		return fmt.Errorf("planning renditions: %w", err)
	}
	found.Counts, found.Problems = plan.Counts, plan.Problems
	// What was found is told even if no Job can be made of it.
	job, failed := r.render(ctx, connection, library, found, plan)
	found.Job = job
	if failed != nil {
		found.RenderError = failed.Error()
	}
	r.tell(library, found)
	for _, settled := range s.served {
		r.Requests.serve(client.ObjectKeyFromObject(library), settled)
	}
	r.tellPace(library, s, plan, job != "")
	if settled {
		after.sweepOrphans(ctx)
	}
	after.writeCatalogs(ctx)
	return failed
}

// retireUnseen ends, once after each start, the tokens of links that were
// deleted while no manager ran.
func (r *AssetsReconciler) retireUnseen(ctx context.Context, connection Connection, library *v1alpha1.Library, s *sweeper) error {
	if s.retired {
		return nil
	}
	cluster, err := r.clusterID(ctx)
	if err != nil {
		return err
	}
	if err := r.retireDeleted(ctx, connection, library.Status.VitrineBucket, library.Namespace, cluster); err != nil {
		return err
	}
	s.retired = true
	return nil
}

// tellFiles makes known which files there are, and wakes the compiler if that changed.
func (r *AssetsReconciler) tellFiles(library *v1alpha1.Library, listed files) {
	key := client.ObjectKeyFromObject(library)
	if r.Inventory.setFiles(key, listed) {
		r.Notices.wake(accessController, types.NamespacedName{Namespace: library.Namespace, Name: library.Spec.StoreRef.Name}, r.Settings.Debounce)
	}
}

// tell makes the holding known and wakes whom it concerns, if anything changed.
func (r *AssetsReconciler) tell(library *v1alpha1.Library, found *Holding) {
	key := client.ObjectKeyFromObject(library)
	if !r.Inventory.set(key, found) {
		return
	}
	r.Notices.wake(libraryController, key, 0)
	r.Notices.wake(movesController, key, 0)
	r.wakeReaders(context.Background(), library)
}

// tellPace makes known how fast rendering goes, to the one who shows it.
func (r *AssetsReconciler) tellPace(library *v1alpha1.Library, s *sweeper, plan rendition.Plan, underWay bool) {
	key := client.ObjectKeyFromObject(library)
	s.history = s.history.Observe(r.Clock.Now(), plan, underWay)
	if r.Inventory.setPace(key, s.history.Pace()) {
		r.Notices.wake(libraryController, key, 0)
	}
}

// wakeReaders wakes those who show or select files of a Library by what is known of them.
func (d *Deps) wakeReaders(ctx context.Context, library *v1alpha1.Library) {
	for _, request := range d.namesIn(ctx, library.Namespace, &v1alpha1.PublicLinkList{}) {
		d.Notices.wake(publicLinkController, request.NamespacedName, 0)
	}
	var collections v1alpha1.CollectionList
	if err := d.List(ctx, &collections, client.InNamespace(library.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return // from the cache: only at the end of the program
	}
	selects := false
	for i := range collections.Items {
		c := &collections.Items[i]
		selects = selects || c.Spec.Selector != nil && c.Spec.LibraryRef.Name == library.Name
		d.Notices.wake(collectionController, client.ObjectKeyFromObject(c), 0)
	}
	if selects {
		d.Notices.wake(accessController, types.NamespacedName{Namespace: library.Namespace, Name: library.Spec.StoreRef.Name}, d.Settings.Debounce)
	}
}

func (r *AssetsReconciler) sweeper(library *v1alpha1.Library) *sweeper {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := client.ObjectKeyFromObject(library)
	if s := r.sweepers[key]; s != nil && s.of != library.UID {
		r.forgetLocked(key) // another Library had this name
	}
	if r.sweepers[key] == nil {
		r.sweepers[key] = newSweeper(r.Settings.DocumentsImage != "", min(smallReads, r.Settings.SweepRequests))
		r.sweepers[key].of = library.UID
	}
	return r.sweepers[key]
}

func (r *AssetsReconciler) forget(key types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgetLocked(key)
}

// forgetLocked is called with the lock held.
func (r *AssetsReconciler) forgetLocked(key types.NamespacedName) {
	delete(r.sweepers, key)
	r.Requests.forget(key)
	r.Inventory.forget(key)
}

// manifestLife is how long a worker may use what a manifest gives it. The Job
// ends before that, so no worker is left holding addresses that stopped working.
const (
	manifestLife = 6 * time.Hour
	jobLife      = 5 * time.Hour
)
