// Package figure prints what a benchmark measured beside its peer. A figure that misses its bar does not fail the benchmark,
// since machines differ: it is marked where people look for trouble.
package figure

import (
	"cmp"
	"fmt"
	"io"
	"os"
)

// Figure is one that was measured. The smaller it is the better, unless More.
type Figure struct {
	Name       string
	Ours, Peer float64
	Unit       string
	// Decimals that both are printed with.
	Decimals int
	// Bar is the ratio to be reached; 1 when zero.
	Bar float64
	// More: the larger the figure the better.
	More bool
}

// least keeps what is too small to measure from being divided by.
const least = 0.001

// Print writes the figure to stdout, and to stderr when it misses its bar.
func (f Figure) Print() { f.print(os.Stdout, os.Stderr) }

func (f Figure) print(out, complaints io.Writer) {
	bar := cmp.Or(f.Bar, 1)
	ratio, most, wanted := f.Peer/max(f.Ours, least), "at most", f.Peer/bar
	if f.More {
		ratio, most, wanted = f.Ours/max(f.Peer, least), "at least", f.Peer*bar
	}
	decimals := 1
	if bar != 1 {
		decimals = 2
	}
	_, _ = fmt.Fprintf(out, "bench %s: ours=%.*f peer=%.*f ratio=%.*f bar=%.3g unit=%s\n", f.Name, f.Decimals, f.Ours, f.Decimals, f.Peer, decimals, ratio, bar, f.Unit)
	if ratio < bar {
		_, _ = fmt.Fprintf(complaints, "MISSED %s: %.*f %s, and %s %.*f are wanted\n", f.Name, f.Decimals, f.Ours, f.Unit, most, f.Decimals, wanted)
	}
}
