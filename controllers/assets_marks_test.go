package controllers

import (
	"errors"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// marksNoon is when links with watermarks are looked at.
var marksNoon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// markedTenant has a Library with two watermarks and two folders, and these links.
func markedTenant(links ...v1alpha1.PublicLink) *Tenant {
	named := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "acme", Name: name} }
	library := v1alpha1.Library{ObjectMeta: named("brand"), Spec: v1alpha1.LibrarySpec{
		Bucket: v1alpha1.Bucket{Name: "acme-brand"},
		Renditions: []v1alpha1.RenditionPreset{
			{Name: "proof", Width: 800, Format: v1alpha1.FormatWebP, Watermark: &v1alpha1.RenditionWatermark{Text: "Proof"}},
			{Name: "social", Width: 1080, Format: v1alpha1.FormatJPEG}, {Name: "web", Width: 960, Format: v1alpha1.FormatWebP},
		},
		Watermarks: []v1alpha1.LinkWatermark{
			{Name: "agency", RenditionWatermark: v1alpha1.RenditionWatermark{Text: "Northlight", Position: v1alpha1.WatermarkTile}},
			{Name: "logo", RenditionWatermark: v1alpha1.RenditionWatermark{Image: "brand/logo.png"}},
		},
	}}
	folder := func(name, path string) v1alpha1.Folder {
		return v1alpha1.Folder{ObjectMeta: named(name), Spec: v1alpha1.FolderSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: v1alpha1.Path(path)}}
	}
	declared := access.Declarations{Libraries: []v1alpha1.Library{library}, Folders: []v1alpha1.Folder{folder("launch", "launch"), folder("final", "launch/final")}}
	tenant := &Tenant{Namespace: "acme", Declared: declared, Links: links, Model: access.New(declared)}
	tenant.Lifecycles = lifecyclesOf(tenant.Model, declared.Folders)
	return tenant
}

// linkWith is a link with a watermark on a folder.
func linkWith(watermark, folder string, change ...func(*v1alpha1.PublicLink)) v1alpha1.PublicLink {
	l := v1alpha1.PublicLink{
		ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: watermark + "-" + folder},
		Spec: v1alpha1.PublicLinkSpec{
			Target: v1alpha1.LinkTarget{Folder: &v1alpha1.LocalReference{Name: folder}}, Originals: v1alpha1.OriginalsHidden, Watermark: watermark,
		},
		Status: v1alpha1.PublicLinkStatus{FirstSeen: &metav1.Time{Time: marksNoon.Add(-time.Hour)}, Library: "brand"},
	}
	for _, c := range change {
		c(&l)
	}
	return l
}

func fileAt(path string) *Asset {
	return &Asset{Key: access.Key{Library: "brand", Path: path}, ETag: "e", Modified: marksNoon.Add(-time.Hour), Facts: &asset.Facts{}}
}

