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

// builtInEdge is the longer side, in pixels, of the largest picture that every library has: the built-in preview.
const builtInEdge = 1600

// presetChanges compares what pictures the libraries of both sides make. Whoever may preview sees all of a library's
// presets, and a visitor those that the link names, by bucket in named. A preset that gets smaller and changes in nothing
// else is no widening, and any other change of one is; a new one is when a link that opens names it, or when its longer side is longer
// than that of all there were and its box in none of theirs: without a bound on one side a picture may be of any length.
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
		edge := int32(builtInEdge)
		for _, p := range before.Spec.Renditions {
			edge = max(edge, p.Width, p.Height)
		}
		pairs(before.Spec.Renditions, after.Spec.Renditions, func(p *v1alpha1.RenditionPreset) string { return p.Name }, func(name string, from, to *v1alpha1.RenditionPreset) {
			switch {
			case to == nil:
				add(false, "has the preset %s no more", name)
			case from == nil:
				within := func(p v1alpha1.RenditionPreset) bool {
					return bound(to.Width) <= bound(p.Width) && bound(to.Height) <= bound(p.Height)
				}
				larger := max(bound(to.Width), bound(to.Height)) > edge && !slices.ContainsFunc(before.Spec.Renditions, within)
				add(larger || slices.Contains(named[bucket], name), "has the new preset %s: %s", name, presetText(*to))
			case !reflect.DeepEqual(plainPreset(*from), plainPreset(*to)):
				add(!smaller(*from, *to), "has the preset %s as %s instead of %s", name, presetText(*to), presetText(*from))
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
	if p.Watermark != nil {
		w := *p.Watermark
		w.Position, w.Opacity, w.Size = cmp.Or(w.Position, v1alpha1.WatermarkBottomRight), cmp.Or(w.Opacity, 50), cmp.Or(w.Size, 30)
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

// smaller tells that a preset shows no more than before: its box and quality are no larger, and nothing else is
// otherwise but that a picture may be cut, bear a text where it bore no watermark, or lose metadata. An image may be one
// that nobody else would have seen.
func smaller(was, is v1alpha1.RenditionPreset) bool {
	was, is = plainPreset(was), plainPreset(is)
	if bound(is.Width) > bound(was.Width) || bound(is.Height) > bound(was.Height) || is.Quality > was.Quality ||
		is.Fit != was.Fit && is.Fit != v1alpha1.FitCover {
		return false
	}
	if was.Watermark == nil && is.Watermark != nil && is.Watermark.Image == "" {
		is.Watermark = nil
	}
	if is.Strip == "" {
		was.Strip = ""
	}
	is.Width, is.Height, is.Quality, is.Fit = was.Width, was.Height, was.Quality, was.Fit
	return reflect.DeepEqual(was, is)
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
	if w := p.Watermark; w != nil {
		text += fmt.Sprintf(", with the watermark %q (%s, opacity %d, size %d)", cmp.Or(w.Text, w.Image), w.Position, w.Opacity, w.Size)
	}
	return text
}
