package controllers

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

const userGroupController = "usergroup"

// UserGroupReconciler tells who of a UserGroup exists, and how the others sign in.
type UserGroupReconciler struct{ *Deps }

// SetupWithManager connects the reconciler. The compiler wakes it when what it
// says of one changes.
func (r *UserGroupReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.UserGroup{}).
		WatchesRawSource(r.Notices.source(userGroupController)).
		Complete(r)
}

// Reconcile tells how one UserGroup stands.
func (r *UserGroupReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.UserGroup{}
	return r.describe(ctx, req, obj, func() (outcome, error) { return r.reconcile(ctx, obj) })
}

func (r *UserGroupReconciler) reconcile(ctx context.Context, obj *v1alpha1.UserGroup) (outcome, error) {
	tenant, err := r.Tenants.Recent(ctx, obj.Namespace)
	if err != nil {
		return outcome{}, err
	}
	count := int32(tenant.Model.GroupSize(obj.Name))
	obj.Status.Members = &count
	known, refused := r.describeSessions(tenant, obj)
	out, err := r.standing(tenant, "UserGroup", obj, "its members have what is bound to it"+howSessions(obj))
	switch {
	case err != nil:
	case !known:
		out = r.notCompiled(obj)
	case refused != nil:
		err = refused
	}
	if reason := v1alpha1.FreezeReason(obj); reason != "" && err == nil && out.state == enforced {
		out.reason, out.message = v1alpha1.ReasonFrozen, "frozen: "+reason+"; the group gives nobody anything"
	}
	return out, err
}
