package controllers

import (
	"context"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

const collectionController = "collection"

// CollectionReconciler tells what a Collection holds.
type CollectionReconciler struct{ *Deps }

// SetupWithManager connects the reconciler. The compiler wakes it when what it
// says of one changes.
func (r *CollectionReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.Collection{}).
		WatchesRawSource(r.Notices.source(collectionController)).
		Complete(r)
}

// Reconcile tells how one Collection stands.
func (r *CollectionReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.Collection{}
	return r.describe(ctx, req, obj, func() (outcome, error) { return r.reconcile(ctx, obj) })
}

func (r *CollectionReconciler) reconcile(ctx context.Context, obj *v1alpha1.Collection) (outcome, error) {
	tenant, err := r.Tenants.Recent(ctx, obj.Namespace)
	if err != nil {
		return outcome{}, err
	}
	if tenant.Holdings[obj.Spec.LibraryRef.Name] != nil {
		if members, ok := tenant.Model.Members(obj.Name); ok {
			count := int64(len(members))
			obj.Status.Members = &count
		}
	}
	message := "its members are known"
	if pinned := tenant.Model.Pinned(obj.Name); pinned > 0 {
		message = fmt.Sprintf("%s; %d of them are of one version, which links show and on which grants give nothing, since a store's policies know no versions", message, pinned)
	}
	out, err := r.standing(tenant, "Collection", obj, message)
	if err == nil && obj.Spec.Selector != nil && !tenant.until.IsZero() {
		out = out.within(max(tenant.until.Sub(r.Clock.Now()), 0) + 10*time.Millisecond)
	}
	return out, err
}
