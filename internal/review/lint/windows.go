package lint

import (
	"fmt"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// windows finds grants that are over, and such as never begin.
func (l *linter) windows() {
	for i := range l.tenant.Declared.RoleBindings {
		b := &l.tenant.Declared.RoleBindings[i]
		from, to := b.Spec.NotBefore, b.Spec.NotAfter
		switch {
		case to == nil:
		case from != nil && !from.Time.Before(to.Time):
			l.add(Error, "NeverOpen", "RoleBinding", b.Name, "its window ends before it begins", "correct spec.notBefore or spec.notAfter")
		case !l.now.Before(to.Time):
			l.add(Warning, "Expired", "RoleBinding", b.Name, "it ended at "+printer.Stamp(to.Time)+" and gives nothing", "delete it; Git keeps that it was there")
		}
	}
}

// ineffective finds grants by which nobody gets anything, though everything they name exists.
func (l *linter) ineffective() {
	for i := range l.tenant.Declared.RoleBindings {
		b := &l.tenant.Declared.RoleBindings[i]
		permissions, known := l.permissions(b.Spec.RoleRef)
		if !known || b.Spec.RoleRef.Kind == v1alpha1.RoleKindBuiltIn && b.Spec.RoleRef.Name == "finance" { // which is for figures, not for files
			continue
		}
		if permissions == 0 {
			l.add(Warning, "Ineffective", "RoleBinding", b.Name, "its role "+b.Spec.RoleRef.Name+" allows nothing", "give the Role permissions, or delete the binding")
			continue
		}
		if permissions.HasAny(access.Of(access.Preview, access.Download)) {
			continue
		}
		for _, t := range b.Spec.Targets {
			if t.Kind == v1alpha1.TargetCollection {
				l.add(Warning, "Ineffective", "RoleBinding", b.Name,
					fmt.Sprintf("a grant on a Collection gives preview and download of its members, and the role %s has neither: on collection/%s it gives nothing", b.Spec.RoleRef.Name, t.Name),
					"use a role with preview or download, or target a Folder")
			}
		}
	}
}

func (l *linter) permissions(ref v1alpha1.RoleReference) (access.Permissions, bool) {
	if ref.Kind == v1alpha1.RoleKindBuiltIn {
		return access.BuiltInRole(ref.Name)
	}
	for i := range l.tenant.Declared.Roles {
		if r := &l.tenant.Declared.Roles[i]; r.Name == ref.Name {
			var all access.Permissions
			for _, word := range r.Spec.Permissions {
				p, _ := access.ParsePermission(string(word))
				all = all.Union(access.Of(p))
			}
			return all, true
		}
	}
	return 0, false
}

// maxDepth is how deep a folder may lie before it is hard to keep in mind who reaches it.
const maxDepth = 4

// scattered is from how many top folders on a group's grants are hard to keep in mind.
const scattered = 4

// depth advises shallow trees, and a top folder for each team.
func (l *linter) depth() {
	paths := map[string]string{}
	for i := range l.tenant.Declared.Folders {
		f := &l.tenant.Declared.Folders[i]
		paths[f.Name] = f.Spec.LibraryRef.Name + ":" + string(f.Spec.Path)
		if n := 1 + strings.Count(string(f.Spec.Path), "/"); n > maxDepth {
			l.add(Warning, "TooDeep", "Folder", f.Name, fmt.Sprintf("it lies %d folders deep: what cascades into it comes from %d places above", n, n-1),
				fmt.Sprintf("keep trees to %d levels, with a top folder for each team", maxDepth))
		}
	}
	tops := map[string]map[string]bool{}
	for i := range l.tenant.Declared.RoleBindings {
		b := &l.tenant.Declared.RoleBindings[i]
		for _, s := range b.Spec.Subjects {
			for _, t := range b.Spec.Targets {
				path, folder := paths[t.Name]
				if s.Kind != v1alpha1.SubjectUserGroup || t.Kind != v1alpha1.TargetFolder || !folder || !strings.Contains(path, "/") {
					continue // a grant on a top folder is what is advised
				}
				if tops[s.Name] == nil {
					tops[s.Name] = map[string]bool{}
				}
				top, _, _ := strings.Cut(path, "/")
				tops[s.Name][top] = true
			}
		}
	}
	for group, of := range tops {
		if len(of) >= scattered {
			l.add(Info, "NoTopFolder", "UserGroup", group, fmt.Sprintf("it has grants below %d top folders, and on none of them", len(of)),
				"give the team a top folder of its own, and one grant on that")
		}
	}
}
