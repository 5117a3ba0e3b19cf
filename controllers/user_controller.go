package controllers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const userController = "user"

// UserReconciler gives Users an identity and a key at the stores that their
// tenant uses, and takes both away.
type UserReconciler struct{ *Deps }

// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=users,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=users/status,verbs=get;patch

// SetupWithManager connects the reconciler.
func (r *UserReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.User{}).
		// A tenant's first Library at a store, or its last, changes which identities its Users have.
		Watches(&v1alpha1.Library{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrl.Request {
			return r.namesIn(ctx, o.GetNamespace(), &v1alpha1.UserList{})
		}), onDeclaration).
		// A store that admits the tenant anew, or no longer.
		Watches(&v1alpha1.ObjectStore{}, r.inTenantsOf(&v1alpha1.UserList{}), onDeclaration).
		WatchesRawSource(r.Notices.source(userController)).
		WithOptions(atOnce(tenantsAtOnce)).
		Complete(r)
}

// Reconcile brings one User to what it declares.
func (r *UserReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	user := &v1alpha1.User{}
	if err := r.Get(ctx, req.NamespacedName, user); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if err := r.hold(ctx, user); err != nil {
		return r.report(ctx, user, user, outcome{state: unknown}, err)
	}
	before := user.DeepCopy()
	out, err := r.reconcile(ctx, user)
	return r.report(ctx, before, user, out, err)
}

func (r *UserReconciler) reconcile(ctx context.Context, user *v1alpha1.User) (outcome, error) {
	// Of what the tenant declares only the Libraries count here. To gather all of it for each of hundreds of Users takes long.
	var libraries v1alpha1.LibraryList
	if err := r.List(ctx, &libraries, client.InNamespace(user.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return outcome{}, fmt.Errorf("listing the Libraries of namespace %s: %w", user.Namespace, err)
	}
	stores := storesUsed(libraries.Items)
	leaving := !user.DeletionTimestamp.IsZero()
	wanted := map[string]bool{}
	at := whereaboutsOf(user)
	var errs []error
	if !leaving && user.Spec.Credentials == v1alpha1.CredentialsIssue {
		for _, name := range stores {
			declared, err := r.mayUse(ctx, user.Namespace, name)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			wanted[name] = true
			if declared.Status.Capabilities != nil { // nothing is to be made at a store that may never answer
				at[name] = declared.Spec.InstallationID
			}
		}
	}
	// What is taken away goes first, at every store: one that does not answer
	// holds up nothing at another.
	for _, name := range unwanted(user, wanted) {
		if err := r.withdraw(ctx, user, name, libraries.Items); err != nil {
			errs = append(errs, r.stillThere(name, err))
			continue
		}
		delete(at, name)
		user.Status.Identities = withoutStore(user.Status.Identities, name)
	}
	if leaving {
		if err := errors.Join(errs...); err != nil {
			return outcome{}, err
		}
		return outcome{state: unknown}, r.release(ctx, user)
	}
	if err := r.note(ctx, user, at); err != nil {
		return outcome{}, err
	}
	again := r.Settings.keysInterval()
	for _, name := range stores {
		if !wanted[name] {
			continue
		}
		if at[name] == "" {
			errs = append(errs, unfit(nil))
			continue
		}
		identity, next, err := r.provide(ctx, user, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !next.IsZero() {
			again = min(again, max(next.Sub(r.Clock.Now()), 0)+10*time.Millisecond)
		}
		user.Status.Identities = append(withoutStore(user.Status.Identities, name), identity)
	}
	if err := errors.Join(errs...); err != nil {
		return outcome{}, err
	}
	if len(wanted) == 0 {
		return outcome{enforced, v1alpha1.ReasonEnforced, "no access key is wanted", r.Settings.DriftInterval}, nil
	}
	tenant, err := r.Tenants.Recent(ctx, user.Namespace)
	if err != nil {
		return outcome{}, err
	}
	out, err := r.standing(tenant, "User", user, "identity and access key are at the store")
	if reason := v1alpha1.FreezeReason(user); reason != "" && err == nil && out.state == enforced {
		out.reason, out.message = v1alpha1.ReasonFrozen, "frozen: "+reason+"; no policy names this User"
		if others := r.attachedByOthers(user.Namespace, user.Name, stores); others != "" {
			out.state, out.reason = stalled, v1alpha1.ReasonForeignStatements
			out.message = "frozen: " + reason + "; Vitrine gives this User nothing, but " + others + "; what they give stays: remove them at the store"
		}
	}
	return out.within(again), err
}

// unwanted names the stores from which the User is to be taken.
func unwanted(user *v1alpha1.User, wanted map[string]bool) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(whereaboutsOf(user))) {
		if !wanted[name] {
			names = append(names, name)
		}
	}
	// What status knows of beyond that is only told until now: nothing was made there that was not noted.
	for _, known := range user.Status.Identities {
		if !wanted[known.Store] && !slices.Contains(names, known.Store) {
			names = append(names, known.Store)
		}
	}
	return names
}

