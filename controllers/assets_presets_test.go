package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Every field of a declared preset reaches the worker's.
func TestPresetsOfALibrary(t *testing.T) {
	library := &v1alpha1.Library{Spec: v1alpha1.LibrarySpec{Renditions: []v1alpha1.RenditionPreset{
		{
			Name: "social", Width: 1080, Height: 1350, Fit: v1alpha1.FitCover, Position: v1alpha1.PositionFocusArea, Format: v1alpha1.FormatAVIF, Quality: 60, Effort: ptr.To[int32](0),
			Background: "#ffcc00", Sharpen: v1alpha1.SharpeningLight, Strip: v1alpha1.StrippingKeepCopyright, Page: 2, When: v1alpha1.RenderOnRequest,
			Watermark: &v1alpha1.RenditionWatermark{Image: "brand/logo.png", Position: v1alpha1.WatermarkTile, Opacity: 20, Size: 10},
		},
		{Name: "draft", Width: 800, Fit: v1alpha1.FitInside, Format: v1alpha1.FormatJPEG, Quality: 80, Watermark: &v1alpha1.RenditionWatermark{Text: "Draft"}},
	}}}
	got := presetsOf(library)
	want := []rendition.Preset{
		{Name: "draft", Width: 800, Fit: rendition.Inside, Format: rendition.JPEG, Quality: 80, Watermark: &rendition.Watermark{Text: "Draft", Position: rendition.BottomRight, Opacity: 50, Size: 30}},
		rendition.BuiltIn()[1],
		{
			Name: "social", Width: 1080, Height: 1350, Fit: rendition.Cover, Position: rendition.FocusArea, Format: rendition.AVIF, Quality: 60, Effort: ptr.To(0),
			Background: "#ffcc00", Sharpen: rendition.SharpenLight, Strip: rendition.KeepCopyright, Page: 2, OnRequest: true,
			Watermark: &rendition.Watermark{Image: "brand/logo.png", Position: rendition.Tile, Opacity: 20, Size: 10},
		},
		rendition.BuiltIn()[0],
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A preset waits until its watermark has been read whole, and says what is wrong with it.
// features: D13
func TestPresetsAreHeldWithoutTheirWatermark(t *testing.T) {
	web := rendition.Preset{Name: "web", Width: 100, Watermark: &rendition.Watermark{Image: "brand/logo.png"}}
	thumb := rendition.Preset{Name: "thumb", Width: 100}
	logo := access.Key{Library: "brand", Path: "brand/logo.png"}
	hero := access.Key{Library: "brand", Path: "hero.jpg"}
	blank := func(etag string, reason asset.UnmadeReason) asset.Unmade {
		mark := rendition.Watermark{Image: "brand/logo.png", ETag: etag}
		return asset.Unmade{Preset: "web", Object: "web-aaaaaaaaaaaaa-marked.webp", Reason: reason, Message: "Timeout: late", Watermark: mark.Identity()}
	}
	for why, c := range map[string]struct {
		assets          []Asset
		reason, message string
	}{
		"there is none":               {nil, heldNotFound, "there is no brand/logo.png in the library to draw on pictures: upload it, or name another watermark"},
		"another library has one":     {[]Asset{{Key: access.Key{Library: "press", Path: "brand/logo.png"}, ETag: "m1", Facts: &asset.Facts{}}}, heldNotFound, ""},
		"a restricted folder has one": {[]Asset{{Key: access.Key{Library: "brand", Restricted: "brand", Path: "brand/logo.png"}, ETag: "m1", Facts: &asset.Facts{}}}, heldNotFound, ""},
		"nobody has looked at it":     {[]Asset{{Key: logo, ETag: "m1"}}, heldPending, "brand/logo.png is being looked at before it is drawn on pictures"},
		"it cannot be read": {
			[]Asset{{Key: logo, ETag: "m1", Facts: &asset.Facts{Error: asset.NewReadError(asset.ReasonUnsupported, "files of type image/svg+xml are not decoded")}}}, heldUnreadable,
			"brand/logo.png cannot be drawn on pictures: files of type image/svg+xml are not decoded (Unsupported): upload a PNG or another picture in its place",
		},
		"it has nothing in it": {
			[]Asset{{Key: logo, ETag: "m1", Facts: &asset.Facts{}}, {Key: hero, Facts: &asset.Facts{Unmade: []asset.Unmade{blank("m1", asset.UnmadeBlank)}}}}, heldBlank,
			"brand/logo.png is transparent throughout, and pictures would not bear it: upload a picture that is seen in its place",
		},
		"it is no image to draw": {
			[]Asset{{Key: logo, ETag: "m1", Facts: &asset.Facts{}}, {Key: hero, Facts: &asset.Facts{Unmade: []asset.Unmade{blank("m1", asset.UnmadeUnreadable)}}}}, heldUnreadable,
			"brand/logo.png cannot be drawn on pictures: Timeout: late: upload a PNG or another picture in its place",
		},
		"an earlier one had nothing in it": {
			[]Asset{{Key: logo, ETag: "m1", Facts: &asset.Facts{}}, {Key: hero, Facts: &asset.Facts{Unmade: []asset.Unmade{blank("m0", asset.UnmadeBlank)}}}}, "", "",
		},
		"it is good": {[]Asset{{Key: logo, ETag: "m1", Facts: &asset.Facts{}}}, "", ""},
	} {
		can, held := ready([]rendition.Preset{thumb, web}, "brand", c.assets, undrawable(c.assets))
		if c.reason == "" {
			if len(held) != 0 || len(can) != 2 || can[1].Watermark.ETag != "m1" || web.Watermark.ETag != "" {
				t.Errorf("%s: ready are %+v, held %+v", why, can, held)
			}
			continue
		}
		if len(can) != 1 || can[0].Name != "thumb" || len(held) != 1 || held[0].Preset.Name != "web" || held[0].Reason != c.reason {
			t.Errorf("%s: ready are %+v, held %+v", why, can, held)
			continue
		}
		if c.message != "" && held[0].Message != c.message {
			t.Errorf("%s: %s", why, held[0].Message)
		}
	}
	// A text without ink is settled by what a worker found, and one that the API would refuse now does not stop the other presets.
	for text, want := range map[string]string{
		"Acme":   "WatermarkBlank its text has nothing in it that would be seen on pictures: write another text",
		"\u2800": `WatermarkUnreadable its text cannot be drawn on pictures: preset is not valid: "web": a watermark's text must have a letter, a digit or another sign that is seen`,
	} {
		web.Watermark = &rendition.Watermark{Text: text}
		found := asset.Unmade{Preset: "web", Reason: asset.UnmadeBlank, Watermark: web.Watermark.Identity()}
		assets := []Asset{{Key: hero, Facts: &asset.Facts{Unmade: []asset.Unmade{found}}}}
		can, held := ready([]rendition.Preset{thumb, web}, "brand", assets, undrawable(assets))
		if len(can) != 1 || len(held) != 1 || held[0].Reason+" "+held[0].Message != want {
			t.Errorf("%q: ready are %+v, held %+v", text, can, held)
		}
	}
	if got := heldMessage([]HeldPreset{{Reason: heldPending}}); got != "" {
		t.Errorf("what is over by itself is told as a fault: %s", got)
	}
	if got, want := heldMessage([]HeldPreset{{Reason: heldPending}, {web, heldNotFound, "there is no x"}}), "; preset web is not rendered: there is no x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a preset made before it changed serves until the new pictures are there, for the same original alone, and never
// without the watermark that is asked for now.
// features: D13
func TestOldRenditionsServeMeanwhile(t *testing.T) {
	was, is := rendition.Preset{Name: "web", Width: 100, Format: rendition.JPEG}, rendition.Preset{Name: "web", Width: 200, Format: rendition.WebP}
	marked, remarked := is, is
	marked.Watermark = &rendition.Watermark{Text: "Acme"}
	remarked.Watermark = &rendition.Watermark{Text: "Northlight"}
	const etag = "e1"
	name := func(p rendition.Preset) string { return rendition.ObjectName(p, etag, nil) }
	facts := func(made ...string) *asset.Facts {
		f := &asset.Facts{ETag: etag}
		for i, object := range made {
			f.Renditions = append(f.Renditions, asset.Rendition{Preset: "web", Object: object, Width: 10 + i})
		}
		return f
	}
	for why, c := range map[string]struct {
		presets []rendition.Preset
		held    []rendition.Preset
		facts   *asset.Facts
		objects []string
		want    []string
	}{
		"what there is":                               {[]rendition.Preset{is}, nil, facts(name(is)), []string{name(is)}, []string{name(is)}},
		"the old one until there is a new one":        {[]rendition.Preset{is}, nil, facts(name(was)), []string{name(was)}, []string{name(was)}},
		"the new one as soon as it is stored":         {[]rendition.Preset{is}, nil, facts(name(was)), []string{name(was), name(is)}, []string{name(is)}},
		"an old one that somebody deleted":            {[]rendition.Preset{is}, nil, facts(name(was)), nil, nil},
		"one of which nobody knows whose it is":       {[]rendition.Preset{is}, nil, nil, []string{name(was)}, nil},
		"one without the mark":                        {[]rendition.Preset{marked}, nil, facts(name(was)), []string{name(was)}, nil},
		"one with another mark":                       {[]rendition.Preset{remarked}, nil, facts(name(marked)), []string{name(marked)}, []string{name(marked)}},
		"one with a mark where none is asked for now": {[]rendition.Preset{is}, nil, facts(name(marked)), []string{name(marked)}, []string{name(marked)}},
		"a marked one while the preset is held":       {nil, []rendition.Preset{remarked}, facts(name(marked)), []string{name(marked)}, []string{name(marked)}},
		"an unmarked one while the preset is held":    {nil, []rendition.Preset{remarked}, facts(name(was)), []string{name(was)}, nil},
		"a preset that went away":                     {nil, nil, facts(name(was)), []string{name(was)}, nil},
	} {
		a := &Asset{Key: access.Key{Library: "brand", Path: "hero.jpg"}, ETag: etag, Facts: c.facts}
		objects := map[string]store.ObjectInfo{}
		for _, o := range c.objects {
			objects[o] = store.ObjectInfo{Key: o, ETag: `"x"`, Size: 7}
		}
		var got []string
		for _, r := range present(c.presets, c.held, a, objects) {
			got = append(got, r.Object[len("renditions/hero.jpg/"):])
			if r.Preset != "web" || r.ETag != "x" || r.ContentType != rendition.FormatOf(r.Object).ContentType() || r.ContentType == "" {
				t.Errorf("%s: %+v", why, r)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
	}
}

// A link shows no unmarked picture of a preset that has a watermark now, even if nobody could look at the Library since.
//
// features: D13
func TestLinksShowNoUnmarkedPictureOfAMarkedPreset(t *testing.T) {
	web := rendition.Preset{Name: "web", Width: 100, Format: rendition.JPEG}
	marked := web
	marked.Watermark = &rendition.Watermark{Text: "Acme"}
	holding := &Holding{Assets: []Asset{{Key: access.Key{Library: "brand", Path: "launch/hero.jpg"}, ETag: "e1"}}}
	for _, p := range []rendition.Preset{web, marked} {
		holding.Assets[0].Renditions = append(holding.Assets[0].Renditions, asset.CatalogRendition{Preset: "web", Object: "renditions/launch/hero.jpg/" + rendition.ObjectName(p, "e1", nil)})
	}
	declared := v1alpha1.RenditionPreset{Name: "web", Width: 100, Format: v1alpha1.FormatJPEG}
	library := &v1alpha1.Library{Spec: v1alpha1.LibrarySpec{Bucket: v1alpha1.Bucket{Name: "acme-brand"}, Renditions: []v1alpha1.RenditionPreset{declared}}}
	scope := access.LinkScope{Scope: &access.Scope{Library: "brand", Prefix: "launch/"}}
	if got := (view{library: library}).catalog(scope, holding).Assets[0].Renditions; len(got) != 2 {
		t.Errorf("without a watermark %+v are shown", got)
	}
	library.Spec.Renditions[0].Watermark = &v1alpha1.RenditionWatermark{Text: "Acme"}
	if got := (view{library: library}).catalog(scope, holding).Assets[0].Renditions; len(got) != 1 || got[0].Object != holding.Assets[0].Renditions[1].Object {
		t.Errorf("with a watermark %+v are shown", got)
	}
	if len(holding.Assets[0].Renditions) != 2 {
		t.Error("what was seen is changed")
	}
}
