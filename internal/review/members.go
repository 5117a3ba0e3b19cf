package review

import (
	"slices"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// subjects are the Users, and whoever opens sessions by a claim or as a ServiceAccount, as package
// access names them, in order.
func (r *Review) subjects() []string {
	names := r.Users()
	for i := range r.tenant.Declared.UserGroups {
		names = append(names, access.DeclaredSessions(&r.tenant.Declared.UserGroups[i])...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// inGroup tells whether a subject is in a group: by name, by mail domain, by the group's claim, or
// as a ServiceAccount.
func (r *Review) inGroup(g *v1alpha1.UserGroup, subject string) bool {
	if slices.Contains(g.Spec.Members, subject) || slices.Contains(access.DeclaredSessions(g), subject) {
		return true
	}
	u := r.user(subject)
	if u == nil || len(g.Spec.MemberDomains) == 0 {
		return false
	}
	members, _ := access.Members(g, []v1alpha1.User{*u})
	return len(members) > 0
}
