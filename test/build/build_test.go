// Package build holds the product's build list and imports to what is promised of them.
package build

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/hack/testbed"
)

const module = "github.com/vitrine-dam/vitrine/"

// goList runs `go list` at the root of the checkout and gives its words.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	return goListIn(t, ".", args...)
}

func goListIn(t *testing.T, dir string, args ...string) []string {
	t.Helper()
	root, err := testbed.Root()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	command.Dir = filepath.Join(root, dir)
	command.Env = append(os.Environ(), "CGO_ENABLED=1") // to see the worker too; nothing is built
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Fields(string(output))
}

func TestNoModuleUnderTheAGPLIsLinked(t *testing.T) {
	modules := goList(t, "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./cmd/...")
	if len(modules) < 20 {
		t.Fatalf("only %d modules: the build list was not read", len(modules))
	}
	for _, path := range modules {
		for _, agpl := range []string{"github.com/minio/madmin-go", "github.com/minio/pkg", "github.com/minio/minio", "github.com/minio/console", "github.com/minio/mc"} {
			if path == agpl || strings.HasPrefix(path, agpl+"/v") {
				t.Errorf("%s is linked", path)
			}
		}
	}
}

// Pure packages decide: they import neither Kubernetes clients nor a store, and
// nothing points back.
func TestImportsPointOneWay(t *testing.T) {
	for pkg, allowed := range map[string][]string{
		"api/v1alpha1":             nil,
		"internal/access":          {"api/v1alpha1"},
		"internal/asset":           {"api/v1alpha1", "internal/access"},
		"internal/link":            {"api/v1alpha1"},
		"internal/policy":          {"api/v1alpha1", "internal/access", "internal/asset", "internal/policy/evaluate"},
		"internal/policy/evaluate": nil,
		"internal/rendition":       {"api/v1alpha1", "internal/access", "internal/asset"},
	} {
		may := map[string]bool{pkg: true}
		for _, a := range allowed {
			may[a] = true
		}
		for _, dep := range goList(t, "-deps", "./"+pkg) {
			ours, is := strings.CutPrefix(dep, module)
			if is && !may[ours] {
				t.Errorf("%s imports %s", pkg, ours)
			}
			for _, edge := range []string{"k8s.io/client-go", "sigs.k8s.io/controller-runtime", "github.com/minio/", "github.com/aws/"} {
				if strings.HasPrefix(dep, edge) {
					t.Errorf("%s imports %s", pkg, dep)
				}
			}
		}
	}
}

// features: U4
func TestTheJudgeSharesNoCodeWithTheRenderer(t *testing.T) {
	for _, dep := range goList(t, "-deps", "./internal/policy/evaluate") {
		if ours, is := strings.CutPrefix(dep, module); is && ours != "internal/policy/evaluate" {
			t.Errorf("the evaluator imports %s", ours)
		}
	}
}

// The tools that a first run builds have most of their code in common with the
// product. It is compiled once only where both are of the same version.
func TestToolsAndProductShareModuleVersions(t *testing.T) {
	const format = "{{with .Module}}{{.Path}}={{with .Replace}}{{.Version}}{{else}}{{.Version}}{{end}}{{end}}"
	versions := map[string]string{}
	for _, line := range goList(t, "-deps", "-f", format, "./cmd/manager", "./cmd/gateway", "./cmd/kubectl-dam", "./hack/demo") {
		path, version, _ := strings.Cut(line, "=")
		versions[path] = version
	}
	for dir, packages := range map[string][]string{
		"hack/tools/kubernetes": {"k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes/cmd/kube-controller-manager", "k8s.io/kubernetes/cmd/kubectl"},
		"hack/tools/versitygw":  {"github.com/versity/versitygw/cmd/versitygw"},
	} {
		shared := map[string]bool{}
		for _, line := range goListIn(t, dir, append([]string{"-deps", "-f", format}, packages...)...) {
			path, version, _ := strings.Cut(line, "=")
			if ours, both := versions[path]; both && !shared[path] {
				shared[path] = true
				if version != ours {
					t.Errorf("%s has %s %s, the product %s: in %s, go get %s@%s && go mod tidy", dir, path, version, ours, dir, path, ours)
				}
			}
		}
		if len(shared) == 0 {
			t.Errorf("%s has no module in common with the product: the build lists were not read", dir)
		}
	}
}
