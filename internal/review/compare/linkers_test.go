package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// managed is a tenant of 1,000 Collections, and twenty Users in a group who manage each by a binding of its own: all but some.
func managed(unmanaged int) review.Tenant {
	t := review.Tenant{Namespace: "acme"}
	d := &t.Declared
	d.Libraries = make([]v1alpha1.Library, 1)
	d.Libraries[0].Name, d.Libraries[0].Spec.Bucket.Name = "brand", "acme-brand"
	d.UserGroups = make([]v1alpha1.UserGroup, 1)
	d.UserGroups[0].Name = "managers"
	for i := range 20 {
		var u v1alpha1.User
		u.Name = fmt.Sprintf("user-%d", i)
		d.Users = append(d.Users, u)
		d.UserGroups[0].Spec.Members = append(d.UserGroups[0].Spec.Members, u.Name)
	}
	for i := range 1000 {
		var c v1alpha1.Collection
		c.Name, c.Spec.LibraryRef.Name = fmt.Sprintf("collection-%d", i), "brand"
		c.Spec.Items = []v1alpha1.CollectionItem{{Path: fmt.Sprintf("team-%d/job-%d/**", i%100, i)}}
		d.Collections = append(d.Collections, c)
		if i < unmanaged {
			continue
		}
		var b v1alpha1.RoleBinding
		b.Name = fmt.Sprintf("binding-%d", i)
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "manager"}
		b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: "managers"}}
		b.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetCollection, Name: c.Name}}
		d.RoleBindings = append(d.RoleBindings, b)
	}
	return t
}

// BenchmarkLinkers tells who may make links on 1,000 Collections, where nothing differs, one, or all.
func BenchmarkLinkers(b *testing.B) {
	for _, changed := range []int{0, 1, 1000} {
		b.Run(fmt.Sprintf("changed=%d", changed), func(b *testing.B) {
			base, head := managed(changed), managed(0)
			was, is, everybody := newSide(base, nil, noon), newSide(head, nil, noon), people(base, head, nil)
			for b.Loop() {
				if all := linkerChanges(was, is, everybody); len(all) != changed {
					b.Fatalf("%d changes", len(all))
				}
			}
		})
	}
}

// TestLinkersArePlainlyFound compares what is told of who may make links with the model's word on each person, Collection
// and instant, on random tenants with many who may and with Collections that have the same contents. And whoever may show one of the
// world's files by a link on a Collection, who could not show it at that instant before, is told of there or gains the permission.
func TestLinkersArePlainlyFound(t *testing.T) {
	told, shown := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		first := worldtest.Draw(t)
		drawn := mixed(t, first)
		a, b := linking(t, "was", first, drawn), linking(t, "is", first, varied(t, drawn))
		if rapid.Bool().Draw(t, "another world") {
			second := worldtest.Draw(t)
			b = linking(t, "is", second, mixed(t, second))
		}
		now := rapid.SampledFrom(first.Instants).Draw(t, "now")
		groups := memberless(a, b)
		was, is, everybody := newSide(a, groups, now), newSide(b, groups, now), people(a, b, groups)
		days := linkDays(now, a, b)
		gained, lost := linkersByName{}, linkersByName{}
		for _, p := range everybody {
			for name := range is.contents {
				gained.plainly(p.name, name, linksMore(was, is, p.was, p.is, name, days), linksNewly(was, is, p.was, p.is, name, days))
			}
			for name := range was.contents {
				lost.plainly(p.name, name, linksMore(is, was, p.is, p.was, name, days), linksNewly(is, was, p.is, p.was, name, days))
			}
		}
		got := linkerChanges(was, is, everybody)
		told += len(got)
		if diff := cmp.Diff(linkersTold(gained, lost), got); diff != "" {
			t.Fatalf("other linkers (-plain +got):\n%s", diff)
		}
		for _, p := range everybody {
			name, at := showsAnew(was, is, p, first, days)
			if name == "" {
				continue
			}
			shown++
			if of := gained[name]; of != nil && (slices.Contains(of.makers, p.name) || slices.Contains(of.showers, p.name)) {
				continue
			}
			if !linkIsGained(subject(was, is, was.holdings(p.was...), is.holdings(p.is...), now)) {
				t.Fatalf("%s may show %v by a link on %s, and nothing tells", p.name, at, name)
			}
		}
	})
	if told == 0 || shown == 0 {
		t.Errorf("%d changes were told, and %d may show something", told, shown)
	}
}

