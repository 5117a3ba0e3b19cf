package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// Bounds of a drawing.
const (
	maxSVG      = 16 << 20
	maxElements = 200_000
	maxDepth    = 500
	// maxExpanded bounds what entities may grow to. Illustrator declares a dozen for its namespaces.
	maxExpanded = 16 << 20
)

const namespaceSVG = "http://www.w3.org/2000/svg"

// inspectSVG reads a drawing through and judges it. What passes may still be hostile; this gives the reason for what would be refused.
func inspectSVG(src []byte, info *rendition.Info) error {
	if len(src) > maxSVG {
		return asset.NewReadError(asset.ReasonTooLarge, fmt.Sprintf("a drawing of %d bytes, at most %d", len(src), maxSVG))
	}
	d := xml.NewDecoder(bytes.NewReader(src))
	d.CharsetReader = charset
	elements, depth := 0, 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) && elements > 0 && depth == 0 {
			return nil
		}
		if err != nil {
			return asset.NewReadError(asset.ReasonCorrupt, "the drawing is no XML that can be read, or ends too early")
		}
		switch t := token.(type) {
		case xml.Directive:
			if d.Entity, err = entities(string(t), src); err != nil {
				return err
			}
		case xml.StartElement:
			elements, depth = elements+1, depth+1
			if elements > maxElements || depth > maxDepth {
				return asset.NewReadError(asset.ReasonTooComplex, fmt.Sprintf("more than %d elements, or %d one within another", maxElements, maxDepth))
			}
			if err := judge(t); err != nil {
				return err
			}
			if elements == 1 {
				if err := size(t, info); err != nil {
					return err
				}
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				return asset.NewReadError(asset.ReasonCorrupt, "the drawing ends an element that it did not begin")
			}
		}
	}
}

// judge refuses what would run if a browser showed it. Nothing here runs it; but whoever looks at the picture must not take the
// original for harmless.
func judge(t xml.StartElement) error {
	if strings.EqualFold(t.Name.Local, "script") {
		return asset.NewReadError(asset.ReasonUnsafe, "the drawing holds a script: take it out, and upload the drawing again")
	}
	for _, a := range t.Attr {
		if a.Name.Space == "" && strings.HasPrefix(strings.ToLower(a.Name.Local), "on") {
			return asset.NewReadError(asset.ReasonUnsafe, "the drawing holds a script in an attribute: take it out, and upload the drawing again")
		}
	}
	return nil
}

var (
	declaration = regexp.MustCompile(`<!ENTITY\s`)
	plainEntity = regexp.MustCompile(`^<!ENTITY\s+([A-Za-z_][\w.-]*)\s+(?:"([^"]*)"|'([^']*)')\s*>`)
	reference   = regexp.MustCompile(`&[^#]`)
)

// entities gives what a document type declares: texts only, none made of others or from elsewhere.
func entities(directive string, src []byte) (map[string]string, error) {
	directive = "<!" + directive + ">"
	declared := map[string]string{}
	longest := 0
	for _, at := range declaration.FindAllStringIndex(directive, -1) {
		m := plainEntity.FindStringSubmatch(directive[at[0]:])
		if m == nil {
			return nil, asset.NewReadError(asset.ReasonUnsafe, "the drawing declares an entity from elsewhere, or one for its declarations")
		}
		text := m[2] + m[3]
		if reference.MatchString(text) || strings.Contains(text, "%") || strings.Contains(text, "<") {
			return nil, asset.NewReadError(asset.ReasonUnsafe, "the drawing declares an entity made of others, or of elements")
		}
		declared[m[1]], longest = text, max(longest, len(text))
	}
	if bytes.Count(src, []byte("&"))*longest > maxExpanded {
		return nil, asset.NewReadError(asset.ReasonUnsafe, "the entities of the drawing would grow without bounds")
	}
	return declared, nil
}

// size reads how large the drawing wants to be.
func size(root xml.StartElement, info *rendition.Info) error {
	if root.Name.Local != "svg" {
		return asset.NewReadError(asset.ReasonNotAnImage, "the content is XML of another kind than a drawing")
	}
	var width, height float64
	box := []float64{0, 0, 0, 0}
	for _, a := range root.Attr {
		switch {
		case a.Name.Space != "":
		case a.Name.Local == "width":
			width = pixels(a.Value)
		case a.Name.Local == "height":
			height = pixels(a.Value)
		case a.Name.Local == "viewBox":
			for i, f := range strings.FieldsFunc(a.Value, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }) {
				if x, err := strconv.ParseFloat(f, 64); err == nil && i < len(box) && !math.IsNaN(x) {
					box[i] = x
				}
			}
		}
	}
	switch { // a side that is not said follows from the box
	case box[2] <= 0 || box[3] <= 0:
	case width == 0 && height == 0:
		width, height = box[2], box[3]
	case width == 0:
		width = height * box[2] / box[3]
	case height == 0:
		height = width * box[3] / box[2]
	}
	if max(width, height) > maxSide {
		return asset.NewReadError(asset.ReasonTooManyPixels, fmt.Sprintf("a drawing of %.0f x %.0f pixels, at most %d each way", width, height, maxSide))
	}
	if width > 0 && height > 0 {
		info.Width, info.Height = max(1, int(math.Round(width))), max(1, int(math.Round(height)))
	}
	return nil
}

// units in pixels of CSS.
var units = map[string]float64{"": 1, "px": 1, "pt": 96.0 / 72, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 9.6 / 2.54}

// pixels reads a length; 0 for one that is relative to something, or none.
func pixels(s string) float64 {
	s = strings.TrimSpace(s)
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyz%")
	unit, known := units[s[len(number):]]
	x, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || !(x > 0) {
		return 0
	}
	return x * unit
}

// charset reads the encodings of one byte that drawings are declared in; all others are refused.
func charset(label string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252":
		return charmap.Windows1252.NewDecoder().Reader(input), nil
	}
	return nil, fmt.Errorf("encoding %q", label)
}
