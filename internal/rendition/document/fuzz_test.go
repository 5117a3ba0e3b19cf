package document

import (
	"bytes"
	"errors"
	"image/png"
	"math"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// FuzzSVG judges anything as a drawing. It is refused with a reason and words, or has a size within the bounds; and what passes does not pass
// any more when a script is put behind it.
func FuzzSVG(f *testing.F) {
	for _, seed := range []string{
		string(svg(`width="40" height="20mm" viewBox="0 0 40 20"`, scene(40, 75))), `<!DOCTYPE svg [<!ENTITY c "#dc1e1e">]><svg fill="&c;" width="1e3"/>`,
		`<?xml version="1.0" encoding="latin1"?><svg viewBox="0 0 NaN 1e300"/>`, `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>`,
		`<svg onload="x"/>`, `<svg height="1e-320" viewBox="0 0 1e308 1e-308"/>`, `</svg><svg>`, `<svg><![CDATA[<script/>]]></svg>`, `<html/>`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		info := rendition.Info{}
		if err := inspectSVG(src, &info); err != nil {
			var why *asset.ReadError
			if !errors.As(err, &why) || why.Reason == "" || why.Message == "" {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		if beyond := func(side int) bool { return side < 1 || side > maxSide }; info.Width|info.Height != 0 && (beyond(info.Width) || beyond(info.Height)) {
			t.Fatalf("a drawing of %d x %d", info.Width, info.Height)
		}
		if len(src) > maxSVG {
			t.Fatalf("%d bytes pass", len(src))
		}
		for _, script := range []string{"<script/>", `<g onload="x"/>`, "<x:SCRIPT></x:SCRIPT>"} {
			err := inspectSVG(append(bytes.Clone(src), script...), &rendition.Info{})
			var why *asset.ReadError
			if !errors.As(err, &why) || why.Reason != asset.ReasonUnsafe && why.Reason != asset.ReasonTooLarge && why.Reason != asset.ReasonTooComplex {
				t.Errorf("with %s behind it, it is %v", script, err)
			}
		}
	})
}

// FuzzPDFInfo reads what pdfinfo may print. Whatever stands before the lines that it prints of a document counts for nothing, since a title may
// be anything; and a size is one, or there is an error.
func FuzzPDFInfo(f *testing.F) {
	for _, seed := range []string{
		"Title:          x\nPages:          3\nPage    1 size:  600 x 300 pts (A4)\nPage    1 rot:   90\n", "Pages: 9\nPage 1 size: \nPage 1 rot: 270", "Pages: 99999999999999999999\n",
		"Pages: 1\nPage 1 size: 1e400 x NaN\n", "Page 1 size: 0x1p10 x 1e-9 pts", "Pages: -1", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		pages, width, height, err := readInfo(said)
		if sound := pages >= 1 && width >= 1 && height >= 1 && max(width, height) <= math.MaxInt32; sound != (err == nil) {
			t.Fatalf("%d pages of %d x %d: %v", pages, width, height, err)
		}
		pages, width, height, err = readInfo(said + "\nPages:          3\nPage    1 size:  600 x 300.5 pts (A4)\nPage    1 rot:   90\n")
		if err != nil || pages != 3 || width != 301 || height != 600 {
			t.Errorf("what stands before makes 3 pages of 301 x 600 into %d of %d x %d: %v", pages, width, height, err)
		}
	})
}

// FuzzDrawn takes anything for what a program drew. What passes for a picture of that size is none of another size to a reader of PNG.
func FuzzDrawn(f *testing.F) {
	whole := specimen.PNG(specimen.Scene(64, 32))
	f.Add(whole, 64)
	f.Add(whole, 32)
	f.Add(whole[:30], 64)
	f.Add([]byte("P6\n64 32\n255\n"), 64)
	f.Fuzz(func(t *testing.T, drawn []byte, pixels int) {
		if !isWhole(drawn, pixels) {
			return
		}
		config, err := png.DecodeConfig(bytes.NewReader(drawn))
		if err != nil {
			return
		}
		if long := max(config.Width, config.Height); long < pixels-1 || long > pixels+1 {
			t.Errorf("%d x %d pixels pass for %d", config.Width, config.Height, pixels)
		}
	})
}
