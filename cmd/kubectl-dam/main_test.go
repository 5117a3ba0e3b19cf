package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// A fault of the program itself must not pass for an answer: pipelines read the exit code.
//
// features: U1
func TestAFaultIsNoAnswer(t *testing.T) {
	cases := []struct {
		args []string
		want int
	}{
		{[]string{"diff", "--base", "testdata/tenant", "--head", "testdata/tenant"}, 1}, // 2 is: nowhere wider
		{[]string{"lint", "-f", "testdata/tenant"}, 1},
		{[]string{"can-i", "list", "folder/launch", "--as", "alice", "-f", "testdata/tenant"}, 2}, // 1 is: no
	}
	for _, c := range cases {
		t.Run(c.args[0], func(t *testing.T) {
			var out, complaints bytes.Buffer
			code := run(t.Context(), c.args, strings.NewReader(""), &out, &complaints, func() time.Time { panic("the clock stands") })
			if code != c.want || out.Len() > 0 || !strings.Contains(complaints.String(), "the clock stands") || !strings.Contains(complaints.String(), "Please report it") {
				t.Errorf("exit code %d, and should be %d; stdout %q\nstderr %s", code, c.want, out.String(), complaints.String())
			}
		})
	}
}
