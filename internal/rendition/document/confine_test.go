package document

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// A confined program reaches no network and no other process, writes no file, and has the bounds that it should.
// features: D12
func TestConfine(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := child{self: self, time: time.Minute, output: 1 << 20}
	script := `exec 2>&1
ulimit -t; ulimit -v; ulimit -f; ulimit -c; ulimit -n
(echo >/dev/tcp/127.0.0.1/1) | head -1
echo written > /tmp/document-confine-test && cat /tmp/document-confine-test
grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status
env | grep -c -i -E 'secret|proxy|manifest'; true`
	t.Setenv("HTTP_PROXY", "http://192.0.2.1")
	defer func() { _ = os.Remove("/tmp/document-confine-test") }()
	out, err := c.run(context.Background(), []byte("x"), "bash", "-c", script)
	said := string(out)
	for _, want := range []string{"60\n1048576\n0\n0\n64\n", "Operation not permitted", "File too large", "NoNewPrivs:\t1\n", "Seccomp:\t2\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in what the program says (%v):\n%s", want, err, said)
		}
	}
	if strings.Contains(said, "written") && !strings.Contains(said, "write error") {
		t.Errorf("a file was written:\n%s", said)
	}
	if _, err := c.run(context.Background(), nil, "no-such-program"); err == nil || !strings.Contains(err.Error(), "install util-linux, poppler-utils") {
		t.Errorf("a program that is not there: %v", err)
	}
}
