package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPage runs the examples of the plugin's page and compares what they print with the page.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/kubectl-dam.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..") // where the page's commands are to be run
	examples := regexp.MustCompile("(?ms)^```console\n\\$ kubectl dam (.*?)\n(.*?)^```").FindAllStringSubmatch(string(text), -1)
	if len(examples) < 12 {
		t.Fatalf("the page has %d examples", len(examples))
	}
	for _, e := range examples {
		t.Run(e[1], func(t *testing.T) {
			var got strings.Builder // the page shows what is on stdout
			for line := range strings.Lines(ask(t, "", e[1])) {
				if !strings.HasPrefix(line, "stderr: ") && !strings.HasPrefix(line, "exit code ") && !strings.HasPrefix(line, "$ kubectl dam ") {
					got.WriteString(line)
				}
			}
			if diff := cmp.Diff(strings.Split(e[2], "\n"), strings.Split(got.String(), "\n")); diff != "" {
				t.Errorf("the page says otherwise (-page +now):\n%s", diff)
			}
		})
	}
}
