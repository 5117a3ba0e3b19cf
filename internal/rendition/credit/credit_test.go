package credit

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

const rdf = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,51.4N">%</rdf:Description></rdf:RDF></x:xmpmeta>`

func jpegWith(change func([]byte) []byte) []byte { return change(specimen.JPEG(specimen.Scene(16, 8))) }

// features: D13
func TestRead(t *testing.T) {
	xmp := func(inner string) func([]byte) []byte {
		return func(jpg []byte) []byte { return specimen.WithXMP(jpg, strings.Replace(rdf, "%", inner, 1)) }
	}
	exif := func(e specimen.EXIF) func([]byte) []byte {
		e.Orientation = 1
		return func(jpg []byte) []byte { return specimen.WithEXIF(jpg, e) }
	}
	for why, c := range map[string]struct {
		src  []byte
		want Credit
	}{
		"a file without metadata":          {jpegWith(bytes.Clone), Credit{}},
		"EXIF":                             {jpegWith(exif(specimen.EXIF{Artist: "Alice", Copyright: "© Acme", GPS: true})), Credit{"© Acme", "Alice"}},
		"EXIF of photographer and editor":  {jpegWith(exif(specimen.EXIF{Artist: "Alice", Copyright: "Alice\x00Acme"})), Credit{"Alice, Acme", "Alice"}},
		"EXIF that held more before":       {jpegWith(exif(specimen.EXIF{Artist: "Al\x00Mallory, 1 Back Street", Copyright: "Al\x00Acme\x00Mallory"})), Credit{"Al, Acme", "Al"}},
		"EXIF of an editor alone":          {jpegWith(exif(specimen.EXIF{Copyright: " \x00Acme"})), Credit{"Acme", ""}},
		"EXIF without an editor":           {jpegWith(exif(specimen.EXIF{Copyright: "Alice\x00\x00Mallory"})), Credit{"Alice", ""}},
		"EXIF in Latin-1":                  {jpegWith(exif(specimen.EXIF{Artist: "Ren\xe9e", Copyright: "\xa9 Acme"})), Credit{"© Acme", "Renée"}},
		"EXIF of blanks, as cameras write": {jpegWith(exif(specimen.EXIF{Artist: "      ", Copyright: "      "})), Credit{}},
		"lines become one":                 {jpegWith(exif(specimen.EXIF{Artist: "Alice\r\n and\tBob"})), Credit{"", "Alice and Bob"}},
		"XMP": {jpegWith(xmp(`<dc:rights><rdf:Alt><rdf:li xml:lang="de">© Acme, alle Rechte</rdf:li><rdf:li xml:lang="x-default">© Acme &amp; Söhne</rdf:li></rdf:Alt></dc:rights>` +
			`<dc:creator><rdf:Seq><rdf:li>Alice</rdf:li><rdf:li>Bob</rdf:li></rdf:Seq></dc:creator><dc:title><rdf:Alt><rdf:li>secret</rdf:li></rdf:Alt></dc:title>`)),
			Credit{"© Acme & Söhne", "Alice, Bob"}},
		"XMP in another language":    {jpegWith(xmp(`<dc:rights><rdf:Alt><rdf:li xml:lang="de">Acme</rdf:li></rdf:Alt></dc:rights>`)), Credit{"Acme", ""}},
		"XMP that breaks off":        {jpegWith(xmp(`<dc:creator><rdf:Seq><rdf:li>Alice</rdf:li></rdf:Wrong>`)), Credit{"", "Alice"}},
		"an entity that is declared": {jpegWith(xmp(`<!DOCTYPE x [<!ENTITY a "boo">]><dc:creator><rdf:Seq><rdf:li>&a;</rdf:li></rdf:Seq></dc:creator>`)), Credit{}},
		"a creator of another space": {jpegWith(xmp(`<exif:creator><rdf:Seq><rdf:li>Mallory</rdf:li></rdf:Seq></exif:creator>`)), Credit{}},
		"XMP of an ingredient": {jpegWith(xmp(`<xmpMM:Ingredients xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"><rdf:Bag><rdf:li><rdf:Description><dc:creator><rdf:Seq><rdf:li>Mallory</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:li></rdf:Bag></xmpMM:Ingredients>` +
			`<dc:creator><rdf:Seq><rdf:li>Alice</rdf:li></rdf:Seq></dc:creator>`)), Credit{"", "Alice"}},
		"XMP that is nested deeply": {jpegWith(xmp(strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth) + `<dc:creator><rdf:Seq><rdf:li>Alice</rdf:li></rdf:Seq></dc:creator>`)), Credit{}},
		"IPTC":                      {jpegWith(func(j []byte) []byte { return specimen.WithIPTC(j, "Alice", "© Acme") }), Credit{"© Acme", "Alice"}},
		"EXIF goes before XMP, and XMP fills in": {jpegWith(func(j []byte) []byte {
			return exif(specimen.EXIF{Artist: "Alice"})(xmp(`<dc:creator><rdf:Seq><rdf:li>Bob</rdf:li></rdf:Seq></dc:creator><dc:rights><rdf:Alt><rdf:li>Acme</rdf:li></rdf:Alt></dc:rights>`)(j))
		}), Credit{"Acme", "Alice"}},
	} {
		if got := Read("image/jpeg", c.src); got != c.want {
			t.Errorf("%s: %+v, want %+v", why, got, c.want)
		}
	}
	// A TIFF is itself what an EXIF block is.
	if got := Read("image/tiff", Credit{"© Acme", "Alice"}.Block()); got != (Credit{"© Acme", "Alice"}) {
		t.Errorf("a TIFF: %+v", got)
	}
}

