package controllers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Why a preset is held.
const (
	heldNotFound   = "WatermarkNotFound"
	heldUnreadable = "WatermarkUnreadable"
	heldPending    = "WatermarkPending"
	heldBlank      = "WatermarkBlank"
)

// HeldPreset is a preset by which nothing is rendered now: its watermark cannot be drawn, and without it no picture may be.
type HeldPreset struct {
	Preset          rendition.Preset
	Reason, Message string
}

// presetsOf gives a Library's presets, the built-in ones included, sorted by name. Images of watermarks have no ETag yet; see ready.
func presetsOf(library *v1alpha1.Library) []rendition.Preset {
	presets := make([]rendition.Preset, 0, len(library.Spec.Renditions)+2)
	for _, p := range library.Spec.Renditions {
		preset := rendition.Preset{
			Name: p.Name, Width: int(p.Width), Height: int(p.Height),
			Fit: rendition.Fit(p.Fit), Format: rendition.Format(p.Format), Quality: int(p.Quality),
			Position: rendition.Position(p.Position), Background: p.Background, Sharpen: rendition.Sharpening(p.Sharpen),
			Strip: rendition.Stripping(p.Strip), Page: int(p.Page), OnRequest: p.When == v1alpha1.RenderOnRequest,
		}
		if p.Effort != nil {
			effort := int(*p.Effort)
			preset.Effort = &effort
		}
		if p.Watermark != nil {
			preset.Watermark = watermarkOf(p.Watermark)
		}
		presets = append(presets, preset)
	}
	presets = rendition.WithBuiltIn(presets)
	slices.SortFunc(presets, func(a, b rendition.Preset) int { return strings.Compare(a.Name, b.Name) })
	return presets
}

// watermarkOf gives what is declared; an image has no ETag yet.
func watermarkOf(w *v1alpha1.RenditionWatermark) *rendition.Watermark {
	return &rendition.Watermark{Text: w.Text, Image: w.Image, Position: rendition.Place(w.Position), Opacity: int(w.Opacity), Size: int(w.Size)}
}

// ready tells the presets that can be rendered from those that are held. An image is drawn once a worker has read it whole; and
// nothing is drawn of which a worker has found that it cannot be, until it is replaced.
func ready(presets []rendition.Preset, library string, assets []Asset, undrawable map[string]asset.Unmade) (can []rendition.Preset, held []HeldPreset) {
	for _, p := range presets {
		p, reason, message := settleWatermark(p, library, assets, undrawable)
		if reason == "" {
			can = append(can, p)
			continue
		}
		held = append(held, HeldPreset{p, reason, message})
	}
	return can, held
}

// undrawable is what is known of watermarks that cannot be drawn; see rendition.Undrawable.
func undrawable(assets []Asset) map[string]asset.Unmade {
	return rendition.Undrawable(func(yield func(*asset.Facts) bool) {
		for i := range assets {
			if !yield(assets[i].Facts) {
				return
			}
		}
	})
}

// settleWatermark gives p with the ETag of its watermark's image, and says why it is held; an empty reason when it is not.
func settleWatermark(p rendition.Preset, library string, assets []Asset, undrawable map[string]asset.Unmade) (settled rendition.Preset, reason, message string) {
	if p.Watermark == nil {
		return p, "", ""
	}
	what, remedy := "its text", "write another text"
	if p.Watermark.Image != "" {
		key := access.Key{Library: library, Path: p.Watermark.Image}
		i := slices.IndexFunc(assets, func(a Asset) bool { return a.Key == key })
		if i < 0 {
			return p, heldNotFound, fmt.Sprintf("there is no %s in the library to draw on pictures: upload it, or name another watermark", key.Path)
		}
		what, remedy = key.Path, "upload a PNG or another picture in its place"
		mark := *p.Watermark
		mark.ETag = assets[i].ETag
		p.Watermark = &mark
		switch facts := assets[i].Facts; {
		case facts == nil:
			return p, heldPending, key.Path + " is being looked at before it is drawn on pictures"
		case facts.Error != nil:
			return p, heldUnreadable, fmt.Sprintf("%s cannot be drawn on pictures: %s (%s): %s", what, facts.Error.Message, facts.Error.Reason, remedy)
		case rendition.IsDocument(facts.ContentType):
			return p, heldUnreadable, fmt.Sprintf("%s cannot be drawn on pictures: it is a document (%s): %s", what, facts.ContentType, remedy)
		}
	} else if err := p.Validate(); err != nil { // declared before the API refused such a text
		return p, heldUnreadable, fmt.Sprintf("%s cannot be drawn on pictures: %s", what, err)
	}
	why, found := undrawable[p.Watermark.Identity()]
	switch {
	case !found:
		return p, "", ""
	case why.Reason == asset.UnmadeBlank && p.Watermark.Image != "":
		return p, heldBlank, what + " is transparent throughout, and pictures would not bear it: upload a picture that is seen in its place"
	case why.Reason == asset.UnmadeBlank:
		return p, heldBlank, what + " has nothing in it that would be seen on pictures: " + remedy
	}
	return p, heldUnreadable, fmt.Sprintf("%s cannot be drawn on pictures: %s: %s", what, why.Message, remedy)
}

