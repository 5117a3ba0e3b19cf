package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

const user = `apiVersion: dam.vitrine.dev/v1alpha1
kind: User
metadata: {name: NAME, namespace: SPACE}
spec: {displayName: Alice}
`

const kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"

const accessTest = `apiVersion: dam.vitrine.dev/v1alpha1
kind: AccessTest
metadata: {name: alice}
spec:
  subject: alice
  permission: download
  target: folder/launch
  expect: deny
`

// inJSON is a User in JSON.
func inJSON(name string) string {
	return `{"apiVersion": "dam.vitrine.dev/v1alpha1", "kind": "User", "metadata": {"name": "` + name + `", "namespace": "acme"}}`
}

func someone(name, namespace string) string {
	text := strings.ReplaceAll(user, "NAME", name)
	if namespace == "" {
		return strings.ReplaceAll(text, ", namespace: SPACE", "")
	}
	return strings.ReplaceAll(text, "SPACE", namespace)
}

func TestFiles(t *testing.T) {
	cases := []struct {
		reason    string
		files     map[string]string // by path
		links     map[string]string // symbolic, by path
		paths     []string          // the folder itself when absent
		stdin     string
		namespace string
		// want are the users, or what the error says.
		want      []string
		space     string
		refused   string
		noted     string
		frozenFor string
	}{
		{reason: "folders are read with all below, and other files are passed over",
			files: map[string]string{
				"a.yaml": someone("alice", "acme") + "---\n# nothing here\n---\n" + someone("bob", "acme"), "x/y/c.yml": someone("carol", "acme"),
				"d.json":      `{"apiVersion":"dam.vitrine.dev/v1alpha1","kind":"User","metadata":{"name":"dave","namespace":"acme"},"spec":{}}`,
				"e.txt":       someone("erin", "acme"),
				".git/f.yaml": someone("frank", "acme"), ".hidden.yaml": someone("grace", "acme"), ".h/i.yaml": someone("heidi", "acme"), "..i/i.yaml": someone("ivan", "acme"),
				"values.yaml": "- 1\n", "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n",
				"store.yaml": "apiVersion: dam.vitrine.dev/v1alpha1\nkind: ObjectStore\nmetadata: {name: default}\nspec: {}\n",
			},
			want: []string{"ivan", "heidi", "grace", "alice", "bob", "dave", "carol"}, space: "acme"},
		{reason: "links to files are followed, links to folders are not",
			files: map[string]string{"..data/a.yaml": someone("alice", "acme"), "b/b.yaml": someone("bob", "acme")},
			links: map[string]string{"a.yaml": "..data/a.yaml", "b/round": "../b"},
			want:  []string{"alice", "bob"}, space: "acme"},
		{reason: "a file that is named is read whatever it is called",
			files: map[string]string{"alice.txt": someone("alice", "acme"), "bob.yaml": someone("bob", "acme")}, paths: []string{"alice.txt"},
			want: []string{"alice"}, space: "acme"},
		{reason: "stdin is read beside files, and a list is what is in it",
			files: map[string]string{"a.yaml": someone("alice", "acme")}, paths: []string{"-", "a.yaml"},
			stdin: "apiVersion: v1\nkind: List\nitems:\n- apiVersion: dam.vitrine.dev/v1alpha1\n  kind: User\n  metadata: {name: bob, namespace: acme}\n  spec: {}\n",
			want:  []string{"bob", "alice"}, space: "acme"},
		{reason: "of several namespaces one is chosen, with what names none",
			files: map[string]string{"a.yaml": someone("alice", "acme"), "b.yaml": someone("bob", ""), "n.yaml": someone("nora", "northlight")}, namespace: "northlight",
			want: []string{"bob", "nora"}, space: "northlight"},
		{reason: "what names no namespace is in the default one", files: map[string]string{"b.yaml": someone("bob", "")}, want: []string{"bob"}, space: "default"},
		{reason: "a namespace's freeze is read",
			files: map[string]string{"a.yaml": someone("alice", "acme") + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: acme, annotations: {dam.vitrine.dev/freeze: leak}}\n"},
			want:  []string{"alice"}, space: "acme", frozenFor: "leak"},
		{reason: "another namespace's freeze is not this one's",
			files: map[string]string{"a.yaml": someone("alice", "acme") + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other, annotations: {dam.vitrine.dev/freeze: leak}}\n"},
			want:  []string{"alice"}, space: "acme"},
		{reason: "a folder with a kustomization is built, and no more of it is read",
			files: map[string]string{"a.yaml": someone("alice", ""), "patch.yaml": someone("zoe", ""), "kustomization.yaml": kustomization + "resources: [a.yaml]\nnamespace: acme\nnamePrefix: team-\n"},
			want:  []string{"team-alice"}, space: "acme"},
		{reason: "folders with kustomizations below one are built, a component with those that include it",
			files: map[string]string{
				"one/kustomization.yaml":  kustomization + "components: [../part]\nnamespace: acme\n",
				"part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [a.yaml]\n", "part/a.yaml": someone("alice", ""),
			},
			want: []string{"alice"}, space: "acme"},
		{reason: "a component that nothing includes is built by itself",
			files: map[string]string{
				"one/a.yaml": someone("alice", ""), "one/kustomization.yaml": kustomization + "resources: [a.yaml]\nnamespace: acme\n", "bob.yaml": someone("bob", "acme"),
				"part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [c.yaml]\nnamePrefix: x-\n", "part/c.yaml": someone("carol", "acme"),
			},
			want: []string{"bob", "alice", "x-carol"}, space: "acme"},
		{reason: "objects in JSON need nothing between them",
			files: map[string]string{"a.json": `{"apiVersion": "v1", "kind": "ConfigMap"} ` + inJSON("alice") + inJSON("bob") + "\n---\n" + inJSON("carol")},
			want:  []string{"alice", "bob", "carol"}, space: "acme"},
		{reason: "keys in quotes, and such as are numbers or words in JSON, begin a document as others do",
			files: map[string]string{
				"a.yaml": "\"apiVersion\": \"dam.vitrine.dev/v1alpha1\"\n\"kind\": \"User\"\n\"metadata\": {\"name\": \"alice\", \"namespace\": \"acme\"}\n",
				"b.yaml": "404: page\n", "c.yaml": "true: x\n", "d.yaml": "\"on\": push\n",
			},
			want: []string{"alice"}, space: "acme"},
		{reason: "a component that nothing includes and that only changes others brings nothing, and cannot be built",
			files: map[string]string{
				"a.yaml": someone("alice", "acme"), "part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: p.yaml}]\n",
				"part/p.yaml": someone("bob", "acme"),
			},
			want: []string{"alice"}, space: "acme"},
		{reason: "a list is known by its items, and gives them its kind",
			files: map[string]string{
				"a.yaml": "apiVersion: apps/v1\nkind: ThingList\nitems: [" + inJSON("alice") + "]\n", "b.yaml": "apiVersion: apps/v1\nkind: Thing\nitems: [" + inJSON("bob") + "]\n",
				"c.yaml": "apiVersion: dam.vitrine.dev/v1alpha1\nkind: UserList\nitems: [{metadata: {name: carol, namespace: acme}}]\n", "d.yaml": "items: {a: b}\n",
			},
			want: []string{"alice", "bob", "carol"}, space: "acme"},
		{reason: "a freeze in another case is none",
			files: map[string]string{"a.yaml": someone("alice", "acme") + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: acme, Annotations: {dam.vitrine.dev/freeze: leak}}\n"},
			want:  []string{"alice"}, space: "acme"},
		{reason: "folders with kustomizations below one are built",
			files: map[string]string{
				"one/a.yaml": someone("alice", ""), "one/kustomization.yaml": kustomization + "resources: [a.yaml]\nnamespace: acme\n", "bob.yaml": someone("bob", "acme"),
			},
			want: []string{"bob", "alice"}, space: "acme"},
		{reason: "a kustomization that is named as a file is not carried out",
			files: map[string]string{"a.yaml": someone("alice", "acme"), "kustomization.yaml": kustomization + "resources: [a.yaml]\nnamePrefix: x-\n"}, paths: []string{"a.yaml", "kustomization.yaml"},
			want: []string{"alice"}, space: "acme", noted: "is not carried out here"},
		{reason: "policy tests are no declarations",
			files: map[string]string{"a.yaml": someone("alice", "acme"), "t.yaml": accessTest},
			want:  []string{"alice"}, space: "acme"},

		{reason: "a policy test with a word that nobody reads", files: map[string]string{"a.yaml": someone("alice", "acme"), "t.yaml": accessTest + "  expected: deny\n"}, refused: `unknown field "spec.expected"`},
		{reason: "a kustomization that would be fetched", files: map[string]string{"a.yaml": someone("alice", "acme"), "kustomization.yaml": kustomization + "resources: [a.yaml, \"https://github.com/acme/policy?ref=main\"]\n"}, refused: "nothing is fetched"},
		{reason: "a base of a base that would be fetched",
			files:   map[string]string{"kustomization.yaml": kustomization + "resources: [base]\n", "base/kustomization.yaml": kustomization + "resources: [\"git@github.com:acme/policy\"]\n"},
			refused: "nothing is fetched"},
		{reason: "a kustomization that cannot be built", files: map[string]string{"kustomization.yaml": kustomization + "resources: [a.yaml]\n"}, refused: "building"},
		{reason: "several namespaces and none chosen", files: map[string]string{"a.yaml": someone("alice", "acme") + "---\n" + someone("nora", "northlight")}, refused: "namespaces acme, northlight; choose one"},
		{reason: "nothing in the namespace chosen", files: map[string]string{"a.yaml": someone("alice", "acme")}, namespace: "other", refused: "there are declarations for acme"},
		{reason: "nothing of ours at all", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: Secret\n"}, refused: "they declare nothing of dam.vitrine.dev"},
		{reason: "no such folder", paths: []string{"nowhere"}, refused: "there is no file or folder"},
		{reason: "an object declared twice", files: map[string]string{"a.yaml": someone("alice", "acme"), "b.yaml": someone("alice", "")}, refused: "User alice is declared twice"},
		{reason: "a field that nobody reads", files: map[string]string{"a.yaml": strings.Replace(someone("alice", "acme"), "displayName", "dispalyName", 1)}, refused: `reading the User: unknown field "spec.dispalyName"`},
		{reason: "a field in another case, which an API server drops", files: map[string]string{"a.yaml": strings.Replace(someone("alice", "acme"), "displayName", "displayname", 1)}, refused: `unknown field "spec.displayname"`},
		{reason: "a version in another case, which is none", files: map[string]string{"a.yaml": `{apiVersion: dam.vitrine.dev/v1alpha1, apiversion: v1, kind: User, metadata: {name: alice}}`}, refused: `unknown field "apiversion"`},
		{reason: "a key given twice", files: map[string]string{"a.yaml": someone("alice", "acme") + "kind: User\n"}, refused: `"kind" already set`},
		{reason: "no name", files: map[string]string{"a.yaml": strings.Replace(someone("x", "acme"), "name: x, ", "", 1)}, refused: "has no metadata.name"},
		{reason: "a name that no object can have", files: map[string]string{"a.yaml": strings.Replace(someone("alice", "acme"), "name: alice", `name: "**x\n\n### fine @org/team"`, 1)},
			refused: `the User name "**x\n\n### fine @org/team" must be a DNS label`},
		{reason: "a namespace that there cannot be", files: map[string]string{"a.yaml": someone("alice", `"a/b"`)}, refused: `the namespace "a/b" of the User must be a DNS label`},
		{reason: "nothing but an ObjectStore", files: map[string]string{"a.yaml": "apiVersion: dam.vitrine.dev/v1alpha1\nkind: ObjectStore\nmetadata: {name: default}\nspec: {}\n"}, refused: "the files declare nothing in namespace default"},
		{reason: "a kind that there is not", files: map[string]string{"a.yaml": strings.Replace(someone("alice", "acme"), "kind: User", "kind: Person", 1)}, refused: "has no kind Person"},
		{reason: "another version", files: map[string]string{"a.yaml": strings.Replace(someone("alice", "acme"), "v1alpha1", "v2", 1)}, refused: "reads dam.vitrine.dev/v1alpha1, not dam.vitrine.dev/v2"},
		{reason: "labels that are none, as the API server would refuse them", files: map[string]string{"a.yaml": strings.Replace(someone("alice", "acme"), "{name: alice", "{labels: [a], name: alice", 1)}, refused: "reading the User"},
		{reason: "a component that cannot be built by itself", files: map[string]string{"a.yaml": someone("alice", "acme"), "part/kustomization.yaml": "kind: Component\nresources: [b.yaml]\n"}, refused: "it is a Component that no kustomization read here includes"},
		{reason: "more than JSON after an object in JSON", files: map[string]string{"a.yaml": inJSON("alice") + "\n" + someone("bob", "acme")}, refused: "there is more after its first object"},
		{reason: "an object after the end of a document", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\n...\n" + someone("bob", "acme")}, refused: "there is more after its first object"},
		{reason: "an object after a separator with more on its line", files: map[string]string{"a.yaml": someone("alice", "acme") + "--- !!map\n" + someone("bob", "acme")}, refused: "invalid Yaml document separator"},
		{reason: "a text in UTF-16", files: map[string]string{"a.yaml": "\xff\xfea\x00:\x00"}, refused: "is not text in UTF-8; save it as that"},
		{reason: "a kind within another word", files: map[string]string{"a.yaml": "apiVersion: dam.vitrine.dev/v1alpha1\nmetadata: {name: a, annotations: {a: \"\nkind: Role\n\"}}\n\"kind\": RoleBinding\n"}, refused: "are not what they seem to be"},
		{reason: "a template", files: map[string]string{"a.yaml": "a: b\n---\n{{ if .Values.x }}\n"}, refused: "a.yaml, document 2 is not YAML"},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range c.files {
				put(t, filepath.Join(dir, name), func(path string) error { return os.WriteFile(path, []byte(text), 0o600) })
			}
			for name, to := range c.links {
				put(t, filepath.Join(dir, name), func(path string) error { return os.Symlink(to, path) })
			}
			paths := []string{dir}
			if c.paths != nil {
				paths = nil
			}
			for _, p := range c.paths {
				if p != "-" {
					p = filepath.Join(dir, p)
				}
				paths = append(paths, p)
			}
			got, err := Files(strings.NewReader(c.stdin), paths, c.namespace)
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("the error is %v, and should say %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, u := range got.Declared.Users {
				names = append(names, u.Name)
			}
			if diff := cmp.Diff(c.want, names); diff != "" {
				t.Errorf("other users (-want +got):\n%s", diff)
			}
			if got.Namespace != c.space || got.Frozen != c.frozenFor || got.Declared.NamespaceFrozen != (c.frozenFor != "") {
				t.Errorf("namespace %q frozen %v for %q", got.Namespace, got.Declared.NamespaceFrozen, got.Frozen)
			}
			if notes := strings.Join(got.Notes, "\n"); !strings.Contains(notes, c.noted) || c.noted == "" && notes != "" {
				t.Errorf("the notes are %q", notes)
			}
		})
	}
}

