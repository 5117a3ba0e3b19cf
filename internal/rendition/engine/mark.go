package engine

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

// stampEdge bounds a stamp's width and, for an image, its height. Two thousand pixels are half of a picture 4000 wide; larger ones get a softer mark.
const stampEdge = 2048

// onePicture is the Progress of an order of one.
type onePicture struct {
	data []byte
	why  error
}

func (*onePicture) Decoded() {}

// Impressed implements rendition.Progress.
func (*onePicture) Impressed(rendition.Impression) {}

func (o *onePicture) Made(_ int, p rendition.Picture, why error) bool {
	o.data, o.why = p.Data, why
	return false
}

// StampImage makes an image file ready to be drawn on pictures. It is judged and decoded like any other original; an error is an
// *asset.ReadError or wraps rendition.ErrBlank.
func (e *Engine) StampImage(src []byte) (rendition.Stamp, error) {
	whole := []rendition.Preset{{Name: "stamp", Width: stampEdge, Height: stampEdge, Format: rendition.PNG}}
	info, err := e.Inspect(src, whole)
	if err != nil {
		return rendition.Stamp{}, err
	}
	var decoded onePicture
	if err := cmp.Or(e.Render(src, info, rendition.Order{Presets: whole}, &decoded), decoded.why); err != nil {
		return rendition.Stamp{}, err
	}
	img, err := png.Decode(bytes.NewReader(decoded.data))
	if err != nil {
		return rendition.Stamp{}, asset.NewReadError(asset.ReasonCorrupt, "the decoded watermark cannot be read")
	}
	flat := image.NewNRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(flat, flat.Bounds(), img, img.Bounds().Min, draw.Src)
	return stampOf(flat)
}

// markup takes the meaning away from signs that Pango would take for markup.
var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// StampText makes a text ready to be drawn: white letters with a dark edge, so that they are seen on any picture. A long text is
// broken into lines. Letters that no font of the system has are drawn as boxes with their number. An error wraps rendition.ErrBlank or is about libvips.
func (e *Engine) StampText(text string) (rendition.Stamp, error) {
	const (
		font = "sans bold 96" // 96 pixels high at 72 dots an inch
		line = 1800           // pixels; about 30 letters
		edge = 12             // room for the dark edge
	)
	letters, err := vips.NewText(markup.Replace(text), &vips.TextOptions{Font: font, Width: line, Dpi: 72, Align: vips.AlignCentre, Wrap: vips.TextWrapWordChar})
	if err != nil {
		return rendition.Stamp{}, fmt.Errorf("%w: %q has nothing to draw", rendition.ErrBlank, text)
	}
	defer letters.Close()
	if err := letters.Embed(edge, edge, letters.Width()+2*edge, letters.Height()+2*edge, nil); err != nil {
		return rendition.Stamp{}, fmt.Errorf("frame the text: %w", err)
	}
	white, err := grey(letters)
	if err != nil {
		return rendition.Stamp{}, err
	}
	if err := letters.Gaussblur(4, nil); err != nil {
		return rendition.Stamp{}, fmt.Errorf("make the dark edge: %w", err)
	}
	dark, err := grey(letters)
	if err != nil {
		return rendition.Stamp{}, err
	}
	flat := image.NewNRGBA(white.Bounds())
	for i := range white.Pix {
		// White over dark, and of the dark three times as much as the blur left.
		w, d := int(white.Pix[i]), min(255, 3*int(dark.Pix[i]))
		alpha := w + d*(255-w)/255
		shade := 0
		if alpha > 0 {
			shade = 255 * w / alpha
		}
		flat.Pix[4*i], flat.Pix[4*i+1], flat.Pix[4*i+2], flat.Pix[4*i+3] = uint8(shade), uint8(shade), uint8(shade), uint8(alpha)
	}
	return stampOf(flat)
}

// grey gives the pixels of an image with one band.
func grey(img *vips.Image) (*image.Gray, error) {
	data, err := img.PngsaveBuffer(nil)
	if err != nil {
		return nil, fmt.Errorf("read the text: %w", err)
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read the text: %w", err)
	}
	pixels := image.NewGray(image.Rectangle{Max: decoded.Bounds().Size()})
	draw.Draw(pixels, pixels.Bounds(), decoded, decoded.Bounds().Min, draw.Src)
	return pixels, nil
}

func stampOf(img *image.NRGBA) (rendition.Stamp, error) {
	const least = 16 // of 255: less opacity than that is not seen
	for at := 3; at < len(img.Pix); at += 4 {
		if img.Pix[at] >= least {
			size := img.Bounds().Size()
			return rendition.Stamp{Width: size.X, Height: size.Y, Pixels: img.Pix}, nil
		}
	}
	return rendition.Stamp{}, fmt.Errorf("%w: it is transparent throughout", rendition.ErrBlank)
}

// mark draws the watermark.
func mark(img *vips.Image, w *rendition.Watermark, stamp rendition.Stamp) error {
	if err := inColour(img); err != nil {
		return err
	}
	plain, err := vips.NewImageFromMemory(stamp.Pixels, stamp.Width, stamp.Height, 4)
	if err != nil {
		return fmt.Errorf("take the watermark: %w", err)
	}
	defer plain.Close()
	over, err := plain.Copy(&vips.CopyOptions{Interpretation: vips.InterpretationSrgb})
	if err != nil {
		return fmt.Errorf("take the watermark: %w", err)
	}
	defer over.Close()
	place := w.Put(stamp.Width, stamp.Height, img.Width(), img.Height())
	if err := resize(over, place.Width, place.Height); err != nil {
		return err
	}
	if err := over.Linear([]float64{1, 1, 1, float64(w.Opacity) / 100}, []float64{0, 0, 0, 0}, nil); err != nil {
		return fmt.Errorf("let the picture through: %w", err)
	}
	if err := bytesOf(over); err != nil {
		return err
	}
	if w.Position == rendition.Tile {
		if err := tile(over, img.Width(), img.Height()); err != nil {
			return err
		}
		place.Left, place.Top = 0, 0
	}
	opaque := !img.HasAlpha()
	if err := img.Composite2(over, vips.BlendModeOver, &vips.Composite2Options{X: place.Left, Y: place.Top}); err != nil {
		return fmt.Errorf("draw the watermark: %w", err)
	}
	if opaque {
		if err := img.ExtractBand(0, &vips.ExtractBandOptions{N: 3}); err != nil {
			return fmt.Errorf("draw the watermark: %w", err)
		}
	}
	return bytesOf(img)
}

// tile repeats the watermark over width × height, with room of half its size between.
func tile(over *vips.Image, width, height int) error {
	w, h := over.Width()+(over.Width()+1)/2, over.Height()+max(over.Height(), over.Width()/8)
	err := over.Embed((w-over.Width())/2, (h-over.Height())/2, w, h, nil)
	if err == nil {
		err = over.Replicate((width+w-1)/w, (height+h-1)/h)
	}
	if err == nil {
		err = over.ExtractArea(0, 0, width, height)
	}
	if err != nil {
		return fmt.Errorf("repeat the watermark: %w", err)
	}
	return nil
}
