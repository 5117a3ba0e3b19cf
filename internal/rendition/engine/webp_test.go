package engine

import (
	"bytes"
	"errors"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

func chunk(name string, body ...byte) []byte {
	out := append([]byte(name), byte(len(body)), 0, 0, 0)
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(append([]byte("RIFF"), byte(len(body)), byte(len(body)>>8), 0, 0), body...)
}

func TestBareWebP(t *testing.T) {
	pixels := chunk("VP8L", 1, 2, 3)
	full := riff(chunk("VP8X", 0x3c, 0, 0, 0, 9, 0, 0, 9, 0, 0), chunk("ICCP", 1), pixels, chunk("EXIF", 1, 2, 3), chunk("XMP ", 4))
	got, err := bareWebP(full, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Alpha (bit 4) stays, the three others go.
	if want := riff(chunk("VP8X", 0x10, 0, 0, 0, 9, 0, 0, 9, 0, 0), pixels); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	signed, err := bareWebP(full, []byte{7, 8, 9})
	if want := riff(chunk("VP8X", 0x18, 0, 0, 0, 9, 0, 0, 9, 0, 0), pixels, chunk("EXIF", 7, 8, 9)); err != nil || !bytes.Equal(signed, want) {
		t.Errorf("signed, got %x (%v)\nwant %x", signed, err, want)
	}
	plain := specimen.WebP(specimen.Glass(20, 20))
	if got, err := bareWebP(plain, nil); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("a plain file was changed: %v", err)
	}
	for why, bad := range map[string][]byte{
		"nothing": nil, "not RIFF": []byte("RIFX0000WEBP"), "a cut chunk": full[:len(full)-3], "a cut header": full[:14],
		"a chunk longer than the file": riff(append([]byte("VP8L"), 255, 255, 255, 255)), "an empty VP8X": riff(chunk("VP8X")),
	} {
		if _, err := bareWebP(bad, nil); !errors.Is(err, errWebP) {
			t.Errorf("%s: got %v", why, err)
		}
	}
}
