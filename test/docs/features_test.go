// Package docs holds the documentation to what the code proves.
package docs

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/hack/testbed"
)

var (
	row      = regexp.MustCompile(`^\| ([A-Z]\d+(?:\.\d+)?) \| *(.*?) *\| (.*) \|$`)
	tagLine  = regexp.MustCompile(`^\s*// features: (.+)$`)
	testFunc = regexp.MustCompile(`^func (Test\w+)\(`)
	tag      = regexp.MustCompile(`^[A-Z]\d+(\.\d+)?`)
)

// Every test that the page of features names exists and says which feature it proves.
func TestFeaturesAreProvedWhereThePageSays(t *testing.T) {
	root, err := testbed.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "features.md"))
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]map[string]map[string]bool{}
	rows, proved := map[string]bool{}, 0
	for line := range strings.Lines(string(page)) {
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
		proved++
		if strings.TrimSpace(where) == "" {
			t.Errorf("%s: it is not said where it is enforced", id)
		}
		for _, test := range strings.Split(by, "; ") {
			file, name, ok := strings.Cut(test, ": ")
			if !ok {
				t.Errorf("%s: %q is not a file and a test", id, test)
				continue
			}
			if tags[file] == nil {
				tags[file] = tagsOf(t, filepath.Join(root, file))
			}
			if !tags[file][name][id] {
				t.Errorf("%s: %s does not exist, or does not say that it proves it", id, test)
			}
		}
	}
	if len(rows) < 150 || proved < 30 {
		t.Errorf("%d rows, %d of them proved: the page was not read", len(rows), proved)
	}
}

// tagsOf gives the feature ids that stand before, or in, each test of a file.
func tagsOf(t *testing.T, path string) map[string]map[string]bool {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return nil
	}
	found := map[string]map[string]bool{}
	var waiting []string // before the function they belong to
	current := ""
	lines := bufio.NewScanner(bytes.NewReader(source))
	for lines.Scan() {
		line := lines.Text()
		if m := testFunc.FindStringSubmatch(line); m != nil {
			current = m[1]
			found[current] = map[string]bool{}
			for _, id := range waiting {
				found[current][id] = true
			}
			waiting = nil
			continue
		}
		if line == "}" {
			current = ""
		}
		m := tagLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for word := range strings.SplitSeq(m[1], ",") {
			id := tag.FindString(strings.TrimSpace(word))
			if current != "" {
				found[current][id] = true
				continue
			}
			waiting = append(waiting, id)
		}
	}
	return found
}
