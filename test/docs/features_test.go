// Package docs holds the documentation to what the code proves.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/hack/testbed"
)

var (
	row     = regexp.MustCompile(`^\| ([A-Z]\d+(?:\.\d+)?) \| *(.*?) *\| (.*) \|$`)
	tagLine = regexp.MustCompile(`^// features: (.+)$`)
	feature = regexp.MustCompile(`^[A-Z]\d+(\.\d+)?$`)
)

// proof is that a test proves a feature.
type proof struct{ id, file, test string }

// The page names exactly the tests that say which feature they prove: each that
// it names exists and says so, and each that says so is named.
func TestThePageOfFeaturesAndTheTestsAgree(t *testing.T) {
	root, err := testbed.Root()
	if err != nil {
		t.Fatal(err)
	}
	rows, named := page(t, filepath.Join(root, "docs", "features.md"))
	said := tags(t, root)
	if len(rows) < 150 || len(named) < 60 || len(said) < 60 {
		t.Errorf("%d rows that name %d proofs, %d in tests: they were not read", len(rows), len(named), len(said))
	}
	for p := range named {
		if !said[p] {
			t.Errorf("%s: %s: %s does not exist, or does not say that it proves it", p.id, p.file, p.test)
		}
	}
	for p := range said {
		switch {
		case !rows[p.id]:
			t.Errorf("%s: %s says that it proves %s, which has no row", p.file, p.test, p.id)
		case !named[p]:
			t.Errorf("%s: %s says that it proves %s, and the row does not name it", p.file, p.test, p.id)
		}
	}
}

// page reads the rows, and what the last column of each names: "file: Test, Test; file: Test".
func page(t *testing.T, path string) (rows map[string]bool, named map[proof]bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, named = map[string]bool{}, map[proof]bool{}
	for line := range strings.Lines(string(text)) {
		m := row.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		id, where, by := m[1], m[2], m[3]
		if rows[id] {
			t.Errorf("%s has two rows", id)
		}
		rows[id] = true
		if by == "missing" {
			continue
		}
		if where == "" {
			t.Errorf("%s: it is not said where it is enforced", id)
		}
		for _, of := range strings.Split(by, "; ") {
			file, tests, ok := strings.Cut(of, ": ")
			if !ok {
				t.Errorf("%s: %q is not a file and its tests", id, of)
			}
			for _, test := range strings.Split(tests, ", ") {
				p := proof{id, file, test}
				if named[p] {
					t.Errorf("%s names %s: %s twice", id, file, test)
				}
				named[p] = true
			}
		}
	}
	return rows, named
}

// tags reads what the tests say: a line `// features: …` in the comment before a test, or in it.
func tags(t *testing.T, root string) map[proof]bool {
	t.Helper()
	said := map[proof]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != root && (strings.HasPrefix(name, ".") || name == "bin" || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		short, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return tagsOf(t, path, filepath.ToSlash(short), said)
	})
	if err != nil {
		t.Fatal(err)
	}
	return said
}

func tagsOf(t *testing.T, path, short string, said map[proof]bool) error {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(source), "// features: ") {
		return err
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, short, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, group := range parsed.Comments {
		for _, comment := range group.List {
			m := tagLine.FindStringSubmatch(comment.Text)
			if m == nil {
				continue
			}
			test := testAt(parsed, comment)
			if test == "" {
				t.Errorf("%s: features of no test", files.Position(comment.Pos()))
				continue
			}
			for word := range strings.SplitSeq(m[1], ", ") {
				if !feature.MatchString(word) {
					t.Errorf("%s: %q is not the id of a feature", files.Position(comment.Pos()), word)
				}
				said[proof{word, short, test}] = true
			}
		}
	}
	return nil
}

// testAt gives the test that a comment stands before or in.
func testAt(file *ast.File, comment *ast.Comment) string {
	for _, declared := range file.Decls {
		function, ok := declared.(*ast.FuncDecl)
		if !ok || function.Recv != nil || !strings.HasPrefix(function.Name.Name, "Test") {
			continue
		}
		from := function.Pos()
		if function.Doc != nil {
			from = function.Doc.Pos()
		}
		if from <= comment.Pos() && comment.End() <= function.End() {
			return function.Name.Name
		}
	}
	return ""
}
