package pictures

import (
	"fmt"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// sheet is a PDF of two pages, A4, with bars and blocks where a data sheet has its words.
func sheet(name string) Sample {
	return Sample{name, "application/pdf", Good, func() ([]byte, error) {
		var page strings.Builder
		page.WriteString("0.96 0.94 0.90 rg 0 0 595 842 re f\n0.85 0.42 0.16 rg 60 560 475 220 re f\n0.14 0.13 0.12 rg\n")
		for i := range 14 {
			_, _ = fmt.Fprintf(&page, "60 %d %d 9 re f\n", 500-24*i, 300+(i*97)%170)
		}
		return specimen.PDF{Pages: 2, Width: 595, Height: 842, Title: "Lantern One", Content: page.String()}.File(), nil
	}}
}

// outline is the mark as a drawing.
func outline(name string) Sample {
	return Sample{name, "image/svg+xml", Good, func() ([]byte, error) {
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 128"><rect width="320" height="128" fill="#f5f0e6"/>` +
			`<path d="M40 104V48a24 24 0 0 1 48 0v56z" fill="#d96b2b"/><circle cx="64" cy="64" r="12" fill="#fff3c4"/>` +
			`<path d="M120 40h160M120 64h120M120 88h140" stroke="#24211c" stroke-width="10"/></svg>`), nil
	}}
}
