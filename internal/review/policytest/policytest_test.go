package policytest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// tenant gives the group creatives, in which alice is, contributor on the Folder launch until July.
func tenant() review.Tenant {
	var t review.Tenant
	d := &t.Declared
	d.Libraries = []v1alpha1.Library{{ObjectMeta: metav1.ObjectMeta{Name: "brand"}}}
	d.Folders = []v1alpha1.Folder{{ObjectMeta: metav1.ObjectMeta{Name: "launch"}, Spec: v1alpha1.FolderSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: "launch"}}}
	d.Users = []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: "alice"}}}
	d.UserGroups = []v1alpha1.UserGroup{{ObjectMeta: metav1.ObjectMeta{Name: "creatives"}, Spec: v1alpha1.UserGroupSpec{Members: []string{"alice"}, Federation: &v1alpha1.Federation{Issuer: "sso", Claim: "groups", Value: "creatives"}}}}
	end := metav1.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)
	d.RoleBindings = []v1alpha1.RoleBinding{{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Spec: v1alpha1.RoleBindingSpec{
		RoleRef:  v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "contributor"},
		Subjects: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: "creatives"}},
		Targets:  []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: "launch"}}, NotAfter: &end,
	}}}
	t.Namespace = "acme"
	return t
}

const head = "apiVersion: dam.vitrine.dev/v1alpha1\nkind: AccessTest\nmetadata: {name: x}\nspec:\n"

// features: U8
func TestRun(t *testing.T) {
	cases := []struct {
		reason string
		spec   string
		passed bool
		why    string
	}{
		{"one who may", "{subject: alice, permission: upload, target: folder/launch, expect: allow}", true, ""},
		{"one who may, and must not", "{subject: alice, permission: upload, target: folder/launch, expect: deny}", false, "it is allowed by RoleBinding b (contributor through UserGroup creatives, on folder/launch"},
		{"one who may not, and must", "{subject: alice, permission: delete, target: folder/launch, expect: allow}", false, "its role contributor does not include it"},
		{"a group", "{subject: group/creatives, permission: upload, target: \"library/brand:launch/a.jpg\", expect: allow}", true, ""},
		{"after the end", "{subject: alice, permission: upload, target: folder/launch, expect: deny, at: \"2027-07-01T00:00:00Z\"}", true, ""},
		{"one whom nobody declares is no proof of anything", "{subject: alcie, permission: list, target: folder/launch, expect: deny}", false, "there is no subject alcie: correct the name"},
		{"nor a group that nobody declares", "{subject: group/craetives, permission: list, target: folder/launch, expect: deny}", false, "there is no subject group/craetives"},
		{"one who has left", "{subject: zoe, permission: list, target: folder/launch, expect: deny, unknownSubject: Accept}", true, ""},
		{"one who has left, and must still", "{subject: zoe, permission: list, target: folder/launch, expect: allow, unknownSubject: Accept}", false, "there is no User zoe"},
		{"a word that there is not", "{subject: zoe, permission: list, target: folder/launch, expect: deny, unknownSubject: yes please}", false, "write Accept"},
		{"holders of a claim are declared", "{subject: \"group:creatives\", permission: upload, target: folder/launch, expect: allow}", true, ""},
		{"holders of a claim of no group are not", "{subject: \"group:press\", permission: upload, target: folder/launch, expect: deny}", false, "there is no subject group:press"},
		{"a target that there is not is no proof of anything", "{subject: alice, permission: list, target: folder/lunch, expect: deny}", false, "there is no Folder lunch"},
		{"a permission that there is not", "{subject: alice, permission: fly, target: folder/launch, expect: deny}", false, `"fly" is not a permission`},
		{"neither allow nor deny", "{subject: alice, permission: list, target: folder/launch, expect: maybe}", false, "write allow or deny"},
		{"nobody", "{permission: list, target: folder/launch, expect: deny}", false, "not a subject"},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			test, err := Parse([]byte(head+"  cases:\n  - "+c.spec+"\n"), "x.yaml")
			if err != nil {
				t.Fatal(err)
			}
			single, err := Parse([]byte(strings.Replace(head, "spec:\n", "spec: ", 1)+c.spec+"\n"), "x.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.Spec.Cases, single.Spec.Cases); diff != "" {
				t.Errorf("a case of its own is another than one in a list:\n%s", diff)
			}
			r := Run(tenant(), []AccessTest{test}, time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC))
			o := r.Cases[0]
			if o.Passed != c.passed || !strings.Contains(strings.Join(o.Why, "\n"), c.why) || r.Passed+r.Failed != 1 {
				t.Errorf("%+v; it should pass=%v and say %q", o, c.passed, c.why)
			}
		})
	}
}

// A test that would not be run is refused.
func TestParse(t *testing.T) {
	for _, text := range []string{"  {}\n", "  cases: []\n", "  cases: [{subject: a}]\n  subject: b\n"} {
		if _, err := Parse([]byte(head+text), "x.yaml"); !errors.Is(err, ErrTest) || !strings.Contains(err.Error(), "x.yaml") {
			t.Errorf("%q: the error is %v", text, err)
		}
	}
	for _, misspelt := range []string{"subjct", "Subject"} {
		if _, err := Parse([]byte(head+"  cases: [{"+misspelt+": a}]\n"), "x.yaml"); err == nil {
			t.Errorf("the field %s is read", misspelt)
		}
	}
}
