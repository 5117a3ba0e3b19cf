package compare

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// part is what a Collection shows by one of its items: of files in a bucket, the current versions or a pinned one.
type part struct {
	bucket string
	// item is a path or a pattern; empty stands for a Collection in which nothing is.
	item string
	// version of the file, when it is pinned.
	version string
	// without are the pinned files beside a pattern, which it passes over.
	without string
}

// shownPart is a part as one side has it.
type shownPart struct {
	part
	// pinned are the files beside a pattern, as without has them.
	pinned []string
	// named: the Collection of the same name shows it on the other side too.
	named bool
	// locked: it is in a Folder that the other side restricts, so that no Collection shows it there.
	locked bool
}

func (x *linkIndex) bucketOf(collection string) string { return x.buckets[x.librariesOf[collection]] }

// partsOf are all parts of a Collection, at least one.
func (x *linkIndex) partsOf(name string) []shownPart {
	if all, known := x.parts[name]; known {
		return all
	}
	var all []shownPart
	bucket, has := x.bucketOf(name), x.contents[name]
	pinned := has.pinnedPaths()
	add := func(item, version string, locked bool) {
		p := shownPart{part: part{bucket: bucket, item: item, version: version}, locked: locked}
		if access.IsPattern(item) {
			p.without, p.pinned = strings.Join(pinned, "\x00"), pinned
		}
		p.named = !locked && x.other.namesake(name, p)
		all = append(all, p)
	}
	opened := x.openedIn(bucket)
	locked := func(path string) bool {
		return slices.ContainsFunc(opened, func(folder string) bool { return strings.HasPrefix(path, folder) })
	}
	for _, item := range has.items {
		add(item, "", !access.IsPattern(item) && locked(item))
		for _, folder := range opened {
			for _, below := range within(item, folder) {
				add(below, "", true)
			}
		}
	}
	for _, p := range has.pinned {
		add(p.path, p.version, locked(p.path))
	}
	if len(all) == 0 {
		add("", "", false)
	}
	x.parts[name] = all
	return all
}

// openedIn are the paths, with a slash at the end, of the Folders that the other side restricts and this one does not: files
// come out of them.
func (x *linkIndex) openedIn(bucket string) []string {
	if all, known := x.opened[bucket]; known {
		return all
	}
	var all []string
	if there := x.other.layouts[bucket]; there != nil {
		for path := range there.restricted {
			if x.root(bucket, path+anyName) == "" {
				all = append(all, path)
			}
		}
	}
	slices.Sort(all)
	x.opened[bucket] = all
	return all
}

// showsNoMore tells whether a Collection shows nothing that the one of the same name on the other side does not.
func (x *linkIndex) showsNoMore(name string) bool {
	if is, known := x.noMore[name]; known {
		return is
	}
	bucket, has := x.bucketOf(name), x.contents[name]
	there, some := x.other.contents[name]
	is := some && bucket == x.other.bucketOf(name) && len(x.openedIn(bucket)) == 0 && slices.Equal(has.items, there.items) && slices.Equal(has.pinned, there.pinned) ||
		!slices.ContainsFunc(x.partsOf(name), func(p shownPart) bool { return !p.named })
	x.noMore[name] = is
	return is
}

// versionsGrown are the Collections with a version of a file that no link can show on the Collection of the same name on the other
// side.
func (x *linkIndex) versionsGrown() []string {
	if x.looked {
		return x.grown
	}
	x.looked = true
	for name, has := range x.contents {
		if len(has.pinned) == 0 {
			continue
		}
		_, err := x.other.model.LinkScope(v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: name}})
		if err != nil || !x.showsNoMore(name) && slices.ContainsFunc(x.partsOf(name), func(p shownPart) bool { return p.version != "" && !p.named }) {
			x.grown = append(x.grown, name)
		}
	}
	slices.Sort(x.grown)
	return x.grown
}

// namesake tells whether the Collection of a name shows all of a part of the one that has this name on the other side.
func (x *linkIndex) namesake(name string, p shownPart) bool {
	has, some := x.contents[name]
	switch {
	case !some || x.bucketOf(name) != p.bucket:
		return false
	case p.item == "":
		return true // less is nothing
	case p.version != "":
		_, found := slices.BinarySearchFunc(has.pinned, pin{p.item, p.version}, comparePins)
		return found
	}
	_, same := slices.BinarySearch(has.items, p.item)
	return (same || slices.ContainsFunc(has.items, func(item string) bool { return encloses(item, p.item) })) && !has.passesOver(p)
}

