package process_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/hack/process"
)

// TestMain turns the test binary into a parent that starts a child and is then killed,
// when the environment asks for it.
func TestMain(m *testing.M) {
	if log := os.Getenv("PROCESS_TEST_PARENT"); log != "" {
		p, err := process.Start(process.Spec{Name: "child", Path: "/bin/sleep", Args: []string{"600"}, Log: log})
		if err != nil {
			panic(err)
		}
		println(p.PID())
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	os.Exit(m.Run())
}

func shell(t *testing.T, script string) process.Spec {
	t.Helper()
	return process.Spec{Name: "script", Path: "/bin/sh", Args: []string{"-c", script}, Log: filepath.Join(t.TempDir(), "script.log"), Grace: 200 * time.Millisecond}
}

func start(t *testing.T, s process.Spec) *process.Process {
	t.Helper()
	p, err := process.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func TestExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		want   int
	}{
		"a good end is 0":                    {"true", 0},
		"an exit status is passed on":        {"exit 7", 7},
		"a signal is 128 and its own number": {"kill -TERM $$", 143},
	} {
		t.Run(name, func(t *testing.T) {
			if got := start(t, shell(t, c.script)).ExitCode(); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestNothingOfTheEnvironmentIsInherited(t *testing.T) {
	t.Setenv("ACME_SECRET", "leak")
	s := shell(t, `echo "[$ACME_SECRET$HOME]"`)
	start(t, s).ExitCode()
	if got := process.Tail(s.Log, 100); got != "[]" {
		t.Errorf("the child saw %s", got)
	}
}

func TestStopKillsAStubbornGroup(t *testing.T) {
	s := shell(t, `trap "" TERM; /bin/sleep 600 & echo $!; wait; wait`)
	p := start(t, s)
	var grandchild int
	if err := p.Ready(t.Context(), 10*time.Second, func(context.Context) (err error) {
		grandchild, err = strconv.Atoi(process.Tail(s.Log, 100))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	p.Stop()
	if p.Running() {
		t.Error("the program still runs after Stop")
	}
	gone(t, grandchild)
}

func TestChildrenDieWithAKilledParent(t *testing.T) {
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = []string{"PROCESS_TEST_PARENT=" + filepath.Join(t.TempDir(), "child.log")}
	out, err := parent.CombinedOutput()
	if err == nil {
		t.Fatal("the parent was not killed")
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatalf("the parent said %q", out)
	}
	gone(t, child)
}

func TestReadyExplainsFailures(t *testing.T) {
	never := errors.New("connection refused")
	check := func(context.Context) error { return never }

	p := start(t, shell(t, "echo no such flag; exit 3"))
	err := p.Ready(t.Context(), 10*time.Second, check)
	if !errors.Is(err, process.ErrExited) || !strings.Contains(err.Error(), "no such flag") || !strings.Contains(err.Error(), "status 3") {
		t.Errorf("a program that ended: %v", err)
	}

	p = start(t, shell(t, "echo still thinking; exec /bin/sleep 600"))
	err = p.Ready(t.Context(), 300*time.Millisecond, check)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, never) || !strings.Contains(err.Error(), "still thinking") {
		t.Errorf("a program that was slow: %v", err)
	}
}

func TestAMissingProgramIsAnError(t *testing.T) {
	if _, err := process.Start(process.Spec{Name: "x", Path: "/no/such/program", Log: filepath.Join(t.TempDir(), "log")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// gone waits until no process has that id (a zombie waiting for its reaper counts as gone).
func gone(t *testing.T, pid int) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("process %d still runs: %s", pid, stat)
		case <-tick.C:
		}
	}
}
