package engine

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/credit"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

var everyFormat = []rendition.Format{rendition.JPEG, rendition.PNG, rendition.WebP, rendition.AVIF}

// plain is a picture of one colour.
func plain(width, height int, c color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

// order has an order carried out.
func order(t *testing.T, e *Engine, src []byte, o rendition.Order) []rendition.Picture {
	t.Helper()
	info, err := e.Inspect(src, o.Presets)
	if err != nil {
		t.Fatalf("inspect: %v", err)
	}
	pics, err := pictures(e, src, info, o)
	if err != nil {
		t.Fatalf("render: %v", err)
	}
	return pics
}

// features: D13
func TestFillAndPadGiveTheBox(t *testing.T) {
	e := start(t)
	orange := color.RGBA{R: 255, G: 128, A: 255}
	white := color.RGBA{R: 255, G: 255, B: 255, A: 255}
	for _, size := range []image.Point{{600, 300}, {300, 600}, {40, 20}, {3, 1}} {
		for _, format := range everyFormat {
			pics := order(t, e, specimen.PNG(specimen.Scene(size.X, size.Y)), rendition.Order{Presets: []rendition.Preset{
				{Name: "fill", Width: 160, Height: 200, Fit: rendition.Fill, Format: format, Quality: 95},
				{Name: "pad", Width: 160, Height: 200, Fit: rendition.Pad, Format: format, Quality: 95, Background: "#FF8000"},
				{Name: "white", Width: 160, Height: 200, Fit: rendition.Pad, Format: format, Quality: 95},
			}})
			for i, p := range pics {
				img, _ := decodePicture(t, p)
				if got := img.Bounds().Size(); got != image.Pt(160, 200) {
					t.Errorf("%v as %s: picture %d is %v", size, format, i, got)
				}
			}
			if size.X < 10 {
				continue
			}
			fill, _ := decodePicture(t, pics[0])
			near(t, fill, 1, 1, specimen.UpperLeft)
			near(t, fill, 7, 7, specimen.LowerRight)
			for i, want := range map[int]color.RGBA{1: orange, 2: white} {
				pad, _ := decodePicture(t, pics[i])
				if size.X > size.Y {
					near(t, pad, 4, 0, want)
				} else {
					near(t, pad, 0, 4, want)
				}
				at := func(dx, dy int) image.Point { return image.Pt(80+dx, 100+dy) }
				if got := color.RGBAModel.Convert(pad.At(at(-6, -4).X, at(-6, -4).Y)).(color.RGBA); !alike(got, specimen.UpperLeft) {
					t.Errorf("%v as %s: left of and above the middle is %v", size, format, got)
				}
			}
		}
	}
}

func alike(a, b color.RGBA) bool {
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
		if d < -20 || d > 20 {
			return false
		}
	}
	return true
}

// features: D13
func TestPositionsOfTheCut(t *testing.T) {
	e := start(t)
	// A calm sky with something red and small at the right.
	scene := plain(900, 300, color.RGBA{R: 120, G: 150, B: 180, A: 255})
	for y := 100; y < 200; y++ {
		for x := 780; x < 860; x++ {
			scene.SetRGBA(x, y, color.RGBA{R: uint8(180 + (x*7+y*13)%70), G: 60, B: 40, A: 255})
		}
	}
	square := func(p rendition.Position) rendition.Preset {
		return rendition.Preset{Name: strings.ToLower("a" + string(p)), Width: 100, Height: 100, Fit: rendition.Cover, Position: p, Format: rendition.PNG}
	}
	presets := []rendition.Preset{square(rendition.Attention), square(rendition.Centre), square(rendition.FocusArea)}
	red := func(p rendition.Picture) bool {
		img, _ := decodePicture(t, p)
		for y := range 100 {
			for x := range 100 {
				if r, g, _, _ := img.At(x, y).RGBA(); r > 2*g {
					return true
				}
			}
		}
		return false
	}
	for why, c := range map[string]struct {
		focus *rendition.Focus
		want  []bool
	}{
		"without a focus":       {nil, []bool{true, false, false}},
		"a focus on the red":    {&rendition.Focus{X: 0.86, Y: 0.3, Width: 0.1, Height: 0.4}, []bool{true, false, true}},
		"a focus on the left":   {&rendition.Focus{X: 0, Y: 0, Width: 0.1, Height: 1}, []bool{true, false, false}},
		"a focus on everything": {&rendition.Focus{X: 0, Y: 0, Width: 1, Height: 1}, []bool{true, false, false}},
	} {
		var got []bool
		for _, p := range order(t, e, specimen.JPEG(scene), rendition.Order{Presets: presets, Focus: c.focus}) {
			got = append(got, red(p))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: is the red in the cut by attention, centre, focus (-want +got):\n%s", why, diff)
		}
	}
}

