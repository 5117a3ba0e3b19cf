package rendition

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPresetValidate(t *testing.T) {
	good := Preset{Name: "web", Width: 1600}
	cases := []struct {
		why    string
		change func(*Preset)
		remedy string // "" when it is accepted
	}{
		{"defaults fill in the rest", func(*Preset) {}, ""},
		{"one free side", func(p *Preset) { p.Width, p.Height = 0, 300 }, ""},
		{"cover with both sides", func(p *Preset) { p.Height, p.Fit = 900, Cover }, ""},
		{"no name", func(p *Preset) { p.Name = "" }, "name must be"},
		{"a name with a dot would end the tag early", func(p *Preset) { p.Name = "a.b" }, "name must be"},
		{"a name with a slash would leave its place", func(p *Preset) { p.Name = "a/b" }, "name must be"},
		{"an upper-case letter inside", func(p *Preset) { p.Name = "aBa" }, "name must be"},
		{"a hyphen at the end", func(p *Preset) { p.Name = "a-" }, "name must be"},
		{"a name too long", func(p *Preset) { p.Name = strings.Repeat("a", 64) }, "name must be"},
		{"no box", func(p *Preset) { p.Width = 0 }, "give a width or a height"},
		{"too large a box", func(p *Preset) { p.Width = MaxEdge + 1 }, "at most 8192"},
		{"a negative box", func(p *Preset) { p.Height = -1 }, "at most 8192"},
		{"cover with a free side", func(p *Preset) { p.Fit = Cover }, "needs both"},
		{"an unknown fit", func(p *Preset) { p.Fit = "Stretch" }, "Inside, Cover, Fill or Pad"},
		{"fill with a free side", func(p *Preset) { p.Fit = Fill }, "needs both"},
		{"pad with a free side", func(p *Preset) { p.Fit = Pad }, "needs both"},
		{"pad with both sides", func(p *Preset) { p.Height, p.Fit = 900, Pad }, ""},
		{"everything that can be said", func(p *Preset) {
			effort := 0
			*p = Preset{
				Name: "all", Width: 1, Height: 1, Fit: Cover, Position: FocusArea, Format: AVIF, Quality: 1, Effort: &effort, Background: "#FFcc00",
				Sharpen: SharpenStrong, Strip: KeepCopyright, Page: 7, Watermark: &Watermark{Image: "brand/logo.png", ETag: "e", Position: Tile, Opacity: 100, Size: 100},
			}
		}, ""},
		{"a position where nothing is cut off", func(p *Preset) { p.Position = Attention }, "position is for fit Cover"},
		{"an unknown position", func(p *Preset) { p.Height, p.Fit, p.Position = 9, Cover, "Top" }, "Centre, Attention or FocusArea"},
		{"effort above 9", func(p *Preset) { e := 10; p.Effort = &e }, "0 to 9"},
		{"a colour by name", func(p *Preset) { p.Background = "orange" }, "such as #ffcc00"},
		{"a colour of three digits", func(p *Preset) { p.Background = "#fc0" }, "such as #ffcc00"},
		{"an unknown sharpening", func(p *Preset) { p.Sharpen = "Some" }, "None, Light or Strong"},
		{"an unknown stripping", func(p *Preset) { p.Strip = "None" }, "All or KeepCopyright"},
		{"a page that no file may have", func(p *Preset) { p.Page = MaxPage + 1 }, "page must be 1 to 1000"},
		{"a watermark of nothing", func(p *Preset) { p.Watermark = &Watermark{} }, "either a text or an image"},
		{"a watermark of both", func(p *Preset) { p.Watermark = &Watermark{Text: "a", Image: "b", ETag: "e"} }, "either a text or an image"},
		{"a blank watermark would leave pictures unmarked", func(p *Preset) { p.Watermark = &Watermark{Text: "\u2003\u200b "} }, "must have a letter"},
		{"fillers of Hangul draw nothing", func(p *Preset) { p.Watermark = &Watermark{Text: "\u3164\u115f\u1160 \uffa0"} }, "must have a letter"},
		{"nor does Braille without dots", func(p *Preset) { p.Watermark = &Watermark{Text: "\u2800\ufffc\U0001d159"} }, "must have a letter"},
		{"one letter among fillers is seen", func(p *Preset) { p.Watermark = &Watermark{Text: "\u3164\uac00\u2800"} }, ""},
		{"a digit alone is seen", func(p *Preset) { p.Watermark = &Watermark{Text: "7"} }, ""},
		{"a point alone is seen", func(p *Preset) { p.Watermark = &Watermark{Text: "!"} }, ""},
		{"Braille is seen", func(p *Preset) { p.Watermark = &Watermark{Text: "\u2801"} }, ""},
		{"a separator of lines", func(p *Preset) { p.Watermark = &Watermark{Text: "a\u2028b"} }, "one line"},
		{"a separator of paragraphs", func(p *Preset) { p.Watermark = &Watermark{Text: "a\u2029b"} }, "one line"},
		{"a watermark of two lines", func(p *Preset) { p.Watermark = &Watermark{Text: "a\nb"} }, "one line"},
		{"a NUL would end the text early", func(p *Preset) { p.Watermark = &Watermark{Text: "a\x00b"} }, "one line"},
		{"a watermark that is not UTF-8", func(p *Preset) { p.Watermark = &Watermark{Text: "a\xff"} }, "one line"},
		{"a watermark too long", func(p *Preset) { p.Watermark = &Watermark{Text: strings.Repeat("a", MaxMarkText+1)} }, "at most 800"},
		{"an image nobody has looked at", func(p *Preset) { p.Watermark = &Watermark{Image: "brand/logo.png"} }, "must be looked at"},
		{"an unknown place", func(p *Preset) { p.Watermark = &Watermark{Text: "a", Position: "Middle"} }, "nine places"},
		{"opacity above 100", func(p *Preset) { p.Watermark = &Watermark{Text: "a", Opacity: 101} }, "opacity must be"},
		{"a size below 1", func(p *Preset) { p.Watermark = &Watermark{Text: "a", Size: -1} }, "size must be"},
		{"an unknown format", func(p *Preset) { p.Format = "GIF" }, "JPEG, PNG, WebP or AVIF"},
		{"quality above 100", func(p *Preset) { p.Quality = 101 }, "1 to 100"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			p := good
			c.change(&p)
			err := p.Validate()
			if c.remedy == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, ErrPreset) || !strings.Contains(err.Error(), c.remedy) {
				t.Errorf("got %v, want the remedy %q", err, c.remedy)
			}
		})
	}
	if err := ValidatePresets([]Preset{good, good}); !errors.Is(err, ErrPreset) {
		t.Errorf("one name twice: %v", err)
	}
	if err := ValidatePresets(make([]Preset, MaxPresets+1)); !errors.Is(err, ErrPreset) {
		t.Errorf("too many: %v", err)
	}
	if err := ValidatePresets(BuiltIn()); err != nil {
		t.Errorf("the built-in presets: %v", err)
	}
}

