package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// packet wraps properties of a picture into XMP.
func packet(attributes, elements string) []byte {
	return []byte(`<?xpacket begin="` + "\ufeff" + `" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="` + nsRDF + `">` +
		`<rdf:Description rdf:about="" xmlns:dc="` + nsDC + `" xmlns:photoshop="` + nsPhotoshop + `" xmlns:xmpRights="` + nsRights + `" xmlns:tiff="` + nsTIFF +
		`" xmlns:exif="` + nsEXIF + `" xmlns:exifEX="` + nsEXIFEX + `" xmlns:aux="` + nsAux + `" ` + attributes + `>` + elements + `</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`)
}

func alternatives(property, text string) string {
	return "<" + property + `><rdf:Alt><rdf:li xml:lang="x-default">` + text + "</rdf:li></rdf:Alt></" + property + ">"
}

// dataset is one data set of an IIM record.
func dataset(record, number byte, text string) string {
	return string(binary.BigEndian.AppendUint16([]byte{0x1c, record, number}, uint16(len(text)))) + text
}

// tag is one entry of a directory; what is a string is ASCII, a uint16 SHORT, a [2]uint32 RATIONAL.
type tag struct {
	number uint16
	value  any
}

// exifBlock writes a TIFF structure with the tags of a picture, those of its camera, and a position on earth.
func exifBlock(order binary.AppendByteOrder, picture, camera []tag) []byte {
	t := []byte("II*\x00\x08\x00\x00\x00")
	if order.String() == "BigEndian" {
		t = []byte("MM\x00*\x00\x00\x00\x08")
	}
	type fix struct {
		at    int
		bytes []byte
	}
	write := func(tags []tag) (links map[uint16]int) {
		links = map[uint16]int{}
		var fixes []fix
		t = order.AppendUint16(t, uint16(len(tags)))
		for _, e := range tags {
			t = order.AppendUint16(t, e.number)
			switch v := e.value.(type) {
			case string:
				v += "\x00"
				t = order.AppendUint32(order.AppendUint16(t, typeASCII), uint32(len(v)))
				if len(v) <= 4 {
					t = append(t, (v + "\x00\x00\x00")[:4]...)
					continue
				}
				fixes = append(fixes, fix{len(t), []byte(v)})
			case uint16:
				t = order.AppendUint16(order.AppendUint32(order.AppendUint16(t, typeShort), 1), v)
				t = append(t, 0, 0)
				continue
			case [2]uint32:
				t = order.AppendUint32(order.AppendUint16(t, typeRational), 1)
				fixes = append(fixes, fix{len(t), order.AppendUint32(order.AppendUint32(nil, v[0]), v[1])})
			case nil: // a directory
				t = order.AppendUint32(order.AppendUint16(t, typeLong), 1)
				links[e.number] = len(t)
			}
			t = order.AppendUint32(t, 0)
		}
		t = order.AppendUint32(t, 0)
		for _, f := range fixes {
			copy(t[f.at:], order.AppendUint32(nil, uint32(len(t))))
			t = append(t, f.bytes...)
			t = append(t, make([]byte, len(f.bytes)%2)...)
		}
		return links
	}
	const gps = 0x8825
	links := write(append(slices.Clone(picture), tag{gps, nil}, tag{tagCameraSettings, nil}))
	copy(t[links[gps]:], order.AppendUint32(nil, uint32(len(t))))
	write([]tag{{1, "N"}, {29, "1999:12:31 GPS-MARK"}})
	copy(t[links[tagCameraSettings]:], order.AppendUint32(nil, uint32(len(t))))
	write(camera)
	return t
}

