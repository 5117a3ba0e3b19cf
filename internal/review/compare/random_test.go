package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/link"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// world asks the model about files by the paths that people know.
type world struct {
	*side
	// model has somebody in the groups in which nobody is known, and real has not.
	model, real *access.Model
}

func newWorld(t review.Tenant, groups []string, files map[string][]string) world {
	s := newSide(t, groups, worldtest.Start)
	d := t.Declared
	d.Files = files
	w := world{side: s, real: access.New(d)}
	w.model = access.New(peopled(d, groups))
	return w
}

// place is one version of a file; of the current one it is empty.
type place struct{ library, path, version string }

func (w world) key(at place) access.Key {
	if root := w.root(w.buckets[at.library], at.path); root != "" {
		return access.Key{Library: at.library, Restricted: w.layouts[w.buckets[at.library]].restricted[root], Path: strings.TrimPrefix(at.path, root)}
	}
	return access.Key{Library: at.library, Path: at.path}
}

// may asks the model about somebody by each of their names.
func (w world) may(subjects []string, at place, t time.Time) access.Permissions {
	var all access.Permissions
	if at.version != "" {
		return all // a store's policies know no versions
	}
	for _, name := range subjects {
		reach := w.model.Reach(name, t)
		for p := range access.AllPermissions.Each() {
			if reach.May(p, w.key(at)) {
				all = all.Union(access.Of(p))
			}
		}
	}
	return all
}

// shows judges a link as the gateway does; its first day is when the comparison was made.
func (w world) shows(name string, at place, t, firstSeen time.Time) access.Permissions {
	i := slices.IndexFunc(w.tenant.Links, func(l v1alpha1.PublicLink) bool { return l.Name == name })
	if i < 0 {
		return 0
	}
	l := &w.tenant.Links[i]
	shown, err := w.real.LinkScope(l.Spec.Target)
	if err != nil {
		return 0
	}
	f := link.Facts{Spec: l.Spec, FirstSeen: firstSeen, Available: true}
	for i := range w.tenant.Declared.Libraries {
		if o := &w.tenant.Declared.Libraries[i]; o.Name == shown.Library {
			f.Defaults = o.Spec.Links
		}
	}
	f.Sponsored = l.Spec.Sponsor != nil && w.real.Sponsors(*l.Spec.Sponsor, l.Spec.Target, t)
	key := w.key(at)
	covered := shown.Scope != nil && at.version == "" && shown.Scope.Covers(key) ||
		slices.Contains(shown.Keys, key) && shown.Versions[key] == at.version
	if !covered || !link.Evaluate(f, t).Open() {
		return 0
	}
	if l.Spec.Originals == v1alpha1.OriginalsHidden {
		return access.Of(access.List, access.Preview)
	}
	return access.Of(access.List, access.Preview, access.Download)
}

// asked is somebody, or a link, whom both worlds are asked about.
type asked struct {
	person
	link string
}

func (a asked) before(w world, at place, t, now time.Time) access.Permissions {
	if a.link != "" {
		return w.shows(a.link, at, t, now)
	}
	return w.may(a.was, at, t)
}

func (a asked) after(w world, at place, t, now time.Time) access.Permissions {
	if a.link != "" {
		return w.shows(a.link, at, t, now)
	}
	return w.may(a.is, at, t)
}

// TestEveryDifferenceIsTold compares two random tenants, and then every file, user, link and instant
// by the model: whatever differs is told in a row on that place, for that user and that
// time; and no row tells of a difference that there is not.
//
// features: U1
func TestEveryDifferenceIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, second := worldtest.Draw(t), worldtest.Draw(t)
		a, b := mixed(t, first), mixed(t, second)
		if rapid.Bool().Draw(t, "much alike") { // then few things differ, and rows are bounded by what does not
			b = varied(t, a)
		}
		now := rapid.SampledFrom(first.Instants).Draw(t, "now")
		d := Compare(a, b, now)
		files := filesOf(d, first, second, a, b)
		groups := memberless(a, b)
		all := askedOf(a, b, groups)
		was, is := newWorld(a, groups, files), newWorld(b, groups, files)
		everyDifferenceHasARow(t, d, was, is, all, files, first.Instants)
		everyRowIsADifference(t, d, all, func(library, path string) (was, is world) {
			only := map[string][]string{library: {path}} // beside another, one of the two might pass for a folder
			return newWorld(a, groups, only), newWorld(b, groups, only)
		})
	})
}

