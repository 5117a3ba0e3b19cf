package review

import (
	"cmp"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// Access is all that a user may do.
type Access struct {
	User   string    `json:"user"`
	At     time.Time `json:"at"`
	Grants []Grant   `json:"grants"`
	// Groups that the user is in.
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

// Access tells all that a user may do now, by place.
func (r *Review) Access(user string) (*Access, error) {
	u := r.user(user)
	if u == nil && !slices.Contains(r.subjects(), user) {
		return nil, notFound("User", user, r.tenant.Namespace, r.Users())
	}
	// Without a file to ask about, every item of a Collection stands for itself.
	m := access.New(withItems(r.tenant.Declared, "", ""))
	answer := &Access{User: user, At: r.at, Grants: []Grant{}, Groups: []string{}, Notes: r.notes(m)}
	var o obstacles
	if u != nil {
		o.of("the User "+user, &u.ObjectMeta, true)
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
		g := Grant{Permissions: a.Permissions.Names(), Route: r.route(a.Route, nil)}
		if a.Scope != nil {
			g.Library, g.Restricted, g.Path = a.Scope.Library, a.Scope.Restricted, r.pathOf(*a.Scope)
		} else if c := r.collection(a.Route.Target.Name); c != nil {
			g.Library = c.Spec.LibraryRef.Name
			for _, item := range c.Spec.Items {
				g.Items = append(g.Items, item.Path)
			}
			if hasPattern(c) && !noted[c.Name] {
				noted[c.Name] = true
				answer.Notes = append(answer.Notes, "collection/"+c.Name+": "+r.patternNotes(c)[0])
			}
		}
		answer.Grants = append(answer.Grants, g)
	}
	slices.SortStableFunc(answer.Grants, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(a.Library, b.Library), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Route.Target, b.Route.Target))
	})
	return answer, nil
}
