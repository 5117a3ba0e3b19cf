package rendition

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// SniffBytes is how much of a file's beginning Sniff looks at.
const SniffBytes = 1024

// OctetStream is the media type of what we do not know.
const OctetStream = "application/octet-stream"

// The documents that workers of class Documents draw.
const (
	PDF = "application/pdf"
	SVG = "image/svg+xml"
)

// IsDocument tells whether files of this media type are for workers of class Documents.
func IsDocument(contentType string) bool { return contentType == PDF || contentType == SVG }

// Kind is what the first bytes of a file say it is.
type Kind struct {
	// ContentType is a media type, OctetStream when unknown.
	ContentType string
	// Decodable: the format is on the allow-list, so the bytes may be given to a decoder.
	Decodable bool
	// Picture: the format is of pictures or documents that a viewer would expect to see, though it may not be decodable here.
	Picture bool
}

// Sniff judges a file by its first SniffBytes bytes, never by its name. It is the allow-list in front of the decoders: only
// JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF are Decodable. It only recognises; whether the rest of the file keeps the promise is the
// decoder's to find out. A file that would pass as two formats is what its very first bytes say.
func Sniff(head []byte) Kind {
	if len(head) > SniffBytes {
		head = head[:SniffBytes]
	}
	if k, ok := sniffMagic(head); ok {
		return k
	}
	if k, ok := sniffBrand(head); ok {
		return k
	}
	return sniffText(head)
}

var magics = []struct {
	at    int
	bytes string
	kind  Kind
}{
	{0, "\xff\xd8\xff", Kind{"image/jpeg", true, true}},
	{0, "\x89PNG\r\n\x1a\n", Kind{"image/png", true, true}},
	{0, "GIF87a", Kind{"image/gif", true, true}},
	{0, "GIF89a", Kind{"image/gif", true, true}},
	{0, "II*\x00", Kind{"image/tiff", true, true}},
	{0, "MM\x00*", Kind{"image/tiff", true, true}},
	{0, "II+\x00", Kind{"image/tiff", true, true}}, // BigTIFF
	{0, "MM\x00+", Kind{"image/tiff", true, true}},
	{0, "%PDF-", Kind{PDF, false, true}},
	{0, "8BPS\x00", Kind{"image/vnd.adobe.photoshop", false, true}},
	{0, "BM", Kind{"image/bmp", false, true}}, // checked further in sniffMagic
	{0, "\xff\x0a", Kind{"image/jxl", false, true}},
	{0, "\x00\x00\x00\x0cJXL \r\n\x87\n", Kind{"image/jxl", false, true}},
	{0, "\x00\x00\x00\x0cjP  \r\n\x87\n", Kind{"image/jp2", false, true}},
	{0, "%!PS-Adobe", Kind{"application/postscript", false, true}},
	{0, "PK\x03\x04", Kind{"application/zip", false, false}},
	{0, "PK\x05\x06", Kind{"application/zip", false, false}},
	{0, "\x1f\x8b\x08", Kind{"application/gzip", false, false}},
	{0, "7z\xbc\xaf\x27\x1c", Kind{"application/x-7z-compressed", false, false}},
	{0, "Rar!\x1a\x07", Kind{"application/vnd.rar", false, false}},
	{0, "\x1aE\xdf\xa3", Kind{"video/webm", false, false}},
	{0, "OggS\x00", Kind{"application/ogg", false, false}},
	{0, "ID3", Kind{"audio/mpeg", false, false}},
	{0, "fLaC", Kind{"audio/flac", false, false}},
	{0, "wOFF", Kind{"font/woff", false, false}},
	{0, "wOF2", Kind{"font/woff2", false, false}},
	{257, "ustar", Kind{"application/x-tar", false, false}},
}

func sniffMagic(head []byte) (Kind, bool) {
	for _, m := range magics {
		if len(head) < m.at+len(m.bytes) || string(head[m.at:m.at+len(m.bytes)]) != m.bytes {
			continue
		}
		// Two letters are little: a BMP also has its reserved words zero.
		if m.kind.ContentType == "image/bmp" && (len(head) < 10 || !bytes.Equal(head[6:10], make([]byte, 4))) {
			continue
		}
		return m.kind, true
	}
	if len(head) >= 12 && string(head[:4]) == "RIFF" {
		switch string(head[8:12]) {
		case "WEBP":
			return Kind{"image/webp", true, true}, true
		case "WAVE":
			return Kind{"audio/wav", false, false}, true
		case "AVI ":
			return Kind{"video/x-msvideo", false, false}, true
		}
	}
	return Kind{}, false
}

// sniffBrand reads the ftyp box of ISO base media files (ISO/IEC 14496-12): the major brand, and for the generic picture
// brands the compatible ones, as ISO/IEC 23008-12 tells HEIC from AVIF.
func sniffBrand(head []byte) (Kind, bool) {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return Kind{}, false
	}
	end := int(min(uint64(binary.BigEndian.Uint32(head)), uint64(len(head))))
	brand := string(head[8:12])
	kind, known := brandKind(brand)
	for at := 16; (!known || kind.ContentType == "image/heif") && at+4 <= end; at += 4 {
		if k, ok := brandKind(string(head[at : at+4])); ok && k.Decodable {
			kind, known = k, true
			if k.ContentType != "image/heif" {
				break
			}
		}
	}
	if !known {
		kind = Kind{"video/mp4", false, false}
	}
	return kind, true
}

func brandKind(brand string) (Kind, bool) {
	switch brand {
	case "avif", "avis":
		return Kind{"image/avif", true, true}, true
	case "heic", "heix", "hevc", "hevx", "heim", "heis":
		return Kind{"image/heic", true, true}, true
	case "mif1", "msf1":
		return Kind{"image/heif", true, true}, true
	case "qt  ":
		return Kind{"video/quicktime", false, false}, true
	case "isom", "iso2", "mp41", "mp42", "avc1", "M4V ":
		return Kind{"video/mp4", false, false}, true
	case "M4A ":
		return Kind{"audio/mp4", false, false}, true
	case "crx ":
		return Kind{"image/x-canon-cr3", false, true}, true
	}
	return Kind{}, false
}

// sniffText tells SVG and plain text from the unknown.
func sniffText(head []byte) Kind {
	text := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if len(text) == 0 || bytes.IndexByte(text, 0) >= 0 {
		return Kind{ContentType: OctetStream}
	}
	// The end may cut a character in two.
	for i := 0; i < utf8.UTFMax && len(head) == SniffBytes && !utf8.Valid(text); i++ {
		text = text[:len(text)-1]
	}
	if !utf8.Valid(text) {
		return Kind{ContentType: OctetStream}
	}
	for _, c := range text {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' {
			return Kind{ContentType: OctetStream}
		}
	}
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] == '<' && bytes.Contains(bytes.ToLower(text), []byte("<svg")) {
		return Kind{SVG, false, true}
	}
	return Kind{ContentType: "text/plain"}
}
