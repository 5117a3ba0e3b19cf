package lint

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// people finds groups that nobody is in, and Users and Roles that nothing is given to or by.
func (l *linter) people() {
	inGroups, named, used := map[string]bool{}, map[v1alpha1.Subject]bool{}, map[string]bool{}
	for i := range l.tenant.Declared.RoleBindings {
		b := &l.tenant.Declared.RoleBindings[i]
		for _, s := range b.Spec.Subjects {
			named[s] = true
		}
		if b.Spec.RoleRef.Kind == v1alpha1.RoleKindRole {
			used[b.Spec.RoleRef.Name] = true
		}
	}
	users := l.tenant.Declared.Users
	for i := range l.tenant.Declared.UserGroups {
		g := &l.tenant.Declared.UserGroups[i]
		members, _ := access.Members(g, users)
		if named[v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: g.Name}] {
			for _, name := range members {
				inGroups[name] = true
			}
		}
		if len(members) == 0 && len(access.DeclaredSessions(g)) == 0 {
			l.add(Warning, "EmptyGroup", "UserGroup", g.Name, "nobody is in it, so what is given to it is given to nobody", emptyRemedy(g))
		}
	}
	for i := range users {
		if name := users[i].Name; !inGroups[name] && !named[v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: name}] {
			l.add(Info, "NoAccess", "User", name, "no binding names it, nor a group that it is in", "delete it if the person has left, or give it what it needs")
		}
	}
	for i := range l.tenant.Declared.Roles {
		if name := l.tenant.Declared.Roles[i].Name; !used[name] {
			l.add(Info, "UnusedRole", "Role", name, "no binding gives it", "delete it, or use it")
		}
	}
}

func emptyRemedy(g *v1alpha1.UserGroup) string {
	if len(g.Spec.MemberDomains) > 0 {
		return "correct spec.memberDomains, at which no User's mail address is, or delete it with the grants to it"
	}
	return "add Users to spec.members, or delete it with the grants to it"
}

// frozen finds bindings of which a freeze keeps something from being given.
func (l *linter) frozen() {
	reasons := map[[2]string]string{}
	note := func(kind, name string, o metav1.Object) {
		if reason := v1alpha1.FreezeReason(o); reason != "" {
			reasons[[2]string{kind, name}] = reason
		}
	}
	d := &l.tenant.Declared
	for i := range d.Users {
		note("User", d.Users[i].Name, &d.Users[i])
	}
	for i := range d.UserGroups {
		note("UserGroup", d.UserGroups[i].Name, &d.UserGroups[i])
	}
	libraries := map[[2]string]string{} // of targets
	for i := range d.Libraries {
		note("Library", d.Libraries[i].Name, &d.Libraries[i])
		libraries[[2]string{"Library", d.Libraries[i].Name}] = d.Libraries[i].Name
	}
	for i := range d.Folders {
		libraries[[2]string{"Folder", d.Folders[i].Name}] = d.Folders[i].Spec.LibraryRef.Name
	}
	for i := range d.Collections {
		libraries[[2]string{"Collection", d.Collections[i].Name}] = d.Collections[i].Spec.LibraryRef.Name
	}
	for i := range d.RoleBindings {
		b := &d.RoleBindings[i]
		for _, s := range b.Spec.Subjects {
			if reason, is := reasons[[2]string{string(s.Kind), s.Name}]; is {
				l.add(Warning, "Frozen", "RoleBinding", b.Name, fmt.Sprintf("%s %s is frozen (%s): it gets nothing by it", s.Kind, s.Name, reason), "thaw it with kubectl dam unfreeze, or take it out of spec.subjects")
			}
		}
		for _, t := range b.Spec.Targets {
			library := libraries[[2]string{string(t.Kind), t.Name}]
			if reason, is := reasons[[2]string{"Library", library}]; is {
				l.add(Warning, "Frozen", "RoleBinding", b.Name, fmt.Sprintf("%s is in the Library %s, which is frozen (%s): nothing is given on it", review.Target{Kind: t.Kind, Name: t.Name}, library, reason), "thaw it with kubectl dam unfreeze, or take it out of spec.targets")
			}
		}
	}
}

// links finds links that are over, that show nothing, or that offer what there is not.
func (l *linter) links() {
	presets := map[string]map[string]bool{}
	for i := range l.tenant.Declared.Libraries {
		o := &l.tenant.Declared.Libraries[i]
		presets[o.Name] = map[string]bool{}
		for _, p := range o.Spec.Renditions {
			presets[o.Name][p.Name] = true
		}
		l.sponsors(o)
	}
	for i := range l.tenant.Links {
		o := &l.tenant.Links[i]
		if to := o.Spec.NotAfter; to != nil && !l.now.Before(to.Time) {
			l.add(Warning, "Expired", "PublicLink", o.Name, "it ended and opens no more", "delete it, which retires its URL for good, or set a later spec.notAfter")
		}
		if s := o.Spec.Sponsor; s != nil && !l.declared(v1alpha1.Subject(*s)) {
			l.add(Error, "UnknownName", "PublicLink", o.Name, fmt.Sprintf("there is no %s %s in this namespace to sponsor it, so it is shut", s.Kind, s.Name), "create it, or correct spec.sponsor")
		}
		shown, err := l.model.LinkScope(o.Spec.Target)
		if err != nil {
			l.add(Error, "UnknownName", "PublicLink", o.Name, err.Error(), "")
			continue
		}
		for _, name := range o.Spec.Renditions {
			if !presets[shown.Library][name] {
				l.add(Error, "UnknownName", "PublicLink", o.Name, fmt.Sprintf("the Library %s has no rendition %s", shown.Library, name), "add the preset there, or take it out of spec.renditions")
			}
		}
	}
}

// sponsors finds groups that a Library lets sponsor links and that are not there.
func (l *linter) sponsors(o *v1alpha1.Library) {
	if o.Spec.Links == nil {
		return
	}
	for _, name := range o.Spec.Links.Sponsors {
		if !l.declared(v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: name}) {
			l.add(Error, "UnknownName", "Library", o.Name, "there is no UserGroup "+name+" in this namespace, which may sponsor its links", "create it, or take it out of spec.links.sponsors")
		}
	}
}

// declared tells whether there is a User or UserGroup of that name.
func (l *linter) declared(s v1alpha1.Subject) bool {
	if s.Kind == v1alpha1.SubjectUser {
		return slices.ContainsFunc(l.tenant.Declared.Users, func(u v1alpha1.User) bool { return u.Name == s.Name })
	}
	return slices.ContainsFunc(l.tenant.Declared.UserGroups, func(g v1alpha1.UserGroup) bool { return g.Name == s.Name })
}