func TestWithBuiltIn(t *testing.T) {
	own := Preset{Name: Thumb, Width: 300}
	got := WithBuiltIn([]Preset{{Name: "web", Width: 1200}, own})
	want := []Preset{BuiltIn()[1], {Name: "web", Width: 1200, Fit: Inside, Format: WebP, Quality: 80}, own.Defaulted()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// features: D13
func TestMeasure(t *testing.T) {
	inside := func(w, h int) Preset { return Preset{Name: "p", Width: w, Height: h} }
	cover := func(w, h int) Preset { return Preset{Name: "p", Width: w, Height: h, Fit: Cover} }
	cases := []struct {
		why    string
		preset Preset
		w, h   int
		want   Geometry
	}{
		{"landscape meets the width", inside(400, 400), 4000, 3000, Geometry{400, 300, 400, 300, 0, 0}},
		{"portrait meets the height", inside(400, 400), 3000, 4000, Geometry{300, 400, 300, 400, 0, 0}},
		{"a small one stays", inside(400, 400), 120, 80, Geometry{120, 80, 120, 80, 0, 0}},
		{"a free height", inside(1600, 0), 4000, 3000, Geometry{1600, 1200, 1600, 1200, 0, 0}},
		{"a free side still ends", inside(1600, 0), 100, 90000, Geometry{9, 8192, 9, 8192, 0, 0}},
		{"a line keeps a pixel", inside(400, 400), 40000, 1, Geometry{400, 1, 400, 1, 0, 0}},
		{"cover cuts the sides", cover(1080, 1080), 4000, 3000, Geometry{1440, 1080, 1080, 1080, 180, 0}},
		{"cover cuts above and below", cover(1200, 400), 3000, 3000, Geometry{1200, 1200, 1200, 400, 0, 400}},
		{"a small one keeps the box's proportions", cover(1200, 400), 900, 600, Geometry{900, 600, 900, 300, 0, 150}},
		{"fill gives up proportions", Preset{Width: 300, Height: 300, Fit: Fill}, 4000, 1000, Geometry{300, 300, 300, 300, 0, 0}},
		{"fill enlarges", Preset{Width: 300, Height: 300, Fit: Fill}, 10, 20, Geometry{300, 300, 300, 300, 0, 0}},
		{"pad adds at the sides", Preset{Width: 400, Height: 300, Fit: Pad}, 600, 600, Geometry{300, 300, 400, 300, -50, 0}},
		{"pad does not enlarge what is within", Preset{Width: 400, Height: 301, Fit: Pad}, 100, 50, Geometry{100, 50, 400, 301, -150, -125}},
		{"one side smaller than the box", cover(1000, 1000), 4000, 500, Geometry{4000, 500, 500, 500, 1750, 0}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.preset.Measure(c.w, c.h, nil)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What every geometry must keep to, whatever the preset, the original and its focus.
// features: D13
func TestMeasureKeepsToTheBox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 100_000).Draw(t, "width"), rapid.IntRange(1, 100_000).Draw(t, "height")
		p := drawPreset(t, "p")
		g := p.Measure(w, h, drawFocus(t))
		bad := func(why string) { t.Fatalf("%+v from %dx%d %s: %+v", p, w, h, why, g) }
		if g.Width < 1 || g.Height < 1 || g.ResizeWidth < 1 || g.ResizeHeight < 1 {
			bad("has a side without a pixel")
		}
		if g.Width > MaxEdge || g.Height > MaxEdge || p.Width > 0 && g.Width > p.Width || p.Height > 0 && g.Height > p.Height {
			bad("leaves the box")
		}
		if p.Fit != Fill && (g.ResizeWidth > w || g.ResizeHeight > h) {
			bad("is enlarged")
		}
		switch p.Fit {
		case Fill, Pad:
			if g.Width != p.Width || g.Height != p.Height {
				bad("is not the box")
			}
			if g.Left > 0 || g.Top > 0 || g.Left+g.Width < g.ResizeWidth || g.Top+g.Height < g.ResizeHeight {
				bad("loses some of the picture")
			}
		default:
			if g.Left < 0 || g.Top < 0 || g.Left+g.Width > g.ResizeWidth || g.Top+g.Height > g.ResizeHeight {
				bad("shows what there is not")
			}
		}
	})
}

// The window goes after the focus as far as the picture lets it.
func TestMeasureGoesAfterTheFocus(t *testing.T) {
	wide := Preset{Name: "p", Width: 100, Height: 100, Fit: Cover, Position: FocusArea}
	cases := []struct {
		why       string
		focus     *Focus
		left, top int
	}{
		{"no focus is the middle", nil, 100, 0},
		{"a focus in the middle", &Focus{X: 0.25, Y: 0.25, Width: 0.5, Height: 0.5}, 100, 0},
		{"at the left edge the picture ends", &Focus{X: 0, Y: 0, Width: 0.1, Height: 0.1}, 0, 0},
		{"at the right edge likewise", &Focus{X: 0.9, Y: 0.9, Width: 0.1, Height: 0.1}, 200, 0},
		{"a third from the left", &Focus{X: 0.3, Y: 0, Width: 0.1, Height: 1}, 55, 0},
		{"one wider than the window is cut equally on both sides", &Focus{X: 0, Y: 0, Width: 0.9, Height: 1}, 85, 0},
	}
	for _, c := range cases {
		if g := wide.Measure(600, 200, c.focus); g.Left != c.left || g.Top != c.top || g.Width != 100 || g.Height != 100 {
			t.Errorf("%s: %+v, want the window at %d, %d", c.why, g, c.left, c.top)
		}
	}
	centred := wide
	centred.Position = Centre
	if g := centred.Measure(600, 200, &Focus{X: 0, Y: 0, Width: 0.1, Height: 0.1}); g.Left != 100 {
		t.Errorf("a preset that does not go by the focus was moved: %+v", g)
	}
}

func TestFocusValid(t *testing.T) {
	for why, c := range map[string]struct {
		focus Focus
		want  bool
	}{
		"the whole picture":     {Focus{X: 0, Y: 0, Width: 1, Height: 1}, true},
		"fractions that add up": {Focus{X: 0.7, Y: 0.1, Width: 0.3, Height: 0.9}, true},
		"nothing":               {Focus{}, false},
		"beyond the right edge": {Focus{X: 0.5, Y: 0, Width: 0.6, Height: 1}, false},
		"before the left edge":  {Focus{X: -0.1, Y: 0, Width: 0.6, Height: 1}, false},
		"not a number":          {Focus{X: math.NaN(), Y: 0, Width: 1, Height: 1}, false},
		"without an end":        {Focus{X: 0, Y: 0, Width: math.Inf(1), Height: 1}, false},
	} {
		if got := c.focus.Valid(); got != c.want {
			t.Errorf("%s: %v", why, got)
		}
	}
}

// A stamp is inside the picture wherever it goes, keeps about its proportions, and is at least a pixel.
func TestStampsStayOnThePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.IntRange(1, MaxEdge).Draw(t, "width"), rapid.IntRange(1, MaxEdge).Draw(t, "height")
		markW, markH := rapid.IntRange(1, 4096).Draw(t, "mark width"), rapid.IntRange(1, 4096).Draw(t, "mark height")
		w := drawWatermark(t)
		r := w.Put(markW, markH, width, height)
		if r.Width < 1 || r.Height < 1 || r.Left < 0 || r.Top < 0 || r.Left+r.Width > width || r.Top+r.Height > height {
			t.Fatalf("%+v of %dx%d on %dx%d is at %+v", w, markW, markH, width, height, r)
		}
		if most := float64(width)*float64(w.defaulted().Size)/100 + 1; float64(r.Width) > most {
			t.Fatalf("%+v is %d wide, at most %v", w, r.Width, most)
		}
	})
	mark := func(p Place) Rect { return (&Watermark{Text: "x", Position: p, Size: 10}).Put(200, 100, 1000, 500) }
	for place, want := range map[Place]Rect{
		TopLeft: {10, 10, 100, 50}, Top: {450, 10, 100, 50}, TopRight: {890, 10, 100, 50},
		Left: {10, 225, 100, 50}, Middle: {450, 225, 100, 50}, Right: {890, 225, 100, 50},
		BottomLeft: {10, 440, 100, 50}, Bottom: {450, 440, 100, 50}, BottomRight: {890, 440, 100, 50},
		"": {890, 440, 100, 50},
	} {
		if got := mark(place); got != want {
			t.Errorf("%q is at %+v, want %+v", place, got, want)
		}
	}
}

