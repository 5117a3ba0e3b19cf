package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	consoleBlock = regexp.MustCompile("(?ms)^```console\n\\$ kubectl dam (.*?)\n(.*?)^```")
	// A file is an example whose first line says where it is kept.
	fileBlock = regexp.MustCompile("(?ms)^```yaml\n# ([a-z]+/[a-z-]+\\.yaml)\n(.*?)^```")
)

// TestPage runs the examples of the plugin's page and compares what they print with the page.
func TestPage(t *testing.T) {
	text := readPage(t, "kubectl-dam.md")
	t.Chdir("../..") // where the page's commands are to be run
	writePage(t, "kubectl-dam.md", runPage(t, text, 12))
}

// TestThePageOfAccess writes down the declarations of the page that explains access, and
// asks there what the page asks. The page has only what the model says.
//
// features: D15, P3, P6, P9, P13
func TestThePageOfAccess(t *testing.T) {
	text := readPage(t, "access.md")
	files := fileBlock.FindAllStringSubmatch(text, -1)
	if all := strings.Count(text, "\n```yaml\n"); len(files) != all || all < 10 {
		t.Fatalf("of %d examples in YAML %d say which file they are", all, len(files))
	}
	back, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f[1]), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f[1], []byte(f[2]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text = runPage(t, text, 15)
	t.Chdir(filepath.Join(back, "../.."))
	writePage(t, "access.md", text)
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// writePage writes what the commands say now into a page when asked to, from the root of the checkout.
func writePage(t *testing.T, name, text string) {
	t.Helper()
	if !*update {
		return
	}
	if err := os.WriteFile(filepath.Join("docs", name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runPage asks every question of a page; there are at least so many. The page shows what
// is on stdout, and the exit code where it asks for it. The clock is a reader's, so that a reader
// gets the same answers. It gives the page as it should be.
func runPage(t *testing.T, page string, least int) string {
	t.Helper()
	examples := consoleBlock.FindAllStringSubmatch(page, -1)
	if len(examples) < least {
		t.Fatalf("the page has %d examples", len(examples))
	}
	for _, e := range examples {
		t.Run(e[1], func(t *testing.T) {
			var got strings.Builder
			for line := range strings.Lines(askAt(t, time.Now, "", e[1])) {
				code, isCode := strings.CutPrefix(line, "exit code ")
				switch {
				case isCode && strings.Contains(e[2], "$ echo $?\n"):
					got.WriteString("$ echo $?\n" + code)
				case !isCode && !strings.HasPrefix(line, "stderr: ") && !strings.HasPrefix(line, "$ kubectl dam "):
					got.WriteString(line)
				}
			}
			page = strings.Replace(page, e[0], "```console\n$ kubectl dam "+e[1]+"\n"+got.String()+"```", 1)
			if diff := cmp.Diff(strings.Split(e[2], "\n"), strings.Split(got.String(), "\n")); diff != "" && !*update {
				t.Errorf("the page says otherwise (-page +now):\n%s", diff)
			}
		})
	}
	return page
}
