// Package embedded reads what a picture says about itself: the fields of asset.Embedded, from EXIF, IPTC-IIM and XMP.
//
// Which property of which block means which field is in the IPTC Photo Metadata Standard (IPTC Core), with the mappings of its
// properties to IIM and EXIF. Where blocks differ the same order holds for all fields that people write: XMP, which every
// editor keeps up; then IIM, which older ones wrote; then EXIF, which a camera writes once. What a camera alone
// knows (make, lens, exposure) is taken from EXIF, where it comes from, and only without that from its copy in XMP.
//
// The blocks are hostile. The package is pure, bounds what it reads and gives, follows a directory of EXIF once and never that of
// GPS, expands no entities, and gives nothing for what it does not understand.
package embedded

import (
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Blocks are a file's metadata as they stand in it; each may be nil.
type Blocks struct {
	// EXIF is a TIFF structure, with or without "Exif\0\0" ahead of it.
	EXIF []byte
	// IPTC is an IIM record, or image resources of Photoshop with one in them.
	IPTC []byte
	// XMP is a packet, or the XML in one.
	XMP []byte
}

// Read gives what the blocks say, cleaned and within the bounds of facts; nil when that is nothing.
func Read(b Blocks) *asset.Embedded {
	xmp, iim, exif := readXMP(b.XMP), readIIM(b.IPTC), readEXIF(b.EXIF)
	e := asset.Embedded{
		Title:           first(xmp.Title, iim.Title),
		Headline:        first(xmp.Headline, iim.Headline),
		Description:     first(xmp.Description, iim.Description, exif.Description),
		Creators:        firstList(xmp.Creators, iim.Creators, exif.Creators),
		CreditLine:      first(xmp.CreditLine, iim.CreditLine),
		CopyrightNotice: first(xmp.CopyrightNotice, iim.CopyrightNotice, exif.CopyrightNotice),
		UsageTerms:      xmp.UsageTerms,
		Keywords:        firstList(xmp.Keywords, iim.Keywords),
		City:            first(xmp.City, iim.City),
		Country:         first(xmp.Country, iim.Country),
		DateTaken:       first(xmp.DateTaken, iim.DateTaken, exif.DateTaken),
		CameraMake:      first(exif.CameraMake, xmp.CameraMake),
		CameraModel:     first(exif.CameraModel, xmp.CameraModel),
		Lens:            first(exif.Lens, xmp.Lens),
		ExposureTime:    first(exif.ExposureTime, xmp.ExposureTime),
		FNumber:         first(exif.FNumber, xmp.FNumber),
		ISO:             first(exif.ISO, xmp.ISO),
		FocalLength:     first(exif.FocalLength, xmp.FocalLength),
	}
	e.Clean()
	if reflect.ValueOf(e).IsZero() {
		return nil
	}
	return &e
}

// first gives the first that says something. A text of blanks says nothing.
func first[T comparable](list ...T) T {
	var none T
	for _, v := range list {
		if s, ok := any(v).(string); ok && strings.TrimSpace(s) == "" {
			continue
		}
		if v != none {
			return v
		}
	}
	return none
}

func firstList(lists ...[]string) []string {
	for _, l := range lists {
		if first(l...) != "" {
			return l
		}
	}
	return nil
}

// maxText bounds a text as it is read; what facts keep of it is less.
const maxText = 4 * asset.MaxEmbeddedLongText

// text decodes what should be UTF-8, and by old custom is often Windows-1252. It ends at the first NUL.
func text(b []byte) string {
	s, _, _ := strings.Cut(string(b[:min(len(b), maxText)]), "\x00")
	if len(b) > maxText {
		s = strings.ToValidUTF8(s, "") // cut in the middle of a letter
	}
	if utf8.ValidString(s) {
		return s
	}
	decoded, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return ""
	}
	return decoded
}

// ratio is the value of a fraction; 0 where it has none.
func ratio(numerator, denominator uint32) float64 {
	if denominator == 0 {
		return 0
	}
	return float64(numerator) / float64(denominator)
}

// tenths rounds an aperture or a focal length to what is engraved on lenses.
func tenths(x float64) float64 {
	if x > 1e9 {
		return 0
	}
	return float64(int64(x*10+0.5)) / 10
}

// exposure writes seconds as photographers do: 1/250, 0.5, 30.
func exposure(seconds float64) string {
	switch {
	case seconds <= 0 || seconds > 1e6 || seconds < 1e-9:
		return ""
	case seconds < 0.3:
		return "1/" + strconv.FormatFloat(1/seconds, 'f', 0, 64)
	}
	return strconv.FormatFloat(float64(int64(seconds*10+0.5))/10, 'f', -1, 64)
}

// date brings what is meant for ISO 8601 into the form of asset.Embedded; empty for what is no date.
func date(s string) string {
	s = strings.TrimSpace(s)
	const day, zone = "2006-01-02", "Z07:00"
	for _, form := range []struct{ read, write string }{
		{day + "T15:04:05" + zone, day + "T15:04:05" + zone},
		{day + "T15:04:05", day + "T15:04:05"},
		{day + "T15:04" + zone, day + "T15:04:05" + zone},
		{day + "T15:04", day + "T15:04:05"},
		{day, day},
		{"2006-01", "2006-01"},
		{"2006", "2006"},
	} {
		if t, err := time.Parse(form.read, s); err == nil && t.Year() > 0 {
			return t.Format(form.write)
		}
	}
	return ""
}
