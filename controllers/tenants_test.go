package controllers

import (
	"testing"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

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
