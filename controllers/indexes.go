package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// The reverse references that reconcilers look things up by.
const (
	// indexStore: Libraries by ObjectStore.
	indexStore = "store"
	// indexBucket: Libraries by ObjectStore and bucket, over all namespaces.
	indexBucket = "bucket"
	// indexBucketName: Libraries by bucket, at any ObjectStore.
	indexBucketName = "bucketName"
	// indexIdentityStore: Users by the ObjectStores at which they have an identity.
	indexIdentityStore = "identityStore"
	// indexRole: RoleBindings by Role.
	indexRole = "role"
)

func addIndexes(ctx context.Context, mgr ctrl.Manager) error {
	for _, index := range []struct {
		object client.Object
		name   string
		values client.IndexerFunc
	}{
		{&v1alpha1.Library{}, indexStore, func(o client.Object) []string {
			return []string{o.(*v1alpha1.Library).Spec.StoreRef.Name}
		}},
		{&v1alpha1.Library{}, indexBucket, func(o client.Object) []string {
			spec := o.(*v1alpha1.Library).Spec
			return []string{spec.StoreRef.Name + "/" + spec.Bucket.Name}
		}},
		{&v1alpha1.Library{}, indexBucketName, func(o client.Object) []string {
			return []string{o.(*v1alpha1.Library).Spec.Bucket.Name}
		}},
		{&v1alpha1.User{}, indexIdentityStore, func(o client.Object) []string {
			return slices.Collect(maps.Keys(whereaboutsOf(o)))
		}},
		{&v1alpha1.RoleBinding{}, indexRole, func(o client.Object) []string {
			if ref := o.(*v1alpha1.RoleBinding).Spec.RoleRef; ref.Kind == v1alpha1.RoleKindRole {
				return []string{ref.Name}
			}
			return nil
		}},
	} {
		if err := mgr.GetFieldIndexer().IndexField(ctx, index.object, index.name, index.values); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", index.object, index.name, err)
		}
	}
	return nil
}

// inTenantsOf wakes every object of a kind in the namespaces whose Libraries
// use an ObjectStore.
func (d *Deps) inTenantsOf(list client.ObjectList) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrl.Request {
		var libraries v1alpha1.LibraryList
		if err := d.List(ctx, &libraries, client.MatchingFields{indexStore: o.GetName()}, client.UnsafeDisableDeepCopy); err != nil {
			return nil
		}
		seen := map[string]bool{}
		var requests []ctrl.Request
		for i := range libraries.Items {
			if namespace := libraries.Items[i].Namespace; !seen[namespace] {
				seen[namespace] = true
				requests = append(requests, d.namesIn(ctx, namespace, list.DeepCopyObject().(client.ObjectList))...)
			}
		}
		return requests
	})
}

// namesIn gives a request for every object of a kind in a namespace.
func (d *Deps) namesIn(ctx context.Context, namespace string, list client.ObjectList) []ctrl.Request {
	if err := d.List(ctx, list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	var requests []ctrl.Request
	_ = meta.EachListItem(list, func(o runtime.Object) error {
		requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(o.(client.Object))})
		return nil
	})
	return requests
}