// heldMessage says that presets are held and why the first is, for those that somebody must do something about; empty when there is none.
func heldMessage(held []HeldPreset) string {
	held = slices.DeleteFunc(slices.Clone(held), func(h HeldPreset) bool { return h.Reason == heldPending })
	if len(held) == 0 {
		return ""
	}
	message := fmt.Sprintf("; preset %s is not rendered: %s", held[0].Preset.Name, held[0].Message)
	if more := len(held) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return message
}

// present gives the renditions of an asset that exist for its current ETag, at most one for each preset, by name. Where a preset
// has changed, what it made before serves until what it makes now is there, which is made unasked.
func present(presets, held []rendition.Preset, a *Asset, objects map[string]store.ObjectInfo) []asset.CatalogRendition {
	var list []asset.CatalogRendition
	add := func(p rendition.Preset, object string) {
		info, stored := objects[object]
		if !stored {
			return
		}
		entry := asset.CatalogRendition{
			Preset: p.Name, Object: asset.Renditions(a.Key) + object,
			ETag: rendition.TrimETag(info.ETag), Size: info.Size, ContentType: rendition.FormatOf(object).ContentType(),
		}
		if a.Facts != nil {
			if i := slices.IndexFunc(a.Facts.Renditions, func(r asset.Rendition) bool { return r.Object == object }); i >= 0 {
				entry.Width, entry.Height = a.Facts.Renditions[i].Width, a.Facts.Renditions[i].Height
			}
		}
		list = append(list, entry)
	}
	for _, p := range presets {
		object := rendition.ObjectName(p, a.ETag, a.Focus)
		if _, stored := objects[object]; !stored && !p.OnRequest {
			object = earlier(p, a.Facts, objects)
		}
		add(p, object)
	}
	for _, h := range held {
		add(h, earlier(h, a.Facts, objects))
	}
	slices.SortFunc(list, func(a, b asset.CatalogRendition) int { return strings.Compare(a.Preset, b.Preset) })
	return list
}

// unmakeable names the presets by which no picture of an original comes to be before something changes, on request either: nobody is to wait for it.
func unmakeable(original rendition.Original, presets []rendition.Preset, held []HeldPreset, facts *asset.Facts) []string {
	plain := make([]rendition.Preset, 0, len(held))
	var names []string
	for _, h := range held {
		plain = append(plain, h.Preset)
		if h.Preset.OnRequest {
			names = append(names, h.Preset.Name)
		}
	}
	for _, name := range rendition.Unmakeable(original, presets, plain, facts) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// earlier names the rendition that an earlier form of p made of the original that facts are about, if there is one that may be
// shown in place of what p makes; empty otherwise.
func earlier(p rendition.Preset, facts *asset.Facts, objects map[string]store.ObjectInfo) string {
	if facts == nil {
		return ""
	}
	for _, r := range facts.Renditions {
		if _, stored := objects[r.Object]; stored && r.Preset == p.Name && p.Serves(r.Object) {
			return r.Object
		}
	}
	return ""
}
