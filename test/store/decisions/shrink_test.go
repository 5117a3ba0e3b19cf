package decisions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// tries bounds how often a smaller world is brought to the store. Each takes some ten milliseconds.
const tries = 600

// explain makes the world of a mismatch smaller for as long as it shows, and writes down what is left.
func (sc *scene) explain(ctx context.Context, q question) (string, error) {
	err := sc.shrink(ctx, q)
	if err != nil {
		return fmt.Sprintf("%s\n(making the world smaller: %v)", q, err), err
	}
	wrong, err := sc.mismatch(ctx, q)
	if err != nil {
		return "", err
	}
	if wrong == "" {
		wrong = "the store's answers to the same question differ from one another"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", q, wrong)
	for _, t := range sc.tenants {
		fmt.Fprintf(&b, "# %s, at %s\n%s", t.namespace, t.at.Format(time.RFC3339), declared(t.namespace, t.world.Declarations))
	}
	return b.String(), nil
}

// shrink takes things out of the world one by one, each that the mismatch can do without.
func (sc *scene) shrink(ctx context.Context, q question) error {
	left := tries
	for again := true; again; {
		again = false
		for _, t := range sc.tenants {
			for i := 0; left > 0; left-- {
				smaller := smallerThan(t.world.Declarations)
				if i >= len(smaller) {
					break
				}
				before := t.world.Declarations
				t.declare(smaller[i])
				shows, err := sc.shows(ctx, t, q)
				if err != nil {
					return err
				}
				if shows {
					again = true
					continue
				}
				t.declare(before)
				i++
			}
			if err := sc.at.enforce(ctx, sc.admin, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// shows tells whether a mismatch is still there with what a tenant declares now.
func (sc *scene) shows(ctx context.Context, t *tenant, q question) (bool, error) {
	if err := sc.at.enforce(ctx, sc.admin, t); err != nil {
		return false, err
	}
	wrong, err := sc.mismatch(ctx, q)
	return wrong != "", err
}

// smallerThan are the declarations that lack one thing, the largest things first.
func smallerThan(d access.Declarations) []access.Declarations {
	var all []access.Declarations
	if len(d.Libraries)+len(d.Users)+len(d.RoleBindings) > 3 {
		all = append(all, access.Declarations{})
	}
	add := func(change func(*access.Declarations)) {
		smaller := d
		change(&smaller)
		all = append(all, smaller)
	}
	for i := range d.RoleBindings {
		add(func(s *access.Declarations) { s.RoleBindings = without(d.RoleBindings, i) })
	}
	for i := range d.Collections {
		add(func(s *access.Declarations) { s.Collections = without(d.Collections, i) })
	}
	for i := range d.UserGroups {
		add(func(s *access.Declarations) { s.UserGroups = without(d.UserGroups, i) })
	}
	for i := range d.Roles {
		add(func(s *access.Declarations) { s.Roles = without(d.Roles, i) })
	}
	for i := range d.Folders {
		add(func(s *access.Declarations) { s.Folders = without(d.Folders, i) })
	}
	for i := range d.Users {
		add(func(s *access.Declarations) { s.Users = without(d.Users, i) })
	}
	for i := range d.Libraries {
		add(func(s *access.Declarations) { s.Libraries = without(d.Libraries, i) })
	}
	if d.NamespaceFrozen {
		add(func(s *access.Declarations) { s.NamespaceFrozen = false })
	}
	return append(all, simplerThan(d)...)
}

// simplerThan are the declarations in which one object says less.
func simplerThan(d access.Declarations) []access.Declarations {
	var all []access.Declarations
	for i := range d.RoleBindings {
		change := func(say func(*v1alpha1.RoleBindingSpec)) {
			smaller := d
			smaller.RoleBindings = slices.Clone(d.RoleBindings)
			say(&smaller.RoleBindings[i].Spec)
			all = append(all, smaller)
		}
		was := d.RoleBindings[i].Spec
		for j := range was.Subjects {
			if len(was.Subjects) > 1 {
				change(func(s *v1alpha1.RoleBindingSpec) { s.Subjects = without(was.Subjects, j) })
			}
		}
		for j := range was.Targets {
			if len(was.Targets) > 1 {
				change(func(s *v1alpha1.RoleBindingSpec) { s.Targets = without(was.Targets, j) })
			}
		}
		if was.NotBefore != nil {
			change(func(s *v1alpha1.RoleBindingSpec) { s.NotBefore = nil })
		}
		if was.NotAfter != nil {
			change(func(s *v1alpha1.RoleBindingSpec) { s.NotAfter = nil })
		}
	}
	for i, g := range d.UserGroups {
		for j := range g.Spec.Members {
			smaller := d
			smaller.UserGroups = slices.Clone(d.UserGroups)
			smaller.UserGroups[i].Spec.Members = without(g.Spec.Members, j)
			all = append(all, smaller)
		}
	}
	for i, r := range d.Roles {
		for j := range r.Spec.Permissions {
			smaller := d
			smaller.Roles = slices.Clone(d.Roles)
			smaller.Roles[i].Spec.Permissions = without(r.Spec.Permissions, j)
			all = append(all, smaller)
		}
	}
	for i, c := range d.Collections {
		for j := range c.Spec.Items {
			smaller := d
			smaller.Collections = slices.Clone(d.Collections)
			smaller.Collections[i].Spec.Items = without(c.Spec.Items, j)
			all = append(all, smaller)
		}
	}
	return all
}

func without[T any](list []T, i int) []T { return slices.Concat(list[:i], list[i+1:]) }

// declared writes declarations as they would stand in Git.
func declared(namespace string, d access.Declarations) string {
	var b strings.Builder
	for i := range d.Libraries {
		document(&b, namespace, "Library", &d.Libraries[i])
	}
	for i := range d.Folders {
		document(&b, namespace, "Folder", &d.Folders[i])
	}
	for i := range d.Collections {
		document(&b, namespace, "Collection", &d.Collections[i])
	}
	for i := range d.Users {
		document(&b, namespace, "User", &d.Users[i])
	}
	for i := range d.UserGroups {
		document(&b, namespace, "UserGroup", &d.UserGroups[i])
	}
	for i := range d.Roles {
		document(&b, namespace, "Role", &d.Roles[i])
	}
	for i := range d.RoleBindings {
		document(&b, namespace, "RoleBinding", &d.RoleBindings[i])
	}
	if d.NamespaceFrozen {
		fmt.Fprintf(&b, "---\n# the namespace is frozen\n")
	}
	return b.String()
}

func document(b *strings.Builder, namespace, kind string, object any) {
	var fields map[string]any
	text, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		panic(err) // our own kinds have JSON
	}
	delete(fields, "status")
	fields["apiVersion"], fields["kind"] = v1alpha1.GroupVersion.String(), kind
	if meta, ok := fields["metadata"].(map[string]any); ok {
		meta["namespace"] = namespace
	}
	written, err := yaml.Marshal(fields)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(b, "---\n%s", written)
}
