package review

import (
	"cmp"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// Access is all that a subject may do.
type Access struct {
	// Subject as Review.Subject reads it.
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	Grants  []Grant   `json:"grants"`
	// Groups that the user is in, or the group asked about.
	Groups []string `json:"groups"`
	// Notes say what the answer leaves open.
	Notes []string `json:"notes,omitempty"`
}

// Grant is permissions on one place by one route.
type Grant struct {
	Library string `json:"library"`
	// Path of the folder that is covered, with all below it; it ends in a slash,
	// and is empty for the whole Library and for a Collection.
	Path string `json:"path,omitempty"`
	// Restricted is the restricted Folder whose files they are.
	Restricted string `json:"restricted,omitempty"`
	// Items are the Collection's, patterns included.
	Items       []string `json:"items,omitempty"`
	Permissions []string `json:"permissions"`
	Route       Route    `json:"route"`
}

// Access tells all that a subject may do now, by place.
func (r *Review) Access(s Subject) (*Access, error) {
	switch {
	case s.Kind == v1alpha1.SubjectUserGroup && r.group(s.Name) == nil:
		return nil, notFound("UserGroup", s.Name, r.tenant.Namespace, names(r.tenant.Declared.UserGroups, func(g *v1alpha1.UserGroup) string { return g.Name }))
	case s.Kind == v1alpha1.SubjectUser && r.user(s.Name) == nil && !slices.Contains(r.subjects(), s.Name):
		return nil, notFound("User", s.Name, r.tenant.Namespace, r.Users())
	}
	r, user := r.as(s)
	// Without a file to ask about, every item of a Collection stands for itself.
	m := access.New(withItems(r.tenant.Declared, "", ""))
	answer := &Access{Subject: s.String(), At: r.at, Grants: []Grant{}, Groups: []string{}, Notes: r.notes(m)}
	var o obstacles
	if u := r.user(user); u != nil {
		o.of("the User "+user, &u.ObjectMeta, true)
	}
	if g := r.group(s.Name); g != nil && s.Kind == v1alpha1.SubjectUserGroup {
		o.of("the UserGroup "+g.Name, &g.ObjectMeta, true)
	}
	if len(o) > 0 {
		answer.Notes = append(answer.Notes, o[0].Message+": nothing comes to them")
	}
	for i := range r.tenant.Declared.UserGroups {
		if g := &r.tenant.Declared.UserGroups[i]; r.inGroup(g, user) {
			answer.Groups = append(answer.Groups, g.Name)
		}
	}
	slices.Sort(answer.Groups)
	noted := map[string]bool{}
	for _, a := range m.Grants(user, r.at) {
		if c := r.collection(a.Route.Target.Name); a.Scope == nil && c != nil && !noted[c.Name] {
			noted[c.Name] = true
			answer.Notes = append(answer.Notes, r.itemNotes(c)...)
		}
		if g, some := r.grant(a); some {
			answer.Grants = append(answer.Grants, g)
		}
	}
	slices.SortStableFunc(answer.Grants, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(a.Library, b.Library), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Route.Target, b.Route.Target))
	})
	return answer, nil
}

// itemNotes say what a list of a Collection's items leaves open.
func (r *Review) itemNotes(c *v1alpha1.Collection) []string {
	var notes []string
	if hasPattern(c) {
		notes = append(notes, "collection/"+c.Name+": "+r.patternNotes(c)[0])
	}
	for _, note := range []string{selectorNote(c), pinnedNote(c)} {
		if note != "" {
			notes = append(notes, note)
		}
	}
	return notes
}

// grant shows a grant of the model along the paths that people know; false when it reaches no file.
func (r *Review) grant(a access.Grant) (Grant, bool) {
	g := Grant{Permissions: a.Permissions.Names(), Route: r.route(a.Route, nil)}
	if a.Scope != nil {
		g.Library, g.Restricted, g.Path = a.Scope.Library, a.Scope.Restricted, r.pathOf(*a.Scope)
		return g, true
	}
	if c := r.collection(a.Route.Target.Name); c != nil {
		g.Library = c.Spec.LibraryRef.Name
		for _, item := range itemsOf(c) {
			if slices.Contains(a.Keys, access.Key{Library: g.Library, Path: standIn(item)}) {
				g.Items = append(g.Items, item)
			}
		}
	}
	return g, len(g.Items) > 0
}

// where is the place in words.
func (g *Grant) where() string {
	switch {
	case len(g.Items) > 0:
		return printer.Few(g.Items, 3)
	case g.Restricted != "":
		return g.Path + " (restricted)"
	case g.Path == "":
		return "all but restricted Folders"
	}
	return g.Path
}