// plainly adds somebody who may show more by links on a Collection.
func (all linkersByName) plainly(who, collection string, more, newly bool) {
	if more {
		all.add(who, []lack{{collection: collection, always: !newly}})
	}
}

// linkIsGained tells whether somebody gains the permission link anywhere.
func linkIsGained(found []finding) bool {
	return slices.ContainsFunc(found, func(f finding) bool {
		return slices.ContainsFunc(f.outcomes, func(o outcome) bool { return o.gains.Has(access.Link) })
	})
}

// showsAnew is a Collection on which somebody may show one of a world's files, in some version, at an instant at which they
// could show it by no link before; empty when there is none.
func showsAnew(was, is *side, p person, w worldtest.World, days []time.Time) (string, pin) {
	for _, name := range slices.Sorted(maps.Keys(is.contents)) {
		bucket := is.buckets[is.librariesOf[name]]
		for _, day := range days {
			if !is.mayLink(p.is, name, day) {
				continue
			}
			for _, key := range w.Keys {
				for _, version := range append([]string{""}, versions...) {
					at := pin{key.Path, version}
					if key.Restricted == "" && is.shows(name, bucket, at) && !was.mayShow(p.was, bucket, at, day) {
						return name, at
					}
				}
			}
		}
	}
	return "", pin{}
}

// mayShow tells whether somebody may show a file by a link on any Collection, on it or on a Folder that it is in.
func (s *side) mayShow(subjects []string, bucket string, at pin, day time.Time) bool {
	for name := range s.contents {
		if s.shows(name, bucket, at) && s.mayLink(subjects, name, day) {
			return true
		}
	}
	return at.version == "" && s.mayLinkIn(subjects, bucket, at.path, day)
}

// shows tells whether a Collection shows a file in a version; the empty one is the current one.
func (s *side) shows(collection, bucket string, at pin) bool {
	has := s.contents[collection]
	switch {
	case s.buckets[s.librariesOf[collection]] != bucket || s.root(bucket, at.path) != "":
		return false
	case at.version != "":
		return slices.Contains(has.pinned, at)
	}
	return !slices.Contains(has.pinnedPaths(), at.path) && slices.ContainsFunc(has.items, func(item string) bool { return matches(item, at.path) })
}

// mayLinkIn tells whether somebody's rights on Folders and Libraries give the permission link at a path.
func (s *side) mayLinkIn(subjects []string, bucket, path string, day time.Time) bool {
	held := s.holdings(subjects...)
	return permissions(newIndex(s, held).covering(bucket, path, ""), day).Has(access.Link)
}