var (
	pictureTags = []tag{{tagDescription, "by EXIF"}, {tagMake, "Nikon"}, {tagModel, "Z 8"}, {tagArtist, "Erin; Frank"}, {tagCopyright, "© Erin\x00© Daily"}}
	cameraTags  = []tag{
		{tagExposureTime, [2]uint32{10, 2500}}, {tagFNumber, [2]uint32{28, 10}}, {tagISO, uint16(400)},
		{tagTaken, "2026:05:04 03:02:01"}, {tagTakenOffset, "+02:00"}, {tagFocalLength, [2]uint32{850, 10}}, {tagLensModel, "NIKKOR Z 85mm"},
	}
	fromCamera = asset.Embedded{
		Description: "by EXIF", Creators: []string{"Erin", "Frank"}, CopyrightNotice: "© Erin, © Daily", DateTaken: "2026-05-04T03:02:01+02:00",
		CameraMake: "Nikon", CameraModel: "Z 8", Lens: "NIKKOR Z 85mm", ExposureTime: "1/250", FNumber: 2.8, ISO: 400, FocalLength: 85,
	}
	iimRecord = dataset(1, 90, "\x1b%G") + dataset(2, 5, "Title by IIM") + dataset(2, 25, "sea") + dataset(2, 25, "dawn") + dataset(2, 25, "sea") +
		dataset(2, 55, "20260403") + dataset(2, 60, "101112+0200") + dataset(2, 80, "Carol") + dataset(2, 90, "Kraków") + dataset(2, 101, "Poland") +
		dataset(2, 105, "Headline by IIM") + dataset(2, 110, "Agency") + dataset(2, 116, "© Carol") + dataset(2, 120, "by IIM")
	fromIIM = asset.Embedded{
		Title: "Title by IIM", Headline: "Headline by IIM", Description: "by IIM", Creators: []string{"Carol"}, CreditLine: "Agency",
		CopyrightNotice: "© Carol", Keywords: []string{"sea", "dawn"}, City: "Kraków", Country: "Poland", DateTaken: "2026-04-03T10:11:12+02:00",
	}
	full = packet(`photoshop:Headline="Headline by XMP" photoshop:City="Oslo" photoshop:DateCreated="2026-01-02T03:04" tiff:Make="Leica" tiff:Model="M"`,
		alternatives("dc:title", "Title by XMP")+
			`<dc:description><rdf:Alt><rdf:li xml:lang="de">auf Deutsch</rdf:li><rdf:li xml:lang="x-default">by XMP &amp; all</rdf:li></rdf:Alt></dc:description>`+
			`<dc:creator><rdf:Seq><rdf:li>Alice</rdf:li><rdf:li>Bob</rdf:li></rdf:Seq></dc:creator>`+
			alternatives("dc:rights", "© Alice")+alternatives("xmpRights:UsageTerms", "Press only")+
			`<dc:subject><rdf:Bag><rdf:li>fjord</rdf:li></rdf:Bag></dc:subject>`+
			`<photoshop:Credit>Acme</photoshop:Credit><photoshop:Country>Norway</photoshop:Country>`+
			`<exif:ExposureTime>5/2</exif:ExposureTime><exif:FNumber>14/10</exif:FNumber><exif:FocalLength>350/10</exif:FocalLength>`+
			`<exif:ISOSpeedRatings><rdf:Seq><rdf:li>200</rdf:li></rdf:Seq></exif:ISOSpeedRatings><aux:Lens>Summilux 35</aux:Lens>`+
			`<exif:GPSLatitude>48,51.4N</exif:GPSLatitude>`)
	fromXMP = asset.Embedded{
		Title: "Title by XMP", Headline: "Headline by XMP", Description: "by XMP & all", Creators: []string{"Alice", "Bob"}, CreditLine: "Acme",
		CopyrightNotice: "© Alice", UsageTerms: "Press only", Keywords: []string{"fjord"}, City: "Oslo", Country: "Norway", DateTaken: "2026-01-02T03:04:00",
		CameraMake: "Leica", CameraModel: "M", Lens: "Summilux 35", ExposureTime: "2.5", FNumber: 1.4, ISO: 200, FocalLength: 35,
	}
)

