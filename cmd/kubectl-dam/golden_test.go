package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what the commands print into testdata/golden")

// noon is when every question is asked.
func noon() time.Time { return time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC) }

// ask runs one command line; it gives what it prints, complaints marked, and the exit code.
func ask(t *testing.T, stdin, line string) string {
	t.Helper()
	return askAt(t, noon, stdin, line)
}

// askAt is ask by another clock.
func askAt(t *testing.T, now func() time.Time, stdin, line string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	code := run(t.Context(), words(t, line), strings.NewReader(stdin), &out, &complaints, now)
	s := "$ kubectl dam " + line + "\n" + out.String()
	for c := range strings.Lines(complaints.String()) {
		s += "stderr: " + c
	}
	return s + fmt.Sprintf("exit code %d\n", code)
}

// words parts a command line as a shell does, with no more than quotes.
func words(t *testing.T, line string) []string {
	t.Helper()
	var all []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}

// TestGolden asks questions about directories of YAML, and compares all that is
// printed with what was reviewed. Run it with -update after a change.
//
// features: U1, U2, U7, U8, U9, P11, P12, K16, D15
func TestGolden(t *testing.T) {
	const tenant, acme = " -f testdata/tenant", " -f ../../config/samples/acme"
	cases := []struct {
		name string
		// lines are the questions, answered one below the other.
		lines []string
	}{
		{"who-can tells every route, rights on parts, and links", []string{
			"who-can download folder/launch", "who-can preview folder/launch -o wide", "who-can download folder/embargo", "who-can upload library/brand",
			"who-can download collection/hero-shots", "who-can preview library/brand:press/logo.png", "who-can list folder/press",
		}},
		{"who-can answers programs", []string{"who-can delete folder/launch-final -o json", "who-can delete folder/launch-final -o yaml"}},
		{"can-i answers by its exit code", []string{
			"can-i download folder/launch --as alice", "can-i delete folder/launch --as alice", "can-i delete folder/launch --as alice --why",
			"can-i download folder/launch --as nobody -o wide", "can-i download library/brand:launch/final/a.jpg --as alice --why", "can-i list folder/launch --as bob -o json",
		}},
		{"explain says why", []string{"explain alice folder/launch", "explain alice folder/launch-final", "explain bob library/brand:launch/final/hero-1.jpg"}},
		{"explain says why not", []string{
			"explain alice folder/embargo", "explain alice folder/board", "explain lara folder/board", "explain bob folder/launch", "explain carol folder/launch",
			"explain dave folder/press", "explain dave folder/old", "explain dave folder/launch", "explain zoe folder/press", "explain bob collection/hero-shots",
			"explain bob folder/launch -o yaml",
		}},
		{"explain says how long what is taken away can live on", []string{
			"explain group/agencies folder/press", "explain group:agencies folder/press", "explain serviceaccount:cms folder/press", "can-i list folder/press --as bob --why", "explain group:nobody folder/press",
		}},
		{"groups are subjects too", []string{
			"explain group/creatives folder/launch", "explain group/freelancers folder/press", "explain creatives folder/embargo", "explain group/nobody folder/press",
			"can-i download folder/launch --as group/creatives", "access group/creatives", "access group/nobody",
		}},
		{"users finds people", []string{"users", "users AL", "users example.org", "users --role picker", "users --role nothing", "users -o json carol"}},
		{"links are listed with what they do", []string{"link list", "link list -o wide", "link list -o json", "link list -A"}},
		{"lint finds what is in vain", []string{"lint", "lint -o json"}},
		{"audit lists every grant", []string{"audit", "audit -o csv", "audit -o wide"}},
		{"a request is YAML", []string{
			"request viewer folder/press --for bob --until 2027-03-31 --reason 'Spring launch, BR-112'", "request picker collection/hero-shots --for group/creatives --from 2027-04-01 --reason x --name spring",
			"request viewer folder/nowhere --for nobody --reason x", "request viewer library/brand --for bob --reason x", "request library-viewer folder/press --for bob --reason x",
			"request viewer folder/press --for bob", "request viewer folder/press --for bob --until soon --reason x", "request viewer library/brand:a.jpg --for bob --reason x",
			"request viewer folder/press --for bob --from 2027-04-01 --until 2027-03-01 --reason x",
		}},
		{"answers are given for another instant", []string{"can-i download folder/launch --as bob --at 2028-01-01", "can-i delete folder/launch-final --as alice --at 2027-06-30T00:00:00Z --why", "roles --at soon"}},
		{"access lists all that a user may do", []string{"access alice", "access bob", "access carol", "access lara", "access alice -o wide", "access bob -o json"}},
		{"roles tells who has them", []string{"roles", "roles picker contributor -o wide", "roles viewer -o json"}},
		{"files are named by Library and path", []string{
			"meta brand --set title=x", "meta", "meta brand/press/a.jpg", "state brand/press/a.jpg", "state brand/a.jpg archive/b.jpg --to Draft", "state brand/a.jpg --publish-at soon",
			"approve brand/a.jpg --reject --withdraw", "approve brand/a.jpg brand/b.jpg --sha256 00", "restricted brand/a.jpg", "restricted brand/a.jpg --out-of embargo", "versions brand",
			"versions restore brand/a.jpg", "answer brand", "answer brand ../x", "assets nowhere", "meta export brand -o json", "state nowhere/a.jpg --to Draft", "state brand/restricted/embargo/a.jpg --to Draft",
			"state brand/launch/../a.jpg --to Draft", "assets brand --platform --user alice",
		}},
		{"errors name the remedy", []string{
			"who-can download folder/nowhere", "who-can download launch", "who-can fly folder/launch", "who-can download library/brand:launch", "who-can download library/brand:../x",
			"who-can download library/brand:restricted/embargo/x.jpg", "who-can download", "can-i download folder/launch", "can-i download folder/nowhere --as alice", "can-i --bad",
			"access nobody", "roles nobody", "roles -o csv", "freeze planet earth --reason x", "freeze link press --reason x", "freeze link press", "freeze link press --reason x -o csv", "explain team/alice folder/launch", "link find https://dam.example/l/x", "diff --base x", "test", "export", "explain alice", "who-can download folder/launch -n northlight", "fly",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, line := range c.lines {
				got = append(got, ask(t, "", line+tenant))
			}
			golden(t, c.name, got)
		})
	}
	t.Run("a change", func(t *testing.T) {
		const change = "diff --base testdata/change/base --head testdata/change/head"
		var got []string
		for _, line := range []string{
			change, change + " -o wide", change + " -o json", change + " -o markdown", change + " --inventory testdata/change/inventory.csv",
			"diff --base testdata/change/head --head testdata/change/base", "diff --base testdata/change/head --head testdata/change/head",
			"diff --base testdata/change/base --head testdata/tenant -n northlight", "diff --base testdata/change/base --head nowhere",
			"diff --base testdata/tenant --head ../../config/samples/acme -o table", "diff --base ../../config/samples/acme --head testdata/tenant -n acme -o markdown",
			"test -f testdata/change/head --tests testdata/change/tests", "test -f testdata/change/base --tests testdata/change/tests",
			"test -f testdata/change/base -f testdata/change/tests -o json",
		} {
			got = append(got, ask(t, "", line))
		}
		golden(t, "a change", got)
	})
	t.Run("the samples", func(t *testing.T) {
		var got []string
		for _, line := range []string{
			"who-can download folder/launch", "who-can download folder/embargo", "explain carl folder/embargo", "explain vera folder/brand-2", "access sam", "roles",
		} {
			got = append(got, ask(t, "", line+acme))
		}
		golden(t, "the samples", got)
	})
}

func golden(t *testing.T, name string, got []string) {
	t.Helper()
	file := filepath.Join("testdata/golden", strings.NewReplacer(" ", "-", ",", "").Replace(name)+".txt")
	text := strings.Join(got, "\n")
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text, "\n")); diff != "" {
		t.Errorf("%s (-reviewed +now):\n%s", file, diff)
	}
}
