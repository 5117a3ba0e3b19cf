package document

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// inspectPDF asks pdfinfo about a PDF and judges what it says.
func (r *Renderer) inspectPDF(src []byte, info *rendition.Info) error {
	// Readers mend a file that ends early, and draw what is left. Half a page must not pass for one.
	const tail = 1024 // where readers look for the end (PDF 1.7, annex H, note 18)
	if !bytes.Contains(src[max(0, len(src)-tail):], []byte("%%EOF")) {
		return asset.NewReadError(asset.ReasonCorrupt, "the PDF ends too early")
	}
	said, err := r.run(src, "pdfinfo", "-f", "1", "-l", "1", "-")
	if err != nil {
		return err
	}
	pages, width, height, err := readInfo(string(said))
	if err != nil {
		return asset.NewReadError(asset.ReasonCorrupt, "the PDF does not say how many pages it has and how large they are")
	}
	info.Frames, info.Width, info.Height = pages, width, height
	switch {
	case pages > r.Limits.MaxPages:
		return asset.NewReadError(asset.ReasonTooManyFrames, fmt.Sprintf("%d pages, at most %d", pages, r.Limits.MaxPages))
	case max(width, height) > maxSide:
		return asset.NewReadError(asset.ReasonTooManyPixels, fmt.Sprintf("the first page has %d x %d points, at most %d each way", width, height, maxSide))
	}
	return nil
}

// readInfo reads the number of pages, and the size of the first as it is shown, from what pdfinfo prints. The title and other texts
// of the file come before these lines and may hold anything, so the last line of each kind counts.
func readInfo(said string) (pages, width, height int, err error) {
	turned := false
	for line := range strings.Lines(said) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		fields := strings.Fields(value)
		switch strings.Join(strings.Fields(name), " ") {
		case "Pages":
			pages, err = strconv.Atoi(strings.TrimSpace(value))
		case "Page 1 size":
			if width, height = 0, 0; len(fields) >= 3 {
				width, height = points(fields[0]), points(fields[2])
			}
		case "Page 1 rot":
			turned = len(fields) == 1 && (fields[0] == "90" || fields[0] == "270")
		}
	}
	if err != nil || pages < 1 || width < 1 || height < 1 {
		return 0, 0, 0, fmt.Errorf("%d pages of %d x %d points", pages, width, height)
	}
	if turned {
		width, height = height, width
	}
	return pages, width, height, nil
}

// points reads a number of points and rounds it up; 0 for what is none.
func points(s string) int {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x > 0) {
		return 0
	}
	return int(math.Ceil(min(x, 1e9)))
}
