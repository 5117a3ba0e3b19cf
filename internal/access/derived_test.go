package access_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// features: P13, B10
func TestMet(t *testing.T) {
	for _, tc := range []struct {
		reason string
		have   access.Permissions
		want   string
	}{
		{"what has all it needs stays", access.Of(access.List, access.Upload, access.Delete), "list,upload,delete"},
		{"a permission without its need goes", access.Of(access.Upload), ""},
		{"and with it what needs it in turn", access.Of(access.List, access.Delete, access.Moderate), "list"},
		{"a need two steps away is missed too", access.Of(access.Upload, access.Delete), ""},
		{"the rest stays", access.Of(access.List, access.Link, access.Download), "list,download"},
		{"what needs nothing stands alone", access.Of(access.Audit), "audit"},
		{"nothing is nothing", 0, ""},
	} {
		if got := tc.have.Met(); got.String() != tc.want {
			t.Errorf("%s: %q of %q, want %q", tc.reason, got, tc.have, tc.want)
		}
	}
	for name := range map[string]bool{"viewer": true, "contributor": true, "manager": true, "library-viewer": true, "library-editor": true, "library-admin": true, "auditor": true, "finance": true} {
		if p, ok := access.BuiltInRole(name); !ok || p.Met() != p {
			t.Errorf("the built-in role %s breaks a rule of its own: %s becomes %s", name, p, p.Met())
		}
	}
}

// TestNeedsEnd checks that following needs comes to an end, which Met relies on.
func TestNeedsEnd(t *testing.T) {
	for p := range access.AllPermissions.Each() {
		steps := 0
		for n, some := access.Needs(p); some; n, some = access.Needs(n) {
			if steps++; steps > 16 || n == p {
				t.Fatalf("%s needs itself", p)
			}
		}
	}
}

// TestTheAPIRepeatsTheNeeds compares the rules of the API with the table.
//
// features: P13, B10
func TestTheAPIRepeatsTheNeeds(t *testing.T) {
	source, err := os.ReadFile("../../api/v1alpha1/role_types.go")
	if err != nil {
		t.Fatal(err)
	}
	wanted := 0
	for p := range access.AllPermissions.Each() {
		n, some := access.Needs(p)
		if !some {
			continue
		}
		wanted++
		rule := fmt.Sprintf(`rule="!('%s' in self) || '%s' in self",message="%s needs %s: give %s too, or leave %s out"`, p, n, p, n, n, p)
		if !strings.Contains(string(source), rule) {
			t.Errorf("the API does not have\n%s", rule)
		}
	}
	if n := strings.Count(string(source), "in self) ||"); n != wanted {
		t.Errorf("the API has %d such rules, the table %d", n, wanted)
	}
}

// TestRoleOfBeforeTheRules checks a Role that was made when nothing refused it.
//
// features: P13
func TestRoleOfBeforeTheRules(t *testing.T) {
	b := bind("drop", "", "User/alice", "Folder/launch")
	b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindRole, Name: "drop"}
	m := access.New(access.Declarations{
		Libraries: []v1alpha1.Library{library("brand")},
		Folders:   []v1alpha1.Folder{folder("launch", "launch", "Inherit")},
		Users:     users("alice"),
		Roles: []v1alpha1.Role{{
			ObjectMeta: metav1.ObjectMeta{Name: "drop"},
			Spec:       v1alpha1.RoleSpec{Permissions: []v1alpha1.Permission{"list", "preview", "delete", "link"}},
		}},
		RoleBindings: []v1alpha1.RoleBinding{b},
	})
	grants := m.Grants("alice", noon)
	if len(grants) != 1 || grants[0].Permissions != access.Of(access.List, access.Preview) {
		t.Errorf("alice has %v, want what the role gives lawfully", grants)
	}
	problems := m.Problems()
	const want = "it does not give delete,link, since delete needs upload, link needs share; give what they need too, or take them out of spec.permissions"
	if len(problems) != 1 || problems[0] != (access.Problem{Kind: "Role", Name: "drop", Reason: v1alpha1.ReasonPermissionNeedsAnother, Message: want}) {
		t.Errorf("problems are %v", problems)
	}
}
