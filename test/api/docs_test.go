package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

var example = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")

// TestDocs holds the pages to what the API server and the code say.
func TestDocs(t *testing.T) {
	pages := map[string]string{} // by file name
	files, err := filepath.Glob(filepath.Join(server.root, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.Base(file)] = string(text)
	}

	for _, kind := range sortedKeys(server.kinds) {
		crd := server.kinds[kind]
		page := crd.Spec.Names.Singular + ".md"
		t.Run(page+" has an example that the API server accepts", func(t *testing.T) {
			examples := example.FindAllStringSubmatch(pages[page], -1)
			if len(examples) == 0 {
				t.Fatal("there is no example")
			}
			for _, e := range examples {
				_, complaints, err := server.kubectl(t, strings.NewReader(e[1]), "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-")
				if err != nil || complaints != "" {
					t.Errorf("%v\n%s\n%s", err, complaints, e[1])
				}
			}
		})
		t.Run(page+" explains every field", func(t *testing.T) {
			spec := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
			for _, field := range fields(spec) {
				if !regexp.MustCompile("`[^`\n]*\\b" + regexp.QuoteMeta(field) + "\\b[^`\n]*`").MatchString(pages[page]) {
					t.Errorf("%s is not on the page", field)
				}
			}
		})
		t.Run(page+" has every column", func(t *testing.T) {
			for _, column := range crd.Spec.Versions[0].AdditionalPrinterColumns {
				if name := strings.ToUpper(column.Name); name != "AGE" && !strings.Contains(pages[page], "`"+name+"`") {
					t.Errorf("the column %s is not on the page", name)
				}
			}
		})
	}

	t.Run("every reason of a condition is on some page", func(t *testing.T) {
		var all strings.Builder
		for _, page := range sortedKeys(pages) {
			all.WriteString(pages[page])
		}
		for _, reason := range reasons(t) {
			if !strings.Contains(all.String(), "`"+reason+"`") {
				t.Errorf("%s is on no page", reason)
			}
		}
	})

	t.Run("every page that another names is there", func(t *testing.T) {
		for _, page := range sortedKeys(pages) {
			for _, link := range regexp.MustCompile(`\]\(([a-z]+\.md)\)`).FindAllStringSubmatch(pages[page], -1) {
				// api.md is generated, the others are written.
				if _, found := pages[link[1]]; !found && link[1] != "api.md" {
					t.Errorf("%s names %s, which is not there", page, link[1])
				}
			}
		}
	})
}

// fields are the names of all fields below a schema.
func fields(s apiextensionsv1.JSONSchemaProps) []string {
	var all []string
	for _, name := range sortedKeys(s.Properties) {
		all = append(all, name)
		// What a reference is made of is told by its name.
		if !strings.HasSuffix(name, "Ref") {
			all = append(all, fields(s.Properties[name])...)
		}
	}
	if s.Items != nil && s.Items.Schema != nil {
		all = append(all, fields(*s.Items.Schema)...)
	}
	return all
}

// reasons are the values of the constants Reason… of the API.
func reasons(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(server.root, "api/v1alpha1/conditions.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		value, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		text, err := strconv.Unquote(value.Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
		return true
	})
	if len(all) == 0 {
		t.Fatal("no reasons were found")
	}
	return all
}
