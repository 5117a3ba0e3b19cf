package rendition

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Fit says how a picture meets the box of its preset. Only Fill enlarges.
type Fit string

const (
	// Inside keeps the whole picture and its proportions; one side meets the box, the other is at most the box.
	Inside Fit = "Inside"
	// Cover fills the box's proportions and cuts off what is outside; Position says where.
	Cover Fit = "Cover"
	// Fill gives exactly the box: each side is drawn out or pressed together until it meets it.
	Fill Fit = "Fill"
	// Pad is Inside, in the middle of exactly the box; the rest is Background.
	Pad Fit = "Pad"
)

// Position says which part of a picture Cover keeps.
type Position string

const (
	// Centre keeps the middle; it is meant where nothing is said.
	Centre Position = "Centre"
	// Attention keeps what catches the eye, by libvips: skin, strong colours, edges.
	Attention Position = "Attention"
	// FocusArea keeps the surroundings of the asset's own Focus; Centre for an asset without one.
	FocusArea Position = "FocusArea"
)

// Sharpening says how far edges are drawn out after the picture was made smaller.
type Sharpening string

const (
	// SharpenNone leaves the picture as it is; it is meant where nothing is said.
	SharpenNone Sharpening = "None"
	// SharpenLight gives back about what shrinking takes.
	SharpenLight Sharpening = "Light"
	// SharpenStrong is for small pictures with much detail.
	SharpenStrong Sharpening = "Strong"
)

// Stripping says what of the original's metadata a rendition loses.
type Stripping string

const (
	// StripAll leaves the pixels alone; it is meant where nothing is said.
	StripAll Stripping = "All"
	// KeepCopyright leaves who made the picture and the notice of rights, and nothing else.
	KeepCopyright Stripping = "KeepCopyright"
)

// Format is the file format of a rendition.
type Format string

// The formats that workers write.
const (
	JPEG Format = "JPEG"
	PNG  Format = "PNG"
	WebP Format = "WebP"
	AVIF Format = "AVIF"
)

// Ext is the extension of files of this format, without a dot; empty for an unknown format.
func (f Format) Ext() string {
	switch f {
	case JPEG:
		return "jpg"
	case PNG:
		return "png"
	case WebP:
		return "webp"
	case AVIF:
		return "avif"
	}
	return ""
}

// ContentType is the media type of files of this format; empty for an unknown format.
func (f Format) ContentType() string {
	switch f {
	case JPEG:
		return "image/jpeg"
	case PNG:
		return "image/png"
	case WebP:
		return "image/webp"
	case AVIF:
		return "image/avif"
	}
	return ""
}

const (
	// DefaultQuality is used where a preset names none: hardly told from the original at arm's length.
	DefaultQuality = 80
	// MaxEdge is the longest side a preset may ask for, in pixels. WebP ends at 16383; 8192 keeps the memory of one
	// finished picture (8192² × 4 bytes) at 256 MiB.
	MaxEdge = 8192
	// MaxPresets is how many presets a library may have, built-in ones included, and of how many one Job makes pictures of one original.
	MaxPresets = 32
	// MaxPictures is how many pictures of one original there may be: of each of the 18 presets that a library can have at most, one without
	// and one with each of the 6 watermarks that links can name. Facts have room for as many.
	MaxPictures = asset.MaxPictures
	// MaxEffort is the most that Effort may say.
	MaxEffort = 9
	// MaxPage is the highest page that a preset may ask for: workers refuse files with more.
	MaxPage = 1000
	// maxPresetName leaves room for the tag and extension within one S3 key segment.
	maxPresetName = 63
)

// Names of the built-in presets, which every library has.
const (
	// Thumb is the picture in a grid: at most 400 pixels on the longer side, WebP.
	Thumb = "thumb"
	// Preview is the picture on a page of its own: at most 1600 pixels on the longer side, WebP.
	Preview = "preview"
)

// Preset says what to make from an original. It is a plain value; two presets with equal fields make equal pictures.
type Preset struct {
	// Name is a DNS label, unique within a library.
	Name string `json:"name"`
	// OnRequest presets make pictures of those originals alone of which somebody asked for one. It matters to plans and to nobody else.
	OnRequest bool `json:"-"`
	// Width and Height of the box in pixels, 1 to MaxEdge. For Inside one of them may be 0: that side is free.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Fit is Inside when empty.
	Fit Fit `json:"fit,omitempty"`
	// Format is WebP when empty.
	Format Format `json:"format,omitempty"`
	// Quality is 1 to 100, DefaultQuality when 0; it has no meaning for PNG, which is lossless.
	Quality int `json:"quality,omitempty"`
	// Position is for Cover alone; Centre when empty.
	Position Position `json:"position,omitempty"`
	// Effort is how much time an encoder takes to make the file smaller, 0 to MaxEffort; nil is what each format is best served with.
	Effort *int `json:"effort,omitempty"`
	// Background, as #rrggbb, is what Pad adds and what shows through transparent parts. When empty, Pad adds white, a JPEG is
	// white where the picture is transparent, and the other formats stay transparent.
	Background string `json:"background,omitempty"`
	// Sharpen is SharpenNone when empty.
	Sharpen Sharpening `json:"sharpen,omitempty"`
	// Strip is StripAll when empty.
	Strip Stripping `json:"strip,omitempty"`
	// Page of a file with several, or frame of an animation, from 1; the first when 0, and the last of a file with fewer.
	Page int `json:"page,omitempty"`
	// Watermark to draw on the picture, if any.
	Watermark *Watermark `json:"watermark,omitempty"`
}