// What a shell passes for <(kubectl kustomize acme) is a pipe.
func TestAPipeIsReadAsAFile(t *testing.T) {
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	if _, err := to.WriteString(someone("alice", "acme")); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := Files(nil, []string{fmt.Sprintf("/dev/fd/%d", from.Fd())}, "")
	if err != nil || len(got.Declared.Users) != 1 {
		t.Errorf("%d Users, %v", len(got.Declared.Users), err)
	}
}

// ObjectStores are read for every tenant, and are none's.
func TestFilesHaveObjectStores(t *testing.T) {
	const stores = "---\napiVersion: dam.vitrine.dev/v1alpha1\nkind: ObjectStore\nmetadata: {name: default}\nspec: {endpoint: https://s3.example.org}\n"
	set, err := Read(strings.NewReader(someone("alice", "acme")+"---\n"+someone("nora", "northlight")+stores), []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"acme", "northlight"}, set.Namespaces()); diff != "" {
		t.Errorf("other tenants (-want +got):\n%s", diff)
	}
	for _, namespace := range set.Namespaces() {
		tenant, err := set.Tenant(namespace)
		if err != nil || len(tenant.Stores) != 1 || tenant.Stores[0].Spec.Endpoint != "https://s3.example.org" {
			t.Errorf("%s has the ObjectStores %+v (%v)", namespace, tenant.Stores, err)
		}
	}
	if set, err = Read(strings.NewReader(stores), []string{"-"}); err != nil || len(set.Namespaces()) != 0 {
		t.Errorf("an ObjectStore alone makes the tenants %q (%v)", set.Namespaces(), err)
	}
}

