package rendition

import (
	"testing"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// features: D13
func TestWhatIsDoneIsToldByFactsOfThisManifestAlone(t *testing.T) {
	cases := []struct {
		reason string
		change func(it *Item, facts *asset.Facts, etag *string)
		want   bool
	}{
		{"all that was asked for is there", func(*Item, *asset.Facts, *string) {}, true},
		{"there were facts before, and these are others", func(it *Item, _ *asset.Facts, _ *string) { it.FactsETag = "old" }, true},
		{"it cannot be read, which is settled", func(_ *Item, facts *asset.Facts, _ *string) {
			facts.Renditions, facts.Error = nil, asset.NewReadError(asset.ReasonCorrupt, "")
		}, true},
		{"its picture cannot be made, which is settled", func(it *Item, facts *asset.Facts, _ *string) {
			facts.Renditions = nil
			facts.Unmade = []asset.Unmade{asset.NewUnmade("web", ObjectName(it.Outputs[0].Preset, it.ETag, nil), asset.UnmadeTimeout, "")}
		}, true},
		{"the facts are those that the manifest was made from: somebody took the pictures away", func(it *Item, _ *asset.Facts, etag *string) {
			it.FactsETag, *etag = "new", `"new"`
		}, false},
		{"they are of another original", func(_ *Item, facts *asset.Facts, _ *string) { facts.ETag = "e2" }, false},
		{"they are of another version of it", func(_ *Item, facts *asset.Facts, _ *string) { facts.VersionID = "v2" }, false},
		{"they are of other presets", func(_ *Item, facts *asset.Facts, _ *string) { facts.PresetSet = "others" }, false},
		{"a picture is not there", func(_ *Item, facts *asset.Facts, _ *string) { facts.Renditions = nil }, false},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			it := item(1)
			facts := asset.Facts{V: asset.FactsVersion, ETag: it.ETag, VersionID: it.VersionID, PresetSet: it.PresetSet, Renditions: []asset.Rendition{
				{Preset: "web", Object: ObjectName(it.Outputs[0].Preset, it.ETag, nil)},
			}}
			etag := `"new"`
			c.change(&it, &facts, &etag)
			if got := it.DoneBy(facts, etag); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
