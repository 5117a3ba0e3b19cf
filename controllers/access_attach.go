package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

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
	wanted := sync.OnceValue(func() map[string]string { return digests(all) })
	for i := range all {
		all[i].differed, all[i].drift = all[i].differs(), r.drifted(connection, made, wanted, &all[i]) // before a step changes what is known to be there
	}
	each := func(step func(h *hanging) error) {
		for i := range all {
			h := &all[i]
			if failed[i] || !h.changed() || made.onlyReported(h, result) {
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
		if h.over() {
			return holders.DeleteGroup(ctx, h.identity()) // what it gives goes first, then everybody together where the store can
		}
		for _, user := range h.leave {
			if err := holders.SetMember(ctx, h.identity(), user, false); err != nil {
				return err
			}
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
		if h := &all[i]; h.drift && !failed[i] && !h.reported {
			r.tellRepaired(connection, tenant, h)
		}
	}
	r.noteHanging(connection, made, all, func(i int) bool { return !failed[i] && !all[i].reported }, result)
	return errors.Join(errs...)
}

// setDocuments writes the shards that differ, in the order in which what both states give is there all the
// time: with more documents than before the new ones first, since the others give them of theirs; with fewer the last
// ones last. What is there is never more than both states give. (Beyond the powers of two, see policy.Attach,
// something may move between documents that stay, and is away until both are written.)
func setDocuments(ctx context.Context, holders store.Holders, holder store.Holder, now, next []policy.Document) error {
	order := make([]int, max(len(now), len(next)))
	for i := range order {
		order[i] = i
	}
	if len(next) > len(now) {
		slices.Reverse(order)
	}
	for _, i := range order {
		if shard(now, i).Equal(shard(next, i)) {
			continue
		}
		if err := holders.SetDocument(ctx, holder, i, shard(next, i).JSON()); err != nil {
			return fmt.Errorf("writing document %d: %w", i, err)
		}
	}
	return nil
}

// onlyReported notes drift where every Library that it concerns wants no more.
func (made *rendering) onlyReported(h *hanging, result *compiled) bool {
	if !h.drift {
		return false
	}
	libraries := made.librariesOf(*h)
	if len(libraries) == 0 || slices.ContainsFunc(libraries, func(l libraryAt) bool { return !l.gives || l.Spec.DriftPolicy != v1alpha1.DriftReport }) {
		return false
	}
	for _, library := range libraries {
		result.noteDrift(library.Name, h.said()+": "+h.differed)
	}
	h.reported = true
	return true
}

// tellRepaired tells what was put right.
func (r *AccessReconciler) tellRepaired(connection Connection, tenant *Tenant, h *hanging) {
	if obj := h.declared(tenant); obj != nil {
		r.Events.Eventf(obj, nil, corev1.EventTypeWarning, "DriftRepaired", "Repair",
			"what hangs on %s at ObjectStore %s was changed there and is as declared again; it differed so: %.700s", h.said(), connection.Declared.Name, h.differed)
	}
	driftRepaired.Inc()
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

// tellAttached tells of every Library that one identity's rights reach, and of whose they are: what hangs on others is in force.
// The gateway's are the links' concern alone.
func (made *rendering) tellAttached(result *compiled, h hanging, err error) {
	switch {
	case h.Session != "":
		result.refused[h.Session] = err
	case h.Subject.Name != "":
		if result.unattached == nil {
			result.unattached = map[v1alpha1.Subject]unattached{}
		}
		inGroup := slices.ContainsFunc(made.attachments, func(a policy.Attachment) bool { return slices.Contains(a.Members, h.Subject.Name) })
		result.unattached[h.Subject] = unattached{err, h.Subject.Kind == v1alpha1.SubjectUser && !inGroup}
	case slices.Contains(h.Members, gatewayMember):
		result.unserved = err
		return
	}
	for _, library := range made.librariesOf(h) {
		result.note(library.Name, func(of *libraryResult) { of.applied, of.people = false, err })
	}
}

// librariesOf are the Libraries whose buckets an identity's rights reach.
func (made *rendering) librariesOf(h hanging) []libraryAt {
	reached := h.reaches()
	var list []libraryAt
	for _, p := range made.policies {
		if reached[p.bucket] && !slices.ContainsFunc(list, func(l libraryAt) bool { return l.Name == p.library.Name }) {
			list = append(list, p.library)
		}
	}
	return list
}
