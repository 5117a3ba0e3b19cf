package asset

import (
	"fmt"
	"math"
	"strings"
	"unicode"
)

// Bounds of what facts hold of a file's own metadata, in bytes and numbers. The IPTC record ends most of its fields at 32 to 256 bytes
// and a caption at 2000; those of XMP have no end.
const (
	MaxEmbeddedText     = 512
	MaxEmbeddedLongText = 4096
	MaxEmbeddedName     = 128
	MaxEmbeddedKeywords = 64
	MaxEmbeddedCreators = 16
)

// Embedded is what a file says about itself in EXIF, IPTC-IIM and XMP: the fields of this list and no others. A position on earth
// is not among them. Whoever made the file could write anything here, so it is shown and searched, and never believed.
//
// The fields down to Country bear the names of the IPTC Photo Metadata Standard.
type Embedded struct {
	Title           string   `json:"title,omitempty"`
	Headline        string   `json:"headline,omitempty"`
	Description     string   `json:"description,omitempty"`
	Creators        []string `json:"creators,omitempty"`
	CreditLine      string   `json:"creditLine,omitempty"`
	CopyrightNotice string   `json:"copyrightNotice,omitempty"`
	UsageTerms      string   `json:"usageTerms,omitempty"`
	Keywords        []string `json:"keywords,omitempty"`
	// City and Country that the picture shows, in words.
	City    string `json:"city,omitempty"`
	Country string `json:"country,omitempty"`
	// DateTaken in the form of ISO 8601, as exact as the file tells: 2026, 2026-05, 2026-05-04, 2026-05-04T03:02:01, or that with Z or
	// an offset such as +02:00. Without one it is the clock of wherever the camera was.
	DateTaken   string `json:"dateTaken,omitempty"`
	CameraMake  string `json:"cameraMake,omitempty"`
	CameraModel string `json:"cameraModel,omitempty"`
	Lens        string `json:"lens,omitempty"`
	// ExposureTime in seconds, as 1/250 or 2.5.
	ExposureTime string `json:"exposureTime,omitempty"`
	// FNumber of the aperture: 2.8 for f/2.8.
	FNumber float64 `json:"fNumber,omitempty"`
	ISO     int     `json:"iso,omitempty"`
	// FocalLength in millimetres, of the lens itself.
	FocalLength float64 `json:"focalLength,omitempty"`
	// Cut says that something was longer than its bound and is shorter here, or was left out.
	Cut bool `json:"cut,omitempty"`
}

// texts are the fields that hold text, with their bounds.
func (e *Embedded) texts() []struct {
	text  *string
	limit int
} {
	return []struct {
		text  *string
		limit int
	}{
		{&e.Title, MaxEmbeddedText},
		{&e.Headline, MaxEmbeddedText},
		{&e.Description, MaxEmbeddedLongText},
		{&e.CreditLine, MaxEmbeddedText},
		{&e.CopyrightNotice, MaxEmbeddedText},
		{&e.UsageTerms, MaxEmbeddedLongText},
		{&e.City, MaxEmbeddedName},
		{&e.Country, MaxEmbeddedName},
		{&e.DateTaken, 32},
		{&e.CameraMake, MaxEmbeddedName},
		{&e.CameraModel, MaxEmbeddedName},
		{&e.Lens, MaxEmbeddedName},
		{&e.ExposureTime, 32},
	}
}

// lists are the fields that hold several texts, each of at most MaxEmbeddedName bytes, with how many there may be.
func (e *Embedded) lists() []struct {
	list  *[]string
	limit int
} {
	return []struct {
		list  *[]string
		limit int
	}{{&e.Creators, MaxEmbeddedCreators}, {&e.Keywords, MaxEmbeddedKeywords}}
}

// Clean holds every field to its bounds: UTF-8 without control characters, each on one line, cut where it is too long and then
// marked as Cut; entries of lists are named once; figures that mean nothing are gone.
func (e *Embedded) Clean() {
	for _, f := range e.texts() {
		*f.text = e.clean(*f.text, f.limit)
	}
	for _, f := range e.lists() {
		var list []string
		seen := map[string]bool{}
		for _, s := range *f.list {
			s = e.clean(s, MaxEmbeddedName)
			switch {
			case s == "" || seen[s]:
			case len(list) == f.limit:
				e.Cut = true
			default:
				seen[s] = true
				list = append(list, s)
			}
		}
		*f.list = list
	}
	if !figure(e.FNumber) {
		e.FNumber = 0
	}
	if !figure(e.FocalLength) {
		e.FocalLength = 0
	}
	if e.ISO < 0 || e.ISO > maxISO {
		e.ISO = 0
	}
}

func (e *Embedded) clean(s string, limit int) string {
	// The work is bounded before it is done: a line may lose much by cleaning, but hardly more than this.
	if most := 8 * limit; len(s) > most {
		s, e.Cut = strings.ToValidUTF8(s[:most], ""), true
	}
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) && r != zeroWidthJoiner && r != zeroWidthNonJoiner {
			return -1 // marks that turn or hide the text around them
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	whole := cleanLine(s, math.MaxInt)
	cut := cleanLine(whole, limit)
	e.Cut = e.Cut || cut != whole
	return strings.TrimRight(cut, " ")
}

// These two of the invisible characters are part of how words are written in some scripts.
const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// maxISO is above what any camera claims.
const maxISO = 100_000_000

// figure tells whether x may be an aperture or a focal length: 0 is for none, and no lens is a hundred metres long.
func figure(x float64) bool { return x >= 0 && x <= 100_000 && !math.IsNaN(x) }

// Validate checks what readers of facts rely on.
func (e *Embedded) Validate() error {
	bad := func(what string) error { return fmt.Errorf("%w: embedded %s", ErrFactsInvalid, what) }
	for i, f := range e.texts() {
		if !plainText(*f.text, f.limit) {
			return bad(fmt.Sprintf("text %d", i))
		}
	}
	for i, f := range e.lists() {
		if len(*f.list) > f.limit {
			return bad(fmt.Sprintf("list %d", i))
		}
		for _, s := range *f.list {
			if s == "" || !plainText(s, MaxEmbeddedName) {
				return bad(fmt.Sprintf("entry of list %d", i))
			}
		}
	}
	if !figure(e.FNumber) || !figure(e.FocalLength) || e.ISO < 0 || e.ISO > maxISO {
		return bad("figure")
	}
	return nil
}

// dropLongest leaves out the field that takes most room; false when there is none left.
func (e *Embedded) dropLongest() bool {
	size, drop := 0, func() {}
	for _, f := range e.texts() {
		if n := len(*f.text); n > size {
			size, drop = n, func() { *f.text = "" }
		}
	}
	for _, f := range e.lists() {
		n := 0
		for _, s := range *f.list {
			n += len(s)
		}
		if n > size {
			size, drop = n, func() { *f.list = nil }
		}
	}
	drop()
	e.Cut = e.Cut || size > 0
	return size > 0
}
