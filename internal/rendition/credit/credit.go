// Package credit reads who made a picture, and the notice of rights, from the metadata of an image file: the two things that a
// rendition may keep. It reads nothing else, so nothing else can be passed on. The files are hostile; the package is pure, and
// gives what it understands and nothing for the rest.
package credit

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Credit is what a file says of its rights; empty where it says nothing. Both are one line of at most MaxBytes bytes of UTF-8.
type Credit struct {
	// Copyright is the notice of rights: EXIF Copyright (0x8298), dc:rights of XMP, or Copyright Notice of IPTC (2:116).
	Copyright string
	// Creator is who made the picture: EXIF Artist (0x013B), dc:creator of XMP, or By-line of IPTC (2:80).
	Creator string
}

// MaxBytes bounds each field of a Credit.
const MaxBytes = 500

// Read gives the credit that the file in src, of this media type, bears. Of several places EXIF is believed before XMP, and
// that before IPTC.
func Read(contentType string, src []byte) Credit {
	var c Credit
	for _, found := range []Credit{fromTIFF(exif(contentType, src)), fromXMP(src), fromIPTC(src)} {
		if c.Copyright == "" {
			c.Copyright = line(found.Copyright)
		}
		if c.Creator == "" {
			c.Creator = line(found.Creator)
		}
	}
	return c
}

// Block gives c as an EXIF block: a TIFF structure with Artist and Copyright, in UTF-8 as is the custom, and nothing else. Nil
// for an empty credit.
func (c Credit) Block() []byte {
	const entrySize = 12
	type entry struct {
		tag  uint16
		text string
	}
	var entries []entry
	for _, e := range []entry{{0x013b, c.Creator}, {0x8298, c.Copyright}} { // in ascending order
		if e.text != "" {
			entries = append(entries, entry{e.tag, e.text + "\x00\x00\x00\x00"[:max(1, 5-len(e.text))]}) // short values would be inside the entry
		}
	}
	if len(entries) == 0 {
		return nil
	}
	le := binary.LittleEndian
	block := le.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), uint16(len(entries)))
	at := len(block) + len(entries)*entrySize + 4
	var data []byte
	for _, e := range entries {
		const ascii = 2
		block = le.AppendUint16(block, e.tag)
		block = le.AppendUint16(block, ascii)
		block = le.AppendUint32(block, uint32(len(e.text)))
		block = le.AppendUint32(block, uint32(at+len(data)))
		data = append(data, e.text...)
		if len(data)%2 == 1 {
			data = append(data, 0)
		}
	}
	return append(le.AppendUint32(block, 0), data...)
}

// exif gives the EXIF block of a file, which has the form of a TIFF file; nil when there is none.
func exif(contentType string, src []byte) []byte {
	switch contentType {
	case "image/tiff":
		return src
	case "image/png":
		const signature = 8
		for rest := src[min(signature, len(src)):]; len(rest) >= 12; {
			n := uint64(binary.BigEndian.Uint32(rest))
			if n+12 > uint64(len(rest)) {
				return nil
			}
			if string(rest[4:8]) == "eXIf" {
				return rest[8 : 8+n]
			}
			rest = rest[12+n:]
		}
		return nil
	case "image/webp":
		for rest := src[min(12, len(src)):]; len(rest) >= 8; {
			n := uint64(binary.LittleEndian.Uint32(rest[4:]))
			if n+n%2+8 > uint64(len(rest)) {
				return nil
			}
			if string(rest[:4]) == "EXIF" {
				return bytes.TrimPrefix(rest[8:8+n], []byte("Exif\x00\x00"))
			}
			rest = rest[8+n+n%2:]
		}
		return nil
	case "image/jpeg":
		return jpegEXIF(src)
	}
	// In HEIF and AVIF an item begins so. Where it ends is told elsewhere in the file; what follows it must not pass for its text.
	for _, magic := range []string{exifLead + "II*\x00", exifLead + "MM\x00*"} {
		if i := bytes.Index(src, []byte(magic)); i >= 0 {
			return src[i+len(exifLead) : min(len(src), i+maxBlock)]
		}
	}
	return nil
}

// exifLead begins the EXIF of a JPEG, HEIF or AVIF file.
const exifLead = "Exif\x00\x00"

// maxBlock is the most that EXIF takes: one segment of a JPEG. Programs put no more into HEIF and AVIF either.
const maxBlock = 64 << 10

