package api

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes"
	sigsyaml "sigs.k8s.io/yaml"
)

// build gives the objects of a kustomization.
func (s *apiServer) build(t *testing.T, dir string) []unstructured.Unstructured {
	t.Helper()
	out, complaints, err := s.kubectl(t, nil, "kustomize", dir)
	if err != nil || complaints != "" {
		t.Fatalf("building %s: %v\n%s", dir, err, complaints)
	}
	return objects(t, out)
}

// objects are the objects in a stream of YAML.
func objects(t *testing.T, text string) []unstructured.Unstructured {
	t.Helper()
	var all []unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		var object unstructured.Unstructured
		switch err := decoder.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatalf("reading YAML: %v", err)
		}
		if len(object.Object) > 0 {
			all = append(all, object)
		}
	}
}

// apply applies a kustomization as its users do.
func (s *apiServer) apply(t *testing.T, dir string) {
	t.Helper()
	_, complaints, err := s.kubectl(t, nil, "apply", "--server-side", "-k", dir)
	if err != nil {
		t.Fatalf("applying %s: %v\n%s", dir, err, complaints)
	}
	if complaints != "" {
		t.Errorf("applying %s warns:\n%s", dir, complaints)
	}
}

func TestInstallation(t *testing.T) {
	server.apply(t, "config/default")
	all := server.build(t, "config/default")

	t.Run("no role has a wildcard, or a way to more rights than it names", func(t *testing.T) {
		roles := 0
		for _, object := range all {
			for _, rule := range rulesOf(t, object) {
				roles++
				// These verbs mean more rights in Kubernetes; in our own group they mean those of config/admission.
				more := []string{"escalate", "bind", "impersonate"}
				if slices.Equal(rule.APIGroups, []string{"dam.vitrine.dev"}) {
					more = nil
				}
				for _, word := range slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs, rule.ResourceNames, rule.NonResourceURLs) {
					if strings.Contains(word, "*") || slices.Contains(more, word) {
						t.Errorf("%s %s has %q", object.GetKind(), object.GetName(), word)
					}
				}
			}
		}
		if roles == 0 {
			t.Error("there are no roles at all")
		}
	})

	t.Run("the gateway's roles have no verb that writes", func(t *testing.T) {
		rules := 0
		for _, object := range all {
			if object.GetName() != "vitrine-gateway" {
				continue
			}
			for _, rule := range rulesOf(t, object) {
				rules++
				for _, verb := range rule.Verbs {
					if !slices.Contains([]string{"get", "list", "watch"}, verb) {
						t.Errorf("%s %s/%s has the verb %s", object.GetKind(), object.GetNamespace(), object.GetName(), verb)
					}
				}
			}
		}
		if rules == 0 {
			t.Error("the gateway has no roles at all")
		}
	})

	t.Run("pods run under the restricted standard", func(t *testing.T) {
		deployments := 0
		for _, object := range all {
			if object.GetKind() != "Deployment" {
				continue
			}
			deployments++
			template, _, err := unstructured.NestedMap(object.Object, "spec", "template")
			if err != nil {
				t.Fatal(err)
			}
			pod := &unstructured.Unstructured{Object: template}
			pod.SetAPIVersion("v1")
			pod.SetKind("Pod")
			pod.SetName("trial")
			_, err = server.dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).Namespace(object.GetNamespace()).
				Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
			if err != nil {
				t.Errorf("a pod of %s: %v", object.GetName(), err)
			}
		}
		if deployments != 2 {
			t.Errorf("there are %d Deployments, want the manager and the gateway", deployments)
		}
	})

	t.Run("the overlay of docs/install.md sets images and address", func(t *testing.T) {
		page, err := os.ReadFile(filepath.Join(server.root, "docs/install.md"))
		if err != nil {
			t.Fatal(err)
		}
		overlay := example.FindSubmatch(page)
		if overlay == nil {
			t.Fatal("there is no overlay on the page")
		}
		dir := t.TempDir()
		base, err := filepath.Rel(dir, filepath.Join(server.root, "config/default"))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(overlay[1]), "https://github.com/vitrine-dam/vitrine/config/default", base)
		if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, complaints, err := server.kubectl(t, nil, "kustomize", dir)
		if err != nil {
			t.Fatal(err, complaints)
		}
		for _, line := range []string{
			"image: registry.example.org/vitrine-manager:v0.1.0",
			"image: registry.example.org/vitrine-gateway:v0.1.0",
			"- name: TRANSFORM_IMAGE\n          value: registry.example.org/vitrine-transform:v0.1.0",
			"- name: DOCUMENTS_IMAGE\n          value: registry.example.org/vitrine-documents:v0.1.0",
			"- name: TRUSTED_PROXIES\n          value: 192.0.2.0/24",
		} {
			if !strings.Contains(out, line) {
				t.Errorf("the overlay does not give\n%s", line)
			}
		}
		if n := strings.Count(out, "- name: EXTERNAL_URL\n          value: https://media.example.org"); n != 2 {
			t.Errorf("%d Deployments have the address, want both", n)
		}
	})

	t.Run("with the component of docs/install.md stores may give hints, and nobody has more rights", func(t *testing.T) {
		page, err := os.ReadFile(filepath.Join(server.root, "docs/install.md"))
		if err != nil {
			t.Fatal(err)
		}
		const component = "components:\n- https://github.com/vitrine-dam/vitrine/config/hints\n"
		if !strings.Contains(string(page), component) {
			t.Fatal("the component is not on the page")
		}
		dir := t.TempDir()
		config, err := filepath.Rel(dir, filepath.Join(server.root, "config"))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll("resources:\n- https://github.com/vitrine-dam/vitrine/config/default\n"+component, "https://github.com/vitrine-dam/vitrine/config", config)
		if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		added := map[string]unstructured.Unstructured{}
		for _, object := range server.build(t, dir) {
			added[place(object.GetNamespace(), object.GetKind(), object.GetName())] = object
		}
		for _, object := range all {
			name := place(object.GetNamespace(), object.GetKind(), object.GetName())
			if name != "Deployment vitrine-system/vitrine-manager" {
				if !equality.Semantic.DeepEqual(added[name].Object, object.Object) {
					t.Errorf("%s is changed", name)
				}
				delete(added, name)
			}
		}
		if diff := cmp.Diff([]string{"Deployment vitrine-system/vitrine-manager", "NetworkPolicy vitrine-system/vitrine-hints", "Service vitrine-system/vitrine-hints"},
			slices.Sorted(maps.Keys(added))); diff != "" {
			t.Errorf("what it adds and changes (-want +got):\n%s", diff)
		}
		if _, complaints, err := server.kubectl(t, nil, "apply", "--server-side", "--force-conflicts", "--field-manager=trial", "--dry-run=server", "-k", dir); err != nil || complaints != "" {
			t.Errorf("applying it: %v\n%s", err, complaints)
		}
		deployment, err := sigsyaml.Marshal(added["Deployment vitrine-system/vitrine-manager"].Object)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"- --hints-bind-address=:8082\n", "- --hints-secret-file=/etc/vitrine/hints/secret\n", "secretName: vitrine-hints\n", "containerPort: 8082\n", "mountPath: /etc/vitrine/hints\n"} {
			if strings.Count(string(deployment), line) != 1 {
				t.Errorf("%q is %d times in the manager's Deployment", line, strings.Count(string(deployment), line))
			}
		}
	})

	t.Run("every image has the tag that the kustomization sets", func(t *testing.T) {
		out, _, err := server.kubectl(t, nil, "kustomize", "config/default")
		if err != nil {
			t.Fatal(err)
		}
		for _, image := range []string{"image: vitrine-manager:dev", "image: vitrine-gateway:dev", "value: vitrine-transform:dev", "value: vitrine-documents:dev"} {
			if strings.Count(out, image) != 1 {
				t.Errorf("%q is there %d times, want once", image, strings.Count(out, image))
			}
		}
	})
}