// The focus is meant in the upright picture, whichever way the camera was held.
func TestFocusGoesByTheUprightPicture(t *testing.T) {
	e := start(t)
	src := specimen.WithEXIF(specimen.JPEG(specimen.Scene(300, 200)), specimen.EXIF{Orientation: 6, Artist: "Alice"})
	// Turned clockwise the lower left quarter is the upper left one of a picture 200 x 300.
	pics := order(t, e, src, rendition.Order{
		Presets: []rendition.Preset{{Name: "a", Width: 200, Height: 100, Fit: rendition.Cover, Position: rendition.FocusArea, Format: rendition.PNG}},
		Focus:   &rendition.Focus{X: 0, Y: 0, Width: 1, Height: 0.2},
	})
	img, _ := decodePicture(t, pics[0])
	near(t, img, 1, 4, specimen.LowerLeft)
	near(t, img, 7, 4, specimen.UpperLeft)
}

// features: D13
func TestBackgroundShowsThrough(t *testing.T) {
	e := start(t)
	empty := image.NewNRGBA(image.Rect(0, 0, 40, 40)) // grey and transparent
	for i := range 40 * 40 {
		empty.Set(i%40, i/40, color.NRGBA{R: 90, G: 90, B: 90})
	}
	for name, src := range map[string][]byte{"glass": specimen.PNG(specimen.Glass(80, 80)), "grey": specimen.PNG(empty)} {
		for _, format := range everyFormat {
			pics := order(t, e, src, rendition.Order{Presets: []rendition.Preset{
				{Name: "a", Width: 40, Format: format, Quality: 95, Background: "#20c040"},
				{Name: "b", Width: 60, Height: 40, Fit: rendition.Pad, Format: format, Quality: 95, Background: "#20c040"},
			}})
			for _, p := range pics {
				img, _ := decodePicture(t, p)
				near(t, img, 0, 0, color.RGBA{R: 0x20, G: 0xc0, B: 0x40, A: 255})
			}
			if name == "glass" {
				img, _ := decodePicture(t, pics[0])
				near(t, img, 4, 4, color.RGBA{B: 255, A: 255})
			}
		}
	}
}

// features: D13
func TestSharpening(t *testing.T) {
	e := start(t)
	img := plain(600, 400, color.Gray{Y: 100})
	for y := range 400 {
		for x := range 600 {
			if (x/30+y/30)%2 == 0 {
				img.Set(x, y, color.Gray{Y: 150})
			}
		}
	}
	for name, src := range map[string][]byte{"colour": specimen.JPEG(img), "transparent": specimen.PNG(specimen.Glass(600, 400))} {
		var presets []rendition.Preset
		for i, s := range []rendition.Sharpening{"", rendition.SharpenNone, rendition.SharpenLight, rendition.SharpenStrong} {
			presets = append(presets, rendition.Preset{Name: fmt.Sprint(i), Width: 200, Format: rendition.PNG, Sharpen: s})
		}
		pics := order(t, e, src, rendition.Order{Presets: presets})
		if !bytes.Equal(pics[0].Data, pics[1].Data) {
			t.Errorf("%s: None is not what comes of nothing said", name)
		}
		if name == "transparent" {
			decoded, _ := decodePicture(t, pics[3])
			if _, _, _, a := decoded.At(2, 2).RGBA(); a != 0 {
				t.Error("sharpening made the glass opaque")
			}
			continue
		}
		var spread []int
		for _, p := range pics {
			decoded, _ := decodePicture(t, p)
			low, high := 255, 0
			for i := range 200 * 130 {
				g := int(color.GrayModel.Convert(decoded.At(i%200, i/200)).(color.Gray).Y)
				low, high = min(low, g), max(high, g)
			}
			spread = append(spread, high-low)
		}
		if spread[2] <= spread[1] || spread[3] <= spread[2] {
			t.Errorf("from darkest to lightest there is %v: edges are not drawn out", spread)
		}
	}
}

