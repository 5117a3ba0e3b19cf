package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// describe is the reconciliation of a declaration for which nothing is made:
// its status tells how it stands.
func (d *Deps) describe(ctx context.Context, req ctrl.Request, obj client.Object, stand func() (outcome, error)) (ctrl.Result, error) {
	if err := d.Get(ctx, req.NamespacedName, obj); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !obj.GetDeletionTimestamp().IsZero() {
		return ctrl.Result{}, nil
	}
	before := obj.DeepCopyObject().(client.Object)
	out, err := stand()
	return d.report(ctx, before, obj, out, err)
}

// standing says how a declaration stands that only counts through policies:
// what the model finds wrong with it, or whether the compiler has brought this
// very generation of it into force.
func (d *Deps) standing(tenant *Tenant, kind string, obj client.Object, message string) (outcome, error) {
	if !tenant.knows(obj) {
		// It was gathered before: nothing that it says, nor that it does not, is about this declaration.
		return outcome{working, v1alpha1.ReasonProgressing, "being brought into force", tenantLag}, nil
	}
	if problem, wrong := tenant.problem(kind, obj.GetName()); wrong {
		return outcome{}, stall(problem.Reason, "%s", problem.Message)
	}
	reached := librariesOf(tenant, obj)
	for _, objectStore := range storesOf(tenant, reached) {
		result := d.Enforcement.get(tenantAt{tenant.Namespace, objectStore})
		if result == nil {
			return d.notCompiled(obj), nil
		}
		declared := object{kind, obj.GetName()}
		_, wasWrong := result.problems[declared] // what it names came only after that pass
		if wasWrong || result.generations[declared] != versionOf(obj) {
			return outcome{working, v1alpha1.ReasonProgressing, "being brought into force at ObjectStore " + objectStore, 0}, nil
		}
		if result.failed != nil {
			return outcome{}, result.failed
		}
		for _, name := range reached {
			if !hangsOnLibraries(obj) {
				break
			}
			library, known := result.libraries[name]
			if at := libraryNamed(tenant, name); !known && at != nil && at.Spec.StoreRef.Name == objectStore {
				return outcome{working, v1alpha1.ReasonProgressing, fmt.Sprintf("being brought into force in Library %q", name), 0}, nil
			}
			if library.failed != nil {
				return outcome{}, library.failed
			}
			if drift := library.drift; drift != "" {
				return outcome{}, stall(v1alpha1.ReasonDrift, "a policy of Library %q was changed at the store by someone else and its driftPolicy is Report, so this may not be in force: %s", name, drift)
			}
		}
		if subject, err := unattachedOf(tenant, obj, result); err != nil {
			return outcome{}, notInForceFor(obj, subject, err)
		}
		people := peopleOf(tenant, obj)
		for _, subject := range people {
			if refused := result.refused[subject]; refused != nil {
				return outcome{}, nothingFor(obj, subject, refused)
			}
		}
		if user := firstOf(people, result.absent); user != "" {
			return outcome{working, v1alpha1.ReasonProgressing, waitingFor(user, objectStore), 0}, nil
		}
	}
	return outcome{enforced, v1alpha1.ReasonEnforced, message, 0}, nil
}

// tenantLag is how soon a tenant is looked at again that does not know a declaration yet.
const tenantLag = 250 * time.Millisecond

// knows tells whether the tenant has this very version of a declaration.
func (t *Tenant) knows(obj client.Object) bool {
	d := &t.Declared
	switch o := obj.(type) {
	case *v1alpha1.Folder:
		return among(d.Folders, o)
	case *v1alpha1.Collection:
		return among(d.Collections, o)
	case *v1alpha1.User:
		return among(d.Users, o)
	case *v1alpha1.UserGroup:
		return among(d.UserGroups, o)
	case *v1alpha1.Role:
		return among(d.Roles, o)
	case *v1alpha1.RoleBinding:
		return among(d.RoleBindings, o)
	}
	panic(fmt.Sprintf("%T is not told by what it comes to", obj))
}

// among looks for a version of an object in a list that is ordered by name.
func among[T any, P interface {
	*T
	client.Object
}](list []T, obj P) bool {
	i, found := slices.BinarySearchFunc(list, obj.GetName(), func(o T, name string) int { return strings.Compare(P(&o).GetName(), name) })
	return found && versionOf(P(&list[i])) == versionOf(obj)
}

// unattachedOf gives the first subject of a binding or UserGroup whose rights did not come into force, and why.
func unattachedOf(tenant *Tenant, obj client.Object, result *compiled) (v1alpha1.Subject, error) {
	if len(result.unattached) == 0 {
		return v1alpha1.Subject{}, nil
	}
	var subjects []v1alpha1.Subject
	switch o := obj.(type) {
	case *v1alpha1.UserGroup:
		subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: o.Name}}
	case *v1alpha1.RoleBinding:
		subjects = slices.Clone(o.Spec.Subjects)
		for _, user := range tenant.Model.BindingUsers(o.Name) {
			if who := (v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: user}); result.unattached[who].alone {
				subjects = append(subjects, who)
			}
		}
	}
	for _, subject := range subjects {
		if err := result.unattached[subject].err; err != nil {
			return subject, err
		}
	}
	return v1alpha1.Subject{}, nil
}

