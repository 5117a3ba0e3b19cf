package review

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// relaxed gives declarations in which nothing stands in a user's way: nothing is
// frozen, on its way out, bounded in time, restricted or pinned to a version; the user exists and is in every
// group, and what a binding names and is missing is there. Whatever route the user has
// in this world and not in the real one fails for reasons that obstacles finds: so the model
// itself says which grants come near, and no rule of it is repeated here.
func relaxed(d access.Declarations, user string) access.Declarations {
	d.NamespaceFrozen = false
	d.Libraries = freed(d.Libraries, func(l *v1alpha1.Library) *metav1.ObjectMeta { return &l.ObjectMeta })
	d.Folders = freed(d.Folders, func(f *v1alpha1.Folder) *metav1.ObjectMeta { return &f.ObjectMeta })
	for i := range d.Folders {
		d.Folders[i].Spec.Access = v1alpha1.AccessInherit
	}
	d.Collections = freed(d.Collections, func(c *v1alpha1.Collection) *metav1.ObjectMeta { return &c.ObjectMeta })
	for i := range d.Collections {
		c := &d.Collections[i]
		c.Spec.Items = slices.Clone(c.Spec.Items)
		for j := range c.Spec.Items {
			c.Spec.Items[j].Version = ""
		}
	}
	d.Users = []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: user}}}
	d.UserGroups = freed(d.UserGroups, func(g *v1alpha1.UserGroup) *metav1.ObjectMeta { return &g.ObjectMeta })
	d.Roles = freed(d.Roles, func(r *v1alpha1.Role) *metav1.ObjectMeta { return &r.ObjectMeta })
	d.RoleBindings = freed(d.RoleBindings, func(b *v1alpha1.RoleBinding) *metav1.ObjectMeta { return &b.ObjectMeta })

	groups, roles := map[string]bool{}, map[string]bool{}
	for i := range d.UserGroups {
		groups[d.UserGroups[i].Name] = true
	}
	for i := range d.Roles {
		roles[d.Roles[i].Name] = true
	}
	for i := range d.RoleBindings {
		b := &d.RoleBindings[i].Spec
		b.NotBefore, b.NotAfter = nil, nil
		for _, s := range b.Subjects {
			if s.Kind == v1alpha1.SubjectUserGroup && !groups[s.Name] {
				groups[s.Name] = true
				d.UserGroups = append(d.UserGroups, v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: s.Name}})
			}
		}
		if b.RoleRef.Kind == v1alpha1.RoleKindRole && !roles[b.RoleRef.Name] {
			roles[b.RoleRef.Name] = true
			d.Roles = append(d.Roles, anything(b.RoleRef.Name))
		}
	}
	for i := range d.UserGroups {
		d.UserGroups[i].Spec.Members = []string{user}
	}
	return d
}

// anything is a role that allows all there is: what a missing one would allow nobody knows.
func anything(name string) v1alpha1.Role {
	r := v1alpha1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for p := range access.AllPermissions.Each() {
		r.Spec.Permissions = append(r.Spec.Permissions, v1alpha1.Permission(p.String()))
	}
	return r
}

func freed[T any](items []T, meta func(*T) *metav1.ObjectMeta) []T {
	items = slices.Clone(items)
	for i := range items {
		m := meta(&items[i])
		m.Annotations, m.DeletionTimestamp = nil, nil
	}
	return items
}
