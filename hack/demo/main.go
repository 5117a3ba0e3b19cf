// Command demo brings all of Vitrine up on this machine, from nothing: a real API server,
// a real object store, the manager, the gateway and a local runner for Jobs. It applies
// config/samples, uploads the sample pictures as the people that the samples name, proves
// what they may and may not do, and prints the links to open.
//
// Without flags it stays up until Ctrl-C; with --check it tears everything down when the
// checks are through. Its exit status tells whether all of them passed, and its last line
// is "demo: N passed, M failed".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
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
	s := newScreen(os.Stdout)
	d, err := newDemo(s)
	if err != nil {
		s.trouble(err)
		return 1
	}
	var tally tally
	err = d.up(ctx)
	if err == nil {
		tally, err = d.check(ctx)
	}
	if err == nil && !checkOnly {
		d.invite()
		<-ctx.Done()
	}
	s.step("stopping everything")
	err = errors.Join(err, d.down())
	interrupted := ctx.Err() != nil
	if err != nil && !interrupted {
		s.trouble(err)
		tally.failed++
	}
	if interrupted && tally.total() == 0 {
		s.line("interrupted before anything was checked")
		return 1
	}
	fmt.Printf("demo: %d passed, %d failed\n", tally.passed, tally.failed)
	if tally.failed > 0 {
		return 1
	}
	return 0
}
