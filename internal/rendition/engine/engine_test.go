package engine

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	_ "image/jpeg"
	_ "image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
	"github.com/vitrine-dam/vitrine/internal/rendition/vips"
)

func start(t testing.TB) *Engine {
	t.Helper()
	e, err := Start(DefaultLimits())
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	return e
}

// collected is a Progress that keeps everything.
type collected struct {
	pictures   []rendition.Picture
	order      []int
	decoded    int
	err        error
	impression rendition.Impression
}

func (c *collected) Decoded() { c.decoded++ }

func (c *collected) Impressed(i rendition.Impression) { c.impression = i }

func (c *collected) Made(i int, p rendition.Picture, why error) bool {
	c.order, c.pictures[i] = append(c.order, i), p
	c.err = errors.Join(c.err, why)
	return true
}

// pictures renders an order to its end, and gives its pictures in the order of its presets; none with an error.
func pictures(e *Engine, src []byte, info rendition.Info, o rendition.Order) ([]rendition.Picture, error) {
	c := &collected{pictures: make([]rendition.Picture, len(o.Presets))}
	if err := errors.Join(e.Render(src, info, o, c), c.err); err != nil {
		return nil, err
	}
	return c.pictures, nil
}

// render inspects and renders, and fails the test on any error.
func render(t *testing.T, e *Engine, src []byte, presets ...rendition.Preset) (rendition.Info, []rendition.Picture) {
	t.Helper()
	info, err := e.Inspect(src, presets)
	if err != nil {
		t.Fatalf("inspect: %v", err)
	}
	pics, err := pictures(e, src, info, rendition.Order{Presets: presets})
	if err != nil {
		t.Fatalf("render: %v", err)
	}
	return info, pics
}

func decodePicture(t *testing.T, p rendition.Picture) (image.Image, string) {
	t.Helper()
	data, format := p.Data, ""
	if kind := rendition.Sniff(p.Data).ContentType; kind == "image/webp" || kind == "image/avif" {
		// libvips reads them: x/image/webp takes the video range of colours for the full one.
		made, err := vips.NewImageFromBuffer(p.Data, nil)
		if err != nil {
			t.Fatalf("read the rendition: %v", err)
		}
		defer made.Close()
		if data, err = made.PngsaveBuffer(nil); err != nil {
			t.Fatalf("read the rendition: %v", err)
		}
		format = strings.TrimPrefix(kind, "image/")
	}
	img, own, err := image.Decode(bytes.NewReader(data))
	if format == "" {
		format = own
	}
	if err != nil {
		t.Fatalf("decode the rendition: %v", err)
	}
	if got := img.Bounds().Size(); got != image.Pt(p.Width, p.Height) {
		t.Errorf("the rendition says %dx%d and is %v", p.Width, p.Height, got)
	}
	return img, format
}

// near tells whether the colour at a point given in eighths is about want: lossy formats and colour conversion move it a little.
func near(t *testing.T, img image.Image, ex, ey int, want color.RGBA) {
	t.Helper()
	b := img.Bounds()
	r, g, bl, a := img.At(b.Min.X+b.Dx()*ex/8, b.Min.Y+b.Dy()*ey/8).RGBA()
	got := [4]int{int(r >> 8), int(g >> 8), int(bl >> 8), int(a >> 8)}
	for i, w := range [4]uint8{want.R, want.G, want.B, want.A} {
		if d := got[i] - int(w); d < -14 || d > 14 {
			t.Errorf("colour at %d/8, %d/8 is %v, want about %v", ex, ey, got, want)
			return
		}
	}
}

