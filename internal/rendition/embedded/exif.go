package embedded

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// The tags of EXIF 3.0 that are read. The pointer to the GPS directory (0x8825) is not among them.
const (
	tagDescription    = 0x010e
	tagMake           = 0x010f
	tagModel          = 0x0110
	tagArtist         = 0x013b
	tagCopyright      = 0x8298
	tagExposureTime   = 0x829a
	tagFNumber        = 0x829d
	tagCameraSettings = 0x8769 // where the directory with the tags of the camera is
	tagISO            = 0x8827
	tagTaken          = 0x9003
	tagTakenOffset    = 0x9011
	tagFocalLength    = 0x920a
	tagLensModel      = 0xa434
)

// The tags under which a TIFF file holds the other blocks (XMP, part 3; Adobe's technical notes on TIFF).
const (
	tagXMP       = 700
	tagIPTC      = 33723
	tagPhotoshop = 34377
)

// Types of values (TIFF 6.0, section 2; EXIF 3.0, section 4.6.2).
const (
	typeByte      = 1
	typeASCII     = 2
	typeShort     = 3
	typeLong      = 4
	typeRational  = 5
	typeUndefined = 7
	typeUTF8      = 129
)

// maxEntries bounds a directory; cameras write a few dozen entries.
const maxEntries = 1000

// tiff is an EXIF block.
type tiff struct {
	data  []byte
	order binary.ByteOrder
}

// value is what a directory says under one tag.
type value struct {
	kind uint16
	data []byte // at most maxPacket
}

// InTIFF gives the blocks of a TIFF file, which is itself what a block of EXIF is. BigTIFF is not read.
func InTIFF(file []byte) Blocks {
	t, ok := open(file)
	if !ok {
		return Blocks{}
	}
	found := t.directory(t.order.Uint32(t.data[4:]), tagXMP, tagIPTC, tagPhotoshop)
	b := Blocks{EXIF: file, IPTC: found[tagIPTC].data, XMP: found[tagXMP].data}
	if b.IPTC == nil {
		b.IPTC = found[tagPhotoshop].data
	}
	return b
}

// open reads the first words of a TIFF structure.
func open(block []byte) (t tiff, ok bool) {
	t.data = bytes.TrimPrefix(block, []byte("Exif\x00\x00"))
	switch {
	case len(t.data) < 8:
		return t, false
	case bytes.HasPrefix(t.data, []byte("II*\x00")):
		t.order = binary.LittleEndian
	case bytes.HasPrefix(t.data, []byte("MM\x00*")):
		t.order = binary.BigEndian
	default:
		return t, false
	}
	return t, true
}

func readEXIF(block []byte) (e asset.Embedded) {
	t, ok := open(block)
	if !ok {
		return e
	}
	picture := t.directory(t.order.Uint32(t.data[4:]), tagDescription, tagMake, tagModel, tagArtist, tagCopyright, tagCameraSettings)
	e.Description = picture[tagDescription].text()
	e.CameraMake, e.CameraModel = picture[tagMake].text(), picture[tagModel].text()
	// Several names are told apart by semicolons, as the standard says of Artist.
	e.Creators = names(picture[tagArtist].text())
	e.CopyrightNotice = picture[tagCopyright].notice()
	at, ok := t.number(picture[tagCameraSettings])
	if !ok {
		return e
	}
	camera := t.directory(at, tagExposureTime, tagFNumber, tagISO, tagTaken, tagTakenOffset, tagFocalLength, tagLensModel)
	e.ExposureTime = exposure(t.ratio(camera[tagExposureTime]))
	e.FNumber, e.FocalLength = tenths(t.ratio(camera[tagFNumber])), tenths(t.ratio(camera[tagFocalLength]))
	if iso, ok := t.number(camera[tagISO]); ok && iso < 1<<31 {
		e.ISO = int(iso)
	}
	e.Lens = camera[tagLensModel].text()
	e.DateTaken = taken(camera[tagTaken].text(), camera[tagTakenOffset].text())
	return e
}

// directory gives the values of the wanted tags in the directory at an offset; the first of each tag counts.
func (t tiff) directory(at uint32, wanted ...uint16) map[uint16]value {
	const entrySize = 12
	found := map[uint16]value{}
	if uint64(at)+2 > uint64(len(t.data)) {
		return found
	}
	entries := t.data[at+2:]
	for range min(t.order.Uint16(t.data[at:]), maxEntries) {
		if len(entries) < entrySize {
			break
		}
		e := entries[:entrySize]
		entries = entries[entrySize:]
		tag := t.order.Uint16(e)
		if _, known := found[tag]; known || !slices.Contains(wanted, tag) {
			continue
		}
		v := value{kind: t.order.Uint16(e[2:])}
		size := uint64(t.order.Uint32(e[4:])) * width(v.kind)
		v.data = e[8:]
		if size > 4 {
			from := uint64(t.order.Uint32(e[8:]))
			if from+size > uint64(len(t.data)) {
				continue
			}
			v.data = t.data[from:]
		}
		v.data = v.data[:min(size, maxPacket)]
		found[tag] = v
	}
	return found
}

// width is the size of one item of a type in bytes; 0 for types that are not read.
func width(kind uint16) uint64 {
	switch kind {
	case typeByte, typeASCII, typeUndefined, typeUTF8:
		return 1
	case typeShort:
		return 2
	case typeLong:
		return 4
	case typeRational:
		return 8
	}
	return 0
}

func (v value) text() string {
	if v.kind != typeASCII && v.kind != typeUTF8 {
		return ""
	}
	return text(v.data)
}

// notice reads a Copyright: that of the photographer, and behind a NUL that of the editor.
func (v value) notice() string {
	var parts []string
	if v.kind == typeASCII || v.kind == typeUTF8 {
		for _, part := range bytes.SplitN(v.data[:min(len(v.data), maxText)], []byte{0}, 3) {
			if s := strings.TrimSpace(text(part)); s != "" {
				parts = append(parts, s)
			}
		}
	}
	return strings.Join(parts[:min(2, len(parts))], ", ")
}

func (t tiff) number(v value) (uint32, bool) {
	switch {
	case v.kind == typeShort && len(v.data) >= 2:
		return uint32(t.order.Uint16(v.data)), true
	case v.kind == typeLong && len(v.data) >= 4:
		return t.order.Uint32(v.data), true
	}
	return 0, false
}

func (t tiff) ratio(v value) float64 {
	if v.kind != typeRational || len(v.data) < 8 {
		return 0
	}
	return ratio(t.order.Uint32(v.data), t.order.Uint32(v.data[4:]))
}

// names takes a list of creators apart.
func names(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return strings.SplitN(s, ";", asset.MaxEmbeddedCreators+1)
}

// taken makes a date of EXIF's form, 2026:05:04 03:02:01, and its offset.
func taken(moment, offset string) string {
	day, clock, _ := strings.Cut(strings.TrimSpace(moment), " ")
	day = strings.ReplaceAll(day, ":", "-")
	if clock == "" {
		return date(day)
	}
	if full := date(day + "T" + clock + strings.TrimSpace(offset)); full != "" {
		return full
	}
	return date(day + "T" + clock)
}