func drawFocus(t *rapid.T) *Focus {
	if rapid.Bool().Draw(t, "no focus") {
		return nil
	}
	f := &Focus{X: rapid.Float64Range(0, 0.99).Draw(t, "x"), Y: rapid.Float64Range(0, 0.99).Draw(t, "y")}
	f.Width, f.Height = rapid.Float64Range(0.001, 1-f.X).Draw(t, "focus width"), rapid.Float64Range(0.001, 1-f.Y).Draw(t, "focus height")
	return f
}

func drawWatermark(t *rapid.T) *Watermark {
	w := &Watermark{
		Position: rapid.SampledFrom([]Place{"", TopLeft, Top, TopRight, Left, Middle, Right, BottomLeft, Bottom, BottomRight, Tile}).Draw(t, "place"),
		Opacity:  rapid.IntRange(0, 100).Draw(t, "opacity"), Size: rapid.IntRange(0, 100).Draw(t, "size"),
	}
	if rapid.Bool().Draw(t, "image") {
		w.Image, w.ETag = "brand/logo.png", rapid.SampledFrom([]string{"m1", "m2"}).Draw(t, "mark")
		return w
	}
	w.Text = rapid.SampledFrom([]string{"Northlight", "<b>& Söhne"}).Draw(t, "text")
	return w
}

