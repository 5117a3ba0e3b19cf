package access

import (
	"slices"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// membership is a binding that reaches a user, and through which group; the
// group is empty when the user is named directly.
type membership struct {
	binding *binding
	group   string
}

func (m *Model) addUsers(declared []v1alpha1.User) {
	m.users = make(map[string]bool, len(declared))
	for i := range declared {
		u := &declared[i]
		m.users[u.Name] = !m.frozen && !going(&u.ObjectMeta) && !frozen(&u.ObjectMeta)
	}
}

func (m *Model) addGroups(declared []v1alpha1.UserGroup, users []v1alpha1.User) {
	m.groups = make(map[string][]string, len(declared))
	m.sizes = make(map[string]int, len(declared))
	leaving := map[string]bool{}
	for i := range users {
		leaving[users[i].Name] = going(&users[i].ObjectMeta)
	}
	for i := range declared {
		g := &declared[i]
		if going(&g.ObjectMeta) {
			continue
		}
		members, missing := membersOf(g, users, m.users)
		for _, name := range members {
			if !leaving[name] {
				m.sizes[g.Name]++
			}
		}
		members = slices.DeleteFunc(members, func(name string) bool { return !m.users[name] })
		if !m.frozen {
			members = append(members, DeclaredSessions(g)...)
		}
		if frozen(&g.ObjectMeta) {
			members = nil
		}
		m.groups[g.Name] = members
		if len(missing) > 0 {
			slices.Sort(missing)
			m.problems.add("UserGroup", g.Name, v1alpha1.ReasonMemberNotFound,
				"there is no User %s in this namespace; create it, or take it out of spec.members", few(missing))
		}
	}
}

func (m *Model) addRoles(declared []v1alpha1.Role) {
	m.roles = make(map[string]role, len(declared))
	for i := range declared {
		r := &declared[i]
		if going(&r.ObjectMeta) {
			continue
		}
		var have Permissions
		var unknown []string
		for _, name := range r.Spec.Permissions {
			p, ok := ParsePermission(string(name))
			if !ok {
				unknown = append(unknown, string(name))
				continue
			}
			have = have.Union(Of(p))
		}
		met := have.Met()
		m.roles[r.Name] = role{met, fieldsOf(r)}
		if unmet := have &^ met; unmet != 0 {
			// Admission refuses such a Role; this one is older than the rule.
			m.problems.add("Role", r.Name, v1alpha1.ReasonPermissionNeedsAnother,
				"it does not give %s, since %s; give what they need too, or take them out of spec.permissions", unmet, lacking(have))
		}
		if len(unknown) > 0 {
			slices.Sort(unknown)
			m.problems.add("Role", r.Name, v1alpha1.ReasonRoleNotFound,
				"there is no permission %s; the permissions are %s", few(unknown), AllPermissions)
		}
	}
}

// BindingUsers are the Users that a RoleBinding reaches, groups resolved, in
// order, without regard to its window; none when there is no such binding.
func (m *Model) BindingUsers(name string) []string {
	return slices.DeleteFunc(m.BindingSubjects(name), IsSession)
}

// BindingSubjects are BindingUsers, and the subjects that are no Users.
func (m *Model) BindingSubjects(name string) []string {
	b := m.byBinding[name]
	if b == nil {
		return nil
	}
	users := make([]string, 0, len(b.reached))
	for _, r := range b.reached {
		users = append(users, r.user)
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// GroupMembers are the users of a group that rights can come to, in order. Not to be changed.
func (m *Model) GroupMembers(group string) []string { return m.groups[group] }