// Every effort gives a good picture, and none changes what it shows.
// features: D13
func TestEffort(t *testing.T) {
	e := start(t)
	src := specimen.JPEG(specimen.Scene(160, 120))
	for _, format := range everyFormat {
		var presets []rendition.Preset
		for effort := range rendition.MaxEffort + 1 {
			presets = append(presets, rendition.Preset{Name: fmt.Sprint("e", effort), Width: 80, Format: format, Effort: &effort})
		}
		presets = append(presets, rendition.Preset{Name: "default", Width: 80, Format: format})
		sizes := map[int]bool{}
		for _, p := range order(t, e, src, rendition.Order{Presets: presets}) {
			img, got := decodePicture(t, p)
			if got != strings.ToLower(string(format)) {
				t.Errorf("%s came out as %s", format, got)
			}
			near(t, img, 1, 1, specimen.UpperLeft)
			near(t, img, 7, 7, specimen.LowerRight)
			sizes[len(p.Data)] = true
		}
		if len(sizes) < 2 {
			t.Errorf("%s: all efforts give %v bytes", format, sizes)
		}
	}
}

// What a rendition keeps for the sake of rights is two lines, and its position on earth is never among them.
// features: D13
func TestKeepCopyrightKeepsNothingElse(t *testing.T) {
	e := start(t)
	const notice, artist = "© 2026 Acme (all rights reserved)", "Алиса Ålesund (Northlight)"
	packet := `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		`<dc:title>XMP-MARK-7731</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`
	src := specimen.WithICC(specimen.JPEG(specimen.Scene(300, 200)), specimen.RotatedPrimaries())
	src = specimen.WithXMP(src, packet)
	src = specimen.WithIPTC(src, "IPTC-MARK-7731", "IPTC-MARK-7731")
	src = specimen.WithEXIF(src, specimen.EXIF{Orientation: 6, Artist: artist, Copyright: notice, GPS: true})
	original, err := vips.NewImageFromBuffer(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer original.Close()
	for _, f := range []string{"exif-ifd3-GPSLatitude", "exif-ifd0-Copyright", "xmp-data", "iptc-data", "icc-profile-data"} {
		if !original.HasField(f) {
			t.Fatalf("the specimen lacks %s", f)
		}
	}
	var presets []rendition.Preset
	for _, f := range everyFormat {
		presets = append(presets,
			rendition.Preset{Name: "keep-" + strings.ToLower(string(f)), Width: 100, Format: f, Strip: rendition.KeepCopyright},
			rendition.Preset{Name: "all-" + strings.ToLower(string(f)), Width: 100, Format: f, Strip: rendition.StripAll})
	}
	// The last six are not in the files: libexif, by which libvips reads, makes them up where they are missing.
	allowed := []string{
		"exif-data", "exif-ifd0-Copyright", "exif-ifd0-Artist",
		"exif-ifd0-XResolution", "exif-ifd0-YResolution", "exif-ifd0-ResolutionUnit", "exif-ifd2-ExifVersion", "exif-ifd2-FlashpixVersion", "exif-ifd2-ColorSpace",
	}
	for i, p := range order(t, e, src, rendition.Order{Presets: presets}) {
		kind := rendition.Sniff(p.Data).ContentType
		got, want := credit.Read(kind, p.Data), credit.Credit{}
		if presets[i].Strip == rendition.KeepCopyright {
			want = credit.Credit{Copyright: notice, Creator: artist}
		}
		if got != want {
			t.Errorf("%s says %+v, want %+v", presets[i].Name, got, want)
		}
		if block := want.Block(); block != nil && !bytes.Contains(p.Data, block) {
			t.Errorf("%s does not hold the very block", presets[i].Name)
		}
		for _, mark := range []string{"MARK-7731", "GPS", "ICC_PROFILE", "ICCP", "iCCP", "xmpmeta", "acsp", "made by a test"} {
			if bytes.Contains(p.Data, []byte(mark)) {
				t.Errorf("%s holds %q", presets[i].Name, mark)
			}
		}
		img, err := vips.NewImageFromBuffer(p.Data, nil)
		if err != nil {
			t.Fatal(err)
		}
		if o := img.Orientation(); o > 1 {
			t.Errorf("%s would be turned again: %d", presets[i].Name, o)
		}
		for _, f := range img.GetFields() {
			switch {
			case presets[i].Strip == rendition.KeepCopyright && slices.Contains(allowed, f):
			case strings.HasPrefix(f, "exif") || strings.HasPrefix(f, "xmp") || strings.HasPrefix(f, "iptc") || strings.HasPrefix(f, "icc"):
				t.Errorf("%s carries the field %s", presets[i].Name, f)
			}
		}
		img.Close()
	}
}

// A file that says nothing of rights is as bare with KeepCopyright as without.
func TestKeepCopyrightOfNothingIsNothing(t *testing.T) {
	e := start(t)
	src := specimen.WithEXIF(specimen.JPEG(specimen.Scene(60, 40)), specimen.EXIF{Orientation: 1, Artist: "    ", GPS: true})
	for _, f := range everyFormat {
		pics := order(t, e, src, rendition.Order{Presets: []rendition.Preset{
			{Name: "a", Width: 30, Format: f, Strip: rendition.KeepCopyright}, {Name: "b", Width: 30, Format: f},
		}})
		if !bytes.Equal(pics[0].Data, pics[1].Data) {
			t.Errorf("%s: something was kept", f)
		}
	}
}

// features: D13
func TestPagesAndFrames(t *testing.T) {
	e := start(t)
	page := func(n, width int) rendition.Preset {
		return rendition.Preset{Name: fmt.Sprint("p", n), Page: n, Width: width, Format: rendition.PNG}
	}
	presets := []rendition.Preset{page(0, 400), page(1, 50), page(2, 400), page(3, 400), page(1000, 50)}
	colours := []color.RGBA{specimen.UpperLeft, specimen.UpperRight, specimen.LowerLeft}
	anim := &gif.GIF{}
	for _, c := range colours {
		frame := image.NewPaletted(image.Rect(0, 0, 90, 60), color.Palette{c})
		anim.Image, anim.Delay = append(anim.Image, frame), append(anim.Delay, 5)
	}
	var frames bytes.Buffer
	if err := gif.EncodeAll(&frames, anim); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		src  []byte
		want []string
	}{
		"frames of a GIF": {frames.Bytes(), []string{"(90,60) 0", "(50,33) 0", "(90,60) 1", "(90,60) 2", "(50,33) 2"}},
		"pages of a TIFF, each of its own size": {
			specimen.TIFFPages(plain(90, 60, colours[0]), plain(40, 80, colours[1]), plain(120, 60, colours[2])),
			[]string{"(90,60) 0", "(50,33) 0", "(40,80) 1", "(120,60) 2", "(50,25) 2"},
		},
		"a file with one picture": {specimen.PNG(plain(90, 60, colours[0])), []string{"(90,60) 0", "(50,33) 0", "(90,60) 0", "(90,60) 0", "(50,33) 0"}},
	} {
		var got []string
		for _, p := range order(t, e, c.src, rendition.Order{Presets: presets}) {
			img, _ := decodePicture(t, p)
			which := -1
			for i, colour := range colours {
				if alike(color.RGBAModel.Convert(img.At(5, 5)).(color.RGBA), colour) {
					which = i
				}
			}
			got = append(got, fmt.Sprintf("%v %d", img.Bounds().Size(), which))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// A page behind the first is as hostile as that.
	tiff := specimen.TIFFPages(plain(4, 4, colours[0]), plain(64, 64, colours[1]))
	small, err := Start(Limits{MaxPixels: 1000, MaxFrames: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small.Inspect(tiff, []rendition.Preset{page(1, 10)}); err != nil {
		t.Errorf("a page nobody asks for stands in the way: %v", err)
	}
	var why *asset.ReadError
	if _, err := small.Inspect(tiff, []rendition.Preset{page(2, 10)}); !errors.As(err, &why) || why.Reason != asset.ReasonTooManyPixels {
		t.Errorf("a second page above the limit: %v", err)
	}
}

// However many presets keep a credit, an original is searched for it once, and where none does not at all.
func TestCreditIsReadOnce(t *testing.T) {
	keeping := rendition.Preset{Name: "a", Width: 10, Strip: rendition.KeepCopyright}
	for _, n := range []int{0, 1, 16} {
		reads := 0
		// Most originals have none, which is no reason to look again.
		keep(append(slices.Repeat([]rendition.Preset{keeping}, n), rendition.BuiltIn()...), func() credit.Credit { reads++; return credit.Credit{} })
		if reads != min(n, 1) {
			t.Errorf("for %d presets it was read %d times", n, reads)
		}
	}
}
