package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// documentsAtMost bounds the documents of one identity where the store does not.
const documentsAtMost = 32

// byIdentity tells whether rights hang on identities at a store, and how.
func byIdentity(declared *v1alpha1.ObjectStore) (by store.Enforcement, is bool) {
	c := declared.Status.Capabilities
	if c == nil || c.Enforcement == "" || c.Enforcement == v1alpha1.EnforcementBucketPolicy {
		return "", false
	}
	return store.Enforcement(c.Enforcement), true
}

// wholeListsOnly tells whether parts of a bucket may not be listed at a store,
// since a client could have the whole told.
func wholeListsOnly(declared *v1alpha1.ObjectStore) bool {
	c := declared.Status.Capabilities
	return c != nil && c.PrefixConditions != v1alpha1.CapabilitySupported && declared.Spec.UntrustedConditions != v1alpha1.UntrustedConditionsAccept
}

// optionsOf are what a store takes of documents.
func optionsOf(declared *v1alpha1.ObjectStore) policy.Options {
	c := declared.Status.Capabilities
	if c == nil {
		return policy.Options{}
	}
	return policy.Options{
		MaxBytes: int(c.PolicyBytes), MaxDocuments: orElse(int(c.DocumentsPerHolder), documentsAtMost),
		Ends: c.DateConditions == v1alpha1.CapabilitySupported,
	}
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// plan says what is to hang on the identities of a tenant, and on the gateway's.
func (made *rendering) plan(tenant *Tenant, declared *v1alpha1.ObjectStore) {
	groups := make([]string, 0, len(tenant.Declared.UserGroups))
	for i := range tenant.Declared.UserGroups {
		groups = append(groups, tenant.Declared.UserGroups[i].Name)
	}
	made.attachments = policy.Plan(policy.PlanInput{
		Model: tenant.Model, At: made.at, Users: made.principals.users, Groups: groups, Buckets: made.buckets,
		GroupsPerUser: orElse(int(declared.Status.Capabilities.GroupsPerUser), math.MaxInt), WholeListsOnly: wholeListsOnly(declared),
		Options: optionsOf(declared),
	})
	if made.principals.gateway != "" {
		a := policy.Attachment{Allows: policy.LinkAllows(made.principals.gateway, made.links...)}
		a.Documents, a.Err = policy.Attach("the gateway", a.Allows, optionsOf(declared))
		made.attachments = append(made.attachments, a)
	}
}

// hanging is what is to be done to one identity.
type hanging struct {
	policy.Attachment
	holder store.Holder
	// now and next are its documents by shard.
	now, next []policy.Document
	// there tells of a group whether it exists; join and leave are users by name at the store.
	there       bool
	join, leave []string
	// foreign names policies that others attached.
	foreign []string
	// stays: something of it is kept that nothing planned gives.
	stays bool
}

func (h *hanging) group() bool { return h.holder.Kind == store.HolderGroup }

// over: it is a group that is to go.
func (h *hanging) over() bool { return h.group() && len(h.Members) == 0 && !h.stays }

func (h *hanging) identity() store.Identity {
	return store.Identity{Name: h.holder.Name, Path: h.holder.Path}
}

func (h *hanging) changed() bool {
	if h.over() {
		return h.there
	}
	return len(h.join) > 0 || len(h.leave) > 0 || !sameDocuments(h.now, h.next)
}

func sameDocuments(a, b []policy.Document) bool {
	for i := range max(len(a), len(b)) {
		if !shard(a, i).Equal(shard(b, i)) {
			return false
		}
	}
	return true
}

func shard(documents []policy.Document, i int) policy.Document {
	if i < len(documents) {
		return documents[i]
	}
	return policy.Document{}
}

// said is who it is, for people.
func (h *hanging) said() string {
	if h.Subject.Name == "" {
		return "identity " + h.holder.Name + " of ours"
	}
	return string(h.Subject.Kind) + " " + h.Subject.Name
}

// hangings compares what hangs on identities with the plan. What fails to fit,
// or may not come into force yet, is narrowed only.
func (r *AccessReconciler) hangings(ctx context.Context, connection Connection, tenant *Tenant, made *rendering, result *compiled) ([]hanging, error) {
	by, _ := byIdentity(connection.Declared)
	holders := connection.Holders(by)
	installation := connection.Declared.Spec.InstallationID
	path := store.IdentityPath(installation, tenant.Namespace)
	held, err := holders.Held(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("reading what hangs on the tenant's identities: %w", err)
	}
	gateway := gatewayIdentity(connection.Declared)
	atGateway := store.Holder{Kind: store.HolderUser, Path: gateway.Path, Name: gateway.Name}
	if made.principals.gateway != "" {
		own, err := holders.Held(ctx, gateway.Path)
		if err != nil {
			return nil, fmt.Errorf("reading what hangs on the gateway's identity: %w", err)
		}
		held[atGateway] = own[atGateway]
	}
	whose := map[string]string{atGateway.Name: made.principals.gateway} // principals by name at the store
	for user, principal := range made.principals.users {
		whose[userIdentity(connection.Declared, tenant.Namespace, user).Name] = principal
	}
	for i := range tenant.Declared.UserGroups {
		group := tenant.Declared.UserGroups[i].Name
		whose[store.Name(installation, tenant.Namespace, "UserGroup", group)] = groupPrincipal(group)
	}
	var all []hanging
	for _, a := range made.attachments {
		h := hanging{Attachment: a, holder: atGateway}
		switch a.Subject.Kind {
		case v1alpha1.SubjectUser:
			h.holder = store.Holder{Kind: store.HolderUser, Path: path, Name: userIdentity(connection.Declared, tenant.Namespace, a.Subject.Name).Name}
		case v1alpha1.SubjectUserGroup:
			h.holder = store.Holder{Kind: store.HolderGroup, Path: path, Name: store.Name(installation, tenant.Namespace, "UserGroup", a.Subject.Name)}
		}
		now, there := held[h.holder]
		delete(held, h.holder)
		h.observe(now, there, func(user string) string { return userIdentity(connection.Declared, tenant.Namespace, user).Name })
		if a.Err != nil {
			made.tellAttached(result, h, stall(v1alpha1.ReasonPolicyTooLarge, "%v. What was in force stays, less what is no longer declared", a.Err))
		}
		all = append(all, h)
	}
	// What else is below the tenant's path is to hold nothing any more.
	for _, holder := range slices.SortedFunc(maps.Keys(held), compareHolders) {
		h := hanging{holder: holder}
		h.observe(held[holder], true, nil)
		all = append(all, h)
	}
	for i := range all {
		h := &all[i]
		staying := made.staying(h, whose[h.holder.Name])
		h.next, h.stays = h.Documents, len(staying) > 0
		if h.Err == nil && made.failed == nil && !h.stays {
			continue
		}
		h.join = nil
		if h.stays && len(h.Members) == 0 {
			h.leave = nil
		}
		if h.next, err = policy.NarrowAttached(h.said(), h.now, slices.Concat(h.Allows, staying), optionsOf(connection.Declared)); err != nil {
			return nil, err
		}
		made.leaveUnproved(h)
	}
	return all, nil
}

// staying is what an identity holds that may come from a pattern over a Library
// that could not be listed.
func (made *rendering) staying(h *hanging, principal string) []policy.Allow {
	if len(made.kept) == 0 {
		return nil
	}
	held := policy.HeldAttached(h.now)
	for i := range held {
		held[i].Principal = principal
	}
	return slices.DeleteFunc(held, func(a policy.Allow) bool {
		return !slices.ContainsFunc(made.kept, func(stays func(policy.Allow) bool) bool { return stays(a) })
	})
}

// leaveUnproved notes whom a proof would find to have less, or for a while more, than is declared.
func (made *rendering) leaveUnproved(h *hanging) {
	if made.unproved == nil {
		made.unproved = map[string]bool{}
	}
	if h.group() {
		for _, user := range h.Members {
			made.unproved[user] = true
		}
		return
	}
	made.unproved[h.Subject.Name] = true
}

func compareHolders(a, b store.Holder) int {
	return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Name, b.Name))
}

