package compare

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// keepFreezes gives files what was frozen by hand in the cluster that they are compared with: a freeze that is in no file is taken
// away by no sync, so that the files thaw nothing. One that a deployer manages they do thaw.
func keepFreezes(base, head review.Tenant) review.Tenant {
	if base.AgesUnknown || !head.AgesUnknown {
		return head
	}
	if base.FrozenByHand && !head.Declared.NamespaceFrozen {
		head.Declared.NamespaceFrozen, head.Frozen = true, base.Frozen
	}
	b, h := &base.Declared, &head.Declared
	h.Libraries = frozenToo(b.Libraries, h.Libraries, func(o *v1alpha1.Library) *metav1.ObjectMeta { return &o.ObjectMeta })
	h.Users = frozenToo(b.Users, h.Users, func(o *v1alpha1.User) *metav1.ObjectMeta { return &o.ObjectMeta })
	h.UserGroups = frozenToo(b.UserGroups, h.UserGroups, func(o *v1alpha1.UserGroup) *metav1.ObjectMeta { return &o.ObjectMeta })
	head.Links = frozenToo(base.Links, head.Links, func(o *v1alpha1.PublicLink) *metav1.ObjectMeta { return &o.ObjectMeta })
	return head
}

// frozenToo freezes those of some objects that others of the same name are frozen by hand.
func frozenToo[T any](others, objects []T, meta func(*T) *metav1.ObjectMeta) []T {
	reasons := map[string]string{}
	for i := range others {
		if m := meta(&others[i]); review.FrozenByHand(m) {
			reasons[m.Name] = m.Annotations[v1alpha1.AnnotationFreeze]
		}
	}
	if len(reasons) == 0 {
		return objects
	}
	objects = slices.Clone(objects)
	for i := range objects {
		m := meta(&objects[i])
		reason, frozen := reasons[m.Name]
		if _, already := m.Annotations[v1alpha1.AnnotationFreeze]; !frozen || already {
			continue
		}
		m.Annotations = maps.Clone(m.Annotations)
		if m.Annotations == nil {
			m.Annotations = map[string]string{}
		}
		m.Annotations[v1alpha1.AnnotationFreeze] = reason
	}
	return objects
}
