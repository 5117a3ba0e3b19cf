package review

import (
	"fmt"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// Tenant is what one namespace declares.
type Tenant struct {
	Namespace string
	// Declared is everything but the links. Files in it are ignored.
	Declared access.Declarations
	Links    []v1alpha1.PublicLink
	// Stores are the ObjectStores, which are no tenant's; nil when they are not known here.
	Stores []v1alpha1.ObjectStore
	// Frozen is the reason on the namespace's freeze annotation.
	Frozen string
	// FrozenByHand: the namespace is frozen in a cluster, and by no deployer.
	FrozenByHand bool
	// AgesUnknown: the declarations come from files, which do not tell which of
	// two objects that claim one thing is the older, nor anything else that a cluster sets.
	AgesUnknown bool
	// Notes say what could not be learnt; they go with every answer.
	Notes []string
}

// Review answers questions about a tenant at one instant.
type Review struct {
	tenant Tenant
	at     time.Time
	// bindings by name: each route is looked up here, and there may be thousands.
	bindings map[string]*v1alpha1.RoleBinding
}

// New makes it. The tenant must not be changed afterwards.
func New(t Tenant, at time.Time) *Review {
	t.Declared.Files = nil
	r := &Review{tenant: t, at: at.UTC(), bindings: make(map[string]*v1alpha1.RoleBinding, len(t.Declared.RoleBindings))}
	for i := range t.Declared.RoleBindings {
		r.bindings[t.Declared.RoleBindings[i].Name] = &t.Declared.RoleBindings[i]
	}
	return r
}

// NotFoundError says that a question names something that is not declared.
type NotFoundError struct{ message string }

// Error is a sentence with what there is instead.
func (e *NotFoundError) Error() string { return e.message }

func notFound(kind, name, namespace string, there []string) error {
	hint := "none is declared there"
	if len(there) > 0 {
		slices.Sort(there)
		hint = "there are " + printer.Few(there, 12)
	}
	return &NotFoundError{fmt.Sprintf("there is no %s %s in namespace %s; %s", kind, name, namespace, hint)}
}

// Users are the names of the tenant's Users, in order.
func (r *Review) Users() []string {
	names := make([]string, 0, len(r.tenant.Declared.Users))
	for i := range r.tenant.Declared.Users {
		names = append(names, r.tenant.Declared.Users[i].Name)
	}
	slices.Sort(names)
	return names
}

// Targets are all targets that have a name, as ParseTarget reads them, in order.
func (r *Review) Targets() []string {
	var all []string
	d := &r.tenant.Declared
	for i := range d.Libraries {
		all = append(all, "library/"+d.Libraries[i].Name)
	}
	for i := range d.Folders {
		all = append(all, "folder/"+d.Folders[i].Name)
	}
	for i := range d.Collections {
		all = append(all, "collection/"+d.Collections[i].Name)
	}
	slices.Sort(all)
	return all
}

// Warnings name what is declared and cannot be enforced as it stands.
func (r *Review) Warnings() []string {
	var all []string
	for _, p := range access.New(r.tenant.Declared).Problems() {
		all = append(all, sentence(p))
	}
	return all
}

func sentence(p access.Problem) string {
	return fmt.Sprintf("%s %s: %s", p.Kind, p.Name, p.Message)
}

// notes begins the notes of an answer that a model gave.
func (r *Review) notes(m *access.Model) []string {
	notes := slices.Clone(r.tenant.Notes)
	if r.tenant.Declared.NamespaceFrozen {
		notes = append(notes, fmt.Sprintf("the namespace %s is frozen (%s): nobody may do anything", r.tenant.Namespace, orUnsaid(r.tenant.Frozen)))
	}
	conflict := func(p access.Problem) bool { return p.Reason == v1alpha1.ReasonConflict }
	if r.tenant.AgesUnknown && slices.ContainsFunc(m.Problems(), conflict) {
		notes = append(notes, "some declarations claim the same bucket or path; in a cluster the older one has it, here the first by name, as files do not tell their age")
	}
	return notes
}

func orUnsaid(reason string) string {
	if reason == "" {
		return "no reason given"
	}
	return reason
}

func find[T any](items []T, match func(*T) bool) *T {
	for i := range items {
		if match(&items[i]) {
			return &items[i]
		}
	}
	return nil
}

func (r *Review) user(name string) *v1alpha1.User {
	return find(r.tenant.Declared.Users, func(u *v1alpha1.User) bool { return u.Name == name })
}

func (r *Review) group(name string) *v1alpha1.UserGroup {
	return find(r.tenant.Declared.UserGroups, func(g *v1alpha1.UserGroup) bool { return g.Name == name })
}

func (r *Review) role(name string) *v1alpha1.Role {
	return find(r.tenant.Declared.Roles, func(o *v1alpha1.Role) bool { return o.Name == name })
}

func (r *Review) binding(name string) *v1alpha1.RoleBinding {
	return r.bindings[name]
}

func (r *Review) library(name string) *v1alpha1.Library {
	return find(r.tenant.Declared.Libraries, func(l *v1alpha1.Library) bool { return l.Name == name })
}

func (r *Review) folder(name string) *v1alpha1.Folder {
	return find(r.tenant.Declared.Folders, func(f *v1alpha1.Folder) bool { return f.Name == name })
}

func (r *Review) collection(name string) *v1alpha1.Collection {
	return find(r.tenant.Declared.Collections, func(c *v1alpha1.Collection) bool { return c.Name == name })
}
