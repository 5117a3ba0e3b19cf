package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/credit"
	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

// ErrNoStamp says that a watermark was not made ready: nothing is rendered then, since a picture without it must not come to be.
var ErrNoStamp = errors.New("the watermark is missing")

// Render makes a picture for each of the order's presets from the file in src, which Inspect has passed for these presets as info, and
// tells progress of each as soon as it is done: page by page, and of a page in the order of rendition.Order.Sequence. An error is an
// *asset.ReadError when the file is to blame, and wraps ErrNoStamp when the order lacks a stamp; what was told is void
// then: a file that cannot be decoded to its end gives no pictures.
//
// Data that ends early or is damaged is an error even where a decoder would go on with grey: half a picture must not pass for one.
func (e *Engine) Render(src []byte, info rendition.Info, order rendition.Order, progress rendition.Progress) error {
	for _, p := range order.Presets {
		if p.Watermark == nil {
			continue
		}
		if stamp, ok := order.Stamps[p.Watermark.Content()]; !ok || len(stamp.Pixels) == 0 || len(stamp.Pixels) != 4*stamp.Width*stamp.Height {
			return fmt.Errorf("preset %q: %w", p.Name, ErrNoStamp)
		}
	}
	kept := keep(order.Presets, func() credit.Credit { return credit.Read(info.ContentType, src) })
	unpin := pin(src)
	defer unpin()
	for n, page := range order.Pages(info) {
		on, err := renderPage(src, page, n == 0, info, order, kept, progress)
		if err != nil || !on {
			return err
		}
	}
	return nil
}

// keep reads what presets keep of an original, once for all of them, and not at all where none does.
func keep(presets []rendition.Preset, read func() credit.Credit) credit.Credit {
	if slices.ContainsFunc(presets, func(p rendition.Preset) bool { return p.Strip == rendition.KeepCopyright }) {
		return read()
	}
	return credit.Credit{}
}

// renderPage makes those of the order's pictures that are of one page, with one decode. That is done first and to its end, so that
// what goes wrong after it is no fault of the file.
func renderPage(src []byte, page int, first bool, info rendition.Info, order rendition.Order, kept credit.Credit, progress rendition.Progress) (on bool, err error) {
	_, header := info.PageFor(rendition.Preset{Page: page})
	width, height := order.Base(page, info)
	base, err := decode(src, page, header, width, height)
	if err == nil {
		defer base.Close()
		err = drawWhole(base)
	}
	if err != nil {
		return false, asset.NewReadError(asset.ReasonCorrupt, "decoding as "+info.ContentType+" failed; the data is damaged or ends too early")
	}
	progress.Decoded()
	if first {
		if impression, err := impress(base); err == nil { // pictures do without
			progress.Impressed(impression)
		}
	}
	for _, i := range order.Sequence(page, info) {
		p := order.Presets[i].Defaulted()
		g := p.Measure(header.Width, header.Height, order.Focus)
		var stamp rendition.Stamp
		if p.Watermark != nil {
			stamp = order.Stamps[p.Watermark.Content()]
		}
		data, why := derive(base, p, g, stamp, kept)
		if !progress.Made(i, rendition.Picture{Data: data, Width: g.Width, Height: g.Height}, why) {
			return false, nil
		}
	}
	return true, nil
}

// cuts tells whether some of the resized picture is cut off.
func cuts(g rendition.Geometry) bool {
	return g.Width < g.ResizeWidth || g.Height < g.ResizeHeight
}

// decode gives the upright picture in 8-bit sRGB, bare of metadata, at width × height, the size of the largest rendition,
// shrinking while it loads where the format can. The first use decodes; the tiles are then kept, so that every further use costs
// no decode.
func decode(src []byte, page int, info rendition.Info, width, height int) (*vips.Image, error) {
	options := &vips.ThumbnailBufferOptions{Height: height, Size: vips.SizeForce, Intent: vips.IntentRelative}
	// As an option of the loader: libvips 8.14.1 takes the thumbnailer's own FailOn and does not obey it.
	options.OptionString = "fail_on=error"
	if page > 1 { // the others have no such option
		options.OptionString += fmt.Sprintf(",page=%d", page-1)
	}
	// Only what is tagged, or is ink, goes through colour management: untagged RGB is sRGB by custom, and converting it to itself moves
	// a pure blue by 85 of 255.
	if info.Profile || info.ColourSpace == "CMYK" {
		options.ExportProfile = "srgb"
	}
	img, err := vips.NewThumbnailBuffer(src, width, options)
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	defer img.Close()
	if i := img.Interpretation(); i != vips.InterpretationSrgb && i != vips.InterpretationBW {
		if err := img.Colourspace(vips.InterpretationSrgb, nil); err != nil {
			return nil, fmt.Errorf("convert to sRGB: %w", err)
		}
	}
	if img.BandFormat() != vips.BandFormatUchar {
		if err := img.Cast(vips.BandFormatUchar, nil); err != nil {
			return nil, fmt.Errorf("convert to 8 bits: %w", err)
		}
	}
	if err := strip(img); err != nil {
		return nil, fmt.Errorf("strip: %w", err)
	}
	const tile = 128
	tiles := (width/tile + 1) * (height/tile + 1)
	cached, err := img.Tilecache(&vips.TilecacheOptions{TileWidth: tile, TileHeight: tile, MaxTiles: tiles, Access: vips.AccessRandom, Persistent: true})
	if err != nil {
		return nil, fmt.Errorf("keep the decoded picture: %w", err)
	}
	return cached, nil
}

