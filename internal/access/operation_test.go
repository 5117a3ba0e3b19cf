package access_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/access"
)

var update = flag.Bool("update", false, "write docs/operations.md anew")

// The levels as people know them, worked out from the operations' permissions
// and the roles'. The golden file was written by hand.
//
// features: K3
func TestLevelsFollowFromTheOperations(t *testing.T) {
	golden, err := os.ReadFile("testdata/levels.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, o := range access.FileOperations() {
		levels(&b, o, "the collection", access.Levels())
	}
	for _, o := range access.CollectionOperations() {
		levels(&b, o, "the asset", append([]string{"none"}, access.Levels()...))
	}
	if diff := cmp.Diff(string(golden), b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func levels(b *strings.Builder, o access.Operation, elsewhere string, columns []string) {
	name := o.Name
	if o.Also != 0 {
		name += " (needs " + access.Operation{Needs: o.Also}.Level() + " on " + elsewhere + " too)"
	}
	name = strings.ReplaceAll(name, "needs contributor", "needs contribute")
	fmt.Fprintf(b, "| %s | %s |", o.ID, name)
	for _, column := range columns {
		have, _ := access.BuiltInRole(column)
		mark := "–"
		if o.May(have) {
			mark = "Y"
		}
		fmt.Fprintf(b, " %s |", mark)
	}
	b.WriteByte('\n')
}

// What an operation needs is enforced where the operation says: each of its
// permissions by one of these places at least, so that none is nobody's.
func TestEveryOperationIsEnforcedSomewhere(t *testing.T) {
	for _, o := range slices.Concat(access.FileOperations(), access.CollectionOperations()) {
		if len(o.By) == 0 {
			t.Errorf("%s is enforced nowhere", o.ID)
		}
		for p := range o.Needs.Each() {
			if !slices.ContainsFunc(p.EnforcedBy(), func(e access.Enforcer) bool { return slices.Contains(o.By, e) }) &&
				!slices.Contains(o.By, access.Manager) && !slices.Contains(o.By, access.Kubernetes) {
				t.Errorf("%s (%s) needs %s, which none of %v enforces", o.ID, o.Name, p, o.By)
			}
		}
	}
	for p := range access.AllPermissions.Each() {
		if len(p.EnforcedBy()) == 0 {
			t.Errorf("nothing enforces %s", p)
		}
	}
}

// docs/operations.md is written from the same table.
func TestThePageOfOperations(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "operations.md")
	text := page()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, string(got)); diff != "" {
		t.Errorf("%s is stale, write it with go test ./internal/access -update (-want +got):\n%s", file, diff)
	}
}

func page() string {
	var b strings.Builder
	b.WriteString(`# Operations

What people do, the permissions it takes, the least level that has them, and who says yes or no.
Written from the table in ` + "`internal/access/operation.go`" + ` by ` + "`go test ./internal/access -update`" + `.

## Permissions

| permission | enforced by |
|---|---|
`)
	for p := range access.AllPermissions.Each() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p, places(p.EnforcedBy()))
	}
	b.WriteString("\nWhere the store stands beside the manager, the store vouches for who asks: each user may put change\nrecords below one place of their own, and the manager decides about what they ask for.\n")
	for _, part := range []struct {
		title, elsewhere string
		list             []access.Operation
	}{
		{"On files and folders", "the Collection", access.FileOperations()},
		{"On Collections", "the file", access.CollectionOperations()},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n| id | operation | permissions | least level | visitors of links | enforced by |\n|---|---|---|---|---|---|\n", part.title)
		for _, o := range part.list {
			needs, level, visitor := strings.ReplaceAll(o.Needs.String(), ",", ", "), o.Level(), ""
			if o.Needs == 0 {
				needs, level = "none: whoever may write the resource", "none"
			}
			if o.Also != 0 {
				needs += fmt.Sprintf("; %s on %s", o.Also, part.elsewhere)
			}
			if o.Visitor {
				visitor = "yes"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", o.ID, o.Name, needs, level, visitor, places(o.By))
		}
	}
	return b.String()
}

func places(list []access.Enforcer) string {
	words := make([]string, 0, len(list))
	for _, e := range list {
		words = append(words, string(e))
	}
	return strings.Join(words, ", ")
}
