// Package engine turns untrusted image files into renditions with libvips. It needs cgo; nothing but cmd/transform imports it.
//
// What it keeps to: only the formats that rendition.Sniff calls decodable reach libvips, and libvips itself refuses the loaders
// it does not trust; the header is read and judged before anything is decoded; one decode, shrinking on load, feeds all
// presets; the result is upright, in sRGB with 8 bits, and bears no metadata
// whatever, but for the two lines of package credit where a preset keeps them.
package engine

import (
	"errors"
	"fmt"
	"os"

	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

// Limits are judged from the header, before anything is decoded.
type Limits struct {
	// MaxPixels is width × height of one frame.
	MaxPixels int64
	// MaxFrames of an animation, or pages of a TIFF.
	MaxFrames int
}

// DefaultLimits are 100 megapixels, which passes the scans and medium-format cameras (100 MP) in common use and holds the
// worst case, 8 bytes a pixel in a format that is decoded whole, to 800 MB; 1,000 frames.
func DefaultLimits() Limits {
	return Limits{MaxPixels: 102_400_000, MaxFrames: 1000}
}

// Engine decodes and renders. It holds no state of its own and may be used by many goroutines at once.
type Engine struct {
	limits Limits
}

// ErrUnguarded says that libvips would open a format it marks as untrusted, so no file of a stranger may be given to it.
var ErrUnguarded = errors.New("libvips does not refuse untrusted formats")

// Start starts libvips, once for the process, and proves that it is guarded. Parallelism is over images, so libvips uses one
// thread for each; caches of operations are off, as no two images share any.
//
// libvips reads VIPS_BLOCK_UNTRUSTED in vips_init, which the bindings call from Startup and not while the program loads;
// under cgo os.Setenv reaches C's environment. That it worked is not assumed but tried, with an SVG.
func Start(limits Limits) (*Engine, error) {
	if err := os.Setenv("VIPS_BLOCK_UNTRUSTED", "1"); err != nil {
		return nil, fmt.Errorf("block untrusted formats: %w", err)
	}
	vips.Startup(&vips.Config{ConcurrencyLevel: 1, VectorEnabled: true})
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`)
	if img, err := vips.NewImageFromBuffer(svg, nil); err == nil {
		img.Close()
		return nil, ErrUnguarded
	}
	return &Engine{limits: limits}, nil
}
