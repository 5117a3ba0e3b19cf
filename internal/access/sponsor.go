package access

import (
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Sponsors tells whether a sponsor holds the permission link on a link's target
// at an instant. A User holds it by any route. A UserGroup holds it when a
// binding names the group itself and somebody is in it: a group that is frozen,
// gone or empty answers for nothing.
//
// On a Folder and on a file the right may come from above. On a Collection it
// comes from a binding on that Collection or on its whole Library: its
// members change, and a link must not come and go with them.
func (m *Model) Sponsors(s v1alpha1.LinkSponsor, t v1alpha1.LinkTarget, at time.Time) bool {
	holds := func(b *binding) bool { return b.live(at) && m.givesLink(b, t) }
	switch s.Kind {
	case v1alpha1.SubjectUser:
		return slices.ContainsFunc(m.byUser[s.Name], func(ms membership) bool { return holds(ms.binding) })
	case v1alpha1.SubjectUserGroup:
		return slices.ContainsFunc(m.bySubject[v1alpha1.Subject(s)], holds)
	}
	return false
}

// givesLink tells whether a binding gives the permission link on a target.
func (m *Model) givesLink(b *binding, t v1alpha1.LinkTarget) bool {
	covered := func(covers func(*Scope) bool) bool {
		return slices.ContainsFunc(b.gives, func(r right) bool {
			return r.scope != nil && r.permissions.Has(Link) && covers(r.scope)
		})
	}
	switch {
	case t.Folder != nil:
		f := m.folders[t.Folder.Name]
		return f != nil && f.live && covered(func(s *Scope) bool { return s.CoversScope(f.scope) })
	case t.Collection != nil:
		return len(m.linkRights(b, t.Collection.Name)) > 0
	case t.Asset != nil:
		k := Key{Library: t.Asset.LibraryRef.Name, Path: string(t.Asset.Path)}
		return covered(func(s *Scope) bool { return s.Covers(k) })
	}
	return false
}

// linkRights are the rights of a binding that give the permission link on a Collection.
func (m *Model) linkRights(b *binding, collection string) []right {
	c := m.collections[collection]
	if c == nil || !c.live || !m.libraries[c.library].live {
		return nil
	}
	var all []right
	if slices.Contains(b.mayLink, collection) {
		all = append(all, right{target: v1alpha1.Target{Kind: v1alpha1.TargetCollection, Name: collection}})
	}
	for _, r := range b.gives {
		if r.scope != nil && r.permissions.Has(Link) && *r.scope == (Scope{Library: c.library}) {
			all = append(all, r)
		}
	}
	return all
}

// DecideLink tells whether a user holds the permission link on a Collection itself at an instant, as Sponsors does, and by
// which routes. It is none on the members.
func (m *Model) DecideLink(user, collection string, at time.Time) Decision {
	return decision(m.linkRoutes(user, collection, func(b *binding) bool { return b.live(at) }))
}

// LinkRoutesEver are the routes of DecideLink whenever they hold.
func (m *Model) LinkRoutesEver(user, collection string) []Route {
	return m.linkRoutes(user, collection, func(*binding) bool { return true })
}

func (m *Model) linkRoutes(user, collection string, wanted func(*binding) bool) []Route {
	var routes []Route
	for _, ms := range m.byUser[user] {
		if !wanted(ms.binding) {
			continue
		}
		for _, r := range m.linkRights(ms.binding, collection) {
			routes = append(routes, cascaded(ms, &r, false))
		}
	}
	return routes
}

// MayLinkEver are the Collections, in order, that a user's bindings name and give the permission link on, whenever they hold.
func (m *Model) MayLinkEver(user string) []string {
	var names []string
	for _, ms := range m.byUser[user] {
		names = append(names, ms.binding.mayLink...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// linkable are the Collections among a binding's targets, when its role gives
// the permission link on such.
func linkable(rb *v1alpha1.RoleBinding, permissions Permissions) []string {
	if !permissions.Has(Link) || onlyForLibraries(rb.Spec.RoleRef.Kind == v1alpha1.RoleKindBuiltIn, rb.Spec.RoleRef.Name) {
		return nil
	}
	var names []string
	for _, t := range rb.Spec.Targets {
		if t.Kind == v1alpha1.TargetCollection {
			names = append(names, t.Name)
		}
	}
	return names
}
