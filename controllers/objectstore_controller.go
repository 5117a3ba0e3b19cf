package controllers

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// ObjectStoreReconciler probes a store, and keeps the gateway's own identity there.
type ObjectStoreReconciler struct {
	*Deps
	// probed is what was found last, by ObjectStore: values are of type probed.
	probed sync.Map
	// orphans is what was left at stores by force.
	orphans orphans
}

// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=objectstores,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=objectstores/status,verbs=get;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;create;patch;delete
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// SetupWithManager connects the reconciler.
func (r *ObjectStoreReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.ObjectStore{}).
		Watches(&v1alpha1.Library{}, handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []ctrl.Request {
			return []ctrl.Request{{NamespacedName: types.NamespacedName{Name: o.(*v1alpha1.Library).Spec.StoreRef.Name}}}
		}), onDeclaration).
		WithOptions(atOnce(storesAtOnce)).
		Complete(r)
}

// Reconcile brings one ObjectStore to what it declares.
func (r *ObjectStoreReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.ObjectStore{}
	if err := r.Get(ctx, req.NamespacedName, obj); err != nil {
		if apierrors.IsNotFound(err) {
			r.probed.Delete(req.Name)
			r.Stores.forget(req.Name)
			r.orphans.forget(req.Name)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if err := r.hold(ctx, obj); err != nil {
		return r.report(ctx, obj, obj, outcome{state: unknown}, err)
	}
	before := obj.DeepCopy()
	out, err := r.reconcile(ctx, obj)
	return r.report(ctx, before, obj, out, err)
}

func (r *ObjectStoreReconciler) reconcile(ctx context.Context, obj *v1alpha1.ObjectStore) (outcome, error) {
	var libraries v1alpha1.LibraryList
	if err := r.List(ctx, &libraries, client.MatchingFields{indexStore: obj.Name}); err != nil {
		return outcome{}, fmt.Errorf("counting Libraries: %w", err)
	}
	libraries.Items = slices.DeleteFunc(libraries.Items, func(l v1alpha1.Library) bool { return !r.uses(ctx, obj, &l) })
	count := int32(len(libraries.Items))
	obj.Status.Libraries = &count

	if !obj.DeletionTimestamp.IsZero() {
		if count > 0 {
			if obj.Status.Capabilities == nil && obj.GetAnnotations()[v1alpha1.AnnotationAt] != "" {
				// A restored one: the Libraries go only once it is known how their rights got there.
				if connection, err := r.Stores.ForRemoval(ctx, obj.Name); err == nil {
					if err := r.probe(ctx, obj, connection); err != nil {
						return outcome{}, err
					}
				}
			}
			return outcome{}, stall(v1alpha1.ReasonInUse, "%d Libraries still use this ObjectStore; delete them first, or it would leave policies and keys behind", count)
		}
		var users v1alpha1.UserList
		if err := r.List(ctx, &users, client.MatchingFields{indexIdentityStore: obj.Name}); err != nil {
			return outcome{}, fmt.Errorf("counting Users: %w", err)
		}
		// Anybody may write the annotation, too. What was not made under this installation is not here.
		users.Items = slices.DeleteFunc(users.Items, func(u v1alpha1.User) bool {
			return whereaboutsOf(&u)[obj.Name] != obj.Spec.InstallationID
		})
		if len(users.Items) > 0 {
			return outcome{}, wait(v1alpha1.ReasonInUse, fmt.Sprintf("%d Users still have an identity at this store; they lose it now that no Library is left", len(users.Items)), time.Second)
		}
		return outcome{state: unknown}, r.remove(ctx, obj)
	}
	connection, err := r.Stores.Get(ctx, obj.Name)
	if err != nil {
		return outcome{}, err
	}
	if err := r.probe(ctx, obj, connection); err != nil {
		return outcome{}, err
	}
	if err := r.note(ctx, obj, whereabouts{obj.Name: obj.Spec.InstallationID}); err != nil {
		return outcome{}, err
	}
	key, err := r.ensureKey(ctx, connection, wantedKey{identity: gatewayIdentity(obj), secret: gatewaySecret(r.Settings, obj.Name), owner: ownerOf("ObjectStore", obj)})
	if err != nil {
		return outcome{}, fmt.Errorf("the gateway's identity: %w", err)
	}
	obj.Status.EffectWithin, obj.Status.DriftInterval = effectWithin(obj).String(), r.Settings.driftInterval(obj).String()
	if err := r.sweepOrphans(ctx, connection); err != nil {
		return outcome{}, fmt.Errorf("looking for what has no owner: %w", err)
	}
	orphaned := r.orphans.count(obj.Name)
	obj.Status.Orphans = &orphaned
	for _, library := range libraries.Items {
		if key.made || r.Enforcement.waits(tenantAt{library.Namespace, obj.Name}) {
			r.Notices.wake(accessController, types.NamespacedName{Namespace: library.Namespace, Name: obj.Name}, r.Settings.Debounce)
		}
	}
	message := "the store answers and does what Vitrine relies on"
	if c := obj.Status.Capabilities; c != nil && c.Rewrites == v1alpha1.CapabilityUnsupported {
		message += "; but it loses what is uploaded under a key that was deleted before: tell people to use new names"
	}
	return outcome{enforced, v1alpha1.ReasonEnforced, message, r.Settings.DriftInterval}, nil
}

// uses tells whether a Library may have something at a store. Anybody may write the name of a store, and an annotation that
// says that something is there: of a Library that is not admitted, and perhaps never was, the store is asked when that matters.
func (r *ObjectStoreReconciler) uses(ctx context.Context, obj *v1alpha1.ObjectStore, library *v1alpha1.Library) bool {
	if admitted(obj, library) {
		return true
	}
	if whereaboutsOf(library)[obj.Name] != obj.Spec.InstallationID {
		return false
	}
	if obj.DeletionTimestamp.IsZero() {
		return true
	}
	connection, err := r.Stores.ForRemoval(ctx, obj.Name)
	if err != nil {
		return true
	}
	originals, vitrine := marks(obj, library)
	for _, b := range []markedBucket{{library.Spec.Bucket.Name, originals}, {asset.VitrineBucket(library.Spec.Bucket.Name), vitrine}} {
		state, err := connection.ObserveBucket(ctx, b.name)
		if err != nil && !isForeign(err) || state.Mark != nil && *state.Mark == b.mark {
			return true
		}
	}
	return false
}

// remove takes away what Vitrine made for itself at the store.
func (r *ObjectStoreReconciler) remove(ctx context.Context, obj *v1alpha1.ObjectStore) error {
	if !controllerutil.ContainsFinalizer(obj, v1alpha1.Finalizer) {
		return nil
	}
	connection, has, err := r.forRemoval(ctx, obj, obj.Name)
	if err != nil {
		return err
	}
	if !has {
		return r.release(ctx, obj) // it never could be used, so nothing of ours is there
	}
	if err := connection.Identities.Delete(ctx, gatewayIdentity(obj)); err != nil {
		return fmt.Errorf("deleting the gateway's identity: %w", err)
	}
	if err := r.removeFederation(ctx, connection); err != nil {
		return err
	}
	name := gatewaySecret(r.Settings, obj.Name)
	if err := r.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}}); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("deleting the gateway's key: %w", err)
	}
	return r.release(ctx, obj)
}