// features: D12
func TestRead(t *testing.T) {
	little, big := exifBlock(binary.LittleEndian, pictureTags, cameraTags), exifBlock(binary.BigEndian, pictureTags, cameraTags)
	everything := fromXMP
	everything.CameraMake, everything.CameraModel, everything.Lens = fromCamera.CameraMake, fromCamera.CameraModel, fromCamera.Lens
	everything.ExposureTime, everything.FNumber, everything.ISO, everything.FocalLength = "1/250", 2.8, 400, 85
	older := fromIIM
	older.CameraMake, older.CameraModel, older.Lens = fromCamera.CameraMake, fromCamera.CameraModel, fromCamera.Lens
	older.ExposureTime, older.FNumber, older.ISO, older.FocalLength = "1/250", 2.8, 400, 85
	resources := "Photoshop 3.0\x008BIM\x04\x25\x00\x00\x00\x00\x00\x03abc\x008BIM\x04\x04\x00\x00" +
		string(binary.BigEndian.AppendUint32(nil, uint32(len(iimRecord)))) + iimRecord
	for why, c := range map[string]struct {
		blocks Blocks
		want   *asset.Embedded
	}{
		"nothing":                               {Blocks{}, nil},
		"blocks of rubbish":                     {Blocks{[]byte("Exif\x00\x00rubbish"), []byte("rubbish"), []byte("rubbish")}, nil},
		"EXIF, little end first":                {Blocks{EXIF: little}, &fromCamera},
		"EXIF, big end first":                   {Blocks{EXIF: append([]byte("Exif\x00\x00"), big...)}, &fromCamera},
		"IIM by itself":                         {Blocks{IPTC: []byte(iimRecord)}, &fromIIM},
		"IIM among resources of Photoshop":      {Blocks{IPTC: []byte(resources)}, &fromIIM},
		"XMP":                                   {Blocks{XMP: full}, &fromXMP},
		"XMP before IIM before EXIF":            {Blocks{little, []byte(iimRecord), full}, &everything},
		"IIM before EXIF":                       {Blocks{EXIF: little, IPTC: []byte(iimRecord)}, &older},
		"the camera's blanks are no text":       {Blocks{EXIF: exifBlock(binary.LittleEndian, []tag{{tagDescription, "         "}, {tagArtist, " "}, {tagCopyright, "     "}}, nil)}, nil},
		"an old text is not UTF-8":              {Blocks{IPTC: []byte(dataset(2, 90, "Krak\xf3w"))}, &asset.Embedded{City: "Kraków"}},
		"a day of which the hour is broken":     {Blocks{IPTC: []byte(dataset(2, 55, "20260403") + dataset(2, 60, "999999"))}, &asset.Embedded{DateTaken: "2026-04-03"}},
		"a year":                                {Blocks{IPTC: []byte(dataset(2, 55, "20260000"))}, &asset.Embedded{DateTaken: "2026"}},
		"a clock that was never set":            {Blocks{EXIF: exifBlock(binary.LittleEndian, nil, []tag{{tagTaken, "0000:00:00 00:00:00"}})}, nil},
		"no offset":                             {Blocks{EXIF: exifBlock(binary.LittleEndian, nil, []tag{{tagTaken, "2026:05:04 03:02:01"}})}, &asset.Embedded{DateTaken: "2026-05-04T03:02:01"}},
		"a division by zero":                    {Blocks{EXIF: exifBlock(binary.LittleEndian, nil, []tag{{tagFNumber, [2]uint32{28, 0}}, {tagExposureTime, [2]uint32{0, 0}}})}, nil},
		"half a second":                         {Blocks{EXIF: exifBlock(binary.LittleEndian, nil, []tag{{tagExposureTime, [2]uint32{1, 2}}})}, &asset.Embedded{ExposureTime: "0.5"}},
		"XMP that breaks off":                   {Blocks{XMP: []byte(strings.SplitAfter(string(full), "</dc:title>")[0])}, &asset.Embedded{Title: "Title by XMP", Headline: "Headline by XMP", City: "Oslo", DateTaken: "2026-01-02T03:04:00", CameraMake: "Leica", CameraModel: "M"}},
		"an entity of the packet's own":         {Blocks{XMP: append([]byte(`<!DOCTYPE x [<!ENTITY a "boo">]>`), packet("", alternatives("dc:title", "&a;"))...)}, nil},
		"a property of another space":           {Blocks{XMP: packet(`xmlns:o="http://example.org/" o:title="no"`, "")}, nil},
		"a property within another's structure": {Blocks{XMP: packet("", `<dc:relation><rdf:Bag><rdf:li><rdf:Description dc:title="no"><dc:rights>no</dc:rights></rdf:Description></rdf:li></rdf:Bag></dc:relation>`)}, nil},
	} {
		if diff := cmp.Diff(c.want, Read(c.blocks)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
	}
	if all := fmt.Sprint(*Read(Blocks{EXIF: little, XMP: full})); strings.Contains(all, "GPS") || strings.Contains(all, "48") {
		t.Errorf("the position is told: %s", all)
	}
}

// A TIFF bears the blocks under tags of its own, the record of IPTC in bytes or, by old custom, in words.
func TestInTIFF(t *testing.T) {
	record := iimRecord + strings.Repeat("\x00", 4-len(iimRecord)%4)
	for why, c := range map[string]struct {
		kind  uint16
		count int
	}{"in bytes": {typeUndefined, len(record)}, "in words": {typeLong, len(record) / 4}} {
		le := binary.LittleEndian
		file := le.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), 2)
		const behind = 8 + 2 + 2*12 + 4
		for _, e := range []struct {
			tag, kind uint16
			count, at int
		}{{tagXMP, typeByte, len(full), behind}, {tagIPTC, c.kind, c.count, behind + len(full)}} {
			file = le.AppendUint16(le.AppendUint16(file, e.tag), e.kind)
			file = le.AppendUint32(le.AppendUint32(file, uint32(e.count)), uint32(e.at))
		}
		file = append(append(append(file, 0, 0, 0, 0), full...), record...)
		b := InTIFF(file)
		if string(b.XMP) != string(full) || string(b.IPTC) != record {
			t.Errorf("%s: %d bytes of XMP, %d of IPTC", why, len(b.XMP), len(b.IPTC))
		}
		if diff := cmp.Diff(&fromXMP, Read(b)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
	}
	if b := InTIFF([]byte("no TIFF")); b.EXIF != nil || b.IPTC != nil || b.XMP != nil {
		t.Errorf("%+v", b)
	}
}