// linking adds Collections with the items of others, and bindings on Collections and Libraries that give the right to
// make links; what it adds ends in a name.
func linking(t *rapid.T, name string, w worldtest.World, from review.Tenant) review.Tenant {
	to := clone(from)
	d := &to.Declared
	d.RoleBindings = slices.Clone(d.RoleBindings)
	d.Folders = slices.Clone(d.Folders)
	for i := range d.Folders {
		if rapid.IntRange(0, 3).Draw(t, "open a folder, or shut it") == 0 {
			d.Folders[i].Spec.Access = rapid.SampledFrom([]v1alpha1.FolderAccess{v1alpha1.AccessInherit, v1alpha1.AccessRestricted}).Draw(t, "access")
		}
	}
	d.Roles = append(slices.Clone(d.Roles), v1alpha1.Role{ObjectMeta: metav1.ObjectMeta{Name: "linker"}})
	d.Roles[len(d.Roles)-1].Spec.Permissions = []v1alpha1.Permission{v1alpha1.PermissionList, v1alpha1.PermissionShare, v1alpha1.PermissionLink}
	for i := range d.Collections {
		d.Collections[i] = *d.Collections[i].DeepCopy()
		moreItems(t, w, &d.Collections[i].Spec)
	}
	for i := range len(d.Collections) {
		c := *d.Collections[i].DeepCopy()
		c.Name += "-" + name
		c.Spec.LibraryRef.Name = rapid.SampledFrom(d.Libraries).Draw(t, "library").Name
		if rapid.Bool().Draw(t, "the same items") {
			d.Collections = append(d.Collections, c)
		}
	}
	var subjects []v1alpha1.Subject
	for i := range d.Users {
		subjects = append(subjects, v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: d.Users[i].Name})
	}
	for i := range d.UserGroups {
		subjects = append(subjects, v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: d.UserGroups[i].Name})
	}
	give := func(role string, target v1alpha1.Target) {
		b := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("linking-%d-%s", len(d.RoleBindings), name)}}
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: role}
		if role == "linker" {
			b.Spec.RoleRef.Kind = v1alpha1.RoleKindRole
		}
		b.Spec.Subjects = []v1alpha1.Subject{rapid.SampledFrom(subjects).Draw(t, "who links")}
		b.Spec.Targets = []v1alpha1.Target{target}
		b.Spec.NotBefore, b.Spec.NotAfter = instant(t, w, "linking begins"), instant(t, w, "linking ends")
		d.RoleBindings = append(d.RoleBindings, b)
	}
	for i := range d.Collections {
		for range rapid.IntRange(0, 2).Draw(t, "linkers") {
			give(rapid.SampledFrom([]string{"manager", "linker"}).Draw(t, "role"), v1alpha1.Target{Kind: v1alpha1.TargetCollection, Name: d.Collections[i].Name})
		}
	}
	for i := range d.Folders {
		if rapid.IntRange(0, 3).Draw(t, "a folder") == 0 {
			give("manager", v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: d.Folders[i].Name})
		}
	}
	for i := range d.Libraries {
		if rapid.IntRange(0, 3).Draw(t, "all of a library") == 0 {
			give("library-editor", v1alpha1.Target{Kind: v1alpha1.TargetLibrary, Name: d.Libraries[i].Name})
		}
	}
	return to
}

// linksMore tells whether somebody may show a part of a Collection by a link on it at an instant from now on at which the other
// side does not let them, neither by a Collection that shows it nor by the permission on the Folder or Library around it. Those
// whom no binding on the Collection lets are asked about where it has a version more.
func linksMore(other, s *side, theirs, ours []string, collection string, days []time.Time) bool {
	has, there := s.contents[collection], other.contents[collection]
	_, err := other.model.LinkScope(v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: collection}})
	grown := slices.ContainsFunc(has.pinned, func(p pin) bool {
		return err != nil || !sameBucket(other, s, collection, collection) || opened(other, s, collection, p.path) || !slices.Contains(there.pinned, p)
	})
	if !grown && !slices.Contains(mayLinkEver(s.model, ours), collection) {
		return false
	}
	return slices.ContainsFunc(days, func(day time.Time) bool {
		return s.mayLink(ours, collection, day) && slices.ContainsFunc(plainParts(other, s, collection), func(p plainPart) bool {
			return !p.shown(other, s, theirs, collection, day)
		})
	})
}

// linksNewly tells whether somebody may make links on a Collection at an instant from now on at which the other side does not let them
// make any on the one of its name.
func linksNewly(other, s *side, theirs, ours []string, collection string, days []time.Time) bool {
	return slices.ContainsFunc(days, func(day time.Time) bool {
		return s.mayLink(ours, collection, day) && !other.mayLink(theirs, collection, day)
	})
}

// plainPart is what a Collection shows by one item, or in a Folder that was restricted.
type plainPart struct {
	pin
	opened bool
}

// plainParts are all that a Collection shows; nothing is a part as well.
func plainParts(other, s *side, collection string) []plainPart {
	var all []plainPart
	has, bucket := s.contents[collection], s.buckets[s.librariesOf[collection]]
	for _, p := range has.pinned {
		all = append(all, plainPart{p, opened(other, s, collection, p.path)})
	}
	for _, item := range has.items {
		all = append(all, plainPart{pin{path: item}, !access.IsPattern(item) && opened(other, s, collection, item)})
		if l := other.layouts[bucket]; l != nil {
			for folder := range l.restricted {
				for _, below := range within(item, folder) {
					if s.root(bucket, folder+anyName) == "" {
						all = append(all, plainPart{pin{path: below}, true})
					}
				}
			}
		}
	}
	if all == nil {
		all = append(all, plainPart{})
	}
	return all
}

