package engine

import (
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition/embedded"
	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

// said gives what the file says about itself in the blocks that libvips found while it read the header; nil for nothing.
func said(img *vips.Image, contentType string, src []byte) *asset.Embedded {
	const most = 4 << 20             // bytes of a block
	if contentType == "image/tiff" { // EXIF is the file itself, and writers count the record of IPTC in bytes or in words
		return embedded.Read(embedded.InTIFF(src))
	}
	return embedded.Read(embedded.Blocks{EXIF: img.Block("exif-data", most), IPTC: img.Block("iptc-data", most), XMP: img.Block("xmp-data", most)})
}