// drawPreset gives any valid preset.
func drawPreset(t *rapid.T, name string) Preset {
	p := Preset{
		Name:   name,
		Fit:    rapid.SampledFrom([]Fit{"", Inside, Cover, Fill, Pad}).Draw(t, "fit"),
		Format: rapid.SampledFrom([]Format{"", JPEG, PNG, WebP, AVIF}).Draw(t, "format"),
		Width:  rapid.IntRange(1, MaxEdge).Draw(t, "box width"), Quality: rapid.IntRange(0, 100).Draw(t, "quality"),
	}
	if p.Fit != "" && p.Fit != Inside || rapid.Bool().Draw(t, "both") {
		p.Height = rapid.IntRange(1, MaxEdge).Draw(t, "box height")
	}
	if p.Fit == Cover {
		p.Position = rapid.SampledFrom([]Position{"", Centre, Attention, FocusArea}).Draw(t, "position")
	}
	if effort := rapid.IntRange(-1, MaxEffort).Draw(t, "effort"); effort >= 0 {
		p.Effort = &effort
	}
	p.Background = rapid.SampledFrom([]string{"", "#ffffff", "#0A0b0c"}).Draw(t, "background")
	p.Sharpen = rapid.SampledFrom([]Sharpening{"", SharpenNone, SharpenLight, SharpenStrong}).Draw(t, "sharpen")
	p.Strip = rapid.SampledFrom([]Stripping{"", StripAll, KeepCopyright}).Draw(t, "strip")
	p.Page = rapid.IntRange(0, 3).Draw(t, "page")
	if rapid.Bool().Draw(t, "watermark") {
		p.Watermark = drawWatermark(t)
	}
	return p
}

