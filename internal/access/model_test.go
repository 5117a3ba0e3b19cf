package access_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
)

// plain answers the question from the declarations each time anew, rule by
// rule and as slowly as it likes.
type plain struct{ worldtest.World }

func (w plain) may(user string, p access.Permission, k access.Key, at time.Time) bool {
	if w.NamespaceFrozen || !w.userLive(user) || !w.libraryLive(k.Library) {
		return false
	}
	for _, b := range w.RoleBindings {
		if b.DeletionTimestamp != nil || b.Spec.NotBefore != nil && at.Before(b.Spec.NotBefore.Time) || b.Spec.NotAfter != nil && !at.Before(b.Spec.NotAfter.Time) {
			continue
		}
		permissions, ok := w.role(b.Spec.RoleRef)
		if !ok || !permissions.Has(p) || !w.reaches(b, user) {
			continue
		}
		for _, t := range b.Spec.Targets {
			if w.fits(b.Spec.RoleRef, t) && w.covers(t, permissions, p, k) {
				return true
			}
		}
	}
	return false
}

func (w plain) userLive(name string) bool {
	if strings.Contains(name, ":") {
		return true // no User: what the group says counts
	}
	return slices.ContainsFunc(w.Users, func(u v1alpha1.User) bool {
		return u.Name == name && u.DeletionTimestamp == nil && u.Annotations == nil
	})
}

func (w plain) libraryLive(name string) bool {
	return slices.ContainsFunc(w.Libraries, func(l v1alpha1.Library) bool {
		return l.Name == name && l.DeletionTimestamp == nil && l.Annotations == nil
	})
}

// unmet are the permissions of which some need, or need of a need, is not in the set.
func unmet(s access.Permissions) access.Permissions {
	var all access.Permissions
	for p := range s.Each() {
		for n, some := access.Needs(p); some; n, some = access.Needs(n) {
			if !s.Has(n) {
				all = all.Union(access.Of(p))
			}
		}
	}
	return all
}

func (w plain) role(ref v1alpha1.RoleReference) (access.Permissions, bool) {
	if ref.Kind == v1alpha1.RoleKindBuiltIn {
		return access.BuiltInRole(ref.Name)
	}
	for _, r := range w.Roles {
		if r.Name == ref.Name && r.DeletionTimestamp == nil {
			var all access.Permissions
			for _, name := range r.Spec.Permissions {
				p, _ := access.ParsePermission(string(name))
				all = all.Union(access.Of(p))
			}
			return all &^ unmet(all), true
		}
	}
	return 0, false
}

func (w plain) reaches(b v1alpha1.RoleBinding, user string) bool {
	for _, s := range b.Spec.Subjects {
		if s.Kind == v1alpha1.SubjectUser && s.Name == user {
			return true
		}
		for _, g := range w.UserGroups {
			if s.Kind == v1alpha1.SubjectUserGroup && s.Name == g.Name && g.DeletionTimestamp == nil && g.Annotations == nil && w.in(g, user) {
				return true
			}
		}
	}
	return false
}

// in tells whether a subject is in a group, by whatever way.
func (w plain) in(g v1alpha1.UserGroup, subject string) bool {
	if slices.Contains(g.Spec.Members, subject) || subject == "group:"+g.Name && g.Spec.Federation != nil {
		return true
	}
	if account, ok := strings.CutPrefix(subject, "serviceaccount:"); ok && slices.Contains(g.Spec.ServiceAccounts, account) {
		return true
	}
	for _, u := range w.Users {
		for _, domain := range g.Spec.MemberDomains {
			if u.Name == subject && strings.ToLower(u.Spec.Email) == u.Name+"@"+domain {
				return true
			}
		}
	}
	return false
}

// everybody are the Users, and whoever else a group lets in.
func (w plain) everybody() []string {
	var all []string
	for _, u := range w.Users {
		all = append(all, u.Name)
	}
	for _, g := range w.UserGroups {
		all = append(all, "group:"+g.Name)
	}
	for _, account := range worldtest.Accounts {
		all = append(all, "serviceaccount:"+account)
	}
	return all
}

