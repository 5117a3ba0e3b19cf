package rendition

import (
	"math"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Info is what a decoder learns from a file's header, before anything is decoded.
type Info struct {
	// ContentType as Sniff judged it.
	ContentType string
	// Width and Height after the orientation was applied, in pixels.
	Width, Height int
	// Orientation is the EXIF value 1 to 8.
	Orientation int
	// ColourSpace in the words of asset.Facts.
	ColourSpace string
	// Profile says whether an ICC profile is embedded.
	Profile bool
	// Frames or pages; at least 1.
	Frames int
	// Embedded is what the file says about itself; nil for nothing.
	Embedded *asset.Embedded
	// DecodeBytes estimates, rather too high, the memory that decoding takes at its peak.
	DecodeBytes int64
	// Pages are those, apart from the first, that presets ask for, by number. Pages of a TIFF may be of any size each.
	Pages map[int]Info
}

// PageFor gives what p is made from: the number of the page, and what is known of that.
func (i Info) PageFor(p Preset) (int, Info) {
	n := max(1, min(p.Page, i.Frames))
	if n == 1 {
		return 1, i
	}
	return n, i.Pages[n]
}

// Order is what to make from one original.
type Order struct {
	Presets []Preset
	// Focus of the asset, if it has one.
	Focus *Focus
	// Stamps by Watermark.Content, for all watermarks of Presets.
	Stamps map[string]Stamp
}

// Progress is told of an order while it is carried out.
type Progress interface {
	// Decoded: a page of the original is decoded to its end. What takes long or goes wrong until the next is no fault of the file.
	Decoded()
	// Impressed: what the first of those pages looks like from afar.
	Impressed(impression Impression)
	// Made: this came of the preset with this index in the order, a picture or why there is none. The answer is whether to go on.
	Made(preset int, picture Picture, why error) (on bool)
}

// Impression is what to show of a picture before it is there.
type Impression struct {
	// BlurHash is a blurred picture in 28 characters, in the form of that name: 4 components across and 3 down, or 3 and 4 for a
	// picture that is higher than wide.
	BlurHash string
	// Colour is the average, mixed as light mixes: #rrggbb in small letters.
	Colour string
}

// Picture is one finished rendition.
type Picture struct {
	Data          []byte
	Width, Height int
}

// Geometry is how a preset's picture comes out of an original: resize to ResizeWidth × ResizeHeight, then take the window of
// Width × Height whose upper left corner is at Left, Top of that. What of the window is outside, for Pad, is background.
type Geometry struct {
	ResizeWidth, ResizeHeight int
	Width, Height             int
	Left, Top                 int
}

// Measure gives the geometry of p for an upright original of width × height pixels, both at least 1, and its focus, if any.
// Nothing is ever enlarged but by Fill: for Cover a small original gives a smaller picture of the box's proportions. For
// Attention the window is as for Centre; who sees the picture moves it.
func (p Preset) Measure(width, height int, focus *Focus) Geometry {
	p = p.Defaulted()
	w, h := float64(width), float64(height)
	boxW, boxH := float64(p.Width), float64(p.Height)
	switch p.Fit {
	case Fill:
		return Geometry{ResizeWidth: p.Width, ResizeHeight: p.Height, Width: p.Width, Height: p.Height}
	case Cover:
		scale := max(boxW/w, boxH/h)
		if scale > 1 { // the box shrinks instead
			boxW, boxH, scale = boxW/scale, boxH/scale, 1
		}
		g := Geometry{ResizeWidth: pixels(w*scale, width), ResizeHeight: pixels(h*scale, height)}
		g.Width, g.Height = pixels(boxW, g.ResizeWidth), pixels(boxH, g.ResizeHeight)
		g.Left, g.Top = (g.ResizeWidth-g.Width)/2, (g.ResizeHeight-g.Height)/2
		if p.Position == FocusArea && focus != nil {
			g.Left = around(focus.X+focus.Width/2, g.ResizeWidth, g.Width)
			g.Top = around(focus.Y+focus.Height/2, g.ResizeHeight, g.Height)
		}
		return g
	case Inside, Pad:
	}
	// A free side still ends at MaxEdge: formats have their limits, and so has memory.
	if boxW == 0 {
		boxW = MaxEdge
	}
	if boxH == 0 {
		boxH = MaxEdge
	}
	scale := min(boxW/w, boxH/h, 1)
	g := Geometry{ResizeWidth: pixels(w*scale, width), ResizeHeight: pixels(h*scale, height)}
	g.Width, g.Height = g.ResizeWidth, g.ResizeHeight
	if p.Fit == Pad {
		g.Width, g.Height = p.Width, p.Height
		g.Left, g.Top = -((g.Width - g.ResizeWidth) / 2), -((g.Height - g.ResizeHeight) / 2)
	}
	return g
}

// around gives where a window of so many pixels begins whose middle is, as nearly as the side lets it, at the fraction middle of the side.
func around(middle float64, side, window int) int {
	return max(0, min(side-window, int(math.Round(middle*float64(side)-float64(window)/2))))
}

// pixels rounds to a whole number from 1 to limit.
func pixels(x float64, limit int) int {
	return min(max(1, int(math.Round(x))), limit)
}
