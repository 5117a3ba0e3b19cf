package compare

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// A freeze by hand is in no file and outlives every sync, so files without it thaw nothing; one that a deployer wrote they do thaw.
//
// features: U1
func TestFreezesByHandStay(t *testing.T) {
	declared := "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final") + plink()
	frozen := func(manager string, of func(*review.Tenant) *metav1.ObjectMeta) review.Tenant {
		s := given(t, declared)
		m := of(&s)
		m.Annotations = map[string]string{v1alpha1.AnnotationFreeze: "lost"}
		m.ManagedFields = []metav1.ManagedFieldsEntry{
			{Manager: "kubectl-client-side-apply", FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:spec":{}}`)}},
			{Manager: manager, FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:metadata":{"f:annotations":{"f:dam.vitrine.dev/freeze":{}}}}`)}},
		}
		return s
	}
	namespace := func(byHand bool) review.Tenant {
		s := given(t, declared)
		s.Declared.NamespaceFrozen, s.FrozenByHand = true, byHand
		return s
	}
	user := func(s *review.Tenant) *metav1.ObjectMeta { return &s.Declared.Users[0].ObjectMeta }
	group := func(s *review.Tenant) *metav1.ObjectMeta { return &s.Declared.UserGroups[0].ObjectMeta }
	library := func(s *review.Tenant) *metav1.ObjectMeta { return &s.Declared.Libraries[0].ObjectMeta }
	link := func(s *review.Tenant) *metav1.ObjectMeta { return &s.Links[0].ObjectMeta }
	head := given(t, declared)
	head.AgesUnknown = true
	more := given(t, strings.Replace(declared, "User/alice", "User/bob", 1))
	more.Declared.RoleBindings = append(more.Declared.RoleBindings, given(t, "bindings:\n"+binding("b", "manager", "User/bob", "Folder/launch")).Declared.RoleBindings...)
	more.AgesUnknown = true
	later := given(t, declared)
	later.Declared.RoleBindings = append(later.Declared.RoleBindings, given(t, "bindings:\n"+binding("b", "manager", "User/alice", "Folder/launch")).Declared.RoleBindings...)
	later.AgesUnknown = true
	applied := frozen("kubectl-dam", user)
	user(&applied).Annotations[corev1.LastAppliedConfigAnnotation] = `{"metadata":{"annotations":{"dam.vitrine.dev/freeze":"lost"}}}`
	files := frozen("", user)
	files.AgesUnknown = true
	cases := []struct {
		reason     string
		base, head review.Tenant
		want       Verdict
	}{
		{"a user", frozen("kubectl-dam", user), head, Same},
		{"a group", frozen("kubectl-dam", group), head, Same},
		{"a library", frozen("kubectl-annotate", library), head, Same},
		{"a link", frozen("kubectl-dam", link), head, Same},
		{"a namespace", namespace(true), head, Same},
		{"a user, and somebody else gains", frozen("kubectl-dam", user), more, Wider},
		{"a user who is given more meanwhile, for the day of the thaw", frozen("kubectl-dam", user), later, Wider},
		{"a namespace in which somebody is given more meanwhile", namespace(true), later, Wider},
		{"a user whom the files freeze as well", frozen("kubectl-dam", user), files, Same},
		{"a user whom a deployer froze", frozen("kubectl-client-side-apply", user), head, Wider},
		{"a user whom a deployer froze after somebody had", applied, head, Wider},
		{"a link that a deployer froze", frozen("argocd-controller", link), head, Wider},
		{"a namespace that a deployer froze", namespace(false), head, Wider},
		{"a freeze in files", files, head, Wider},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			if d := Compare(c.base, c.head, noon); d.Verdict != c.want {
				t.Errorf("it is %s, and should be %s: %q", d.Verdict, c.want, rows(d))
			}
		})
	}
}
