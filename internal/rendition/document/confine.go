package document

import (
	"errors"
	"fmt"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ConfineCommand is the first argument by which a program is told to call Confine with the others.
const ConfineCommand = "confine"

// exitConfine is the exit code of a program that could not be confined, and so was not run.
const exitConfine = 125

// maxMemory is the address space of a program: libraries, fonts, 64 MiB of pixels and what a page is made of.
const maxMemory = 1 << 30

// Confine bounds this process for good and becomes the program that args name: seconds of a processor, program, its arguments. It
// returns only when that fails, with the code to exit with.
func Confine(args []string) (code int, err error) {
	// Filters of system calls belong to a thread, and the thread that becomes the program must be that one.
	runtime.LockOSThread()
	if len(args) < 2 {
		return exitConfine, errors.New("confine: seconds and a program are missing")
	}
	seconds, err := strconv.ParseUint(args[0], 10, 16)
	if err != nil {
		return exitConfine, errors.New("confine: the first argument is a number of seconds")
	}
	// The bound of memory is set by a program without memory of its own: this one has more than that already, and could not go on.
	args = append([]string{"prlimit", fmt.Sprintf("--as=%d", maxMemory), "--"}, args[1:]...)
	path := ""
	for _, program := range []string{args[3], args[0]} {
		if path, err = exec.LookPath(program); err != nil {
			return exitConfine, fmt.Errorf("confine: %w: install util-linux, poppler-utils and librsvg2-bin, or use the image of workers for documents", err)
		}
	}
	for _, l := range []struct {
		what  int
		limit uint64
	}{
		{unix.RLIMIT_CPU, seconds}, {unix.RLIMIT_FSIZE, 0}, {unix.RLIMIT_CORE, 0}, {unix.RLIMIT_NOFILE, 64},
	} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.limit, Max: l.limit}); err != nil {
			return exitConfine, fmt.Errorf("confine: set limit %d: %w", l.what, err)
		}
	}
	// A file that cannot be written, such as a cache of fonts, is an error to the program and not its end.
	signal.Ignore(syscall.SIGXFSZ)
	if err := filter(); err != nil {
		return exitConfine, fmt.Errorf("confine: filter system calls: %w", err)
	}
	err = syscall.Exec(path, args, environment)
	return exitConfine, fmt.Errorf("confine: run %s: %w", path, err)
}

// forbidden are the system calls that lead out of a process: to the network, into other processes, or to what the kernel would have to be
// trusted with.
var forbidden = []uint32{
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_IO_URING_SETUP,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD,
	unix.SYS_MOUNT, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_BPF, unix.SYS_USERFAULTFD, unix.SYS_PERF_EVENT_OPEN,
	unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
}

// filter has the kernel refuse what is forbidden, to this thread and all that comes of it.
func filter() error {
	const (
		load, equal, atLeast, answer = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, unix.BPF_RET | unix.BPF_K
		numberAt, archAt             = 0, 4 // in struct seccomp_data
		otherABI                     = 0x40000000
	)
	arch, ok := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("no filter is known for %s", runtime.GOARCH)
	}
	refuse := unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	program := []unix.SockFilter{
		{Code: load, K: archAt},
		{Code: equal, K: arch, Jt: 1},
		{Code: answer, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: load, K: numberAt},
		{Code: atLeast, K: otherABI, Jf: 1}, // x32 has the same calls under other numbers
		{Code: answer, K: refuse},
	}
	for _, call := range forbidden {
		program = append(program, unix.SockFilter{Code: equal, K: call, Jf: 1}, unix.SockFilter{Code: answer, K: refuse})
	}
	program = append(program, unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	whole := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&whole)), 0, 0); err != nil { //nolint:gosec // the kernel takes an address
		return err
	}
	runtime.KeepAlive(program)
	return nil
}
