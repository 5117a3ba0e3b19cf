package compare

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// declared tells which Users come and go, and what becomes of groups, roles and
// Collections. What comes of it for access is told apart.
func declared(base, head review.Tenant) []Declared {
	all := []Declared{}
	add := func(kind, name string, wider bool, what string) { all = append(all, Declared{kind, name, what, wider}) }

	pairs(base.Declared.Users, head.Declared.Users, func(o *v1alpha1.User) string { return o.Name }, func(name string, was, is *v1alpha1.User) {
		switch {
		case was == nil:
			add("User", name, false, "is new")
		case is == nil:
			add("User", name, false, "is gone")
		}
	})
	pairs(base.Declared.UserGroups, head.Declared.UserGroups, func(o *v1alpha1.UserGroup) string { return o.Name }, func(name string, was, is *v1alpha1.UserGroup) {
		if what := groupChange(was, is); what != "" {
			add("UserGroup", name, false, what)
		}
		if was != nil && is != nil && !reflect.DeepEqual(beside(was), beside(is)) {
			add("UserGroup", name, true, "who is in it without being named changes, which may be more than before: look at it")
		}
	})
	pairs(base.Declared.Roles, head.Declared.Roles, func(o *v1alpha1.Role) string { return o.Name }, func(name string, was, is *v1alpha1.Role) {
		var before, after []v1alpha1.Permission
		if was != nil {
			before = was.Spec.Permissions
		}
		if is != nil {
			after = is.Spec.Permissions
		}
		if what := change(was == nil, is == nil, "allows", lacking(after, before), "no longer allows", lacking(before, after)); what != "" {
			add("Role", name, false, what)
		}
	})
	pairs(base.Declared.Collections, head.Declared.Collections, func(o *v1alpha1.Collection) string { return o.Name }, func(name string, was, is *v1alpha1.Collection) {
		before, after := items(was), items(is)
		if what := change(was == nil, is == nil, "has", lacking(after, before), "no longer has", lacking(before, after)); what != "" {
			add("Collection", name, false, what)
		}
	})
	return all
}

func groupChange(was, is *v1alpha1.UserGroup) string {
	var before, after []string
	if was != nil {
		before = was.Spec.Members
	}
	if is != nil {
		after = is.Spec.Members
	}
	return change(was == nil, is == nil, "takes in", lacking(after, before), "lets go", lacking(before, after))
}

// beside is what a group declares beside its members: by whatever it is, people may be in it.
func beside(g *v1alpha1.UserGroup) v1alpha1.UserGroupSpec {
	spec := *g.Spec.DeepCopy()
	spec.Members = nil
	return spec
}

func items(c *v1alpha1.Collection) []string {
	if c == nil {
		return nil
	}
	var all []string
	for _, item := range c.Spec.Items {
		all = append(all, item.Path)
	}
	return all
}

// change says what comes and what goes; empty when neither does.
func change(isNew, isGone bool, comes string, more []string, goes string, less []string) string {
	const most = 8
	switch {
	case isGone:
		return "is gone"
	case isNew && len(more) == 0:
		return "is new"
	case isNew:
		return fmt.Sprintf("is new and %s %s", comes, printer.Few(more, most))
	}
	var parts []string
	if len(more) > 0 {
		parts = append(parts, comes+" "+printer.Few(more, most))
	}
	if len(less) > 0 {
		parts = append(parts, goes+" "+printer.Few(less, most))
	}
	return strings.Join(parts, "; ")
}

// pairs visits the objects of both states by name; one of the two is nil where the other alone has it.
func pairs[T any](before, after []T, name func(*T) string, visit func(name string, was, is *T)) {
	was, is := map[string]*T{}, map[string]*T{}
	for i := range before {
		was[name(&before[i])] = &before[i]
	}
	for i := range after {
		is[name(&after[i])] = &after[i]
	}
	for _, n := range names(was, is) {
		visit(n, was[n], is[n])
	}
}
