package controllers

import (
	"fmt"
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

// awaited counts the files of which a picture with the link's watermark is still to be made, and tells whether any was not asked for
// when the Library was last looked at.
func (v view) awaited(shown members, holding *Holding) (waiting int64, unasked bool) {
	one := marking{watermark: v.watermark, presets: v.presets, shown: shown, view: v}
	for i := range holding.Assets {
		a := &holding.Assets[i]
		if a.Facts != nil && a.Facts.Error != nil || !one.asksFor(a) {
			continue
		}
		lacks := false
		for _, preset := range v.presets {
			name := rendition.MarkedName(preset, v.watermark)
			if a.lacksMarked(name) {
				lacks, unasked = true, unasked || !slices.Contains(a.Asked, name)
			}
		}
		if lacks {
			waiting++
		}
	}
	return waiting, unasked
}

// lacksMarked tells whether the rendition by a preset with a watermark is not there and may still come. One that could not be made of this
// original will not; one whose watermark is to blame comes with another watermark.
func (a *Asset) lacksMarked(preset string) bool {
	if slices.ContainsFunc(a.Marked, func(r asset.CatalogRendition) bool { return r.Preset == preset }) {
		return false
	}
	return a.Facts == nil || !slices.ContainsFunc(a.Facts.Unmade, func(u asset.Unmade) bool { return u.Preset == preset && u.Watermark == "" })
}

// awaitMarks tells in status how many files wait for pictures with the link's watermark, and has them asked for.
func (r *PublicLinkReconciler) awaitMarks(tenant *Tenant, library *v1alpha1.Library, obj *v1alpha1.PublicLink, v view, shown members, holding *Holding) {
	obj.Status.Waiting = nil
	if v.watermark == "" {
		return
	}
	waiting, unasked := v.awaited(shown, holding)
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
	return fmt.Sprintf("; files of which pictures with the watermark %s are still to be made, and which show none until then: %d", obj.Spec.Watermark, *obj.Status.Waiting)
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
