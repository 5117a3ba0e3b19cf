package engine

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

// What a file says about itself is found in every format that carries it, and its position never is.
// features: D12
func TestInspectReadsWhatTheFileSays(t *testing.T) {
	e := start(t)
	jpg := specimen.WithEXIF(specimen.JPEG(specimen.Scene(64, 48)), specimen.EXIF{Orientation: 1, Artist: "EXIF artist", Copyright: "© Acme", GPS: true})
	jpg = specimen.WithIPTC(jpg, "IIM artist", "© Daily")
	jpg = specimen.WithXMP(jpg, `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description `+
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,51.4N">`+
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">XMP title</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`)
	img, err := vips.NewImageFromBuffer(jpg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	saved := func(data []byte, err error) []byte {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
		return data
	}
	all := &asset.Embedded{Title: "XMP title", Creators: []string{"IIM artist"}, CopyrightNotice: "© Daily"}
	withoutIIM := &asset.Embedded{Title: "XMP title", Creators: []string{"EXIF artist"}, CopyrightNotice: "© Acme"}
	for kind, c := range map[string]struct {
		src  []byte
		want *asset.Embedded
	}{
		"JPEG":           {jpg, all},
		"PNG":            {saved(img.PngsaveBuffer(nil)), withoutIIM},
		"WebP":           {saved(img.WebpsaveBuffer(nil)), withoutIIM},
		"AVIF":           {saved(img.HeifsaveBuffer(&vips.HeifsaveBufferOptions{Compression: vips.HeifCompressionAv1, Bitdepth: 8})), withoutIIM},
		"TIFF":           {saved(img.TiffsaveBuffer(nil)), &asset.Embedded{Title: "XMP title"}},
		"a TIFF of none": {specimen.TIFF(specimen.Scene(8, 8)), nil},
		"a JPEG of none": {specimen.JPEG(specimen.Scene(8, 8)), nil},
	} {
		info, err := e.Inspect(c.src, nil)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if diff := cmp.Diff(c.want, info.Embedded); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
		said, err := json.Marshal(info)
		if err != nil || strings.Contains(string(said), "GPS") || bytes.Contains(said, []byte("48,51")) {
			t.Errorf("%s: %s %v", kind, said, err)
		}
	}
}
