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
			Strip: rendition.Stripping(p.Strip), Page: int(p.Page),
		}
		if p.Effort != nil {
			effort := int(*p.Effort)
			preset.Effort = &effort
		}
		if w := p.Watermark; w != nil {
			preset.Watermark = &rendition.Watermark{
				Text: w.Text, Image: w.Image, Position: rendition.Place(w.Position), Opacity: int(w.Opacity), Size: int(w.Size),
			}
		}
		presets = append(presets, preset)
	}
	presets = rendition.WithBuiltIn(presets)
	slices.SortFunc(presets, func(a, b rendition.Preset) int { return strings.Compare(a.Name, b.Name) })
	return presets
}

// ready tells the presets that can be rendered from those that are held. An image is drawn once a worker has read it whole.
func ready(presets []rendition.Preset, library string, assets []Asset) (can []rendition.Preset, held []HeldPreset) {
	for _, p := range presets {
		if p.Watermark == nil || p.Watermark.Image == "" {
			can = append(can, p)
			continue
		}
		hold := func(reason, format string, args ...any) {
			held = append(held, HeldPreset{p, reason, fmt.Sprintf(format, args...)})
		}
		key := access.Key{Library: library, Path: p.Watermark.Image}
		i := slices.IndexFunc(assets, func(a Asset) bool { return a.Key == key })
		switch {
		case i < 0:
			hold(heldNotFound, "there is no %s in the library to draw on pictures: upload it, or name another watermark", key.Path)
		case assets[i].Facts == nil:
			hold(heldPending, "%s is being looked at before it is drawn on pictures", key.Path)
		case assets[i].Facts.Error != nil:
			why := assets[i].Facts.Error
			hold(heldUnreadable, "%s cannot be drawn on pictures: %s (%s): upload a PNG or another picture in its place", key.Path, why.Message, why.Reason)
		default:
			mark := *p.Watermark
			mark.ETag = assets[i].ETag
			p.Watermark = &mark
			can = append(can, p)
		}
	}
	return can, held
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
// has changed, what it made before serves until what it makes now is there.
func present(presets []rendition.Preset, held []HeldPreset, a *Asset, objects map[string]store.ObjectInfo) []asset.CatalogRendition {
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
		if _, stored := objects[object]; !stored {
			object = earlier(p, a.Facts, objects)
		}
		add(p, object)
	}
	for _, h := range held {
		add(h.Preset, earlier(h.Preset, a.Facts, objects))
	}
	slices.SortFunc(list, func(a, b asset.CatalogRendition) int { return strings.Compare(a.Preset, b.Preset) })
	return list
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
