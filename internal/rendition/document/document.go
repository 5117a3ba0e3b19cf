// Package document draws the first page of PDF files, and SVG drawings, for the worker class that alone has the programs to do it:
// poppler's pdfinfo and pdftoppm, and rsvg-convert of librsvg. What they draw is a PNG, which goes the way of every other picture.
//
// The files are hostile and the programs are large, so each runs in a process of its own that lives for one file: it reads the file from
// memory and writes to a pipe, has no name of a file to begin relative addresses with, may open no socket, and is ended at a bound of
// time, memory or output. A file that would have scripts or entities followed is refused before.
package document

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/worker"
)

// Limits of drawing one document.
type Limits struct {
	// MaxPages of a PDF, though only the first is drawn.
	MaxPages int
	// MaxEdge is the longest side of what is drawn, in pixels.
	MaxEdge int
	// Time that one program may run, by the clock and of a processor.
	Time time.Duration
}

// DefaultLimits draw at most 4096 x 4096 pixels, which is 64 MiB in the program that does it. 5,000 pages are a large catalogue.
func DefaultLimits() Limits {
	return Limits{MaxPages: 5000, MaxEdge: 4096, Time: 20 * time.Second}
}

// maxSide is the longest side of a PDF page in points (PDF 1.7, annex C.2), and of a drawing in pixels of CSS.
const maxSide = 14400

// Renderer draws documents, and has pictures made of what was drawn. It is a worker.Renderer.
type Renderer struct {
	// Renderer makes the pictures, and watermarks.
	worker.Renderer
	Limits Limits
	// Self is the running program, which calls Confine when its first argument is ConfineCommand.
	Self string
}

// Ready draws two documents of a few pixels, to see that the programs are there and can be confined.
func (r *Renderer) Ready() error {
	for _, src := range []string{
		`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`,
		"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj " +
			"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj trailer<</Root 1 0 R>>\n%%EOF",
	} {
		info, err := r.Inspect([]byte(src), nil)
		if err == nil {
			_, err = r.draw([]byte(src), info.ContentType, 64)
		}
		if err != nil {
			return fmt.Errorf("try to draw %s: %w", info.ContentType, err)
		}
	}
	return nil
}

// Inspect tells the type, size and pages of a document without drawing it: of a PDF the first page's size in points, of a drawing its
// own in pixels of CSS, 0 when it does not say.
func (r *Renderer) Inspect(src []byte, _ []rendition.Preset) (rendition.Info, error) {
	info := rendition.Info{ContentType: rendition.Sniff(src).ContentType, Frames: 1}
	// 4 bytes a pixel in the program, as much in its PNG at the worst, and again when that is decoded.
	edge := int64(r.Limits.MaxEdge)
	info.DecodeBytes = edge * edge * 4 * 3
	var err error
	switch info.ContentType {
	case rendition.PDF:
		err = r.inspectPDF(src, &info)
	case rendition.SVG:
		err = inspectSVG(src, &info)
	default:
		err = asset.NewReadError(asset.ReasonUnsupported, "workers for documents draw PDF and SVG only")
	}
	return info, err
}

// Render draws the document as large as the order needs it, and has the order carried out on that. Every preset's page is the first.
func (r *Renderer) Render(src []byte, info rendition.Info, order rendition.Order, progress rendition.Progress) error {
	drawn, err := r.draw(src, info.ContentType, r.edge(info, order))
	if err != nil {
		return err
	}
	picture, err := r.Renderer.Inspect(drawn, nil)
	if err != nil || picture.ContentType != "image/png" {
		return asset.NewReadError(asset.ReasonCorrupt, "the first page cannot be drawn")
	}
	return r.Renderer.Render(drawn, picture, order, progress)
}

// draw gives the document as a PNG whose longer side has so many pixels.
func (r *Renderer) draw(src []byte, contentType string, pixels int) ([]byte, error) {
	edge := strconv.Itoa(pixels)
	command := []string{"rsvg-convert", "--format=png", "--keep-aspect-ratio", "--width=" + edge, "--height=" + edge}
	if contentType == rendition.PDF {
		command = []string{"pdftoppm", "-q", "-f", "1", "-l", "1", "-singlefile", "-cropbox", "-png", "-scale-to", edge, "-"}
	}
	drawn, err := r.run(src, command[0], command[1:]...)
	if err != nil {
		return nil, err
	}
	if !isWhole(drawn, pixels) {
		return nil, asset.NewReadError(asset.ReasonTooComplex, "what was drawn is not the whole page")
	}
	return drawn, nil
}

// isWhole tells whether what a program drew is a PNG whose longer side has so many pixels. Without memory for a page, pdftoppm draws
// something else and calls it a success.
func isWhole(drawn []byte, pixels int) bool {
	const header = 24 // where the first chunk of a PNG ends that has its width and height
	if len(drawn) < header || rendition.Sniff(drawn).ContentType != "image/png" {
		return false
	}
	long := int64(max(binary.BigEndian.Uint32(drawn[header-8:]), binary.BigEndian.Uint32(drawn[header-4:])))
	return long >= int64(pixels)-1 && long <= int64(pixels)+1
}

// edge is the longer side of what is to be drawn, so that no preset enlarges it, at most MaxEdge.
func (r *Renderer) edge(info rendition.Info, order rendition.Order) int {
	most := r.Limits.MaxEdge
	w, h := max(1, info.Width), max(1, info.Height)
	long := max(w, h)
	w, h = max(1, w*most/long), max(1, h*most/long)
	const least = 64
	edge := least
	for _, p := range order.Presets {
		g := p.Measure(w, h, order.Focus)
		edge = max(edge, g.ResizeWidth, g.ResizeHeight)
	}
	return min(edge, most)
}

// run gives what a program writes about the document on its standard input.
func (r *Renderer) run(src []byte, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.Limits.Time)
	defer cancel()
	// PNG is no larger than the pixels but for a thousandth.
	most := int64(r.Limits.MaxEdge)*int64(r.Limits.MaxEdge)*4 + 1<<20
	return child{self: r.Self, time: r.Limits.Time, output: most}.run(ctx, src, program, args...)
}
