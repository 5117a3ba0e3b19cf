package engine

import (
	"bytes"
	"fmt"
	"image/png"

	"github.com/bbrks/go-blurhash"
	"github.com/bbrks/go-blurhash/base83"

	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

// impress gives the impression of the decoded picture, on white where it is transparent.
func impress(base *vips.Image) (rendition.Impression, error) {
	const edge = 32 // a BlurHash of so few components sees no more
	img, err := base.Copy(nil)
	if err != nil {
		return rendition.Impression{}, fmt.Errorf("copy: %w", err)
	}
	defer img.Close()
	g := rendition.Preset{Width: edge, Height: edge, Fit: rendition.Inside, Format: rendition.PNG}.Measure(img.Width(), img.Height(), nil)
	if err := resize(img, g.ResizeWidth, g.ResizeHeight); err != nil {
		return rendition.Impression{}, err
	}
	if err := flatten(img, rendition.Preset{Format: rendition.JPEG}); err != nil {
		return rendition.Impression{}, err
	}
	data, err := img.PngsaveBuffer(nil)
	if err != nil {
		return rendition.Impression{}, fmt.Errorf("read the pixels: %w", err)
	}
	pixels, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return rendition.Impression{}, fmt.Errorf("read the pixels: %w", err)
	}
	across, down := 4, 3
	if g.Height > g.Width {
		across, down = down, across
	}
	hash, err := blurhash.Encode(across, down, pixels)
	if err != nil {
		return rendition.Impression{}, fmt.Errorf("make the placeholder: %w", err)
	}
	average, err := base83.Decode(hash[2:6]) // the first component: 24 bits of sRGB
	if err != nil {
		return rendition.Impression{}, fmt.Errorf("make the placeholder: %w", err)
	}
	return rendition.Impression{BlurHash: hash, Colour: fmt.Sprintf("#%06x", average)}, nil
}
