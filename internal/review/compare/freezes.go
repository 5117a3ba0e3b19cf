package compare

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// thawed is a cluster as if nothing in it were frozen by hand that files compared with it declare too: such a freeze is in no file and no
// sync takes it away, so that the files thaw nothing. What they newly give is told all the same, since it counts from the day
// on which somebody lifts the freeze, which no comparison sees. One that a deployer manages the files do thaw.
func thawed(base, head review.Tenant) review.Tenant {
	if base.AgesUnknown || !head.AgesUnknown {
		return base
	}
	if base.FrozenByHand && !head.Declared.NamespaceFrozen {
		base.Declared.NamespaceFrozen, base.Frozen = false, ""
	}
	b, h := &base.Declared, &head.Declared
	b.Libraries = thawedBeside(b.Libraries, h.Libraries, func(o *v1alpha1.Library) *metav1.ObjectMeta { return &o.ObjectMeta })
	b.Users = thawedBeside(b.Users, h.Users, func(o *v1alpha1.User) *metav1.ObjectMeta { return &o.ObjectMeta })
	b.UserGroups = thawedBeside(b.UserGroups, h.UserGroups, func(o *v1alpha1.UserGroup) *metav1.ObjectMeta { return &o.ObjectMeta })
	base.Links = thawedBeside(base.Links, head.Links, func(o *v1alpha1.PublicLink) *metav1.ObjectMeta { return &o.ObjectMeta })
	return base
}

// thawedBeside takes freezes by hand from those objects whose like, by name, is there without one.
func thawedBeside[T any](objects, others []T, meta func(*T) *metav1.ObjectMeta) []T {
	thaws := map[string]bool{}
	for i := range others {
		m := meta(&others[i])
		_, frozen := m.Annotations[v1alpha1.AnnotationFreeze]
		thaws[m.Name] = !frozen
	}
	objects = slices.Clone(objects)
	for i := range objects {
		if m := meta(&objects[i]); thaws[m.Name] && review.FrozenByHand(m) {
			m.Annotations = maps.Clone(m.Annotations)
			delete(m.Annotations, v1alpha1.AnnotationFreeze)
		}
	}
	return objects
}
