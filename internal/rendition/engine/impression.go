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
	img, err := base.Copy(nil)
	if err != nil {
		return rendition.Impression{}, fmt.Errorf("copy: %w", err)
	}
	defer img.Close()
	if err := lessen(img); err != nil {
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
	if img.Height() > img.Width() {
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

// lessen makes img small, as cheaply as can be: a BlurHash of so few components sees no more than 32 pixels.
func lessen(img *vips.Image) error {
	const edge = 32
	longest := func() int { return max(img.Width(), img.Height()) }
	// One pixel of each block is enough for the way to three times that size, and those alone are fetched; ...
	if by := longest() / (3 * edge); by > 1 {
		if err := img.Subsample(min(by, img.Width()), min(by, img.Height()), &vips.SubsampleOptions{Point: true}); err != nil {
			return fmt.Errorf("sample: %w", err)
		}
	}
	if img.HasAlpha() { // transparent parts have no say in the others
		g := rendition.Preset{Width: edge, Height: edge, Fit: rendition.Inside, Format: rendition.PNG}.Measure(img.Width(), img.Height(), nil)
		return resize(img, g.ResizeWidth, g.ResizeHeight)
	}
	// ... and the mean of blocks for the rest.
	if by := longest() / edge; by > 1 {
		if err := img.Shrink(min(float64(by), float64(img.Width())), min(float64(by), float64(img.Height())), nil); err != nil {
			return fmt.Errorf("shrink: %w", err)
		}
	}
	return nil
}
