package engine

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

func text(t *testing.T, e *Engine, s string) rendition.Stamp {
	t.Helper()
	stamp, err := e.StampText(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	if len(stamp.Pixels) != 4*stamp.Width*stamp.Height {
		t.Fatalf("%q: %d bytes for %d x %d", s, len(stamp.Pixels), stamp.Width, stamp.Height)
	}
	return stamp
}

// changed gives the rectangle of a picture in which it is not about the colour c.
func changed(img image.Image, c color.RGBA) image.Rectangle {
	var r image.Rectangle
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if !alike(color.RGBAModel.Convert(img.At(x, y)).(color.RGBA), c) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// features: D13
func TestWatermarksAreDrawn(t *testing.T) {
	e := start(t)
	grey := color.RGBA{R: 128, G: 128, B: 128, A: 255}
	words := "Northlight, preview"
	logo, err := e.StampImage(specimen.PNG(specimen.Scene(100, 50)))
	if err != nil {
		t.Fatal(err)
	}
	stamps := map[string]rendition.Stamp{"text " + words: text(t, e, words), "image m1": logo}
	sources := map[string][]byte{
		"colour": specimen.JPEG(plain(400, 300, grey)), "grey": specimen.PNG(func() image.Image {
			img := image.NewGray(image.Rect(0, 0, 400, 300))
			for i := range img.Pix {
				img.Pix[i] = 128
			}
			return img
		}()),
		"with opacity": specimen.PNG(func() image.Image {
			img := image.NewNRGBA(image.Rect(0, 0, 400, 300))
			for i := range 400 * 300 {
				img.Set(i%400, i/400, grey)
			}
			img.Set(0, 0, color.NRGBA{R: 128, G: 128, B: 128, A: 250})
			return img
		}()),
	}
	for name, src := range sources {
		for _, format := range everyFormat {
			for _, w := range []rendition.Watermark{{Text: words}, {Image: "brand/logo.png", ETag: "m1"}} {
				for _, place := range []rendition.Place{rendition.TopLeft, rendition.Middle, rendition.BottomRight, rendition.Tile} {
					if format != rendition.PNG && place != rendition.Middle {
						continue // places are the same in all formats
					}
					w.Position, w.Opacity = place, 100
					pics := order(t, e, src, rendition.Order{Presets: []rendition.Preset{{Name: "a", Width: 400, Format: format, Quality: 95, Watermark: &w}}, Stamps: stamps})
					img, _ := decodePicture(t, pics[0])
					where := fmt.Sprintf("%s as %s, %s, %s", name, format, w.Content(), place)
					got := changed(img, grey)
					if got.Empty() {
						t.Errorf("%s: nothing is drawn", where)
						continue
					}
					half := image.Rect(0, 0, 400, 300)
					switch place { //nolint:exhaustive // the list above
					case rendition.TopLeft:
						half = image.Rect(0, 0, 200, 150)
					case rendition.Middle:
						half = image.Rect(100, 75, 300, 225)
					case rendition.BottomRight:
						half = image.Rect(200, 150, 400, 300)
					}
					if !got.In(half) {
						t.Errorf("%s: it is at %v", where, got)
					}
					if place == rendition.Tile && (got.Dx() < 250 || got.Dy() < 200) {
						t.Errorf("%s: the tiles cover %v", where, got)
					}
				}
			}
		}
	}
}

// A mark is on the picture and not on what Pad puts around it, where it could be cut away.
// features: D13
func TestWatermarkIsOnThePaddedPicture(t *testing.T) {
	e := start(t)
	logo, err := e.StampImage(specimen.PNG(plain(40, 40, color.RGBA{R: 250, A: 255})))
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range []rendition.Place{rendition.BottomRight, rendition.Top, rendition.Tile} {
		w := &rendition.Watermark{Image: "logo.png", ETag: "m1", Position: place, Opacity: 100, Size: 20}
		pics := order(t, e, specimen.PNG(plain(300, 60, color.RGBA{A: 255})), rendition.Order{
			Presets: []rendition.Preset{{Name: "a", Width: 300, Height: 300, Fit: rendition.Pad, Background: "#000000", Format: rendition.PNG, Watermark: w}},
			Stamps:  map[string]rendition.Stamp{"image m1": logo},
		})
		img, _ := decodePicture(t, pics[0])
		if got := changed(img, color.RGBA{A: 255}); got.Empty() || !got.In(image.Rect(0, 120, 300, 180)) {
			t.Errorf("%s: it is at %v, and the picture at 120 to 180", place, got)
		}
	}
}

func TestOpacityAndSizeOfAWatermark(t *testing.T) {
	e := start(t)
	black := color.RGBA{A: 255}
	logo, err := e.StampImage(specimen.PNG(plain(60, 60, color.RGBA{R: 250, G: 250, B: 250, A: 255})))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ opacity, size, width, level int }{{100, 50, 200, 250}, {50, 50, 200, 125}, {20, 10, 40, 50}, {0, 0, 120, 125}} {
		w := &rendition.Watermark{Image: "logo.png", ETag: "m1", Position: rendition.Middle, Opacity: c.opacity, Size: c.size}
		pics := order(t, e, specimen.PNG(plain(400, 300, black)), rendition.Order{
			Presets: []rendition.Preset{{Name: "a", Width: 400, Format: rendition.PNG, Watermark: w}}, Stamps: map[string]rendition.Stamp{"image m1": logo},
		})
		img, _ := decodePicture(t, pics[0])
		near(t, img, 4, 4, color.RGBA{R: uint8(c.level), G: uint8(c.level), B: uint8(c.level), A: 255})
		if got := changed(img, black).Dx(); got < c.width-2 || got > c.width+2 {
			t.Errorf("%+v: it is %d pixels wide", c, got)
		}
	}
}

// A text is letters, whatever it says: not markup, and not longer than the picture.
// features: D13
func TestTextsOfWatermarks(t *testing.T) {
	e := start(t)
	for why, s := range map[string]string{
		"a sign of markup alone": "<", "an open tag": "<b>Acme", "an ampersand": "Acme & Söhne", "an entity": "&lt;", "a span with a font": `<span font="200">x</span>`,
		"quotes": `"Acme's"`, "Cyrillic": "Северное сияние", "Greek": "Βόρειο σέλας", "Arabic, from the right": "الشفق القطبي", "Chinese": "北极光", "an emoji": "📷 Acme",
		"the longest": strings.Repeat("Northlight, preview. ", 38), "one long word": strings.Repeat("W", rendition.MaxMarkText),
	} {
		stamp := text(t, e, s)
		if stamp.Width > stampEdge || stamp.Height > 3*stampEdge {
			t.Errorf("%s: the stamp is %d x %d", why, stamp.Width, stamp.Height)
		}
	}
	// Were tags obeyed, these would be drawn alike.
	for _, pair := range [][2]string{{"<b>Acme</b>", "Acme"}, {"&lt;", "<"}, {"<!-- x -->Acme", "Acme"}} {
		if cmp.Equal(text(t, e, pair[0]), text(t, e, pair[1])) {
			t.Errorf("%q is drawn as %q", pair[0], pair[1])
		}
	}
	for _, blank := range []string{"\u2003", "\u200b", "\u2800"} {
		if _, err := e.StampText(blank); !errors.Is(err, rendition.ErrBlank) {
			t.Errorf("%q has no ink: %v", blank, err)
		}
	}
}

// The image of a watermark is a stranger's file like any other, and one that would not be seen is none.
// features: D13
func TestHostileWatermarks(t *testing.T) {
	e := start(t)
	for why, c := range map[string]struct {
		src    []byte
		reason asset.Reason
	}{
		"SVG":                              {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`), asset.ReasonUnsupported},
		"text":                             {[]byte("Dear agency"), asset.ReasonNotAnImage},
		"a PNG that claims 64000 x 64000":  {specimen.ClaimPNG(specimen.PNG(specimen.Scene(9, 9)), 64000, 64000), asset.ReasonTooManyPixels},
		"half a JPEG":                      {specimen.JPEG(specimen.Scene(300, 300))[:900], asset.ReasonCorrupt},
		"nothing":                          {nil, asset.ReasonNotAnImage},
		"a GIF with too many frames to be": {specimen.GIF(2, 2, 3000), asset.ReasonTooManyFrames},
	} {
		var got *asset.ReadError
		if _, err := e.StampImage(c.src); !errors.As(err, &got) || got.Reason != c.reason {
			t.Errorf("%s: %v, want %s", why, err, c.reason)
		}
	}
	if _, err := e.StampImage(specimen.PNG(image.NewNRGBA(image.Rect(0, 0, 50, 50)))); !errors.Is(err, rendition.ErrBlank) {
		t.Errorf("glass without anything in it: %v", err)
	}
}

// Without its stamp nothing is rendered, the presets without a watermark included: half an order is none.
// features: D13
func TestNoPictureWithoutItsWatermark(t *testing.T) {
	e := start(t)
	src := specimen.JPEG(specimen.Scene(60, 40))
	presets := []rendition.Preset{{Name: "plain", Width: 20}, {Name: "marked", Width: 20, Watermark: &rendition.Watermark{Text: "Acme"}}}
	info, err := e.Inspect(src, presets)
	if err != nil {
		t.Fatal(err)
	}
	for why, stamps := range map[string]map[string]rendition.Stamp{
		"no stamps": nil, "another's": {"text Northlight": text(t, e, "Northlight")}, "an empty one": {"text Acme": {}},
	} {
		if pics, err := pictures(e, src, info, rendition.Order{Presets: presets, Stamps: stamps}); !errors.Is(err, ErrNoStamp) || pics != nil {
			t.Errorf("%s: %d pictures, %v", why, len(pics), err)
		}
	}
}
