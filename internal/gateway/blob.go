package gateway

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Ref names one sequence of bytes at a store, exactly: what is there must bear this ETag.
type Ref struct {
	Store, Bucket, Object string
	// VersionID of the object; empty means the current one.
	VersionID string
	// ETag without quotes; Size in bytes.
	ETag string
	Size int64
}

// Blob is what Authorise allows to be sent, and as what.
type Blob struct {
	Ref
	// ContentType to send: of pictures that Vitrine made, their own; of all else, octets.
	ContentType string
	// Inline: may be shown in a page. Only what Vitrine rendered ever is.
	Inline bool
	// Filename to save it as.
	Filename string
	// Original: the file as it was uploaded.
	Original bool
}

const octets = "application/octet-stream"

// extensions of the pictures that Vitrine makes, by media type. Nothing else is
// ever sent as a picture, whatever a catalog says.
var extensions = map[string]string{"image/webp": "webp", "image/jpeg": "jpg", "image/png": "png", "image/avif": "avif"}

func pictureType(contentType string) string {
	if _, ok := extensions[contentType]; ok {
		return contentType
	}
	return octets
}

// baseName is the last segment of a path.
func baseName(p string) string { return path.Base(p) }

// renditionName is the name to save a rendition as: the original's, the preset and the extension of its format.
func renditionName(original, what, contentType string) string {
	base := baseName(original)
	stem := strings.TrimSuffix(base, path.Ext(base))
	if stem == "" {
		stem = base
	}
	name := stem + "-" + what
	if ext := extensions[contentType]; ext != "" {
		name += "." + ext
	}
	return name
}

// maxFilename keeps a name within what file systems hold: 255 bytes.
const maxFilename = 240

// disposition is the value of Content-Disposition (RFC 6266): the name in
// UTF-8 (RFC 8187), and an ASCII one for programs that do not know that form.
func disposition(inline bool, filename string) string {
	kind := "attachment"
	if inline {
		kind = "inline"
	}
	name := saveName(filename)
	var ascii, encoded strings.Builder
	for _, r := range name {
		switch {
		case r == '"' || r == '\\' || r == '%' || r > unicode.MaxASCII:
			ascii.WriteByte('_')
		default:
			ascii.WriteRune(r)
		}
	}
	for i := range len(name) {
		if c := name[i]; attrChar(c) {
			encoded.WriteByte(c)
		} else {
			encoded.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
		}
	}
	return kind + `; filename="` + ascii.String() + `"; filename*=UTF-8''` + encoded.String()
}

// attrChar is attr-char of RFC 8187.
func attrChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}

// saveName makes a name that every file system takes and that shows what it
// is: no separators, no control characters, none that reorder text on screen.
func saveName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), strings.ContainsRune(`/\:*?"<>|`, r):
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	name = strings.Trim(name, " ")
	ext := path.Ext(name)
	if len(ext) > 16 {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	for len(stem)+len(ext) > maxFilename {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	name = strings.TrimRight(stem+ext, ". ")
	if strings.Trim(name, ".") == "" {
		return "file"
	}
	return name
}
