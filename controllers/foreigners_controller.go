package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// ForeignersReconciler looks once in a while who beside Vitrine's own users and groups comes to the buckets of
// Libraries. It only reads. A look takes several requests for each user of the store, so it has a reconciler to itself:
// neither probes nor passes of the compiler wait for it.
type ForeignersReconciler struct{ *Deps }

// foreignLookTimeout is how long one look may take.
const foreignLookTimeout = 10 * time.Minute

// SetupWithManager connects the reconciler.
func (r *ForeignersReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("foreigners").
		For(&v1alpha1.ObjectStore{}, onDeclaration).
		// Where there is no Library nobody looks, so the first one begins it.
		Watches(&v1alpha1.Library{}, handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []ctrl.Request {
			return []ctrl.Request{{NamespacedName: types.NamespacedName{Name: o.(*v1alpha1.Library).Spec.StoreRef.Name}}}
		}), onDeclaration).
		WithOptions(atOnce(storesAtOnce)).
		Complete(r)
}

// Reconcile looks at one ObjectStore when that is due.
func (r *ForeignersReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	declared := &v1alpha1.ObjectStore{}
	if err := r.Get(ctx, req.NamespacedName, declared); err != nil {
		if apierrors.IsNotFound(err) {
			r.Foreigners.forget(req.Name)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	libraries, err := r.librariesAt(ctx, req.Name)
	if err != nil || len(libraries) == 0 || !declared.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, err
	}
	connection, err := r.Stores.Get(ctx, req.Name)
	if err != nil {
		return ctrl.Result{RequeueAfter: remedyInterval}, nil //nolint:nilerr // the ObjectStore's own reconciler tells it
	}
	before := r.Foreigners.get(req.Name)
	if rest := before.rests(connection.Opened, r.Clock.Now(), r.Settings.ForeignInterval); rest > 0 {
		return ctrl.Result{RequeueAfter: rest}, nil
	}
	now := r.look(ctx, connection, before)
	if ctx.Err() != nil {
		return ctrl.Result{}, nil //nolint:nilerr // the manager ends, so what was found may not be all
	}
	r.Foreigners.set(req.Name, now)
	// Those that came while it looked are woken too, or have not asked yet.
	if libraries, err = r.librariesAt(ctx, req.Name); err != nil {
		return ctrl.Result{}, err
	}
	for i := range libraries {
		if now.answered != before.answered || now.reaching(&libraries[i]) != before.reaching(&libraries[i]) {
			r.Notices.wake(libraryController, client.ObjectKeyFromObject(&libraries[i]), 0)
		}
	}
	return ctrl.Result{RequeueAfter: now.rests(connection.Opened, r.Clock.Now(), r.Settings.ForeignInterval)}, nil
}

func (r *ForeignersReconciler) librariesAt(ctx context.Context, objectStore string) ([]v1alpha1.Library, error) {
	var libraries v1alpha1.LibraryList
	if err := r.List(ctx, &libraries, client.MatchingFields{indexStore: objectStore}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the Libraries at ObjectStore %q: %w", objectStore, err)
	}
	return libraries.Items, nil
}

// look asks a store for all of its users and groups that are not Vitrine's. What it does not tell stays as it was found before.
func (r *ForeignersReconciler) look(ctx context.Context, connection Connection, before looked) looked {
	ctx, cancel := context.WithTimeout(ctx, foreignLookTimeout)
	defer cancel()
	now := before
	if before.opened != connection.Opened {
		now.keyHolders = nil // it may be another key
	}
	now.opened = connection.Opened
	bearers, unread, err := connection.Bearers(ctx, store.Ours)
	if err == nil {
		err = ctx.Err() // what was left of it was not read
	}
	if err != nil {
		// A store that will not tell tomorrow either holds up nothing else that a condition says.
		now.answered = before.answered || isUntold(err) || isMissing(err)
		unread = []string{err.Error()}
	} else {
		groupsUnknown := len(unread) > 0
		for i := range bearers {
			if b := &bearers[i]; !b.Shut {
				for _, what := range b.Unread {
					unread = append(unread, fmt.Sprintf("%s %s: %s", b.Kind, store.Printable(b.Name), what))
				}
			}
		}
		now.answered, now.found = true, foreignersOf(bearers, groupsUnknown, before.found)
		if err := now.leaveOutKeyHolder(ctx, connection, bearers); err != nil {
			unread = append(unread, err.Error())
		}
	}
	now.ended = r.Clock.Now()
	if len(unread) > 0 && now.ended.Sub(before.failed) >= r.Settings.ForeignInterval {
		now.failed = now.ended
		log.FromContext(ctx).Info("the store does not tell all of what users and groups that are not Vitrine's may do; what was found before stays told",
			"count", len(unread), "first", unread[0])
	}
	return now
}

// leaveOutKeyHolder takes out the user whose key Vitrine uses there, and a group that has no other member: that is how Vitrine
// itself comes to the store. Each user is asked for once with one key.
func (l *looked) leaveOutKeyHolder(ctx context.Context, connection Connection, bearers []store.Bearer) error {
	var refused error
	asked := map[string]bool{}
	uses := func(user string) bool {
		is, known := l.keyHolders[user]
		if !known {
			var err error
			if is, err = connection.KeyIsOf(ctx, user); err != nil {
				refused = errors.Join(refused, err)
				return false
			}
		}
		asked[user] = is
		return is
	}
	alone := map[string]string{} // members of groups that have one
	for _, b := range bearers {
		if b.Kind == store.HolderGroup && len(b.Members) == 1 && len(b.Unread) == 0 {
			alone[b.Name] = b.Members[0]
		}
	}
	l.found = slices.DeleteFunc(l.found, func(f foreigner) bool {
		if f.kind == store.HolderUser {
			return uses(f.name)
		}
		member := alone[f.name]
		return member != "" && uses(member)
	})
	l.keyHolders = asked
	return refused
}
