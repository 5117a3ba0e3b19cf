// Package process runs real programs as children of the demo and of the tests.
//
// A child never outlives its parent: it is killed by the kernel when the thread that
// started it goes (Pdeathsig), also after a SIGKILL of the parent. It leads a process
// group of its own, so that Ctrl-C in a terminal reaches only the parent, which then
// stops its children in the order they need, and so that children of the child are
// stopped with it.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Spec says what to run.
type Spec struct {
	// Name is used in errors, e.g. "etcd".
	Name string
	// Path is the program's file.
	Path string
	Args []string
	// Env is the whole environment. Nothing is inherited.
	Env []string
	// Dir is the working directory; empty means the parent's.
	Dir string
	// Log is the file that takes the program's output. It is appended to, so that a
	// restarted program keeps its history.
	Log string
	// Grace is the time between SIGTERM and SIGKILL in Stop; 0 means 5 s.
	Grace time.Duration
}

// Process is a running or ended child.
type Process struct {
	spec Spec
	cmd  *exec.Cmd
	done chan struct{}
}

// ErrExited is in the error of Ready when the program ended before it was ready.
var ErrExited = errors.New("program ended")

// Start starts the program and returns at once.
func Start(s Spec) (*Process, error) {
	if s.Grace == 0 {
		s.Grace = 5 * time.Second
	}
	if err := os.MkdirAll(filepath.Dir(s.Log), 0o700); err != nil {
		return nil, fmt.Errorf("making the log folder of %s: %w", s.Name, err)
	}
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", s.Name, err)
	}
	cmd := exec.Command(s.Path, s.Args...) //nolint:noctx // Stop ends them in order
	cmd.Env = s.Env
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	cmd.Dir = s.Dir
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}

	p := &Process{spec: s, cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// Pdeathsig is sent when the starting *thread* ends, so this thread is held
		// for as long as the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer func() { _ = log.Close() }()
		if err := cmd.Start(); err != nil {
			started <- fmt.Errorf("starting %s: %w", s.Name, err)
			return
		}
		started <- nil
		_ = cmd.Wait() // the exit status is read from ProcessState
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// PID is the process id, which is also the id of its process group.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Running reports whether the program has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// ExitCode is the exit status after Done; 128 plus the signal's number when a signal
// ended the program, as shells and kubelets report it.
func (p *Process) ExitCode() int {
	<-p.done
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return p.cmd.ProcessState.ExitCode()
}

// Stop asks the program to end (SIGTERM), kills its whole group after the grace, and
// returns when it is gone. Stopping an ended program does nothing.
func (p *Process) Stop() {
	if p == nil {
		return
	}
	p.signal(syscall.SIGTERM)
	timer := time.NewTimer(p.spec.Grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	}
	p.Kill()
}

// Kill ends the whole process group at once (SIGKILL) and waits for the program.
func (p *Process) Kill() {
	if p == nil {
		return
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

// signal reaches the whole group: a program that has ended may have left children.
func (p *Process) signal(s syscall.Signal) {
	_ = syscall.Kill(-p.PID(), s) // fails only when nothing is left to signal
}

// Ready polls check every 50 ms until it returns nil, the program ends, the time is
// over or ctx is done. The error then holds the last answer of check and the end of
// the program's log.
func (p *Process) Ready(ctx context.Context, limit time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		last := check(ctx)
		if last == nil && p.Running() {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s: %w with exit status %d before it was ready; the end of %s:\n%s", p.spec.Name, ErrExited, p.ExitCode(), p.spec.Log, Tail(p.spec.Log, 2048))
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready within %s: %w; the end of %s:\n%s", p.spec.Name, limit, errors.Join(ctx.Err(), last), p.spec.Log, Tail(p.spec.Log, 2048))
		case <-tick.C:
		}
	}
}

// Tail is the end of a file, at most n bytes of it; a sentence in brackets when the
// file cannot be read.
func Tail(path string, n int64) string {
	f, err := os.Open(path)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > n {
		if _, err := f.Seek(-n, io.SeekEnd); err != nil {
			return "(unreadable log: " + err.Error() + ")"
		}
	}
	data, err := io.ReadAll(io.LimitReader(f, n))
	if err != nil {
		return "(unreadable log: " + err.Error() + ")"
	}
	return strings.TrimSpace(string(data))
}