// opened tells whether a path is in a Folder that the other side restricts, and on this side nothing around that Folder is.
func opened(other, s *side, collection, path string) bool {
	bucket := s.buckets[s.librariesOf[collection]]
	l := other.layouts[bucket]
	if l == nil {
		return false
	}
	for folder := range l.restricted {
		if strings.HasPrefix(path, folder) && s.root(bucket, folder+anyName) == "" {
			return true
		}
	}
	return false
}

// shown tells whether somebody may show all of a part of a Collection at an instant on the other side.
func (p plainPart) shown(other, s *side, theirs []string, collection string, day time.Time) bool {
	for name, has := range other.contents {
		if !p.opened && sameBucket(other, s, name, collection) && p.in(has, s.contents[collection], name == collection) && other.mayLink(theirs, name, day) {
			return true
		}
	}
	if p.version != "" {
		return false
	}
	path := p.path
	if literal, _, pattern := strings.Cut(path, "*"); pattern || path == "" {
		path = literal[:strings.LastIndex(literal, "/")+1] + anyName
	}
	return other.mayLinkIn(theirs, s.buckets[s.librariesOf[collection]], path, day)
}

// in tells whether contents have all of a part of others: the same version, or the same item or a pattern for all of a folder around it
// and nothing pinned beside it that it matches, unless it is pinned among the others too. In what goes by the same name any pattern
// that matches a file will do, and anything has a part in which nothing is.
func (p plainPart) in(has, others contents, namesake bool) bool {
	switch {
	case p.version != "":
		return slices.Contains(has.pinned, p.pin)
	case p.path == "":
		return namesake || len(has.items)+len(has.pinned) == 0
	}
	for _, path := range has.pinnedPaths() {
		if matches(p.path, path) && !slices.Contains(others.pinnedPaths(), path) {
			return false
		}
	}
	return slices.ContainsFunc(has.items, func(item string) bool {
		folder, all := strings.CutSuffix(item, "**")
		literal, _, pattern := strings.Cut(p.path, "*")
		return item == p.path || namesake && !pattern && matches(item, p.path) ||
			all && !strings.Contains(folder, "*") && (folder == "" || strings.HasSuffix(folder, "/")) && strings.HasPrefix(literal, folder)
	})
}

func sameBucket(a, b *side, one, another string) bool {
	_, some := a.contents[one]
	return some && a.buckets[a.librariesOf[one]] == b.buckets[b.librariesOf[another]]
}

func (s *side) mayLink(subjects []string, collection string, at time.Time) bool {
	return slices.ContainsFunc(subjects, func(subject string) bool { return s.model.DecideLink(subject, collection, at).Allowed })
}

// linkDays are now and the instants from then on at which a binding of one of the tenants begins or ends.
func linkDays(now time.Time, tenants ...review.Tenant) []time.Time {
	days := []time.Time{now}
	for _, tenant := range tenants {
		for i := range tenant.Declared.RoleBindings {
			spec := &tenant.Declared.RoleBindings[i].Spec
			for _, at := range []*metav1.Time{spec.NotBefore, spec.NotAfter} {
				if at != nil && at.After(now) {
					days = append(days, at.Time)
				}
			}
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	return slices.CompactFunc(days, time.Time.Equal)
}

// moreItems changes what a Collection has: it may take in all, a folder, a pattern or a file in some version, and let something go.
func moreItems(t *rapid.T, w worldtest.World, c *v1alpha1.CollectionSpec) {
	if len(c.Items) > 0 && rapid.IntRange(0, 3).Draw(t, "let an item go") == 0 {
		c.Items = c.Items[1:]
	}
	for range rapid.IntRange(0, 2).Draw(t, "more items") {
		paths := []string{"**", "*", "brand/**", "brand/*", "*/f.jpg", "brand/f.jpg"}
		for _, key := range w.Keys {
			paths = append(paths, key.Path)
		}
		item := v1alpha1.CollectionItem{Path: rapid.SampledFrom(paths).Draw(t, "item")}
		if slices.ContainsFunc(c.Items, func(has v1alpha1.CollectionItem) bool { return has.Path == item.Path }) {
			continue // the API has each path once
		}
		pinned(t, &item)
		c.Items = append(c.Items, item)
	}
}
