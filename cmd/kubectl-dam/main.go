// Command kubectl-dam is the kubectl plugin of Vitrine: kubectl dam tells who may
// do what, by which routes, and why not.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // every way to log in that a kubeconfig may name
	"k8s.io/klog/v2"

	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// gcPercent lets the heap grow to five times what is in use before it is swept.
const gcPercent = 400

// version is set when the program is built.
var version = "dev"

func main() {
	klog.SetLogger(logr.Discard()) // what goes wrong is in the error
	// A command lives for a second and reads at most some hundred megabytes: memory is cheaper than sweeping it.
	debug.SetGCPercent(gcPercent)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, time.Now)
	stop()
	os.Exit(code)
}

// run is the whole program; it gives the exit code. A fault of its own is an error as any other: Go's own exit code
// for it, 2, is an answer of some commands.
func run(ctx context.Context, args []string, in io.Reader, out, complaints io.Writer, now func() time.Time) (code int) {
	root := newProgram(in, out, complaints, now).command()
	root.SetArgs(args)
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		_, _ = fmt.Fprintf(complaints, "error: this is a fault of kubectl dam, and no answer: %s\nPlease report it at https://github.com/vitrine-dam/vitrine/issues with the lines below.\n%s",
			printer.OneLine(fmt.Sprint(fault)), debug.Stack())
		code = exitError(root)
		if command, _, err := root.Find(args); err == nil {
			code = exitError(command)
		}
	}()
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	var no silentError
	if errors.As(err, &no) {
		return int(no)
	}
	_, _ = fmt.Fprintln(complaints, "error:", printer.OneLine(err.Error()))
	return exitError(command)
}

// exitError is the exit code for an error of a command.
func exitError(command *cobra.Command) int {
	if command.Name() == "can-i" {
		return 2 // 1 is the answer no
	}
	return 1
}

// silentError ends the program with an exit code and nothing more to say.
type silentError int

// Error is for nobody.
func (e silentError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }
