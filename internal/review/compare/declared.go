package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// declared tells which Users come and go, and what becomes of groups, roles and
// Collections. What comes of it for access is told apart; wider is what the model does not see.
func declared(base, head review.Tenant) []Declared {
	all := []Declared{}
	add := func(kind, name string, wider bool, what string) { all = append(all, Declared{kind, name, what, wider}) }

	pairs(base.Declared.Users, head.Declared.Users, func(o *v1alpha1.User) string { return o.Name }, func(name string, was, is *v1alpha1.User) {
		switch {
		case was == nil:
			add("User", name, false, "is new")
		case is == nil:
			add("User", name, false, "is gone")
		default:
			keyChanges(&was.Spec, &is.Spec, func(wider bool, what string) { add("User", name, wider, what) })
		}
	})
	pairs(base.Declared.UserGroups, head.Declared.UserGroups, func(o *v1alpha1.UserGroup) string { return o.Name }, func(name string, was, is *v1alpha1.UserGroup) {
		if what := change(was == nil, is == nil, "takes in", lacking(whoIn(is), whoIn(was)), "lets go", lacking(whoIn(was), whoIn(is))); what != "" {
			add("UserGroup", name, false, what)
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
		if was == nil || is == nil {
			return
		}
		if from, to := fieldsText(was), fieldsText(is); from != to {
			add("Role", name, false, "lets those who may describe change "+to+" instead of "+from)
		}
	})
	pairs(base.Declared.Collections, head.Declared.Collections, func(o *v1alpha1.Collection) string { return o.Name }, func(name string, was, is *v1alpha1.Collection) {
		before, after := items(was), items(is)
		if what := change(was == nil, is == nil, "has", lacking(after, before), "no longer has", lacking(before, after)); what != "" {
			add("Collection", name, false, what)
		}
	})
	return append(all, news(base, head)...)
}

// whoIn are all whom a group declares to be in it.
func whoIn(g *v1alpha1.UserGroup) []string {
	if g == nil {
		return nil
	}
	all := slices.Clone(g.Spec.Members)
	for _, domain := range g.Spec.MemberDomains {
		all = append(all, "Users with an address at "+domain)
	}
	for _, account := range g.Spec.ServiceAccounts {
		all = append(all, "ServiceAccount "+account)
	}
	if f := g.Spec.Federation; f != nil {
		all = append(all, "holders of "+claimText(*f))
	}
	return all
}

func items(c *v1alpha1.Collection) []string {
	if c == nil {
		return nil
	}
	var all []string
	for _, item := range c.Spec.Items {
		if item.Version != "" {
			all = append(all, item.Path+" at version "+item.Version)
			continue
		}
		all = append(all, item.Path)
	}
	if c.Spec.Selector != nil {
		all = append(all, pickedText(pickedBy(c.Spec.Selector, nil, nil)))
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
