package access

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// binding is what the model keeps of a RoleBinding.
type binding struct {
	name                string
	role                string
	builtIn             bool
	notBefore, notAfter *time.Time
	// reached are the users, once for each group that leads to them and once
	// when named directly.
	reached []reached
	// fields are the only ones that describe is for, in order; nil for all.
	fields []string
	// gives are the rights of each one reached.
	gives []right
	// mayLink are the Collections on which it gives the permission link: their
	// members have none of it, so that gives does not tell.
	mayLink []string
}

type reached struct{ user, group string }

// right is permissions on one place, or on the members of one Collection.
type right struct {
	permissions Permissions
	target      v1alpha1.Target
	scope       *Scope
	members     *collection
	// from is the path of the Folder it was given on when scope is elsewhere: a
	// restricted folder below, reached by a role with the permission restricted.
	from string
	// path of the target itself, / for a Library.
	path string
}

func (b *binding) live(at time.Time) bool {
	return (b.notBefore == nil || !at.Before(*b.notBefore)) && (b.notAfter == nil || at.Before(*b.notAfter))
}

func (b *binding) route(r *right, group string) Route {
	return Route{
		Binding: b.name, Role: b.role, BuiltIn: b.builtIn, Group: group,
		Target: r.target, Inherited: r.from, NotBefore: b.notBefore, NotAfter: b.notAfter,
	}
}

func (m *Model) addBindings(declared []v1alpha1.RoleBinding) {
	m.byBinding = make(map[string]*binding, len(declared))
	m.byUser = map[string][]membership{}
	m.bySubject = map[v1alpha1.Subject][]*binding{}
	inOrder := make([]*v1alpha1.RoleBinding, 0, len(declared))
	for i := range declared {
		if !going(&declared[i].ObjectMeta) {
			inOrder = append(inOrder, &declared[i])
		}
	}
	slices.SortFunc(inOrder, func(a, b *v1alpha1.RoleBinding) int { return cmp.Compare(a.Name, b.Name) })
	for _, rb := range inOrder {
		b := &binding{
			name:    rb.Name,
			role:    rb.Spec.RoleRef.Name,
			builtIn: rb.Spec.RoleRef.Kind == v1alpha1.RoleKindBuiltIn,

			notBefore: instant(rb.Spec.NotBefore),
			notAfter:  instant(rb.Spec.NotAfter),
		}
		b.reached = m.reach(b, rb)
		if given, ok := m.roleOf(rb); ok {
			b.fields = given.fields
			b.gives = m.rights(rb, given.permissions)
			b.mayLink = linkable(rb, given.permissions)
		}
		m.bindings = append(m.bindings, b)
		m.byBinding[b.name] = b
		for _, r := range b.reached {
			m.byUser[r.user] = append(m.byUser[r.user], membership{b, r.group})
		}
	}
}

func instant(t *metav1.Time) *time.Time {
	if t == nil {
		return nil
	}
	return &t.Time
}

// roleOf finds what a binding's role allows.
func (m *Model) roleOf(rb *v1alpha1.RoleBinding) (role, bool) {
	ref := rb.Spec.RoleRef
	switch ref.Kind {
	case v1alpha1.RoleKindBuiltIn:
		if p, ok := BuiltInRole(ref.Name); ok {
			return role{permissions: p}, true
		}
		m.problems.add("RoleBinding", rb.Name, v1alpha1.ReasonRoleNotFound,
			"there is no built-in role %s; for a Role of your own write kind: Role", ref.Name)
	default:
		if r, ok := m.roles[ref.Name]; ok {
			return r, true
		}
		m.problems.add("RoleBinding", rb.Name, v1alpha1.ReasonRoleNotFound,
			"there is no Role %s in this namespace, or it is being deleted; create it, or correct spec.roleRef", ref.Name)
	}
	return role{}, false
}

