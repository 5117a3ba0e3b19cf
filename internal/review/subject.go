package review

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Subject is whom a question is about: a User, or whoever is in a UserGroup.
type Subject struct {
	Kind v1alpha1.SubjectKind
	Name string
}

// User is the subject of that name.
func User(name string) Subject { return Subject{v1alpha1.SubjectUser, name} }

// Group is whoever is in the UserGroup of that name, by that alone.
func Group(name string) Subject { return Subject{v1alpha1.SubjectUserGroup, name} }

// String is the subject as Subject of Review reads it: alice, or group/creatives.
func (s Subject) String() string {
	if s.Kind == v1alpha1.SubjectUserGroup {
		return "group/" + s.Name
	}
	return s.Name
}

// ErrSubject is what every error of Subject is.
var ErrSubject = errors.New("not a subject; write NAME, user/NAME or group/NAME")

// Subject reads NAME, user/NAME or group/NAME. A bare name is a User's, or a
// UserGroup's where no User has it; where both have it, it must be said which is
// meant. A name that nobody has is taken for a User's, who may do nothing.
func (r *Review) Subject(text string) (Subject, error) {
	kind, name, prefixed := strings.Cut(text, "/")
	if !prefixed {
		kind, name = "", text
	}
	if name == "" || strings.Contains(name, "/") {
		return Subject{}, fmt.Errorf("%q is %w", text, ErrSubject)
	}
	switch kind {
	case "user":
		return User(name), nil
	case "group", "usergroup":
		return Group(name), nil
	case "":
	default:
		return Subject{}, fmt.Errorf("%q is %w", text, ErrSubject)
	}
	switch user, group := r.user(name) != nil, r.group(name) != nil; {
	case user && group:
		return Subject{}, fmt.Errorf("%w: %s is a User and a UserGroup; write user/%s or group/%s", ErrSubject, name, name, name)
	case group:
		return Group(name), nil
	}
	return User(name), nil
}

// Subjects are all there are, Users first, as Subject reads them.
func (r *Review) Subjects() []string {
	var groups []string
	for i := range r.tenant.Declared.UserGroups {
		groups = append(groups, Group(r.tenant.Declared.UserGroups[i].Name).String())
	}
	slices.Sort(groups)
	return append(r.Users(), groups...)
}

// member is the name of one who is in a group and nowhere else. No User can have it.
func member(group string) string { return "a member of group " + group }

// as gives a review in which a subject is a user, and that user's name. A group is asked about by
// adding somebody who is in that group alone: so the model answers for groups too, those included
// whose members are not known here.
func (r *Review) as(s Subject) (*Review, string) {
	if s.Kind != v1alpha1.SubjectUserGroup {
		return r, s.Name
	}
	return r.withMembers(func(g *v1alpha1.UserGroup) bool { return g.Name == s.Name }, s.Name), member(s.Name)
}

// withMembers adds somebody to each group that is wanted, and to none but it; and those of the groups named who have none.
func (r *Review) withMembers(wanted func(*v1alpha1.UserGroup) bool, besides ...string) *Review {
	t := r.tenant
	t.Declared.Users, t.Declared.UserGroups = slices.Clone(t.Declared.Users), slices.Clone(t.Declared.UserGroups)
	added := map[string]bool{}
	join := func(group string) string {
		if !added[group] {
			added[group] = true
			t.Declared.Users = append(t.Declared.Users, v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: member(group)}})
		}
		return member(group)
	}
	for i := range t.Declared.UserGroups {
		if g := &t.Declared.UserGroups[i]; wanted(g) {
			g.Spec.Members = append(slices.Clone(g.Spec.Members), join(g.Name))
		}
	}
	for _, group := range besides {
		join(group)
	}
	return New(t, r.at)
}

// memberless are the groups that exist and name no member: who is in them, if anybody, is known elsewhere.
func (r *Review) memberless() []string {
	var all []string
	for i := range r.tenant.Declared.UserGroups {
		if g := &r.tenant.Declared.UserGroups[i]; len(g.Spec.Members) == 0 {
			all = append(all, g.Name)
		}
	}
	slices.Sort(all)
	return all
}

// Exists tells whether a subject is declared.
func (r *Review) Exists(s Subject) bool {
	if s.Kind == v1alpha1.SubjectUserGroup {
		return r.group(s.Name) != nil
	}
	return slices.Contains(r.subjects(), s.Name)
}