// Pictures with watermarks are asked for of what links show with them and of nothing else, each once however many links do.
// features: F3
func TestWatermarksAreAskedForByLinks(t *testing.T) {
	offers := func(presets ...string) func(*v1alpha1.PublicLink) {
		return func(l *v1alpha1.PublicLink) { l.Spec.Renditions = presets }
	}
	draft := fileAt("launch/final/draft.jpg")
	draft.Said.State = &asset.StateRecord{State: v1alpha1.StateDraft}
	soon := fileAt("launch/final/soon.jpg")
	soon.Said.State = &asset.StateRecord{State: v1alpha1.StateDraft, PublishAt: marksNoon.Add(time.Hour)}
	hero, other, logo := fileAt("launch/final/hero.jpg"), fileAt("launch/other.jpg"), fileAt("brand/logo.png")
	const basic = "preview_agency thumb_agency"
	for reason, c := range map[string]struct {
		links      []v1alpha1.PublicLink
		file       *Asset
		want, held string
	}{
		"no link":                                        {nil, hero, "", ""},
		"a link without a watermark":                     {[]v1alpha1.PublicLink{linkWith("", "final", offers("web"))}, hero, "", ""},
		"a link with one":                                {[]v1alpha1.PublicLink{linkWith("agency", "final")}, hero, basic, ""},
		"on another folder":                              {[]v1alpha1.PublicLink{linkWith("agency", "final")}, other, "", ""},
		"on the folder above":                            {[]v1alpha1.PublicLink{linkWith("agency", "launch")}, hero, basic, ""},
		"two links with the same":                        {[]v1alpha1.PublicLink{linkWith("agency", "final"), linkWith("agency", "launch")}, hero, basic, ""},
		"and one of them offers more":                    {[]v1alpha1.PublicLink{linkWith("agency", "final"), linkWith("agency", "launch", offers("web"))}, hero, basic + " web_agency", ""},
		"a preset that offers what the other link does":  {[]v1alpha1.PublicLink{linkWith("agency", "final", offers("web")), linkWith("agency", "launch", offers("web"))}, hero, basic + " web_agency", ""},
		"a preset that is not there":                     {[]v1alpha1.PublicLink{linkWith("agency", "final", offers("poster"))}, hero, basic, ""},
		"a preset with a watermark of its own":           {[]v1alpha1.PublicLink{linkWith("agency", "final", offers("proof"))}, hero, basic, ""},
		"two links with different ones":                  {[]v1alpha1.PublicLink{linkWith("agency", "final"), linkWith("logo", "final")}, hero, "preview_agency preview_logo thumb_agency thumb_logo", ""},
		"one that the Library does not have":             {[]v1alpha1.PublicLink{linkWith("gone", "final")}, hero, "", ""},
		"a link that is out of service, and may be back": {[]v1alpha1.PublicLink{linkWith("agency", "final", func(l *v1alpha1.PublicLink) { l.Spec.Suspend = true })}, hero, basic, ""},
		"a link that is over":                            {[]v1alpha1.PublicLink{linkWith("agency", "final", func(l *v1alpha1.PublicLink) { l.Spec.NotAfter = &metav1.Time{Time: marksNoon} })}, hero, "", ""},
		"a link that is being deleted":                   {[]v1alpha1.PublicLink{linkWith("agency", "final", func(l *v1alpha1.PublicLink) { l.DeletionTimestamp = &metav1.Time{Time: marksNoon} })}, hero, "", ""},
		"a draft, which it does not show":                {[]v1alpha1.PublicLink{linkWith("agency", "final")}, draft, "", ""},
		"a draft, and a link that shows them":            {[]v1alpha1.PublicLink{linkWith("agency", "final", func(l *v1alpha1.PublicLink) { l.Spec.Drafts = v1alpha1.DraftsShown })}, draft, basic, ""},
		"a file that it will show":                       {[]v1alpha1.PublicLink{linkWith("agency", "final")}, soon, basic, ""},
		"a link for what is approved alone":              {[]v1alpha1.PublicLink{linkWith("agency", "final", func(l *v1alpha1.PublicLink) { l.Spec.Approval = v1alpha1.LinkApprovedOnly })}, hero, "", ""},
	} {
		tenant := markedTenant(c.links...)
		library := &tenant.Declared.Libraries[0]
		marks := marksOf(library, []Asset{*logo}, nil)
		got := newMarker(presetsOf(library), marks, markings(tenant, library, marksNoon)).of(c.file)
		if names := presetNames(got.Presets); names != c.want || presetNames(got.Held) != c.held {
			t.Errorf("%s: %s, held %s; want %s, held %s", reason, names, presetNames(got.Held), c.want, c.held)
		}
		for _, p := range got.Presets {
			if p.Watermark == nil || strings.HasSuffix(p.Name, "_logo") != (p.Watermark.ETag == "e") || p.Validate() != nil {
				t.Errorf("%s: %s with %+v cannot be made: %v", reason, p.Name, p.Watermark, p.Validate())
			}
		}
	}

	// What cannot be drawn is held, and what was made with it stays.
	tenant := markedTenant(linkWith("logo", "final"), linkWith("agency", "final"))
	library := &tenant.Declared.Libraries[0]
	marks := marksOf(library, nil, nil)
	got := newMarker(presetsOf(library), marks, markings(tenant, library, marksNoon)).of(hero)
	if presetNames(got.Presets) != basic || presetNames(got.Held) != "preview_logo thumb_logo" || marks["logo"].Reason != heldNotFound {
		t.Errorf("made %s, held %s, marks %+v", presetNames(got.Presets), presetNames(got.Held), marks)
	}
}

