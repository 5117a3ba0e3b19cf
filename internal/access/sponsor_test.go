package access_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// features: U6
func TestSponsors(t *testing.T) {
	group := v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUserGroup, Name: "managers"}
	user := v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUser, Name: "alice"}
	final := v1alpha1.LinkTarget{Folder: &v1alpha1.LocalReference{Name: "final"}}
	embargo := v1alpha1.LinkTarget{Folder: &v1alpha1.LocalReference{Name: "embargo"}}
	heroes := v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: "heroes"}}
	file := v1alpha1.LinkTarget{Asset: &v1alpha1.AssetReference{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: "launch/final/a.jpg"}}
	freeze := map[string]string{v1alpha1.AnnotationFreeze: "incident"}

	for _, tc := range []struct {
		reason  string
		sponsor v1alpha1.LinkSponsor
		target  v1alpha1.LinkTarget
		binding v1alpha1.RoleBinding
		change  func(*access.Declarations)
		want    bool
	}{
		{"a group that manages the folder", group, final, bind("b", "manager", "UserGroup/managers", "Folder/final"), nil, true},
		{"a group that manages a folder above", group, final, bind("b", "manager", "UserGroup/managers", "Folder/launch"), nil, true},
		{"a group that manages the library", group, final, bind("b", "library-editor", "UserGroup/managers", "Library/brand"), nil, true},
		{"a group that manages a folder beside", group, final, bind("b", "manager", "UserGroup/managers", "Folder/press"), nil, false},
		{"a group that may upload and not link", group, final, bind("b", "contributor", "UserGroup/managers", "Folder/final"), nil, false},
		{"a group of which only a member has the right", group, final, bind("b", "manager", "User/alice", "Folder/final"), nil, false},
		{"a group that does not exist", v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUserGroup, Name: "none"}, final, bind("b", "manager", "UserGroup/none", "Folder/final"), nil, false},
		{"a group in which nobody is", group, final, bind("b", "manager", "UserGroup/managers", "Folder/final"), func(d *access.Declarations) { d.UserGroups[0].Spec.Members = nil }, false},
		{"a group whose only member is frozen", group, final, bind("b", "manager", "UserGroup/managers", "Folder/final"), func(d *access.Declarations) { d.Users[0].Annotations = freeze }, false},
		{"a group that is frozen", group, final, bind("b", "manager", "UserGroup/managers", "Folder/final"), func(d *access.Declarations) { d.UserGroups[0].Annotations = freeze }, false},
		{"a binding that has ended", group, final, bind("b", "manager", "UserGroup/managers", "Folder/final"), func(d *access.Declarations) {
			d.RoleBindings[0].Spec.NotAfter = &metav1.Time{Time: noon}
		}, false},
		{"a binding that ends in a moment", group, final, bind("b", "manager", "UserGroup/managers", "Folder/final"), func(d *access.Declarations) {
			d.RoleBindings[0].Spec.NotAfter = &metav1.Time{Time: noon.Add(time.Second)}
		}, true},
		{"a binding that is being deleted", group, final, bind("b", "manager", "UserGroup/managers", "Folder/final"), func(d *access.Declarations) {
			d.RoleBindings[0].DeletionTimestamp = &metav1.Time{Time: noon}
		}, false},
		{"a restricted folder from above", group, embargo, bind("b", "manager", "UserGroup/managers", "Folder/launch"), nil, false},
		{"a restricted folder by a grant of its own", group, embargo, bind("b", "manager", "UserGroup/managers", "Folder/embargo"), nil, true},
		{"a restricted folder by a role with restricted", group, embargo, bind("b", "library-admin", "UserGroup/managers", "Library/brand"), nil, true},
		{"a collection by a grant on it", group, heroes, bind("b", "manager", "UserGroup/managers", "Collection/heroes"), nil, true},
		{"a collection by the library", group, heroes, bind("b", "library-editor", "UserGroup/managers", "Library/brand"), nil, true},
		{"a collection by a folder that its members are in today", group, heroes, bind("b", "manager", "UserGroup/managers", "Folder/launch"), nil, false},
		{"a collection on which the role gives no link", group, heroes, bind("b", "contributor", "UserGroup/managers", "Collection/heroes"), nil, false},
		{"a collection on which the role cannot be given", group, heroes, bind("b", "library-admin", "UserGroup/managers", "Collection/heroes"), nil, false},
		{"a collection that is gone", group, heroes, bind("b", "manager", "UserGroup/managers", "Collection/heroes"), func(d *access.Declarations) { d.Collections = nil }, false},
		{"a file by a folder above", group, file, bind("b", "manager", "UserGroup/managers", "Folder/launch"), nil, true},
		{"a file by a folder beside", group, file, bind("b", "manager", "UserGroup/managers", "Folder/press"), nil, false},
		{"a user by name", user, final, bind("b", "manager", "User/alice", "Folder/final"), nil, true},
		{"a user through a group", user, final, bind("b", "manager", "UserGroup/managers", "Folder/final"), nil, true},
		{"a user who is frozen", user, final, bind("b", "manager", "User/alice", "Folder/final"), func(d *access.Declarations) { d.Users[0].Annotations = freeze }, false},
		{"a user who is gone", user, final, bind("b", "manager", "User/alice", "Folder/final"), func(d *access.Declarations) { d.Users = nil }, false},
		{"nobody", v1alpha1.LinkSponsor{}, final, bind("b", "manager", "User/alice", "Folder/final"), nil, false},
		{"no target", user, v1alpha1.LinkTarget{}, bind("b", "manager", "User/alice", "Folder/final"), nil, false},
	} {
		d := access.Declarations{
			Libraries: []v1alpha1.Library{library("brand")},
			Folders: []v1alpha1.Folder{
				folder("launch", "launch", "Inherit"), folder("final", "launch/final", "Inherit"),
				folder("press", "press", "Inherit"), folder("embargo", "launch/embargo", "Restricted"),
			},
			Collections: []v1alpha1.Collection{{
				ObjectMeta: metav1.ObjectMeta{Name: "heroes"},
				Spec:       v1alpha1.CollectionSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Items: []v1alpha1.CollectionItem{{Path: "launch/a.jpg"}}},
			}},
			Users:        users("alice"),
			UserGroups:   []v1alpha1.UserGroup{{ObjectMeta: metav1.ObjectMeta{Name: "managers"}, Spec: v1alpha1.UserGroupSpec{Members: []string{"alice"}}}},
			RoleBindings: []v1alpha1.RoleBinding{tc.binding},
		}
		if tc.change != nil {
			tc.change(&d)
		}
		if got := access.New(d).Sponsors(tc.sponsor, tc.target, noon); got != tc.want {
			t.Errorf("%s: sponsors is %t, want %t", tc.reason, got, tc.want)
		}
	}
}