// What follows the EXIF in a file is not the EXIF's, whatever that points at.
// features: D13
func TestBlocksEndWithTheirContainer(t *testing.T) {
	// A directory with one Artist of 20 bytes that begins so far into the block.
	pointing := func(at uint32) []byte {
		le := binary.LittleEndian
		block := le.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), 1)
		block = le.AppendUint16(block, 0x013b)
		block = le.AppendUint16(block, 2)
		block = le.AppendUint32(le.AppendUint32(block, 20), at)
		return le.AppendUint32(block, 0)
	}
	jpg := func(block, behind []byte) []byte {
		segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(2+6+len(block)))
		return slices.Concat(segment, []byte("Exif\x00\x00"), block, behind)
	}
	secret := []byte("Mallory, 1 Back Street")
	far := slices.Concat(make([]byte, maxBlock), secret)
	for why, c := range map[string]struct {
		kind string
		src  []byte
		want string
	}{
		"within a JPEG's segment":         {"image/jpeg", jpg(slices.Concat(pointing(26), secret[:20]), nil), "Mallory, 1 Back Stre"},
		"behind a JPEG's segment":         {"image/jpeg", jpg(pointing(26), secret), ""},
		"in the picture of a JPEG":        {"image/jpeg", slices.Concat([]byte{0xff, 0xd8, 0xff, 0xda, 0, 2}, jpg(slices.Concat(pointing(26), secret), nil)), ""},
		"in what no JPEG segment holds":   {"image/jpeg", jpg(pointing(26), nil)[:20], ""},
		"near the beginning, in an AVIF":  {"image/avif", slices.Concat([]byte("Exif\x00\x00"), pointing(26), secret), "Mallory, 1 Back Stre"},
		"beyond what an AVIF holds of it": {"image/avif", slices.Concat([]byte("Exif\x00\x00"), pointing(26+maxBlock), far), ""},
	} {
		if got := Read(c.kind, c.src); got != (Credit{Creator: c.want}) {
			t.Errorf("%s: %+v, want %q", why, got, c.want)
		}
	}
}

func TestBlock(t *testing.T) {
	if b := (Credit{}).Block(); b != nil {
		t.Errorf("nothing is written as %x", b)
	}
	for _, c := range []Credit{{"© Acme", "Алиса"}, {"", "A"}, {"Abc", ""}, {strings.Repeat("ü", MaxBytes/2), "Bo"}} {
		if got := Read("image/tiff", c.Block()); got != c {
			t.Errorf("%+v reads as %+v", c, got)
		}
	}
}

// Whatever a file holds, a credit is two short lines, and reading them ends.
func FuzzRead(f *testing.F) {
	for _, seed := range [][]byte{
		jpegWith(func(j []byte) []byte {
			return specimen.WithEXIF(j, specimen.EXIF{Artist: "Alice", Copyright: "Acme", GPS: true})
		}),
		jpegWith(func(j []byte) []byte { return specimen.WithXMP(specimen.WithIPTC(j, "Alice", "Acme"), rdf) }),
		specimen.PNG(image.NewGray(image.Rect(0, 0, 2, 2))), specimen.WebP(specimen.Scene(4, 4)), Credit{"Acme", "Alice"}.Block(),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, kind := range []string{"image/jpeg", "image/png", "image/webp", "image/tiff", "image/avif"} {
			c := Read(kind, src)
			for _, s := range []string{c.Copyright, c.Creator} {
				if len(s) > MaxBytes || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
					t.Fatalf("%s: %q", kind, s)
				}
			}
			if again := Read("image/tiff", c.Block()); again != c {
				t.Fatalf("%+v is written and reads as %+v", c, again)
			}
		}
	})
}