// Of a file of which a link shows one version, marked pictures are made while that has the ETag of the current one, whichever version it is.
// features: F3
func TestVersionsWithTheSameETagShareMarkedPictures(t *testing.T) {
	link := linkWith("agency", "final")
	tenant := markedTenant(link)
	library := &tenant.Declared.Libraries[0]
	marks := marksOf(library, nil, nil)
	hero, sky := fileAt("launch/final/hero.jpg"), fileAt("launch/final/sky.jpg")
	hero.Facts.VersionID, sky.Facts.VersionID = "v2", "v2"
	broken := errors.New("the store is away")
	for reason, c := range map[string]struct {
		versions map[access.Key]string
		current  *Asset
		fails    error
		want     string
	}{
		"the current version":         {map[access.Key]string{hero.Key: "v2"}, hero, nil, "preview_agency thumb_agency"},
		"one that is the same":        {map[access.Key]string{hero.Key: "v1"}, hero, nil, "preview_agency thumb_agency"},
		"the same, of another file":   {map[access.Key]string{hero.Key: "v1", sky.Key: "v0"}, sky, nil, ""},
		"another one":                 {map[access.Key]string{hero.Key: "v0"}, hero, nil, ""},
		"one that is not there":       {map[access.Key]string{hero.Key: "v9"}, hero, nil, ""},
		"no name of a version":        {map[access.Key]string{hero.Key: "?"}, hero, nil, ""},
		"whichever is current":        {map[access.Key]string{hero.Key: ""}, hero, nil, "preview_agency thumb_agency"},
		"nobody can tell which it is": {map[access.Key]string{hero.Key: "v1"}, hero, broken, ""},
	} {
		shown := access.LinkScope{Library: "brand", Keys: []access.Key{hero.Key, sky.Key}, Versions: c.versions}
		all := []marking{{watermark: "agency", presets: markable(library, &link), shown: membersOf(shown), view: newView(tenant, library, &link)}}
		s, looks := newSweeper(false, 1), 0
		etagOf := func(_ access.Key, version string) (string, error) {
			looks++
			switch version {
			case "v1":
				return "e", c.fails
			case "v9":
				return "", store.ErrNotFound
			case "?":
				return "", store.ErrInvalid
			default:
				return "e of " + version, c.fails
			}
		}
		err := s.pin(all, etagOf)
		if !errors.Is(err, c.fails) {
			t.Errorf("%s: %v", reason, err)
		}
		if got := presetNames(newMarker(presetsOf(library), marks, all).of(c.current).Presets); got != c.want {
			t.Errorf("%s: made are %q, want %q", reason, got, c.want)
		}
		before := looks
		if err == nil && s.pin(all, etagOf) == nil && len(s.pinned) > 0 && looks != before {
			t.Errorf("%s: a version is looked at again", reason)
		}
	}
}

// A link waits for the marked pictures of the version that it shows while they are made, having asked for them.
// features: F3
func TestALinkAwaitsPicturesOfTheVersionThatItShows(t *testing.T) {
	link := linkWith("agency", "final")
	tenant := markedTenant(link)
	v := newView(tenant, &tenant.Declared.Libraries[0], &link)
	old := fileAt("launch/final/hero.jpg")
	old.Version, old.Facts.VersionID, old.Asked = "v1", "v2", []string{"preview_agency", "thumb_agency"}
	shown := membersOf(access.LinkScope{Library: "brand", Keys: []access.Key{old.Key}, Versions: map[access.Key]string{old.Key: "v1"}})
	if waiting, unasked := v.awaited(shown, v.markedPresets(nil), &Holding{Assets: []Asset{*old}}); waiting != 1 || unasked {
		t.Errorf("with the current ETag %d wait; unasked %t", waiting, unasked)
	}
	old.Facts = nil
	if waiting, _ := v.awaited(shown, v.markedPresets(nil), &Holding{Assets: []Asset{*old}}); waiting != 0 {
		t.Errorf("with another ETag %d wait", waiting)
	}
}

