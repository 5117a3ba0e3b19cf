package rendition

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Manifests are cut by what their pictures really take: where a format or a watermark takes longer, fewer go into one.
// features: D13
func TestCostCountsWhatPicturesTake(t *testing.T) {
	six := 9
	cost := func(size int64, p Preset) int64 { return Item{Size: size, Outputs: []Output{{Preset: p}}}.Cost() }
	const camera = 8 << 20
	base := Preset{Name: "web", Width: 2000, Height: 2000, Format: JPEG}
	with := func(change func(*Preset)) Preset {
		p := base
		change(&p)
		return p
	}
	plain := cost(camera, base)
	for why, c := range map[string]struct {
		preset Preset
		least  int64 // times plain
	}{
		"WebP":             {with(func(p *Preset) { p.Format = WebP }), 1},
		"PNG":              {with(func(p *Preset) { p.Format = PNG }), 2},
		"AVIF":             {with(func(p *Preset) { p.Format = AVIF }), 6},
		"AVIF with effort": {with(func(p *Preset) { p.Format, p.Effort = AVIF, &six }), 15},
		"a watermark":      {with(func(p *Preset) { p.Watermark = &Watermark{Text: "Acme"} }), 1},
		"sharpening":       {with(func(p *Preset) { p.Sharpen = SharpenLight }), 1},
		"a larger box":     {with(func(p *Preset) { p.Width, p.Height = 8000, 8000 }), 1},
	} {
		if got := cost(camera, c.preset); got <= c.least*plain {
			t.Errorf("%s takes %d, more than %d times %d is true", why, got, c.least, plain)
		}
	}
	// Nothing is enlarged but by Fill and Pad, so a small original is cheap whatever the box.
	large := with(func(p *Preset) { p.Width, p.Height, p.Format = 8192, 8192, AVIF })
	if small, full := cost(1000, large), cost(camera, large); small*5 > full {
		t.Errorf("an icon takes %d, a photograph %d", small, full)
	}
	// Two minutes of one core are about an index: six large AVIFs of a photograph are not two hundred of them.
	var items []Item
	for range 200 {
		items = append(items, Item{Size: camera, Outputs: []Output{{Preset: large}}})
	}
	if n := take(items, DefaultBatchLimits()); n < 2 || n > 20 {
		t.Errorf("%d originals with a large AVIF each go into one index", n)
	}
}

// What people look at first is made first, and what takes long keeps nothing else waiting.
// features: D13
func TestSequence(t *testing.T) {
	six := 9
	o := Order{Presets: []Preset{
		{Name: "huge", Width: 2000, Format: AVIF, Effort: &six},
		{Name: "second", Width: 300, Page: 2},
		{Name: "small", Width: 300},
		{Name: Preview, Width: 1600, Height: 1600},
		{Name: "print", Width: 4000, Format: JPEG},
		{Name: Thumb, Width: 400, Height: 400},
	}}
	info := Info{Width: 4000, Height: 3000, Frames: 2, Pages: map[int]Info{2: {Width: 500, Height: 500}}}
	if diff := cmp.Diff([]int{5, 3, 2, 4, 0}, o.Sequence(1, info)); diff != "" {
		t.Errorf("of the first page (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1}, o.Sequence(2, info)); diff != "" {
		t.Errorf("of the second page (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1, 2}, o.Pages(info)); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

// A page is decoded as wide as its widest picture and as high as its highest, and no larger than it is.
func TestBase(t *testing.T) {
	info := Info{Width: 4000, Height: 3000, Frames: 2, Pages: map[int]Info{2: {Width: 50, Height: 40}}}
	o := Order{Presets: []Preset{
		{Name: "wide", Width: 8000, Height: 100, Fit: Fill}, {Name: "high", Width: 100, Height: 2000, Fit: Fill}, {Name: "second", Width: 300, Page: 2},
	}}
	var got []int
	for _, page := range o.Pages(info) {
		width, height := o.Base(page, info)
		got = append(got, width, height)
	}
	if diff := cmp.Diff([]int{4000, 2000, 50, 40}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
