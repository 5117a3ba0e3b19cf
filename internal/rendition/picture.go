package rendition

import "math"

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
	// DecodeBytes estimates, rather too high, the memory that decoding takes at its peak.
	DecodeBytes int64
}

// Picture is one finished rendition.
type Picture struct {
	Data          []byte
	Width, Height int
}

// Geometry is how a preset's picture comes out of an original: resize to ResizeWidth × ResizeHeight, then cut
// Width × Height out of the middle.
type Geometry struct {
	ResizeWidth, ResizeHeight int
	Width, Height             int
}

// Measure gives the geometry of p for an upright original of width × height pixels, both at least 1. Nothing is ever
// enlarged: for Cover a small original gives a smaller picture of the box's proportions.
func (p Preset) Measure(width, height int) Geometry {
	p = p.Defaulted()
	w, h := float64(width), float64(height)
	boxW, boxH := float64(p.Width), float64(p.Height)
	if p.Fit == Cover {
		scale := max(boxW/w, boxH/h)
		if scale > 1 { // the box shrinks instead
			boxW, boxH, scale = boxW/scale, boxH/scale, 1
		}
		g := Geometry{ResizeWidth: pixels(w*scale, width), ResizeHeight: pixels(h*scale, height)}
		g.Width, g.Height = pixels(boxW, g.ResizeWidth), pixels(boxH, g.ResizeHeight)
		return g
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
	return g
}

// pixels rounds to a whole number from 1 to limit.
func pixels(x float64, limit int) int {
	return min(max(1, int(math.Round(x))), limit)
}
