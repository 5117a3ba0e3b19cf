package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// Explanation is what a subject may and may not do there, and why.
type Explanation struct {
	// Subject as Review.Subject reads it.
	Subject     string    `json:"subject"`
	Target      string    `json:"target"`
	Library     string    `json:"library"`
	At          time.Time `json:"at"`
	Permissions []Verdict `json:"permissions"`
	// Notes say what the answer leaves open.
	Notes []string `json:"notes,omitempty"`
}

// Verdict is the answer for one permission, with its grounds.
type Verdict struct {
	Permission string `json:"permission"`
	// Allowed on all of the target.
	Allowed bool `json:"allowed"`
	// Routes by which it is allowed on all of the target, or on members of a Collection.
	Routes []Route `json:"routes,omitempty"`
	// WhyNot lists what keeps it away, the nearest first; empty when allowed.
	WhyNot []WhyNot `json:"whyNot,omitempty"`
}

// WhyNot is a RoleBinding that would give a permission but for what stands in
// the way, or what is missing altogether.
type WhyNot struct {
	// Route that does not hold; nil when there is none.
	Route     *Route     `json:"route,omitempty"`
	Obstacles []Obstacle `json:"obstacles"`
}

// Answer is the answer to: may this subject do this there?
type Answer struct {
	Subject string    `json:"subject"`
	Target  string    `json:"target"`
	At      time.Time `json:"at"`
	Verdict
	// Notes say what the answer leaves open.
	Notes []string `json:"notes,omitempty"`
}

// CanI tells whether a subject may do something with all that is in a target. One
// who does not exist may do nothing.
func (r *Review) CanI(s Subject, p access.Permission, t Target) (*Answer, error) {
	e, err := r.explain(s, t, access.Of(p))
	if err != nil {
		return nil, err
	}
	return &Answer{Subject: e.Subject, Target: e.Target, At: e.At, Verdict: e.Permissions[0], Notes: e.Notes}, nil
}

// Explain tells what a subject may do with all that is in a target, by which
// routes, and for every other permission why not.
func (r *Review) Explain(s Subject, t Target) (*Explanation, error) {
	return r.explain(s, t, access.AllPermissions)
}

func (r *Review) explain(s Subject, t Target, permissions access.Permissions) (*Explanation, error) {
	asked := r
	r, user := r.as(s)
	q, err := r.ask(t)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Subject: s.String(), Target: t.String(), Library: q.library, At: r.at, Notes: append(r.notesOn(q), asked.endings(s)...)}
	verdicts := map[access.Permission]Verdict{}
	var standing []Route // by which the user has anything on all of the target
	for p := range access.AllPermissions.Each() {
		routes, all := r.routesTo(q, user, p)
		verdicts[p] = Verdict{Permission: p.String(), Allowed: all, Routes: routes}
		if all {
			for _, route := range routes {
				standing = add(standing, route)
			}
		}
	}
	var ideal *question
	for p := range permissions.Each() {
		v := verdicts[p]
		if !v.Allowed {
			if ideal == nil {
				ideal = r.ideal(q, user)
			}
			v.WhyNot = r.whyNot(q, ideal, user, p, standing)
			if s.Kind == v1alpha1.SubjectUserGroup && asked.group(s.Name) == nil {
				v.WhyNot = append([]WhyNot{missing(v1alpha1.ReasonSubjectNotFound, "there is no UserGroup %s in namespace %s", s.Name, r.tenant.Namespace)}, v.WhyNot...)
			}
		}
		e.Permissions = append(e.Permissions, v)
	}
	return e, nil
}

// ideal is the same question in the relaxed world.
func (r *Review) ideal(q *question, user string) *question {
	declared := relaxed(q.declared, user)
	ideal := &question{target: q.target, library: q.library, declared: declared, model: access.New(declared)}
	r.place(ideal)
	return ideal
}

// whyNot finds what keeps a permission away, the nearest first.
func (r *Review) whyNot(q, ideal *question, user string, p access.Permission, standing []Route) []WhyNot {
	var all []WhyNot
	if !slices.Contains(r.subjects(), user) {
		all = append(all, missing(ReasonUserNotFound, "there is no User %s in namespace %s", user, r.tenant.Namespace))
	}
	all = append(all, r.onlyParts(q, user, p)...)
	all = append(all, r.lacking(p, standing)...)
	if all = append(all, r.nearMisses(q, ideal, user, p)...); len(all) > 0 {
		return all
	}
	for _, wrong := range q.problems() {
		all = append(all, missing(wrong.Reason, "%s", sentence(wrong)))
	}
	if len(all) == 0 {
		all = append(all, missing(ReasonNoGrant, "no RoleBinding in force gives it there to %s, or to a group", user))
	}
	return all
}

