package engine

import (
	"image"
	"image/color"
	"testing"

	"github.com/bbrks/go-blurhash"

	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// The placeholder shows the picture's colours where they are, upright, whatever presets there are and however it is turned, and
// costs no further decode.
// features: D12
func TestRenderGivesAnImpression(t *testing.T) {
	e := start(t)
	white := color.RGBA{R: 255, G: 255, B: 255, A: 255}
	turned := specimen.WithEXIF(specimen.JPEG(specimen.Scene(600, 400)), specimen.EXIF{Orientation: 6, Artist: "Alice"})
	quarters := [4]color.RGBA{specimen.UpperLeft, specimen.UpperRight, specimen.LowerRight, specimen.LowerLeft}
	afterTurn := [4]color.RGBA{specimen.LowerLeft, specimen.UpperLeft, specimen.UpperRight, specimen.LowerRight}
	grey := image.NewGray(image.Rect(0, 0, 300, 200))
	for i := range grey.Pix {
		grey.Pix[i] = 128
	}
	square := rendition.Preset{Name: "square", Width: 100, Height: 100, Fit: rendition.Cover, Format: rendition.JPEG}
	for why, c := range map[string]struct {
		src     []byte
		presets []rendition.Preset
		want    [4]color.RGBA // clockwise from the upper left
		colour  string        // "" for one that is not told in advance
	}{
		"a JPEG":                         {specimen.JPEG(specimen.Scene(600, 400)), rendition.BuiltIn(), quarters, ""},
		"turned by its orientation":      {turned, rendition.BuiltIn(), afterTurn, ""},
		"of which only a square is made": {specimen.PNG(specimen.Scene(500, 400)), []rendition.Preset{square}, quarters, ""},
		"grey":                           {specimen.PNG(grey), rendition.BuiltIn(), [4]color.RGBA{{128, 128, 128, 255}, {128, 128, 128, 255}, {128, 128, 128, 255}, {128, 128, 128, 255}}, "#808080"},
		"transparent":                    {specimen.PNG(image.NewNRGBA(image.Rect(0, 0, 40, 30))), rendition.BuiltIn(), [4]color.RGBA{white, white, white, white}, "#ffffff"},
		"one pixel":                      {specimen.PNG(plain(1, 1, color.RGBA{R: 255, A: 255})), rendition.BuiltIn(), [4]color.RGBA{{255, 0, 0, 255}, {255, 0, 0, 255}, {255, 0, 0, 255}, {255, 0, 0, 255}}, "#ff0000"},
		"a line":                         {specimen.PNG(plain(1200, 2, color.RGBA{R: 255, A: 255})), rendition.BuiltIn(), [4]color.RGBA{{255, 0, 0, 255}, {255, 0, 0, 255}, {255, 0, 0, 255}, {255, 0, 0, 255}}, "#ff0000"},
	} {
		info, err := e.Inspect(c.src, c.presets)
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		made := collected{pictures: make([]rendition.Picture, len(c.presets))}
		if err := e.Render(c.src, info, rendition.Order{Presets: c.presets}, &made); err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		got := made.impression
		if c.colour != "" && got.Colour != c.colour {
			t.Errorf("%s: the colour is %s, want %s", why, got.Colour, c.colour)
		}
		shown, err := blurhash.Decode(got.BlurHash, 40, 40, 1)
		if err != nil || len(got.BlurHash) != 28 {
			t.Errorf("%s: %q: %v", why, got.BlurHash, err)
			continue
		}
		for i, at := range [4]image.Point{{6, 6}, {33, 6}, {33, 33}, {6, 33}} {
			is := shown.At(at.X, at.Y)
			for _, other := range append(quarters[:], color.RGBA{A: 255}) {
				if distance(is, c.want[i]) > distance(is, other) && other != c.want[i] {
					t.Errorf("%s: quarter %d is %v, which is nearer to %v than to %v", why, i, is, other, c.want[i])
				}
			}
		}
	}
}

// distance is the square of how far two colours are apart.
func distance(a, b color.Color) int {
	var sum int
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	for _, p := range [3][2]uint32{{ar, br}, {ag, bg}, {ab, bb}} {
		d := int(p[0]>>8) - int(p[1]>>8)
		sum += d * d
	}
	return sum
}
