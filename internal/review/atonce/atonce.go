// Package atonce does pieces of work at the same time, for whoever waits for all of them.
package atonce

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Caught gives what some work panics with, for whoever waits for it to panic with: there it is caught as any fault is. In a
// goroutine it would end the program with exit code 2, which is an answer of some commands.
func Caught(work func()) (fault any) {
	defer func() { fault = recover() }()
	work()
	return nil
}

// Do does all of them, each in a goroutine. When some panic, so does it, with what the first in order panicked with.
func Do(works ...func()) {
	faults := make([]any, len(works))
	var done sync.WaitGroup
	for i, work := range works {
		done.Go(func() { faults[i] = Caught(work) })
	}
	done.Wait()
	for _, fault := range faults {
		if fault != nil {
			panic(fault)
		}
	}
}

// Each does the work for every number below n, on as many goroutines as there are processors.
func Each(n int, work func(i int)) {
	var next atomic.Int64
	workers := make([]func(), min(n, runtime.GOMAXPROCS(0)))
	for w := range workers {
		workers[w] = func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		}
	}
	Do(workers...)
}
