package review

import (
	"slices"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// RoleNames are the roles there are, the built-in ones first.
func (r *Review) RoleNames() []string {
	return append(slices.Clone(builtIn), sorted(names(r.tenant.Declared.Roles, func(o *v1alpha1.Role) string { return o.Name }))...)
}

// Namespace of the tenant.
func (r *Review) Namespace() string { return r.tenant.Namespace }

// Links are the names of the tenant's PublicLinks, in order.
func (r *Review) Links() []string {
	return sorted(names(r.tenant.Links, func(l *v1alpha1.PublicLink) string { return l.Name }))
}

// Groups are the names of the tenant's UserGroups, in order.
func (r *Review) Groups() []string {
	return sorted(names(r.tenant.Declared.UserGroups, func(g *v1alpha1.UserGroup) string { return g.Name }))
}

// Libraries are the names of the tenant's Libraries, in order.
func (r *Review) Libraries() []string {
	return sorted(names(r.tenant.Declared.Libraries, func(l *v1alpha1.Library) string { return l.Name }))
}