// BuiltIn gives the presets that every library has, in a fresh slice.
func BuiltIn() []Preset {
	return []Preset{
		{Name: Thumb, Width: 400, Height: 400, Fit: Inside, Format: WebP, Quality: DefaultQuality},
		{Name: Preview, Width: 1600, Height: 1600, Fit: Inside, Format: WebP, Quality: DefaultQuality},
	}
}

// WithBuiltIn gives the built-in presets and own, defaulted; one of own takes the place of the built-in of its name.
func WithBuiltIn(own []Preset) []Preset {
	var all []Preset
	for _, b := range BuiltIn() {
		if !slices.ContainsFunc(own, func(p Preset) bool { return p.Name == b.Name }) {
			all = append(all, b)
		}
	}
	for _, p := range own {
		all = append(all, p.Defaulted())
	}
	return all
}

// Defaulted gives p with its empty fields filled in.
func (p Preset) Defaulted() Preset {
	if p.Fit == "" {
		p.Fit = Inside
	}
	if p.Format == "" {
		p.Format = WebP
	}
	if p.Quality == 0 {
		p.Quality = DefaultQuality
	}
	if p.Watermark != nil {
		p.Watermark = p.Watermark.defaulted()
	}
	return p
}

// Box is the background of p as red, green and blue; white when it names none.
func (p Preset) Box() (red, green, blue uint8) {
	n, err := strconv.ParseUint(strings.TrimPrefix(p.Background, "#"), 16, 24)
	if err != nil {
		return 255, 255, 255
	}
	return uint8(n >> 16), uint8(n >> 8), uint8(n)
}

// ErrPreset is wrapped by every error of Preset.Validate and ValidatePresets.
var ErrPreset = errors.New("preset is not valid")

// Validate checks p after defaulting; the message names the remedy.
func (p Preset) Validate() error {
	p = p.Defaulted()
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %q: %s", ErrPreset, p.Name, fmt.Sprintf(format, args...))
	}
	switch {
	case !p.named():
		return bad("the name must be lower-case letters, digits and inner hyphens, at most %d", maxPresetName)
	case p.Width < 0 || p.Width > MaxEdge || p.Height < 0 || p.Height > MaxEdge:
		return bad("width and height must be at most %d", MaxEdge)
	case p.Width == 0 && p.Height == 0:
		return bad("give a width or a height")
	case p.Fit != Inside && p.Fit != Cover && p.Fit != Fill && p.Fit != Pad:
		return bad("fit must be Inside, Cover, Fill or Pad")
	case p.Fit != Inside && (p.Width == 0 || p.Height == 0):
		return bad("fit %s needs both a width and a height", p.Fit)
	case p.Format.Ext() == "":
		return bad("format must be JPEG, PNG, WebP or AVIF")
	case p.Quality < 1 || p.Quality > 100:
		return bad("quality must be 1 to 100")
	case p.Position != "" && p.Fit != Cover:
		return bad("position is for fit Cover: leave it out, or set that")
	case !oneOf(p.Position, Centre, Attention, FocusArea):
		return bad("position must be Centre, Attention or FocusArea")
	case p.Effort != nil && (*p.Effort < 0 || *p.Effort > MaxEffort):
		return bad("effort must be 0 to %d", MaxEffort)
	case p.Background != "" && !colour(p.Background):
		return bad("background must be a colour such as #ffcc00")
	case !oneOf(p.Sharpen, SharpenNone, SharpenLight, SharpenStrong):
		return bad("sharpen must be None, Light or Strong")
	case !oneOf(p.Strip, StripAll, KeepCopyright):
		return bad("strip must be All or KeepCopyright")
	case p.Page < 0 || p.Page > MaxPage:
		return bad("page must be 1 to %d", MaxPage)
	}
	if p.Watermark != nil {
		if why := p.Watermark.invalid(); why != "" {
			return bad("%s", why)
		}
	}
	return nil
}

// oneOf tells whether s is empty or in the list.
func oneOf[T ~string](s T, list ...T) bool {
	return s == "" || slices.Contains(list, s)
}

// colour tells whether s is #rrggbb.
func colour(s string) bool {
	return len(s) == 7 && s[0] == '#' && strings.Trim(s[1:], "0123456789abcdefABCDEF") == ""
}

// ValidatePresets checks each of a library's presets and that no name comes twice.
func ValidatePresets(presets []Preset) error {
	if len(presets) > MaxPresets {
		return fmt.Errorf("%w: %d presets, at most %d", ErrPreset, len(presets), MaxPresets)
	}
	seen := make(map[string]bool, len(presets))
	for _, p := range presets {
		if err := p.Validate(); err != nil {
			return err
		}
		if seen[p.Name] {
			return fmt.Errorf("%w: %q comes twice", ErrPreset, p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

// named tells whether p has a name as it should be: a label, or that of another preset with the name of the watermark put to it.
func (p Preset) named() bool {
	preset, watermark, marked := strings.Cut(p.Name, markOf)
	return len(p.Name) <= maxPresetName && dnsLabel(preset) && (!marked || p.Watermark != nil && dnsLabel(watermark))
}

func dnsLabel(s string) bool {
	return s != "" && len(s) <= maxPresetName && s[0] != '-' && s[len(s)-1] != '-' &&
		!strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
}
