package controllers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// endRights waits until the compiler knows that a Library is going, and so writes nothing for it any
// more, and until nothing that hangs on identities gives anything in its buckets. With the
// tenant's last Library at a store go all documents and groups: nobody would look after them.
func (r *LibraryReconciler) endRights(ctx context.Context, connection Connection, library *v1alpha1.Library) error {
	at := tenantAt{library.Namespace, library.Spec.StoreRef.Name}
	waiting := func(what string) error {
		r.Notices.wake(accessController, types.NamespacedName{Namespace: at.namespace, Name: at.store}, 0)
		return wait(v1alpha1.ReasonDeleting, what, 150*time.Millisecond)
	}
	if connection.Declared.Status.Capabilities == nil {
		// A restored ObjectStore: how rights got there is not known until it has been probed.
		return stall(v1alpha1.ReasonStoreNotReady, "it still has something at ObjectStore %q, which has not been probed yet, and goes when that is taken away; see the ObjectStore's conditions; %s", at.store, giveUp).within(time.Second)
	}
	if !r.Enforcement.hasSeen(at, object{"Library", library.Name}, versionOf(library)) {
		return waiting("waiting until nobody is given access any more")
	}
	by, is := byIdentity(connection.Declared)
	if !is {
		return nil
	}
	last, err := r.isLastAt(ctx, library)
	if err != nil {
		return err
	}
	buckets, err := mayBeIn(ctx, connection, library)
	if err != nil {
		return err
	}
	holders := connection.Holders(by)
	path := store.IdentityPath(connection.Declared.Spec.InstallationID, library.Namespace)
	held, err := holders.Held(ctx, path, gatewayIdentity(connection.Declared))
	if err != nil {
		return fmt.Errorf("reading what hangs on the tenant's identities: %w", err)
	}
	for _, holder := range slices.SortedFunc(maps.Keys(held), compareHolders) {
		remains := last && holder.Path == path && (holder.Kind == store.HolderGroup || len(held[holder].Documents) > 0)
		if remains || gives(held[holder], buckets...) {
			return waiting(fmt.Sprintf("waiting until %s %s at the store has no access any more", holder.Kind, holder.Name))
		}
	}
	return nil
}

// mayBeIn gives those of a Library's two buckets in which there may be rights of its own: not those that bear the mark of another,
// whose rights are there for as long as that one is.
func mayBeIn(ctx context.Context, connection Connection, library *v1alpha1.Library) ([]string, error) {
	var buckets []string
	originals, vitrine := marks(connection.Declared, library)
	for _, b := range []markedBucket{{library.Spec.Bucket.Name, originals}, {asset.VitrineBucket(library.Spec.Bucket.Name), vitrine}} {
		state, err := connection.ObserveBucket(ctx, b.name)
		if err != nil && !isForeign(err) {
			return nil, fmt.Errorf("looking at bucket %s: %w", b.name, err)
		}
		if err == nil && (state.Mark == nil || *state.Mark == b.mark) {
			buckets = append(buckets, b.name)
		}
	}
	return buckets, nil
}

// isLastAt tells whether no other Library of the tenant stays at the same store.
func (r *LibraryReconciler) isLastAt(ctx context.Context, library *v1alpha1.Library) (bool, error) {
	var all v1alpha1.LibraryList
	if err := r.List(ctx, &all, client.InNamespace(library.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return false, fmt.Errorf("listing the Libraries of the namespace: %w", err)
	}
	return !slices.ContainsFunc(all.Items, func(other v1alpha1.Library) bool {
		return other.Name != library.Name && other.Spec.StoreRef.Name == library.Spec.StoreRef.Name && other.DeletionTimestamp.IsZero()
	}), nil
}

// gives tells whether documents of ours speak of one of the buckets. One that cannot be read may.
func gives(held store.Held, buckets ...string) bool {
	for _, text := range held.Documents {
		document, err := policy.Parse(text)
		if err != nil || slices.ContainsFunc(policy.BucketsOf(document), func(b string) bool { return slices.Contains(buckets, b) }) {
			return true
		}
	}
	return false
}

// strip takes away what hangs on the identities of a tenant that has no Library at a store: with a
// Library whose finalizer was removed by force nobody waited for that.
func (r *AccessReconciler) strip(ctx context.Context, at tenantAt) error {
	connection, err := r.Stores.ForRemoval(ctx, at.store)
	if err != nil {
		return nil //nolint:nilerr // an ObjectStore that is gone or cannot be opened: what is left there is swept, see sweepOrphans
	}
	by, is := byIdentity(connection.Declared)
	if !is {
		return nil
	}
	holders := connection.Holders(by)
	held, err := holders.Held(ctx, store.IdentityPath(connection.Declared.Spec.InstallationID, at.namespace))
	if err != nil {
		return fmt.Errorf("reading what is left on the tenant's identities: %w", err)
	}
	var errs []error
	for _, holder := range slices.SortedFunc(maps.Keys(held), compareHolders) {
		errs = append(errs, stripHolder(ctx, holders, holder, held[holder]))
	}
	return errors.Join(errs...)
}

// stripHolder deletes a group, and takes away the documents of a user.
func stripHolder(ctx context.Context, holders store.Holders, holder store.Holder, held store.Held) error {
	if holder.Kind == store.HolderGroup {
		if err := holders.DeleteGroup(ctx, store.Identity{Name: holder.Name, Path: holder.Path}); err != nil {
			return fmt.Errorf("deleting group %s: %w", holder.Name, err)
		}
		return nil
	}
	for _, shard := range slices.Sorted(maps.Keys(held.Documents)) {
		if err := holders.SetDocument(ctx, holder, shard, nil); err != nil && !isMissing(err) {
			return fmt.Errorf("taking document %d of user %s away: %w", shard, holder.Name, err)
		}
	}
	return nil
}
