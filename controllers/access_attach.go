package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// attach brings documents, groups and members to what was planned. At no
// moment has anybody what neither the old nor the new declarations give: who leaves goes
// first, then what only narrows, and nobody joins a group that has yet to lose something.
func (r *AccessReconciler) attach(ctx context.Context, connection Connection, tenant *Tenant, made *rendering, all []hanging, result *compiled) error {
	by, _ := byIdentity(connection.Declared)
	holders := connection.Holders(by)
	var errs []error
	failed := make([]bool, len(all))
	for i := range all {
		all[i].differed = all[i].differs() // before a step changes what is known to be there
	}
	each := func(step func(h *hanging) error) {
		for i := range all {
			h := &all[i]
			if failed[i] || !h.changed() || r.onlyReported(connection, made, h, result) {
				continue
			}
			if err := step(h); err != nil {
				failed[i] = true
				if h.Session != "" && isForeign(err) {
					result.refused[h.Session] = valueTaken(connection.Declared, h.holder.Name)
					continue
				}
				made.tellAttached(result, *h, err)
				if !isStalled(err) { // that is told, and another try does not help
					errs = append(errs, fmt.Errorf("%s: %w", h.said(), err))
				}
			}
		}
	}
	each(func(h *hanging) error {
		for _, user := range h.leave {
			if err := holders.SetMember(ctx, h.identity(), user, false); err != nil {
				return err
			}
		}
		if h.over() {
			return holders.DeleteGroup(ctx, h.identity())
		}
		if policy.WidensAny(h.now, h.next) && len(h.join) > 0 && policy.WidensAny(h.next, h.now) {
			less, err := policy.NarrowAttached(h.said(), h.now, h.Allows, h.options)
			if err != nil {
				return err
			}
			if err := setDocuments(ctx, holders, h.holder, h.now, less); err != nil {
				return err
			}
			h.now = less
		}
		if !policy.WidensAny(h.now, h.next) {
			return setDocuments(ctx, holders, h.holder, h.now, h.next)
		}
		return nil
	})
	each(func(h *hanging) error {
		if h.over() {
			return nil
		}
		if h.group() && !h.there {
			if err := holders.EnsureGroup(ctx, h.identity()); err != nil {
				return err
			}
		}
		for _, user := range h.join {
			if err := holders.SetMember(ctx, h.identity(), user, true); err != nil {
				return explainJoin(h.called[user], err)
			}
		}
		if policy.WidensAny(h.now, h.next) {
			return setDocuments(ctx, holders, h.holder, h.now, h.next)
		}
		return nil
	})
	for i := range all {
		if !failed[i] {
			r.noteAttached(connection, tenant, &all[i])
		}
	}
	return errors.Join(errs...)
}

// setDocuments writes the shards that differ.
func setDocuments(ctx context.Context, holders store.Holders, holder store.Holder, now, next []policy.Document) error {
	for i := range max(len(now), len(next)) {
		if shard(now, i).Equal(shard(next, i)) {
			continue
		}
		if err := holders.SetDocument(ctx, holder, i, shard(next, i).JSON()); err != nil {
			return fmt.Errorf("writing document %d: %w", i, err)
		}
	}
	return nil
}

// drifted tells whether an identity differs from what was last brought into
// force although the same is wanted: somebody else changed it.
func (r *AccessReconciler) drifted(connection Connection, h *hanging) bool {
	return h.changed() && r.applied.known(connection.Declared.Name, h.holder) == digestOfHanging(h)
}

// onlyReported notes drift where every Library that it concerns wants no more.
func (r *AccessReconciler) onlyReported(connection Connection, made *rendering, h *hanging, result *compiled) bool {
	if !r.drifted(connection, h) {
		return false
	}
	libraries := made.librariesOf(*h)
	if len(libraries) == 0 || slices.ContainsFunc(libraries, func(l libraryAt) bool { return !l.gives || l.Spec.DriftPolicy != v1alpha1.DriftReport }) {
		return false
	}
	for _, library := range libraries {
		result.noteDrift(library.Name, h.said()+": "+h.differed)
	}
	return true
}

// noteAttached remembers what is in force, and tells what was put right.
func (r *AccessReconciler) noteAttached(connection Connection, tenant *Tenant, h *hanging) {
	if r.drifted(connection, h) {
		if obj := h.declared(tenant); obj != nil {
			r.Events.Eventf(obj, nil, corev1.EventTypeWarning, "DriftRepaired", "Repair",
				"what hangs on %s at ObjectStore %s was changed there and is as declared again; it differed so: %.700s", h.said(), connection.Declared.Name, h.differed)
		}
		driftRepaired.Inc()
	}
	r.applied.set(holdersTenant(connection.Declared.Name, h.holder), rememberedAs(h.holder), digestOfHanging(h))
}

func (h *hanging) declared(tenant *Tenant) client.Object {
	for i := range tenant.Declared.Users {
		if u := &tenant.Declared.Users[i]; h.Subject.Kind == v1alpha1.SubjectUser && u.Name == h.Subject.Name {
			return u
		}
	}
	byClaim, _, _ := access.ParseSession(h.Session)
	for i := range tenant.Declared.UserGroups {
		if g := &tenant.Declared.UserGroups[i]; h.Subject.Kind == v1alpha1.SubjectUserGroup && g.Name == h.Subject.Name || byClaim == g.Name {
			return g
		}
	}
	return nil
}

// tellAttached tells of every Library that one identity's rights reach.
func (made *rendering) tellAttached(result *compiled, h hanging, err error) {
	for _, library := range made.librariesOf(h) {
		result.fail(library.Name, err)
	}
}

// librariesOf are the Libraries whose buckets an identity's rights reach.
func (made *rendering) librariesOf(h hanging) []libraryAt {
	reached := map[string]bool{}
	for _, a := range h.Allows {
		reached[a.Bucket] = true
	}
	for _, bucket := range policy.BucketsOf(h.now...) {
		reached[bucket] = true
	}
	var list []libraryAt
	for _, p := range made.policies {
		if reached[p.bucket] && !slices.ContainsFunc(list, func(l libraryAt) bool { return l.Name == p.library.Name }) {
			list = append(list, p.library)
		}
	}
	return list
}
