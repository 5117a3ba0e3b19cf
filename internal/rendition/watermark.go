package rendition

import (
	"errors"
	"fmt"
	"regexp"
	"unicode/utf8"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// ErrBlank says that a watermark would not be seen: its image is transparent throughout, or its text has no ink.
var ErrBlank = errors.New("the watermark would not be seen")

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
	case len(w.Text) > MaxMarkText || !utf8.ValidString(w.Text) || breaks.MatchString(w.Text):
		return fmt.Sprintf("a watermark's text must be one line of at most %d bytes", MaxMarkText)
	case w.Text != "" && !seen.MatchString(w.Text):
		return "a watermark's text must have a letter, a digit or another sign that is seen"
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

// What a text must not have, and what it must: the expressions of v1alpha1.RenditionWatermark, so that both refuse the same.
var (
	// breaks are control characters, and separators of lines and paragraphs.
	breaks = regexp.MustCompile(`[\p{Cc}\p{Zl}\p{Zp}]`)
	// seen are letters, digits, marks of punctuation and symbols, but for those that draw nothing: the fillers of Hangul, the
	// pattern of Braille without dots, the place of an object, and the head of a note that is null.
	seen = regexp.MustCompile(`[\p{N}\p{P}]|[^\P{L}\x{115F}\x{1160}\x{3164}\x{FFA0}]|[^\P{S}\x{2800}\x{FFFC}\x{1D159}]`)
)

// Content tells what is drawn, wherever and however: equal content, equal string. Workers prepare each once.
func (w *Watermark) Content() string {
	if w.Image != "" {
		return "image " + w.ETag
	}
	return "text " + w.Text
}

// Identity tells what is drawn in 13 characters: equal content, equal identity. Facts tell by it which watermark could not be drawn;
// with a newer decoder it is another, and tried again.
func (w *Watermark) Identity() string { return digest("watermark", w.Content(), decoderVersion) }

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
