package rendition

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fit says how a picture meets the box of its preset. Neither enlarges: a picture smaller than the box stays as it is.
type Fit string

const (
	// Inside keeps the whole picture and its proportions; one side meets the box, the other is at most the box.
	Inside Fit = "Inside"
	// Cover fills the box's proportions and cuts off what is outside, equally on both sides.
	Cover Fit = "Cover"
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
	// MaxPresets is how many presets one original may have, built-in ones included.
	MaxPresets = 32
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
	// Width and Height of the box in pixels, 1 to MaxEdge. For Inside one of them may be 0: that side is free.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Fit is Inside when empty.
	Fit Fit `json:"fit,omitempty"`
	// Format is WebP when empty.
	Format Format `json:"format,omitempty"`
	// Quality is 1 to 100, DefaultQuality when 0; it has no meaning for PNG, which is lossless.
	Quality int `json:"quality,omitempty"`
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
	return p
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
	case !dnsLabel(p.Name):
		return bad("the name must be lower-case letters, digits and inner hyphens, at most %d", maxPresetName)
	case p.Width < 0 || p.Width > MaxEdge || p.Height < 0 || p.Height > MaxEdge:
		return bad("width and height must be at most %d", MaxEdge)
	case p.Width == 0 && p.Height == 0:
		return bad("give a width or a height")
	case p.Fit != Inside && p.Fit != Cover:
		return bad("fit must be Inside or Cover")
	case p.Fit == Cover && (p.Width == 0 || p.Height == 0):
		return bad("fit Cover needs both a width and a height")
	case p.Format.Ext() == "":
		return bad("format must be JPEG, PNG, WebP or AVIF")
	case p.Quality < 1 || p.Quality > 100:
		return bad("quality must be 1 to 100")
	}
	return nil
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

func dnsLabel(s string) bool {
	return s != "" && len(s) <= maxPresetName && s[0] != '-' && s[len(s)-1] != '-' &&
		!strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
}