// rulesOf are the rules of a Role or ClusterRole.
func rulesOf(t *testing.T, object unstructured.Unstructured) []rbacv1.PolicyRule {
	t.Helper()
	if object.GroupVersionKind().Group != rbacv1.GroupName || !strings.HasSuffix(object.GetKind(), "Role") {
		return nil
	}
	var role rbacv1.ClusterRole // a Role has the same rules
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &role); err != nil {
		t.Fatal(err)
	}
	return role.Rules
}

const (
	manager = "system:serviceaccount:vitrine-system:vitrine-manager"
	gateway = "system:serviceaccount:vitrine-gateway:vitrine-gateway"
	worker  = "system:serviceaccount:vitrine-jobs:default"
)

// features: D10
func TestRights(t *testing.T) {
	server.apply(t, "config/default")
	clients, err := kubernetes.NewForConfig(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	const kinds = "collections folders libraries publiclinks rolebindings roles usergroups users"
	for _, c := range []struct {
		reason                               string
		who, namespace                       string
		group, resources, subresource, verbs string
		name                                 string
		allowed                              bool
	}{
		{reason: "the manager keeps members' keys and links' URLs in tenants' Secrets", who: manager, namespace: tenant, resources: "secrets", verbs: "get create patch delete", allowed: true},
		{reason: "the manager cannot find Secrets that it does not know by name", who: manager, namespace: tenant, resources: "secrets", verbs: "list watch deletecollection"},
		{reason: "the manager cannot list Secrets beside the stores' credentials", who: manager, namespace: "vitrine-system", resources: "secrets", verbs: "list watch"},
		{reason: "the manager lists what it made for the gateway", who: manager, namespace: "vitrine-gateway", resources: "secrets", verbs: "list get create patch delete", allowed: true},
		{reason: "the manager runs Jobs where Jobs run", who: manager, namespace: "vitrine-jobs", group: "batch", resources: "jobs", verbs: "get list watch create patch delete", allowed: true},
		{reason: "the manager needs no pod: Jobs tell how they stand", who: manager, namespace: "vitrine-jobs", resources: "pods", verbs: "get list watch create delete"},
		{reason: "the manager hands Jobs their manifests", who: manager, namespace: "vitrine-jobs", resources: "secrets", verbs: "create patch", allowed: true},
		{reason: "the manager runs nothing in a tenant's namespace", who: manager, namespace: tenant, group: "batch", resources: "jobs", verbs: "create get list"},
		{reason: "the manager enters no pod", who: manager, namespace: "vitrine-jobs", resources: "pods", subresource: "exec", verbs: "create"},
		{reason: "the manager watches what is declared", who: manager, namespace: tenant, group: "dam.vitrine.dev", resources: kinds, verbs: "get list watch", allowed: true},
		{reason: "the manager writes the status of what is declared", who: manager, namespace: tenant, group: "dam.vitrine.dev", resources: kinds, subresource: "status", verbs: "patch", allowed: true},
		{reason: "the manager declares nothing itself", who: manager, namespace: tenant, group: "dam.vitrine.dev", resources: kinds, verbs: "create delete"},
		{reason: "the manager gives itself no rights", who: manager, namespace: tenant, group: rbacv1.GroupName, resources: "roles rolebindings clusterroles clusterrolebindings", verbs: "create update patch escalate bind"},
		{reason: "the manager leads by its own Lease", who: manager, namespace: "vitrine-system", group: "coordination.k8s.io", resources: "leases", name: "vitrine-manager", verbs: "get update patch", allowed: true},
		{reason: "the manager makes its Lease", who: manager, namespace: "vitrine-system", group: "coordination.k8s.io", resources: "leases", verbs: "create", allowed: true},
		{reason: "the manager takes no other Lease of its namespace", who: manager, namespace: "vitrine-system", group: "coordination.k8s.io", resources: "leases", name: "another", verbs: "get update patch"},
		{reason: "the manager touches no other Lease", who: manager, namespace: "kube-system", group: "coordination.k8s.io", resources: "leases", verbs: "get update"},

		{reason: "the gateway reads what the manager made for it", who: gateway, namespace: "vitrine-gateway", resources: "secrets", verbs: "get list watch", allowed: true},
		{reason: "the gateway changes none of it", who: gateway, namespace: "vitrine-gateway", resources: "secrets", verbs: "create update patch delete deletecollection"},
		{reason: "the gateway reads no tenant's Secret", who: gateway, namespace: tenant, resources: "secrets", verbs: "get list watch"},
		{reason: "the gateway reads no credentials and no key ring", who: gateway, namespace: "vitrine-system", resources: "secrets", verbs: "get list watch"},
		{reason: "the gateway watches links and what they hang on", who: gateway, namespace: tenant, group: "dam.vitrine.dev", resources: "libraries publiclinks", verbs: "get list watch", allowed: true},
		{reason: "the gateway watches stores", who: gateway, group: "dam.vitrine.dev", resources: "objectstores", verbs: "get list watch", allowed: true},
		{reason: "the gateway sees a namespace's freeze", who: gateway, resources: "namespaces", verbs: "get list watch", allowed: true},
		{reason: "the gateway does not know people", who: gateway, namespace: tenant, group: "dam.vitrine.dev", resources: "users usergroups rolebindings", verbs: "get list watch"},
		{reason: "the gateway writes no link and no status", who: gateway, namespace: tenant, group: "dam.vitrine.dev", resources: "publiclinks", verbs: "create update patch delete"},
		{reason: "the gateway writes no link's status", who: gateway, namespace: tenant, group: "dam.vitrine.dev", resources: "publiclinks", subresource: "status", verbs: "update patch"},
		{reason: "the gateway watches the manager's heartbeat", who: gateway, namespace: "vitrine-system", group: "coordination.k8s.io", resources: "leases", verbs: "get list watch", allowed: true},
		{reason: "the gateway does not beat in the manager's place", who: gateway, namespace: "vitrine-system", group: "coordination.k8s.io", resources: "leases", verbs: "create update patch"},
		{reason: "the gateway writes no events", who: gateway, namespace: tenant, group: "events.k8s.io", resources: "events", verbs: "create patch"},

		{reason: "a worker may do nothing in Kubernetes", who: worker, namespace: "vitrine-jobs", resources: "secrets pods configmaps", verbs: "get list watch create"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			for resource := range strings.FieldsSeq(c.resources) {
				for verb := range strings.FieldsSeq(c.verbs) {
					review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
						User:               c.who,
						Groups:             []string{"system:authenticated", "system:serviceaccounts"},
						ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: c.namespace, Group: c.group, Resource: resource, Subresource: c.subresource, Name: c.name, Verb: verb},
					}}
					answer, err := clients.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), review, metav1.CreateOptions{})
					if err != nil {
						t.Fatal(err)
					}
					if answer.Status.Allowed != c.allowed {
						t.Errorf("%s %s %s in %q: allowed is %t, want %t (%s)", c.who, verb, resource, c.namespace, answer.Status.Allowed, c.allowed, answer.Status.Reason)
					}
				}
			}
		})
	}
}

