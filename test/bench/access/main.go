// Command access measures what deciding about access costs: a cold compile of a
// whole tenant, and the change of one binding in it from the declaration to the
// store, by a real manager on a real API server and a real object store. There is
// no peer that does this, so the peer of a figure is its limit, in seconds of CPU.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/test/bench/figure"
)

// The limits, and the tenant that they are for.
const (
	coldLimit   = 5 * time.Second
	changeLimit = time.Second
	largest     = 10_000
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	log.SetLogger(logr.Discard())
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench-access:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	sizes := []int{10, 100, 1000, largest}
	cold := map[int]time.Duration{}
	for _, folders := range sizes {
		spent, err := compileCold(tenantOf(folders))
		if err != nil {
			return err
		}
		cold[folders] = spent
		report(fmt.Sprintf("access-cold-compile-%d", folders), spent, coldLimit)
	}
	growth("access-cold-compile-growth", cold[sizes[0]], cold[largest])
	for _, folders := range sizes {
		spent, err := planCold(tenantOf(folders))
		if err != nil {
			return err
		}
		report(fmt.Sprintf("access-cold-plan-%d", folders), spent, coldLimit)
	}
	changes, err := measureChanges(ctx, []int{sizes[0], largest})
	if err != nil {
		return err
	}
	for _, folders := range []int{sizes[0], largest} {
		c := changes[folders]
		report(fmt.Sprintf("access-change-%d", folders), c.cpu, changeLimit)
		fmt.Printf("  from kubectl to the store: %.3f s of wall time, %d folders, %d bindings, %d users\n", c.wall.Seconds(), c.folders, c.bindings, c.users)
	}
	growth("access-change-growth", changes[sizes[0]].cpu, changes[largest].cpu)
	return nil
}

// report prints a figure beside its limit: the ratio is how often it fits in.
func report(name string, ours, limit time.Duration) {
	figure.Figure{Name: name, Ours: ours.Seconds(), Peer: limit.Seconds(), Unit: "cpu-s", Decimals: 3}.Print()
}

// growth prints by how much a cost grows while the tenant grows a thousandfold.
func growth(name string, small, large time.Duration) {
	times := large.Seconds() / max(small.Seconds(), 0.001)
	figure.Figure{Name: name, Ours: times, Peer: largest / 10, Unit: "times"}.Print()
}

// cpu is what this process has used.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
