// Command demo brings all of Vitrine up on this machine, from nothing: a real API server,
// a real object store, the manager, the gateway and a local runner for Jobs. It applies
// config/samples, uploads the sample pictures as the people that the samples name, proves
// what they may and may not do, and prints the links to open.
//
// Without flags it stays up until Ctrl-C; with --check it tears everything down when the
// checks are through. Its exit status tells whether all of them passed, and its last line
// is "demo: N passed, M failed", with ", K not run" when it did not come to all of them.
// Before that it names each chapter that cannot be shown on this machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	check := flag.Bool("check", false, "tear down after the checks")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the next one ends the program at once; its children die with it.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, *check))
}

// run brings up, checks, stays and tears down; it gives the exit status.
func run(ctx context.Context, checkOnly bool) int {
	knowAVIF()
	s := newScreen(os.Stdout)
	todo := chapters()
	e := ending{checks: count(todo)}
	d, err := newDemo(s)
	if err != nil {
		e.stopped = err
		return e.tell(s)
	}
	why, err := d.findNetwork(ctx)
	if err != nil {
		e.stopped = errors.Join(err, d.down())
		return e.tell(s)
	}
	if why != "" {
		todo = slices.DeleteFunc(todo, func(c chapter) bool {
			if c.needsNetwork {
				e.notShown = append(e.notShown, fmt.Sprintf("Not shown: %s, whose issuer needs root, to make a network namespace (%s)", c.title, why))
			}
			return c.needsNetwork
		})
		for _, l := range e.notShown {
			s.line("%s", l)
		}
		e.checks = count(todo)
	}
	if e.stopped = d.up(ctx); e.stopped == nil {
		e.tally = d.check(ctx, todo)
	}
	e.interrupted = ctx.Err() != nil
	if e.notRun() == 0 && !checkOnly {
		d.invite()
		<-ctx.Done()
	}
	s.step("stopping everything")
	e.down = d.down()
	return e.tell(s)
}

// ending is how a run of the demo came to its end.
type ending struct {
	tally
	// checks is how many there are.
	checks int
	// stopped is why it could not be brought up; nil when it could.
	stopped error
	// interrupted by a signal before it was up and checked.
	interrupted bool
	// notShown says which chapters were left out on this machine, and why.
	notShown []string
	// down is what went wrong in tearing down.
	down error
}

func (e ending) notRun() int { return e.checks - e.total() }

// conclude gives what is said at the end, and the exit status: zero when every check ran
// and passed, and all was torn down. That a signal ends what runs is no failure, but
// checks that it kept from running passed nothing.
func (e ending) conclude() (lines []string, status int) {
	missing := e.notRun()
	switch {
	case e.interrupted && missing > 0:
		lines = append(lines, fmt.Sprintf("Interrupted: %d of %d checks were not run", missing, e.checks))
	case e.stopped != nil:
		e.failed++
		lines = append(lines, fmt.Sprintf("The demo could not go on: %v", e.stopped))
	}
	if e.down != nil {
		e.failed++
		lines = append(lines, fmt.Sprintf("The demo could not be torn down: %v", e.down))
	}
	last := fmt.Sprintf("demo: %d passed, %d failed", e.passed, e.failed)
	if missing > 0 {
		last += fmt.Sprintf(", %d not run", missing)
	}
	if e.failed > 0 || missing > 0 {
		status = 1
	}
	return append(append(lines, e.notShown...), last), status
}

// tell prints the conclusion and gives the exit status.
func (e ending) tell(s *screen) int {
	lines, status := e.conclude()
	for _, l := range lines {
		s.line("%s", l)
	}
	return status
}
