package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// damaged gives a copy with four bytes written over.
func damaged(data []byte, at int, value uint32) []byte {
	out := bytes.Clone(data)
	binary.BigEndian.PutUint32(out[at:], value)
	return out
}

// A picture whose colour profile or EXIF is damaged is rendered, in its size, or refused with one reason; and the next is rendered as if
// nothing had been.
// features: D13
func TestDamagedProfilesAndEXIF(t *testing.T) {
	e := start(t)
	jpg := specimen.JPEG(specimen.Scene(300, 200))
	icc := specimen.RotatedPrimaries()
	exif := specimen.WithEXIF(jpg, specimen.EXIF{Orientation: 6, Artist: "Alice", Copyright: "Vera", GPS: true})
	tiff := bytes.Index(exif, []byte("MM\x00\x2a")) // offsets of EXIF count from here
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 60_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	table := 128 + 4 // where the table of tags of a profile begins: 12 bytes each, of signature, offset and size
	cases := map[string][]byte{
		"a profile of nothing":                    specimen.WithICC(jpg, nil),
		"a profile of zeros":                      specimen.WithICC(jpg, make([]byte, 128)),
		"a profile of noise":                      specimen.WithICC(jpg, noise),
		"half a profile":                          specimen.WithICC(jpg, icc[:len(icc)/2]),
		"a profile that ends in its table":        specimen.WithICC(jpg, icc[:table+20]),
		"one that claims 4 GiB":                   specimen.WithICC(jpg, damaged(icc, 0, 0xffffffff)),
		"one that claims 4 thousand million tags": specimen.WithICC(jpg, damaged(icc, 128, 0xffffffff)),
		"a tag behind the end":                    specimen.WithICC(jpg, damaged(icc, table+3*12+4, 0xfffffff0)),
		"a tag without an end":                    specimen.WithICC(jpg, damaged(icc, table+6*12+8, 0xffffffff)),
		"a curve of 4 thousand million points":    specimen.WithICC(jpg, damaged(icc, int(binary.BigEndian.Uint32(icc[table+6*12+4:]))+8, 0xffffffff)),
		"a profile for paper":                     specimen.WithICC(jpg, bytes.Replace(icc, []byte("RGB "), []byte("CMYK"), 1)),
		"a profile that is none of a device":      specimen.WithICC(jpg, bytes.Replace(icc, []byte("mntr"), []byte("link"), 1)),
		"EXIF without an end":                     damaged(exif, tiff+4, 0xfffffff0),
		"EXIF that refers to itself":              damaged(exif, tiff+len("MM\x00\x2a")+4+2+4*12, 8),
		"EXIF of 65,535 entries":                  damaged(exif, tiff+8, 0xffff0112),
		"a text that ends behind the file":        damaged(exif, tiff+8+2+12+4, 0xffffffff),
		"a way up that there is not":              damaged(exif, tiff+8+2+8, 0xffff0000),
		"a position behind the end":               damaged(exif, tiff+8+2+3*12+8, 0xfffffff0),
		"EXIF of noise":                           append(append(bytes.Clone(exif[:tiff+8]), noise[:len(exif)/20]...), exif[tiff+8+len(exif)/20:]...),
	}
	preset := rendition.Preset{Name: "p", Width: 90, Height: 90, Format: rendition.PNG}
	for why, src := range cases {
		t.Run(why, func(t *testing.T) {
			info, err := e.Inspect(src, []rendition.Preset{preset})
			var pics []rendition.Picture
			if err == nil {
				pics, err = pictures(e, src, info, rendition.Order{Presets: []rendition.Preset{preset}})
			}
			var reason *asset.ReadError
			switch {
			case err != nil && (!errors.As(err, &reason) || !reason.Reason.Known() || reason.Message == "" || len(pics) > 0):
				t.Fatalf("%d pictures, and an error without a reason: %v", len(pics), err)
			case err != nil:
				t.Logf("refused: %v", err)
			default:
				img, _ := decodePicture(t, pics[0])
				if size := img.Bounds().Size(); max(size.X, size.Y) != 90 || min(size.X, size.Y) != 60 {
					t.Errorf("it is rendered as %v", size)
				}
			}
		})
	}
	_, pics := render(t, e, jpg, preset)
	img, _ := decodePicture(t, pics[0])
	near(t, img, 1, 1, specimen.UpperLeft)
	near(t, img, 7, 7, specimen.LowerRight)
}

// memory reads how many bytes this process uses, or used at most since the last reset.
func memory(t *testing.T, field string) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), field+":")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// A file of some kilobytes that is just as large as a picture may be when it is decoded takes no more memory than was told before; one row more
// is refused before anything is decoded.
// features: D13
func TestABombTakesNoMoreThanItTold(t *testing.T) {
	e := start(t)
	const side = 10_000
	src := specimen.Bomb(side, side)
	if len(src) > 64<<10 {
		t.Fatalf("%d bytes are no bomb", len(src))
	}
	preset := rendition.Preset{Name: "p", Width: 200, Height: 200, Format: rendition.JPEG}
	render(t, e, specimen.Bomb(8, 8), preset) // what libvips keeps for good
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	before := memory(t, "VmRSS")
	info, pics := render(t, e, src, preset)
	grown := memory(t, "VmHWM") - before
	const slack = 64 << 20 // buffers of lines, and what Go's heap grows by
	if info.DecodeBytes < side*side/8 || info.DecodeBytes > 8*side*side || grown > info.DecodeBytes+slack {
		t.Errorf("it took %d MiB, and %d MiB were told", grown>>20, info.DecodeBytes>>20)
	}
	if img, _ := decodePicture(t, pics[0]); img.Bounds().Dx() != 200 || img.Bounds().Dy() != 200 {
		t.Errorf("it is rendered as %v", img.Bounds())
	}
	t.Logf("%d bytes took %d MiB of %d that were told", len(src), grown>>20, info.DecodeBytes>>20)

	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	before = memory(t, "VmRSS")
	_, err := e.Inspect(specimen.ClaimPNG(src, side, uint32(DefaultLimits().MaxPixels/side+1)), []rendition.Preset{preset})
	var why *asset.ReadError
	if !errors.As(err, &why) || why.Reason != asset.ReasonTooManyPixels {
		t.Errorf("one row more than may be: %v", err)
	}
	if grown := memory(t, "VmHWM") - before; grown > slack {
		t.Errorf("what is refused took %d MiB", grown>>20)
	}
}
