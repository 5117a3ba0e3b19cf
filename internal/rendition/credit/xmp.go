package credit

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// maxPacket bounds the XMP packet that is looked into, and maxDepth how deep its elements are nested: real ones stay below 20.
const (
	maxPacket = 4 << 20
	maxDepth  = 64
)

// The namespaces of what is read.
const (
	rdfSpace   = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	dublinCore = "http://purl.org/dc/elements/1.1/"
)

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
	var p packetReader
	for d := xml.NewDecoder(bytes.NewReader(packet[:to+len(shut)])); len(p.path) <= maxDepth; {
		token, err := d.Token()
		if err != nil { // the end, or no XML: what was read is good
			break
		}
		p.take(token)
	}
	return Credit{Copyright: p.rights, Creator: strings.Join(p.creators, ", ")}
}

// packetReader takes the tokens of an XMP packet. A property counts where it speaks of the picture itself, which is directly
// below rdf:RDF and rdf:Description: deeper ones are about ingredients, and earlier states, of the picture.
type packetReader struct {
	path     []xml.Name
	language string // of the rdf:li that is open
	text     strings.Builder

	rights   string
	rank     int // how well rights fits: 1 by its place, 2 by its language
	creators []string
}

func (p *packetReader) take(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		p.path = append(p.path, t.Name)
		p.text.Reset()
		p.language = ""
		for _, a := range t.Attr {
			if a.Name.Local == "lang" {
				p.language = a.Value
			}
		}
	case xml.CharData:
		if p.text.Len() < MaxBytes {
			p.text.Write(t)
		}
	case xml.EndElement:
		p.entry()
		p.path = p.path[:max(0, len(p.path)-1)]
		p.text.Reset()
	}
}

// entry takes what an entry of a property, the element that ends now, says.
func (p *packetReader) entry() {
	const most = 16 // creators
	is := func(up int, space, local string) bool {
		at := len(p.path) - 1 - up
		return at >= 0 && p.path[at] == xml.Name{Space: space, Local: local}
	}
	// rdf:RDF, rdf:Description, the property, its rdf:Alt, rdf:Seq or rdf:Bag, and the entry
	if !is(0, rdfSpace, "li") || !is(3, rdfSpace, "Description") || !is(4, rdfSpace, "RDF") {
		return
	}
	text := strings.TrimSpace(p.text.String())
	switch {
	case is(2, dublinCore, "creator") && text != "" && len(p.creators) < most:
		p.creators = append(p.creators, text)
	case is(2, dublinCore, "rights") && p.language == "x-default" && p.rank < 2:
		p.rights, p.rank = text, 2
	case is(2, dublinCore, "rights") && p.rank < 1:
		p.rights, p.rank = text, 1
	}
}