// hold puts the finalizer on, so that the object cannot go before what Vitrine
// made for it outside the cluster.
func (d *Deps) hold(ctx context.Context, obj client.Object) error {
	before := obj.DeepCopyObject().(client.Object)
	if !obj.GetDeletionTimestamp().IsZero() || !controllerutil.AddFinalizer(obj, v1alpha1.Finalizer) {
		return nil
	}
	if err := d.Patch(ctx, obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("putting the finalizer on: %w", err)
	}
	return nil
}

// release takes the finalizer off; the object is gone after it.
func (d *Deps) release(ctx context.Context, obj client.Object) error {
	before := obj.DeepCopyObject().(client.Object)
	controllerutil.RemoveFinalizer(obj, v1alpha1.Finalizer)
	if err := d.Patch(ctx, obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("releasing the finalizer: %w", err)
	}
	return nil
}

// gatewayIdentity is who the gateway is at a store.
func gatewayIdentity(obj *v1alpha1.ObjectStore) store.Identity {
	installation := obj.Spec.InstallationID
	return store.Identity{
		Name: store.Name(installation, store.SystemNamespace, "Gateway", obj.Name),
		Path: store.IdentityPath(installation, store.SystemNamespace),
		Tags: map[string]string{"vitrine:installation": installation, "vitrine:kind": "Gateway"},
	}
}

// gatewaySecret is where the gateway's key for a store is.
func gatewaySecret(s Settings, objectStore string) types.NamespacedName {
	return types.NamespacedName{Namespace: s.GatewayNamespace, Name: "store-" + objectStore}
}