// features: D13
func TestRenderSizesFormatsAndFacts(t *testing.T) {
	e := start(t)
	scene := specimen.Scene(900, 600)
	files := map[string][]byte{
		"image/jpeg": specimen.JPEG(scene), "image/png": specimen.PNG(scene), "image/webp": specimen.WebP(scene),
		"image/tiff": specimen.TIFF(scene), "image/gif": specimen.GIF(900, 600, 3),
	}
	_, made := render(t, e, files["image/png"], rendition.Preset{Name: "x", Width: 900, Format: rendition.AVIF})
	files["image/avif"] = made[0].Data
	presets := []rendition.Preset{
		{Name: "thumb", Width: 100, Height: 100},
		{Name: "big", Width: 4000, Height: 4000, Format: rendition.PNG},
		{Name: "square", Width: 300, Height: 300, Fit: rendition.Cover, Format: rendition.JPEG},
		{Name: "tall", Height: 60, Format: rendition.JPEG},
		{Name: "wide", Width: 1200, Height: 400, Fit: rendition.Cover, Format: rendition.WebP},
	}
	for contentType, file := range files {
		t.Run(contentType, func(t *testing.T) {
			info, pics := render(t, e, file, presets...)
			frames := 1
			if contentType == "image/gif" {
				frames = 3
			}
			want := rendition.Info{ContentType: contentType, Width: 900, Height: 600, Orientation: 1, ColourSpace: "sRGB", Frames: frames, DecodeBytes: info.DecodeBytes}
			if diff := cmp.Diff(want, info); diff != "" {
				t.Errorf("info (-want +got):\n%s", diff)
			}
			var got []string
			for _, p := range pics {
				img, format := decodePicture(t, p)
				got = append(got, format+" "+img.Bounds().Size().String())
				if contentType != "image/gif" {
					near(t, img, 1, 1, specimen.UpperLeft)
					near(t, img, 7, 7, specimen.LowerRight)
				}
			}
			if diff := cmp.Diff([]string{"webp (100,67)", "png (900,600)", "jpeg (300,300)", "jpeg (90,60)", "webp (900,300)"}, got); diff != "" {
				t.Errorf("renditions (-want +got):\n%s", diff)
			}
		})
	}
}

// features: D13
// A crop that is the largest picture must not take away what the others need.
func TestCropsAndWholePicturesShareADecode(t *testing.T) {
	e := start(t)
	whole := rendition.Preset{Name: "whole", Width: 1600, Format: rendition.WebP}
	square := rendition.Preset{Name: "square", Width: 1080, Height: 1080, Fit: rendition.Cover, Format: rendition.JPEG}
	banner := rendition.Preset{Name: "banner", Width: 1500, Height: 300, Fit: rendition.Cover, Format: rendition.JPEG}
	for _, size := range []image.Point{{2400, 1350}, {1800, 1200}, {1200, 1800}} {
		_, pics := render(t, e, specimen.JPEG(specimen.Scene(size.X, size.Y)), whole, square, banner)
		for i, p := range pics {
			if decoded, _ := decodePicture(t, p); decoded.Bounds().Size() != image.Pt(p.Width, p.Height) {
				t.Errorf("%v: picture %d is %v, and is said to be %d x %d", size, i, decoded.Bounds().Size(), p.Width, p.Height)
			}
		}
		if _, pics = render(t, e, specimen.JPEG(specimen.Scene(size.X, size.Y)), banner, square); len(pics) != 2 {
			t.Errorf("%v: two crops gave %d pictures", size, len(pics))
		}
	}
}

func TestAVIFIsWrittenAndReadAgain(t *testing.T) {
	e := start(t)
	_, pics := render(t, e, specimen.JPEG(specimen.Scene(640, 480)), rendition.Preset{Name: "a", Width: 320, Format: rendition.AVIF})
	info, again := render(t, e, pics[0].Data, rendition.Preset{Name: "p", Width: 320, Format: rendition.PNG})
	if info.ContentType != "image/avif" || info.Width != 320 || info.Height != 240 {
		t.Errorf("the AVIF reads as %+v", info)
	}
	img, _ := decodePicture(t, again[0])
	near(t, img, 1, 1, specimen.UpperLeft)
	near(t, img, 1, 7, specimen.LowerLeft)
}

