package controllers

import (
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// markedOf is the rendition of a file by a preset of markedTenant's Library with a watermark.
func markedOf(a *Asset, preset string, declared *v1alpha1.LinkWatermark) asset.CatalogRendition {
	mark := watermarkOf(&declared.RenditionWatermark)
	if mark.Image != "" {
		mark.ETag = "e"
	}
	presets := presetsOf(&markedTenant().Declared.Libraries[0])
	i := slices.IndexFunc(presets, func(p rendition.Preset) bool { return p.Name == preset })
	p := presets[i].Marked(declared.Name, *mark)
	return asset.CatalogRendition{Preset: p.Name, Object: asset.Renditions(a.Key) + rendition.ObjectName(p, a.ETag, a.Focus), ETag: "p"}
}

// A link whose watermark was changed shows what was made before, and counts the files of which that is all there is.
// features: F3
func TestALinkAwaitsPicturesWithItsWatermarkAsItIs(t *testing.T) {
	tenant := markedTenant()
	library := &tenant.Declared.Libraries[0]
	texts, image := library.Spec.Watermarks[0], library.Spec.Watermarks[1]
	was, other := texts, image
	was.Text, other.Image = "Northlight GmbH", "brand/old.png"
	file := fileAt("launch/final/hero.jpg")
	logo, old := *fileAt("brand/logo.png"), *fileAt("brand/old.png")
	replaced, unread := logo, logo
	replaced.ETag, unread.Facts = "e2", nil
	old.ETag = "e1"
	for reason, c := range map[string]struct {
		watermark, made *v1alpha1.LinkWatermark
		images          []Asset
		waiting         int64
	}{
		"all is made with it":                            {&texts, &texts, nil, 0},
		"its text was another":                           {&texts, &was, nil, 1},
		"all is made with the image":                     {&image, &image, []Asset{logo}, 0},
		"its image was another one":                      {&other, &image, []Asset{logo, old}, 1},
		"its image was replaced":                         {&image, &image, []Asset{replaced}, 1},
		"its image is being looked at":                   {&image, &image, []Asset{unread}, 0},
		"its image is not there, and may come as it was": {&image, &image, nil, 0},
	} {
		t.Run(reason, func(t *testing.T) {
			hero := *file
			hero.Marked = []asset.CatalogRendition{markedOf(&hero, "preview", c.made), markedOf(&hero, "thumb", c.made)}
			hero.Asked = []string{hero.Marked[0].Preset, hero.Marked[1].Preset}
			link := linkWith(c.watermark.Name, "final")
			library.Spec.Watermarks = []v1alpha1.LinkWatermark{*c.watermark}
			v, shown := newView(tenant, library, &link), access.LinkScope{Library: "brand", Keys: []access.Key{hero.Key}}
			holding := &Holding{Assets: append(c.images, hero)}
			if waiting, unasked := v.awaited(membersOf(shown), v.markedPresets(holding.Assets), holding); waiting != c.waiting || unasked {
				t.Errorf("%d wait, want %d; unasked %t", waiting, c.waiting, unasked)
			}
			if n := len(v.catalog(shown, holding).Assets[0].Renditions); n != 2 {
				t.Errorf("%d pictures are shown meanwhile", n)
			}
			link.Status.Waiting = &c.waiting
			if said := strings.HasSuffix(waitingMessage(&link), "or that of before, until then: 1"); said != (c.waiting == 1) {
				t.Errorf("it says %q", waitingMessage(&link))
			}
		})
	}
}

// Another version with the same ETag has the pictures of the current one, and those with a focus area are found to be there.
// features: F3
func TestAVersionWithTheSameETagHasTheFocusOfItsFile(t *testing.T) {
	library := &markedTenant().Declared.Libraries[0]
	hero := fileAt("launch/final/hero.jpg")
	hero.Focus = &rendition.Focus{X: 0.2, Y: 0.2, Width: 0.1, Height: 0.1}
	hero.Marked, hero.Asked = []asset.CatalogRendition{{Preset: "web_agency"}}, []string{"web_agency"}
	same, another := hero.at("v1", store.ObjectInfo{ETag: `"e"`}, library), hero.at("v0", store.ObjectInfo{ETag: `"d"`}, library)
	if same.Focus != hero.Focus || len(same.Marked) != 1 || len(same.Unmade) != 0 || same.Version != "v1" {
		t.Errorf("the same is %+v", same)
	}
	if another.Facts != nil || len(another.Marked)+len(another.Asked) != 0 || len(another.Unmade) != len(library.Spec.Renditions) {
		t.Errorf("another is %+v", another)
	}
}
