package lint

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// place is where a grant holds: a scope, or a Collection.
type place struct {
	scope      access.Scope
	collection string
}

func placeOf(g access.Grant) place {
	if g.Scope != nil {
		return place{scope: *g.Scope}
	}
	return place{collection: g.Route.Target.Name}
}

// redundant finds bindings of which everything is given by others as well, to everybody whom
// they reach and for at least as long. Of two that cover each other the first by name is kept, and what is
// told can all be deleted together.
func (l *linter) redundant() {
	names := make([]string, 0, len(l.tenant.Declared.RoleBindings))
	for i := range l.tenant.Declared.RoleBindings {
		if b := &l.tenant.Declared.RoleBindings[i]; b.DeletionTimestamp == nil {
			names = append(names, b.Name)
		}
	}
	held := l.held()
	// byBinding are the grants of each binding, over all users.
	byBinding := map[string][]access.Grant{}
	for _, of := range held {
		for _, grants := range of {
			for _, g := range grants {
				byBinding[g.Route.Binding] = append(byBinding[g.Route.Binding], g)
			}
		}
	}
	slices.Sort(names)
	slices.Reverse(names) // the first of those that cover each other stays
	gone := map[string]bool{}
	for _, name := range names {
		grants := byBinding[name]
		if len(grants) == 0 {
			continue // it gives nothing, which other rules tell
		}
		by := map[string]bool{}
		covered := true
		for _, g := range grants {
			other, ok := l.coveredBy(held[g.User], g, gone)
			if !ok {
				covered = false
				break
			}
			by[other] = true
		}
		if covered {
			gone[name] = true
			l.add(Warning, "Redundant", "RoleBinding", name, "all that it gives is given by "+printer.Few(slices.Sorted(maps.Keys(by)), 4)+" as well", "delete it")
		}
	}
}

// held are all grants from now on, by subject and place: of Users, of whoever opens sessions by a claim or as a
// ServiceAccount, and of somebody in each group that people can come into unnamed. Freezes are looked through, since what they
// keep away comes back.
func (l *linter) held() map[string]map[place][]access.Grant {
	d := l.tenant.Declared
	d.NamespaceFrozen = false
	d.Libraries, d.Users, d.UserGroups, d.Collections = slices.Clone(d.Libraries), slices.Clone(d.Users), slices.Clone(d.UserGroups), slices.Clone(d.Collections)
	for i := range d.Libraries {
		d.Libraries[i].Annotations = nil
	}
	subjects := make([]string, 0, len(d.Users))
	for i := range d.Users {
		d.Users[i].Annotations = nil
		subjects = append(subjects, d.Users[i].Name)
	}
	for i := range d.UserGroups {
		g := &d.UserGroups[i]
		g.Annotations = nil
		subjects = append(subjects, access.DeclaredSessions(g)...)
		if len(g.Spec.Members) > 0 && len(g.Spec.MemberDomains) == 0 {
			continue
		}
		somebody := v1alpha1.User{}
		somebody.Name = "group/" + g.Name
		d.Users = append(d.Users, somebody)
		g.Spec.Members = append(slices.Clone(g.Spec.Members), somebody.Name)
		subjects = append(subjects, somebody.Name)
	}
	for i := range d.Collections { // which files there are does not matter here
		d.Collections[i].Spec.Items = []v1alpha1.CollectionItem{{Path: "⟨member⟩"}}
	}
	m := access.New(d)
	held := make(map[string]map[place][]access.Grant, len(subjects))
	for _, name := range subjects {
		of := map[place][]access.Grant{}
		for _, g := range m.GrantsEver(name) {
			if to := g.Route.NotAfter; to == nil || to.After(l.now) {
				of[placeOf(g)] = append(of[placeOf(g)], g)
			}
		}
		held[name] = of
	}
	return held
}

// thawsWith tells whether what comes by one route is there whenever what comes by another is, freezes considered: both are of one
// subject and in one Library, so that only a group's freeze can part them.
func (l *linter) thawsWith(o, g access.Route) bool {
	return o.Group == "" || o.Group == g.Group || !l.frozenGroups[o.Group]
}

// coveredBy finds another binding that gives a user all that a grant gives, for as long.
func (l *linter) coveredBy(held map[place][]access.Grant, g access.Grant, gone map[string]bool) (string, bool) {
	at := placeOf(g)
	look := func(at place) (string, bool) {
		for _, o := range held[at] {
			if o.Route.Binding != g.Route.Binding && !gone[o.Route.Binding] && l.thawsWith(o.Route, g.Route) && g.Permissions&^o.Permissions == 0 && allFields(o, g) && l.lasts(o.Route, g.Route) {
				return o.Route.Binding, true
			}
		}
		return "", false
	}
	if name, ok := look(at); ok || at.collection != "" {
		return name, ok
	}
	for prefix := at.scope.Prefix; prefix != ""; {
		prefix = prefix[:strings.LastIndexByte(strings.TrimSuffix(prefix, "/"), '/')+1]
		above := at
		above.scope.Prefix = prefix
		if name, ok := look(above); ok {
			return name, true
		}
	}
	return "", false
}

// allFields tells whether one grant lets describe every field that another does.
func allFields(o, g access.Grant) bool {
	if !g.Permissions.Has(access.Describe) || o.Fields == nil {
		return true
	}
	return g.Fields != nil && !slices.ContainsFunc(g.Fields, func(field string) bool { return !slices.Contains(o.Fields, field) })
}

// lasts tells whether one window holds all of another from now on.
func (l *linter) lasts(long, short access.Route) bool {
	begins := func(t *time.Time) time.Time {
		if t == nil || t.Before(l.now) {
			return l.now
		}
		return *t
	}
	if begins(long.NotBefore).After(begins(short.NotBefore)) {
		return false
	}
	return long.NotAfter == nil || short.NotAfter != nil && !short.NotAfter.After(*long.NotAfter)
}
