package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
)

// libvips writes texts of EXIF in ASCII alone, more fields than were asked for, and none into a PNG. So what is kept for the
// sake of rights is put into the finished files here: a block of package credit, and nothing when that is nil.

var errSign = errors.New("the finished file has no place for its credit")

// signJPEG puts block into an APP1 segment behind the start of image (Exif 2.32, section 4.5.4).
func signJPEG(data, block []byte) ([]byte, error) {
	if block == nil {
		return data, nil
	}
	const start = 2
	if len(data) < start || data[0] != 0xff || data[1] != 0xd8 {
		return nil, errSign
	}
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+6+len(block)))
	segment = append(segment, "Exif\x00\x00"...)
	return slices.Concat(data[:start], segment, block, data[start:]), nil
}

// signPNG puts block into an eXIf chunk behind the header (PNG, third edition, section 11.3.4.5).
func signPNG(data, block []byte) ([]byte, error) {
	if block == nil {
		return data, nil
	}
	const header = 8 + 12 + 13 // the signature and IHDR
	if len(data) < header || string(data[12:16]) != "IHDR" {
		return nil, errSign
	}
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(block)))
	chunk = append(append(chunk, "eXIf"...), block...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return slices.Concat(data[:header], chunk, data[header:]), nil
}

// exifCopyright is the field that libvips writes as the tag Copyright.
const exifCopyright = "exif-ifd0-Copyright"

// placeholder is a text for exifCopyright that makes room for block in the EXIF that libvips writes into an AVIF, where it hangs on
// offsets all over the file.
func placeholder(block []byte) string { return strings.Repeat("X", len(block)) }

// signAVIF puts block in the place of what libvips wrote, of which no text is left.
func signAVIF(data, block []byte) ([]byte, error) {
	if block == nil {
		return data, nil
	}
	const lead = "Exif\x00\x00"
	room := bytes.Index(data, []byte(placeholder(block)))
	if room < 0 {
		return nil, errSign
	}
	begin := bytes.LastIndex(data[:room], []byte(lead))
	if begin < 0 {
		return nil, errSign
	}
	out := bytes.Clone(data)
	end := room + len(block)
	clear(out[begin+len(lead) : end])
	copy(out[begin+len(lead):end], block)
	return out, nil
}