func put(t *testing.T, path string, write func(string) error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := write(path); err != nil {
		t.Fatal(err)
	}
}

// FuzzFiles feeds anything at all: it is read or refused, and what is read can be asked about.
func FuzzFiles(f *testing.F) {
	f.Add(someone("alice", "acme"))
	f.Add("apiVersion: v1\nkind: List\nitems: [{}, 1, null]\n")
	f.Add("apiVersion: dam.vitrine.dev/v1alpha1\nkind: FolderList\nitems: {}\n")
	f.Add("---\n...\n--- |\n")
	f.Fuzz(func(t *testing.T, text string) {
		tenant, err := Files(strings.NewReader(text), []string{"-"}, "")
		if err != nil {
			return
		}
		r := review.New(tenant, time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC))
		for _, word := range r.Targets() {
			target, err := review.ParseTarget(word)
			if err != nil {
				continue // a name that no API server would take
			}
			if _, err := r.WhoCan(access.Download, target); err != nil {
				t.Errorf("%s is declared, and cannot be asked about: %v", word, err)
			}
		}
	})
}

// What an API server sets itself is nothing that a file can say: not that an object is going, nor how old it is.
func TestWhatTheServerSetsIsNotBelieved(t *testing.T) {
	text := strings.Replace(someone("alice", "acme"), "{name: alice", `{uid: x, resourceVersion: "1", generation: 1, finalizers: [a/b], labels: {a: b}, annotations: {c: d}, `+
		`creationTimestamp: "1990-01-01T00:00:00Z", deletionTimestamp: "1990-01-01T00:00:00Z", name: alice`, 1)
	got, err := Files(strings.NewReader(text), []string{"-"}, "")
	if err != nil {
		t.Fatal(err)
	}
	want := metav1.ObjectMeta{Name: "alice", Namespace: "acme", Labels: map[string]string{"a": "b"}, Annotations: map[string]string{"c": "d"}}
	if diff := cmp.Diff(want, got.Declared.Users[0].ObjectMeta); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
