// Package pictures draws the sample pictures of the demo and of the suites: the press kit
// of a product launch, made of gradients and shapes, the same bytes each time, without
// network and without anything but Go.
package pictures

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"github.com/HugoSmits86/nativewebp"
	"golang.org/x/image/tiff"
)

// Kind says what a sample is to an image library.
type Kind int

// The kinds of samples.
const (
	// Good samples decode.
	Good Kind = iota
	// Corrupt samples begin like a picture and break off or turn into noise.
	Corrupt
	// NotAnImage samples are something else under a picture's name.
	NotAnImage
)

// String names the kind.
func (k Kind) String() string { return [...]string{"good", "corrupt", "not an image"}[k] }

// Sample is one file.
type Sample struct {
	// Name is a file name, unique among the samples. Its first part, up to the hyphen,
	// names what it shows: hero, raw, product, team, logo, pattern, embargo.
	Name string
	// ContentType is what the name promises, true or not.
	ContentType string
	// Kind says whether the promise is kept.
	Kind Kind
	// Data makes the file's bytes, anew at each call.
	Data func() ([]byte, error)
}

// Samples lists all samples, always in the same order. Nothing is drawn before Data is
// called.
func Samples() []Sample {
	return []Sample{
		// What the campaign picks: wide landscapes with the product's mood.
		jpg("hero-dawn.jpg", 88, landscape(2400, 1350, dawn)),
		jpg("hero-lake.jpg", 88, landscape(2400, 1350, lake)),
		jpg("hero-dusk.jpg", 88, landscape(2400, 1350, dusk)),
		jpg("hero-night.jpg", 88, landscape(2100, 1400, night)),
		jpg("hero-lantern.jpg", 90, still(2400, 1350, stillHero)),
		jpg("hero-title.jpg", 90, titled(2400, 1350, dusk, "Lantern One")),

		// What the photographer delivers.
		jpg("raw-0001.jpg", 80, landscape(1800, 1200, meadow)),
		jpg("raw-0002.jpg", 80, landscape(1800, 1200, fog)),
		jpg("raw-0003.jpg", 80, landscape(3000, 1600, desert)),
		withEXIF(jpg("raw-0004-upright.jpg", 82, sideways(landscape(1200, 1800, pines))), exif{orientation: 6}),
		withEXIF(jpg("raw-0005-located.jpg", 82, landscape(1800, 1200, lake)), exif{orientation: 1, gps: &position{47.0502, 8.3093}}),
		broken(jpg("raw-0006-broken.jpg", 80, landscape(1600, 1067, desert))),
		notes("raw-0007-notes.jpg"),

		// What the press gets.
		jpg("product-front.jpg", 90, still(1600, 2000, stillFront)),
		jpg("product-pair.jpg", 90, still(2000, 1500, stillPair)),
		jpg("product-family.jpg", 90, still(2200, 1400, stillFamily)),
		pngFile("product-top.png", fromAbove(1600, 1600)),
		tiffFile("product-print.tiff", still(1600, 1200, stillPrint)),
		webp("team-alma.webp", portrait(alma)),
		webp("team-bo.webp", portrait(bo)),
		webp("team-chidi.webp", portrait(chidi)),
		jpg("team-dana.jpg", 90, portrait(dana)),
		pngFile("logo.png", logo(1600, 640, ink)),
		pngFile("logo-white.png", logo(1600, 640, paper)),
		outline("logo-outline.svg"),
		sheet("product-sheet.pdf"),

		// What the brand library keeps.
		pngFile("pattern-warm.png", pattern(1600, 1200, warm, 7)),
		webp("pattern-cool.webp", pattern(1600, 1200, cool, 11)),
		tiffFile("pattern-mono.tiff", pattern(1800, 1200, mono, 13)),
		jpg("pattern-all.jpg", 85, pattern(2000, 1500, append(append([]rgb{}, warm...), cool...), 17)),

		// What nobody may see before the day.
		jpg("embargo-next.jpg", 90, still(1800, 1200, stillNext)),
		pngFile("embargo-sketch.png", sketch(1600, 1100)),
	}
}

// scene draws a picture.
type scene func() image.Image

func jpg(name string, quality int, s scene) Sample {
	return Sample{name, "image/jpeg", Good, func() ([]byte, error) {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, s(), &jpeg.Options{Quality: quality}); err != nil {
			return nil, fmt.Errorf("encoding %s: %w", name, err)
		}
		return b.Bytes(), nil
	}}
}

func pngFile(name string, s scene) Sample {
	return Sample{name, "image/png", Good, func() ([]byte, error) {
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, s()); err != nil {
			return nil, fmt.Errorf("encoding %s: %w", name, err)
		}
		return b.Bytes(), nil
	}}
}

func webp(name string, s scene) Sample {
	return Sample{name, "image/webp", Good, func() ([]byte, error) {
		var b bytes.Buffer
		if err := nativewebp.Encode(&b, s(), nil); err != nil {
			return nil, fmt.Errorf("encoding %s: %w", name, err)
		}
		return b.Bytes(), nil
	}}
}

func tiffFile(name string, s scene) Sample {
	return Sample{name, "image/tiff", Good, func() ([]byte, error) {
		var b bytes.Buffer
		if err := tiff.Encode(&b, s(), &tiff.Options{Compression: tiff.Deflate, Predictor: true}); err != nil {
			return nil, fmt.Errorf("encoding %s: %w", name, err)
		}
		return b.Bytes(), nil
	}}
}

// withEXIF puts an EXIF segment into a JPEG.
func withEXIF(s Sample, e exif) Sample {
	plain := s.Data
	s.Data = func() ([]byte, error) {
		data, err := plain()
		if err != nil {
			return nil, err
		}
		return e.insert(data), nil
	}
	return s
}

// broken is a picture whose transfer went wrong: the size in its header is right, the
// tables behind it are noise, and the end is missing.
func broken(s Sample) Sample {
	plain := s.Data
	s.Kind = Corrupt
	s.Data = func() ([]byte, error) {
		data, err := plain()
		if err != nil {
			return nil, err
		}
		data = data[:len(data)/3]
		tables := bytes.Index(data, []byte{0xff, 0xc4}) // of Huffman codes, without which nothing can be read
		for i := range 64 {
			data[tables+5+i] = byte(251 - 3*i)
		}
		return data, nil
	}
	return s
}

// notes is a text file that somebody gave a picture's name.
func notes(name string) Sample {
	return Sample{name, "image/jpeg", NotAnImage, func() ([]byte, error) {
		return []byte("Shot list\n\n1. Ridge at dawn, lantern lit\n2. Lake, long exposure\n3. Pack shot on stone\n"), nil
	}}
}

// sideways turns a picture a quarter to the left, as a camera held upright stores it:
// with orientation 6 it is shown upright again.
func sideways(s scene) scene {
	return func() image.Image {
		upright := s()
		b := upright.Bounds()
		turned := image.NewRGBA(image.Rect(0, 0, b.Dy(), b.Dx()))
		for y := range b.Dy() {
			for x := range b.Dx() {
				turned.Set(y, b.Dx()-1-x, upright.At(x, y))
			}
		}
		return turned
	}
}
