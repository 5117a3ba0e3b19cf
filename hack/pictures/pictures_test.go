package pictures_test

import (
	"bytes"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"github.com/vitrine-dam/vitrine/hack/pictures"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// formats by the content type that a sample promises.
var formats = map[string]string{"image/jpeg": "jpeg", "image/png": "png", "image/webp": "webp", "image/tiff": "tiff"}

func TestSamples(t *testing.T) {
	names, kinds, types := map[string]bool{}, map[pictures.Kind]int{}, map[string]int{}
	for _, s := range pictures.Samples() {
		if names[s.Name] {
			t.Errorf("two samples are called %s", s.Name)
		}
		names[s.Name] = true
		kinds[s.Kind]++
		types[s.ContentType]++
		t.Run(s.Name, func(t *testing.T) {
			data, err := s.Data()
			if err != nil {
				t.Fatal(err)
			}
			keep(t, s.Name, data)
			if sniffed := rendition.Sniff(data).ContentType; rendition.IsDocument(s.ContentType) {
				if s.Kind != pictures.Good || sniffed != s.ContentType {
					t.Errorf("looks like %s", sniffed)
				}
				return // that it can be drawn its renditions prove
			}
			picture, format, err := image.Decode(bytes.NewReader(data))
			switch s.Kind {
			case pictures.Good:
				if err != nil || format != formats[s.ContentType] {
					t.Fatalf("decodes as %q, %v", format, err)
				}
				if long := max(picture.Bounds().Dx(), picture.Bounds().Dy()); long < 1600 || long > 3000 {
					t.Errorf("the long side has %d pixels", long)
				}
				if n := coloursOf(picture); n < 3 {
					t.Errorf("only %d colours: nothing was drawn", n)
				}
			case pictures.Corrupt:
				if _, _, err := image.DecodeConfig(bytes.NewReader(data)); err != nil {
					t.Errorf("the header is broken too: %v", err)
				}
				if err == nil {
					t.Error("a corrupt picture decodes")
				}
			case pictures.NotAnImage:
				if got := http.DetectContentType(data); got != "text/plain; charset=utf-8" {
					t.Errorf("looks like %s", got)
				}
			}
		})
	}
	if kinds[pictures.Good] < 24 || kinds[pictures.Corrupt] == 0 || kinds[pictures.NotAnImage] == 0 {
		t.Errorf("kinds: %v", kinds)
	}
	for _, contentType := range append(slices.Collect(maps.Keys(formats)), rendition.PDF, rendition.SVG) {
		if types[contentType] == 0 {
			t.Errorf("no sample is %s", contentType)
		}
	}
}

func TestSamplesAreTheSameEachTime(t *testing.T) {
	for _, s := range pictures.Samples()[6:8] {
		first, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s differs between two calls", s.Name)
		}
	}
}

// keep writes a sample into the folder that PICTURES_DIR names, for a look at them.
func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	dir := os.Getenv("PICTURES_DIR")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func coloursOf(picture image.Image) int {
	seen := map[[3]uint32]bool{}
	b := picture.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 40 {
		for x := b.Min.X; x < b.Max.X; x += 40 {
			r, g, b, _ := picture.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
		}
	}
	return len(seen)
}
