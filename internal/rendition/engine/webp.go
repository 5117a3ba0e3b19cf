package engine

import (
	"encoding/binary"
	"errors"
)

var errWebP = errors.New("not a WebP container")

// bareWebP gives the WebP file in data without its EXIF, XMP and ICCP chunks (RFC 9649, section 2.7). libvips 8.14.1 writes an EXIF chunk into
// every WebP, whether told to strip or not; pictures without one are smaller, and nothing then hangs on how a version of libvips strips.
//
// With a block of package credit, that takes the place of the EXIF chunk, which libvips must have been told to write.
func bareWebP(data, block []byte) ([]byte, error) {
	const header, chunkHeader = 12, 8
	const flagXMP, flagEXIF, flagICC = 1 << 2, 1 << 3, 1 << 5
	if len(data) < header || string(data[:4]) != "RIFF" || string(data[8:12]) != "WEBP" {
		return nil, errWebP
	}
	out := make([]byte, header, len(data))
	copy(out, data)
	signed := block == nil
	for rest := data[header:]; len(rest) > 0; {
		if len(rest) < chunkHeader {
			return nil, errWebP
		}
		size := uint64(binary.LittleEndian.Uint32(rest[4:]))
		whole := chunkHeader + size + size%2
		if whole > uint64(len(rest)) {
			return nil, errWebP
		}
		chunk := rest[:whole]
		rest = rest[whole:]
		switch string(chunk[:4]) {
		case "EXIF":
			if block != nil {
				out = binary.LittleEndian.AppendUint32(append(out, "EXIF"...), uint32(len(block)))
				out = append(out, block...)
				out = append(out, make([]byte, len(block)%2)...)
				signed = true
			}
			continue
		case "XMP ", "ICCP":
			continue
		case "VP8X":
			if size < 1 {
				return nil, errWebP
			}
			at := len(out) + chunkHeader
			out = append(out, chunk...)
			out[at] &^= flagXMP | flagICC
			if block == nil {
				out[at] &^= flagEXIF
			}
			continue
		}
		out = append(out, chunk...)
	}
	if !signed {
		return nil, errSign
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}
