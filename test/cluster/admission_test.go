package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// TestPoliciesFitTheKinds has Kubernetes' own checker compare every expression of the
// policies with the schemas of the kinds.
func TestPoliciesFitTheKinds(t *testing.T) {
	t.Parallel()
	bed := takeBed(t)
	clients, err := kubernetes.NewForConfig(bed.cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	var policies *admissionregistrationv1.ValidatingAdmissionPolicyList
	gomega.NewWithT(t).Eventually(func() error {
		if policies, err = clients.AdmissionregistrationV1().ValidatingAdmissionPolicies().List(t.Context(), metav1.ListOptions{}); err != nil {
			return err
		}
		for i := range policies.Items {
			if p := &policies.Items[i]; p.Status.ObservedGeneration != p.Generation || p.Status.TypeChecking == nil {
				return fmt.Errorf("%s has not been checked", p.Name)
			}
		}
		return nil
	}, time.Minute, 100*time.Millisecond).Should(gomega.Succeed())
	ours := 0
	for i := range policies.Items {
		p := &policies.Items[i]
		if !strings.HasPrefix(p.Name, "vitrine-") {
			continue
		}
		ours++
		for _, w := range p.Status.TypeChecking.ExpressionWarnings {
			t.Errorf("%s, %s: %s", p.Name, w.FieldRef, w.Warning)
		}
	}
	if ours < 12 {
		t.Errorf("%d policies are installed, want one for each kind that gives something, two for ceilings, one that keeps those, and one for freezing", ours)
	}
}
