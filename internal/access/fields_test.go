package access_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
)

func roleFor(name string, permissions []v1alpha1.Permission, fields ...v1alpha1.MetadataFieldName) v1alpha1.Role {
	return v1alpha1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.RoleSpec{Permissions: permissions, MetadataFields: fields}}
}

// TestDescribableFields asks which fields alice may change of a file in each of the ways in which she may, or may not.
//
// features: P5
func TestDescribableFields(t *testing.T) {
	describe := []v1alpha1.Permission{v1alpha1.PermissionList, v1alpha1.PermissionDescribe}
	roles := []v1alpha1.Role{
		roleFor("titles", describe, "title", "alt"), roleFor("rights", describe, "rights", "title"), roleFor("free", describe),
		roleFor("looks", []v1alpha1.Permission{v1alpha1.PermissionList}, "title"), // which the API refuses
		roleFor("vain", []v1alpha1.Permission{v1alpha1.PermissionDescribe}, "title"),
		roleFor("library-titles", describe, "title"),
		roleFor("keyholder", append(describe, v1alpha1.PermissionRestricted), "rights"),
	}
	file, sealed := access.Key{Library: "brand", Path: "press/a.jpg"}, access.Key{Library: "brand", Restricted: "board", Path: "a.jpg"}
	over := bind("over", "free", "User/alice", "Folder/press")
	over.Spec.NotAfter = &metav1.Time{Time: noon}
	for _, c := range []struct {
		reason   string
		bindings []v1alpha1.RoleBinding
		file     access.Key
		all      bool
		fields   []string
	}{
		{"without a grant none", nil, file, false, nil},
		{"a role for some fields is for those", []v1alpha1.RoleBinding{bind("a", "titles", "User/alice", "Folder/press")}, file, false, []string{"alt", "title"}},
		{"two roles are for the fields of both", []v1alpha1.RoleBinding{bind("a", "titles", "User/alice", "Folder/press"), bind("b", "rights", "UserGroup/staff", "Folder/press")}, file, false, []string{"alt", "rights", "title"}},
		{"a role for all fields is not made smaller by another", []v1alpha1.RoleBinding{bind("a", "titles", "User/alice", "Folder/press"), bind("b", "free", "User/alice", "Folder/press")}, file, true, nil},
		{"a built-in role is for all fields", []v1alpha1.RoleBinding{bind("a", "titles", "User/alice", "Folder/press"), bind("b", "contributor", "User/alice", "Folder/press")}, file, true, nil},
		{"a built-in role that describes nothing is for none", []v1alpha1.RoleBinding{bind("a", "viewer", "User/alice", "Folder/press")}, file, false, nil},
		{"a role counts where it is given", []v1alpha1.RoleBinding{bind("a", "titles", "User/alice", "Folder/press"), bind("b", "free", "User/alice", "Folder/board")}, file, false, []string{"alt", "title"}},
		{"a role counts while it is given", []v1alpha1.RoleBinding{bind("a", "titles", "User/alice", "Folder/press"), over}, file, false, []string{"alt", "title"}},
		{"a role counts for those to whom it is given", []v1alpha1.RoleBinding{bind("a", "free", "User/bob", "Folder/press")}, file, false, nil},
		{"fields are nothing without describe", []v1alpha1.RoleBinding{bind("a", "looks", "User/alice", "Folder/press")}, file, false, nil},
		{"fields are nothing without what describe needs", []v1alpha1.RoleBinding{bind("a", "vain", "User/alice", "Folder/press")}, file, false, nil},
		{"a grant on a Collection describes nothing", []v1alpha1.RoleBinding{bind("a", "free", "User/alice", "Collection/heroes")}, file, false, nil},
		{"a grant on a Library is for its fields", []v1alpha1.RoleBinding{bind("a", "library-titles", "User/alice", "Library/brand")}, file, false, []string{"title"}},
		{"a grant on a Library does not reach what is restricted", []v1alpha1.RoleBinding{bind("a", "library-titles", "User/alice", "Library/brand")}, sealed, false, nil},
		{"a grant on a restricted folder does", []v1alpha1.RoleBinding{bind("a", "titles", "User/alice", "Folder/board")}, sealed, false, []string{"alt", "title"}},
		{"so does a role with restricted from above, with its fields", []v1alpha1.RoleBinding{bind("a", "keyholder", "User/alice", "Folder/top")}, access.Key{Library: "brand", Restricted: "inner", Path: "a.jpg"}, false, []string{"rights"}},
	} {
		t.Run(c.reason, func(t *testing.T) {
			d := access.Declarations{
				Libraries: []v1alpha1.Library{library("brand")}, Users: users("alice", "bob"), Roles: roles, RoleBindings: c.bindings,
				UserGroups:  []v1alpha1.UserGroup{{ObjectMeta: metav1.ObjectMeta{Name: "staff"}, Spec: v1alpha1.UserGroupSpec{Members: []string{"alice"}}}},
				Collections: []v1alpha1.Collection{{ObjectMeta: metav1.ObjectMeta{Name: "heroes"}}},
				Folders: []v1alpha1.Folder{
					folder("press", "press", v1alpha1.AccessInherit), folder("board", "board", v1alpha1.AccessRestricted),
					folder("top", "top", v1alpha1.AccessInherit), folder("inner", "top/inner", v1alpha1.AccessRestricted),
				},
			}
			d.Collections[0].Spec.LibraryRef.Name, d.Collections[0].Spec.Items = "brand", []v1alpha1.CollectionItem{{Path: file.Path}}
			for i := range d.RoleBindings {
				if ref := &d.RoleBindings[i].Spec.RoleRef; slices.ContainsFunc(roles, func(r v1alpha1.Role) bool { return r.Name == ref.Name }) {
					ref.Kind = v1alpha1.RoleKindRole
				}
			}
			m := access.New(d)
			all, fields := m.DescribableFields("alice", c.file, noon)
			if diff := cmp.Diff(c.fields, fields); diff != "" || all != c.all {
				t.Errorf("all is %t, want %t; fields (-want +got):\n%s", all, c.all, diff)
			}
		})
	}
}

