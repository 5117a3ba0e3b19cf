package api

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// TestThePageOfDeclaring holds docs/declaring.md to what the API server does: its Role
// lets do what the page says, its patch sets ceilings, its refusal is the server's.
func TestThePageOfDeclaring(t *testing.T) {
	a := newAuthors(t)
	text, err := os.ReadFile(filepath.Join(server.root, "docs/declaring.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	var role, patch string
	for _, e := range example.FindAllStringSubmatch(page, -1) {
		switch {
		case strings.Contains(e[1], "kind: Role\n"):
			role = e[1]
		case strings.HasPrefix(e[1], "patches:"):
			patch = e[1]
		default:
			t.Errorf("nobody tries\n%s", e[1])
		}
	}
	try := func(t *testing.T, who scene, change string, groups ...string) error {
		t.Helper()
		_, err := who.on(a.in(t, groups...)).Create(t.Context(), who.table().object(t, change), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	binding := scene{kind: "RoleBinding", base: `
metadata: {name: social-press}
spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: UserGroup, name: social}], targets: [{kind: Folder, name: press}]}
`}

	t.Run("the refusal is the API server's", func(t *testing.T) {
		refusal := regexp.MustCompile("(?ms)^```\n(rolebindings.*?)^```").FindStringSubmatch(page)
		if refusal == nil {
			t.Fatal("there is no refusal on the page")
		}
		err := try(t, binding, ``, declares, a.group(t, "bind builtinroles/viewer"))
		if err == nil {
			t.Fatal("it is not refused")
		}
		if diff := cmp.Diff(strings.Join(strings.Fields(refusal[1]), " "), err.Error()); diff != "" {
			t.Errorf("page (-) and server (+):\n%s", diff)
		}
	})

	t.Run("who manages a launch shares it, makes links on it and does nothing else", func(t *testing.T) {
		var manager rbacv1.Role
		if err := yaml.UnmarshalStrict([]byte(role), &manager); err != nil {
			t.Fatal(err)
		}
		if _, complaints, err := server.kubectl(t, strings.NewReader(role), "apply", "--server-side", "-f", "-"); err != nil || complaints != "" {
			t.Fatalf("%v\n%s", err, complaints)
		}
		a.bind(t, manager.Name, manager.Rules...)
		for _, rule := range manager.Rules {
			for _, verb := range rule.Verbs {
				a.awaitRule(t, manager.Name, rule, verb)
			}
		}
		link := scene{kind: "PublicLink", base: `spec: {target: {folder: {name: launch}}, sponsor: {kind: UserGroup, name: brand-managers}}`}
		const onLaunch = `targets: [{kind: Folder, name: launch}]`
		for _, c := range []struct {
			reason, change string
			who            scene
			allowed        bool
		}{
			{"shares it to look at", `spec: {` + onLaunch + `}`, binding, true},
			{"shares it to add to", `spec: {roleRef: {name: contributor}, ` + onLaunch + `}`, binding, true},
			{"shares it to manage", `spec: {roleRef: {name: manager}, ` + onLaunch + `}`, binding, false},
			{"shares another folder", ``, binding, false},
			{"makes a link that their group answers for", ``, link, true},
			{"makes a link that another group answers for", `spec: {sponsor: {name: interns}}`, link, false},
			{"makes a link on another folder", `spec: {target: {folder: {name: press}}}`, link, false},
		} {
			if err := try(t, c.who, c.change, manager.Name); (err == nil) != c.allowed {
				t.Errorf("%s: %v, want it allowed: %t", c.reason, err, c.allowed)
			}
		}
	})

	t.Run("the patch sets ceilings, by keys that the table explains", func(t *testing.T) {
		dir := t.TempDir()
		base, err := filepath.Rel(dir, filepath.Join(server.root, "config/admission"))
		if err != nil {
			t.Fatal(err)
		}
		overlay := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [" + base + "]\n" + patch
		if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(overlay), 0o600); err != nil {
			t.Fatal(err)
		}
		var ceilings map[string]string
		for _, object := range server.build(t, dir) {
			if object.GetKind() == "ConfigMap" {
				if ceilings, _, err = unstructured.NestedStringMap(object.Object, "data"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(ceilings) < 4 {
			t.Fatalf("the overlay sets %v", ceilings)
		}
		for _, key := range sortedKeys(ceilings) {
			if !strings.Contains(page, "\n| `"+key+"` |") {
				t.Errorf("%s is not in the table", key)
			}
		}
		setCeilings(t, ceilings)
		ceiled{kind: "RoleBinding", want: "access is given for 2160h at most"}.eventually(t, "")
		ceiled{kind: "PublicLink", want: "a link lives for 2160h at most"}.eventually(t, "")
		tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
		ceiled{kind: "RoleBinding", spec: `{roleRef: {name: library-admin}, targets: [{kind: Library, name: brand}], notAfter: "` + tomorrow + `"}`, want: "builtinroles/library-admin may not be bound by anybody"}.eventually(t, "")
		ceiled{kind: "PublicLink", spec: `{notAfter: "` + tomorrow + `"}`, want: "links need a password here"}.eventually(t, "")
	})
}

// TestCeilingsAndVerbsAgreeOnWhatWidens compares the expressions of the two policies on a kind: were
// they to differ, something would be given that one of them takes for less than before.
func TestCeilingsAndVerbsAgreeOnWhatWidens(t *testing.T) {
	policies := map[string]admissionregistrationv1.ValidatingAdmissionPolicy{}
	for _, object := range server.build(t, "config/admission") {
		if object.GetKind() != "ValidatingAdmissionPolicy" {
			continue
		}
		text, err := yaml.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		var policy admissionregistrationv1.ValidatingAdmissionPolicy
		if err := yaml.UnmarshalStrict(text, &policy); err != nil {
			t.Fatal(err)
		}
		policies[policy.Name] = policy
	}
	for _, name := range []string{"vitrine-rolebindings", "vitrine-publiclinks"} {
		verbs, ceilings := policies[name].Spec, policies[name+"-ceilings"].Spec
		if diff := cmp.Diff(verbs.MatchConditions, ceilings.MatchConditions); diff != "" {
			t.Errorf("%s is asked at other times (-) than its ceilings (+):\n%s", name, diff)
		}
		shared := 0
		for _, v := range verbs.Variables {
			i := slices.IndexFunc(ceilings.Variables, func(c admissionregistrationv1.Variable) bool { return c.Name == v.Name })
			if i < 0 {
				continue
			}
			shared++
			if diff := cmp.Diff(v, ceilings.Variables[i]); diff != "" {
				t.Errorf("%s (-) and its ceilings (+) differ:\n%s", name, diff)
			}
		}
		if shared < 2 {
			t.Errorf("%s and its ceilings share %d variables, want others and widened at least", name, shared)
		}
		if verbs.ParamKind != nil {
			t.Errorf("%s asks for parameters, so that nothing can be taken away without them", name)
		}
	}
}
