// The faults that reviewers find in operators, and the tests that would find them here:
//
//	an unchanged second reconcile that writes       TestUnchangedWorldIsWrittenToByNobody, on each store
//	status lost when wiped                          TestStatusThatIsWipedComesBack, on each store
//	a crash between two outside calls that leaks    TestKilledBetweenAnyTwoWrites, TestLibraryDeletionKilledAtAnyWrite, TestRotationKilledAtAnyWrite,
//	                                                on each store; test/store: …CutAnywhere…
//	a crash in a change that gives too much         TestKilledAnywhereInAChange, TestEveryKindOfCallFailsOnceInAChange, on each store
//	deletion in the wrong order that wedges         TestNamespaceEnds (the namespace first, its Secrets first, the manager first),
//	                                                TestNamespaceEndsAfterTheStoresCredentials, TestObjectStoreInUseStaysUntilItIsNot, on each store
//	a revoked grant that lives on                   TestGrantsComeAndGoInTime, TestLeaverLosesEverythingAtOnce
//	two objects claiming one name                   TestLibrariesThatMayNot (a bucket), TestPathsThatMeet (a path), TestSecretOfSomebodyElseIsLeftAlone;
//	                                                test/api: TestNamesDifferByMoreThanCase
//	acting on a stale cache                         TestCacheThatLags
//	a conflict logged as an error                   TestConflictsAreNoErrors; controllers: TestConflictsAreTriedAgainAtOnce
//	unbounded caches of Secrets                     the suite itself, whose manager may not list them: test/api: TestRights
//	wildcard RBAC                                   TestNoRoleHasAWildcard
//	an empty selector that means everybody          TestEmptyListsAreRefused
//	one namespace's object naming another's Secret  TestOnlyObjectStoresNameANamespace; TestSecretsStandWhereTheyAreMeantTo
//	events on every pass                            TestUnchangedWorldIsWrittenToByNobody, with an object that is stalled
//	unbounded messages and lists                    TestListsAreBounded; controllers: TestSetConditions, TestForeignAccessIsToldInFewWords
//	object names as metric labels                   TestNoNameIsALabel
package cluster

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// lagging delays what is watched, so that caches are behind by that much. It takes away no throughput: what comes together
// arrives together, so a first listing that is streamed takes no longer for being long.
type lagging struct {
	http.RoundTripper
	by time.Duration
}

// RoundTrip implements http.RoundTripper.
func (l lagging) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(req)
	if err == nil && req.URL.Query().Get("watch") != "" {
		resp.Body = newLateBody(req.Context(), resp.Body, l.by)
	}
	return resp, err
}

// lateBody gives what it reads some time after it came.
type lateBody struct {
	io.ReadCloser
	ctx   context.Context
	by    time.Duration
	parts chan latePart
	now   latePart
}

type latePart struct {
	data []byte
	err  error
	due  time.Time
}

func newLateBody(ctx context.Context, body io.ReadCloser, by time.Duration) *lateBody {
	b := &lateBody{ReadCloser: body, ctx: ctx, by: by, parts: make(chan latePart, 1024)}
	go b.receive()
	return b
}