// TestAWiderRoleNeverNarrows widens a Role of a random world, by a permission, by a field or to all of them, and asks whether
// anybody has less anywhere, at any time. That somebody may describe and that there are fields is one and the same.
//
// features: P5
func TestAWiderRoleNeverNarrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		d := w.Declarations
		d.Roles = slices.Clone(d.Roles)
		spec := &d.Roles[rapid.IntRange(0, len(d.Roles)-1).Draw(t, "role")].Spec
		switch rapid.IntRange(0, 2).Draw(t, "widening") {
		case 0:
			spec.MetadataFields = nil
		case 1:
			if spec.MetadataFields != nil {
				spec.MetadataFields = append(slices.Clone(spec.MetadataFields), "more")
			}
		case 2:
			spec.Permissions = append(slices.Clone(spec.Permissions), v1alpha1.PermissionList, v1alpha1.PermissionDescribe)
		}
		before, after := access.New(w.Declarations), access.New(d)
		for _, u := range w.Users {
			for _, at := range w.Instants {
				for _, k := range w.Keys {
					wasAll, was := before.DescribableFields(u.Name, k, at)
					isAll, is := after.DescribableFields(u.Name, k, at)
					if wasAll && !isAll || !isAll && slices.ContainsFunc(was, func(f string) bool { return !slices.Contains(is, f) }) {
						t.Fatalf("%s might change (%t) %v of %v at %s, and now (%t) %v", u.Name, wasAll, was, k, at, isAll, is)
					}
					if may := after.Decide(u.Name, access.Describe, k, at).Allowed; may != (isAll || len(is) > 0) {
						t.Fatalf("%s may describe %v at %s is %t, and the fields are (%t) %v", u.Name, k, at, may, isAll, is)
					}
				}
			}
		}
	})
}