func (plain) fits(ref v1alpha1.RoleReference, t v1alpha1.Target) bool {
	wide := strings.HasPrefix(ref.Name, "library-")
	if t.Kind == v1alpha1.TargetLibrary {
		return wide || ref.Kind == v1alpha1.RoleKindBuiltIn && (ref.Name == "auditor" || ref.Name == "finance")
	}
	return ref.Kind == v1alpha1.RoleKindRole || !wide && ref.Name != "finance"
}

func (w plain) folder(name string) *v1alpha1.Folder {
	for i, f := range w.Folders {
		if f.Name == name {
			return &w.Folders[i]
		}
	}
	return nil
}

// root is the nearest restricted Folder at or above a Folder; nil when it is open.
func (w plain) root(f *v1alpha1.Folder) *v1alpha1.Folder {
	var nearest *v1alpha1.Folder
	for i := range w.Folders {
		r := &w.Folders[i]
		above := r.Spec.Path == f.Spec.Path || strings.HasPrefix(string(f.Spec.Path), string(r.Spec.Path)+"/")
		if r.Spec.LibraryRef == f.Spec.LibraryRef && r.Spec.Access == v1alpha1.AccessRestricted && above && (nearest == nil || len(r.Spec.Path) > len(nearest.Spec.Path)) {
			nearest = r
		}
	}
	return nearest
}

// declarable tells whether a declaration, and so a policy, can name a file.
func declarable(path string) bool {
	return norm.NFC.IsNormalString(path) && !strings.ContainsAny(path, "*?")
}

// isFolder tells whether a name is a folder's: something that is declared, seen or among a Collection's items lies there, or below it.
func (w plain) isFolder(library, path string, items []v1alpha1.CollectionItem) bool {
	below := func(other string) bool { return strings.HasPrefix(other, path+"/") }
	return slices.ContainsFunc(w.Folders, func(f v1alpha1.Folder) bool {
		return f.Spec.LibraryRef.Name == library && (string(f.Spec.Path) == path || below(string(f.Spec.Path)))
	}) || slices.ContainsFunc(w.Files[library], below) ||
		slices.ContainsFunc(items, func(i v1alpha1.CollectionItem) bool { return declarable(i.Path) && below(i.Path) })
}

func (w plain) covers(t v1alpha1.Target, permissions access.Permissions, p access.Permission, k access.Key) bool {
	var home *v1alpha1.Folder // of a restricted file
	if k.Restricted != "" {
		if home = w.folder(k.Restricted); home == nil || home.DeletionTimestamp != nil || home.Spec.LibraryRef.Name != k.Library {
			return false
		}
	}
	switch t.Kind {
	case v1alpha1.TargetLibrary:
		return t.Name == k.Library && (home == nil || permissions.Has(access.Restricted))
	case v1alpha1.TargetFolder:
		f := w.folder(t.Name)
		if f == nil || f.DeletionTimestamp != nil || f.Spec.LibraryRef.Name != k.Library {
			return false
		}
		root, inside := w.root(f), string(f.Spec.Path)+"/"
		if root != nil && root.DeletionTimestamp != nil {
			return false
		}
		if home == nil {
			return root == nil && strings.HasPrefix(k.Path, inside)
		}
		if root != nil && root.Name == home.Name && strings.HasPrefix(string(home.Spec.Path)+"/"+k.Path, inside) {
			return true
		}
		return permissions.Has(access.Restricted) && strings.HasPrefix(string(home.Spec.Path), inside)
	case v1alpha1.TargetCollection:
		if home != nil || p != access.Preview && p != access.Download || !declarable(k.Path) {
			return false
		}
		for _, c := range w.Collections {
			if c.Name != t.Name || c.DeletionTimestamp != nil || c.Spec.LibraryRef.Name != k.Library {
				continue
			}
			if slices.ContainsFunc(c.Spec.Items, func(i v1alpha1.CollectionItem) bool { return i.Path == k.Path && i.Version != "" }) {
				continue // a right cannot be on one version
			}
			if w.isFolder(k.Library, k.Path, c.Spec.Items) {
				return false
			}
			for _, item := range c.Spec.Items {
				if item.Path == k.Path || slices.Contains(w.Files[k.Library], k.Path) && slowMatch(item.Path, k.Path) && k.Path+"/**" != item.Path { // which is what lies below
					return true
				}
			}
		}
	}
	return false
}