func TestObjectName(t *testing.T) {
	p := Preset{Name: "web-large", Width: 1600, Format: JPEG}
	name := ObjectName(p, "abc", nil)
	if want := "web-large-" + ContentTag(p, "abc", nil) + ".jpg"; name != want {
		t.Fatalf("the name is %q, want %q", name, want)
	}
	if got := ObjectName(p, `"abc"`, nil); got != name {
		t.Errorf("a quoted ETag gives %q", got)
	}
	if got := ObjectName(p.Defaulted(), "abc", nil); got != name {
		t.Errorf("defaults change the name to %q", got)
	}
	// A name once given must stay: with another, every picture of every library would be rendered anew.
	if got, want := ObjectName(BuiltIn()[0], "9b2cf535f27731c974343645a3985328", nil), "thumb-selahzhc5pq4s.webp"; got != want {
		t.Errorf("the name is now %q, and was %q", got, want)
	}
	effort := 4
	changes := map[string]Preset{}
	for what, change := range map[string]func(*Preset){
		"width": func(p *Preset) { p.Width++ }, "height": func(p *Preset) { p.Height++ }, "fit": func(p *Preset) { p.Height, p.Fit = 1600, Cover },
		"quality": func(p *Preset) { p.Quality = 81 }, "format": func(p *Preset) { p.Format = WebP },
		"effort": func(p *Preset) { p.Effort = &effort }, "background": func(p *Preset) { p.Background = "#ffffff" },
		"sharpening": func(p *Preset) { p.Sharpen = SharpenLight }, "stripping": func(p *Preset) { p.Strip = KeepCopyright },
		"page": func(p *Preset) { p.Page = 2 }, "watermark": func(p *Preset) { p.Watermark = &Watermark{Text: "Northlight"} },
		"position": func(p *Preset) { p.Height, p.Fit, p.Position = 1600, Cover, Attention },
	} {
		q := p
		change(&q)
		changes[what] = q
	}
	for what, q := range changes {
		if ObjectName(q, "abc", nil) == name {
			t.Errorf("another %s keeps the name", what)
		}
	}
	if ObjectName(p, "abd", nil) == name {
		t.Error("another ETag keeps the name")
	}
}

