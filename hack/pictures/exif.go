package pictures

import (
	"bytes"
	"encoding/binary"
	"math"
)

// exif is the little of EXIF 2.32 that the samples carry.
type exif struct {
	orientation uint16
	gps         *position
}

// position is in degrees, north and east positive.
type position struct{ latitude, longitude float64 }

// Tags and types of TIFF 6.0 and EXIF 2.32.
const (
	tagMake, tagModel, tagOrientation, tagGPS = 0x010f, 0x0110, 0x0112, 0x8825
	gpsVersion, gpsLatRef, gpsLat             = 0x0000, 0x0001, 0x0002
	gpsLonRef, gpsLon                         = 0x0003, 0x0004

	typeByte, typeASCII, typeShort, typeLong, typeRational = 1, 2, 3, 4, 5
)

// field is one entry of a directory. Data longer than four bytes goes behind it.
type field struct {
	tag, kind uint16
	count     uint32
	data      []byte
}

func ascii(tag uint16, s string) field {
	return field{tag, typeASCII, uint32(len(s) + 1), append([]byte(s), 0)}
}

// insert puts the segment right behind a JPEG's start marker.
func (e exif) insert(jpeg []byte) []byte {
	payload := append([]byte("Exif\x00\x00"), e.tiff()...)
	out := append([]byte{}, jpeg[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(payload)+2))
	out = append(out, payload...)
	return append(out, jpeg[2:]...)
}

// tiff is the block with its directories, little-endian.
func (e exif) tiff() []byte {
	const header = 8
	fields := []field{
		ascii(tagMake, "Acme"),
		ascii(tagModel, "Field Camera 2"),
		{tagOrientation, typeShort, 1, binary.LittleEndian.AppendUint16(nil, e.orientation)},
	}
	if e.gps != nil {
		// The position of the second directory depends on the size of the first, which does not depend on it.
		fields = append(fields, field{tagGPS, typeLong, 1, make([]byte, 4)})
		at := header + len(directory(fields, header))
		fields[len(fields)-1].data = binary.LittleEndian.AppendUint32(nil, uint32(at))
	}
	out := append([]byte("II*\x00"), header, 0, 0, 0)
	out = append(out, directory(fields, header)...)
	if e.gps != nil {
		out = append(out, directory(e.gps.fields(), len(out))...)
	}
	return out
}

func (p position) fields() []field {
	north, east := "N", "E"
	if p.latitude < 0 {
		north = "S"
	}
	if p.longitude < 0 {
		east = "W"
	}
	return []field{
		{gpsVersion, typeByte, 4, []byte{2, 3, 0, 0}},
		ascii(gpsLatRef, north), {gpsLat, typeRational, 3, degrees(p.latitude)},
		ascii(gpsLonRef, east), {gpsLon, typeRational, 3, degrees(p.longitude)},
	}
}

// degrees writes an angle as degrees, minutes and hundredths of seconds.
func degrees(angle float64) []byte {
	hundredths := uint32(math.Round(math.Abs(angle) * 360000))
	var out []byte
	for _, rational := range [][2]uint32{{hundredths / 360000, 1}, {hundredths / 6000 % 60, 1}, {hundredths % 6000, 100}} {
		out = binary.LittleEndian.AppendUint32(out, rational[0])
		out = binary.LittleEndian.AppendUint32(out, rational[1])
	}
	return out
}

// directory encodes fields, which must be in the order of their tags, for a place at
// that offset of the block.
func directory(fields []field, offset int) []byte {
	behind := offset + 2 + 12*len(fields) + 4
	var entries, data bytes.Buffer
	put := func(v any) { _ = binary.Write(&entries, binary.LittleEndian, v) } // a Buffer takes everything
	put(uint16(len(fields)))
	for _, f := range fields {
		put(f.tag)
		put(f.kind)
		put(f.count)
		if len(f.data) <= 4 {
			put([4]byte(append(bytes.Clone(f.data), make([]byte, 4-len(f.data))...)))
			continue
		}
		put(uint32(behind + data.Len()))
		data.Write(f.data)
		if data.Len()%2 == 1 {
			data.WriteByte(0) // values begin at even offsets
		}
	}
	put(uint32(0)) // no next directory
	return append(entries.Bytes(), data.Bytes()...)
}
