package api

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
)

// declares lets everybody in this group write every kind in the tenant's namespace, and
// nothing more: what else an author may, each of its further groups says.
const declares = "may-declare"

// authors makes people who hold chosen verbs.
type authors struct {
	clients kubernetes.Interface
	mu      sync.Mutex
	known   map[string]bool // groups with their verb
}

// group gives a group that holds one verb, written like "share folders/launch" or
// "unfreeze namespaces/acme core".
func (a *authors) group(t *testing.T, verb string) string {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	name := "may-" + strings.NewReplacer(" ", "-", "/", "-").Replace(verb)
	if a.known[name] {
		return name
	}
	word, on, _ := strings.Cut(verb, " ")
	resource, object, _ := strings.Cut(on, "/")
	object, core, _ := strings.Cut(object, " ")
	group := "dam.vitrine.dev"
	if core != "" {
		group = ""
	}
	a.bind(t, name, rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, ResourceNames: []string{object}, Verbs: []string{word}})
	a.await(t, name, authorizationv1.ResourceAttributes{Namespace: tenant, Group: group, Resource: resource, Name: object, Verb: word})
	a.known[name] = true
	return name
}

// bind gives a group a right in the tenant's namespace.
func (a *authors) bind(t *testing.T, name string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	meta := metav1.ObjectMeta{Namespace: tenant, Name: name}
	_, err := a.clients.RbacV1().Roles(tenant).Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	_, err = a.clients.RbacV1().RoleBindings(tenant).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "Group", Name: name}},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// await waits until the API server's authoriser has seen a right.
func (a *authors) await(t *testing.T, group string, right authorizationv1.ResourceAttributes) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		review, err := a.clients.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
			Spec: authorizationv1.SubjectAccessReviewSpec{User: "someone", Groups: []string{group}, ResourceAttributes: &right},
		}, metav1.CreateOptions{})
		return err == nil && review.Status.Allowed, err
	})
	if err != nil {
		t.Fatalf("%s is not allowed %+v: %v", group, right, err)
	}
}

// awaitRule waits until the API server's authoriser has seen what a rule of one group of
// resources lets do by one verb.
func (a *authors) awaitRule(t *testing.T, group string, rule rbacv1.PolicyRule, verb string) {
	t.Helper()
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""} // any
	}
	for _, resource := range rule.Resources {
		for _, name := range names {
			a.await(t, group, authorizationv1.ResourceAttributes{Namespace: tenant, Group: rule.APIGroups[0], Resource: resource, Name: name, Verb: verb})
		}
	}
}

// with gives the client of an author who may declare, and holds these verbs.
func (a *authors) with(t *testing.T, verbs ...string) dynamic.Interface {
	t.Helper()
	groups := []string{declares}
	for _, verb := range verbs {
		groups = append(groups, a.group(t, verb))
	}
	return a.in(t, groups...)
}

// in gives the client of an author who is in these groups.
func (a *authors) in(t *testing.T, groups ...string) dynamic.Interface {
	t.Helper()
	client, err := dynamic.NewForConfig(server.UserConfig("author", append(groups, "system:authenticated")...))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// newAuthors installs the policies and waits until each of them judges.
func newAuthors(t *testing.T) *authors {
	t.Helper()
	server.apply(t, "config/default")
	clients, err := kubernetes.NewForConfig(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	a := &authors{clients: clients, known: map[string]bool{}}
	kinds := []string{"collections", "folders", "libraries", "publiclinks", "rolebindings", "roles", "usergroups", "users"}
	a.bind(t, declares,
		rbacv1.PolicyRule{APIGroups: []string{"dam.vitrine.dev"}, Resources: kinds, Verbs: []string{"create", "delete", "get", "list", "patch", "update"}},
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"namespaces", "namespaces/status", "namespaces/finalize"}, Verbs: []string{"get", "patch", "update"}})
	a.await(t, declares, authorizationv1.ResourceAttributes{Namespace: tenant, Group: "dam.vitrine.dev", Resource: "users", Verb: "create"})
	for _, s := range scenes {
		a.awaitPolicy(t, s)
	}
	return a
}

// awaitPolicy waits until the policy on a kind refuses what its scene begins with.
func (a *authors) awaitPolicy(t *testing.T, s scene) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		_, err := s.on(a.with(t)).Create(ctx, s.table().object(t, "metadata: {name: probe}"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err != nil && strings.Contains(err.Error(), "needs the verb"), nil
	})
	if err != nil {
		t.Fatalf("the policy on %s refuses nothing: %v", s.kind, err)
	}
}
