package review

import (
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// WhoCan is the answer to: who may do this there?
type WhoCan struct {
	Permission string    `json:"permission"`
	Target     string    `json:"target"`
	Library    string    `json:"library"`
	At         time.Time `json:"at"`
	// Users who may do it on all of the target, by name.
	Users []Holder `json:"users"`
	// Parts are rights on less than the target, of users who are not among those.
	Parts []Part `json:"parts,omitempty"`
	// Groups that name no members here and give it to whoever is in them.
	Groups []GroupHolder `json:"groups,omitempty"`
	// Links that show it, or files in it, to whoever holds their URL.
	Links []Link `json:"links,omitempty"`
	// Notes say what the answer leaves open.
	Notes []string `json:"notes,omitempty"`
}

// Holder is a user with every route.
type Holder struct {
	User   string  `json:"user"`
	Routes []Route `json:"routes"`
}

// GroupHolder is a group with every route.
type GroupHolder struct {
	Group  string  `json:"group"`
	Routes []Route `json:"routes"`
}

// Part is a user's right on a part of what was asked about.
type Part struct {
	User string `json:"user"`
	// On is the part: a folder's path, which ends in a slash, or a Collection's item.
	On    string `json:"on"`
	Route Route  `json:"route"`
}

// WhoCan tells who may do something with all that is in a target, and who in
// parts of it.
func (r *Review) WhoCan(p access.Permission, t Target) (*WhoCan, error) {
	q, err := r.ask(t)
	if err != nil {
		return nil, err
	}
	answer := &WhoCan{
		Permission: p.String(), Target: t.String(), Library: q.library, At: r.at,
		Users: []Holder{}, Links: r.links(q, p), Notes: r.notesOn(q),
	}
	for _, user := range r.subjects() {
		if routes, all := r.routesTo(q, user, p); all {
			answer.Users = append(answer.Users, Holder{user, routes})
			continue
		}
		answer.Parts = append(answer.Parts, r.parts(q, user, p)...)
	}
	if answer.Groups, err = r.groupsWho(p, t); err != nil {
		return nil, err
	}
	return answer, nil
}

// groupsWho are the groups without members who give it to whoever is in them: people come into a
// group by other ways than being named.
func (r *Review) groupsWho(p access.Permission, t Target) ([]GroupHolder, error) {
	groups := r.memberless()
	if len(groups) == 0 {
		return nil, nil
	}
	r = r.withMembers(func(g *v1alpha1.UserGroup) bool { return len(g.Spec.Members) == 0 })
	q, err := r.ask(t)
	if err != nil {
		return nil, err
	}
	var holders []GroupHolder
	for _, group := range groups {
		if routes, all := r.routesTo(q, member(group), p); all {
			holders = append(holders, GroupHolder{group, routes})
		}
	}
	return holders, nil
}

// parts are a user's rights on less than what was asked about.
func (r *Review) parts(q *question, user string, p access.Permission) []Part {
	if q.isItself(p) {
		return nil
	}
	if q.target.Kind == v1alpha1.TargetCollection {
		return r.partsOfCollection(q, user, p)
	}
	if q.target.Path != "" || len(q.places) == 0 {
		return nil
	}
	var parts []Part
	for _, g := range q.model.Grants(user, r.at) {
		if !g.Permissions.Has(p) {
			continue
		}
		if g.Scope != nil {
			path := r.pathOf(*g.Scope)
			if g.Scope.Library == q.library && len(path) > len(q.path) && path[:len(q.path)] == q.path {
				parts = append(parts, Part{user, path, r.route(g.Route, nil)})
			}
			continue
		}
		c := r.collection(g.Route.Target.Name)
		if q.root != "" || c == nil || c.Spec.LibraryRef.Name != q.library {
			continue // members of Collections are never in a restricted root
		}
		for _, item := range itemsOf(c) {
			if mayReach(item, q.path) && slices.Contains(g.Keys, access.Key{Library: q.library, Path: standIn(item)}) {
				parts = append(parts, Part{user, item, r.route(g.Route, nil)})
			}
		}
	}
	return parts
}

func (r *Review) partsOfCollection(q *question, user string, p access.Permission) []Part {
	var parts []Part
	for _, at := range q.places {
		for _, a := range q.model.Decide(user, p, at.key, r.at).Routes {
			parts = append(parts, Part{user, at.name, r.route(a, &at.key)})
		}
	}
	return parts
}
