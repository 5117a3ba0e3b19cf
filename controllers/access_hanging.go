package controllers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

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
	// narrowed: what is planned does not come into force yet, and waits: somebody is to join who does not yet.
	narrowed, waits bool
	// options are what its documents may be.
	options policy.Options
	// called are the names of Users by their names at the store.
	called map[string]string
	// differed is what differs was before anything was done, drift whether somebody else
	// made it so, and reported that it stays so.
	differed        string
	drift, reported bool
}

// membersTold bounds how many members differs names.
const membersTold = 3

// differs says in a few words what the store has that is not planned, and the
// other way round: who should not be in a group or is missing, and rights.
func (h *hanging) differs() string {
	var words []string
	tell := func(how string, users []string) {
		for _, user := range users[:min(len(users), membersTold)] {
			words = append(words, how+": member "+cmp.Or(h.called[user], user))
		}
		if more := len(users) - membersTold; more > 0 {
			words = append(words, fmt.Sprintf("%s: %d more members", how, more))
		}
	}
	tell("gone", h.join)
	tell("added", h.leave)
	if rights := policy.DiffAttached(h.next, h.now); rights != "" {
		words = append(words, rights)
	}
	return strings.Join(words, "; ")
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
	if h.holder.Kind == store.HolderClaim {
		return fmt.Sprintf("the claim's value %q", h.holder.Name)
	}
	if h.Subject.Name == "" && len(h.Members) > 0 {
		return "the group of " + gatewayMember
	}
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
	gateway := gatewayIdentity(connection.Declared)
	atGateway := gatewayGroup(installation, tenant.Namespace)
	// Nothing of ours should hang on the gateway's own identity: an earlier Vitrine hung the links of whichever tenant
	// came last there, and what somebody puts there by hand is found by it.
	held, err := holders.Held(ctx, path, gateway)
	if err != nil {
		return nil, fmt.Errorf("reading what hangs on the tenant's identities: %w", err)
	}
	nameOf := func(user string) string {
		if user == gatewayMember {
			return gateway.Name
		}
		return userIdentity(connection.Declared, tenant.Namespace, user).Name
	}
	whose := map[string]string{atGateway.Name: made.principals.gateway} // principals by name at the store
	for session, trust := range made.principals.claims {
		whose[trust.Value] = made.principals.users[session]
	}
	for user, principal := range made.principals.users {
		whose[userIdentity(connection.Declared, tenant.Namespace, user).Name] = principal
	}
	for i := range tenant.Declared.UserGroups {
		group := tenant.Declared.UserGroups[i].Name
		whose[store.Name(installation, tenant.Namespace, "UserGroup", group)] = groupPrincipal(group)
	}
	called := map[string]string{gateway.Name: gatewayMember}
	for i := range tenant.Declared.Users {
		user := tenant.Declared.Users[i].Name
		called[userIdentity(connection.Declared, tenant.Namespace, user).Name] = user
	}
	made.planAmong(tenant, connection.Declared, held)
	var all []hanging
	for _, a := range made.attachments {
		h := hanging{Attachment: a, holder: atGateway, called: called, options: optionsOf(connection.Declared)}
		switch {
		case a.Session != "":
			h.holder = store.Holder{Kind: store.HolderClaim, Path: path, Name: made.principals.claims[a.Session].Value}
			h.options = policy.ClaimOptions(h.options, made.principals.claimBytes)
		case a.Subject.Kind == v1alpha1.SubjectUser:
			h.holder = store.Holder{Kind: store.HolderUser, Path: path, Name: userIdentity(connection.Declared, tenant.Namespace, a.Subject.Name).Name}
		case a.Subject.Kind == v1alpha1.SubjectUserGroup:
			h.holder = store.Holder{Kind: store.HolderGroup, Path: path, Name: store.Name(installation, tenant.Namespace, "UserGroup", a.Subject.Name)}
		}
		now, there := held[h.holder]
		delete(held, h.holder)
		h.observe(now, there, nameOf)
		if a.Err != nil {
			tooLarge := stall(v1alpha1.ReasonPolicyTooLarge, "%v. What was in force stays, less what is no longer declared", a.Err)
			made.tellAttached(result, h, tooLarge)
		}
		all = append(all, h)
	}
	// What else is below the tenant's path is to hold nothing any more.
	for _, holder := range slices.SortedFunc(maps.Keys(held), compareHolders) {
		h := hanging{holder: holder, called: called, options: optionsOf(connection.Declared)}
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
		h.narrowed, h.waits, h.join = true, len(h.join) > 0, nil
		if h.stays && len(h.Members) == 0 {
			h.leave = nil
		}
		if h.next, err = policy.NarrowAttached(h.said(), h.now, slices.Concat(h.Allows, staying), h.options); err != nil {
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
	made.unproved[cmp.Or(h.Session, h.Subject.Name)] = true
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
	for _, member := range now.Half { // who is wanted has yet to join
		if !want[member] {
			h.leave = append(h.leave, member)
		}
	}
	h.join = slices.Sorted(maps.Keys(want))
}
