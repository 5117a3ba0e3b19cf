package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// Reasons of obstacles beside those of conditions, which package v1alpha1 has.
const (
	// ReasonNotAMember: the user is not in the group that the binding names.
	ReasonNotAMember = "NotAMember"
	// ReasonUserNotFound: there is no such User.
	ReasonUserNotFound = "UserNotFound"
	// ReasonNotBegun: the binding's window has not begun.
	ReasonNotBegun = "NotBegun"
	// ReasonEnded: the binding's window is over.
	ReasonEnded = "Ended"
	// ReasonRestricted: the place is in a restricted Folder, which the grant does not reach.
	ReasonRestricted = "Restricted"
	// ReasonRoleLacks: the role that the user has there does not include the permission.
	ReasonRoleLacks = "RoleLacks"
	// ReasonMembersOnly: a grant on a Collection gives preview and download and no more.
	ReasonMembersOnly = "MembersOnly"
	// ReasonPinned: the Collection holds the file in one version only.
	ReasonPinned = "Pinned"
	// ReasonOnlyParts: the user has it on a part of the target alone.
	ReasonOnlyParts = "OnlyParts"
	// ReasonNoGrant: no RoleBinding in force gives it there, to the user or a group.
	ReasonNoGrant = "NoGrant"
)

// Obstacle is one thing that stands in the way of a right.
type Obstacle struct {
	// Reason is a word for programs.
	Reason string `json:"reason"`
	// Message says it in plain words.
	Message string `json:"message"`
}

type obstacles []Obstacle

func (o *obstacles) add(reason, format string, args ...any) {
	*o = append(*o, Obstacle{reason, fmt.Sprintf(format, args...)})
}

// of adds what is wrong with an object that a route leads over.
func (o *obstacles) of(what string, m *metav1.ObjectMeta, freezable bool) {
	if reason, frozen := m.Annotations[v1alpha1.AnnotationFreeze]; frozen && freezable {
		o.add(v1alpha1.ReasonFrozen, "%s is frozen (%s)", what, orUnsaid(reason))
	}
	if m.DeletionTimestamp != nil {
		o.add(v1alpha1.ReasonDeleting, "%s is being deleted", what)
	}
}

// obstacles finds why a route of the relaxed world does not hold in the real one.
func (r *Review) obstacles(q *question, user string, route access.Route, at place) []Obstacle {
	var o obstacles
	if r.tenant.Declared.NamespaceFrozen {
		o.add(v1alpha1.ReasonFrozen, "the namespace %s is frozen (%s)", r.tenant.Namespace, orUnsaid(r.tenant.Frozen))
	}
	r.onTheUsersSide(&o, user, route)
	if b := r.binding(route.Binding); b != nil {
		o.of("the RoleBinding", &b.ObjectMeta, false)
		o.window(b, r.at)
	}
	if !route.BuiltIn {
		if role := r.role(route.Role); role != nil {
			o.of("the Role "+role.Name, &role.ObjectMeta, false)
		} else {
			o.add(v1alpha1.ReasonRoleNotFound, "there is no Role %s, so it gives nothing", route.Role)
		}
	}
	r.onTheTargetsSide(&o, q, route, at)
	return o
}

func (r *Review) onTheUsersSide(o *obstacles, user string, route access.Route) {
	if u := r.user(user); u != nil {
		o.of("the User "+user, &u.ObjectMeta, true)
	} else if !slices.Contains(r.subjects(), user) {
		o.add(ReasonUserNotFound, "there is no User %s", user)
	}
	if route.Group == "" {
		return
	}
	g := r.group(route.Group)
	if g == nil {
		o.add(v1alpha1.ReasonSubjectNotFound, "there is no UserGroup %s; nobody can be in it", route.Group)
		return
	}
	o.of("the UserGroup "+g.Name, &g.ObjectMeta, true)
	switch {
	case r.inGroup(g, user):
	case strings.Contains(user, " "): // see member
		o.add(ReasonNotAMember, "it is for the members of UserGroup %s", g.Name)
	default:
		o.add(ReasonNotAMember, "%s is not a member of UserGroup %s", user, g.Name)
	}
}

func (o *obstacles) window(b *v1alpha1.RoleBinding, at time.Time) {
	if from := b.Spec.NotBefore; from != nil && at.Before(from.Time) {
		o.add(ReasonNotBegun, "it begins at %s", printer.Stamp(from.Time))
	}
	if to := b.Spec.NotAfter; to != nil && !at.Before(to.Time) {
		o.add(ReasonEnded, "it ended at %s", printer.Stamp(to.Time))
	}
}

func (r *Review) onTheTargetsSide(o *obstacles, q *question, route access.Route, at place) {
	if l := r.library(q.library); l != nil {
		o.of("the Library "+l.Name, &l.ObjectMeta, true)
	}
	within := access.Scope{}
	switch route.Target.Kind {
	case v1alpha1.TargetFolder:
		if f := r.folder(route.Target.Name); f != nil {
			o.of("the Folder "+f.Name, &f.ObjectMeta, false)
			within, _ = q.model.FolderScope(f.Name)
		}
	case v1alpha1.TargetCollection:
		if c := r.collection(route.Target.Name); c != nil {
			o.of("the Collection "+c.Name, &c.ObjectMeta, false)
			if pinned(c, at.key.Path) {
				o.add(ReasonPinned, "the Collection %s holds it in one version only, and a store's policy cannot tell versions apart; links show that version", c.Name)
			}
		}
	case v1alpha1.TargetLibrary:
	}
	// What lies in a restricted Folder that is on its way out is closed, whichever way a right comes to it.
	for _, name := range slices.Compact([]string{q.root, within.Restricted}) {
		isTarget := route.Target.Kind == v1alpha1.TargetFolder && route.Target.Name == name
		if root := r.folder(name); root != nil && !isTarget {
			o.of("the restricted Folder "+name, &root.ObjectMeta, false)
		}
	}
	if q.root != "" && within.Restricted != q.root && !r.passes(route) {
		o.add(ReasonRestricted, "the Folder %s is restricted, and grants from outside do not reach it", q.root)
	}
}

// passes tells whether a route's role reaches restricted folders; a Collection never does.
func (r *Review) passes(route access.Route) bool {
	return route.Target.Kind != v1alpha1.TargetCollection && r.permissions(route.Role, route.BuiltIn).Has(access.Restricted)
}
