package engine

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

// loaders names the one loader that may open each allowed type. When libvips would choose another for the same bytes, the file
// is two things at once and stays closed.
var loaders = map[string]string{
	"image/jpeg": "jpegload",
	"image/png":  "pngload",
	"image/gif":  "gifload",
	"image/webp": "webpload",
	"image/tiff": "tiffload",
	"image/heic": "heifload",
	"image/heif": "heifload",
	"image/avif": "heifload",
}

// Inspect reads the header of the file in src and judges it, and likewise those of the further pages that presets ask for. An
// error is always an *asset.ReadError; Info is then filled as far as it was understood. Nothing is decoded.
//
// The messages are our own words: libvips keeps one error text for the whole process, so under parallel work its text may be
// about somebody else's picture.
func (e *Engine) Inspect(src []byte, presets []rendition.Preset) (rendition.Info, error) {
	kind := rendition.Sniff(src)
	switch {
	case kind.Decodable:
	case kind.Picture:
		return rendition.Info{ContentType: kind.ContentType}, asset.NewReadError(asset.ReasonUnsupported, "files of type "+kind.ContentType+" are not decoded")
	default:
		return rendition.Info{ContentType: kind.ContentType}, asset.NewReadError(asset.ReasonNotAnImage, "the content is "+kind.ContentType)
	}
	unpin := pin(src)
	defer unpin()
	info, err := e.header(src, kind.ContentType, 1)
	if err != nil {
		return info, err
	}
	for _, p := range presets {
		n, _ := info.PageFor(p)
		if _, known := info.Pages[n]; n == 1 || known {
			continue
		}
		page, err := e.header(src, kind.ContentType, n)
		if err != nil {
			return info, err
		}
		if info.Pages == nil {
			info.Pages = map[int]rendition.Info{}
		}
		info.Pages[n] = page
		info.DecodeBytes = max(info.DecodeBytes, page.DecodeBytes) // one page after the other
	}
	return info, nil
}

// header reads and judges the header of one page.
func (e *Engine) header(src []byte, contentType string, page int) (rendition.Info, error) {
	info := rendition.Info{ContentType: contentType}
	options := vips.DefaultLoadOptions()
	options.Page = page - 1
	img, err := vips.NewImageFromBuffer(src, options)
	if err != nil {
		return info, asset.NewReadError(asset.ReasonCorrupt, "the header cannot be read as "+contentType)
	}
	defer img.Close()
	loader, err := img.GetString("vips-loader")
	if err != nil || strings.TrimSuffix(loader, "_buffer") != loaders[contentType] {
		return info, asset.NewReadError(asset.ReasonCorrupt, "the file begins as "+contentType+" and reads as something else")
	}
	info.Width, info.Height = img.Width(), img.Height()
	info.Orientation = orientation(img)
	if info.Orientation >= 5 { // the four that turn by a quarter
		info.Width, info.Height = info.Height, info.Width
	}
	info.ColourSpace = colourSpace(img.Interpretation())
	info.Profile = img.HasICCProfile()
	info.Frames = max(1, img.Pages())
	info.DecodeBytes = decodeBytes(img, contentType)
	if page == 1 {
		info.Embedded = said(img, contentType, src)
	}
	if px := int64(info.Width) * int64(info.Height); px > e.limits.MaxPixels {
		return info, asset.NewReadError(asset.ReasonTooManyPixels, fmt.Sprintf("%d x %d pixels, at most %d megapixels", info.Width, info.Height, e.limits.MaxPixels/1_000_000))
	}
	if info.Frames > e.limits.MaxFrames {
		return info, asset.NewReadError(asset.ReasonTooManyFrames, fmt.Sprintf("%d frames or pages, at most %d", info.Frames, e.limits.MaxFrames))
	}
	return info, nil
}

// pin keeps src where it is while libvips, which reads lazily, holds a pointer to it.
func pin(src []byte) (unpin func()) {
	var p runtime.Pinner
	if len(src) > 0 {
		p.Pin(&src[0])
	}
	return p.Unpin
}

func orientation(img *vips.Image) int {
	// HEIF and AVIF carry rotation in the container and the loader applies it; the EXIF value beside it must not turn the
	// picture again. The loader knows and gives 1.
	if o := img.Orientation(); o >= 1 && o <= 8 {
		return o
	}
	return 1
}

func colourSpace(i vips.Interpretation) string {
	switch i { //nolint:exhaustive // the rest is Other
	case vips.InterpretationSrgb, vips.InterpretationRgb:
		return "sRGB"
	case vips.InterpretationBW:
		return "Grey"
	case vips.InterpretationCmyk:
		return "CMYK"
	case vips.InterpretationRgb16:
		return "RGB16"
	case vips.InterpretationGrey16:
		return "Grey16"
	case vips.InterpretationLab:
		return "Lab"
	}
	return "Other"
}

// decodeBytes estimates the peak memory of a decode. Baseline JPEG and plain PNG come line by line; the others are held whole by their
// library at some time.
func decodeBytes(img *vips.Image, contentType string) int64 {
	pixels := int64(img.Width()) * int64(img.Height())
	deep := int64(1)
	switch img.BandFormat() {
	case vips.BandFormatUchar, vips.BandFormatChar:
	case vips.BandFormatUshort, vips.BandFormatShort:
		deep = 2
	default:
		deep = 4
	}
	const lines = 512 // what libvips keeps of a sequential read, and its buffers
	streamed := int64(img.Width()) * lines * 4 * deep
	switch contentType {
	case "image/jpeg":
		if img.HasField("jpeg-multiscan") { // progressive: all coefficients, 2 bytes each, 3 components
			return pixels*6 + streamed
		}
		return streamed
	case "image/png":
		if !img.HasField("interlaced") {
			return streamed
		}
	}
	bands := int64(max(4, img.Bands()))
	return pixels*bands*deep + streamed
}
