package controllers

import (
	"context"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

const roleBindingController = "rolebinding"

// RoleBindingReconciler tells what a RoleBinding comes to.
type RoleBindingReconciler struct{ *Deps }

// SetupWithManager connects the reconciler. The compiler wakes it when what it
// says of one changes.
func (r *RoleBindingReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.RoleBinding{}).
		WatchesRawSource(r.Notices.source(roleBindingController)).
		Complete(r)
}

// Reconcile tells how one RoleBinding stands.
func (r *RoleBindingReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.RoleBinding{}
	return r.describe(ctx, req, obj, func() (outcome, error) { return r.reconcile(ctx, obj) })
}

func (r *RoleBindingReconciler) reconcile(ctx context.Context, obj *v1alpha1.RoleBinding) (outcome, error) {
	tenant, err := r.Tenants.Recent(ctx, obj.Namespace)
	if err != nil {
		return outcome{}, err
	}
	now := r.Clock.Now()
	phase, next := phaseOf(obj.Spec.NotBefore, obj.Spec.NotAfter, now)
	obj.Status.Phase = phase
	users := int32(len(tenant.Model.BindingUsers(obj.Name)))
	obj.Status.Users = &users

	out, err := r.standing(tenant, "RoleBinding", obj, "what it gives is "+strings.ToLower(string(phase)))
	if err == nil && out.state == enforced {
		err = r.refusedLists(ctx, tenant, obj.Name)
	}
	if err == nil && !next.IsZero() {
		out = out.within(next.Sub(now) + 10*time.Millisecond)
	}
	return out, err
}

// refusedLists says which listings a binding does not give, since the store
// could be made to tell more than is declared; nil when it gives all.
func (r *RoleBindingReconciler) refusedLists(ctx context.Context, tenant *Tenant, binding string) error {
	for _, scope := range tenant.Model.PartialLists(binding) {
		library := libraryNamed(tenant, scope.Library)
		if library == nil {
			continue
		}
		declared := &v1alpha1.ObjectStore{}
		if err := r.Get(ctx, types.NamespacedName{Name: library.Spec.StoreRef.Name}, declared); err != nil {
			return client.IgnoreNotFound(err)
		}
		if wholeListsOnly(declared) {
			return stall(v1alpha1.ReasonUntrustedConditions, "the right to list is not given on part of Library %q: at ObjectStore %q a client can have a listing of one folder tell the names in all; everything else that it gives is in force. Give this audience a Library of its own and a library- role on it, or have the platform team set spec.untrustedConditions: Accept", scope.Library, declared.Name)
		}
	}
	return nil
}

// phaseOf says where an instant stands in a window, and when that changes;
// zero when it never does.
func phaseOf(notBefore, notAfter *metav1.Time, now time.Time) (v1alpha1.Phase, time.Time) {
	switch {
	case notAfter != nil && !now.Before(notAfter.Time):
		return v1alpha1.PhaseEnded, time.Time{}
	case notBefore != nil && now.Before(notBefore.Time):
		return v1alpha1.PhasePending, notBefore.Time
	case notAfter != nil:
		return v1alpha1.PhaseActive, notAfter.Time
	}
	return v1alpha1.PhaseActive, time.Time{}
}
