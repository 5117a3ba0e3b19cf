// Package specimen makes pictures for tests and demonstrations, good ones and hostile ones, by code alone: nothing in it is
// copied from anywhere. It is not part of any program that is shipped.
package specimen

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"

	"github.com/HugoSmits86/nativewebp"
	"golang.org/x/image/tiff"
)

// The colours of the quarters of Scene, clockwise from the upper left.
var (
	UpperLeft  = color.RGBA{R: 220, G: 30, B: 30, A: 255}
	UpperRight = color.RGBA{R: 30, G: 180, B: 40, A: 255}
	LowerRight = color.RGBA{R: 235, G: 215, B: 40, A: 255}
	LowerLeft  = color.RGBA{R: 40, G: 50, B: 210, A: 255}
)

// Scene is a picture whose quarters have four colours, so that a test can see how it was turned and cut.
func Scene(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := UpperLeft
			switch {
			case x >= width/2 && y >= height/2:
				c = LowerRight
			case x >= width/2:
				c = UpperRight
			case y >= height/2:
				c = LowerLeft
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// Glass is a picture that is transparent but for an opaque blue middle.
func Glass(width, height int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := height / 4; y < height*3/4; y++ {
		for x := width / 4; x < width*3/4; x++ {
			img.SetNRGBA(x, y, color.NRGBA{B: 255, A: 255})
		}
	}
	return img
}

// JPEG encodes img in baseline JPEG of quality 90.
func JPEG(img image.Image) []byte {
	return encoded(func(b *bytes.Buffer) error { return jpeg.Encode(b, img, &jpeg.Options{Quality: 90}) })
}

// PNG encodes img.
func PNG(img image.Image) []byte {
	return encoded(func(b *bytes.Buffer) error { return png.Encode(b, img) })
}

// TIFF encodes img with Deflate.
func TIFF(img image.Image) []byte {
	return encoded(func(b *bytes.Buffer) error { return tiff.Encode(b, img, &tiff.Options{Compression: tiff.Deflate}) })
}

// WebP encodes img without loss.
func WebP(img image.Image) []byte {
	return encoded(func(b *bytes.Buffer) error { return nativewebp.Encode(b, img, nil) })
}

// GIF makes an animation of so many frames of width × height.
func GIF(width, height, frames int) []byte {
	anim := &gif.GIF{}
	for i := range frames {
		frame := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{UpperLeft, LowerLeft})
		frame.Pix[i%len(frame.Pix)] = 1
		anim.Image, anim.Delay = append(anim.Image, frame), append(anim.Delay, 5)
	}
	return encoded(func(b *bytes.Buffer) error { return gif.EncodeAll(b, anim) })
}

// TIFFPages makes a TIFF of several pages, each of its own size: RGB of 8 bits without compression (TIFF 6.0, section 6).
func TIFFPages(pages ...image.Image) []byte {
	const short, long = 3, 4
	le := binary.LittleEndian
	t := []byte("II*\x00\x00\x00\x00\x00")
	next := 4 // where the offset of the coming directory goes
	for _, img := range pages {
		size := img.Bounds().Size()
		strip := uint32(len(t))
		for y := range size.Y {
			for x := range size.X {
				r, g, b, _ := img.At(img.Bounds().Min.X+x, img.Bounds().Min.Y+y).RGBA()
				t = append(t, byte(r>>8), byte(g>>8), byte(b>>8))
			}
		}
		if len(t)%2 == 1 {
			t = append(t, 0)
		}
		bits := uint32(len(t))
		for range 3 {
			t = le.AppendUint16(t, 8)
		}
		le.PutUint32(t[next:], uint32(len(t)))
		entries := [][4]uint32{
			{256, long, 1, uint32(size.X)}, {257, long, 1, uint32(size.Y)}, {258, short, 3, bits}, {259, short, 1, 1}, {262, short, 1, 2},
			{273, long, 1, strip}, {277, short, 1, 3}, {278, long, 1, uint32(size.Y)}, {279, long, 1, uint32(3 * size.X * size.Y)},
		}
		t = le.AppendUint16(t, uint16(len(entries)))
		for _, e := range entries {
			t = le.AppendUint16(t, uint16(e[0]))
			t = le.AppendUint16(t, uint16(e[1]))
			t = le.AppendUint32(t, e[2])
			t = le.AppendUint32(t, e[3])
		}
		next = len(t)
		t = le.AppendUint32(t, 0)
	}
	return t
}

// encoded runs an encoder. Encoders into memory fail on impossible pictures only, which is the caller's mistake.
func encoded(encode func(*bytes.Buffer) error) []byte {
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		panic(fmt.Sprintf("specimen: %v", err))
	}
	return b.Bytes()
}

