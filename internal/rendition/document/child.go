package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// child runs one program about one document.
type child struct {
	self   string
	time   time.Duration
	output int64
}

// environment of the programs: where they are, and nothing of the worker's. They find no place for a cache.
var environment = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent", "XDG_CACHE_HOME=/nonexistent", "TMPDIR=/nonexistent"}

// run gives what the program writes. An error is an *asset.ReadError when the document is to blame. The messages are our own words, as
// the program's may quote the document.
func (c child) run(ctx context.Context, src []byte, program string, args ...string) ([]byte, error) {
	input, err := inMemory(src)
	if err != nil {
		return nil, err
	}
	defer func() { _ = input.Close() }()
	out, complaints := &bounded{limit: c.output}, &bounded{limit: 4 << 10, cut: true}
	cmd := exec.CommandContext(ctx, c.self, append([]string{ConfineCommand, strconv.Itoa(max(1, int(c.time.Seconds()))), program}, args...)...) //nolint:gosec // ourselves, with programs named in this package
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, out, complaints
	cmd.Env, cmd.Dir = environment, "/"
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case out.over:
		return nil, asset.NewReadError(asset.ReasonTooComplex, "what is drawn is larger than it can be")
	case ctx.Err() != nil:
		return nil, asset.NewReadError(asset.ReasonTooComplex, fmt.Sprintf("reading or drawing the document did not end within %s", c.time))
	case err == nil && len(out.b) > 0:
		return out.b, nil
	case err == nil:
		return nil, asset.NewReadError(asset.ReasonCorrupt, "the document gives nothing to draw")
	case !errors.As(err, &exit):
		return nil, fmt.Errorf("run %s: %w", program, err)
	case exit.ExitCode() == exitConfine:
		return nil, fmt.Errorf("run %s: %s", program, strings.TrimSpace(string(complaints.b)))
	case bytes.Contains(complaints.b, []byte("Incorrect password")):
		return nil, asset.NewReadError(asset.ReasonEncrypted, "the document opens with a password only: upload it without one")
	}
	bounds := []syscall.Signal{syscall.SIGXCPU, syscall.SIGKILL, syscall.SIGABRT}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && slices.Contains(bounds, status.Signal()) {
		return nil, asset.NewReadError(asset.ReasonTooComplex, "reading or drawing the document takes more time or memory than there is for one")
	}
	return nil, asset.NewReadError(asset.ReasonCorrupt, "the document cannot be read or drawn; the data is damaged or ends too early")
}

// inMemory gives src as a file that has no name and cannot be changed.
func inMemory(src []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("document", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("hold the document in memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "document")
	_, err = f.Write(src)
	if err == nil {
		_, err = f.Seek(0, 0)
	}
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_GROW|unix.F_SEAL_SHRINK|unix.F_SEAL_SEAL)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("hold the document in memory: %w", err)
	}
	return f, nil
}

// bounded keeps what is written up to its limit. More ends the program that writes, or is thrown away.
type bounded struct {
	b     []byte
	limit int64
	cut   bool
	over  bool
}

func (w *bounded) Write(p []byte) (int, error) {
	if room := w.limit - int64(len(w.b)); int64(len(p)) > room {
		if !w.cut {
			w.over = true
			return 0, errors.New("too much")
		}
		w.b = append(w.b, p[:room]...)
		return len(p), nil
	}
	w.b = append(w.b, p...)
	return len(p), nil
}