// observe reads what hangs on it now. A document that cannot be read counts as
// one that gives everything: it is written anew.
func (h *hanging) observe(now store.Held, there bool, nameOf func(user string) string) {
	h.there, h.foreign = there, now.Foreign
	for i, text := range now.Documents {
		for len(h.now) <= i {
			h.now = append(h.now, policy.Document{})
		}
		document, err := policy.Parse(text)
		if err != nil || document.Empty() {
			document = policy.Unreadable()
		}
		h.now[i] = document
	}
	if !h.group() {
		return
	}
	want := map[string]bool{}
	for _, user := range h.Members {
		want[nameOf(user)] = true
	}
	for _, member := range now.Members {
		if !want[member] {
			h.leave = append(h.leave, member)
		}
		delete(want, member)
	}
	h.join = slices.Sorted(maps.Keys(want))
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

// attach brings documents, groups and members to what was planned. At no
// moment has anybody what neither the old nor the new declarations give: who leaves goes
// first, then what only narrows, and nobody joins a group that has yet to lose something.
func (r *AccessReconciler) attach(ctx context.Context, connection Connection, tenant *Tenant, made *rendering, all []hanging, result *compiled) error {
	by, _ := byIdentity(connection.Declared)
	holders := connection.Holders(by)
	var errs []error
	failed := make([]bool, len(all))
	each := func(step func(h *hanging) error) {
		for i := range all {
			h := &all[i]
			if failed[i] || !h.changed() || r.onlyReported(connection, made, h, result) {
				continue
			}
			if err := step(h); err != nil {
				failed[i] = true
				made.tellAttached(result, *h, err)
				errs = append(errs, fmt.Errorf("%s: %w", h.said(), err))
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
			less, err := policy.NarrowAttached(h.said(), h.now, h.Allows, optionsOf(connection.Declared))
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
				return err
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
	return h.changed() && r.applied.known(connection.Declared.Name, h.holder.Name) == digestOfHanging(h)
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
		result.noteDrift(library.Name, h.said()+": "+policy.DiffAttached(h.next, h.now))
	}
	return true
}

// noteAttached remembers what is in force, and tells what was put right.
func (r *AccessReconciler) noteAttached(connection Connection, tenant *Tenant, h *hanging) {
	if r.drifted(connection, h) {
		if obj := h.declared(tenant); obj != nil {
			r.Events.Eventf(obj, nil, corev1.EventTypeWarning, "DriftRepaired", "Repair",
				"what hangs on %s at ObjectStore %s was changed there and is as declared again; it differed so: %s", h.said(), connection.Declared.Name, policy.DiffAttached(h.next, h.now))
		}
		driftRepaired.Inc()
	}
	r.applied.set(connection.Declared.Name, h.holder.Name, digestOfHanging(h))
}

func (h *hanging) declared(tenant *Tenant) client.Object {
	for i := range tenant.Declared.Users {
		if u := &tenant.Declared.Users[i]; h.Subject.Kind == v1alpha1.SubjectUser && u.Name == h.Subject.Name {
			return u
		}
	}
	for i := range tenant.Declared.UserGroups {
		if g := &tenant.Declared.UserGroups[i]; h.Subject.Kind == v1alpha1.SubjectUserGroup && g.Name == h.Subject.Name {
			return g
		}
	}
	return nil
}
