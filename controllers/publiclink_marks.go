package controllers

import (
	"fmt"
	"path"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// marked gives the renditions of a file that bear the link's watermark, under the names of the presets that the link offers. One that
// does not bear it is never among them.
func (v view) marked(a *Asset) []asset.CatalogRendition {
	var list []asset.CatalogRendition
	for _, preset := range v.presets {
		name := rendition.MarkedName(preset, v.watermark)
		i := slices.IndexFunc(a.Marked, func(r asset.CatalogRendition) bool { return r.Preset == name })
		if i < 0 {
			continue
		}
		r := a.Marked[i]
		r.Preset = preset
		list = append(list, r)
	}
	return list
}

// awaited counts the files of which a picture by a preset with the link's watermark, see markedPresets, is still to be made, and tells
// whether any was not asked for when the Library was last looked at.
func (v view) awaited(shown members, presets []rendition.Preset, holding *Holding) (waiting int64, unasked bool) {
	one := marking{watermark: v.watermark, presets: v.presets, shown: shown, view: v}
	for i := range holding.Assets {
		a := &holding.Assets[i]
		if a.Facts != nil && a.Facts.Error != nil || !one.asksFor(a) {
			continue
		}
		lacks := false
		for _, p := range presets {
			if a.lacksMarked(p) {
				lacks, unasked = true, unasked || !slices.Contains(a.Asked, p.Name)
			}
		}
		if lacks {
			waiting++
		}
	}
	return waiting, unasked
}

// markedPresets gives the presets of the link with its watermark as both are declared now, of the files of its Library. Those of one that is not
// declared, or whose image is not there, have none: what they would make, nobody can tell.
func (v view) markedPresets(assets []Asset) []rendition.Preset {
	var mark *rendition.Watermark
	for i := range v.library.Spec.Watermarks {
		if declared := &v.library.Spec.Watermarks[i]; declared.Name == v.watermark {
			if m := settleMark(v.library.Name, declared, assets, nil); m.Reason != heldNotFound {
				mark = &m.Watermark
			}
		}
	}
	var list []rendition.Preset
	for _, p := range presetsOf(v.library) {
		if slices.Contains(v.presets, p.Name) {
			p.Name, p.Watermark = rendition.MarkedName(p.Name, v.watermark), mark
			list = append(list, p)
		}
	}
	return list
}

// lacksMarked tells whether the rendition by a preset with a watermark is not there as it is made now, and may still come; one that the preset
// made before it changed only serves until then. One that could not be made of this original will not come; one whose watermark is to blame comes
// with another watermark.
func (a *Asset) lacksMarked(p rendition.Preset) bool {
	object := ""
	if p.Watermark != nil {
		object = rendition.ObjectName(p, a.ETag, a.Focus)
	}
	is := func(preset, name string) bool { return preset == p.Name && (object == "" || object == path.Base(name)) }
	if slices.ContainsFunc(a.Marked, func(r asset.CatalogRendition) bool { return is(r.Preset, r.Object) }) {
		return false
	}
	return a.Facts == nil || !slices.ContainsFunc(a.Facts.Unmade, func(u asset.Unmade) bool { return u.Watermark == "" && is(u.Preset, u.Object) })
}

// awaitMarks tells in status how many files wait for pictures with the link's watermark, and has them asked for.
func (r *PublicLinkReconciler) awaitMarks(tenant *Tenant, library *v1alpha1.Library, obj *v1alpha1.PublicLink, v view, shown members, holding *Holding) {
	obj.Status.Waiting = nil
	if v.watermark == "" {
		return
	}
	presets := v.markedPresets(tenant.Holdings[library.Name].Assets) // the image as it is, whichever version of it the link shows
	waiting, unasked := v.awaited(shown, presets, holding)
	obj.Status.Waiting = &waiting
	if unasked && declaresWatermark(library, v.watermark) && asksForMarks(tenant, obj, r.Clock.Now()) {
		r.Notices.wake(assetsController, client.ObjectKeyFromObject(library), r.Settings.Debounce)
	}
}

// waitingMessage is what to add to the message of a link whose pictures are not all there.
func waitingMessage(obj *v1alpha1.PublicLink) string {
	if obj.Status.Waiting == nil || *obj.Status.Waiting == 0 {
		return ""
	}
	return fmt.Sprintf("; files of which pictures with the watermark %s are still to be made, and which show none, or that of before, until then: %d", obj.Spec.Watermark, *obj.Status.Waiting)
}

func declaresWatermark(library *v1alpha1.Library, name string) bool {
	return slices.ContainsFunc(library.Spec.Watermarks, func(w v1alpha1.LinkWatermark) bool { return w.Name == name })
}

// checkWatermark tells why a link does not show all pictures with its watermark that it was meant to. Holding may be nil.
func checkWatermark(obj *v1alpha1.PublicLink, library *v1alpha1.Library, holding *Holding) *failure {
	name := obj.Spec.Watermark
	if name == "" {
		return nil
	}
	if !declaresWatermark(library, name) {
		return stall(v1alpha1.ReasonWatermarkNotFound,
			"Library %q has no watermark %q, and without it the link shows no pictures; add it to the Library's spec.watermarks, or name another", library.Name, name)
	}
	if holding != nil {
		switch mark := holding.Marks[name]; mark.Reason {
		case "":
		case heldPending:
			return wait(v1alpha1.ReasonProgressing, mark.Message, 0)
		default:
			return stall(mark.Reason, "of watermark %q: %s; no picture is shown without it", name, mark.Message)
		}
	}
	for i := range library.Spec.Renditions {
		if p := &library.Spec.Renditions[i]; p.Watermark != nil && slices.Contains(obj.Spec.Renditions, p.Name) {
			return stall(v1alpha1.ReasonPresetHasWatermark,
				"the preset %q has a watermark of its own, and no picture bears two, so the link does not offer it; take it out of the link's renditions, or name one without", p.Name)
		}
	}
	return nil
}
