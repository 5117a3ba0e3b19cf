package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// sweepOrphans takes away what Vitrine made at a store for Users, UserGroups and
// namespaces that are no more, once it has been without an owner for the grace. Owners
// are looked for in the cache, which is filled before any reconciler runs, and once more
// at the API server before anything is taken away. Roles have their own sweep.
func (r *ObjectStoreReconciler) sweepOrphans(ctx context.Context, connection Connection) error {
	name, grace, now := connection.Declared.Name, r.Settings.OrphanGrace, r.Clock.Now()
	if r.orphans.restsUntilLook(name, now, grace/2) {
		return nil
	}
	there, err := r.madeAt(ctx, connection)
	if err != nil {
		return err
	}
	left, err := ownerless(ctx, r.Client, connection.Declared.Spec.InstallationID, there)
	if err != nil {
		return err
	}
	due := r.orphans.seen(name, left, now, grace)
	if len(due) == 0 {
		return nil
	}
	if due, err = ownerless(ctx, r.Live, connection.Declared.Spec.InstallationID, due); err != nil {
		return err
	}
	removed := 0
	for _, one := range due {
		if err := r.removeOrphan(ctx, connection, one); err != nil {
			// One that does not go holds up no other, and is tried again.
			log.FromContext(ctx).Error(err, "something at the store without an owner could not be taken away", "name", one.Name, "path", one.Path)
			continue
		}
		r.orphans.gone(name, one)
		removed++
	}
	if removed > 0 {
		orphansRemoved.Add(float64(removed))
		r.Events.Eventf(connection.Declared, nil, corev1.EventTypeWarning, "OrphansRemoved", "Sweep",
			"%d users or groups at the store had no User, UserGroup or namespace any more, which happens when finalizers are removed by force, and were taken away; the first was %s%s", removed, due[0].Path, due[0].Name)
	}
	return nil
}

// madeAt lists what may be of Vitrine's making for tenants.
func (r *ObjectStoreReconciler) madeAt(ctx context.Context, connection Connection) ([]orphan, error) {
	installation := connection.Declared.Spec.InstallationID
	root := store.IdentityPath(installation, "")
	users, err := connection.Identities.List(ctx, root)
	if err != nil {
		return nil, fmt.Errorf("listing identities: %w", err)
	}
	var there []orphan
	for _, user := range users {
		if _, ours := tenantOf(installation, user.Path, user.Name, user.Tags); ours {
			there = append(there, orphan{Kind: store.HolderUser, Path: user.Path, Name: user.Name})
		}
	}
	by, is := byIdentity(connection.Declared)
	if !is {
		return there, nil
	}
	held, err := connection.Holders(by).Held(ctx, root)
	if err != nil {
		return nil, fmt.Errorf("listing groups: %w", err)
	}
	for holder := range held {
		if _, ours := tenantOfHolder(installation, holder); ours && holder.Kind != store.HolderUser {
			there = append(there, holder)
		}
	}
	return there, nil
}

// ownerless leaves those that nothing declared stands behind.
func ownerless(ctx context.Context, reader client.Reader, installation string, there []orphan) ([]orphan, error) {
	owned := map[string]map[string]bool{} // by namespace
	var left []orphan
	for _, one := range there {
		namespace, _ := tenantOfHolder(installation, one)
		if owned[namespace] == nil {
			var (
				users     v1alpha1.UserList
				groups    v1alpha1.UserGroupList
				libraries v1alpha1.LibraryList
			)
			for _, list := range []client.ObjectList{&users, &groups, &libraries} {
				if err := reader.List(ctx, list, client.InNamespace(namespace)); err != nil {
					return nil, fmt.Errorf("looking for owners in namespace %s: %w", namespace, err)
				}
			}
			owned[namespace] = ownedIn(installation, namespace, users.Items, groups.Items, libraries.Items)
		}
		if !owned[namespace][one.Name] {
			left = append(left, one)
		}
	}
	return left, nil
}

func (r *ObjectStoreReconciler) removeOrphan(ctx context.Context, connection Connection, one orphan) error {
	id := store.Identity{Name: one.Name, Path: one.Path}
	if one.Kind == store.HolderUser {
		return connection.Identities.Delete(ctx, id)
	}
	by, _ := byIdentity(connection.Declared)
	if one.Kind == store.HolderClaim {
		return connection.Holders(by).SetDocument(ctx, one, 0, nil)
	}
	return connection.Holders(by).DeleteGroup(ctx, id)
}
