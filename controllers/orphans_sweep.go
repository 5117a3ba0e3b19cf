package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// sweepOrphans takes away what Vitrine made at a store for Users, UserGroups, Libraries and
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
	left, err := ownerless(ctx, r.Client, connection.Declared, there)
	if err != nil {
		return err
	}
	due := r.orphans.seen(name, left, now, grace)
	if len(due) == 0 {
		return nil
	}
	if due, err = ownerless(ctx, r.Live, connection.Declared, due); err != nil {
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
			"%d users, groups or rights at the store had no User, UserGroup, Library or namespace any more, which happens when finalizers are removed by force, and were taken away; the first was %s %s%s", removed, due[0].Kind, due[0].Path, due[0].Name)
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
	there, err := r.policiesAt(ctx, connection)
	if err != nil {
		return nil, err
	}
	for _, user := range users {
		if _, ours := tenantOf(installation, user.Path, user.Name, user.Tags); ours {
			there = append(there, orphan{Holder: store.Holder{Kind: store.HolderUser, Path: user.Path, Name: user.Name}})
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
			there = append(there, orphan{Holder: holder})
		}
	}
	return there, nil
}

// policiesAt lists the buckets with our mark whose Library is no more and whose policy still says something of
// ours. A store that does not tell which buckets there are is not asked again before the next look.
func (r *ObjectStoreReconciler) policiesAt(ctx context.Context, connection Connection) ([]orphan, error) {
	var libraries v1alpha1.LibraryList
	if err := r.List(ctx, &libraries, client.MatchingFields{indexStore: connection.Declared.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing Libraries: %w", err)
	}
	declared := map[string]store.Mark{} // by bucket; only what is not as declared need be looked at
	for i := range libraries.Items {
		originals, vitrine := marks(connection.Declared, &libraries.Items[i])
		buckets := libraryAt{Library: &libraries.Items[i]}.buckets()
		declared[buckets.Originals], declared[buckets.Vitrine] = originals, vitrine
	}
	marked, err := connection.MarkedBuckets(ctx)
	if errors.Is(err, store.ErrDenied) {
		log.FromContext(ctx).Info("the store does not let its buckets be listed, so policies of Libraries that are no more are not looked for", "reason", err.Error())
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing buckets: %w", err)
	}
	var there []orphan
	for bucket, mark := range marked {
		if declared[bucket] == mark || strings.HasPrefix(mark.Namespace, "_") {
			continue
		}
		document, err := connection.BucketPolicy(ctx, bucket)
		if err != nil && !isMissing(err) {
			return nil, fmt.Errorf("reading the policy of bucket %s: %w", bucket, err)
		}
		if holdsOurs(document) {
			there = append(there, orphan{Library: mark.Library, Holder: store.Holder{
				Kind: orphanPolicy, Path: store.IdentityPath(mark.Installation, mark.Namespace), Name: bucket,
			}})
		}
	}
	return there, nil
}

// declaredIn is what a namespace declares that owns anything at one store.
type declaredIn struct {
	// names at the store.
	names     map[string]bool
	libraries []v1alpha1.Library
}

func (d declaredIn) owns(one orphan) bool {
	if one.Kind != orphanPolicy {
		return d.names[one.Name]
	}
	return slices.ContainsFunc(d.libraries, func(library v1alpha1.Library) bool {
		buckets := libraryAt{Library: &library}.buckets()
		return library.Name == one.Library && (buckets.Originals == one.Name || buckets.Vitrine == one.Name)
	})
}

// ownerless leaves those that nothing declared stands behind.
func ownerless(ctx context.Context, reader client.Reader, declared *v1alpha1.ObjectStore, there []orphan) ([]orphan, error) {
	installation := declared.Spec.InstallationID
	owners := map[string]declaredIn{} // by namespace
	var left []orphan
	for _, one := range there {
		namespace := strings.TrimSuffix(strings.TrimPrefix(one.Path, store.IdentityPath(installation, "")), "/")
		if _, known := owners[namespace]; !known {
			var (
				users     v1alpha1.UserList
				groups    v1alpha1.UserGroupList
				libraries v1alpha1.LibraryList
				at        []v1alpha1.Library
			)
			for _, list := range []client.ObjectList{&users, &groups, &libraries} {
				if err := reader.List(ctx, list, client.InNamespace(namespace)); err != nil {
					return nil, fmt.Errorf("looking for owners in namespace %s: %w", namespace, err)
				}
			}
			for _, library := range libraries.Items {
				if library.Spec.StoreRef.Name == declared.Name {
					at = append(at, library)
				}
			}
			owners[namespace] = declaredIn{ownedIn(installation, namespace, users.Items, groups.Items, at), at}
		}
		if !owners[namespace].owns(one) {
			left = append(left, one)
		}
	}
	return left, nil
}

func (r *ObjectStoreReconciler) removeOrphan(ctx context.Context, connection Connection, one orphan) error {
	id := store.Identity{Name: one.Name, Path: one.Path}
	by, _ := byIdentity(connection.Declared)
	switch one.Kind {
	case store.HolderUser:
		return connection.Identities.Delete(ctx, id)
	case store.HolderGroup:
		return connection.Holders(by).DeleteGroup(ctx, id)
	case store.HolderClaim:
		return connection.Holders(by).SetDocument(ctx, one.Holder, 0, nil)
	case orphanPolicy:
		return r.dropOurs(ctx, connection, one)
	}
	return fmt.Errorf("nobody knows how to take a %s away", one.Kind)
}

// dropOurs takes our statements out of a bucket's policy. The mark, the objects, and what others wrote there stay.
func (r *ObjectStoreReconciler) dropOurs(ctx context.Context, connection Connection, one orphan) error {
	state, err := connection.ObserveBucket(ctx, one.Name)
	if err != nil {
		return fmt.Errorf("looking at bucket %s: %w", one.Name, err)
	}
	installation := connection.Declared.Spec.InstallationID
	if state.Mark == nil || state.Mark.Installation != installation || state.Mark.Library != one.Library || store.IdentityPath(installation, state.Mark.Namespace) != one.Path {
		return nil // it is somebody else's by now
	}
	text, err := connection.BucketPolicy(ctx, one.Name)
	if err != nil {
		return fmt.Errorf("reading the policy of bucket %s: %w", one.Name, err)
	}
	now, err := policy.Parse(text)
	if err != nil {
		return fmt.Errorf("the policy of bucket %s: %w", one.Name, err)
	}
	left := policy.Merge(now, policy.Document{})
	err = setPolicy(ctx, connection, one.Name, left)
	if isUnknownPrincipal(err) {
		var dropped []string
		if dropped, err = setWithoutDangling(ctx, connection, one.Name, left, err); err == nil {
			r.Events.Eventf(connection.Declared, nil, corev1.EventTypeWarning, "ForeignStatementDropped", "Sweep",
				"the policy of bucket %s had statements that are not Vitrine's and name a user who does not exist; the store refuses a policy with them, so they were taken out: %.300s", one.Name, strings.Join(dropped, ", "))
		}
	}
	if err != nil {
		return fmt.Errorf("writing the policy of bucket %s: %w", one.Name, err)
	}
	return nil
}
