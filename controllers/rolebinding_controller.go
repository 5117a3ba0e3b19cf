package controllers

import (
	"context"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

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
	tenant, err := r.Tenants.Get(ctx, obj.Namespace)
	if err != nil {
		return outcome{}, err
	}
	now := r.Clock.Now()
	phase, next := phaseOf(obj.Spec.NotBefore, obj.Spec.NotAfter, now)
	obj.Status.Phase = phase
	users := int32(len(tenant.Model.BindingUsers(obj.Name)))
	obj.Status.Users = &users

	out, err := r.standing(tenant, "RoleBinding", obj, "what it gives is "+strings.ToLower(string(phase)))
	if err == nil && !next.IsZero() {
		out = out.within(next.Sub(now) + 10*time.Millisecond)
	}
	return out, err
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
