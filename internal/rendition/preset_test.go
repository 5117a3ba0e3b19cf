package rendition

import (
	"errors"
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
		{"an unknown fit", func(p *Preset) { p.Fit = "Stretch" }, "Inside or Cover"},
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
		{"landscape meets the width", inside(400, 400), 4000, 3000, Geometry{400, 300, 400, 300}},
		{"portrait meets the height", inside(400, 400), 3000, 4000, Geometry{300, 400, 300, 400}},
		{"a small one stays", inside(400, 400), 120, 80, Geometry{120, 80, 120, 80}},
		{"a free height", inside(1600, 0), 4000, 3000, Geometry{1600, 1200, 1600, 1200}},
		{"a free side still ends", inside(1600, 0), 100, 90000, Geometry{9, 8192, 9, 8192}},
		{"a line keeps a pixel", inside(400, 400), 40000, 1, Geometry{400, 1, 400, 1}},
		{"cover cuts the sides", cover(1080, 1080), 4000, 3000, Geometry{1440, 1080, 1080, 1080}},
		{"cover cuts above and below", cover(1200, 400), 3000, 3000, Geometry{1200, 1200, 1200, 400}},
		{"a small one keeps the box's proportions", cover(1200, 400), 900, 600, Geometry{900, 600, 900, 300}},
		{"one side smaller than the box", cover(1000, 1000), 4000, 500, Geometry{4000, 500, 500, 500}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.preset.Measure(c.w, c.h)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMeasureNeverEnlarges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 100_000).Draw(t, "width"), rapid.IntRange(1, 100_000).Draw(t, "height")
		p := drawPreset(t, "p")
		g := p.Measure(w, h)
		if g.ResizeWidth > w || g.ResizeHeight > h || g.Width > g.ResizeWidth || g.Height > g.ResizeHeight || g.Width < 1 || g.Height < 1 {
			t.Fatalf("%+v from %dx%d gives %+v", p, w, h, g)
		}
		if g.Width > MaxEdge || g.Height > MaxEdge || p.Width > 0 && g.Width > p.Width || p.Height > 0 && g.Height > p.Height {
			t.Fatalf("%+v from %dx%d leaves the box: %+v", p, w, h, g)
		}
	})
}

// drawPreset gives any valid preset.
func drawPreset(t *rapid.T, name string) Preset {
	p := Preset{
		Name:   name,
		Fit:    rapid.SampledFrom([]Fit{"", Inside, Cover}).Draw(t, "fit"),
		Format: rapid.SampledFrom([]Format{"", JPEG, PNG, WebP, AVIF}).Draw(t, "format"),
		Width:  rapid.IntRange(1, MaxEdge).Draw(t, "box width"), Quality: rapid.IntRange(0, 100).Draw(t, "quality"),
	}
	if p.Fit == Cover || rapid.Bool().Draw(t, "both") {
		p.Height = rapid.IntRange(1, MaxEdge).Draw(t, "box height")
	}
	return p
}

func TestObjectName(t *testing.T) {
	p := Preset{Name: "web-large", Width: 1600, Format: JPEG}
	name := ObjectName(p, "abc")
	if want := "web-large-" + ContentTag(p, "abc") + ".jpg"; name != want {
		t.Fatalf("the name is %q, want %q", name, want)
	}
	if got := ObjectName(p, `"abc"`); got != name {
		t.Errorf("a quoted ETag gives %q", got)
	}
	if got := ObjectName(p.Defaulted(), "abc"); got != name {
		t.Errorf("defaults change the name to %q", got)
	}
	// A name once given must stay: with another, every picture of every library would be rendered anew.
	if got, want := ObjectName(BuiltIn()[0], "9b2cf535f27731c974343645a3985328"), "thumb-selahzhc5pq4s.webp"; got != want {
		t.Errorf("the name is now %q, and was %q", got, want)
	}
	changes := map[string]Preset{}
	for what, change := range map[string]func(*Preset){
		"width": func(p *Preset) { p.Width++ }, "height": func(p *Preset) { p.Height++ }, "fit": func(p *Preset) { p.Height, p.Fit = 1600, Cover },
		"quality": func(p *Preset) { p.Quality = 81 }, "format": func(p *Preset) { p.Format = WebP },
	} {
		q := p
		change(&q)
		changes[what] = q
	}
	for what, q := range changes {
		if ObjectName(q, "abc") == name {
			t.Errorf("another %s keeps the name", what)
		}
	}
	if ObjectName(p, "abd") == name {
		t.Error("another ETag keeps the name")
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
