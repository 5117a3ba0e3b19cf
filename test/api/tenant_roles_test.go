package api

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

// member gives the client of somebody to whom a ClusterRole is bound in the tenant's namespace.
func (a *authors) member(t *testing.T, role string) dynamic.Interface {
	t.Helper()
	_, err := a.clients.RbacV1().RoleBindings(tenant).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: role},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "Group", Name: role}},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	a.await(t, role, authorizationv1.ResourceAttributes{Namespace: tenant, Group: "dam.vitrine.dev", Resource: "libraries", Verb: "list"})
	client, err := dynamic.NewForConfig(server.UserConfig("member", "system:authenticated", role))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestTenantRoles shows what the roles that come with Vitrine let people of a tenant do: an
// administrator all that there is, an editor only what gives nobody anything and no deleting of
// Libraries, a viewer nothing but look, finance nothing but look at Libraries.
//
// features: K1, K12, A1.11, A1.22, A1.28, A1.29, A1.30, A1.31, A1.32, A2.1, A2.2, A2.3, A2.6, A2.7, A2.8, A2.9, A2.10, A2.11, A2.12, A2.13, A2.14
func TestTenantRoles(t *testing.T) {
	a := newAuthors(t)
	admin, editor, viewer := a.member(t, "vitrine-tenant-admin"), a.member(t, "vitrine-tenant-editor"), a.member(t, "vitrine-tenant-viewer")
	finance := a.member(t, "vitrine-tenant-finance")
	// What an editor has beside the right to write.
	has := func(verb string) bool { return strings.HasPrefix(verb, "collect ") }
	for _, s := range scenes {
		t.Run(s.kind, func(t *testing.T) {
			made := s.make(t, "")
			for reason, client := range map[string]dynamic.Interface{"an administrator": admin, "an editor": editor, "a viewer": viewer} {
				seen, err := s.on(client).Get(t.Context(), made.GetName(), metav1.GetOptions{})
				if err != nil {
					t.Errorf("%s does not see it: %v", reason, err)
				} else if diff := cmp.Diff(made.Object["spec"], seen.Object["spec"]); diff != "" { // the items of a Collection are there
					t.Errorf("%s does not see all of it (-made +seen):\n%s", reason, diff)
				}
				if _, err := s.on(client).List(t.Context(), metav1.ListOptions{}); err != nil {
					t.Errorf("%s does not see it in a list: %v", reason, err)
				}
			}
			if _, err := s.on(a.with(t)).List(t.Context(), metav1.ListOptions{}); err != nil {
				t.Error(err)
			}
			_, err := s.on(finance).Get(t.Context(), made.GetName(), metav1.GetOptions{})
			if _, listErr := s.on(finance).List(t.Context(), metav1.ListOptions{}); s.kind == "Library" && (err != nil || listErr != nil) {
				t.Errorf("finance does not see it: %v, %v", err, listErr)
			} else if s.kind != "Library" && (!apierrors.IsForbidden(err) || !apierrors.IsForbidden(listErr)) {
				t.Errorf("finance sees it: %v, %v", err, listErr)
			}
			stranger, err := dynamic.NewForConfig(server.UserConfig("stranger", "system:authenticated"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.on(stranger).Get(t.Context(), made.GetName(), metav1.GetOptions{}); !apierrors.IsForbidden(err) {
				t.Errorf("a stranger sees it: %v", err)
			}
			// Some an editor may not do whatever verbs they have.
			try := func(c attempt, editorMay bool, do func(dynamic.Interface) error) {
				t.Helper()
				if err := do(admin); err != nil {
					t.Errorf("%s: an administrator is refused: %v", c.reason, err)
				}
				lacks := false
				for _, verb := range c.needs {
					lacks = lacks || !has(verb)
				}
				switch err := do(editor); {
				case !editorMay:
					if !apierrors.IsForbidden(err) {
						t.Errorf("%s: an editor: %v, want it forbidden", c.reason, err)
					}
				case lacks && (!apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "needs the verb")):
					t.Errorf("%s: an editor: %v, want it forbidden", c.reason, err)
				case !lacks && err != nil:
					t.Errorf("%s: an editor is refused: %v", c.reason, err)
				}
				for who, client := range map[string]dynamic.Interface{"a viewer": viewer, "finance": finance} {
					if err := do(client); !apierrors.IsForbidden(err) {
						t.Errorf("%s: %s: %v, want it forbidden", c.reason, who, err)
					}
				}
			}
			for _, c := range s.creates {
				object := s.table().object(t, "metadata: {name: another}")
				object.Object = patched(t, object.Object, c.change)
				try(c, true, func(client dynamic.Interface) error {
					_, err := s.on(client).Create(t.Context(), object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
					return err
				})
			}
			for _, c := range s.updates {
				object := &unstructured.Unstructured{Object: patched(t, made.Object, c.change)}
				try(c, true, func(client dynamic.Interface) error {
					_, err := s.on(client).Update(t.Context(), object, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
					return err
				})
			}
			for _, c := range s.deletes {
				if c.change != "" {
					continue
				}
				try(c, s.kind != "Library", func(client dynamic.Interface) error {
					return s.on(client).Delete(t.Context(), made.GetName(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
				})
			}
		})
	}
}
