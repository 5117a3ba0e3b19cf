package review_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// stranger is a user whom no world declares.
const stranger = "stranger"

// everybody are the Users of a world, and whoever else its groups let in, in order.
func everybody(w worldtest.World) []string {
	var all []string
	for _, u := range w.Users {
		all = append(all, u.Name)
	}
	for i := range w.UserGroups {
		all = append(all, access.DeclaredSessions(&w.UserGroups[i])...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestAnswersAreTheModels asks about everything in random worlds and compares with
// what the model says that is given the listing of all files: a whole folder is held exactly
// when everything below it is, a file of a Collection's pattern exactly when the
// model finds it, and nothing is refused without a reason.
//
// features: U2
func TestAnswersAreTheModels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		m := access.New(w.Declarations)
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		r := review.New(review.Tenant{Namespace: "acme", Declared: w.Declarations}, at)
		user := rapid.SampledFrom(append(everybody(w), stranger)).Draw(t, "user")
		reach := m.Reach(user, at)

		check := func(target review.Target, want func(access.Permission) bool) {
			e, err := r.Explain(review.User(user), target)
			if err != nil {
				t.Fatalf("%s: %v", target, err)
			}
			for i, v := range e.Permissions {
				p, _ := access.ParsePermission(v.Permission)
				if v.Allowed != want(p) {
					t.Fatalf("%s %s %s: allowed=%v, the model says %v", user, p, target, v.Allowed, want(p))
				}
				if v.Allowed != (len(v.WhyNot) == 0) || v.Allowed && len(v.Routes) == 0 {
					t.Fatalf("%s %s %s: allowed=%v with routes %+v and reasons %+v", user, p, target, v.Allowed, v.Routes, v.WhyNot)
				}
				for _, why := range v.WhyNot {
					if len(why.Obstacles) == 0 {
						t.Fatalf("%s %s %s: nothing stands in the way of %+v", user, p, target, why.Route)
					}
				}
				answer, err := r.CanI(review.User(user), p, target)
				if err != nil {
					t.Fatalf("%s: %v", target, err)
				}
				if diff := cmp.Diff(e.Permissions[i], answer.Verdict); diff != "" {
					t.Fatalf("explain and can-i differ:\n%s", diff)
				}
			}
		}
		for _, f := range w.Folders {
			scope, ok := m.FolderScope(f.Name)
			check(review.Target{Kind: v1alpha1.TargetFolder, Name: f.Name}, func(p access.Permission) bool { return ok && reach.MayBelow(p, scope) })
		}
		for _, l := range w.Libraries {
			check(review.Target{Kind: v1alpha1.TargetLibrary, Name: l.Name}, func(p access.Permission) bool {
				return reach.MayBelow(p, access.Scope{Library: l.Name})
			})
			for _, path := range w.Files[l.Name] {
				key := located(w, m, l.Name, path)
				check(review.Target{Kind: v1alpha1.TargetLibrary, Name: l.Name, Path: path}, func(p access.Permission) bool { return reach.May(p, key) })
			}
		}
		// Which files match a pattern is not known here, so yes must hold for all that do.
		for _, c := range w.Collections {
			for p := range access.AllPermissions.Each() {
				members, _ := m.Members(c.Name)
				answer, err := r.CanI(review.User(user), p, review.Target{Kind: v1alpha1.TargetCollection, Name: c.Name})
				if err != nil {
					t.Fatal(err)
				}
				if itself := (v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: c.Name}}); p == access.Link {
					// A link on a Collection is one on whatever its members will be: the right to it is none on those.
					if holds := m.Sponsors(v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUser, Name: user}, itself, at); answer.Allowed != holds || holds != (len(answer.Routes) > 0) {
						t.Fatalf("%s may make links on %s: %v by %+v, the model says %v", user, c.Name, answer.Allowed, answer.Routes, holds)
					}
					members = nil
				}
				for _, k := range members {
					if answer.Allowed && !reach.May(p, k) {
						t.Fatalf("%s may %s all of %s, the model says no for %+v", user, p, c.Name, k)
					}
				}
				for _, why := range answer.WhyNot {
					if len(why.Obstacles) == 0 {
						t.Fatalf("%s %s %s: nothing stands in the way of %+v", user, p, c.Name, why.Route)
					}
				}
			}
		}
	})
}

// located is where a file is that people know by its path: in the root of the nearest restricted
// Folder above it, looked for folder by folder, upwards.
func located(w worldtest.World, m *access.Model, library, path string) access.Key {
	for end := strings.LastIndexByte(path, '/'); end > 0; end = strings.LastIndexByte(path[:end], '/') {
		for _, f := range w.Folders {
			if _, placed := m.FolderScope(f.Name); placed && f.Spec.LibraryRef.Name == library && string(f.Spec.Path) == path[:end] && f.Spec.Access == v1alpha1.AccessRestricted {
				return access.Key{Library: library, Restricted: f.Name, Path: path[end+1:]}
			}
		}
	}
	return access.Key{Library: library, Path: path}
}

