package review

import (
	"cmp"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// builtIn are the roles that need no object, in the order in which people learn them.
var builtIn = []string{"viewer", "contributor", "manager", "library-viewer", "library-editor", "library-admin", "auditor", "finance"}

// Roles are the roles there are, the built-in ones first.
type Roles struct {
	At    time.Time `json:"at"`
	Roles []Role    `json:"roles"`
	Notes []string  `json:"notes,omitempty"`
}

// Role is a role with what it allows and who has it now.
type Role struct {
	Name        string   `json:"name"`
	Kind        string   `json:"kind"`
	Description string   `json:"description,omitempty"`
	Permissions []string `json:"permissions"`
	// Bindings that give it now; one whose window is closed is not among them.
	Bindings []string `json:"bindings"`
	// Users whom those reach, groups resolved.
	Users []string `json:"users"`
}

// permissions are what a role allows; none when there is no such role.
func (r *Review) permissions(name string, isBuiltIn bool) access.Permissions {
	if isBuiltIn {
		p, _ := access.BuiltInRole(name)
		return p
	}
	role := r.role(name)
	if role == nil {
		return 0
	}
	var all access.Permissions
	for _, word := range role.Spec.Permissions {
		p, _ := access.ParsePermission(string(word))
		all = all.Union(access.Of(p))
	}
	return all
}

// Roles lists the roles with who has them: all when no name is given.
func (r *Review) Roles(only ...string) (*Roles, error) {
	m := access.New(r.tenant.Declared)
	answer := &Roles{At: r.at, Notes: r.notes(m)}
	for _, name := range builtIn {
		answer.Roles = append(answer.Roles, r.roleView(m, name, v1alpha1.RoleKindBuiltIn, ""))
	}
	own := slices.Clone(r.tenant.Declared.Roles)
	slices.SortFunc(own, func(a, b v1alpha1.Role) int { return cmp.Compare(a.Name, b.Name) })
	for i := range own {
		answer.Roles = append(answer.Roles, r.roleView(m, own[i].Name, v1alpha1.RoleKindRole, own[i].Spec.Description))
	}
	for _, name := range only {
		if there := names(answer.Roles, func(o *Role) string { return o.Name }); !slices.Contains(there, name) {
			return nil, notFound("role", name, r.tenant.Namespace, there)
		}
	}
	if len(only) > 0 {
		answer.Roles = slices.DeleteFunc(answer.Roles, func(o Role) bool { return !slices.Contains(only, o.Name) })
	}
	return answer, nil
}

func (r *Review) roleView(m *access.Model, name string, kind v1alpha1.RoleKind, description string) Role {
	view := Role{
		Name: name, Kind: string(kind), Description: description,
		Permissions: r.permissions(name, kind == v1alpha1.RoleKindBuiltIn).Names(), Bindings: []string{}, Users: []string{},
	}
	for i := range r.tenant.Declared.RoleBindings {
		b := &r.tenant.Declared.RoleBindings[i]
		if b.Spec.RoleRef.Name != name || b.Spec.RoleRef.Kind != kind || b.DeletionTimestamp != nil || !open(b, r.at) {
			continue
		}
		view.Bindings = append(view.Bindings, b.Name)
		view.Users = append(view.Users, m.BindingUsers(b.Name)...)
	}
	slices.Sort(view.Bindings)
	slices.Sort(view.Users)
	view.Users = slices.Compact(view.Users)
	return view
}

func open(b *v1alpha1.RoleBinding, at time.Time) bool {
	return (b.Spec.NotBefore == nil || !at.Before(b.Spec.NotBefore.Time)) && (b.Spec.NotAfter == nil || at.Before(b.Spec.NotAfter.Time))
}
