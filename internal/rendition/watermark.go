package rendition

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Watermark is drawn on every picture of a preset: a line of text, or an image.
type Watermark struct {
	// Text to draw, in any script. Either this or Image.
	Text string `json:"text,omitempty"`
	// Image is the path of an image in the preset's library.
	Image string `json:"image,omitempty"`
	// ETag of that image, without quotes. Whoever plans knows it; a preset whose image has none is not valid.
	ETag string `json:"etag,omitempty"`
	// Position is BottomRight when empty.
	Position Place `json:"position,omitempty"`
	// Opacity in percent, 1 to 100; DefaultOpacity when 0.
	Opacity int `json:"opacity,omitempty"`
	// Size is the watermark's width in percent of the picture's, 1 to 100; DefaultMarkSize when 0. It is smaller where it would stand out above or below.
	Size int `json:"size,omitempty"`
}

// Place says where on a picture a watermark is.
type Place string

// The places: one of nine, or everywhere.
const (
	TopLeft     Place = "TopLeft"
	Top         Place = "Top"
	TopRight    Place = "TopRight"
	Left        Place = "Left"
	Middle      Place = "Centre"
	Right       Place = "Right"
	BottomLeft  Place = "BottomLeft"
	Bottom      Place = "Bottom"
	BottomRight Place = "BottomRight"
	// Tile repeats the watermark over the whole picture.
	Tile Place = "Tile"
)

const (
	// DefaultOpacity is plain to see and lets the picture through.
	DefaultOpacity = 50
	// DefaultMarkSize is a third of the picture's width, about.
	DefaultMarkSize = 30
	// MaxMarkText is how many bytes of UTF-8 a text may have: 200 letters of four bytes.
	MaxMarkText = 800
)

func (w *Watermark) defaulted() *Watermark {
	full := *w
	if full.Position == "" {
		full.Position = BottomRight
	}
	if full.Opacity == 0 {
		full.Opacity = DefaultOpacity
	}
	if full.Size == 0 {
		full.Size = DefaultMarkSize
	}
	return &full
}

// invalid says what is wrong with a defaulted watermark; empty when nothing is.
func (w *Watermark) invalid() string {
	switch {
	case (w.Text == "") == (w.Image == ""):
		return "a watermark is either a text or an image"
	case len(w.Text) > MaxMarkText || !utf8.ValidString(w.Text) || strings.ContainsFunc(w.Text, unicode.IsControl):
		return fmt.Sprintf("a watermark's text must be one line of at most %d bytes", MaxMarkText)
	case w.Text != "" && !strings.ContainsFunc(w.Text, seen):
		return "a watermark's text must have a letter, a digit or another sign"
	case w.Image != "" && (w.ETag == "" || w.ETag != TrimETag(w.ETag)):
		return "the watermark's image must be looked at before it is drawn"
	case w.Image == "" && w.ETag != "":
		return "a text has no ETag"
	case !oneOf(w.Position, TopLeft, Top, TopRight, Left, Middle, Right, BottomLeft, Bottom, BottomRight, Tile):
		return "a watermark's position must be one of the nine places, or Tile"
	case w.Opacity < 1 || w.Opacity > 100:
		return "a watermark's opacity must be 1 to 100"
	case w.Size < 1 || w.Size > 100:
		return "a watermark's size must be 1 to 100"
	}
	return ""
}

// seen tells whether a character, as a rule, leaves something on the picture.
func seen(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
}

// Content tells what is drawn, wherever and however: equal content, equal string. Workers prepare each once.
func (w *Watermark) Content() string {
	if w.Image != "" {
		return "image " + w.ETag
	}
	return "text " + w.Text
}

// parameters of what is drawn. The image's path is not among them: moving it changes no picture.
func (w *Watermark) parameters() []string {
	w = w.defaulted()
	return []string{"watermark", w.Content(), string(w.Position), fmt.Sprint(w.Opacity), fmt.Sprint(w.Size)}
}

// Stamp is a watermark ready to be drawn: width × height pixels, row by row, in red, green, blue and opacity, 8 bits each.
type Stamp struct {
	Width, Height int
	Pixels        []byte
}

// Rect is a rectangle in pixels.
type Rect struct {
	Left, Top, Width, Height int
}

// Put says where on a picture of width × height the stamp of markWidth × markHeight goes, and how large; for Tile it is the
// size alone that counts. The place is always inside the picture.
func (w *Watermark) Put(markWidth, markHeight, width, height int) Rect {
	w = w.defaulted()
	margin := min(width, height) / 50
	if w.Position == Tile {
		margin = 0
	}
	roomW, roomH := max(1, width-2*margin), max(1, height-2*margin)
	scale := min(float64(width)*float64(w.Size)/100, float64(roomW)) / float64(markWidth)
	scale = min(scale, float64(roomH)/float64(markHeight))
	r := Rect{Width: pixels(float64(markWidth)*scale, roomW), Height: pixels(float64(markHeight)*scale, roomH)}
	r.Left, r.Top = (width-r.Width)/2, (height-r.Height)/2
	switch w.Position { //nolint:exhaustive // the others are in the middle
	case TopLeft, Left, BottomLeft:
		r.Left = margin
	case TopRight, Right, BottomRight:
		r.Left = width - margin - r.Width
	}
	switch w.Position { //nolint:exhaustive // likewise
	case TopLeft, Top, TopRight:
		r.Top = margin
	case BottomLeft, Bottom, BottomRight:
		r.Top = height - margin - r.Height
	}
	r.Left, r.Top = max(0, min(r.Left, width-r.Width)), max(0, min(r.Top, height-r.Height))
	return r
}

// Focus is the part of an asset that matters most.
type Focus = asset.Focus

// focusParameter of a tag; a move by less than a ten-thousandth of the picture is none.
func focusParameter(f Focus) string {
	return fmt.Sprintf("focus %.4f %.4f %.4f %.4f", f.X, f.Y, f.Width, f.Height)
}