// TestDecide compares the model with the rules written down plainly, for every
// user, permission, file and instant of random worlds, and its questions with each other.
//
// features: K2, K3, K4, K5, K9, K13, K14, P2, P3, P6, P9, P12, U2, U5
func TestDecide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.DrawSize(t, worldtest.Odd)
		m, slow := access.New(w.Declarations), plain{w}
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		for _, k := range w.Keys {
			for p := range access.AllPermissions.Each() {
				holders := map[string][]access.Route{}
				for _, h := range m.Holders(p, k, at) {
					holders[h.User] = h.Routes
				}
				for _, who := range slow.everybody() {
					got := m.Decide(who, p, k, at)
					if want := slow.may(who, p, k, at); got.Allowed != want {
						t.Fatalf("%s %s %+v: allowed=%v, the rules say %v", who, p, k, got.Allowed, want)
					}
					if got.Allowed != (len(got.Routes) > 0) || got.Allowed != m.Reach(who, at).May(p, k) || got.Allowed != granted(m.Grants(who, at), p, k) {
						t.Fatalf("%s %s %+v: routes, Reach or Grants differ from the decision %+v", who, p, k, got)
					}
					if diff := cmp.Diff(got.Routes, holders[who]); diff != "" {
						t.Fatalf("%s %s %+v: who may do it gives other routes (-decide +holders):\n%s", who, p, k, diff)
					}
					delete(holders, who)
				}
				if len(holders) > 0 {
					t.Fatalf("%s %+v is held by people who do not exist: %v", p, k, slices.Collect(maps.Keys(holders)))
				}
			}
		}
	})
}

func granted(grants []access.Grant, p access.Permission, k access.Key) bool {
	return slices.ContainsFunc(grants, func(g access.Grant) bool {
		return g.Permissions.Has(p) && (g.Scope != nil && g.Scope.Covers(k) || slices.Contains(g.Keys, k))
	})
}

// TestDecideListFollowsFolders checks that a listing is allowed exactly where
// every file that it could name may be listed.
//
// features: K6
func TestDecideListFollowsFolders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		m := access.New(w.Declarations)
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		for _, k := range w.Keys {
			for _, u := range w.Users {
				for end := range k.Path {
					s := access.Scope{Library: k.Library, Restricted: k.Restricted, Prefix: k.Path[:end]}
					got := m.DecideList(u.Name, s, at).Allowed
					// Nothing is declared about these names, so they are covered only if the prefix itself is.
					all := true
					for _, tail := range []string{"zz.jpg", "/zz.jpg", "-zz/zz.jpg"} {
						all = all && m.Decide(u.Name, access.List, access.Key{Library: s.Library, Restricted: s.Restricted, Path: s.Prefix + tail}, at).Allowed
					}
					if got != all || got != m.Reach(u.Name, at).MayList(s) {
						t.Fatalf("%s listing %+v: %v, but all names there may be seen: %v", u.Name, s, got, all)
					}
				}
			}
		}
	})
}

// TestNothingChangesBetweenChanges checks that grants are the same at every
// instant up to the one that NextChange names.
//
// features: U5
func TestNothingChangesBetweenChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		m := access.New(w.Declarations)
		for _, at := range w.Instants {
			next, ok := m.NextChange(at)
			if !ok {
				next = at.Add(1000 * time.Hour)
			}
			if !next.After(at) {
				t.Fatalf("after %v comes %v", at, next)
			}
			for _, u := range w.Users {
				if diff := cmp.Diff(m.Grants(u.Name, at), m.Grants(u.Name, next.Add(-time.Nanosecond))); diff != "" {
					t.Fatalf("%s has other grants before the next change:\n%s", u.Name, diff)
				}
			}
		}
	})
}
