package pictures

import (
	"bytes"
	encoding "encoding/hex"
	"testing"
)

// The block is spelt out once, byte by byte after TIFF 6.0 and EXIF 2.32, since nothing
// in Go's library would notice a mistake in it.
func TestEXIFBlock(t *testing.T) {
	want, err := encoding.DecodeString("" +
		"49492a0008000000" + // little-endian, directory at 8
		"0400" + // four fields
		"0f010200050000003e000000" + // make, five letters at 62
		"100102000f00000044000000" + // model, fifteen letters at 68
		"120103000100000006000000" + // orientation 6
		"2588040001000000" + "54000000" + // GPS directory at 84
		"00000000" + // no next directory
		"41636d6500" + "00" + "4669656c642043616d657261203200" + "00" +
		"0500" + // five fields
		"000001000400000002030000" +
		"010002000200000053000000" + // S
		"020005000300000096000000" + // at 150
		"030002000200000045000000" + // E
		"0400050003000000ae000000" + // at 174
		"00000000" +
		"2100000001000000" + "3300000001000000" + "1e08000064000000" + // 33° 51' 20.78"
		"9700000001000000" + "0c00000001000000" + "1c08000064000000") // 151° 12' 20.76"
	if err != nil {
		t.Fatal(err)
	}
	got := exif{orientation: 6, gps: &position{-33.855772, 151.2057667}}.tiff()
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%x\nwant\n%x", got, want)
	}
}
