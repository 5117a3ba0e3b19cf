package review

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// People are Users found by name, mail or role.
type People struct {
	At    time.Time `json:"at"`
	Users []Person  `json:"users"`
	Notes []string  `json:"notes,omitempty"`
}

// Person is a User with what people know them by, and the roles they have now.
type Person struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName,omitempty"`
	Email       string `json:"email,omitempty"`
	// Groups that the user is in, by name or by mail domain.
	Groups []string `json:"groups"`
	// Roles that the user has now, on anything, by any route.
	Roles []string `json:"roles"`
	// Frozen is the reason of a freeze on the User.
	Frozen string `json:"frozen,omitempty"`
}

// People finds the Users whose name, display name or mail holds a text, case
// aside, and who have a role now. An empty text or role asks for nothing.
func (r *Review) People(text, role string) (*People, error) {
	if role != "" {
		if _, err := r.Roles(role); err != nil {
			return nil, err
		}
	}
	m := access.New(r.tenant.Declared)
	answer := &People{At: r.at, Users: []Person{}, Notes: r.notes(m)}
	groups := map[string][]string{}
	for i := range r.tenant.Declared.UserGroups {
		g := &r.tenant.Declared.UserGroups[i]
		members, _ := access.Members(g, r.tenant.Declared.Users)
		for _, name := range members {
			groups[name] = append(groups[name], g.Name)
		}
	}
	text = strings.ToLower(text)
	for i := range r.tenant.Declared.Users {
		u := &r.tenant.Declared.Users[i]
		known := strings.ToLower(u.Name + "\n" + u.Spec.DisplayName + "\n" + u.Spec.Email)
		if !strings.Contains(known, text) {
			continue
		}
		p := Person{Name: u.Name, DisplayName: u.Spec.DisplayName, Email: u.Spec.Email, Groups: sorted(groups[u.Name]), Roles: []string{}, Frozen: v1alpha1.FreezeReason(u)}
		for _, g := range m.Grants(u.Name, r.at) {
			p.Roles = append(p.Roles, g.Route.Role)
		}
		if p.Roles = sorted(p.Roles); role == "" || slices.Contains(p.Roles, role) {
			answer.Users = append(answer.Users, p)
		}
	}
	slices.SortFunc(answer.Users, func(a, b Person) int { return cmp.Compare(a.Name, b.Name) })
	return answer, nil
}

func sorted(names []string) []string {
	all := slices.Clone(names)
	if all == nil {
		all = []string{}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// WriteTable writes a row for each person.
func (a *People) WriteTable(w io.Writer, wide bool) error {
	lines := printer.NewLines(w)
	if len(a.Users) == 0 {
		lines.Line("No User is like that.")
		return lines.Notes(a.Notes)
	}
	most := 4
	if wide {
		most = 1 << 30
	}
	t := printer.NewTable(w, "USER", "NAME", "EMAIL", "GROUPS", "ROLES", "FROZEN")
	for i := range a.Users {
		p := &a.Users[i]
		t.Row(p.Name, p.DisplayName, p.Email, printer.Few(p.Groups, most), printer.Few(p.Roles, most), p.Frozen)
	}
	if err := t.End(); err != nil {
		return err
	}
	return lines.Notes(a.Notes)
}
