package controllers

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// standing says how a declaration stands that only counts through policies:
// what the model finds wrong with it, or whether the compiler has brought this
// very generation of it into force.
func (d *Deps) standing(tenant *Tenant, kind string, obj client.Object, message string) (outcome, error) {
	if problem, wrong := tenant.problem(kind, obj.GetName()); wrong {
		return outcome{}, stall(problem.Reason, "%s", problem.Message)
	}
	for _, objectStore := range tenant.stores() {
		result := d.Enforcement.get(tenantAt{tenant.Namespace, objectStore})
		if result == nil {
			return d.notCompiled(obj), nil
		}
		if result.generations[object{kind, obj.GetName()}] != versionOf(obj) {
			return outcome{working, v1alpha1.ReasonProgressing, "being brought into force at ObjectStore " + objectStore, 0}, nil
		}
		if result.failed != nil {
			return outcome{}, result.failed
		}
		for _, name := range librariesOf(tenant, obj) {
			if failed := result.libraries[name].failed; failed != nil {
				return outcome{}, failed
			}
		}
	}
	return outcome{enforced, v1alpha1.ReasonEnforced, message, 0}, nil
}

// notCompiled: after a restart the compiler has yet to make its first pass.
// What status says of this generation holds until then.
func (d *Deps) notCompiled(obj client.Object) outcome {
	if status := statusOf(obj); status.ObservedGeneration == obj.GetGeneration() && readyOf(status.Conditions).Status == "True" {
		return outcome{state: unknown}
	}
	return outcome{working, v1alpha1.ReasonProgressing, "being brought into force", 0}
}

// librariesOf names the Libraries whose policies a RoleBinding needs.
func librariesOf(tenant *Tenant, obj client.Object) []string {
	binding, ok := obj.(*v1alpha1.RoleBinding)
	if !ok {
		return nil
	}
	var names []string
	for _, target := range binding.Spec.Targets {
		switch target.Kind {
		case v1alpha1.TargetLibrary:
			names = append(names, target.Name)
		case v1alpha1.TargetFolder:
			for i := range tenant.Declared.Folders {
				if f := &tenant.Declared.Folders[i]; f.Name == target.Name {
					names = append(names, f.Spec.LibraryRef.Name)
				}
			}
		case v1alpha1.TargetCollection:
			for i := range tenant.Declared.Collections {
				if c := &tenant.Declared.Collections[i]; c.Name == target.Name {
					names = append(names, c.Spec.LibraryRef.Name)
				}
			}
		}
	}
	return names
}
