package compare

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// builtIn is the preset that every library has beside those it names, and whose pictures are the largest of these: the preview.
var builtIn = v1alpha1.RenditionPreset{Name: "preview", Width: 1600, Height: 1600, Fit: v1alpha1.FitInside}

// presetChanges compares what pictures the libraries of both sides make. Whoever may preview sees all of a library's presets, and a visitor
// those that the link names, by bucket in named. A new preset widens when a link that opens names it, or when it shows what
// none of those there were showed. One that is otherwise widens when it shows what it did not show before, since whoever has a link that
// names it may see no other.
func presetChanges(was, is *side, named map[string][]string) []Declared {
	var all []Declared
	had, has := was.libraries(), is.libraries()
	for _, bucket := range names(had, has) {
		before, after := had[bucket], has[bucket]
		if before == nil || after == nil {
			continue // who may see what in it is told as a whole
		}
		add := func(wider bool, format string, args ...any) {
			all = append(all, Declared{"Library", after.Name, fmt.Sprintf(format, args...), wider})
		}
		there := append(slices.Clone(before.Spec.Renditions), builtIn)
		pairs(before.Spec.Renditions, after.Spec.Renditions, func(p *v1alpha1.RenditionPreset) string { return p.Name }, func(name string, from, to *v1alpha1.RenditionPreset) {
			switch {
			case to == nil:
				add(false, "has the preset %s no more", name)
			case from == nil:
				add(showsMore(*to, there) || slices.Contains(named[bucket], name), "has the new preset %s: %s", name, presetText(*to))
			case !reflect.DeepEqual(plainPreset(*from), plainPreset(*to)):
				add(showsMore(*to, []v1alpha1.RenditionPreset{*from}), "has the preset %s as %s instead of %s", name, presetText(*to), presetText(*from))
			}
		})
	}
	return all
}

// libraries that have their buckets, by these.
func (s *side) libraries() map[string]*v1alpha1.Library {
	all := map[string]*v1alpha1.Library{}
	for i := range s.tenant.Declared.Libraries {
		if l := &s.tenant.Declared.Libraries[i]; s.library(s.buckets[l.Name]) == l.Name {
			all[s.buckets[l.Name]] = l
		}
	}
	return all
}

// plainPreset is a preset with what the API sets where nothing is said, and with nothing said where that means the same.
func plainPreset(p v1alpha1.RenditionPreset) v1alpha1.RenditionPreset {
	p.Fit = cmp.Or(p.Fit, v1alpha1.FitInside)
	p.Quality = cmp.Or(p.Quality, 80)
	p.Background = strings.ToLower(p.Background)
	unset(&p.Position, v1alpha1.PositionCentre)
	unset(&p.Sharpen, v1alpha1.SharpeningNone)
	unset(&p.Strip, v1alpha1.StrippingAll)
	unset(&p.Page, 1)
	unset(&p.When, v1alpha1.RenderEager)
	if p.Watermark != nil {
		w := plainWatermark(*p.Watermark)
		p.Watermark = &w
	}
	return p
}

func unset[T comparable](field *T, same T) {
	if *field == same {
		var nothing T
		*field = nothing
	}
}

// showsMore tells whether a preset shows anything that none of others shows: a picture, the notice of rights in it, or the image of
// its watermark, which may be one that nobody else would have seen.
func showsMore(p v1alpha1.RenditionPreset, others []v1alpha1.RenditionPreset) bool {
	shown := func(by func(o v1alpha1.RenditionPreset) bool) bool { return slices.ContainsFunc(others, by) }
	return !shown(func(o v1alpha1.RenditionPreset) bool { return pictureWithin(p, o) }) ||
		p.Strip == v1alpha1.StrippingKeepCopyright && !shown(func(o v1alpha1.RenditionPreset) bool { return o.Strip == p.Strip }) ||
		imageOf(p) != "" && !shown(func(o v1alpha1.RenditionPreset) bool { return imageOf(o) == imageOf(p) })
}

// pictureWithin tells whether all that one preset shows of a picture another shows too: of the same page, in a box that is no smaller, without a
// mark that this one does not bear in the same way, and without cutting what this one does not cut. How the file is
// encoded, sharpened and what is behind the picture shows no more of it.
func pictureWithin(p, other v1alpha1.RenditionPreset) bool {
	p, other = plainPreset(p), plainPreset(other)
	return bound(p.Width) <= bound(other.Width) && bound(p.Height) <= bound(other.Height) &&
		p.Page == other.Page &&
		(other.Watermark == nil || reflect.DeepEqual(p.Watermark, other.Watermark)) &&
		(other.Fit != v1alpha1.FitCover || p.Fit == other.Fit && p.Position == other.Position)
}

// imageOf is the path of the image that a preset draws on its pictures; empty for none.
func imageOf(p v1alpha1.RenditionPreset) string {
	if p.Watermark == nil {
		return ""
	}
	return p.Watermark.Image
}

// bound is one side of a box; without a bound a picture may be of any size.
func bound(pixels int32) int32 {
	if pixels == 0 {
		return math.MaxInt32
	}
	return pixels
}

func presetText(p v1alpha1.RenditionPreset) string {
	p = plainPreset(p)
	edge := func(pixels int32) string {
		if pixels == 0 {
			return "any"
		}
		return fmt.Sprint(pixels)
	}
	text := fmt.Sprintf("%s × %s pixels, %s, %s, quality %d", edge(p.Width), edge(p.Height), p.Fit, p.Format, p.Quality)
	if p.Position != "" {
		text += ", position " + string(p.Position)
	}
	if p.Effort != nil {
		text += fmt.Sprintf(", effort %d", *p.Effort)
	}
	if p.Background != "" {
		text += ", background " + p.Background
	}
	if p.Sharpen != "" {
		text += ", sharpened " + strings.ToLower(string(p.Sharpen))
	}
	if p.Strip == v1alpha1.StrippingKeepCopyright {
		text += ", with the notice of rights"
	}
	if p.Page > 1 {
		text += fmt.Sprintf(", page %d", p.Page)
	}
	if p.When == v1alpha1.RenderOnRequest {
		text += ", made on request"
	}
	if p.Watermark != nil {
		text += ", with the watermark " + watermarkText(*p.Watermark)
	}
	return text
}
