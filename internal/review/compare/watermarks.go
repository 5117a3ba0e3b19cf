package compare

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// watermarkChanges compares the watermarks that links of both sides can name. What comes of a change for a link is told of the link.
func watermarkChanges(was, is *side) []Declared {
	var all []Declared
	had, has := was.libraries(), is.libraries()
	for _, bucket := range names(had, has) {
		before, after := had[bucket], has[bucket]
		if before == nil || after == nil {
			continue
		}
		add := func(format string, args ...any) {
			all = append(all, Declared{"Library", after.Name, fmt.Sprintf(format, args...), false})
		}
		named := func(w *v1alpha1.LinkWatermark) string { return w.Name }
		pairs(before.Spec.Watermarks, after.Spec.Watermarks, named, func(name string, from, to *v1alpha1.LinkWatermark) {
			switch {
			case to == nil:
				add("has the watermark %s no more", name)
			case from == nil:
				add("has the new watermark %s: %s", name, watermarkText(to.RenditionWatermark))
			case plainWatermark(from.RenditionWatermark) != plainWatermark(to.RenditionWatermark):
				add("has the watermark %s as %s instead of %s", name, watermarkText(to.RenditionWatermark), watermarkText(from.RenditionWatermark))
			}
		})
	}
	return all
}

// watermarkOf gives what the pictures of a link bear; nil when its Library has no such watermark, and it shows none.
func (s *side) watermarkOf(l *v1alpha1.PublicLink) *v1alpha1.RenditionWatermark {
	shown, err := s.model.LinkScope(l.Spec.Target)
	if err != nil {
		return nil
	}
	libraries := s.tenant.Declared.Libraries
	i := slices.IndexFunc(libraries, func(library v1alpha1.Library) bool { return library.Name == shown.Library })
	if i < 0 {
		return nil
	}
	marks := libraries[i].Spec.Watermarks
	if i = slices.IndexFunc(marks, func(w v1alpha1.LinkWatermark) bool { return w.Name == l.Spec.Watermark }); i < 0 {
		return nil
	}
	plain := plainWatermark(marks[i].RenditionWatermark)
	return &plain
}

// linkWatermark compares what the pictures of one link bear, which changes with the link and with its Library. An image widens even where
// there was no watermark, as visitors see it with the pictures.
func linkWatermark(was, is *side, before, after *v1alpha1.PublicLink, add func(wider bool, format string, args ...any)) {
	from, to := before.Spec.Watermark, after.Spec.Watermark
	had, has := was.watermarkOf(before), is.watermarkOf(after)
	switch {
	case from == "" && to == "":
	case to == "":
		add(true, "its pictures bear the watermark %s no more", from)
	case has == nil && from == to && had == nil:
	case has == nil:
		add(false, "the Library has no watermark %s, so no pictures are shown", to)
	case from == "":
		add(has.Image != "", "its pictures bear the watermark %s: %s", to, watermarkText(*has))
	case had == nil:
		add(true, "its pictures are shown, with the watermark %s: %s", to, watermarkText(*has))
	case *had != *has:
		add(!asPlain(*has, *had), "its pictures bear the watermark %s: %s instead of %s", to, watermarkText(*has), watermarkText(*had))
	case from != to:
		add(false, "its pictures bear the watermark %s, which is the same as %s", to, from)
	}
}

// asPlain tells whether a watermark is at least as plain to see as another, in the same place.
func asPlain(w, other v1alpha1.RenditionWatermark) bool {
	return w.Text == other.Text && w.Image == other.Image && w.Position == other.Position && w.Opacity >= other.Opacity && w.Size >= other.Size
}

// plainWatermark is a watermark with what the API sets where nothing is said.
func plainWatermark(w v1alpha1.RenditionWatermark) v1alpha1.RenditionWatermark {
	w.Position, w.Opacity, w.Size = cmp.Or(w.Position, v1alpha1.WatermarkBottomRight), cmp.Or(w.Opacity, 50), cmp.Or(w.Size, 30)
	return w
}

func watermarkText(w v1alpha1.RenditionWatermark) string {
	w = plainWatermark(w)
	return fmt.Sprintf("%q (%s, opacity %d, size %d)", cmp.Or(w.Text, w.Image), w.Position, w.Opacity, w.Size)
}
