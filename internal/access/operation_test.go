package access_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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
		if (o.Verbs != "") != slices.Contains(o.By, access.Kubernetes) {
			t.Errorf("%s is enforced by %v, and Kubernetes asks for %q", o.ID, o.By, o.Verbs)
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
	text := page(missing(t))
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

// notYet are the permissions that a role may have already and that nothing asks for so far.
var notYet = access.Of(access.Comment, access.Moderate, access.Audit)

var missingRow = regexp.MustCompile(`(?m)^\| (A\d\.\d+) \| \| missing \|$`)

// missing are the operations that docs/features.md has no code for.
func missing(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "features.md"))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, m := range missingRow.FindAllSubmatch(text, -1) {
		ids[string(m[1])] = true
	}
	return ids
}

// What is not there yet is not said to be enforced: an operation needs a permission for nothing as long as every one
// that does is missing, and the page of roles says so too.
func TestPermissionsThatNothingAsksForAreMarked(t *testing.T) {
	ids := missing(t)
	var asked, needed access.Permissions
	for _, o := range slices.Concat(access.FileOperations(), access.CollectionOperations()) {
		needed = needed.Union(o.Needs)
		if !ids[o.ID] {
			asked = asked.Union(o.Needs)
		}
	}
	for p := range needed.Each() {
		if notYet.Has(p) == asked.Has(p) {
			t.Errorf("%s: marked as not yet enforced: %t; an operation that is there needs it: %t", p, notYet.Has(p), asked.Has(p))
		}
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "role.md"))
	if err != nil {
		t.Fatal(err)
	}
	for p := range access.AllPermissions.Each() {
		row := regexp.MustCompile(fmt.Sprintf("(?m)^\\| `%s` \\| [^|]+ \\| ([^|]+) \\|$", p)).FindSubmatch(text)
		if want := enforcedBy(p); row == nil || string(row[1]) != want {
			t.Errorf("docs/role.md says that %s is enforced by %q, and it is by %q", p, row, want)
		}
	}
}

func page(missing map[string]bool) string {
	var b strings.Builder
	b.WriteString(`# Operations

What people do, the permissions it takes, the least level that has them, and who says yes or no.
Written from the table in ` + "`internal/access/operation.go`" + ` by ` + "`go test ./internal/access -update`" + `.

## Permissions

| permission | enforced by |
|---|---|
`)
	for p := range access.AllPermissions.Each() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p, enforcedBy(p))
	}
	b.WriteString(`
Where the store stands beside the manager, the store vouches for who asks: each User may put change
records below one place of their own and read the answers below another, and the manager decides about what
they ask for: [how people ask](changes.md). The same comes with upload, to restore an old version, and with delete, to delete one that is
not current. What is marked "; not yet" at the end has no code behind it: a Role may have the permission, and nothing asks for it.

For what is done through the Kubernetes API the verbs of whoever applies count, and no User's role: each row
below names them after Kubernetes; to write an object takes the right to write it as well. The permission and the level of such a row
tell to whom the verbs are meant to be given; nothing compares the two. What only takes away may need
fewer verbs: [who may declare what](declaring.md). Who has ` + "`vitrine-tenant-viewer`" + ` sees every Collection and every link of the namespace.
`)
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
				needs, level = "none", "none"
			}
			if o.Also != 0 {
				needs += fmt.Sprintf("; %s on %s", o.Also, part.elsewhere)
			}
			if o.Visitor {
				visitor = "yes"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", o.ID, o.Name, needs, level, visitor, places(o.By, missing[o.ID], o.Verbs))
		}
	}
	return b.String()
}

// enforcedBy are the enforcers of a permission in words. Where the store is among them, its part is there.
func enforcedBy(p access.Permission) string {
	return places(p.EnforcedBy(), notYet.Has(p) && !slices.Contains(p.EnforcedBy(), access.Store), "")
}

// places are the enforcers in words.
func places(list []access.Enforcer, notYet bool, verbs string) string {
	words := make([]string, 0, len(list))
	for _, e := range list {
		word := string(e)
		if e == access.Kubernetes && verbs != "" {
			word += " (" + verbs + ")"
		}
		words = append(words, word)
	}
	text := strings.Join(words, ", ")
	if notYet {
		text += "; not yet"
	}
	return text
}