// Each of the eight EXIF orientations must come out with the same upright picture as a viewer would show.
// features: D13
func TestOrientationIsApplied(t *testing.T) {
	e := start(t)
	ul, ur, lr, ll := specimen.UpperLeft, specimen.UpperRight, specimen.LowerRight, specimen.LowerLeft
	// The stored corners, clockwise from the upper left, as seen after each orientation is applied.
	upright := map[uint16][4]color.RGBA{
		1: {ul, ur, lr, ll}, 2: {ur, ul, ll, lr}, 3: {lr, ll, ul, ur}, 4: {ll, lr, ur, ul},
		5: {ul, ll, lr, ur}, 6: {ll, ul, ur, lr}, 7: {lr, ur, ul, ll}, 8: {ur, lr, ll, ul},
	}
	for o, corners := range upright {
		src := specimen.WithEXIF(specimen.JPEG(specimen.Scene(400, 200)), specimen.EXIF{Orientation: o, Artist: "Alice"})
		info, pics := render(t, e, src,
			rendition.Preset{Name: "a", Width: 100, Height: 100, Format: rendition.PNG},
			rendition.Preset{Name: "b", Width: 50, Height: 50, Format: rendition.PNG})
		wantW, wantH := 100, 50
		if o >= 5 {
			wantW, wantH = 50, 100
		}
		if info.Orientation != int(o) || info.Width != 4*wantW || info.Height != 4*wantH {
			t.Errorf("orientation %d: info is %+v", o, info)
		}
		if pics[0].Width != wantW || pics[0].Height != wantH {
			t.Errorf("orientation %d: picture is %dx%d, want %dx%d", o, pics[0].Width, pics[0].Height, wantW, wantH)
		}
		for _, p := range pics {
			img, _ := decodePicture(t, p)
			near(t, img, 1, 1, corners[0])
			near(t, img, 7, 1, corners[1])
			near(t, img, 7, 7, corners[2])
			near(t, img, 1, 7, corners[3])
		}
	}
}