// drawWhole has all of a picture drawn into its cache, from top to bottom: decoders that read a file once cannot go back.
func drawWhole(base *vips.Image) error {
	one, err := base.Copy(nil)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer one.Close()
	if err := one.ExtractBand(0, nil); err != nil { // all of them are drawn, and one is looked at
		return fmt.Errorf("take a band: %w", err)
	}
	_, err = one.Avg()
	return err //nolint:wrapcheck // it is not told
}

// strip takes everything but the pixels away: EXIF with its GPS, XMP, IPTC, comments, the profile, which the pixels no longer
// need, and the orientation, which they have obeyed. It is not left to the savers' own option: that of WebP in libvips
// 8.14.1 has no effect. A profile that stayed would also be applied again by the next resize.
func strip(img *vips.Image) error {
	if err := img.RemoveExif(); err != nil { // all fields but the two below
		return err
	}
	if err := img.RemoveICCProfile(); err != nil {
		return err
	}
	return img.RemoveOrientation()
}

// derive makes one rendition out of the decoded picture.
func derive(base *vips.Image, p rendition.Preset, g rendition.Geometry, stamp rendition.Stamp, kept credit.Credit) ([]byte, error) {
	img, err := base.Copy(nil)
	if err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	defer img.Close()
	if err := resize(img, g.ResizeWidth, g.ResizeHeight); err != nil {
		return nil, err
	}
	if err := cut(img, p, g); err != nil {
		return nil, err
	}
	if err := sharpen(img, p.Sharpen); err != nil {
		return nil, err
	}
	if err := flatten(img, p); err != nil {
		return nil, err
	}
	if p.Watermark != nil {
		unpin := pin(stamp.Pixels)
		defer unpin()
		// Before the padding: on that, a mark could be cut away without loss.
		if err := mark(img, p.Watermark, stamp); err != nil {
			return nil, err
		}
	}
	if err := pad(img, p, g); err != nil {
		return nil, err
	}
	return encode(img, p, kept)
}

// cut takes the window of g, or for Attention one of its size, out of the resized picture. For Pad nothing is cut.
func cut(img *vips.Image, p rendition.Preset, g rendition.Geometry) error {
	switch {
	case !cuts(g):
		return nil
	case p.Position == rendition.Attention:
		if err := img.Smartcrop(g.Width, g.Height, &vips.SmartcropOptions{Interesting: vips.InterestingAttention}); err != nil {
			return fmt.Errorf("look for what catches the eye: %w", err)
		}
		return nil
	}
	if err := img.ExtractArea(g.Left, g.Top, g.Width, g.Height); err != nil {
		return fmt.Errorf("crop: %w", err)
	}
	return nil
}

// sharpen draws edges out. Flat areas are left alone, so that noise stays what it is.
func sharpen(img *vips.Image, how rendition.Sharpening) error {
	options := vips.DefaultSharpenOptions()
	switch how {
	case rendition.SharpenLight:
		options.Sigma, options.M2 = 0.5, 1.5
	case rendition.SharpenStrong:
		options.Sigma, options.M2, options.Y2, options.Y3 = 1, 4, 15, 25
	case rendition.SharpenNone, "":
		return nil
	default:
		return fmt.Errorf("sharpening %q is unknown", how)
	}
	if err := img.Sharpen(options); err != nil {
		return fmt.Errorf("sharpen: %w", err)
	}
	return bytesOf(img)
}

// flatten puts the background behind transparent parts.
func flatten(img *vips.Image, p rendition.Preset) error {
	if !img.HasAlpha() || p.Background == "" && p.Format != rendition.JPEG { // JPEG has no transparency; paper is white
		return nil
	}
	if err := inColour(img); err != nil {
		return err
	}
	if err := img.Flatten(&vips.FlattenOptions{Background: background(p), MaxAlpha: 255}); err != nil {
		return fmt.Errorf("flatten: %w", err)
	}
	return nil
}

