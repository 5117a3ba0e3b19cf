package controllers

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

const folderController = "folder"

// FolderReconciler tells where a Folder is.
type FolderReconciler struct{ *Deps }

// SetupWithManager connects the reconciler. The compiler wakes it when what it
// says of one changes.
func (r *FolderReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.Folder{}).
		WatchesRawSource(r.Notices.source(folderController)).
		Complete(r)
}

// Reconcile tells how one Folder stands.
func (r *FolderReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.Folder{}
	return r.describe(ctx, req, obj, func() (outcome, error) { return r.reconcile(ctx, obj) })
}

func (r *FolderReconciler) reconcile(ctx context.Context, obj *v1alpha1.Folder) (outcome, error) {
	tenant, err := r.Tenants.Recent(ctx, obj.Namespace)
	if err != nil {
		return outcome{}, err
	}
	obj.Status.Bucket, obj.Status.Prefix = "", ""
	if scope, ok := tenant.Model.FolderScope(obj.Name); ok {
		if library := libraryNamed(tenant, scope.Library); library != nil {
			vitrine, prefix := asset.Object(access.Key{Library: scope.Library, Restricted: scope.Restricted, Path: scope.Prefix})
			obj.Status.Bucket, obj.Status.Prefix = library.Spec.Bucket.Name, prefix
			if vitrine {
				obj.Status.Bucket = asset.VitrineBucket(library.Spec.Bucket.Name)
			}
		}
	}
	return r.standing(tenant, "Folder", obj, "grants and links can target it")
}