// The names and digests that presets had before there were positions, backgrounds and watermarks, computed by the code of that
// day: with others, every picture of every library would be rendered anew for the sake of fields that it does not use.
// features: D13
func TestDigestsOfOldPresetsStay(t *testing.T) {
	const etag = `"9b2cf535f27731c974343645a3985328"`
	for _, c := range []struct {
		preset       Preset
		digest, name string
	}{
		{Preset{Name: "thumb", Width: 400, Height: 400}, "4zh7kmsfial54", "thumb-selahzhc5pq4s.webp"},
		{Preset{Name: "web", Width: 1600, Format: JPEG, Quality: 80}, "jh5sndrbuwdxo", "web-5cnwzuqia4qzm.jpg"},
		{Preset{Name: "square", Width: 1080, Height: 1080, Fit: Cover, Format: JPEG, Quality: 92}, "owgwzgg5hivao", "square-5inxmy5ietojo.jpg"},
		{Preset{Name: "strip", Height: 200, Format: PNG}, "jymygcrpfdjh2", "strip-j6x3n36sypqei.png"},
		{Preset{Name: "avif", Width: 960, Format: AVIF, Quality: 50}, "vq6erbylujdgo", "avif-y43evd6mm5bk2.avif"},
	} {
		explicit := c.preset
		explicit.Sharpen, explicit.Strip, explicit.Page = SharpenNone, StripAll, 1
		if explicit.Fit == Cover {
			explicit.Position = Centre
		}
		for _, p := range []Preset{c.preset, explicit} {
			if got := p.Digest(); got != c.digest {
				t.Errorf("%+v: the digest is now %s, and was %s", p, got, c.digest)
			}
			for _, focus := range []*Focus{nil, {X: 0, Y: 0, Width: 0.5, Height: 0.5}} {
				if got := ObjectName(p, etag, focus); got != c.name {
					t.Errorf("%+v, focus %v: the name is now %s, and was %s", p, focus, got, c.name)
				}
			}
		}
	}
	if got, want := SetDigest(BuiltIn()), "4h34fqikrxjau"; got != want {
		t.Errorf("the digest of the built-in set is now %s, and was %s", got, want)
	}
}

// A focus is part of the names of presets that go by it.
func TestFocusIsPartOfTheName(t *testing.T) {
	p := Preset{Name: "square", Width: 100, Height: 100, Fit: Cover, Position: FocusArea}
	a, b := &Focus{X: 0.1, Y: 0.1, Width: 0.2, Height: 0.2}, &Focus{X: 0.1, Y: 0.1, Width: 0.2, Height: 0.3}
	names := map[string]bool{ObjectName(p, "e", nil): true, ObjectName(p, "e", a): true, ObjectName(p, "e", b): true}
	if len(names) != 3 {
		t.Errorf("none, one and another focus have %d names", len(names))
	}
	if ObjectName(p, "e", a) != ObjectName(p, "e", &Focus{X: 0.10000001, Y: 0.1, Width: 0.2, Height: 0.2}) {
		t.Error("a move that nobody sees changes the name")
	}
}

