package embedded

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Bounds of a packet. Programs write some dozen KiB; Photoshop's histories may be megabytes, and are not worth them.
const (
	maxPacket = 4 << 20
	maxDepth  = 32
)

// Namespaces of XMP (ISO 16684-1) and of the properties that are read.
const (
	nsRDF       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	nsXML       = "http://www.w3.org/XML/1998/namespace"
	nsDC        = "http://purl.org/dc/elements/1.1/"
	nsPhotoshop = "http://ns.adobe.com/photoshop/1.0/"
	nsRights    = "http://ns.adobe.com/xap/1.0/rights/"
	nsTIFF      = "http://ns.adobe.com/tiff/1.0/"
	nsEXIF      = "http://ns.adobe.com/exif/1.0/"
	nsEXIFEX    = "http://cipa.jp/exif/1.0/"
	nsAux       = "http://ns.adobe.com/exif/1.0/aux/"
)

// wanted are the properties that are read.
var wanted = map[xml.Name]bool{
	{Space: nsDC, Local: "title"}: true, {Space: nsDC, Local: "description"}: true, {Space: nsDC, Local: "creator"}: true,
	{Space: nsDC, Local: "rights"}: true, {Space: nsDC, Local: "subject"}: true,
	{Space: nsPhotoshop, Local: "Headline"}: true, {Space: nsPhotoshop, Local: "Credit"}: true, {Space: nsPhotoshop, Local: "City"}: true,
	{Space: nsPhotoshop, Local: "Country"}: true, {Space: nsPhotoshop, Local: "DateCreated"}: true,
	{Space: nsRights, Local: "UsageTerms"}: true,
	{Space: nsTIFF, Local: "Make"}:         true, {Space: nsTIFF, Local: "Model"}: true,
	{Space: nsEXIF, Local: "ExposureTime"}: true, {Space: nsEXIF, Local: "FNumber"}: true, {Space: nsEXIF, Local: "FocalLength"}: true,
	{Space: nsEXIF, Local: "ISOSpeedRatings"}: true, {Space: nsEXIF, Local: "DateTimeOriginal"}: true,
	{Space: nsEXIFEX, Local: "PhotographicSensitivity"}: true, {Space: nsEXIFEX, Local: "LensModel"}: true,
	{Space: nsAux, Local: "Lens"}: true,
}

// properties by name; of language alternatives the one for everybody comes first.
type properties map[xml.Name][]string

func readXMP(packet []byte) asset.Embedded {
	if len(packet) == 0 || len(packet) > maxPacket {
		return asset.Embedded{}
	}
	p := parseRDF(packet)
	text := func(space, local string) string { return first(p[xml.Name{Space: space, Local: local}]...) }
	e := asset.Embedded{
		Title:           text(nsDC, "title"),
		Headline:        text(nsPhotoshop, "Headline"),
		Description:     text(nsDC, "description"),
		Creators:        p[xml.Name{Space: nsDC, Local: "creator"}],
		CreditLine:      text(nsPhotoshop, "Credit"),
		CopyrightNotice: text(nsDC, "rights"),
		UsageTerms:      text(nsRights, "UsageTerms"),
		Keywords:        p[xml.Name{Space: nsDC, Local: "subject"}],
		City:            text(nsPhotoshop, "City"),
		Country:         text(nsPhotoshop, "Country"),
		DateTaken:       first(date(text(nsPhotoshop, "DateCreated")), date(text(nsEXIF, "DateTimeOriginal"))),
		CameraMake:      text(nsTIFF, "Make"),
		CameraModel:     text(nsTIFF, "Model"),
		Lens:            first(text(nsEXIFEX, "LensModel"), text(nsAux, "Lens")),
		ExposureTime:    exposure(fraction(text(nsEXIF, "ExposureTime"))),
		FNumber:         tenths(fraction(text(nsEXIF, "FNumber"))),
		FocalLength:     tenths(fraction(text(nsEXIF, "FocalLength"))),
	}
	iso := first(text(nsEXIFEX, "PhotographicSensitivity"), text(nsEXIF, "ISOSpeedRatings"))
	if n, err := strconv.ParseUint(strings.TrimSpace(iso), 10, 31); err == nil {
		e.ISO = int(n)
	}
	return e
}

// parseRDF reads the wanted properties of rdf:Description elements: attributes, plain elements, and elements with an array of items.
// Properties within structures of other properties are passed over. What is broken ends the reading; what was read is good.
func parseRDF(packet []byte) properties {
	found := properties{}
	var path []xml.Name
	var property xml.Name // that we are in
	var language string
	var text strings.Builder
	for d := xml.NewDecoder(bytes.NewReader(packet)); ; {
		token, err := d.Token()
		if err != nil {
			return found
		}
		switch t := token.(type) {
		case xml.StartElement:
			if path = append(path, t.Name); len(path) > maxDepth {
				return found
			}
			text.Reset()
			switch {
			case description(path, 0):
				for _, a := range t.Attr {
					found.add(a.Name, a.Value, "")
				}
			case description(path, 1):
				property = t.Name
				language = "" // a plain element, unless items come
			case t.Name == xml.Name{Space: nsRDF, Local: "li"}:
				language = languageOf(t)
			}
		case xml.CharData:
			if text.Len() < maxText {
				text.Write(t[:min(len(t), maxText)])
			}
		case xml.EndElement:
			item := t.Name == xml.Name{Space: nsRDF, Local: "li"}
			switch {
			case description(path, 1) && len(found[property]) == 0:
				found.add(property, text.String(), "")
			case item && description(path, 3):
				found.add(property, text.String(), language)
			}
			text.Reset()
			path = path[:len(path)-1]
		}
	}
}

// description tells whether path ends so many elements below an rdf:Description that describes the picture itself.
func description(path []xml.Name, below int) bool {
	i := len(path) - 1 - below
	return i >= 1 && path[i] == xml.Name{Space: nsRDF, Local: "Description"} && path[i-1] == xml.Name{Space: nsRDF, Local: "RDF"}
}

func languageOf(t xml.StartElement) string {
	for _, a := range t.Attr {
		if a.Name.Local == "lang" && (a.Name.Space == nsXML || a.Name.Space == "xml") {
			return a.Value
		}
	}
	return ""
}

// add notes a value. That in the default language goes ahead of the others.
func (p properties) add(name xml.Name, value, language string) {
	value = strings.TrimSpace(value)
	if !wanted[name] || value == "" || len(p[name]) > asset.MaxEmbeddedKeywords {
		return
	}
	value = value[:min(len(value), maxText)]
	if language == "x-default" {
		p[name] = append([]string{value}, p[name]...)
		return
	}
	p[name] = append(p[name], value)
}

// fraction reads XMP's rationals, 28/10, and plain numbers.
func fraction(s string) float64 {
	above, below, divided := strings.Cut(strings.TrimSpace(s), "/")
	x, err := strconv.ParseFloat(above, 64)
	if err != nil || x < 0 || x > 1e12 {
		return 0
	}
	if !divided {
		return x
	}
	y, err := strconv.ParseFloat(below, 64)
	if err != nil || y <= 0 {
		return 0
	}
	return x / y
}