// filesOf are the files to ask about, by library: those of the worlds, the members that have names, and those that
// rows stand for.
func filesOf(d *Diff, first, second worldtest.World, states ...review.Tenant) map[string][]string {
	files := map[string][]string{}
	for _, w := range []worldtest.World{first, second} {
		for library, paths := range w.Files {
			files[library] = append(files[library], paths...)
		}
	}
	for _, t := range states {
		for _, c := range t.Declared.Collections {
			for _, item := range c.Spec.Items {
				if !access.IsPattern(item.Path) {
					files[c.Spec.LibraryRef.Name] = append(files[c.Spec.LibraryRef.Name], item.Path)
				}
			}
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
	return files
}

func askedOf(a, b review.Tenant, groups []string) []asked {
	var all []asked
	for _, p := range people(a, b, groups) {
		all = append(all, asked{person: p})
	}
	for _, name := range names(linksOf(a), linksOf(b)) {
		all = append(all, asked{person{name: "link/" + name}, name})
	}
	return all
}

// existing makes a name of one that stands for any: one that no pattern names.
func existing(point string) string { return strings.ReplaceAll(point, anyName, "zz9") }

func everyDifferenceHasARow(t *rapid.T, d *Diff, was, is world, all []asked, files map[string][]string, instants []time.Time) {
	for library, paths := range files {
		for _, path := range paths {
			if was.isDir(library, path) || is.isDir(library, path) {
				continue
			}
			for _, who := range all {
				for _, instant := range instants {
					for _, version := range append([]string{""}, versions...) {
						if instant.Before(d.At) || version != "" && who.link == "" {
							continue
						}
						at := place{library, path, version}
						before, after := who.before(was, at, instant, d.At), who.after(is, at, instant, d.At)
						gained, lost := after&^before, before&^after
						toldGains, toldLosses := d.told(who.name, at, instant)
						if gained&^toldGains != 0 || lost&^toldLosses != 0 {
							t.Fatalf("%s on %v at %s: gains %s and loses %s, told are %s and %s in\n%s", who.name, at, instant, gained, lost, toldGains, toldLosses, d.of(who.name))
						}
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

func (d *Diff) told(user string, at place, t time.Time) (gains, loses access.Permissions) {
	for i := range d.Changes {
		c := &d.Changes[i]
		if !slices.Contains(c.Subjects, user) || c.Library != at.library || c.Version != at.version || !c.finding.holds(at.path) {
			continue
		}
		if c.From != nil && t.Before(*c.From) || c.Until != nil && !t.Before(*c.Until) {
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
			fmt.Fprintf(&text, "%s:%s version %q except %q gains %q loses %q from %v until %v by %q at %q\n", c.Library, c.Path, c.Version, c.Except, c.Gains, c.Loses, c.From, c.Until, c.Routes, c.finding.points)
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

func everyRowIsADifference(t *rapid.T, d *Diff, all []asked, with func(library, path string) (was, is world)) {
	for i := range d.Changes {
		c := &d.Changes[i]
		at := d.At
		if c.From != nil {
			at = *c.From
		}
		n := slices.IndexFunc(all, func(who asked) bool { return who.name == c.Subjects[0] })
		if n < 0 {
			t.Fatalf("nobody is called %s", c.Subjects[0])
		}
		var gained, lost access.Permissions
		points := ""
		for _, point := range c.finding.points {
			where := place{c.Library, existing(point), c.Version}
			was, is := with(where.library, where.path)
			before, after := all[n].before(was, where, at, d.At), all[n].after(is, where, at, d.At)
			gained, lost = gained.Union(after&^before), lost.Union(before&^after)
			points += fmt.Sprintf("\n%q: %s, then %s", where, before, after)
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
		w := mixed(t, worldtest.Draw(t))
		other := clone(w)
		other.Declared.RoleBindings = slices.Clone(other.Declared.RoleBindings)
		for i := range other.Declared.RoleBindings {
			other.Declared.RoleBindings[i].Name = "renamed-" + other.Declared.RoleBindings[i].Name
			other.Declared.RoleBindings[i].Spec.Reason = "told anew"
		}
		slices.Reverse(other.Declared.RoleBindings)
		for i := range other.Declared.Collections {
			slices.Reverse(other.Declared.Collections[i].Spec.Items)
		}
		for i := range other.Declared.UserGroups {
			slices.Reverse(other.Declared.UserGroups[i].Spec.Members)
		}
		slices.Reverse(other.Links)
		d := Compare(w, other, worldtest.Start)
		if d.Verdict != Same {
			t.Fatalf("%s: %+v", d.Verdict, d)
		}
	})
}