// Whatever is within the blocks, it comes out short, clean and few.
// features: D12
func TestReadIsBounded(t *testing.T) {
	var many strings.Builder
	for i := range 5000 {
		many.WriteString("<rdf:li>" + strings.Repeat(fmt.Sprint("k", i), 100) + "</rdf:li>")
	}
	got := Read(Blocks{XMP: packet("", alternatives("dc:title", "a\x7f&#10;b\u202eevil"+strings.Repeat("ü", 5000))+"<dc:subject><rdf:Bag>"+many.String()+"</rdf:Bag></dc:subject>")})
	if got == nil || !got.Cut || len(got.Keywords) != asset.MaxEmbeddedKeywords {
		t.Fatalf("%+v", got)
	}
	if !strings.HasPrefix(got.Title, "a bevilü") || len(got.Title) > asset.MaxEmbeddedText || len(got.Title) < asset.MaxEmbeddedText-1 {
		t.Errorf("%d bytes of %q", len(got.Title), got.Title)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	deep := packet("", strings.Repeat("<a>", 100_000)+alternatives("dc:title", "x"))
	if got := Read(Blocks{XMP: deep}); got != nil {
		t.Errorf("%+v", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(exifBlock(binary.LittleEndian, pictureTags, cameraTags), []byte(iimRecord), full)
	f.Add(exifBlock(binary.BigEndian, pictureTags, cameraTags), []byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x05"+iimRecord), packet("", ""))
	f.Fuzz(func(t *testing.T, exif, iptc, xmp []byte) {
		e := Read(Blocks{exif, iptc, xmp})
		if e == nil {
			return
		}
		if err := e.Validate(); errors.Is(err, asset.ErrFactsInvalid) {
			t.Fatalf("%v: %+v", err, e)
		}
		_ = Read(InTIFF(exif))
		again := *e
		again.Clean()
		if diff := cmp.Diff(*e, again); diff != "" {
			t.Fatalf("cleaned twice (-once +twice):\n%s", diff)
		}
	})
}