// pad puts the background around the picture.
func pad(img *vips.Image, p rendition.Preset, g rendition.Geometry) error {
	if p.Fit != rendition.Pad || g.Width == g.ResizeWidth && g.Height == g.ResizeHeight {
		return nil
	}
	if err := inColour(img); err != nil {
		return err
	}
	colour := background(p)
	if img.HasAlpha() {
		colour = append(colour, 255)
	}
	if err := img.Embed(-g.Left, -g.Top, g.Width, g.Height, &vips.EmbedOptions{Extend: vips.ExtendBackground, Background: colour}); err != nil {
		return fmt.Errorf("pad: %w", err)
	}
	return nil
}

func background(p rendition.Preset) []float64 {
	red, green, blue := p.Box()
	return []float64{float64(red), float64(green), float64(blue)}
}

// inColour gives grey pictures three colours, so that colour can be put to them.
func inColour(img *vips.Image) error {
	if img.Interpretation() == vips.InterpretationSrgb {
		return nil
	}
	if err := img.Colourspace(vips.InterpretationSrgb, nil); err != nil {
		return fmt.Errorf("convert to sRGB: %w", err)
	}
	return bytesOf(img)
}

// bytesOf gives img 8 bits a sample.
func bytesOf(img *vips.Image) error {
	if img.BandFormat() == vips.BandFormatUchar {
		return nil
	}
	if err := img.Cast(vips.BandFormatUchar, nil); err != nil {
		return fmt.Errorf("convert to 8 bits: %w", err)
	}
	return nil
}

// resize makes img width × height, in steps of at most a half: libvips has fast code for those, and one step by a quarter takes five
// times as long as two by a half. All but the last half are by a filter that is cheaper, which nobody sees behind the last one.
func resize(img *vips.Image, width, height int) error {
	for img.Width() >= 4*width && img.Height() >= 4*height && !img.HasAlpha() { // transparent parts would have a say in the others
		if err := img.Resize(0.5, &vips.ResizeOptions{Kernel: vips.KernelLinear, Vscale: 0.5, Gap: 0}); err != nil {
			return fmt.Errorf("halve: %w", err)
		}
	}
	for img.Width() != width || img.Height() != height {
		w, h := max(width, (img.Width()+1)/2), max(height, (img.Height()+1)/2)
		err := img.ThumbnailImage(w, &vips.ThumbnailImageOptions{Height: h, Size: vips.SizeForce, NoRotate: true, Intent: vips.IntentRelative})
		if err != nil {
			return fmt.Errorf("resize: %w", err)
		}
		if img.Width() != w || img.Height() != h {
			return fmt.Errorf("resize: got %d x %d, want %d x %d", img.Width(), img.Height(), w, h)
		}
	}
	return nil
}

// encode writes the finished picture without any metadata but what is kept, if the preset keeps that.
func encode(img *vips.Image, p rendition.Preset, kept credit.Credit) (data []byte, err error) {
	var block []byte
	if p.Strip == rendition.KeepCopyright {
		block = kept.Block()
	}
	effort := p.EncoderEffort(img.Width() * img.Height())
	switch p.Format {
	case rendition.JPEG:
		data, err = img.JpegsaveBuffer(&vips.JpegsaveBufferOptions{Q: p.Quality, OptimizeCoding: effort > 0, Interlace: effort > 0, Strip: true})
		if err == nil {
			data, err = signJPEG(data, block)
		}
	case rendition.PNG:
		data, err = img.PngsaveBuffer(&vips.PngsaveBufferOptions{Compression: effort, Filter: vips.PngFilterAll, Strip: true})
		if err == nil {
			data, err = signPNG(data, block)
		}
	case rendition.WebP:
		data, err = img.WebpsaveBuffer(&vips.WebpsaveBufferOptions{Q: p.Quality, AlphaQ: 100, Effort: effort, Strip: block == nil})
		if err == nil {
			data, err = bareWebP(data, block)
		}
	case rendition.AVIF:
		if block != nil {
			img.SetString(exifCopyright, placeholder(block))
		}
		data, err = img.HeifsaveBuffer(&vips.HeifsaveBufferOptions{Q: p.Quality, Bitdepth: 8, Compression: vips.HeifCompressionAv1, Effort: effort, Strip: block == nil})
		if err == nil {
			data, err = signAVIF(data, block)
		}
	default:
		return nil, fmt.Errorf("format %q is unknown", p.Format)
	}
	if err != nil {
		return nil, fmt.Errorf("encode as %s: %w", p.Format, err)
	}
	return data, nil
}
