package access

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Covers tells whether a file is within the scope.
func (s Scope) Covers(k Key) bool {
	return s.Library == k.Library && s.Restricted == k.Restricted && k.Path != "" && strings.HasPrefix(k.Path, s.Prefix)
}

// CoversScope tells whether another scope is this one or within it. The
// other's prefix may be any beginning of names, as in a request for a listing.
func (s Scope) CoversScope(t Scope) bool {
	return s.Library == t.Library && s.Restricted == t.Restricted && strings.HasPrefix(t.Prefix, s.Prefix)
}

func (r *right) covers(k Key) bool {
	if r.scope != nil {
		return r.scope.Covers(k)
	}
	_, ok := r.members.set[k]
	return ok
}

// Grants are a user's rights at an instant, one for each binding, group and
// place, in a stable order.
func (m *Model) Grants(user string, at time.Time) []Grant {
	return m.grants(user, func(b *binding) bool { return b.live(at) })
}

// grant is a right of a binding as it comes to whoever is reached through a
// group; false when it is none.
func (b *binding) grant(r *right, group string) (Grant, bool) {
	if r.permissions == 0 {
		return Grant{}, false
	}
	g := Grant{Permissions: r.permissions, Route: b.route(r, group)}
	if r.permissions.Has(Describe) {
		g.Fields = b.fields
	}
	if r.scope == nil {
		g.Keys = r.members.granted
		return g, true
	}
	scope := *r.scope
	g.Scope = &scope
	return g, true
}

// Decide tells whether a user may do something with a file at an instant, and by which routes.
func (m *Model) Decide(user string, p Permission, k Key, at time.Time) Decision {
	var routes []Route
	for _, ms := range m.byUser[user] {
		if !ms.binding.live(at) {
			continue
		}
		for i := range ms.binding.gives {
			r := &ms.binding.gives[i]
			if r.permissions.Has(p) && r.covers(k) {
				routes = append(routes, cascaded(ms, r, strings.LastIndexByte(k.Path, '/') == len(prefixOf(r))-1))
			}
		}
	}
	return decision(routes)
}

// DecideList tells whether a user may list what begins with the scope's
// prefix, and by which routes. The prefix may end anywhere, as in a request.
func (m *Model) DecideList(user string, s Scope, at time.Time) Decision {
	var routes []Route
	for _, ms := range m.byUser[user] {
		if !ms.binding.live(at) {
			continue
		}
		for i := range ms.binding.gives {
			r := &ms.binding.gives[i]
			if r.permissions.Has(List) && r.scope != nil && r.scope.CoversScope(s) {
				routes = append(routes, cascaded(ms, r, s.Prefix == r.scope.Prefix))
			}
		}
	}
	return decision(routes)
}

// Holders are the users who may do something with a file at an instant, by
// name, each with every route.
func (m *Model) Holders(p Permission, k Key, at time.Time) []Holder {
	routes := map[string][]Route{}
	for _, b := range m.bindings {
		if !b.live(at) {
			continue
		}
		for i := range b.gives {
			r := &b.gives[i]
			if !r.permissions.Has(p) || !r.covers(k) {
				continue
			}
			here := strings.LastIndexByte(k.Path, '/') == len(prefixOf(r))-1
			for _, to := range b.reached {
				routes[to.user] = append(routes[to.user], cascaded(membership{b, to.group}, r, here))
			}
		}
	}
	holders := make([]Holder, 0, len(routes))
	for user, by := range routes {
		holders = append(holders, Holder{User: user, Routes: decision(by).Routes})
	}
	slices.SortFunc(holders, func(a, b Holder) int { return cmp.Compare(a.User, b.User) })
	return holders
}

func prefixOf(r *right) string {
	if r.scope == nil {
		return ""
	}
	return r.scope.Prefix
}

// cascaded is the route of a right; unless the question is about the very
// place that it was given on, it says from where it cascades.
func cascaded(ms membership, r *right, here bool) Route {
	route := ms.binding.route(r, ms.group)
	if r.scope != nil && !here {
		route.Inherited = r.path
	}
	return route
}

func decision(routes []Route) Decision {
	slices.SortFunc(routes, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Binding, b.Binding), cmp.Compare(a.Target.Kind, b.Target.Kind), cmp.Compare(a.Target.Name, b.Target.Name),
			cmp.Compare(a.Group, b.Group), cmp.Compare(a.Inherited, b.Inherited))
	})
	return Decision{Allowed: len(routes) > 0, Routes: routes}
}

// NextChange is the next instant after another at which a right begins or
// ends; false when none does.
func (m *Model) NextChange(after time.Time) (time.Time, bool) {
	var next time.Time
	found := false
	for _, b := range m.bindings {
		if b.notBefore != nil && b.notAfter != nil && !b.notBefore.Before(*b.notAfter) {
			continue // a window that is never open
		}
		for _, t := range []*time.Time{b.notBefore, b.notAfter} {
			if t != nil && t.After(after) && (!found || t.Before(next)) {
				next, found = *t, true
			}
		}
	}
	return next, found
}

// GrantsTo are the rights that bindings give to a subject named in them, at an
// instant: to a User those given to it directly, to a UserGroup what each of its members
// gets, whoever they are.
func (m *Model) GrantsTo(subject v1alpha1.Subject, at time.Time) []Grant {
	var grants []Grant
	group := ""
	if subject.Kind == v1alpha1.SubjectUserGroup {
		group = subject.Name
	}
	for _, b := range m.bySubject[subject] {
		if !b.live(at) {
			continue
		}
		for i := range b.gives {
			if g, ok := b.grant(&b.gives[i], group); ok {
				grants = append(grants, g)
			}
		}
	}
	return grants
}

// PartialLists are the places, parts of a root or roots of restricted folders, that a
// RoleBinding lets its subjects list, whatever its window. Where a store's prefix
// conditions cannot be trusted, they are not to be given.
func (m *Model) PartialLists(binding string) []Scope {
	b := m.byBinding[binding]
	if b == nil {
		return nil
	}
	var scopes []Scope
	for _, r := range b.gives {
		if r.permissions.Has(List) && r.scope != nil && (r.scope.Prefix != "" || r.scope.Restricted != "") {
			scopes = append(scopes, *r.scope)
		}
	}
	return scopes
}
