package compare

import (
	"reflect"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// compared are the fields of each kind's specification that are compared by what comes of them, or that change nobody's
// access. Another that changes is taken for a widening, so that none is passed over for being new. Links have
// a list of their own.
var compared = map[string][]string{
	"Library":     {"storeRef", "bucket", "deletionPolicy", "driftPolicy", "versions", "links", "renditions", "watermarks", "rendering", "metadata"},
	"Folder":      {"libraryRef", "path", "title", "access", "lifecycle"},
	"Collection":  {"libraryRef", "title", "items", "selector"},
	"User":        {"displayName", "email", "credentials", "keyRotation"},
	"UserGroup":   {"members", "memberDomains", "federation", "serviceAccounts"},
	"Role":        {"description", "permissions", "metadataFields"},
	"RoleBinding": {"roleRef", "subjects", "targets", "notBefore", "notAfter", "reason"},
}

// news are changes of fields that this version does not know to judge.
func news(base, head review.Tenant) []Declared {
	b, h := &base.Declared, &head.Declared
	var all []Declared
	all = append(all, newsOf("Library", b.Libraries, h.Libraries, func(o *v1alpha1.Library) (string, any) { return o.Name, &o.Spec })...)
	all = append(all, newsOf("Folder", b.Folders, h.Folders, func(o *v1alpha1.Folder) (string, any) { return o.Name, &o.Spec })...)
	all = append(all, newsOf("Collection", b.Collections, h.Collections, func(o *v1alpha1.Collection) (string, any) { return o.Name, &o.Spec })...)
	all = append(all, newsOf("User", b.Users, h.Users, func(o *v1alpha1.User) (string, any) { return o.Name, &o.Spec })...)
	all = append(all, newsOf("UserGroup", b.UserGroups, h.UserGroups, func(o *v1alpha1.UserGroup) (string, any) { return o.Name, &o.Spec })...)
	all = append(all, newsOf("Role", b.Roles, h.Roles, func(o *v1alpha1.Role) (string, any) { return o.Name, &o.Spec })...)
	return append(all, newsOf("RoleBinding", b.RoleBindings, h.RoleBindings, func(o *v1alpha1.RoleBinding) (string, any) { return o.Name, &o.Spec })...)
}

func newsOf[T any](kind string, before, after []T, of func(*T) (name string, spec any)) []Declared {
	var all []Declared
	named := func(o *T) string { name, _ := of(o); return name }
	pairs(before, after, named, func(name string, was, is *T) {
		if was == nil || is == nil {
			return
		}
		_, from := of(was)
		_, to := of(is)
		if !reflect.DeepEqual(from, to) {
			all = append(all, unknown(kind, name, fields(from), fields(to))...)
		}
	})
	return all
}

func unknown(kind, name string, was, is map[string]any) []Declared {
	var all []Declared
	for _, field := range lacking(names(was, is), compared[kind]) {
		if !reflect.DeepEqual(was[field], is[field]) {
			all = append(all, Declared{kind, name, "spec." + field + " changes, which may open more: look at it", true})
		}
	}
	return all
}