// What a camera or a person wrote into the file must not reach whoever gets a rendition.
// features: D13
func TestNoMetadataLeaves(t *testing.T) {
	e := start(t)
	const artist, packet = "ARTIST-MARK-7731", "XMP-MARK-7731"
	src := specimen.JPEG(specimen.Scene(300, 200))
	src = specimen.WithICC(src, specimen.RotatedPrimaries())
	src = specimen.WithXMP(src, `<x:xmpmeta xmlns:x="adobe:ns:meta/">`+packet+`</x:xmpmeta>`)
	src = specimen.WithEXIF(src, specimen.EXIF{Orientation: 1, Artist: artist, GPS: true})
	// The test would be worth nothing if the original did not carry it where decoders find it.
	original, err := vips.NewImageFromBuffer(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer original.Close()
	for _, f := range []string{"exif-ifd3-GPSLatitude", "xmp-data", "icc-profile-data"} {
		if !original.HasField(f) {
			t.Fatalf("the specimen lacks %s", f)
		}
	}
	var presets []rendition.Preset
	for _, f := range []rendition.Format{rendition.JPEG, rendition.PNG, rendition.WebP, rendition.AVIF} {
		presets = append(presets, rendition.Preset{Name: strings.ToLower(string(f)), Width: 300, Height: 300, Format: f})
	}
	_, pics := render(t, e, src, presets...)
	for i, p := range pics {
		for _, mark := range []string{artist, packet, "Exif\x00", "eXIf", "EXIF", "GPS", "ICC_PROFILE", "ICCP", "iCCP", "xmp", "XMP ", "acsp", "made by a test"} {
			if bytes.Contains(p.Data, []byte(mark)) {
				t.Errorf("%s holds %q", presets[i].Name, mark)
			}
		}
		img, err := vips.NewImageFromBuffer(p.Data, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range img.GetFields() {
			if strings.HasPrefix(f, "exif") || strings.HasPrefix(f, "xmp") || strings.HasPrefix(f, "iptc") || strings.HasPrefix(f, "icc") {
				t.Errorf("%s carries the field %s", presets[i].Name, f)
			}
		}
		img.Close()
	}
}

// features: D13
func TestColoursBecomeSRGB(t *testing.T) {
	e := start(t)
	png := rendition.Preset{Name: "p", Width: 80, Height: 80, Format: rendition.PNG}
	primary := func(c color.RGBA) image.Image {
		img := image.NewRGBA(image.Rect(0, 0, 80, 80))
		for i := range 80 * 80 {
			img.SetRGBA(i%80, i/80, c)
		}
		return img
	}
	t.Run("an embedded profile is applied", func(t *testing.T) {
		src := specimen.WithICC(specimen.JPEG(primary(color.RGBA{R: 250, G: 10, B: 10, A: 255})), specimen.RotatedPrimaries())
		info, pics := render(t, e, src, png)
		if !info.Profile {
			t.Error("the profile was not noticed")
		}
		img, _ := decodePicture(t, pics[0])
		_, g, b, _ := img.At(40, 40).RGBA()
		if r, _, _, _ := img.At(40, 40).RGBA(); g>>8 < 200 || r>>8 > 60 || b>>8 > 60 {
			t.Errorf("red by a profile that calls green red came out as %v", img.At(40, 40))
		}
	})
	t.Run("a broken profile does not cost the picture", func(t *testing.T) {
		src := specimen.WithICC(specimen.JPEG(primary(color.RGBA{R: 250, G: 10, B: 10, A: 255})), bytes.Repeat([]byte{0x5a}, 400))
		_, pics := render(t, e, src, png)
		img, _ := decodePicture(t, pics[0])
		near(t, img, 4, 4, color.RGBA{R: 250, G: 10, B: 10, A: 255})
	})
	t.Run("grey of 16 bits", func(t *testing.T) {
		grey := image.NewGray16(image.Rect(0, 0, 80, 80))
		for i := range 80 * 80 {
			grey.SetGray16(i%80, i/80, color.Gray16{Y: 0x8080})
		}
		info, pics := render(t, e, specimen.PNG(grey), png)
		if info.ColourSpace != "Grey16" {
			t.Errorf("colour space is %s", info.ColourSpace)
		}
		img, _ := decodePicture(t, pics[0])
		near(t, img, 4, 4, color.RGBA{R: 0x80, G: 0x80, B: 0x80, A: 255})
		if _, deep := img.(*image.Gray16); deep {
			t.Error("the rendition still has 16 bits")
		}
	})
	t.Run("CMYK", func(t *testing.T) {
		ink, err := vips.NewBlack(80, 80, &vips.BlackOptions{Bands: 4})
		if err != nil {
			t.Fatal(err)
		}
		defer ink.Close()
		cmyk, err := ink.Copy(&vips.CopyOptions{Width: 80, Height: 80, Bands: 4, Interpretation: vips.InterpretationCmyk, Xres: 1, Yres: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer cmyk.Close()
		src, err := cmyk.JpegsaveBuffer(&vips.JpegsaveBufferOptions{Q: 90, Strip: true})
		if err != nil {
			t.Fatal(err)
		}
		info, pics := render(t, e, src, png, rendition.Preset{Name: "w", Width: 40, Height: 40, Format: rendition.WebP})
		if info.ColourSpace != "CMYK" {
			t.Errorf("colour space is %s", info.ColourSpace)
		}
		for _, p := range pics {
			img, _ := decodePicture(t, p)
			near(t, img, 4, 4, color.RGBA{R: 255, G: 255, B: 255, A: 255}) // no ink: paper
		}
	})
}

// features: D13
func TestTransparency(t *testing.T) {
	e := start(t)
	for name, src := range map[string][]byte{"png": specimen.PNG(specimen.Glass(200, 200)), "webp": specimen.WebP(specimen.Glass(200, 200))} {
		_, pics := render(t, e, src,
			rendition.Preset{Name: "j", Width: 100, Height: 100, Format: rendition.JPEG},
			rendition.Preset{Name: "p", Width: 100, Height: 100, Format: rendition.PNG},
			rendition.Preset{Name: "w", Width: 50, Height: 50, Format: rendition.WebP})
		jpg, _ := decodePicture(t, pics[0])
		near(t, jpg, 1, 1, color.RGBA{R: 255, G: 255, B: 255, A: 255})
		near(t, jpg, 4, 4, color.RGBA{B: 255, A: 255})
		for _, p := range pics[1:] {
			img, format := decodePicture(t, p)
			if _, _, _, a := img.At(2, 2).RGBA(); a != 0 {
				t.Errorf("%s to %s: the glass became opaque", name, format)
			}
			near(t, img, 4, 4, color.RGBA{B: 255, A: 255})
		}
	}
}

// What a hostile or broken file gets: a reason, fast, and nothing decoded when the header is enough to tell.
// features: D13
func TestHostileFiles(t *testing.T) {
	e := start(t)
	noisy := image.NewRGBA(image.Rect(0, 0, 400, 300)) // so that half of the bytes is half of the picture
	random := rand.New(rand.NewPCG(7, 31))
	for i := range noisy.Pix {
		noisy.Pix[i] = byte(random.Uint32()) | 0xff*byte((i%4)/3)
	}
	jpg, png, tif := specimen.JPEG(noisy), specimen.PNG(noisy), specimen.TIFF(noisy)
	_, made := render(t, e, jpg, rendition.Preset{Name: "a", Width: 400, Format: rendition.AVIF}, rendition.Preset{Name: "w", Width: 400, Format: rendition.WebP})
	avif, webp := made[0].Data, made[1].Data
	gif := specimen.GIF(60, 60, 3)
	half := func(b []byte) []byte { return b[:len(b)/2] }
	flipped := bytes.Clone(png)
	flipped[len(flipped)/2] ^= 0xff
	cases := []struct {
		why    string
		src    []byte
		reason asset.Reason
	}{
		{"no bytes at all", nil, asset.ReasonNotAnImage},
		{"zeros", make([]byte, 4096), asset.ReasonNotAnImage},
		{"text named .jpg", []byte("Dear agency,\nthe pictures follow tomorrow.\n"), asset.ReasonNotAnImage},
		{"SVG with a script", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>`), asset.ReasonUnsupported},
		{"PDF", []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"), asset.ReasonUnsupported},
		{"a page script dressed as GIF", []byte("GIF89a/*" + strings.Repeat(" ", 400) + "*/=1;alert(1)"), asset.ReasonCorrupt},
		{"JPEG magic before an SVG", append([]byte("\xff\xd8\xff\xe0"), `<svg xmlns="http://www.w3.org/2000/svg"/>`...), asset.ReasonCorrupt},
		{"only the magic of a PNG", []byte("\x89PNG\r\n\x1a\n"), asset.ReasonCorrupt},
		{"a JPEG that claims 64000 x 64000", specimen.ClaimJPEG(jpg, 64000, 64000), asset.ReasonTooManyPixels},
		{"a PNG that claims 64000 x 64000", specimen.ClaimPNG(png, 64000, 64000), asset.ReasonTooManyPixels},
		{"a TIFF that claims 64000 x 64000", specimen.ClaimTIFF(tif, 64000, 64000), asset.ReasonTooManyPixels},
		{"a GIF that claims 64000 x 64000", specimen.ClaimGIF(gif, 64000, 64000), asset.ReasonTooManyPixels},
		{"a GIF of 3000 frames", specimen.GIF(2, 2, 3000), asset.ReasonTooManyFrames},
		{"half a JPEG", half(jpg), asset.ReasonCorrupt},
		{"half a PNG", half(png), asset.ReasonCorrupt},
		{"half a WebP", half(webp), asset.ReasonCorrupt},
		{"half a TIFF", half(tif), asset.ReasonCorrupt},
		{"half an AVIF", half(avif), asset.ReasonCorrupt},
		{"a PNG with a flipped byte", flipped, asset.ReasonCorrupt},
	}
	presets := rendition.BuiltIn()
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			info, err := e.Inspect(c.src, nil)
			if err == nil {
				var pics []rendition.Picture
				if pics, err = pictures(e, c.src, info, rendition.Order{Presets: presets}); err != nil && pics != nil {
					t.Error("a failure came with pictures")
				}
			}
			var why *asset.ReadError
			if !errors.As(err, &why) || why.Reason != c.reason {
				t.Fatalf("got %v, want %s", err, c.reason)
			}
		})
	}
	// The last good file after all of these: nothing that came before may have harmed the process.
	if _, pics := render(t, e, jpg, presets...); len(pics) != len(presets) {
		t.Errorf("%d pictures after the hostile files, want %d", len(pics), len(presets))
	}
}

// A JPEG with an archive behind its end is a JPEG; the archive must not come along.
// features: D13
func TestPolyglotLosesItsTail(t *testing.T) {
	e := start(t)
	src := append(specimen.JPEG(specimen.Scene(300, 200)), "PK\x03\x04TAIL-MARK-7731<script>alert(1)</script>"...)
	_, pics := render(t, e, src, rendition.Preset{Name: "j", Width: 300, Format: rendition.JPEG})
	if bytes.Contains(pics[0].Data, []byte("TAIL-MARK-7731")) {
		t.Error("the tail came along")
	}
}

// Both guards are tried on their own: libvips must refuse what it calls untrusted even when our allow-list is not asked.
// features: D13
func TestLibvipsRefusesUntrustedLoaders(t *testing.T) {
	start(t)
	for name, src := range map[string]string{
		"SVG":    `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>`,
		"PDF":    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/MediaBox[0 0 9 9]/Parent 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
		"PPM":    "P3\n1 1\n255\n1 2 3\n",
		"HDR":    "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n\x01\x01\x01\x80",
		"Magick": "BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x18\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x00",
	} {
		if img, err := vips.NewImageFromBuffer([]byte(src), nil); err == nil {
			img.Close()
			t.Errorf("libvips opened a %s", name)
		}
	}
}

// Bytes that start like each allowed format and go on at random must neither crash nor pass for a picture without being one.
func FuzzInspectAndRender(f *testing.F) {
	scene := specimen.Scene(40, 30)
	for _, seed := range [][]byte{
		specimen.JPEG(scene), specimen.PNG(scene), specimen.WebP(scene), specimen.TIFF(scene), specimen.GIF(8, 8, 2),
		specimen.WithICC(specimen.WithEXIF(specimen.JPEG(scene), specimen.EXIF{Orientation: 6, Artist: "Alice", GPS: true}), specimen.RotatedPrimaries()),
	} {
		f.Add(seed)
	}
	e, err := Start(Limits{MaxPixels: 1_000_000, MaxFrames: 10})
	if err != nil {
		f.Fatal(err)
	}
	presets := []rendition.Preset{{Name: "p", Width: 16, Height: 16, Format: rendition.PNG}}
	f.Fuzz(func(t *testing.T, src []byte) {
		info, err := e.Inspect(src, nil)
		if err == nil {
			var pics []rendition.Picture
			if pics, err = pictures(e, src, info, rendition.Order{Presets: presets}); err == nil {
				decodePicture(t, pics[0])
			}
		}
		var why *asset.ReadError
		if err != nil && (!errors.As(err, &why) || !why.Reason.Known()) {
			t.Fatalf("an error without a reason: %v", err)
		}
	})
}

// What people look at first comes first, whatever order it was asked for in, and of each decode once.
// features: D13
func TestThumbAndPreviewComeFirst(t *testing.T) {
	e := start(t)
	presets := append([]rendition.Preset{
		{Name: "huge", Width: 1000, Format: rendition.AVIF}, {Name: "small", Width: 50}, {Name: "cut", Width: 500, Height: 100, Fit: rendition.Cover},
	}, rendition.BuiltIn()...)
	src := specimen.JPEG(specimen.Scene(1200, 900))
	info, err := e.Inspect(src, presets)
	if err != nil {
		t.Fatal(err)
	}
	c := &collected{pictures: make([]rendition.Picture, len(presets))}
	if err := e.Render(src, info, rendition.Order{Presets: presets}, c); err != nil || c.err != nil {
		t.Fatal(err, c.err)
	}
	if diff := cmp.Diff([]int{3, 4, 1, 2, 0}, c.order); diff != "" || c.decoded != 1 {
		t.Errorf("decoded %d times; order (-want +got):\n%s", c.decoded, diff)
	}
	// Damage shows before any picture is made, so that none is of half a file.
	c = &collected{pictures: make([]rendition.Picture, len(presets))}
	var why *asset.ReadError
	if err := e.Render(src[:len(src)*3/4], info, rendition.Order{Presets: presets}, c); !errors.As(err, &why) || len(c.order) > 0 || c.decoded > 0 {
		t.Errorf("of a damaged file %v came, and %v", c.order, err)
	}
}

// Whoever has no time for more is not kept waiting.
func TestRenderEndsWhenTold(t *testing.T) {
	e := start(t)
	src := specimen.JPEG(specimen.Scene(120, 90))
	presets := rendition.BuiltIn()
	info, err := e.Inspect(src, presets)
	if err != nil {
		t.Fatal(err)
	}
	c := &ended{}
	if err := e.Render(src, info, rendition.Order{Presets: presets}, c); err != nil || c.made != 1 {
		t.Errorf("%d pictures, %v", c.made, err)
	}
}

type ended struct{ made int }

func (*ended) Decoded() {}

func (*ended) Impressed(rendition.Impression) {}

func (e *ended) Made(int, rendition.Picture, error) bool { e.made++; return false }