// What was made for a link stays while its target is missing, though nothing more is made, and goes with the link.
// features: F3
func TestMarkedPicturesStayWhileATargetIsMissing(t *testing.T) {
	link := func(watermark, folder string, change ...func(*v1alpha1.PublicLink)) []v1alpha1.PublicLink {
		return []v1alpha1.PublicLink{linkWith(watermark, folder, change...)}
	}
	of := func(library string) func(*v1alpha1.PublicLink) {
		return func(l *v1alpha1.PublicLink) { l.Status.Library = library }
	}
	const object = "web_agency-aaaaaaaaaaaaa-marked.webp" // with the watermark as it was before
	offers := func(l *v1alpha1.PublicLink) { l.Spec.Renditions = []string{"web"} }
	for reason, c := range map[string]struct {
		links       []v1alpha1.PublicLink
		stays, made bool
	}{
		"the link shows the file":                                  {link("agency", "final", offers), true, true},
		"its folder is missing":                                    {link("agency", "gone", offers), true, false},
		"its folder is missing, and another link shows it":         {append(link("agency", "gone", offers), link("agency", "launch", offers)...), true, true},
		"its folder is missing, and another link shows less of it": {append(link("agency", "gone", offers), link("agency", "launch")...), true, true},
		"its folder is missing, and it never showed anything yet":  {link("agency", "gone", offers, of("")), true, false},
		"its folder is missing, and was in another Library":        {link("agency", "gone", offers, of("press")), false, false},
		"its folder is missing, and it has another watermark":      {link("logo", "gone", offers), false, false},
		"its folder is missing, and it does not offer the preset":  {link("agency", "gone"), false, false},
		"its folder is missing, and it is over":                    {link("agency", "gone", offers, func(l *v1alpha1.PublicLink) { l.Spec.NotAfter = &metav1.Time{Time: marksNoon} }), false, false},
		"its folder is missing, and it is being deleted":           {link("agency", "gone", offers, func(l *v1alpha1.PublicLink) { l.DeletionTimestamp = &metav1.Time{Time: marksNoon} }), false, false},
		"its collection is missing": {link("agency", "", offers, func(l *v1alpha1.PublicLink) {
			l.Spec.Target = v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: "gone"}}
		}), true, false},
		"it shows another file": {link("agency", "", offers, func(l *v1alpha1.PublicLink) {
			l.Spec.Target = v1alpha1.LinkTarget{Asset: &v1alpha1.AssetReference{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: "launch/other.jpg"}}
		}), false, false},
		"there is no link": {nil, false, false},
	} {
		t.Run(reason, func(t *testing.T) {
			tenant := markedTenant(c.links...)
			library, hero := &tenant.Declared.Libraries[0], fileAt("launch/final/hero.jpg")
			hero.Facts = &asset.Facts{V: asset.FactsVersion, ETag: hero.ETag, Renditions: []asset.Rendition{{Preset: "web_agency", Object: object}}}
			s := newSweeper(false, 1)
			s.facts.said = map[string]*asset.Facts{asset.FactsObject(hero.Key): hero.Facts}
			found := &Holding{Assets: []Asset{*hero}}
			rendered := map[string]map[string]store.ObjectInfo{asset.Renditions(hero.Key): {object: {}}}
			world := s.world(library, found, rendered, nil, markings(tenant, library, marksNoon))
			if _, swept := s.left.stale[hero.Key]; swept == c.stays {
				t.Errorf("swept: %t", swept)
			}
			marked := world.Marked[objectOf(hero.Key)]
			if (len(found.Assets[0].Marked) == 1) != c.stays || (len(marked.Presets) > 0) != c.made || (len(found.Assets[0].Asked) > 0) != c.made {
				t.Errorf("there is %v; asked for is %v, and to be made %v", found.Assets[0].Marked, found.Assets[0].Asked, marked.Presets)
			}
			plan, err := rendition.NewPlan(world)
			if err != nil {
				t.Fatal(err)
			}
			if kept := len(plan.Work) == 1 && len(plan.Work[0].Kept) == 1; kept != c.stays {
				t.Errorf("what is made anew of the file leaves it in the facts: %t", kept)
			}
		})
	}
}

