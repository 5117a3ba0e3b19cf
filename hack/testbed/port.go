package testbed

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Ports below Linux's default range for outgoing connections (32768 and up), so that
// no client socket can take a port between its choice and its use.
const (
	lowestPort  = 12000
	highestPort = 31999
)

// errNoPort says that a long search met only taken ports.
var errNoPort = errors.New("no free loopback port found")

// ports are reservations held until released. A file lock keeps other test processes
// away from a port between the moment it is chosen and the moment a child listens on it.
type ports struct{ locks []*os.File }

// reserve chooses a free TCP port of 127.0.0.1.
func (p *ports) reserve() (int, error) {
	dir := filepath.Join(os.TempDir(), "vitrine-ports-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, fmt.Errorf("making the folder of port locks: %w", err)
	}
	for range 200 {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1) //nolint:gosec // any free port will do
		lock, err := lockFile(filepath.Join(dir, strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if !free(port) {
			_ = lock.Close()
			continue
		}
		p.locks = append(p.locks, lock)
		return port, nil
	}
	return 0, errNoPort
}

// release gives the reservations back.
func (p *ports) release() {
	for _, lock := range p.locks {
		_ = lock.Close()
	}
	p.locks = nil
}

// FreePort reserves a loopback TCP port for a program that the caller starts. The
// reservation lasts until release is called.
func FreePort() (port int, release func(), err error) {
	var p ports
	port, err = p.reserve()
	return port, p.release, err
}

func free(port int) bool {
	l, err := net.Listen("tcp", address(port)) //nolint:noctx // a local bind does not wait
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// lockFile opens path and takes an exclusive lock on it without waiting. The lock goes
// with the file descriptor, so a killed process leaves none behind; the file itself
// stays, since removing it would let two processes hold "the" lock.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening a lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return f, nil
}
