// Package figure prints what a benchmark measured beside its peer. A figure that misses its bar does not fail the benchmark,
// since machines differ: it is marked where people look for trouble.
package figure

import (
	"fmt"
	"io"
	"os"
)

// bar is the ratio that every figure is to reach.
const bar = 1

// Figure is one that was measured. The smaller it is the better.
type Figure struct {
	Name       string
	Ours, Peer float64
	Unit       string
	// Decimals that both are printed with.
	Decimals int
}

// least keeps what is too small to measure from being divided by.
const least = 0.001

// Print writes the figure to stdout, and to stderr when it misses its bar.
func (f Figure) Print() { f.print(os.Stdout, os.Stderr) }

func (f Figure) print(out, complaints io.Writer) {
	ratio := f.Peer / max(f.Ours, least)
	_, _ = fmt.Fprintf(out, "bench %s: ours=%.*f peer=%.*f ratio=%.1f bar=%d unit=%s\n", f.Name, f.Decimals, f.Ours, f.Decimals, f.Peer, ratio, bar, f.Unit)
	if ratio < bar {
		_, _ = fmt.Fprintf(complaints, "MISSED %s: %.*f %s, and at most %.*f are wanted\n", f.Name, f.Decimals, f.Ours, f.Unit, f.Decimals, f.Peer)
	}
}
