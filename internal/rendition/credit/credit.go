// Package credit reads who made a picture, and the notice of rights, from the metadata of an image file: the two things that a
// rendition may keep. It reads nothing else, so nothing else can be passed on. The files are hostile; the package is pure, and
// gives what it understands and nothing for the rest.
package credit

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"slices"
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
	}
	// In JPEG a segment, in HEIF and AVIF an item begins so.
	for _, magic := range []string{"Exif\x00\x00II*\x00", "Exif\x00\x00MM\x00*"} {
		if i := bytes.Index(src, []byte(magic)); i >= 0 {
			return src[i+6:]
		}
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
			// The photographer's notice, and behind a NUL the editor's.
			c.Copyright = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == 0 }), ", ")
		case 0x013b:
			c.Creator = strings.TrimRight(text, "\x00")
		}
	}
	return c
}

// maxPacket bounds the XMP packet that is looked into.
const maxPacket = 4 << 20

// fromXMP reads dc:rights and dc:creator of the first XMP packet in a file. Packets are plain text in every format, so that
// programs which do not know the format can find them (XMP, part 1, section 7.3).
func fromXMP(src []byte) Credit {
	const open, shut = "<x:xmpmeta", "</x:xmpmeta>"
	from := bytes.Index(src, []byte(open))
	if from < 0 {
		return Credit{}
	}
	packet := src[from:]
	to := bytes.Index(packet[:min(len(packet), maxPacket)], []byte(shut))
	if to < 0 {
		return Credit{}
	}
	const dublinCore = "http://purl.org/dc/elements/1.1/"
	var c Credit
	var creators []string
	var within, language string
	var text strings.Builder
	rank := 0 // how well the best notice so far fits: 1 by its place, 2 by its language
	for d := xml.NewDecoder(bytes.NewReader(packet[:to+len(shut)])); ; {
		token, err := d.Token()
		if err != nil { // the end, or no XML: what was read is good
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Space == dublinCore && (t.Name.Local == "rights" || t.Name.Local == "creator") {
				within = t.Name.Local
			}
			if t.Name.Local == "li" {
				language = ""
				for _, a := range t.Attr {
					if a.Name.Local == "lang" {
						language = a.Value
					}
				}
			}
			text.Reset()
		case xml.CharData:
			if within != "" && text.Len() < MaxBytes {
				text.Write(t)
			}
		case xml.EndElement:
			if t.Name.Local == "li" {
				switch {
				case within == "creator" && len(creators) < 16:
					creators = append(creators, strings.TrimSpace(text.String()))
				case within == "rights" && language == "x-default" && rank < 2:
					c.Copyright, rank = text.String(), 2
				case within == "rights" && rank < 1:
					c.Copyright, rank = text.String(), 1
				}
			}
			if t.Name.Space == dublinCore && t.Name.Local == within {
				within = ""
			}
		}
	}
	c.Creator = strings.Join(slices.DeleteFunc(creators, func(s string) bool { return s == "" }), ", ")
	return c
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