func TestSamples(t *testing.T) {
	server.apply(t, "config/default") // the platform's namespaces
	server.apply(t, "config/samples/platform")
	server.apply(t, "config/samples")
	all := append(server.build(t, "config/samples/platform"), server.build(t, "config/samples")...)

	declared := map[string]bool{}
	for _, object := range all {
		declared[place(object.GetNamespace(), object.GetKind(), object.GetName())] = true
	}
	t.Run("they show every kind", func(t *testing.T) {
		for kind := range server.kinds {
			if !slices.ContainsFunc(all, func(o unstructured.Unstructured) bool { return o.GetKind() == kind }) {
				t.Errorf("no sample of a %s", kind)
			}
		}
	})
	t.Run("everything that they name is there", func(t *testing.T) {
		references := 0
		for _, object := range all {
			for _, to := range referencesOf(object.GetNamespace(), object.Object["spec"]) {
				references++
				if !declared[to] {
					t.Errorf("%s %s names %s, which is nowhere", object.GetKind(), object.GetName(), to)
				}
			}
		}
		if references < 20 {
			t.Errorf("only %d references were found", references)
		}
	})
	t.Run("`kubectl get dam -A` shows every kind", func(t *testing.T) {
		out, complaints, err := server.kubectl(t, nil, "get", "dam", "-A")
		if err != nil {
			t.Fatal(err, complaints)
		}
		for _, f := range faces {
			singular := server.kinds[f.table.kind].Spec.Names.Singular
			if !strings.Contains(out, " "+singular+".dam.vitrine.dev/") {
				t.Errorf("no %s in\n%s", singular, out)
			}
		}
	})
}

func place(namespace, kind, name string) string {
	return fmt.Sprintf("%s %s/%s", kind, namespace, name)
}