// EXIF is what WithEXIF writes.
type EXIF struct {
	// Orientation is tag 0x0112, 1 to 8.
	Orientation uint16
	// Artist is tag 0x013B, so that a test can look for it in what comes out. At least 4 bytes.
	Artist string
	// Copyright is tag 0x8298; left out when empty, else at least 4 bytes.
	Copyright string
	// GPS adds the position 48°51'24" N, 2°21'03" E.
	GPS bool
}

// WithEXIF puts an EXIF segment (APP1, TIFF 6.0 big-endian) right after the start of a JPEG.
func WithEXIF(jpg []byte, e EXIF) []byte {
	const (
		short, ascii, long, rational = 3, 2, 4, 5
		header                       = 8
		entrySize                    = 12
	)
	artist := append([]byte(e.Artist), 0)
	copyright := []byte{}
	count := uint16(2)
	if e.Copyright != "" {
		copyright = append([]byte(e.Copyright), 0)
		count++
	}
	if e.GPS {
		count++
	}
	be := binary.BigEndian
	dataAt := uint32(header + 2 + int(count)*entrySize + 4)
	copyrightAt := dataAt + uint32(len(artist)+len(artist)%2)
	gpsAt := copyrightAt + uint32(len(copyright)+len(copyright)%2)
	entry := func(b []byte, tag, kind uint16, n, value uint32) []byte {
		b = be.AppendUint16(b, tag)
		b = be.AppendUint16(b, kind)
		b = be.AppendUint32(b, n)
		return be.AppendUint32(b, value)
	}
	t := []byte("MM\x00\x2a\x00\x00\x00\x08")
	t = be.AppendUint16(t, count)
	t = entry(t, 0x0112, short, 1, uint32(e.Orientation)<<16)
	t = entry(t, 0x013b, ascii, uint32(len(artist)), dataAt)
	if e.Copyright != "" {
		t = entry(t, 0x8298, ascii, uint32(len(copyright)), copyrightAt)
	}
	if e.GPS {
		t = entry(t, 0x8825, long, 1, gpsAt)
	}
	t = be.AppendUint32(t, 0)
	for _, text := range [][]byte{artist, copyright} {
		t = append(t, text...)
		if len(text)%2 == 1 {
			t = append(t, 0)
		}
	}
	if e.GPS {
		degreesAt := gpsAt + 2 + 4*entrySize + 4
		t = be.AppendUint16(t, 4)
		t = entry(t, 1, ascii, 2, uint32('N')<<24)
		t = entry(t, 2, rational, 3, degreesAt)
		t = entry(t, 3, ascii, 2, uint32('E')<<24)
		t = entry(t, 4, rational, 3, degreesAt+24)
		t = be.AppendUint32(t, 0)
		for _, v := range []uint32{48, 51, 24, 2, 21, 3} {
			t = be.AppendUint32(t, v)
			t = be.AppendUint32(t, 1)
		}
	}
	return withSegment(jpg, 0xe1, append([]byte("Exif\x00\x00"), t...))
}

// WithXMP puts an XMP packet (APP1) into a JPEG.
func WithXMP(jpg []byte, packet string) []byte {
	return withSegment(jpg, 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"+packet))
}

// WithIPTC puts an IIM record with a by-line and a copyright notice, in an image resource block (APP13), into a JPEG.
func WithIPTC(jpg []byte, byline, notice string) []byte {
	be := binary.BigEndian
	var record []byte
	for number, text := range map[byte]string{80: byline, 116: notice} {
		record = append(record, 0x1c, 2, number)
		record = be.AppendUint16(record, uint16(len(text)))
		record = append(record, text...)
	}
	block := be.AppendUint32([]byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00"), uint32(len(record)))
	return withSegment(jpg, 0xed, append(block, record...))
}

// WithICC puts an ICC profile (APP2, one chunk) into a JPEG.
func WithICC(jpg, profile []byte) []byte {
	return withSegment(jpg, 0xe2, append([]byte("ICC_PROFILE\x00\x01\x01"), profile...))
}

func withSegment(jpg []byte, marker byte, payload []byte) []byte {
	out := append([]byte{}, jpg[:2]...)
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(payload)+2))
	out = append(out, payload...)
	return append(out, jpg[2:]...)
}

