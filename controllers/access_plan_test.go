package controllers

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// At a store of few groups a group more takes nobody out of those that there were, where the rights of all do not fit otherwise.
//
// features: P10
func TestWhoseRightsDoNotFitStaysInGroups(t *testing.T) {
	declared := acmeAt(v1alpha1.Capabilities{Enforcement: v1alpha1.EnforcementInlinePolicy, PolicyBytes: 700, DocumentsPerHolder: 1, GroupsPerUser: 2})
	tenant := &Tenant{Namespace: "acme"}
	d := &tenant.Declared
	brand := v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: "brand"}}
	brand.Spec.Bucket.Name = "acme-brand"
	d.Libraries = []v1alpha1.Library{brand}
	d.Users = []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: "sam"}}}
	sam := userIdentity(declared, "acme", "sam").Name
	held := map[store.Holder]store.Held{}
	for i := range 3 {
		name := fmt.Sprintf("team-%d", i)
		f := v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Name: name}}
		f.Spec.LibraryRef.Name, f.Spec.Path = "brand", v1alpha1.Path(name+"/everything that the team makes for the year 2027")
		g := v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: name}}
		g.Spec.Members = []string{"sam"}
		b := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}}
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"}
		b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: name}}
		b.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: name}}
		d.Folders, d.UserGroups, d.RoleBindings = append(d.Folders, f), append(d.UserGroups, g), append(d.RoleBindings, b)
		if i < 2 {
			holder := store.Holder{Kind: store.HolderGroup, Path: store.IdentityPath("eu-prod", "acme"), Name: store.Name("eu-prod", "acme", "UserGroup", name)}
			held[holder] = store.Held{Members: []string{sam, "v-stranger"}}
		}
	}
	tenant.Model = access.New(*d)
	made := rendering{
		model: tenant.Model, principals: principals{users: map[string]string{"sam": "arn:sam"}},
		buckets: map[string]policy.Buckets{"brand": {Originals: "acme-brand", Vitrine: "acme-brand-dam"}},
	}
	made.plan(tenant, declared, nil)
	if len(made.attachments) != 1 || !errors.Is(made.attachments[0].Err, policy.ErrTooLarge) {
		t.Fatalf("there are %+v, so this proves something else", made.attachments)
	}
	made.planAmong(tenant, declared, held)
	members := map[string][]string{}
	for _, a := range made.attachments[1:] {
		members[a.Subject.Name] = a.Members
	}
	if diff := cmp.Diff(map[string][]string{"team-0": {"sam"}, "team-1": {"sam"}}, members); diff != "" || !errors.Is(made.attachments[0].Err, policy.ErrTooLarge) {
		t.Errorf("members of groups (-want +got):\n%s%v", diff, made.attachments[0].Err)
	}
}