// mayUse gives the declaration of a store, or says why a namespace's Users may have no identity there.
func (r *UserReconciler) mayUse(ctx context.Context, namespace, objectStore string) (*v1alpha1.ObjectStore, error) {
	declared := &v1alpha1.ObjectStore{}
	err := r.Get(ctx, types.NamespacedName{Name: objectStore}, declared)
	switch {
	case apierrors.IsNotFound(err):
		return nil, storeNotFound(objectStore)
	case err != nil:
		return nil, fmt.Errorf("reading ObjectStore %q: %w", objectStore, err)
	case !declared.AdmitsNamespace(namespace):
		return nil, stall(v1alpha1.ReasonNotAdmitted, "ObjectStore %q does not admit namespace %q; ask the platform team to add it to spec.tenants", objectStore, namespace)
	}
	return declared, nil
}

// provide makes the identity, the key and the Secret at one store, and says
// when something about the key changes by the clock; zero for never.
func (r *UserReconciler) provide(ctx context.Context, user *v1alpha1.User, objectStore string) (v1alpha1.StoreIdentity, time.Time, error) {
	connection, err := r.Stores.Get(ctx, objectStore)
	if err != nil {
		return v1alpha1.StoreIdentity{}, time.Time{}, err
	}
	identity := userIdentity(connection.Declared, user.Namespace, user.Name)
	secret := types.NamespacedName{Namespace: user.Namespace, Name: user.Name + "." + objectStore + ".key"}
	rotation := rotationOf(user)
	key, err := r.ensureKey(ctx, connection, wantedKey{
		identity: identity, inPlace: r.inPlace(connection.Declared, user), secret: secret, owner: ownerOf("User", user), rotation: rotation,
	})
	if err != nil {
		return v1alpha1.StoreIdentity{}, time.Time{}, err
	}
	if key.made {
		r.Notices.wake(accessController, types.NamespacedName{Namespace: user.Namespace, Name: objectStore}, r.Settings.Debounce)
	}
	issued := metav1.NewTime(key.issued)
	held := v1alpha1.StoreIdentity{
		Store: objectStore, Name: identity.Name, AccessKeyID: key.id, IssuedAt: &issued,
		SecretRef: &v1alpha1.LocalSecretReference{Name: secret.Name},
	}
	if key.previous != "" {
		held.Previous = &v1alpha1.PreviousKey{AccessKeyID: key.previous, EndsAt: metav1.NewTime(key.previousEnds)}
	}
	return held, rotation.next(key), nil
}

// inPlace tells whether the last pass, which reads who is there in one request, found a User's identity where it is to be: then
// the store need not be asked again for each. MinIO has to be, which can disable a user, and no list of ours tells that.
func (r *UserReconciler) inPlace(declared *v1alpha1.ObjectStore, user *v1alpha1.User) bool {
	result := r.Enforcement.get(tenantAt{user.Namespace, declared.Name})
	if result == nil || declared.Spec.Driver == v1alpha1.DriverMinIO {
		return false
	}
	absent, looked := result.absent[user.Name]
	return looked && !absent
}

// withdraw takes everything of a User away from one store: the keys at once, so
// that access ends now; the identity when no policy names it any more.
func (r *UserReconciler) withdraw(ctx context.Context, user *v1alpha1.User, objectStore string, libraries []v1alpha1.Library) error {
	connection, has, err := r.forRemoval(ctx, user, objectStore)
	if err != nil || !has {
		return err
	}
	identity := userIdentity(connection.Declared, user.Namespace, user.Name)
	if err := endKeys(ctx, connection, identity); err != nil {
		return err
	}
	principal := connection.Identities.Principal(identity)
	for i := range libraries {
		library := &libraries[i]
		if library.Spec.StoreRef.Name != objectStore {
			continue
		}
		for _, bucket := range []string{library.Spec.Bucket.Name, asset.VitrineBucket(library.Spec.Bucket.Name)} {
			document, err := connection.BucketPolicy(ctx, bucket)
			if isMissing(err) {
				continue
			}
			if err != nil {
				return fmt.Errorf("reading the policy of bucket %s: %w", bucket, err)
			}
			if namedByUs(document, principal) {
				r.Notices.wake(accessController, types.NamespacedName{Namespace: user.Namespace, Name: objectStore}, 0)
				return wait(v1alpha1.ReasonDeleting, "the access keys are gone; waiting until no policy names the identity", 150*time.Millisecond)
			}
		}
	}
	if err := connection.Identities.Delete(ctx, identity); err != nil {
		return fmt.Errorf("deleting the identity at the store: %w", err)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: user.Namespace, Name: user.Name + "." + objectStore + ".key"}}
	existing := &corev1.Secret{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(secret), existing); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !ownedBy(existing, ownerOf("User", user)) {
		return nil
	}
	return client.IgnoreNotFound(r.Delete(ctx, secret))
}

// userIdentity is who a User is at a store.
func userIdentity(declared *v1alpha1.ObjectStore, namespace, user string) store.Identity {
	installation := declared.Spec.InstallationID
	return store.Identity{
		Name: store.Name(installation, namespace, "User", user),
		Path: store.IdentityPath(installation, namespace),
		Tags: map[string]string{"vitrine:installation": installation, "vitrine:namespace": namespace, "vitrine:kind": "User", "vitrine:name": user},
	}
}

func withoutStore(list []v1alpha1.StoreIdentity, objectStore string) []v1alpha1.StoreIdentity {
	kept := make([]v1alpha1.StoreIdentity, 0, len(list))
	for _, identity := range list {
		if identity.Store != objectStore {
			kept = append(kept, identity)
		}
	}
	return kept
}