// reach resolves a binding's subjects.
func (m *Model) reach(b *binding, rb *v1alpha1.RoleBinding) []reached {
	var all []reached
	var missing []string
	for _, s := range rb.Spec.Subjects {
		switch s.Kind {
		case v1alpha1.SubjectUser:
			live, ok := m.users[s.Name]
			if !ok {
				missing = append(missing, "User "+s.Name)
			}
			if live {
				m.bySubject[s] = append(m.bySubject[s], b)
				all = append(all, reached{user: s.Name})
			}
		case v1alpha1.SubjectUserGroup:
			members, ok := m.groups[s.Name]
			if !ok {
				missing = append(missing, "UserGroup "+s.Name)
			}
			if len(members) > 0 {
				m.bySubject[s] = append(m.bySubject[s], b)
			}
			for _, u := range members {
				all = append(all, reached{user: u, group: s.Name})
			}
		default:
			missing = append(missing, string(s.Kind)+" "+s.Name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		m.problems.add("RoleBinding", rb.Name, v1alpha1.ReasonSubjectNotFound,
			"there is no %s in this namespace, or it is being deleted; create it, or take it out of spec.subjects", few(slices.Compact(missing)))
	}
	return all
}

// rights resolves a binding's targets.
func (m *Model) rights(rb *v1alpha1.RoleBinding, permissions Permissions) []right {
	var all []right
	var missing, unfit, large []string
	ref := rb.Spec.RoleRef
	builtIn := ref.Kind == v1alpha1.RoleKindBuiltIn
	for _, t := range rb.Spec.Targets {
		label := string(t.Kind) + " " + t.Name
		if t.Kind == v1alpha1.TargetLibrary && !forLibraries(builtIn, ref.Name) ||
			t.Kind != v1alpha1.TargetLibrary && onlyForLibraries(builtIn, ref.Name) {
			unfit = append(unfit, label)
			continue
		}
		given, ok := m.rightsOn(t, permissions)
		switch c := m.collections[t.Name]; {
		case !ok && t.Kind == v1alpha1.TargetCollection && c != nil && c.live && c.tooLarge():
			large = append(large, label)
		case !ok:
			missing = append(missing, label)
		}
		all = append(all, given...)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		m.problems.add("RoleBinding", rb.Name, v1alpha1.ReasonTargetNotFound,
			"there is no %s in this namespace that grants can be given on; create it, repair it, or take it out of spec.targets", few(missing))
	}
	if len(large) > 0 {
		slices.Sort(large)
		m.problems.add("RoleBinding", rb.Name, v1alpha1.ReasonLinksOnly,
			"more files are members of %s than a store's policy holds (%d), so nothing is given on them; name fewer files there, or grant on a Folder", few(large), MaxMembers)
	}
	if len(unfit) > 0 {
		slices.Sort(unfit)
		m.problems.add("RoleBinding", rb.Name, v1alpha1.ReasonRoleNotFound,
			"the role %s cannot be given on %s; levels are for Folders and Collections, library- roles for whole Libraries", ref.Name, few(unfit))
	}
	return all
}

// rightsOn resolves one target; false when there is nothing to give rights on.
// A target that is merely frozen is there, and gives nothing.
func (m *Model) rightsOn(t v1alpha1.Target, permissions Permissions) ([]right, bool) {
	switch t.Kind {
	case v1alpha1.TargetLibrary:
		l := m.libraries[t.Name]
		if l == nil || !l.live {
			return nil, l != nil && l.frozen
		}
		all := []right{{permissions: permissions, target: t, scope: &Scope{Library: t.Name}, path: "/"}}
		return append(all, intoRestricted(l, "", t, permissions, "/")...), true
	case v1alpha1.TargetFolder:
		f := m.folders[t.Name]
		if f == nil || !f.live {
			return nil, false
		}
		l := m.libraries[f.scope.Library]
		if !l.live {
			return nil, l.frozen
		}
		all := []right{{permissions: permissions, target: t, scope: &f.scope, path: f.path}}
		return append(all, intoRestricted(l, f.path, t, permissions, f.path)...), true
	case v1alpha1.TargetCollection:
		c := m.collections[t.Name]
		if c == nil || !c.live {
			return nil, false
		}
		l := m.libraries[c.library]
		if !l.live {
			return nil, l.frozen
		}
		if c.tooLarge() {
			return nil, false
		}
		if permissions = permissions.Intersect(ofMembers); permissions == 0 || len(c.granted) == 0 {
			return nil, true
		}
		return []right{{permissions: permissions, target: t, members: c}}, true
	}
	return nil, false
}

// intoRestricted gives the rights on the restricted folders below a path that
// a role with the permission restricted has there.
func intoRestricted(l *library, path string, t v1alpha1.Target, permissions Permissions, from string) []right {
	if !permissions.Has(Restricted) {
		return nil
	}
	var all []right
	for _, f := range l.restrictedBelow(path) {
		all = append(all, right{permissions: permissions, target: t, scope: &f.scope, from: from, path: from})
	}
	return all
}