func presetNames(list []rendition.Preset) string {
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

// The catalog of a link with a watermark names pictures that bear it, and no other: neither those that are there without, nor with another.
// features: F3
func TestALinkWithAWatermarkListsMarkedPicturesAlone(t *testing.T) {
	made := func(preset string) asset.CatalogRendition {
		return asset.CatalogRendition{Preset: preset, Object: "renditions/launch/final/hero.jpg/" + preset + "-aaaaaaaaaaaaa-marked.webp", ETag: "p"}
	}
	hero, plain, text := fileAt("launch/final/hero.jpg"), fileAt("launch/final/plain.jpg"), fileAt("launch/final/notes.txt")
	agency := &markedTenant().Declared.Libraries[0].Spec.Watermarks[0]
	hero.Renditions = []asset.CatalogRendition{made("preview"), made("proof"), made("thumb"), made("web")}
	hero.Marked = []asset.CatalogRendition{markedOf(hero, "preview", agency), markedOf(hero, "thumb", agency), made("thumb_logo"), markedOf(hero, "web", agency)}
	hero.Asked = []string{"preview_agency", "thumb_agency", "thumb_logo", "web_agency"}
	plain.Renditions = hero.Renditions
	text.Facts.Error = asset.NewReadError(asset.ReasonNotAnImage, "text")
	holding := &Holding{Assets: []Asset{*hero, *text, *plain}}
	shown := access.LinkScope{Library: "brand", Scope: &access.Scope{Library: "brand", Prefix: "launch/final/"}}
	for reason, c := range map[string]struct {
		link    v1alpha1.PublicLink
		want    []string // presets and objects of hero
		waiting int64
	}{
		"a link without":               {linkWith("", "final"), []string{"preview preview", "proof proof", "thumb thumb", "web web"}, 0},
		"a link with the agency's":     {linkWith("agency", "final", func(l *v1alpha1.PublicLink) { l.Spec.Renditions = []string{"proof", "web"} }), []string{"preview preview_agency", "thumb thumb_agency", "web web_agency"}, 1},
		"what it does not offer":       {linkWith("agency", "final"), []string{"preview preview_agency", "thumb thumb_agency"}, 1},
		"a link of which one is there": {linkWith("logo", "final"), []string{"thumb thumb_logo"}, 2},
		"a link with none yet":         {linkWith("gone", "final"), nil, 2},
	} {
		tenant := markedTenant(c.link)
		v := newView(tenant, &tenant.Declared.Libraries[0], &c.link)
		catalog := v.catalog(shown, holding)
		var got []string
		for _, r := range catalog.Assets[0].Renditions {
			object, _, _ := strings.Cut(strings.TrimPrefix(r.Object, "renditions/launch/final/hero.jpg/"), "-")
			got = append(got, r.Preset+" "+object)
			if c.link.Spec.Watermark != "" && !rendition.Bears(strings.TrimPrefix(r.Object, "renditions/launch/final/hero.jpg/"), r.Preset, c.link.Spec.Watermark) {
				t.Errorf("%s: the gateway would not serve %s as %s", reason, r.Object, r.Preset)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
		if c.link.Spec.Watermark == "" {
			continue
		}
		if n := len(catalog.Assets[2].Renditions); n != 0 {
			t.Errorf("%s: %d pictures of a file of which none bears it", reason, n)
		}
		if waiting, unasked := v.awaited(membersOf(shown), v.markedPresets(nil), holding); waiting != c.waiting || !unasked {
			t.Errorf("%s: %d wait, want %d; unasked %t", reason, waiting, c.waiting, unasked)
		}
	}

	// What was asked for is waited for, and what cannot be made of a file is not.
	only := linkWith("agency", "final")
	tenant := markedTenant(only)
	v := newView(tenant, &tenant.Declared.Libraries[0], &only)
	plain.Asked = []string{"preview_agency", "thumb_agency"}
	failed := func(preset string, why asset.UnmadeReason) asset.Unmade {
		return asset.Unmade{Preset: preset + "_agency", Object: path.Base(markedOf(plain, preset, agency).Object), Reason: why}
	}
	for reason, c := range map[string]struct {
		unmade  []asset.Unmade
		waiting int64
	}{
		"all of it is to be made":             {nil, 1},
		"one cannot be made":                  {[]asset.Unmade{failed("thumb", asset.UnmadeFailed)}, 1},
		"none can be made":                    {[]asset.Unmade{failed("thumb", asset.UnmadeFailed), failed("preview", asset.UnmadeTimeout)}, 0},
		"it failed with an earlier watermark": {[]asset.Unmade{{Preset: "thumb_agency", Object: "thumb_agency-aaaaaaaaaaaaa-marked.webp", Reason: asset.UnmadeFailed}, failed("preview", asset.UnmadeFailed)}, 1},
		"the watermark cannot be seen":        {[]asset.Unmade{{Preset: "thumb_agency", Reason: asset.UnmadeBlank, Watermark: "w"}, {Preset: "preview_agency", Reason: asset.UnmadeBlank, Watermark: "w"}}, 1},
	} {
		plain.Facts = &asset.Facts{Unmade: c.unmade}
		if waiting, unasked := v.awaited(membersOf(shown), v.markedPresets(nil), &Holding{Assets: []Asset{*hero, *plain}}); waiting != c.waiting || unasked {
			t.Errorf("%s: %d wait, want %d; unasked %t", reason, waiting, c.waiting, unasked)
		}
	}
}

// A link says why it shows no pictures with its watermark, and what to do.
// features: F3
func TestALinkSaysWhatIsWrongWithItsWatermark(t *testing.T) {
	tenant := markedTenant()
	library := &tenant.Declared.Libraries[0]
	logo := fileAt("brand/logo.png")
	unread, broken := *logo, *logo
	unread.Facts = nil
	broken.Facts = &asset.Facts{Error: asset.NewReadError(asset.ReasonCorrupt, "it ends too early")}
	blank := map[string]asset.Unmade{(&rendition.Watermark{Image: "brand/logo.png", ETag: "e"}).Identity(): {Reason: asset.UnmadeBlank}}
	for reason, c := range map[string]struct {
		watermark string
		offers    []string
		holding   *Holding
		want      string // reason, and words of the message
		words     string
	}{
		"none":                             {"", []string{"proof"}, nil, "", ""},
		"one that can be drawn":            {"logo", []string{"web"}, &Holding{Marks: marksOf(library, []Asset{*logo}, nil)}, "", ""},
		"before the first look":            {"logo", nil, nil, "", ""},
		"one that is not declared":         {"gone", nil, nil, v1alpha1.ReasonWatermarkNotFound, "add it to the Library's spec.watermarks"},
		"an image that is not there":       {"logo", nil, &Holding{Marks: marksOf(library, nil, nil)}, v1alpha1.ReasonWatermarkNotFound, "upload it"},
		"an image that was not looked at":  {"logo", nil, &Holding{Marks: marksOf(library, []Asset{unread}, nil)}, v1alpha1.ReasonProgressing, "is being looked at"},
		"an image that cannot be read":     {"logo", nil, &Holding{Marks: marksOf(library, []Asset{broken}, nil)}, v1alpha1.ReasonWatermarkUnreadable, "upload a PNG"},
		"an image that is not seen":        {"logo", nil, &Holding{Marks: marksOf(library, []Asset{*logo}, blank)}, v1alpha1.ReasonWatermarkBlank, "upload a picture that is seen"},
		"a preset with one of its own":     {"agency", []string{"proof"}, nil, v1alpha1.ReasonPresetHasWatermark, "take it out of the link's renditions"},
		"a text, whatever is wrong beside": {"agency", []string{"web"}, &Holding{Marks: marksOf(library, nil, nil)}, "", ""},
	} {
		link := linkWith(c.watermark, "final", func(l *v1alpha1.PublicLink) { l.Spec.Renditions = c.offers })
		got := checkWatermark(&link, library, c.holding)
		if got == nil {
			got = &failure{}
		}
		if got.reason != c.want || !strings.Contains(got.message, c.words) {
			t.Errorf("%s: %s: %s", reason, got.reason, got.message)
		}
	}
}