func (b *lateBody) receive() {
	for {
		data := make([]byte, 32<<10)
		n, err := b.ReadCloser.Read(data)
		select {
		case b.parts <- latePart{data[:n], err, time.Now().Add(b.by)}:
		case <-b.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (b *lateBody) Read(p []byte) (int, error) {
	if len(b.now.data) == 0 && b.now.err == nil {
		select {
		case b.now = <-b.parts:
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
		select {
		case <-time.After(time.Until(b.now.due)):
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
	}
	n := copy(p, b.now.data)
	b.now.data = b.now.data[n:]
	if len(b.now.data) > 0 {
		return n, nil
	}
	return n, b.now.err
}

// A manager whose caches are behind makes nothing twice, gives nobody what
// was never declared, and arrives. It is stopped while declarations change: what is between two of them was declared, too.
func TestCacheThatLags(t *testing.T) {
	w := newWorld(t, "lagging")
	w.stopManager()
	w.config = rest.CopyConfig(w.bed.managerConfig)
	w.config.Wrap(func(rt http.RoundTripper) http.RoundTripper { return lagging{rt, 300 * time.Millisecond} })
	w.startManager(nil)
	from, to := w.changing()
	w.leakedNothing("brand", w.name+"-brand")
	for range 2 {
		w.stopManager()
		w.declare(to)
		stop := w.neverMore(from, to)
		w.startManager(nil)
		w.arrived("it arrives", to)
		stop()
		w.leakedNothing("brand", w.name+"-brand")
		from, to = to, from
	}
}

// meddling has somebody else write to an object of ours right before a write of the manager's that is for one state of it alone,
// once for each object. So the first such write to each comes second.
type meddling struct {
	http.RoundTripper
	meddle func(address string)

	mu        sync.Mutex
	met       map[string]bool // by address
	conflicts int
}

// RoundTrip implements http.RoundTripper.
func (m *meddling) RoundTrip(req *http.Request) (*http.Response, error) {
	first := false
	if req.Body != nil && strings.Contains(req.URL.Path, v1alpha1.GroupVersion.Group) && (req.Method == http.MethodPatch || req.Method == http.MethodPut) {
		body, err := io.ReadAll(req.Body)
		if err := errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(body))
		m.mu.Lock()
		first = bytes.Contains(body, []byte(`"resourceVersion"`)) && !m.met[req.URL.Path]
		m.met[req.URL.Path] = m.met[req.URL.Path] || first
		m.mu.Unlock()
	}
	if first {
		m.meddle(req.URL.Path)
	}
	resp, err := m.RoundTripper.RoundTrip(req)
	if first && err == nil && resp.StatusCode == http.StatusConflict {
		m.mu.Lock()
		m.conflicts++
		m.mu.Unlock()
	}
	return resp, err
}

// Others write to our objects all the time. That a write of ours came second
// is no error, and no reason to wake anybody.
func TestConflictsAreNoErrors(t *testing.T) {
	w := newWorld(t, "disturbed")
	w.stopManager()
	clientset, err := kubernetes.NewForConfig(w.bed.cluster.Config)
	w.must(err)
	administrator := clientset.CoreV1().RESTClient()
	m := &meddling{met: map[string]bool{}, meddle: func(address string) {
		patch := []byte(`{"metadata":{"annotations":{"acme.example/seen":"yes"}}}`)
		if err := administrator.Patch(types.MergePatchType).AbsPath(address).Body(patch).Do(w.ctx).Error(); err != nil {
			w.Errorf("writing to %s: %v", address, err)
		}
	}}
	w.config = rest.CopyConfig(w.bed.managerConfig)
	w.config.Wrap(func(rt http.RoundTripper) http.RoundTripper { m.RoundTripper = rt; return m })
	w.startManager(nil)
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	w.must(w.kubectl(nil, "delete", "damuser/alice", "damrb/alice-views", "-n", w.namespace, "--timeout=30s"))
	w.stopManager()
	if m.conflicts < 2 { // the Library's and the User's note of where they have something, at the least
		t.Errorf("%d conflicts at %v: nothing was tested", m.conflicts, m.met)
	}
	for line := range strings.Lines(logs.String()) {
		if strings.Contains(line, `"level":"error"`) && strings.Contains(line, "the object has been modified") {
			t.Errorf("a conflict is an error in the log: %.600s", line)
		}
	}
}

func TestNoRoleHasAWildcard(t *testing.T) {
	w := newWorld(t, "wildcard")
	var cluster rbacv1.ClusterRoleList
	var roles rbacv1.RoleList
	w.must(w.bed.admin.List(w.ctx, &cluster))
	w.must(w.bed.admin.List(w.ctx, &roles))
	rules := map[string][]rbacv1.PolicyRule{}
	for _, role := range cluster.Items {
		rules[role.Name] = role.Rules
	}
	for _, role := range roles.Items {
		rules[role.Namespace+"/"+role.Name] = role.Rules
	}
	seen := 0
	for name, list := range rules {
		if !strings.Contains(name, "vitrine") {
			continue
		}
		seen++
		for _, rule := range list {
			if slices.Contains(slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs), "*") {
				t.Errorf("%s has the rule %v", name, rule)
			}
		}
	}
	if seen < 4 {
		t.Errorf("only %d roles of ours were seen", seen)
	}
}

// schemas visits every field of every kind of ours, by path.
func (w *world) schemas(visit func(path string, field map[string]any)) {
	w.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinitionList"})
	w.must(w.bed.admin.List(w.ctx, list))
	var walk func(path string, field map[string]any)
	walk = func(path string, field map[string]any) {
		visit(path, field)
		properties, _ := field["properties"].(map[string]any)
		for name, of := range properties {
			walk(path+"."+name, of.(map[string]any))
		}
		for _, inner := range []string{"items", "additionalProperties"} {
			if of, ok := field[inner].(map[string]any); ok {
				walk(path+"[]", of)
			}
		}
	}
	kinds := 0
	for _, crd := range list.Items {
		if group, _, _ := unstructured.NestedString(crd.Object, "spec", "group"); group != v1alpha1.GroupVersion.Group {
			continue
		}
		kinds++
		versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
		for _, version := range versions {
			root, found, err := unstructured.NestedMap(version.(map[string]any), "schema", "openAPIV3Schema")
			w.must(err)
			if found {
				walk(crd.GetName(), root)
			}
		}
	}
	if kinds < 9 {
		w.Errorf("only %d kinds of ours were seen", kinds)
	}
}

func TestListsAreBounded(t *testing.T) {
	w := newWorld(t, "bounded")
	w.schemas(func(path string, field map[string]any) {
		if field["type"] == "array" && field["maxItems"] == nil {
			t.Errorf("%s has no end", path)
		}
	})
}

// A reference with a namespace in it is for the platform team's kind alone;
// and what it names must carry the label for that use.
func TestOnlyObjectStoresNameANamespace(t *testing.T) {
	w := newWorld(t, "reference")
	seen := false
	w.schemas(func(path string, _ map[string]any) {
		if !strings.HasSuffix(path, ".namespace") {
			return
		}
		seen = true
		if !strings.HasPrefix(path, "objectstores.") {
			t.Errorf("%s can name another namespace", path)
		}
	})
	if !seen {
		t.Error("no reference with a namespace was seen, not even the ObjectStore's")
	}
}

// An empty list never means everybody or everything: it is refused.
func TestEmptyListsAreRefused(t *testing.T) {
	w := newWorld(t, "empty")
	for _, test := range []struct{ reason, manifest string }{
		{"a binding without subjects", bound("nobody", "viewer", "", "launch")},
		{"a binding without targets", strings.ReplaceAll(bound("nothing", "viewer", "{kind: User, name: alice}", "launch"), "[{kind: Folder, name: launch}]", "[]")},
		{"a Collection without items", "{apiVersion: dam.vitrine.dev/v1alpha1, kind: Collection, metadata: {name: none}, spec: {libraryRef: {name: brand}, items: []}}"},
		{"a UserGroup of no domain", "{apiVersion: dam.vitrine.dev/v1alpha1, kind: UserGroup, metadata: {name: none}, spec: {memberDomains: [\"\"]}}"},
	} {
		if err := w.kubectl([]byte(test.manifest), "apply", "--server-side", "-n", w.namespace, "-f", "-"); err == nil {
			t.Errorf("%s is accepted", test.reason)
		}
	}
	// And a namespace list of a store's tenant.
	err := w.kubectl(nil, "patch", "ostore/empty", "--type=merge", "-p", `{"spec":{"tenants":[{"namespaces":[],"buckets":["*"]}]}}`)
	if err == nil {
		t.Error("a tenant without namespaces is accepted")
	}
}

// Names of objects are without number: none is the value of a metric's label.
func TestNoNameIsALabel(t *testing.T) {
	w := newWorld(t, "unlabelled")
	w.apply(w.named(launch))
	w.ready(&v1alpha1.RoleBinding{}, "alice-views")
	families, err := metrics.Registry.Gather()
	w.must(err)
	if len(families) < 10 {
		t.Errorf("only %d metrics were seen", len(families))
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				for _, name := range []string{"unlabelled", "alice", "launch", "brand"} {
					if strings.Contains(label.GetValue(), name) {
						t.Errorf("%s has the label %s=%q", family.GetName(), label.GetName(), label.GetValue())
					}
				}
			}
		}
	}
}
