package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"github.com/vitrine-dam/vitrine/hack/process"
)

// IssuerAddress is the only address in a Network: one of those kept for
// documentation, so neither loopback nor private. VersityGW asks no issuer at
// such addresses.
const IssuerAddress = "203.0.113.10"

// ErrNoNetwork says that network namespaces cannot be made here: that takes root
// and the programs ip and nsenter.
var ErrNoNetwork = errors.New("no network namespaces here")

// Network is a network namespace with one address and nothing else. It has no name
// and no way out, and goes with the last program in it.
type Network struct {
	path string // of the namespace
	do   chan func()
}

// NewNetwork makes a namespace, or fails with ErrNoNetwork; where VITRINE_NETWORK is "required",
// as in continuous integration, that is a failure like any other.
func NewNetwork(ctx context.Context) (*Network, error) {
	n, err := newNetwork(ctx)
	if errors.Is(err, ErrNoNetwork) && os.Getenv("VITRINE_NETWORK") == "required" {
		return nil, fmt.Errorf("network namespaces are required here: %s", err.Error())
	}
	return n, err
}

func newNetwork(ctx context.Context) (*Network, error) {
	for _, program := range []string{"ip", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoNetwork, err)
		}
	}
	n := &Network{do: make(chan func())}
	made := make(chan error, 1)
	go func() {
		// The thread is the namespace's for good: it is never unlocked, so it ends with
		// this goroutine.
		runtime.LockOSThread()
		err := n.enter(ctx)
		made <- err
		if err != nil {
			return
		}
		for f := range n.do {
			f()
		}
	}()
	if err := <-made; err != nil {
		return nil, err
	}
	return n, nil
}

// enter puts the calling thread into a new namespace.
func (n *Network) enter(ctx context.Context) error {
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		if errors.Is(err, syscall.EPERM) {
			return fmt.Errorf("%w: making one: %w", ErrNoNetwork, err)
		}
		return fmt.Errorf("making a network namespace: %w", err)
	}
	n.path = "/proc/" + strconv.Itoa(os.Getpid()) + "/task/" + strconv.Itoa(syscall.Gettid()) + "/ns/net"
	for _, args := range [][]string{{"link", "set", "lo", "up"}, {"address", "add", IssuerAddress + "/32", "dev", "lo"}} {
		// A child is in the namespace of the thread that starts it.
		if output, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("giving the namespace its address: %w: %s", err, output)
		}
	}
	return nil
}

// Listen listens on a port of the namespace's address. What it accepts may be
// served from anywhere in this process.
func (n *Network) Listen(port int) (net.Listener, error) {
	var listener net.Listener
	var err error
	done := make(chan struct{})
	n.do <- func() {
		defer close(done)
		listener, err = net.Listen("tcp", net.JoinHostPort(IssuerAddress, strconv.Itoa(port))) //nolint:noctx // a local bind does not wait
	}
	<-done
	if err != nil {
		return nil, fmt.Errorf("listening in the namespace: %w", err)
	}
	return listener, nil
}

// inside is a program as it runs in the namespace.
func (n *Network) inside(s process.Spec) process.Spec {
	path, err := exec.LookPath("nsenter")
	if err != nil {
		path = "nsenter" // found when the namespace was made
	}
	s.Args = append([]string{"--net=" + n.path, "--", s.Path}, s.Args...)
	s.Path = path
	return s
}

// Close gives the namespace up.
func (n *Network) Close() { close(n.do) }

// relay accepts connections on the loopback for a program that listens on a socket
// of the file system, which namespaces of networks do not part.
func relay(ctx context.Context, listen, socket string) (stop func() error, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("listening for %s: %w", socket, err)
	}
	go func() {
		for {
			outer, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer func() { _ = outer.Close() }()
				inner, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
				if err != nil {
					return
				}
				defer func() { _ = inner.Close() }()
				go func() {
					_, _ = io.Copy(inner, outer)
					_ = inner.(*net.UnixConn).CloseWrite()
				}()
				_, _ = io.Copy(outer, inner)
			}()
		}
	}()
	return listener.Close, nil
}
