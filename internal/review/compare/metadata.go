package compare

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// metadataChanges compares the fields by which the libraries of both sides describe files. What files have in a field that
// is not declared is kept: so a field that comes to hold keywords may let selectors pick more, and one that comes to be shows
// what is in it by the links that name it; those that open and name fields are in shown, by bucket.
func metadataChanges(was, is *side, shown map[string][]v1alpha1.MetadataFieldName) []Declared {
	var all []Declared
	had, has := was.libraries(), is.libraries()
	for _, bucket := range names(had, has) {
		before, after := had[bucket], has[bucket]
		if before == nil || after == nil || reflect.DeepEqual(before.Spec.Metadata, after.Spec.Metadata) {
			continue
		}
		picks := is.picksByKeywords(after.Name)
		add := func(wider bool, format string, args ...any) {
			all = append(all, Declared{"Library", after.Name, fmt.Sprintf(format, args...), wider})
		}
		name := func(f *v1alpha1.MetadataField) string { return string(f.Name) }
		pairs(asset.NewSchema(before.Spec.Metadata).Fields(), asset.NewSchema(after.Spec.Metadata).Fields(), name, func(name string, from, to *v1alpha1.MetadataField) {
			more := picks && holdsKeywords(to) && !holdsKeywords(from)
			switch {
			case to == nil:
				add(false, "describes files no more by the field %s", name)
			case from == nil && slices.Contains(shown[bucket], to.Name):
				add(true, "describes files by the field %s too: %s; links that name it show what is in it", name, fieldText(to))
			case from == nil:
				add(more, "describes files by the field %s too: %s", name, fieldText(to))
			case fieldText(from) != fieldText(to):
				add(more, "describes files by the field %s as %s instead of %s", name, fieldText(to), fieldText(from))
			}
		})
	}
	return all
}

func holdsKeywords(f *v1alpha1.MetadataField) bool {
	return f != nil && f.Type == v1alpha1.FieldKeywords
}

// picksByKeywords tells whether a Collection of a Library picks files by keywords.
func (s *side) picksByKeywords(library string) bool {
	return slices.ContainsFunc(s.tenant.Declared.Collections, func(c v1alpha1.Collection) bool {
		return c.Spec.LibraryRef.Name == library && c.Spec.Selector != nil && len(c.Spec.Selector.Keywords) > 0
	})
}

// fieldText is what a field takes.
func fieldText(f *v1alpha1.MetadataField) string {
	text := string(f.Type)
	if len(f.Choices) > 0 {
		text += " of " + value(f.Choices)
	}
	if f.Presence == v1alpha1.PresenceRequired {
		text += ", required"
	}
	return strings.TrimSpace(text)
}