func missing(reason, format string, args ...any) WhyNot {
	return WhyNot{Obstacles: []Obstacle{{reason, fmt.Sprintf(format, args...)}}}
}

// nearMisses are the routes of the relaxed world that do not hold.
func (r *Review) nearMisses(q, ideal *question, user string, p access.Permission) []WhyNot {
	var near []WhyNot
	seen := map[[3]string]bool{}
	places := ideal.places
	if q.isItself(p) {
		near, places = r.nearBy(q, user, ideal.model.DecideLink(user, q.target.Name, r.at).Routes, place{name: q.target.String()}, nil, seen), nil
	}
	for _, at := range places {
		holds := map[[3]string]bool{}
		// What is a member in the relaxed world need not be one in the real one.
		if i := slices.IndexFunc(q.places, func(o place) bool { return o.name == at.name }); i >= 0 {
			for _, a := range q.model.Decide(user, p, q.places[i].key, r.at).Routes {
				holds[identity(a)] = true
			}
		}
		routes := ideal.model.Decide(user, p, at.key, r.at).Routes
		near = append(near, r.nearBy(q, user, routes, at, holds, seen)...)
	}
	slices.SortStableFunc(near, func(a, b WhyNot) int {
		return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(a.Route.Binding, b.Route.Binding))
	})
	return near
}

// nearBy are those of some routes of the relaxed world to a place that do not hold, with what stands in their way.
func (r *Review) nearBy(q *question, user string, routes []access.Route, at place, holds, seen map[[3]string]bool) []WhyNot {
	var near []WhyNot
	for _, a := range routes {
		if holds[identity(a)] || seen[identity(a)] {
			continue
		}
		seen[identity(a)] = true
		stand := r.obstacles(q, user, a, at)
		if len(stand) == 0 {
			continue // the target itself is in the way, which its problems tell
		}
		if len(stand) > 1 && slices.ContainsFunc(stand, func(o Obstacle) bool { return o.Reason == ReasonNotAMember }) {
			continue // not meant for the user, and closed to those for whom it is
		}
		route := r.route(a, &at.key)
		if b := r.binding(a.Binding); b != nil { // which had no window in the relaxed world
			route.NotBefore, route.NotAfter = timeOf(b.Spec.NotBefore), timeOf(b.Spec.NotAfter)
		}
		near = append(near, WhyNot{&route, stand})
	}
	return near
}

// identity tells the routes of one user apart.
func identity(a access.Route) [3]string {
	return [3]string{a.Binding, a.Group, declaredTarget(a.Target)}
}

// distance puts what is meant for the user before what is meant for others.
func distance(w WhyNot) int {
	if w.Obstacles[0].Reason == ReasonNotAMember {
		return 100
	}
	return len(w.Obstacles)
}

// onlyParts says on which parts of the target the user has the permission.
func (r *Review) onlyParts(q *question, user string, p access.Permission) []WhyNot {
	var on []string
	for _, part := range r.parts(q, user, p) {
		if !slices.Contains(on, part.On) {
			on = append(on, part.On)
		}
	}
	if len(on) == 0 {
		return nil
	}
	return []WhyNot{missing(ReasonOnlyParts, "it is held on a part alone: %s", printer.Few(on, 5))}
}

// lacking names the roles that the user has there and that do not include the permission.
func (r *Review) lacking(p access.Permission, standing []Route) []WhyNot {
	var all []WhyNot
	for _, route := range standing {
		permissions := r.permissions(route.Role, route.RoleKind == string(v1alpha1.RoleKindBuiltIn))
		switch {
		case !permissions.Has(p):
			all = append(all, WhyNot{&route, []Obstacle{{ReasonRoleLacks, "its role " + route.Role + " does not include it"}}})
		case strings.HasPrefix(route.Target, "collection/"):
			all = append(all, WhyNot{&route, []Obstacle{{ReasonMembersOnly, "a grant on a Collection gives preview and download of its members, and no more"}}})
		}
	}
	return all
}

// Reason is the nearest thing that keeps a permission away, in plain words; empty when nothing does.
func (v *Verdict) Reason() string {
	if len(v.WhyNot) == 0 {
		return ""
	}
	why := v.WhyNot[0]
	var because []string
	for _, o := range why.Obstacles {
		because = append(because, o.Message)
	}
	text := strings.Join(because, "; ")
	if why.Route == nil {
		return text
	}
	return "not by " + why.Route.String() + ": " + text
}
