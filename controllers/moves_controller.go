package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const movesController = "moves"

// MovesReconciler brings originals to where they belong: those that are archived to the root that nobody's key reaches, those that came
// back to where they were, and those that somebody asked to go into or out of a restricted Folder. What is under way is in the store.
type MovesReconciler struct{ *Deps }

// SetupWithManager connects the reconciler.
func (r *MovesReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named(movesController).
		For(&v1alpha1.Library{}, onDeclaration).
		WatchesRawSource(r.Notices.source(movesController)).
		WithOptions(atOnce(tenantsAtOnce)).
		Complete(r)
}

// How often moves are looked for, and how many of one Library are under way at once.
const (
	movesInterval = 10 * time.Second
	movesAtOnce   = 100
	// refusedRest is how long a file rests that cannot be moved.
	refusedRest = 10 * time.Minute
)

// clockAuthor signs what nobody asked for but the clock.
const clockAuthor = "@lifecycle"

// Reconcile goes on with the moves of one Library, and begins those that are due.
func (r *MovesReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	library := &v1alpha1.Library{}
	if err := r.Get(ctx, req.NamespacedName, library); err != nil {
		if client.IgnoreNotFound(err) == nil {
			r.Moves.forget(req.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if library.Status.VitrineBucket == "" || !library.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	again, err := r.work(ctx, library)
	if err != nil {
		out, retry := classify(err)
		return ctrl.Result{RequeueAfter: max(out.after, time.Second)}, retry
	}
	return ctrl.Result{RequeueAfter: again}, nil
}

func (r *MovesReconciler) work(ctx context.Context, library *v1alpha1.Library) (again time.Duration, err error) {
	connection, err := r.Stores.Get(ctx, library.Spec.StoreRef.Name)
	if err != nil {
		return 0, err
	}
	if err := r.refusal(ctx, connection.Declared, library); err != nil {
		return 0, err
	}
	mover := r.mover(connection, library)
	under, err := mover.Journals(ctx)
	damaged, some := errors.AsType[*relocate.DamagedError](err)
	if err != nil && !some {
		return 0, err //nolint:wrapcheck // it says what
	}
	r.tellDamaged(ctx, library, damaged)
	again = movesInterval
	var errs []error
	for i := range under {
		ended, err := r.goOn(ctx, connection, library, mover, &under[i])
		if err != nil { // which holds up none of the others
			errs = append(errs, err)
			continue
		}
		if ended {
			r.Notices.wake(assetsController, client.ObjectKeyFromObject(library), 0)
		}
		again = 200 * time.Millisecond
	}
	if damaged != nil {
		return again, errors.Join(errs...) // what can be read goes on, and nothing begins
	}
	tenant, err := r.Tenants.Recent(ctx, library.Namespace)
	if err == nil && r.anyDue(library, tenant) { // a moment old is new enough to find nothing to do, every few seconds for every Library
		tenant, err = r.Tenants.Get(ctx, library.Namespace)
	}
	if err != nil {
		return 0, err
	}
	if tenant.Frozen != "" || v1alpha1.FreezeReason(library) != "" {
		return again, errors.Join(errs...) // what is under way ends, and nothing begins
	}
	begun, err := r.begin(ctx, connection, library, mover, tenant, movesAtOnce-len(under))
	if begun > 0 {
		again = time.Millisecond
	}
	return again, errors.Join(append(errs, err)...)
}

func (d *Deps) mover(connection Connection, library *v1alpha1.Library) relocate.Mover {
	return relocate.Mover{
		Store: connection.Store, Library: library.Name, Now: d.Clock.Now,
		Buckets: relocate.Buckets{Originals: library.Spec.Bucket.Name, Vitrine: library.Status.VitrineBucket},
	}
}

// anyDue tells whether a file is to go into the archive, or to come back.
func (r *MovesReconciler) anyDue(library *v1alpha1.Library, tenant *Tenant) bool {
	holding, now := r.Inventory.Of(client.ObjectKeyFromObject(library)), r.Clock.Now()
	if holding == nil {
		return false
	}
	for i := range holding.Assets {
		if holding.Assets[i].due(tenant, now, false) {
			return true
		}
	}
	for i := range holding.Archived {
		if holding.Archived[i].due(tenant, now, true) {
			return true
		}
	}
	return false
}

// due tells whether a file that is held, or is not, should be the other.
func (a *Asset) due(tenant *Tenant, now time.Time, held bool) bool {
	state, _ := a.state(tenant.Lifecycles, now)
	return (state == v1alpha1.StateArchived) != held
}

// goOn does a piece of a move, and tells whether it has ended.
func (r *MovesReconciler) goOn(ctx context.Context, connection Connection, library *v1alpha1.Library, mover relocate.Mover, j *relocate.Journal) (ended bool, err error) {
	done, err := mover.Resume(ctx, j)
	if err != nil || !done {
		return false, err //nolint:wrapcheck // it says what
	}
	if j.Refusal == nil {
		// A worker that began before may have put a picture where the file was, or may yet.
		working, err := r.rendersSince(ctx, library, j.At)
		if err != nil || working {
			return false, err
		}
		name := client.ObjectKeyFromObject(library)
		since, known := r.Moves.doneSince(name, j.Token)
		if !known {
			if err := purgeRendered(ctx, connection, library.Status.VitrineBucket, j.From.Key); err != nil {
				return false, err
			}
			r.Moves.done(name, j.Token)
			r.Notices.wake(assetsController, name, 0)
			return false, nil
		}
		if !r.Inventory.sweptSince(name, since) { // links show it where it was until a sweep has found it gone
			return false, nil
		}
	} else {
		r.Moves.refuse(client.ObjectKeyFromObject(library), j.From.Key, r.Clock.Now().Add(refusedRest))
	}
	if j.Record != "" {
		if answered, err := r.answer(ctx, connection, library, *j); err != nil || !answered {
			return false, err
		}
	}
	log.FromContext(ctx).Info("a file moved", "library", library.Name, "held", j.To.Held, "refused", j.Refusal != nil)
	if err := mover.Forget(ctx, *j); err != nil {
		return false, err //nolint:wrapcheck // it says what
	}
	r.Moves.told(client.ObjectKeyFromObject(library), j.Token)
	return true, nil
}

// rendersSince tells whether a rendition Job of the Library still works that was made before an instant.
func (r *MovesReconciler) rendersSince(ctx context.Context, library *v1alpha1.Library, at time.Time) (bool, error) {
	var jobs batchv1.JobList
	if err := r.List(ctx, &jobs, client.InNamespace(r.Settings.JobsNamespace), client.MatchingLabels{
		v1alpha1.LabelTenant: library.Namespace, v1alpha1.LabelLibrary: library.Name,
	}); err != nil {
		return false, fmt.Errorf("listing rendition Jobs: %w", err)
	}
	for i := range jobs.Items {
		if job := &jobs.Items[i]; !finished(job) && !job.CreationTimestamp.After(at.Add(clockSkew)) {
			return true, nil
		}
	}
	return false, nil
}

// purgeRendered removes what was made of an original at a place where it is no more.
func purgeRendered(ctx context.Context, connection Connection, bucket string, key access.Key) error {
	objects := []string{asset.FactsObject(key)}
	err := connection.ListObjects(ctx, bucket, asset.Renditions(key), func(info store.ObjectInfo) error {
		if !strings.Contains(strings.TrimPrefix(info.Key, asset.Renditions(key)), "/") { // below it are those of files in a folder of that name
			objects = append(objects, info.Key)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing what was made of a file that moved: %w", err)
	}
	for _, object := range objects {
		if err := connection.PurgeObject(ctx, bucket, object); err != nil {
			return fmt.Errorf("removing what was made of a file that moved: %w", err)
		}
	}
	return nil
}

// begin starts the moves that state and clock ask for, a few at a time.
func (r *MovesReconciler) begin(ctx context.Context, connection Connection, library *v1alpha1.Library, mover relocate.Mover, tenant *Tenant, most int) (begun int, err error) {
	holding := r.Inventory.Of(client.ObjectKeyFromObject(library))
	if holding == nil {
		return 0, nil
	}
	name, now, problem, stays := client.ObjectKeyFromObject(library), r.Clock.Now(), "", stuck{}
	for _, group := range []struct {
		assets []Asset
		held   bool
	}{{holding.Assets, false}, {holding.Archived, true}} {
		for i := range group.assets {
			a := &group.assets[i]
			if begun >= most || !a.due(tenant, now, group.held) {
				continue
			}
			if r.Moves.rests(name, a.Key, now) {
				stays.add(a.Key, "could not be moved, and is tried again later")
				continue
			}
			err := r.start(ctx, connection, library, mover, a, group.held)
			var refusal *relocate.Refusal
			switch {
			case errors.As(err, &refusal) && (refusal.Reason == relocate.ReasonNotFound || refusal.Reason == relocate.ReasonMoving):
				// It is there, or on its way, since the last look.
			case errors.Is(err, store.ErrUnreachable) || ctx.Err() != nil:
				return begun, err
			case errors.Is(err, store.ErrPreconditionFailed):
				// Somebody decided otherwise meanwhile.
			case err != nil && refusal == nil:
				log.FromContext(ctx).Error(err, "a file cannot be moved; trying again later", "library", library.Name, "file", objectOf(a.Key))
				r.Moves.refuse(name, a.Key, now.Add(refusedRest))
				problem = "a file cannot be moved, and is tried again later; see the manager's log"
			case err != nil:
				r.Moves.refuse(name, a.Key, now.Add(refusedRest))
				stays.add(a.Key, "stays where it is: "+refusal.Error())
				log.FromContext(ctx).Info("a file does not move", "library", library.Name, "file", objectOf(a.Key), "why", refusal.Error())
				r.Events.Eventf(library, nil, corev1.EventTypeWarning, "MoveRefused", "Move", "%s", cut(refusedMessage(a.Key, refusal)))
			default:
				begun++
			}
		}
	}
	if told := stays.String(); told != "" {
		problem = told
	}
	if r.Moves.set(name, problem) {
		r.Notices.wake(libraryController, name, 0)
	}
	return begun, nil
}

// start begins one move into the archive or back. What only the clock archived is written down as archived first, so that it stays so
// whatever becomes of the clock's reasons, until somebody says otherwise.
func (r *MovesReconciler) start(ctx context.Context, connection Connection, library *v1alpha1.Library, mover relocate.Mover, a *Asset, back bool) error {
	lock := r.Moves.start(client.ObjectKeyFromObject(library))
	lock.Lock()
	defer lock.Unlock()
	object := asset.StateObject(a.Key)
	record, etag, err := document(ctx, connection, library.Status.VitrineBucket, object, asset.DecodeState)
	if err != nil {
		return err
	}
	archived := record != nil && record.State == v1alpha1.StateArchived
	switch {
	case back && archived:
		return nil // somebody archived it again since it was looked at
	case !back && !archived:
		next := asset.StateRecord{}
		if record != nil {
			next = *record
		}
		next.State, next.Signature = v1alpha1.StateArchived, asset.Signature{By: clockAuthor, At: r.Clock.Now().UTC()}
		data, err := next.Encode()
		if err != nil {
			return err //nolint:wrapcheck // it says what
		}
		as := store.IfAbsent()
		if etag != "" {
			as = store.IfMatch(etag)
		}
		if _, err := connection.PutObject(ctx, library.Status.VitrineBucket, object, data, jsonType, as); err != nil {
			return fmt.Errorf("writing that a file is archived: %w", err)
		}
	}
	_, err = mover.Start(ctx, relocate.Move{From: relocate.Place{Key: a.Key, Held: back}, To: relocate.Place{Key: a.Key, Held: !back}, By: clockAuthor})
	return err //nolint:wrapcheck // a refusal, or it says what
}