// RotatedPrimaries is an ICC v2 display profile (ICC.1:2001-04) like sRGB with its primaries moved on by one: what is called
// red in the file is shown green, green blue, and blue red. A picture that keeps its colours was not converted.
func RotatedPrimaries() []byte {
	be := binary.BigEndian
	xyz := func(x, y, z float64) []byte {
		b := []byte("XYZ \x00\x00\x00\x00")
		for _, v := range []float64{x, y, z} {
			b = be.AppendUint32(b, uint32(int32(v*65536)))
		}
		return b
	}
	text := append([]byte("text\x00\x00\x00\x00"), "made by a test\x00"...)
	desc := append([]byte("desc\x00\x00\x00\x00\x00\x00\x00\x02T\x00"), make([]byte, 4+4+2+1+67)...)
	gamma := append([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), 2, 0x33) // 2.2 in u8Fixed8
	red, green, blue := xyz(0.4361, 0.2225, 0.0139), xyz(0.3851, 0.7169, 0.0971), xyz(0.1431, 0.0606, 0.7142)
	tags := []struct {
		sig  string
		data []byte
	}{
		{"desc", desc}, {"cprt", text}, {"wtpt", xyz(0.9642, 1, 0.8249)},
		{"rXYZ", green}, {"gXYZ", blue}, {"bXYZ", red},
		{"rTRC", gamma}, {"gTRC", gamma}, {"bTRC", gamma},
	}
	table := be.AppendUint32(nil, uint32(len(tags)))
	var data []byte
	at := 128 + 4 + 12*len(tags)
	for _, t := range tags {
		for len(t.data)%4 != 0 {
			t.data = append(t.data, 0)
		}
		table = append(table, t.sig...)
		table = be.AppendUint32(table, uint32(at+len(data)))
		table = be.AppendUint32(table, uint32(len(t.data)))
		data = append(data, t.data...)
	}
	head := make([]byte, 128)
	be.PutUint32(head, uint32(at+len(data)))
	be.PutUint32(head[8:], 0x02100000)
	copy(head[12:], "mntrRGB XYZ ")
	copy(head[36:], "acsp")
	copy(head[68:], xyz(0.9642, 1, 0.8249)[8:])
	return bytes.Join([][]byte{head, table, data}, nil)
}

// ClaimJPEG changes the size that the frame header of a baseline JPEG claims.
func ClaimJPEG(jpg []byte, width, height uint16) []byte {
	out := bytes.Clone(jpg)
	i := bytes.Index(out, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(out[i+5:], height)
	binary.BigEndian.PutUint16(out[i+7:], width)
	return out
}

// ClaimPNG changes the size that a PNG claims, and mends the checksum of the header.
func ClaimPNG(file []byte, width, height uint32) []byte {
	out := bytes.Clone(file)
	binary.BigEndian.PutUint32(out[16:], width)
	binary.BigEndian.PutUint32(out[20:], height)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

// ClaimGIF changes the size that a GIF's screen and its first frame claim.
func ClaimGIF(file []byte, width, height uint16) []byte {
	out := bytes.Clone(file)
	binary.LittleEndian.PutUint16(out[6:], width)
	binary.LittleEndian.PutUint16(out[8:], height)
	i := bytes.Index(out, []byte{0x21, 0xf9, 0x04}) + 8 // behind the first graphic control extension
	binary.LittleEndian.PutUint16(out[i+5:], width)
	binary.LittleEndian.PutUint16(out[i+7:], height)
	return out
}

// ClaimTIFF changes ImageWidth and ImageLength in the first directory of a little-endian TIFF.
func ClaimTIFF(file []byte, width, height uint32) []byte {
	le := binary.LittleEndian
	out := bytes.Clone(file)
	at := le.Uint32(out[4:])
	for i := range uint32(le.Uint16(out[at:])) {
		entry := out[at+2+12*i:]
		var value uint32
		switch le.Uint16(entry) {
		case 256:
			value = width
		case 257:
			value = height
		default:
			continue
		}
		le.PutUint16(entry[2:], 4) // LONG
		le.PutUint32(entry[8:], value)
	}
	return out
}
