package v1alpha1_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// features: D10
func TestAdmits(t *testing.T) {
	declared := &v1alpha1.ObjectStore{Spec: v1alpha1.ObjectStoreSpec{Tenants: []v1alpha1.Tenant{
		{Namespaces: []string{"acme"}, Buckets: []string{"acme-*", "legacy"}},
		{Namespaces: []string{"northlight"}, Buckets: []string{"northlight-*"}},
	}}}
	for reason, test := range map[string]struct {
		namespace, bucket string
		want              bool
	}{
		"a name that begins as the pattern":             {"acme", "acme-brand", true},
		"an exact name":                                 {"acme", "legacy", true},
		"an exact name is no beginning":                 {"acme", "legacy-2", false},
		"another tenant's name":                         {"acme", "northlight-brand", false},
		"a namespace that is not named":                 {"intruder", "acme-brand", false},
		"a namespace whose name merely begins the same": {"acme-2", "acme-brand", false},
		"no namespace":                                  {"", "acme-brand", false},
	} {
		t.Run(reason, func(t *testing.T) {
			if got := declared.Admits(test.namespace, test.bucket); got != test.want {
				t.Errorf("Admits(%q, %q) = %v", test.namespace, test.bucket, got)
			}
		})
	}
	if new(v1alpha1.ObjectStore).Admits("acme", "acme-brand") {
		t.Error("a store that names nobody admits somebody")
	}
}

func TestFreezeReason(t *testing.T) {
	object := func(annotations map[string]string) *v1alpha1.User {
		return &v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Annotations: annotations}}
	}
	if v1alpha1.FreezeReason(object(nil)) != "" || v1alpha1.FreezeReason(object(map[string]string{"other": "x"})) != "" {
		t.Error("an object without the annotation is frozen")
	}
	if v1alpha1.FreezeReason(object(map[string]string{v1alpha1.AnnotationFreeze: "leaked"})) != "leaked" {
		t.Error("the reason is lost")
	}
	if v1alpha1.FreezeReason(object(map[string]string{v1alpha1.AnnotationFreeze: ""})) == "" {
		t.Error("an annotation without a reason does not freeze")
	}
}
