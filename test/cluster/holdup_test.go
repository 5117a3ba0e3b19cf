package cluster

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// What a tenant writes into an annotation by hand holds up no ObjectStore's end.
func TestAnnotationsByHandHoldUpNoObjectStore(t *testing.T) {
	w := newWorld(t, "holdup")
	w.ready(&v1alpha1.ObjectStore{}, w.name)
	w.must(w.bed.admin.Create(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "holdup-stranger"}}))
	stranger := &world{T: w.T, Gomega: w.Gomega, bed: w.bed, ctx: w.ctx, name: w.name, namespace: "holdup-stranger", at: w.at}
	annotated := func(kind, name, installation, spec string) string {
		return fmt.Sprintf("---\n{apiVersion: dam.vitrine.dev/v1alpha1, kind: %s, metadata: {name: %s, annotations: {%s: %s=%s}}, spec: %s}\n", kind, name, v1alpha1.AnnotationAt, w.name, installation, spec)
	}
	stranger.apply(annotated("User", "mallory", "another", "{credentials: None}") + annotated("User", "guesser", w.name, "{credentials: None}") +
		annotated("Library", "squat", "another", "{storeRef: {name: holdup}, bucket: {name: holdup-squat}}") +
		annotated("Library", "guess", w.name, "{storeRef: {name: holdup}, bucket: {name: holdup-guess}}"))
	stranger.stalled(&v1alpha1.User{}, "mallory", v1alpha1.ReasonStoreNotFound)
	stranger.stalled(&v1alpha1.Library{}, "guess", v1alpha1.ReasonNotAdmitted)
	w.must(w.kubectl(nil, "delete", "ostore", w.name, "--timeout=30s"))
}