// showingAll are the Collections that show all of a part, found by what they have: the same item, or all of a folder around it.
// What other patterns take in is not looked for.
func (x *linkIndex) showingAll(p shownPart) []string {
	if x.showing == nil {
		x.showing = map[part][]string{}
		for name, has := range x.contents {
			at := part{bucket: x.bucketOf(name)}
			if len(has.items)+len(has.pinned) == 0 {
				x.showing[at] = append(x.showing[at], name)
			}
			for _, item := range has.items {
				at.item = item
				x.showing[at] = append(x.showing[at], name)
			}
			for _, pinned := range has.pinned {
				at.item, at.version = pinned.path, pinned.version
				x.showing[at] = append(x.showing[at], name)
			}
		}
	}
	at := part{bucket: p.bucket, item: p.item, version: p.version}
	if p.item == "" || p.version != "" {
		return x.showing[at]
	}
	all := slices.Clone(x.showing[at])
	for folder := parent(access.LiteralPrefix(p.item)); ; folder = parent(folder) {
		if at.item = strings.TrimPrefix(folder+"/**", "/"); at.item != p.item {
			all = append(all, x.showing[at]...)
		}
		if folder == "" {
			break
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return x.contents[name].passesOver(p) })
}

// pins tells whether a file is there in one version alone.
func (c contents) pins(path string) bool {
	_, found := slices.BinarySearchFunc(c.pinned, path, func(p pin, path string) int { return cmp.Compare(p.path, path) })
	return found
}

// passesOver tells whether some current file of a part is not shown since it is pinned, and is shown where the part is.
func (c contents) passesOver(p shownPart) bool {
	if !access.IsPattern(p.item) {
		return c.pins(p.item)
	}
	return slices.ContainsFunc(c.pinned, func(at pin) bool {
		_, there := slices.BinarySearch(p.pinned, at.path)
		return !there && matches(p.item, at.path)
	})
}

func comparePins(a, b pin) int {
	return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.version, b.version))
}

// encloses tells whether a pattern certainly matches whatever an item names: one file that it matches, or files in a
// folder of which it takes all.
func encloses(pattern, item string) bool {
	if !access.IsPattern(item) {
		return matches(pattern, item)
	}
	folder, all := strings.CutSuffix(pattern, "**")
	return all && !access.IsPattern(folder) && (folder == "" || strings.HasSuffix(folder, "/")) && strings.HasPrefix(access.LiteralPrefix(item), folder)
}

// beyondFolders are the lacks that somebody's right to make links in Folders or whole Libraries does not make up for on the side
// without them: by it they may make links on a Folder, or on each file in it, in its current version.
func (s *side) beyondFolders(subjects []string, lacking []lack) []lack {
	if len(lacking) == 0 {
		return nil
	}
	held := s.linksInFolders(subjects)
	if len(held) == 0 {
		return lacking
	}
	folders := newIndex(s, held)
	return slices.DeleteFunc(slices.Clone(lacking), func(l lack) bool {
		if l.version != "" {
			return false
		}
		at := l.item
		if access.IsPattern(at) || at == "" { // all that it may match is in the folder that it begins with
			at = at[:strings.LastIndexByte(access.LiteralPrefix(at), '/')+1] + anyName
		}
		theirs := slices.Clone(l.theirs)
		for _, h := range folders.covering(l.bucket, at, "") {
			theirs = append(theirs, h.span(s.now))
		}
		return coveredBy(l.mine, merged(theirs))
	})
}

// linksInFolders are somebody's rights to make links in Folders and whole Libraries from now on.
func (s *side) linksInFolders(subjects []string) []holding {
	var all []holding
	for _, subject := range subjects {
		for _, g := range s.model.GrantsEver(subject) {
			if g.Scope == nil || !g.Permissions.Has(access.Link) {
				continue
			}
			if from, until, ever := window(g.Route.NotBefore, g.Route.NotAfter, s.now); ever {
				h := holding{bucket: s.buckets[g.Scope.Library], permissions: g.Permissions, from: from, until: until}
				h.root, h.prefix = s.pathOf(*g.Scope)
				all = append(all, h)
			}
		}
	}
	return all
}

// span is when a right holds.
func (h *holding) span(now time.Time) span {
	if h.from == nil {
		return span{now, h.until}
	}
	return span{*h.from, h.until}
}