// A watermark is told by what is drawn: another path of the same image is the same watermark.
func TestWatermarkInTheName(t *testing.T) {
	with := func(w Watermark) string { return ObjectName(Preset{Name: "web", Width: 100, Watermark: &w}, "e", nil) }
	logo := Watermark{Image: "brand/logo.png", ETag: "m1"}
	if with(logo) != with(Watermark{Image: "old/logo.png", ETag: "m1", Opacity: 50, Size: 30, Position: BottomRight}) {
		t.Error("the path, or a default, is part of the name")
	}
	names := map[string]bool{}
	all := []Watermark{
		logo, {Image: "brand/logo.png", ETag: "m2"}, {Text: "m1"}, {Text: "image m1"}, {Text: "m1", Opacity: 51},
		{Text: "m1", Size: 31}, {Text: "m1", Position: Tile},
	}
	for _, w := range all {
		names[with(w)] = true
	}
	if len(names) != len(all) {
		t.Errorf("%d watermarks have %d names", len(all), len(names))
	}
}

// Until the pictures of a changed preset are there, those that it made before may be shown; but one that is to be marked
// is never shown without a mark.
// features: D13
func TestWhatServesMeanwhile(t *testing.T) {
	plain := Preset{Name: "web", Width: 100, Format: JPEG}
	marked := plain
	marked.Watermark = &Watermark{Text: "Northlight"}
	other := plain
	other.Watermark = &Watermark{Text: "Acme"}
	for _, c := range []struct {
		why    string
		now    Preset
		object string
		want   bool
	}{
		{"a smaller picture for a larger one", Preset{Name: "web", Width: 200}, ObjectName(plain, "e", nil), true},
		{"a marked picture where no mark is asked for any more", plain, ObjectName(marked, "e", nil), true},
		{"a picture with another mark", marked, ObjectName(other, "e", nil), true},
		{"a picture without a mark", marked, ObjectName(plain, "e", nil), false},
		{"a mark in the name of the preset is none", marked, ObjectName(Preset{Name: "web-marked", Width: 100}, "e", nil), false},
		{"what is no rendition", plain, "web-x.html", false},
	} {
		if got := c.now.Serves(c.object); got != c.want {
			t.Errorf("%s: %v, %s", c.why, got, c.object)
		}
	}
}

func TestSetDigest(t *testing.T) {
	a, b := Preset{Name: "a", Width: 100}, Preset{Name: "b", Width: 200}
	if SetDigest([]Preset{a, b}) != SetDigest([]Preset{b, a}) {
		t.Error("the order matters")
	}
	c := b
	c.Quality = 10
	for _, other := range [][]Preset{{a}, {a, c}, {b}, nil} {
		if SetDigest(other) == SetDigest([]Preset{a, b}) {
			t.Errorf("%v is taken for another set", other)
		}
	}
}

// Workers and the API server refuse the same texts: they go by the same expressions.
// features: D13
func TestTextsAreRefusedAlike(t *testing.T) {
	crd, err := os.ReadFile("../../config/crd/bases/dam.vitrine.dev_libraries.yaml")
	if err != nil {
		t.Fatal(err)
	}
	crd = bytes.ReplaceAll(crd, []byte("''"), []byte("'")) // YAML breaks long lines at blanks alone, of which the expressions have none
	for _, e := range []string{breaks.String(), seen.String()} {
		if cel := "self.matches('" + strings.ReplaceAll(e, `\`, `\\`) + "')"; !bytes.Contains(crd, []byte(cel)) {
			t.Errorf("the API does not go by %s", cel)
		}
	}
}
