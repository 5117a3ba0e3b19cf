package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// Route is one way by which a right comes about.
type Route struct {
	// Binding is the RoleBinding's name.
	Binding string `json:"binding"`
	// Role that it gives, and whether it is BuiltIn or a Role of the tenant.
	Role     string `json:"role"`
	RoleKind string `json:"roleKind"`
	// Group through which the user is reached; empty when named directly.
	Group string `json:"group,omitempty"`
	// Target of the binding, as ParseTarget reads it.
	Target string `json:"target"`
	// CascadesFrom is the path of the Folder, / for a whole Library, above the
	// place asked about; empty when the right is given on that very place.
	CascadesFrom string `json:"cascadesFrom,omitempty"`
	// Item of the Collection that holds the file, when the target is a Collection.
	Item string `json:"item,omitempty"`
	// NotBefore and NotAfter bound it in time; nil is without bound.
	NotBefore *time.Time `json:"notBefore,omitempty"`
	NotAfter  *time.Time `json:"notAfter,omitempty"`
	// Reason that the binding states.
	Reason string `json:"reason,omitempty"`
}

func (r *Review) route(a access.Route, k *access.Key) Route {
	route := Route{
		Binding: a.Binding, Role: a.Role, RoleKind: string(v1alpha1.RoleKindRole), Group: a.Group,
		Target: declaredTarget(a.Target), CascadesFrom: a.Inherited, NotBefore: utc(a.NotBefore), NotAfter: utc(a.NotAfter),
	}
	if a.BuiltIn {
		route.RoleKind = string(v1alpha1.RoleKindBuiltIn)
	}
	if k != nil && a.Target.Kind == v1alpha1.TargetCollection {
		route.Item = r.itemOf(a.Target.Name, *k)
	}
	if b := r.binding(a.Binding); b != nil {
		route.Reason = b.Spec.Reason
	}
	return route
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func timeOf(t *metav1.Time) *time.Time {
	if t == nil {
		return nil
	}
	return utc(&t.Time)
}

// routesTo gives the routes by which a user holds a permission on the places of a question, and whether on all of them.
func (r *Review) routesTo(q *question, user string, p access.Permission) (routes []Route, all bool) {
	if q.isItself(p) {
		d := q.model.DecideLink(user, q.target.Name, r.at)
		for _, a := range d.Routes {
			routes = append(routes, r.route(a, nil))
		}
		return routes, d.Allowed
	}
	held := 0
	for _, at := range q.places {
		d := q.model.Decide(user, p, at.key, r.at)
		if d.Allowed {
			held++
		}
		for _, a := range d.Routes {
			routes = add(routes, r.route(a, &at.key))
		}
	}
	return routes, held > 0 && held == len(q.places)
}

// isItself tells that a question is about a Collection itself and not about its members: whether it may be shown by a link.
func (q *question) isItself(p access.Permission) bool {
	return p == access.Link && q.target.Kind == v1alpha1.TargetCollection
}

// add keeps one of those routes that differ in the Collection's item alone.
func add(routes []Route, route Route) []Route {
	for i := range routes {
		have := &routes[i]
		if have.Binding == route.Binding && have.Group == route.Group && have.Target == route.Target && have.CascadesFrom == route.CascadesFrom {
			if have.Item != route.Item {
				have.Item = ""
			}
			return routes
		}
	}
	return append(routes, route)
}

// notesOn says what an answer about this question leaves open.
func (r *Review) notesOn(q *question) []string {
	notes := r.notes(q.model)
	for _, p := range q.problems() {
		notes = append(notes, sentence(p))
	}
	if q.target.Kind == v1alpha1.TargetCollection {
		c := r.collection(q.target.Name)
		notes = append(notes, r.patternNotes(c)...)
		for _, note := range []string{selectorNote(c), pinnedNote(c)} {
			if note != "" {
				notes = append(notes, note)
			}
		}
		return notes
	}
	if q.target.Path != "" {
		if q.root != "" {
			notes = append(notes, "the file lies in the restricted folder/"+q.root+": no grant from above reaches it, but by a role with the permission restricted")
		}
		for i := range r.tenant.Declared.Collections {
			c := &r.tenant.Declared.Collections[i]
			if c.Spec.LibraryRef.Name == q.library && q.root == "" && access.IsPattern(r.itemOf(c.Name, q.places[0].key)) {
				notes = append(notes, "the file is in collection/"+c.Name+" by a pattern, supposing that it exists")
			}
			if c.Spec.LibraryRef.Name == q.library && q.root == "" && c.Spec.Selector != nil && r.itemOf(c.Name, q.places[0].key) == "" {
				notes = append(notes, "whether the selector of collection/"+c.Name+" picks the file only the cluster knows: a right by that is left out")
			}
		}
		return notes
	}
	if below := r.restrictedBelow(q); len(below) > 0 {
		notes = append(notes, "restricted Folders below it have grants of their own; ask about "+printer.Few(below, 12))
	}
	return notes
}

// problems are those of the target and of its Library.
func (q *question) problems() []access.Problem {
	return slices.DeleteFunc(q.model.Problems(), func(p access.Problem) bool {
		return (p.Name != q.target.Name || p.Kind != string(q.target.Kind)) && (p.Name != q.library || p.Kind != string(v1alpha1.TargetLibrary))
	})
}

func (r *Review) patternNotes(c *v1alpha1.Collection) []string {
	if !hasPattern(c) {
		return nil
	}
	var patterns []string
	for _, item := range c.Spec.Items {
		if access.IsPattern(item.Path) {
			patterns = append(patterns, item.Path)
		}
	}
	return []string{fmt.Sprintf("the members by pattern (%s) are answered as any file that matches: which files do only the store knows; "+
		"a right to some of them alone is left out, and so is the limit of %d members, above which grants on a Collection give nothing", printer.Few(patterns, 5), access.MaxMembers)}
}

// restrictedBelow names the restricted Folders of the library below the place
// asked about that have a root of their own.
func (r *Review) restrictedBelow(q *question) []string {
	var all []string
	for i := range r.tenant.Declared.Folders {
		f := &r.tenant.Declared.Folders[i]
		at := string(f.Spec.Path) + "/"
		if f.Spec.Access == v1alpha1.AccessRestricted && f.Spec.LibraryRef.Name == q.library && at != q.path && strings.HasPrefix(at, q.path) {
			all = append(all, "folder/"+f.Name)
		}
	}
	slices.Sort(all)
	return all
}
