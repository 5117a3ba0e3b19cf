package controllers

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

const roleController = "role"

// RoleReconciler tells how a Role is used.
type RoleReconciler struct{ *Deps }

// SetupWithManager connects the reconciler. The compiler wakes it when what it
// says of one changes.
func (r *RoleReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.Role{}).
		Watches(&v1alpha1.RoleBinding{}, handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []ctrl.Request {
			ref := o.(*v1alpha1.RoleBinding).Spec.RoleRef
			if ref.Kind != v1alpha1.RoleKindRole {
				return nil
			}
			return []ctrl.Request{{NamespacedName: types.NamespacedName{Namespace: o.GetNamespace(), Name: ref.Name}}}
		})).
		WatchesRawSource(r.Notices.source(roleController)).
		Complete(r)
}

// Reconcile tells how one Role stands.
func (r *RoleReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.Role{}
	return r.describe(ctx, req, obj, func() (outcome, error) { return r.reconcile(ctx, obj) })
}

func (r *RoleReconciler) reconcile(ctx context.Context, obj *v1alpha1.Role) (outcome, error) {
	tenant, err := r.Tenants.Recent(ctx, obj.Namespace)
	if err != nil {
		return outcome{}, err
	}
	var bindings v1alpha1.RoleBindingList
	if err := r.List(ctx, &bindings, client.InNamespace(obj.Namespace), client.MatchingFields{indexRole: obj.Name}); err != nil {
		return outcome{}, fmt.Errorf("counting RoleBindings: %w", err)
	}
	count := int32(len(bindings.Items))
	obj.Status.Bindings = &count
	return r.standing(tenant, "Role", obj, "its permissions are given where it is bound")
}
