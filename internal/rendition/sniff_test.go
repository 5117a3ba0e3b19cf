package rendition

import (
	"bytes"
	"strings"
	"testing"
)

func TestSniff(t *testing.T) {
	ftyp := func(major string, compatible ...string) string {
		return "\x00\x00\x00" + string(rune(16+4*len(compatible))) + "ftyp" + major + "\x00\x00\x00\x00" + strings.Join(compatible, "")
	}
	cases := []struct {
		why, head, contentType string
		decodable              bool
	}{
		{"JPEG", "\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg", true},
		{"PNG", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png", true},
		{"GIF", "GIF89a\x01\x00\x01\x00", "image/gif", true},
		{"WebP", "RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", true},
		{"TIFF, Intel", "II*\x00\x08\x00\x00\x00", "image/tiff", true},
		{"TIFF, Motorola", "MM\x00*\x00\x00\x00\x08", "image/tiff", true},
		{"AVIF", ftyp("avif", "mif1", "miaf"), "image/avif", true},
		{"HEIC", ftyp("heic", "mif1"), "image/heic", true},
		{"AVIF behind a general brand", ftyp("mif1", "miaf", "avif"), "image/avif", true},
		{"a general brand alone", ftyp("mif1", "miaf"), "image/heif", true},
		{"video", ftyp("isom", "mp41"), "video/mp4", false},
		{"QuickTime", ftyp("qt  "), "video/quicktime", false},
		{"a brand nobody knows", ftyp("abcd"), "video/mp4", false},
		{"a ftyp box that claims more than there is", "\xff\xff\xff\xffftypmif1\x00\x00\x00\x00av", "image/heif", true},
		{"SVG", `<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"/>`, "image/svg+xml", false},
		{"SVG after a byte order mark", "\xef\xbb\xbf  <svg>", "image/svg+xml", false},
		{"a page that names svg in its text", "see <svg> for this", "text/plain", false},
		{"PDF", "%PDF-1.7", "application/pdf", false},
		{"PSD", "8BPS\x00\x01", "image/vnd.adobe.photoshop", false},
		{"BMP", "BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36", "image/bmp", false},
		{"a text that begins with BM", "BMW is a make of cars", "text/plain", false},
		{"JPEG XL", "\xff\x0a\x00", "image/jxl", false},
		{"ZIP", "PK\x03\x04", "application/zip", false},
		{"text", "Dear agency,\n", "text/plain", false},
		{"text cut inside a character", strings.Repeat("ü", SniffBytes), "text/plain", false},
		{"text cut inside a character, shifted", "x" + strings.Repeat("ü", SniffBytes), "text/plain", false},
		{"nothing", "", OctetStream, false},
		{"zeros", "\x00\x00\x00\x00", OctetStream, false},
		{"control characters", "abc\x01", OctetStream, false},
		{"not UTF-8", "abc\xff\xfe", OctetStream, false},
		{"a magic that is not at the start", " \xff\xd8\xff\xe0", OctetStream, false},
		{"a magic cut short", "\x89PNG\r\n", OctetStream, false},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got := Sniff([]byte(c.head))
			if got.ContentType != c.contentType || got.Decodable != c.decodable {
				t.Errorf("got %+v, want %s, decodable %v", got, c.contentType, c.decodable)
			}
		})
	}
}

func FuzzSniff(f *testing.F) {
	for _, seed := range []string{"\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00avif", "RIFF....WEBP", "<svg", "ü"} {
		f.Add([]byte(seed))
	}
	allowed := map[string]bool{"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true, "image/tiff": true, "image/heic": true, "image/heif": true, "image/avif": true}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		k := Sniff(b)
		if k.ContentType == "" || k.Decodable != allowed[k.ContentType] || k.Decodable && !k.Picture {
			t.Fatalf("%+v", k)
		}
		if !bytes.Equal(b, before) {
			t.Fatal("the input was changed")
		}
		if len(b) > SniffBytes && Sniff(b[:SniffBytes]) != k {
			t.Fatal("bytes behind the head matter")
		}
	})
}