// TestListsAreTheModels compares the lists of all that one may do, and of all that anybody may, with the model:
// a file that one is listed to have by a Collection they have, whatever its items are pinned to.
//
// features: U2, U12, P15
func TestListsAreTheModels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		m := access.New(w.Declarations)
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		r := review.New(review.Tenant{Namespace: "acme", Declared: w.Declarations}, at)
		audit, err := r.Audit(nil)
		if err != nil {
			t.Fatal(err)
		}
		audited := map[string][]review.Grant{}
		for _, line := range audit.Grants {
			audited[line.User] = append(audited[line.User], line.Grant)
		}
		for _, user := range everybody(w) {
			has, err := r.Access(review.User(user))
			if err != nil {
				t.Fatal(err)
			}
			inOrder := cmpopts.SortSlices(func(a, b review.Grant) bool { return fmt.Sprintf("%+v", a) < fmt.Sprintf("%+v", b) })
			if diff := cmp.Diff(has.Grants, audited[user], cmpopts.EquateEmpty(), inOrder); diff != "" {
				t.Fatalf("%s: access and audit differ (-access +audit):\n%s", user, diff)
			}
			for _, g := range has.Grants {
				for _, item := range g.Items {
					k := access.Key{Library: g.Library, Path: item}
					for _, word := range g.Permissions {
						if p, _ := access.ParsePermission(word); !access.IsPattern(item) && !m.Decide(user, p, k, at).Allowed {
							t.Fatalf("%s is listed to %s %s by %+v; the model says no", user, word, item, g.Route)
						}
					}
				}
			}
		}
	})
}

// TestWhoCanIsEverybodyWhoCan compares the answer about all users with the answers about each.
//
// features: U2, K16
func TestWhoCanIsEverybodyWhoCan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		p, _ := access.ParsePermission(rapid.SampledFrom(access.AllPermissions.Names()).Draw(t, "permission"))
		r := review.New(review.Tenant{Namespace: "acme", Declared: w.Declarations}, at)
		for _, word := range r.Targets() {
			target, err := review.ParseTarget(word)
			if err != nil {
				t.Fatal(err)
			}
			who, err := r.WhoCan(p, target)
			if err != nil {
				t.Fatal(err)
			}
			want := []review.Holder{}
			for _, user := range everybody(w) {
				answer, err := r.CanI(review.User(user), p, target)
				if err != nil {
					t.Fatal(err)
				}
				if answer.Allowed {
					want = append(want, review.Holder{User: user, Routes: answer.Routes})
				}
			}
			if diff := cmp.Diff(want, who.Users); diff != "" {
				t.Fatalf("%s %s: who-can and can-i differ:\n%s", p, target, diff)
			}
		}
	})
}

// TestRemediesWork takes the one obstacle away that an explanation names, and asks again.
//
// features: U2
func TestRemediesWork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		r := review.New(review.Tenant{Namespace: "acme", Declared: w.Declarations}, at)
		user := rapid.SampledFrom(r.Users()).Draw(t, "user")
		for _, word := range r.Targets() {
			target, err := review.ParseTarget(word)
			if err != nil {
				t.Fatal(err)
			}
			if target.Kind == v1alpha1.TargetCollection {
				continue // where one obstacle is named for some members and another for others
			}
			e, err := r.Explain(review.User(user), target)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range e.Permissions {
				for _, why := range v.WhyNot {
					if why.Route == nil || len(why.Obstacles) != 1 {
						continue
					}
					mended, ok := mend(w.Declarations, user, why)
					if !ok {
						continue
					}
					p, _ := access.ParsePermission(v.Permission)
					answer, err := review.New(review.Tenant{Namespace: "acme", Declared: mended}, at).CanI(review.User(user), p, target)
					if err != nil {
						t.Fatal(err)
					}
					if !answer.Allowed {
						t.Fatalf("%s %s %s: without %+v on %+v it is still no: %+v", user, v.Permission, word, why.Obstacles, why.Route, answer.WhyNot)
					}
				}
			}
		}
	})
}

// mend takes an obstacle away; false for those that need more than one change.
func mend(d access.Declarations, user string, why review.WhyNot) (access.Declarations, bool) {
	switch why.Obstacles[0].Reason {
	case review.ReasonNotAMember:
		d.UserGroups = slices.Clone(d.UserGroups)
		for i := range d.UserGroups {
			if g := &d.UserGroups[i]; g.Name == why.Route.Group {
				g.Spec.Members = append(slices.Clone(g.Spec.Members), user)
			}
		}
	case review.ReasonEnded, review.ReasonNotBegun:
		d.RoleBindings = slices.Clone(d.RoleBindings)
		for i := range d.RoleBindings {
			if b := &d.RoleBindings[i]; b.Name == why.Route.Binding {
				b.Spec.NotBefore, b.Spec.NotAfter = nil, nil
			}
		}
	case v1alpha1.ReasonFrozen:
		d.NamespaceFrozen = false
		d.Libraries, d.Users, d.UserGroups = slices.Clone(d.Libraries), slices.Clone(d.Users), slices.Clone(d.UserGroups)
		for i := range d.Libraries {
			d.Libraries[i].Annotations = nil
		}
		for i := range d.Users {
			d.Users[i].Annotations = nil
		}
		for i := range d.UserGroups {
			d.UserGroups[i].Annotations = nil
		}
	default:
		return d, false
	}
	return d, true
}
