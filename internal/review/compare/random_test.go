package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// world asks the model about files by the paths that people know.
type world struct {
	*side
	model *access.Model
}

func newWorld(d access.Declarations, groups []string, files map[string][]string) world {
	t := review.Tenant{Namespace: "acme", Declared: d}
	s := newSide(t, groups, worldtest.Start)
	d = peopled(d, groups)
	d.Files = files
	return world{s, access.New(d)}
}

func (w world) may(user, library, path string, at time.Time) access.Permissions {
	key := access.Key{Library: library, Path: path}
	if root := w.root(w.buckets[library], path); root != "" {
		key = access.Key{Library: library, Restricted: w.layouts[w.buckets[library]].restricted[root], Path: strings.TrimPrefix(path, root)}
	}
	reach := w.model.Reach(user, at)
	var all access.Permissions
	for p := range access.AllPermissions.Each() {
		if reach.May(p, key) {
			all = all.Union(access.Of(p))
		}
	}
	return all
}

// TestEveryDifferenceIsTold compares two random tenants, and then every file, user and instant
// by the model: whatever differs is told in a row on that place, for that user and that
// time; and no row tells of a difference that there is not.
//
// features: U1
func TestEveryDifferenceIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := worldtest.Draw(t), worldtest.Draw(t)
		if rapid.Bool().Draw(t, "much alike") { // then few things differ, and rows are bounded by what does not
			b.Declarations = a.Declarations
			b.RoleBindings = slices.Clone(b.RoleBindings)
			if n := len(b.RoleBindings); n > 0 {
				b.RoleBindings = slices.Delete(b.RoleBindings, 0, 1)
			}
		}
		now := rapid.SampledFrom(a.Instants).Draw(t, "now")
		d := Compare(review.Tenant{Namespace: "acme", Declared: a.Declarations}, review.Tenant{Namespace: "acme", Declared: b.Declarations}, now)
		files := map[string][]string{}
		for _, w := range []worldtest.World{a, b} {
			for library, paths := range w.Files {
				files[library] = append(files[library], paths...)
			}
		}
		for i := range d.Changes { // rows must be true of files that nobody has yet, too
			for _, point := range d.Changes[i].finding.points {
				files[d.Changes[i].Library] = append(files[d.Changes[i].Library], existing(point))
			}
		}
		for library := range files {
			slices.Sort(files[library])
			files[library] = slices.Compact(files[library])
			all := files[library]
			files[library] = slices.DeleteFunc(slices.Clone(all), func(path string) bool { // a file and a folder cannot have one name
				return slices.ContainsFunc(all, func(other string) bool { return strings.HasPrefix(other, path+"/") })
			})
		}
		groups := memberless(review.Tenant{Declared: a.Declarations}, review.Tenant{Declared: b.Declarations})
		was, is := newWorld(a.Declarations, groups, files), newWorld(b.Declarations, groups, files)
		everyDifferenceHasARow(t, d, was, is, groups, files, a.Instants)
		everyRowIsADifference(t, d, func(library, path string) (was, is world) {
			only := map[string][]string{library: {path}} // beside another, one of the two might pass for a folder
			return newWorld(a.Declarations, groups, only), newWorld(b.Declarations, groups, only)
		})
	})
}

// existing makes a name of one that stands for any: one that no pattern names.
func existing(point string) string { return strings.ReplaceAll(point, anyName, "zz9") }

func everyDifferenceHasARow(t *rapid.T, d *Diff, was, is world, groups []string, files map[string][]string, at []time.Time) {
	users := append(was.users(groups), is.users(groups)...)
	slices.Sort(users)
	for library, paths := range files {
		for _, path := range paths {
			if was.isDir(library, path) || is.isDir(library, path) {
				continue
			}
			for _, user := range slices.Compact(users) {
				for _, instant := range at {
					if instant.Before(d.At) {
						continue
					}
					before, after := was.may(user, library, path, instant), is.may(user, library, path, instant)
					gained, lost := after&^before, before&^after
					toldGains, toldLosses := d.told(user, library, path, instant)
					if gained&^toldGains != 0 || lost&^toldLosses != 0 {
						t.Fatalf("%s on %s:%s at %s: gains %s and loses %s, told are %s and %s in\n%s", user, library, path, instant, gained, lost, toldGains, toldLosses, d.of(user))
					}
				}
			}
		}
	}
}

func (w world) isDir(library, path string) bool {
	l := w.layouts[w.buckets[library]]
	return l != nil && l.folders[path]
}

func (d *Diff) told(user, library, path string, at time.Time) (gains, loses access.Permissions) {
	for i := range d.Changes {
		c := &d.Changes[i]
		if !slices.Contains(c.Subjects, user) || c.Library != library || !c.finding.holds(path) {
			continue
		}
		if c.From != nil && at.Before(*c.From) || c.Until != nil && !at.Before(*c.Until) {
			continue
		}
		gains, loses = gains.Union(set(c.Gains)), loses.Union(set(c.Loses))
	}
	return gains, loses
}

// of are the rows about a user, for a failure.
func (d *Diff) of(user string) string {
	var text strings.Builder
	for i := range d.Changes {
		if c := &d.Changes[i]; slices.Contains(c.Subjects, user) {
			fmt.Fprintf(&text, "%s:%s except %q gains %q loses %q from %v until %v by %q at %q\n", c.Library, c.Path, c.Except, c.Gains, c.Loses, c.From, c.Until, c.Routes, c.finding.points)
		}
	}
	return text.String()
}

func set(names []string) access.Permissions {
	var all access.Permissions
	for _, name := range names {
		p, _ := access.ParsePermission(name)
		all = all.Union(access.Of(p))
	}
	return all
}

func everyRowIsADifference(t *rapid.T, d *Diff, with func(library, path string) (was, is world)) {
	for i := range d.Changes {
		c := &d.Changes[i]
		at := d.At
		if c.From != nil {
			at = *c.From
		}
		var gained, lost access.Permissions
		points := ""
		for _, point := range c.finding.points {
			path := existing(point)
			was, is := with(c.Library, path)
			before, after := was.may(c.Subjects[0], c.Library, path, at), is.may(c.Subjects[0], c.Library, path, at)
			gained, lost = gained.Union(after&^before), lost.Union(before&^after)
			points += fmt.Sprintf("\n%q: %s, then %s", path, before, after)
		}
		if gained != set(c.Gains) || lost != set(c.Loses) {
			t.Fatalf("%s\nThe model finds gains %s and losses %s:%s", d.of(c.Subjects[0]), gained, lost, points)
		}
		if len(c.Routes) == 0 {
			t.Fatalf("the row %+v has no route", c)
		}
	}
}

// Names and order are no access: nothing is told of a tenant in which they alone differ.
//
// features: U1
func TestRenamedAndReorderedIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		other := w.Declarations
		other.RoleBindings = slices.Clone(other.RoleBindings)
		for i := range other.RoleBindings {
			other.RoleBindings[i].Name = "renamed-" + other.RoleBindings[i].Name
			other.RoleBindings[i].Spec.Reason = "told anew"
		}
		slices.Reverse(other.RoleBindings)
		d := Compare(review.Tenant{Namespace: "acme", Declared: w.Declarations}, review.Tenant{Namespace: "acme", Declared: other}, worldtest.Start)
		if d.Verdict != Same {
			t.Fatalf("%s: %+v", d.Verdict, d)
		}
	})
}
