package document

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/engine"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// The programs are run by this one, as by the worker.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == ConfineCommand {
		code, err := Confine(os.Args[2:])
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func newRenderer(t *testing.T) *Renderer {
	t.Helper()
	eng, err := engine.Start(engine.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &Renderer{Renderer: eng, Limits: DefaultLimits(), Self: self}
	r.Limits.Time = time.Minute // the machine may be busy
	if err := r.Ready(); err != nil {
		t.Fatal(err)
	}
	return r
}

var jpegs = []rendition.Preset{
	{Name: "thumb", Width: 200, Height: 200, Fit: rendition.Inside, Format: rendition.JPEG},
	{Name: "square", Width: 100, Height: 100, Fit: rendition.Cover, Format: rendition.JPEG, Page: 3},
}

func svg(attributes, inner string) []byte {
	return []byte(`<?xml version="1.0"?><svg xmlns="` + namespaceSVG + `" xmlns:xlink="http://www.w3.org/1999/xlink" ` + attributes + ">" + inner + "</svg>")
}

func scene(width, height int) string {
	var b strings.Builder
	for i, c := range []color.RGBA{specimen.UpperLeft, specimen.UpperRight, specimen.LowerLeft, specimen.LowerRight} {
		_, _ = fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="#%02x%02x%02x"/>`, i%2*width/2, i/2*height/2, width/2, height/2, c.R, c.G, c.B)
	}
	return b.String()
}

func drawn(t *testing.T, p rendition.Picture) image.Image {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(p.Data))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size != image.Pt(p.Width, p.Height) {
		t.Errorf("the picture says %d x %d and is %v", p.Width, p.Height, size)
	}
	return img
}

func near(t *testing.T, img image.Image, ex, ey int, want color.RGBA) {
	t.Helper()
	b := img.Bounds()
	r, g, bl, _ := img.At(b.Dx()*ex/8, b.Dy()*ey/8).RGBA()
	for i, pair := range [][2]int{{int(r >> 8), int(want.R)}, {int(g >> 8), int(want.G)}, {int(bl >> 8), int(want.B)}} {
		if d := pair[0] - pair[1]; d < -14 || d > 14 {
			t.Errorf("channel %d at %d/8, %d/8 is %d, want %d", i, ex, ey, pair[0], pair[1])
		}
	}
}

// The first page of a PDF, and a drawing, become pictures by ordinary presets, the right way up.
// features: D12, D13
func TestDocumentsAreDrawn(t *testing.T) {
	r := newRenderer(t)
	upright := [4]color.RGBA{specimen.UpperLeft, specimen.UpperRight, specimen.LowerRight, specimen.LowerLeft}
	for why, c := range map[string]struct {
		src           []byte
		pages         int
		width, height int
		thumb         image.Point
		want          [4]color.RGBA // clockwise
	}{
		"a PDF of three pages":     {specimen.PDF{Pages: 3, Width: 600, Height: 300}.File(), 3, 600, 300, image.Pt(200, 100), upright},
		"a PDF that is turned":     {specimen.PDF{Pages: 1, Width: 600, Height: 300, Rotate: 90}.File(), 1, 300, 600, image.Pt(100, 200), [4]color.RGBA{specimen.LowerLeft, specimen.UpperLeft, specimen.UpperRight, specimen.LowerRight}},
		"a title that lies":        {specimen.PDF{Pages: 1, Width: 300, Height: 300, Title: `a\nPages: 9\nEncrypted: yes`}.File(), 1, 300, 300, image.Pt(200, 200), upright},
		"a drawing with its size":  {svg(`width="40" height="20mm"`, scene(40, 75)), 1, 40, 76, image.Pt(106, 200), upright},
		"a drawing with a box":     {svg(`viewBox="0 0 40 20"`, scene(40, 20)), 1, 40, 20, image.Pt(200, 100), upright},
		"Illustrator's namespaces": {append([]byte(`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY ns_svg "`+namespaceSVG+`"><!ENTITY c "#dc1e1e">]>`), `<svg xmlns="&ns_svg;" width="20" height="20"><rect width="20" height="20" fill="&c;"/></svg>`...), 1, 20, 20, image.Pt(200, 200), [4]color.RGBA{specimen.UpperLeft, specimen.UpperLeft, specimen.UpperLeft, specimen.UpperLeft}},
	} {
		t.Run(why, func(t *testing.T) {
			info, err := r.Inspect(c.src, jpegs)
			if err != nil {
				t.Fatal(err)
			}
			if info.Frames != c.pages || info.Width != c.width || info.Height != c.height || !rendition.IsDocument(info.ContentType) {
				t.Errorf("%+v", info)
			}
			made, err := rendered(r, c.src, info, jpegs)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range made.pictures {
				img := drawn(t, p)
				if i == 0 {
					if d := img.Bounds().Size().Sub(c.thumb); max(d.X, -d.X, d.Y, -d.Y) > 1 {
						t.Errorf("the thumb is %v, want %v", img.Bounds().Size(), c.thumb)
					}
				}
				near(t, img, 1, 1, c.want[0])
				near(t, img, 7, 1, c.want[1])
				near(t, img, 7, 7, c.want[2])
				near(t, img, 1, 7, c.want[3])
			}
			if len(made.impression.BlurHash) != 28 {
				t.Errorf("the placeholder is %q", made.impression.BlurHash)
			}
		})
	}
}

// features: D12, D13
func TestHostileDocumentsAreRefused(t *testing.T) {
	r := newRenderer(t)
	r.Limits.MaxPages = 50
	good := specimen.PDF{Pages: 1, Width: 200, Height: 200}.File()
	var laughs strings.Builder
	laughs.WriteString(`<!DOCTYPE svg [<!ENTITY a0 "ha">`)
	for i := 1; i < 10; i++ {
		_, _ = fmt.Fprintf(&laughs, `<!ENTITY a%d "%s">`, i, strings.Repeat(fmt.Sprintf("&a%d;", i-1), 10))
	}
	laughs.WriteString(`]><svg xmlns="` + namespaceSVG + `"><text>&a9;</text></svg>`)
	doctype := func(declarations string) []byte {
		return []byte(`<!DOCTYPE svg [` + declarations + `]><svg xmlns="` + namespaceSVG + `" width="9" height="9"><text>&x;</text></svg>`)
	}
	endless := good[:bytes.Index(good, []byte("xref"))]
	endless = append(bytes.Replace(endless, []byte("/Count 1"), []byte("/Count 99"), 1), "trailer << /Size 6 /Root 1 0 R >>\n%%EOF\n"...)
	for why, c := range map[string]struct {
		src    []byte
		reason asset.Reason
	}{
		"a PDF with a password":             {specimen.PDF{Pages: 1, Width: 200, Height: 200, Password: "secret"}.File(), asset.ReasonEncrypted},
		"half a PDF":                        {good[:len(good)/2], asset.ReasonCorrupt},
		"a PDF of rubbish":                  {[]byte("%PDF-1.7\nrubbish\n%%EOF\n"), asset.ReasonCorrupt},
		"a PDF without pages":               {specimen.PDF{}.File(), asset.ReasonCorrupt},
		"a PDF of many pages":               {specimen.PDF{Pages: 51, Width: 20, Height: 20}.File(), asset.ReasonTooManyFrames},
		"a PDF that claims many pages":      {endless, asset.ReasonTooManyFrames},
		"a PDF with a huge page":            {specimen.PDF{Pages: 1, Width: 2_000_000_000, Height: 20}.File(), asset.ReasonTooManyPixels},
		"a thousand million laughs":         {[]byte(laughs.String()), asset.ReasonUnsafe},
		"many references to a long entity":  {[]byte(`<!DOCTYPE svg [<!ENTITY x "` + strings.Repeat("x", 400) + `">]><svg><text>` + strings.Repeat("&x;", 50_000) + `</text></svg>`), asset.ReasonUnsafe},
		"an entity from a file":             {doctype(`<!ENTITY x SYSTEM "file:///etc/passwd">`), asset.ReasonUnsafe},
		"an entity from the network":        {doctype(`<!ENTITY x PUBLIC "x" "http://192.0.2.1/x">`), asset.ReasonUnsafe},
		"an entity for declarations":        {doctype(`<!ENTITY % x SYSTEM "http://192.0.2.1/x"> %x;`), asset.ReasonUnsafe},
		"a script":                          {svg("", `<g><script>alert(1)</script></g>`), asset.ReasonUnsafe},
		"a script in an attribute":          {svg(`onload="alert(1)"`, ""), asset.ReasonUnsafe},
		"a drawing of huge size":            {svg(`width="1e9" height="1e9"`, ""), asset.ReasonTooManyPixels},
		"a drawing with a huge box":         {svg(`viewBox="0 0 1e300 1e300"`, ""), asset.ReasonTooManyPixels},
		"an element that nothing began":     {[]byte(`</svg><svg xmlns="` + namespaceSVG + `">`), asset.ReasonCorrupt},
		"half a drawing":                    {svg("", scene(9, 9))[:150], asset.ReasonCorrupt},
		"a drawing as deep as a well":       {svg("", strings.Repeat("<g>", 10_000)), asset.ReasonTooComplex},
		"an encoding nobody uses for these": {[]byte(`<?xml version="1.0" encoding="utf-7"?><svg/>`), asset.ReasonCorrupt},
		"a page that names svg":             {[]byte(`<html><svg></svg></html>`), asset.ReasonNotAnImage},
		"an ordinary picture":               {specimen.JPEG(specimen.Scene(9, 9)), asset.ReasonUnsupported},
	} {
		_, err := r.Inspect(c.src, jpegs)
		var got *asset.ReadError
		if !errors.As(err, &got) || got.Reason != c.reason || got.Message == "" {
			t.Errorf("%s: %v, want %s", why, err, c.reason)
		}
	}
}

// What a program cannot finish within its bounds of time, memory or output ends with a reason, and the worker lives.
// features: D12
func TestDrawingIsBounded(t *testing.T) {
	r := newRenderer(t)
	reason := func(t *testing.T, err error) {
		t.Helper()
		var got *asset.ReadError
		if !errors.As(err, &got) || got.Reason != asset.ReasonTooComplex {
			t.Errorf("%v, want %s", err, asset.ReasonTooComplex)
		}
	}
	noise := svg(`width="900" height="900"`, `<filter id="n"><feTurbulence baseFrequency="0.7" numOctaves="20"/></filter><rect width="900" height="900" filter="url(#n)"/>`)
	t.Run("time", func(t *testing.T) {
		bounded := *r
		bounded.Limits.Time = 300 * time.Millisecond
		_, err := bounded.draw(noise, rendition.SVG, 4096)
		reason(t, err)
	})
	t.Run("output", func(t *testing.T) {
		bounded := *r
		bounded.Limits.MaxEdge = 1 // a megabyte
		_, err := bounded.draw(noise, rendition.SVG, 900)
		reason(t, err)
	})
	t.Run("memory", func(t *testing.T) {
		_, err := r.draw(specimen.PDF{Pages: 1, Width: 200, Height: 200}.File(), rendition.PDF, 30_000) // 2.7 GB
		reason(t, err)
	})
}

// What a drawing names outside of itself is not drawn: neither a file beside it nor one by its whole path.
// features: D12
func TestDrawingsLoadNothing(t *testing.T) {
	r := newRenderer(t)
	dir := t.TempDir()
	red := filepath.Join(dir, "red.png")
	if err := os.WriteFile(red, specimen.PNG(specimen.Scene(20, 20)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, href := range []string{red, "file://" + red, "red.png", "./red.png"} {
		src := svg(`width="20" height="20"`, `<image width="20" height="20" xlink:href="`+href+`" href="`+href+`"/>`)
		info, err := r.Inspect(src, nil)
		if err != nil {
			t.Fatal(err)
		}
		made, err := rendered(r, src, info, jpegs[:1])
		if err != nil {
			t.Fatal(err)
		}
		near(t, drawn(t, made.pictures[0]), 1, 1, color.RGBA{R: 255, G: 255, B: 255})
	}
}

// collected is a rendition.Progress that keeps everything.
type collected struct {
	pictures   []rendition.Picture
	impression rendition.Impression
	failed     error
}

func (c *collected) Decoded() {}

func (c *collected) Impressed(i rendition.Impression) { c.impression = i }

func (c *collected) Made(preset int, p rendition.Picture, why error) bool {
	c.pictures[preset], c.failed = p, errors.Join(c.failed, why)
	return true
}

// rendered draws a document by presets.
func rendered(r *Renderer, src []byte, info rendition.Info, presets []rendition.Preset) (*collected, error) {
	c := &collected{pictures: make([]rendition.Picture, len(presets))}
	return c, errors.Join(r.Render(src, info, rendition.Order{Presets: presets}, c), c.failed)
}
