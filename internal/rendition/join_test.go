package rendition

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Of two runs at one original neither takes from the facts what the other noted.
//
// features: D13
func TestFactsOfTwoRunsAreJoined(t *testing.T) {
	it := item(1)
	web := ObjectName(it.Outputs[0].Preset, it.ETag, nil)
	picture := func(preset, object string) asset.Rendition { return asset.Rendition{Preset: preset, Object: object} }
	unmade := func(object, watermark string) asset.Unmade {
		return asset.Unmade{Preset: "p", Object: object, Reason: asset.UnmadeTimeout, Watermark: watermark}
	}
	type facts = asset.Facts
	for reason, c := range map[string]struct{ mine, theirs, want func(*facts) }{
		"pictures of other presets, and what both found": {
			func(f *facts) { f.Renditions, f.Colour = []asset.Rendition{picture("web", web)}, "#000000" },
			func(f *facts) {
				f.Renditions, f.BlurHash, f.Colour, f.SHA256, f.CRC32 = []asset.Rendition{picture("web_agency", "x")}, "blur", "#ffffff", "s", "c"
			},
			func(f *facts) {
				f.Renditions = []asset.Rendition{picture("web", web), picture("web_agency", "x")}
				f.BlurHash, f.Colour, f.SHA256, f.CRC32 = "blur", "#000000", "s", "c"
			},
		},
		"what was made now stands": {
			func(f *facts) { f.Renditions = []asset.Rendition{picture("web", web)} },
			func(f *facts) { f.Renditions = []asset.Rendition{picture("web", "older")} },
			func(f *facts) { f.Renditions = []asset.Rendition{picture("web", web)} },
		},
		"what was only kept gives way": {
			func(f *facts) { f.Renditions = []asset.Rendition{picture("thumb", "older")} },
			func(f *facts) { f.Renditions = []asset.Rendition{picture("thumb", "newer")} },
			func(f *facts) { f.Renditions = []asset.Rendition{picture("thumb", "newer")} },
		},
		"what cannot be made": {
			func(f *facts) { f.Unmade = []asset.Unmade{unmade("a", "")} },
			func(f *facts) { f.Unmade = []asset.Unmade{unmade("a", ""), unmade("b", "")} },
			func(f *facts) { f.Unmade = []asset.Unmade{unmade("a", ""), unmade("b", "")} },
		},
		"but was made": {
			func(f *facts) {
				f.Unmade = []asset.Unmade{unmade("a", "")}
				f.Renditions = []asset.Rendition{picture("web", web)}
			},
			func(f *facts) {
				f.Renditions = []asset.Rendition{picture("x", "a")}
				f.Unmade = []asset.Unmade{unmade(web, "")}
			},
			func(f *facts) { f.Renditions = []asset.Rendition{picture("web", web), picture("x", "a")} },
		},
		"under other presets only a watermark counts": {
			func(*facts) {},
			func(f *facts) { f.PresetSet, f.Unmade = "others", []asset.Unmade{unmade("a", ""), unmade("b", "logo")} },
			func(f *facts) { f.Unmade = []asset.Unmade{unmade("b", "logo")} },
		},
		"who could read it is right": {
			func(f *facts) { f.Error = asset.NewReadError(asset.ReasonUnsupported, "") },
			func(f *facts) { f.Width = 7 },
			func(f *facts) { f.Width = 7 },
		},
		"and keeps what was there before": {
			func(f *facts) { f.Width = 7 },
			func(f *facts) {
				f.Error, f.Renditions = asset.NewReadError(asset.ReasonTimeout, ""), []asset.Rendition{picture("x", "a")}
			},
			func(f *facts) { f.Width, f.Renditions = 7, []asset.Rendition{picture("x", "a")} },
		},
		"another original": {
			func(*facts) {},
			func(f *facts) { f.ETag, f.Renditions = "e2", []asset.Rendition{picture("x", "a")} },
			func(*facts) {},
		},
		"another version of the same bytes": {
			func(*facts) {},
			func(f *facts) { f.VersionID, f.Renditions = "v2", []asset.Rendition{picture("x", "a")} },
			func(*facts) {},
		},
		"the same bytes, put again": {
			func(f *facts) { f.ModifiedAt = time.Unix(5, 0) },
			func(f *facts) { f.ModifiedAt, f.Renditions = time.Unix(9, 0), []asset.Rendition{picture("x", "a")} },
			func(f *facts) { f.ModifiedAt = time.Unix(5, 0) },
		},
	} {
		made := func(change func(*facts)) facts {
			f := facts{V: asset.FactsVersion, ETag: it.ETag, VersionID: it.VersionID, PresetSet: it.PresetSet}
			change(&f)
			return f
		}
		got := it.Join(made(c.mine), made(c.theirs))
		if len(got.Renditions) == 0 {
			got.Renditions = nil
		}
		if len(got.Unmade) == 0 {
			got.Unmade = nil
		}
		if diff := cmp.Diff(made(c.want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}

	// However much two noted, the facts can be written.
	full := func(name string) (f facts) {
		f = facts{V: asset.FactsVersion, ETag: it.ETag, VersionID: it.VersionID}
		for i := range asset.MaxPictures {
			f.Renditions = append(f.Renditions, picture(fmt.Sprint(name, i), fmt.Sprint(name, i)))
			f.Unmade = append(f.Unmade, asset.NewUnmade("p", fmt.Sprint("un", name, i), asset.UnmadeTimeout, ""))
		}
		return f
	}
	if err := it.Join(full("a"), full("b")).Validate(); err != nil {
		t.Error(err)
	}
}
