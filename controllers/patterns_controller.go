package controllers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const patternsController = "patterns"

// peekShare bounds what looking costs: at most one part of so many of the time.
const peekShare = 20

// PatternsReconciler lists, far more often than a whole Library is looked at,
// the parts of it that patterns of Collections could match, so that a member
// is one within seconds of its upload. It only wakes the one who looks at the whole.
type PatternsReconciler struct{ *Deps }

// SetupWithManager connects the reconciler.
func (r *PatternsReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named(patternsController).
		For(&v1alpha1.Library{}, onDeclaration).
		Watches(&v1alpha1.Collection{}, handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []ctrl.Request {
			library := o.(*v1alpha1.Collection).Spec.LibraryRef.Name
			return []ctrl.Request{{NamespacedName: types.NamespacedName{Namespace: o.GetNamespace(), Name: library}}}
		}), onDeclaration).
		WithOptions(atOnce(tenantsAtOnce)).
		Complete(r)
}

// Reconcile looks once at what the patterns over one Library could match.
func (r *PatternsReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	library := &v1alpha1.Library{}
	if err := r.Get(ctx, req.NamespacedName, library); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	tenant, err := r.Tenants.Get(ctx, req.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	prefixes := prefixesOf(patternsOf(tenant, req.Name))
	if len(prefixes) == 0 || !library.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	began := time.Now()
	again := r.Settings.PeekInterval
	known, swept := r.Inventory.filesOf(req.NamespacedName)
	if !swept || library.Status.VitrineBucket == "" {
		return ctrl.Result{RequeueAfter: again}, nil
	}
	changed, err := r.differs(ctx, library, prefixes, known)
	if err != nil {
		out, _ := classify(err) // the sweep tells of it
		return ctrl.Result{RequeueAfter: max(out.after, again)}, nil
	}
	if changed {
		r.Notices.wake(assetsController, req.NamespacedName, 0)
	}
	return ctrl.Result{RequeueAfter: max(again, peekShare*time.Since(began))}, nil
}

// differs tells whether other files are there below the prefixes than are known.
func (r *PatternsReconciler) differs(ctx context.Context, library *v1alpha1.Library, prefixes []string, known files) (bool, error) {
	connection, err := r.Stores.Get(ctx, library.Spec.StoreRef.Name)
	if err != nil {
		return false, err
	}
	if err := r.refusal(ctx, connection.Declared, library); err != nil {
		return false, err
	}
	for _, prefix := range prefixes {
		from, _ := slices.BinarySearch(known.paths, prefix)
		rest := known.paths[from:]
		i, same := 0, true
		err := connection.ListObjects(ctx, library.Spec.Bucket.Name, prefix, func(info store.ObjectInfo) error {
			if why, marker := notAFile(info.Key); why != "" || marker {
				return nil
			}
			same = same && i < len(rest) && rest[i] == info.Key
			i++
			return nil
		})
		if err != nil {
			return false, fmt.Errorf("listing bucket %s: %w", library.Spec.Bucket.Name, err)
		}
		if !same || i < len(rest) && strings.HasPrefix(rest[i], prefix) {
			return true, nil
		}
	}
	return false, nil
}

// prefixesOf gives what everything begins with that patterns could match, none
// within another.
func prefixesOf(collections []v1alpha1.Collection) []string {
	var prefixes []string
	for _, c := range collections {
		for _, item := range c.Spec.Items {
			if access.IsPattern(item.Path) {
				prefixes = append(prefixes, access.LiteralPrefix(item.Path))
			}
		}
	}
	slices.Sort(prefixes)
	kept := prefixes[:0]
	for _, p := range prefixes {
		if n := len(kept); n == 0 || !strings.HasPrefix(p, kept[n-1]) {
			kept = append(kept, p)
		}
	}
	return kept
}
