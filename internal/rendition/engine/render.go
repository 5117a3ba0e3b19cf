package engine

import (
	"fmt"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

// Render makes a picture for each of presets, in their order, from the file in src, which Inspect has passed as info. An
// error is always an *asset.ReadError, and the pictures are then nil: a file that cannot be decoded to its end gives none.
//
// Data that ends early or is damaged is an error even where a decoder would go on with grey: half a picture must not pass for one.
func (e *Engine) Render(src []byte, info rendition.Info, presets []rendition.Preset) ([]rendition.Picture, error) {
	if len(presets) == 0 {
		return nil, nil
	}
	unpin := pin(src)
	defer unpin()
	geometries := make([]rendition.Geometry, len(presets))
	width, height := 1, 1
	for i, p := range presets {
		geometries[i] = p.Measure(info.Width, info.Height)
		width, height = max(width, geometries[i].ResizeWidth), max(height, geometries[i].ResizeHeight)
	}
	base, err := decode(src, info, width, height)
	if err != nil {
		return nil, asset.NewReadError(asset.ReasonCorrupt, "decoding as "+info.ContentType+" failed; the data is damaged or ends too early")
	}
	defer base.Close()
	pictures := make([]rendition.Picture, len(presets))
	order := bySize(geometries)
	if first := geometries[order[0]]; first.Width != first.ResizeWidth || first.Height != first.ResizeHeight {
		// A crop would take its part only, and a decoder that reads a file once cannot go back for the rest.
		if _, err := base.Avg(); err != nil {
			return nil, asset.NewReadError(asset.ReasonCorrupt, "decoding as "+info.ContentType+" failed; the data is damaged or ends too early")
		}
	}
	for _, i := range order {
		p, g := presets[i].Defaulted(), geometries[i]
		data, err := derive(base, p, g)
		if err != nil {
			return nil, asset.NewReadError(asset.ReasonCorrupt, fmt.Sprintf("decoding as %s or making preset %q failed; the data is damaged or ends too early", info.ContentType, p.Name))
		}
		pictures[i] = rendition.Picture{Data: data, Width: g.Width, Height: g.Height}
	}
	return pictures, nil
}

// bySize gives the indices with the largest picture first: unless it is cropped, it draws the whole decode through the cache, in order.
func bySize(gs []rendition.Geometry) []int {
	order := make([]int, len(gs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return gs[b].ResizeWidth*gs[b].ResizeHeight - gs[a].ResizeWidth*gs[a].ResizeHeight
	})
	return order
}

// decode gives the upright picture in 8-bit sRGB, bare of metadata, at width × height, the size of the largest rendition,
// shrinking while it loads where the format can. The first use decodes; the tiles are then kept, so that every further use costs
// no decode.
func decode(src []byte, info rendition.Info, width, height int) (*vips.Image, error) {
	options := &vips.ThumbnailBufferOptions{Height: height, Size: vips.SizeForce, Intent: vips.IntentRelative}
	// As an option of the loader: libvips 8.14.1 takes the thumbnailer's own FailOn and does not obey it.
	options.OptionString = "fail_on=error"
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
func derive(base *vips.Image, p rendition.Preset, g rendition.Geometry) ([]byte, error) {
	img, err := base.Copy(nil)
	if err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	defer img.Close()
	if err := resize(img, g.ResizeWidth, g.ResizeHeight); err != nil {
		return nil, err
	}
	if g.Width != g.ResizeWidth || g.Height != g.ResizeHeight {
		if err := img.ExtractArea((g.ResizeWidth-g.Width)/2, (g.ResizeHeight-g.Height)/2, g.Width, g.Height); err != nil {
			return nil, fmt.Errorf("crop: %w", err)
		}
	}
	return encode(img, p)
}

// resize makes img width × height, in steps of at most a half: libvips has fast code for those, and one step by a quarter takes five
// times as long as two by a half.
func resize(img *vips.Image, width, height int) error {
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

// encode writes the finished picture without any metadata.
func encode(img *vips.Image, p rendition.Preset) (data []byte, err error) {
	switch p.Format {
	case rendition.JPEG:
		if img.HasAlpha() { // JPEG has no transparency; paper is white
			if err := img.Flatten(&vips.FlattenOptions{Background: []float64{255, 255, 255}, MaxAlpha: 255}); err != nil {
				return nil, fmt.Errorf("flatten: %w", err)
			}
		}
		data, err = img.JpegsaveBuffer(&vips.JpegsaveBufferOptions{Q: p.Quality, OptimizeCoding: true, Interlace: true, Strip: true})
	case rendition.PNG:
		data, err = img.PngsaveBuffer(&vips.PngsaveBufferOptions{Compression: 6, Filter: vips.PngFilterAll, Strip: true})
	case rendition.WebP:
		data, err = img.WebpsaveBuffer(&vips.WebpsaveBufferOptions{Q: p.Quality, AlphaQ: 100, Effort: 4, Strip: true})
		if err == nil {
			data, err = bareWebP(data)
		}
	case rendition.AVIF:
		data, err = img.HeifsaveBuffer(&vips.HeifsaveBufferOptions{Q: p.Quality, Bitdepth: 8, Compression: vips.HeifCompressionAv1, Effort: 4, Strip: true})
	default:
		return nil, fmt.Errorf("format %q is unknown", p.Format)
	}
	if err != nil {
		return nil, fmt.Errorf("encode as %s: %w", p.Format, err)
	}
	return data, nil
}
