package review

import (
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// FieldManager is the name under which the plugin writes to a cluster.
const FieldManager = "kubectl-dam"

// byHand are the field managers that people write with, and no deployer.
var byHand = []string{FieldManager, "kubectl-annotate", "kubectl-edit", "kubectl-patch"}

// FrozenByHand tells whether an object of a cluster is frozen, and by nobody but people: what a deployer wrote it also takes away.
func FrozenByHand(o metav1.Object) bool {
	if _, frozen := o.GetAnnotations()[v1alpha1.AnnotationFreeze]; !frozen {
		return false
	}
	if strings.Contains(o.GetAnnotations()[corev1.LastAppliedConfigAnnotation], v1alpha1.AnnotationFreeze) {
		return false // whoever applied it may have found it there, and takes it away all the same
	}
	known := false
	for _, m := range o.GetManagedFields() {
		var fields struct {
			Metadata struct {
				Annotations map[string]any `json:"f:annotations"`
			} `json:"f:metadata"`
		}
		if m.FieldsV1 == nil {
			continue
		}
		if err := json.Unmarshal(m.FieldsV1.GetRawBytes(), &fields); err != nil {
			return false // nobody is known to have written it
		}
		if _, wrote := fields.Metadata.Annotations["f:"+v1alpha1.AnnotationFreeze]; !wrote {
			continue
		}
		if !slices.Contains(byHand, m.Manager) {
			return false
		}
		known = true
	}
	return known
}
