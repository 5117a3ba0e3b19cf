package controllers

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

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
	if err := r.Get(ctx, req.NamespacedName, obj); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !obj.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	before := obj.DeepCopy()
	out, err := r.reconcile(ctx, obj)
	return r.report(ctx, before, obj, out, err)
}

func (r *FolderReconciler) reconcile(ctx context.Context, obj *v1alpha1.Folder) (outcome, error) {
	tenant, err := r.Tenants.Get(ctx, obj.Namespace)
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
