package atonce

import (
	"slices"
	"testing"
)

func TestEachIsDoneOnce(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		times := make([]int, n)
		Each(n, func(i int) { times[i]++ })
		if slices.ContainsFunc(times, func(n int) bool { return n != 1 }) {
			t.Errorf("of %d not each was done once: %v", n, times)
		}
	}
}

func TestAFaultComesToWhoeverWaits(t *testing.T) {
	if fault := Caught(func() { Each(100, func(int) { panic("wrong") }) }); fault != "wrong" {
		t.Errorf("it is %v", fault)
	}
	done := false
	if fault := Caught(func() { Do(func() { panic(1) }, func() { done = true }, func() { panic(3) }) }); fault != 1 || !done {
		t.Errorf("it is %v, and the other work is done: %v", fault, done)
	}
}