// notInForceFor tells of a binding whom it is about that its rights are not in force.
func notInForceFor(obj client.Object, subject v1alpha1.Subject, err error) error {
	var f *failure
	if _, binding := obj.(*v1alpha1.RoleBinding); !binding || !errors.As(err, &f) {
		return err
	}
	told := *f
	told.message = fmt.Sprintf("for %s %s this is not in force, for the others it is: %s", subject.Kind, subject.Name, f.message)
	return &told
}

// nothingFor tells why a subject gets nothing; a binding says whom that is about.
func nothingFor(obj client.Object, subject string, refused error) error {
	var f *failure
	if _, binding := obj.(*v1alpha1.RoleBinding); !binding || !errors.As(refused, &f) {
		return refused
	}
	told := *f
	told.message = fmt.Sprintf("%s gets nothing of this, the others what is declared: %s", calledSession(subject), f.message)
	return &told
}

// calledSession is a subject that is no User, for people.
func calledSession(subject string) string {
	group, account, _ := access.ParseSession(subject)
	if account != "" {
		return fmt.Sprintf("ServiceAccount %q", account)
	}
	return fmt.Sprintf("whoever holds the claim of UserGroup %q", group)
}

func waitingFor(subject, objectStore string) string {
	if access.IsSession(subject) {
		return fmt.Sprintf("waiting until %s has a role at ObjectStore %q; see the conditions of the UserGroups that name it", subject, objectStore)
	}
	return fmt.Sprintf("waiting until User %q has an identity at ObjectStore %q; see that User's conditions", subject, objectStore)
}

// notCompiled: after a restart the compiler has yet to make its first pass.
// What status says of this generation holds until then.
func (d *Deps) notCompiled(obj client.Object) outcome {
	if status := statusOf(obj); status.ObservedGeneration == obj.GetGeneration() && readyOf(status.Conditions).Status == "True" {
		return outcome{state: unknown}
	}
	return outcome{working, v1alpha1.ReasonProgressing, "being brought into force", 0}
}

// hangsOnLibraries: a place or a grant is in force only where its Library's
// policies are. A group, a role and a person are as declared all the same.
func hangsOnLibraries(obj client.Object) bool {
	switch obj.(type) {
	case *v1alpha1.UserGroup, *v1alpha1.Role, *v1alpha1.User:
		return false
	}
	return true
}

// peopleOf are the Users and other subjects whom an object's being in force hangs on.
func peopleOf(tenant *Tenant, obj client.Object) []string {
	switch o := obj.(type) {
	case *v1alpha1.User:
		return []string{o.Name}
	case *v1alpha1.RoleBinding:
		return tenant.Model.BindingSubjects(o.Name)
	case *v1alpha1.UserGroup:
		return access.DeclaredSessions(o)
	}
	return nil
}

// storesOf names the ObjectStores of some of the tenant's Libraries, sorted:
// what is wrong at the others is no concern of an object that does not reach them.
func storesOf(tenant *Tenant, libraries []string) []string {
	var names []string
	for _, name := range libraries {
		if library := libraryNamed(tenant, name); library != nil && !slices.Contains(names, library.Spec.StoreRef.Name) {
			names = append(names, library.Spec.StoreRef.Name)
		}
	}
	sort.Strings(names)
	return names
}

// librariesOf names the Libraries whose policies an object needs: those of its
// targets, its own, or for groups and roles those of the bindings that use it.
func librariesOf(tenant *Tenant, obj client.Object) []string {
	var names []string
	switch o := obj.(type) {
	case *v1alpha1.Folder:
		names = append(names, o.Spec.LibraryRef.Name)
	case *v1alpha1.Collection:
		names = append(names, o.Spec.LibraryRef.Name)
	case *v1alpha1.RoleBinding:
		names = targetLibraries(tenant, o)
	case *v1alpha1.UserGroup, *v1alpha1.Role, *v1alpha1.User:
		for i := range tenant.Declared.RoleBindings {
			if binding := &tenant.Declared.RoleBindings[i]; uses(binding, obj) {
				names = append(names, targetLibraries(tenant, binding)...)
			}
		}
	}
	return names
}

// uses tells whether a binding names a group, a role or a person.
func uses(binding *v1alpha1.RoleBinding, obj client.Object) bool {
	kind := v1alpha1.SubjectUser
	switch obj.(type) {
	case *v1alpha1.Role:
		return binding.Spec.RoleRef == v1alpha1.RoleReference{Kind: v1alpha1.RoleKindRole, Name: obj.GetName()}
	case *v1alpha1.UserGroup:
		kind = v1alpha1.SubjectUserGroup
	}
	for _, subject := range binding.Spec.Subjects {
		if subject.Kind == kind && subject.Name == obj.GetName() {
			return true
		}
	}
	return false
}

func targetLibraries(tenant *Tenant, binding *v1alpha1.RoleBinding) []string {
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
