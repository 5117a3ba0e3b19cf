package source

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a folder of a pull request names, building it calls nowhere.
//
// features: U2
func TestNothingIsFetched(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was fetched", r.URL)
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	t.Setenv("PATH", t.TempDir()) // there is no git
	here := map[string]string{"a.yaml": someone("alice", "acme")}
	with := func(text string, more ...string) map[string]string {
		files := map[string]string{"a.yaml": here["a.yaml"], "kustomization.yaml": kustomization + "resources: [a.yaml]\n" + text}
		for i := 0; i < len(more); i += 2 {
			files[more[i]] = more[i+1]
		}
		return files
	}
	const plugin = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\n"
	cases := []struct {
		reason string
		files  map[string]string
	}{
		{"a resource", map[string]string{"kustomization.yaml": kustomization + "resources: [URL/a.yaml]\n"}},
		{"a resource for which there is a folder of that name", map[string]string{"kustomization.yaml": kustomization + "resources: [URL/a.yaml]\n", "PATH/a.yaml": here["a.yaml"]}},
		{"a scheme in capitals", map[string]string{"kustomization.yaml": kustomization + "resources: [\"HTTPURL/a.yaml\"]\n"}},
		{"a repository", map[string]string{"kustomization.yaml": kustomization + "resources: [\"git@localhost:acme/policy\"]\n"}},
		{"a repository in a field in another case", map[string]string{"kustomization.yaml": kustomization + "Resources: [\"git@localhost:acme/policy\"]\n"}},
		{"a repository for which there is a folder of that name", map[string]string{
			"kustomization.yaml": kustomization + "resources: [\"git@localhost:acme/policy\"]\n", "git@localhost:acme/policy/kustomization.yaml": kustomization,
		}},
		{"a repository with a forced protocol", map[string]string{"kustomization.yaml": kustomization + "resources: [\"git::URL/policy\"]\n"}},
		{"a repository without a scheme", map[string]string{"kustomization.yaml": kustomization + "resources: [github.com/acme/policy]\n"}},
		{"a repository on this disk", map[string]string{"kustomization.yaml": kustomization + "resources: [\"file:///tmp/policy\"]\n"}},
		{"a base", with("bases: [\"URL/base\"]\n")},
		{"a component", with("components: [\"URL/component?ref=main\"]\n")},
		{"a patch", with("patches: [{path: URL/p.yaml}]\n")},
		{"a strategic merge", with("patchesStrategicMerge: [URL/p.yaml]\n")},
		{"a patch of JSON", with("patchesJson6902: [{path: URL/p.json, target: {version: v1, kind: User, name: alice}}]\n")},
		{"a generator's file", with("configMapGenerator: [{name: x, files: [URL/x]}]\n")},
		{"a generator's file by its key", with("configMapGenerator: [{name: x, files: [key=URL/x]}]\n")},
		{"a generator's environment", with("configMapGenerator: [{name: x, envs: [URL/x.env]}]\n")},
		{"a generator's one environment", with("configMapGenerator: [{name: x, env: URL/x.env}]\n")},
		{"a generator of Secrets", with("secretGenerator: [{name: x, files: [URL/x]}]\n")},
		{"a schema", with("openapi: {path: URL/schema.json}\n")},
		{"a replacement", with("replacements: [{path: URL/r.yaml}]\n")},
		{"a configuration", with("configurations: [URL/c.yaml]\n")},
		{"a CRD", with("crds: [URL/crd.yaml]\n")},
		{"a generator", with("generators: [URL/g.yaml]\n")},
		{"a transformer", with("transformers: [URL/t.yaml]\n")},
		{"a validator", with("validators: [URL/v.yaml]\n")},
		{"a chart", with("helmCharts: [{name: x, repo: URL, version: 1.0.0}]\n")},
		{"a plugin's file", with("generators: [g.yaml]\n", "g.yaml", plugin+"files: [URL/x]\n")},
		{"a plugin's file in a list", with("generators: [g.yaml]\n", "g.yaml", "apiVersion: v1\nkind: List\nitems:\n- "+strings.ReplaceAll(plugin+"files: [URL/x]", "\n", "\n  ")+"\n")},
		{"a plugin's file in a folder", with("generators: [g]\n", "g/kustomization.yaml", kustomization+"resources: [g.yaml]\n", "g/g.yaml", plugin+"files: [URL/x]\n")},
		{"a plugin that stands in the kustomization", with("generators:\n- |-\n  " + strings.ReplaceAll(plugin, "\n", "\n  ") + "files: [URL/x]\n")},
		{"a plugin whose version is written oddly", with("generators: [g.yaml]\n", "g.yaml", strings.Replace(plugin, "builtin", "\"buil\\u0074in\"", 1)+"files: [URL/x]\n")},
		{"a plugin with a key given twice", with("generators: [g.yaml]\n", "g.yaml", plugin+"files: [URL/x]\nkind: ConfigMapGenerator\n")},
		{"a base of a base", map[string]string{"kustomization.yaml": kustomization + "resources: [base]\n", "base/kustomization.yaml": kustomization + "openapi: {path: URL/x}\n"}},
		{"a component's patch", with("components: [c]\n", "c/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: URL/p.yaml}]\n")},
	}
	address := strings.NewReplacer("HTTPURL", strings.Replace(server.URL, "http", "HTTP", 1), "URL", server.URL, "PATH", strings.Replace(server.URL, "//", "/", 1))
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range c.files {
				put(t, filepath.Join(dir, address.Replace(name)), func(path string) error { return os.WriteFile(path, []byte(address.Replace(text)), 0o600) })
			}
			if _, err := Files(nil, []string{dir}, ""); err == nil || !strings.Contains(err.Error(), "nothing is fetched for a review") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// An address that is a value, and names no file, is none that would be fetched.
func TestAddressesMayBeValues(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.yaml":      someone("alice", "acme"),
		"c.yaml":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {issuer: \"https://id.acme.example\"}\n",
		"logo@2x.txt": "x", "p.yaml": "- {op: add, path: /metadata/annotations, value: {docs: \"https://docs.acme.example/a?b\"}}\n",
		"kustomization.yaml": kustomization + `resources: [a.yaml, c.yaml]
commonAnnotations: {docs: "https://docs.acme.example"}
configMapGenerator: [{name: g, literals: ["url=https://id.acme.example"], files: [logo@2x.txt]}]
patches:
- {path: p.yaml, target: {kind: User}}
- target: {kind: ConfigMap, name: c}
  patch: |-
    - {op: replace, path: /data/issuer, value: "https://sso.acme.example"}
patchesStrategicMerge:
- |-
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: c}
  data: {home: "https://acme.example"}
`,
	} {
		put(t, filepath.Join(dir, name), func(path string) error { return os.WriteFile(path, []byte(text), 0o600) })
	}
	got, err := Files(nil, []string{dir}, "")
	if err != nil || len(got.Declared.Users) != 1 {
		t.Errorf("%v, and %d users", err, len(got.Declared.Users))
	}
}