// jpegEXIF gives the EXIF of a JPEG: the first APP1 segment ahead of the picture that begins like it (Exif 2.32, section 4.7.2).
func jpegEXIF(src []byte) []byte {
	const marker, app1, scan, end = 0xff, 0xe1, 0xda, 0xd9
	for rest := src[min(2, len(src)):]; len(rest) >= 4 && rest[0] == marker; {
		if rest[1] == marker { // filling
			rest = rest[1:]
			continue
		}
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if rest[1] == scan || rest[1] == end || n < 2 || n+2 > len(rest) {
			return nil
		}
		if body := rest[4 : n+2]; rest[1] == app1 && bytes.HasPrefix(body, []byte(exifLead)) {
			return body[len(exifLead):]
		}
		rest = rest[n+2:]
	}
	return nil
}

// fromTIFF reads Copyright and Artist in the first directory of a TIFF structure (TIFF 6.0, section 2).
func fromTIFF(t []byte) Credit {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(t, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(t, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return Credit{}
	}
	if len(t) < 8 {
		return Credit{}
	}
	at := uint64(order.Uint32(t[4:]))
	if at+2 > uint64(len(t)) {
		return Credit{}
	}
	const entrySize = 12
	var c Credit
	entries := t[at+2:]
	for range order.Uint16(t[at:]) {
		if len(entries) < entrySize {
			break
		}
		e := entries[:entrySize]
		entries = entries[entrySize:]
		const ascii, inline = 2, 4
		tag, size := order.Uint16(e), uint64(order.Uint32(e[4:]))
		if order.Uint16(e[2:]) != ascii {
			continue
		}
		value := e[8:]
		if size > inline {
			from := uint64(order.Uint32(value))
			if from+size > uint64(len(t)) {
				continue
			}
			value = t[from:]
		}
		switch text := string(value[:min(size, 4*MaxBytes)]); tag {
		case 0x8298:
			c.Copyright = notices(text)
		case 0x013b:
			c.Creator, _, _ = strings.Cut(text, "\x00")
		}
	}
	return c
}

// notices gives the photographer's notice and, behind a NUL, the editor's (Exif 2.32, section 4.6.4): a blank stands for a
// photographer without one. What follows further NULs is no notice but what the field held before, and stays behind.
func notices(text string) string {
	photographer, more, _ := strings.Cut(text, "\x00")
	editor, _, _ := strings.Cut(more, "\x00")
	photographer, editor = strings.TrimSpace(photographer), strings.TrimSpace(editor)
	if photographer == "" || editor == "" {
		return photographer + editor
	}
	return photographer + ", " + editor
}

// fromIPTC reads the Copyright Notice and the first By-line of an IIM record (IIM 4.2, chapters 1 and 6) in an image resource block
// of Photoshop, as JPEG and TIFF carry it.
func fromIPTC(src []byte) Credit {
	const resource = "8BIM\x04\x04"
	i := bytes.Index(src, []byte(resource))
	if i < 0 || len(src) < i+len(resource)+6 {
		return Credit{}
	}
	block := src[i+len(resource):]
	name := 1 + int(block[0]) // a Pascal string, padded to an even length
	name += name % 2
	if len(block) < name+4 {
		return Credit{}
	}
	size := uint64(binary.BigEndian.Uint32(block[name:]))
	block = block[name+4:]
	block = block[:min(size, uint64(len(block)))]
	var c Credit
	for len(block) >= 5 && block[0] == 0x1c {
		n := int(binary.BigEndian.Uint16(block[3:]))
		if n > len(block)-5 { // also for the extended form, whose highest bit is set
			break
		}
		value := string(block[5 : 5+n])
		switch {
		case block[1] == 2 && block[2] == 116 && c.Copyright == "":
			c.Copyright = value
		case block[1] == 2 && block[2] == 80 && c.Creator == "":
			c.Creator = value
		}
		block = block[5+n:]
	}
	return c
}

// line makes one line of printable UTF-8 out of s, which is taken for Latin-1 when it is not UTF-8.
func line(s string) string {
	if !utf8.ValidString(s) {
		runes := make([]rune, 0, len(s))
		for _, b := range []byte(s) {
			runes = append(runes, rune(b))
		}
		s = string(runes)
	}
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	for len(s) > MaxBytes {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
