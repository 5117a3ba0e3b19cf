package controllers

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
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
			if got := admits(declared, test.namespace, test.bucket); got != test.want {
				t.Errorf("admits(%q, %q) = %v", test.namespace, test.bucket, got)
			}
		})
	}
	if admits(&v1alpha1.ObjectStore{}, "acme", "acme-brand") {
		t.Error("a store that names nobody admits somebody")
	}
}

func TestFrozen(t *testing.T) {
	object := func(annotations map[string]string) *v1alpha1.User {
		return &v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Annotations: annotations}}
	}
	if frozen(object(nil)) != "" || frozen(object(map[string]string{"other": "x"})) != "" {
		t.Error("an object without the annotation is frozen")
	}
	if frozen(object(map[string]string{v1alpha1.AnnotationFreeze: "leaked"})) != "leaked" {
		t.Error("the reason is lost")
	}
	if frozen(object(map[string]string{v1alpha1.AnnotationFreeze: ""})) == "" {
		t.Error("an annotation without a reason does not freeze")
	}
}

func TestEnforcementNamesWhatChanged(t *testing.T) {
	binding, role := object{"RoleBinding", "b"}, object{"Role", "r"}
	first := &compiled{
		generations: map[object]version{binding: {generation: 1}, role: {generation: 1}},
		libraries:   map[string]libraryResult{"brand": {applied: true}},
	}
	e := NewEnforcement()
	at := tenantAt{"acme", "default"}
	if changed := e.set(at, first); len(changed) != 3 {
		t.Errorf("the first pass changed %v, want all three", changed)
	}
	if changed := e.set(at, first); len(changed) != 0 {
		t.Errorf("the same again changed %v", changed)
	}
	second := &compiled{
		generations: map[object]version{binding: {generation: 1}, role: {generation: 2}},
		problems:    map[object]access.Problem{},
		libraries:   map[string]libraryResult{"brand": {applied: true}},
	}
	if changed := e.set(at, second); len(changed) != 1 || changed[0] != role {
		t.Errorf("a Role of another generation changed %v", changed)
	}
	third := &compiled{generations: second.generations, libraries: map[string]libraryResult{"brand": {failed: stall(v1alpha1.ReasonPolicyTooLarge, "too large")}}}
	if changed := e.set(at, third); len(changed) != 3 {
		t.Errorf("a policy that no longer fits changed %v, want the Library and all that may reach it", changed)
	}
}
