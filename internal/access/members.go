package access

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// MaxMembers is how many members a Collection may have for grants on it to be
// enforced at a store, which needs two resources of about 100 bytes for each: 60 KB of
// the 64 KiB of a policy is what one such Collection can need. A larger one is served by links.
const MaxMembers = 300

// collection is what the model keeps of a Collection.
type collection struct {
	library string
	// items as declared, which the members were found by.
	items []v1alpha1.CollectionItem
	// selected are the paths that its selector picks, which others were found by; in order.
	selected []string
	members  []Key
	// versions of the members that are pinned to one.
	versions map[Key]string
	// granted are the members on which grants give something: those that are not
	// pinned, since a store's policy cannot tell versions apart.
	granted  []Key
	set      map[Key]struct{} // of granted
	problems problemList
	live     bool
}

// tooLarge: grants on it are not enforceable at a store.
func (c *collection) tooLarge() bool { return len(c.granted) > MaxMembers }

// addCollections finds the members of each Collection. Patterns over a hundred thousand files take
// milliseconds each, so what the model before found by the same items and selected files in the same Library stays; before may be nil.
func (m *Model) addCollections(d Declarations, before *Model) {
	m.collections = make(map[string]*collection, len(d.Collections))
	m.listings = map[string][]string{}
	same := map[string]bool{} // Libraries with the files and folders of the model before
	for _, c := range byAge(d.Collections, func(c *v1alpha1.Collection) *metav1.ObjectMeta { return &c.ObjectMeta }) {
		lib := c.Spec.LibraryRef.Name
		if m.libraries[lib] == nil {
			m.problems.add("Collection", c.Name, v1alpha1.ReasonLibraryNotFound,
				"there is no Library %s in this namespace; create it, or correct spec.libraryRef", lib)
			continue
		}
		listing, ok := m.listings[lib]
		if !ok {
			listing = ordered(d.Files[lib])
			m.listings[lib] = listing
			same[lib] = before != nil && before.holdsAlike(lib, m)
		}
		kept := &collection{library: lib, items: c.Spec.Items}
		if c.Spec.Selector != nil {
			kept.selected = ordered(d.Selected[c.Name])
		}
		if same[lib] && before.foundBy(c.Name, kept) {
			*kept = *before.collections[c.Name]
		} else {
			m.expand(kept, c.Name, listing)
			kept.pin()
		}
		kept.live = !going(&c.ObjectMeta)
		m.collections[c.Name] = kept
		m.problems = append(m.problems, kept.problems...)
		if kept.tooLarge() {
			m.problems.add("Collection", c.Name, v1alpha1.ReasonLinksOnly,
				"it has %d members and a store's policy holds %d; links show them all, grants on it give nothing: name fewer, or grant on a Folder", len(kept.granted), MaxMembers)
		}
	}
}

// holdsAlike tells whether a Library has the same files and folders in another model.
func (m *Model) holdsAlike(lib string, other *Model) bool {
	listing, looked := m.listings[lib]
	return looked && slices.Equal(listing, other.listings[lib]) && maps.Equal(m.libraries[lib].through, other.libraries[lib].through)
}

// foundBy tells whether a Collection had the same items and selected files in the same Library.
func (m *Model) foundBy(name string, c *collection) bool {
	had := m.collections[name]
	return had != nil && had.library == c.library && slices.Equal(had.items, c.items) && slices.Equal(had.selected, c.selected)
}

// pin notes which members are of one version only.
func (c *collection) pin() {
	for _, item := range c.items {
		if item.Version != "" && !IsPattern(item.Path) {
			if c.versions == nil {
				c.versions = map[Key]string{}
			}
			c.versions[Key{Library: c.library, Path: item.Path}] = item.Version
		}
	}
	c.set = make(map[Key]struct{}, len(c.members))
	c.granted = c.members
	if len(c.versions) > 0 {
		c.granted = slices.DeleteFunc(slices.Clone(c.members), func(k Key) bool { return c.versions[k] != "" })
	}
	for _, k := range c.granted {
		c.set[k] = struct{}{}
	}
}

// Pinned counts the members of a Collection that are of one version only.
func (m *Model) Pinned(name string) int {
	c := m.collections[name]
	if c == nil {
		return 0
	}
	return len(c.members) - len(c.granted)
}

// expand finds a Collection's members, ordered by path. Of what a pattern
// matches and a selector picks, files whose names no policy can carry are left out, and those that have the
// name of a folder; nothing that an uploader calls a file may take the grants on others away.
func (m *Model) expand(c *collection, name string, listing []string) {
	found := map[string]struct{}{}
	find := func(path string) {
		if checkPath(path) == "" && !m.isFolder(c.library, path, listing) {
			found[path] = struct{}{}
		}
	}
	for _, path := range c.selected {
		find(path)
	}
	for _, item := range c.items {
		if IsPattern(item.Path) {
			for _, path := range below(listing, LiteralPrefix(item.Path)) {
				if Match(item.Path, path) {
					find(path)
				}
			}
			continue
		}
		if wrong := checkPath(item.Path); wrong != "" {
			c.problems.add("Collection", name, v1alpha1.ReasonInvalidPath, "item %q: %s", item.Path, wrong)
			continue
		}
		if m.isFolder(c.library, item.Path, listing) {
			c.problems.add("Collection", name, v1alpha1.ReasonInvalidPath,
				"item %q is a folder; write %q for the files in it", item.Path, item.Path+"/**")
			continue
		}
		found[item.Path] = struct{}{}
	}
	paths := make([]string, 0, len(found))
	for path := range found {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	c.members = make([]Key, 0, len(paths))
	for i, path := range paths {
		if i+1 < len(paths) && len(below(paths[i+1:], path+"/")) > 0 {
			continue // a file and a folder cannot have one name; the files in it are meant
		}
		c.members = append(c.members, Key{Library: c.library, Path: path})
	}
}

// isFolder tells whether a path leads through a Folder, or has files below it.
// A right to see a file's renditions is a right to all below its path, so a
// folder must never pass for a file.
func (m *Model) isFolder(lib, path string, listing []string) bool {
	return m.leadsThrough(lib, path) || len(below(listing, path+"/")) > 0
}

// leadsThrough tells whether a path is that of a declared Folder, or of a folder above one.
func (m *Model) leadsThrough(lib, path string) bool {
	_, ok := m.libraries[lib].through[path]
	return ok
}

// below gives the part of an ordered list that begins with a prefix.
func below(list []string, prefix string) []string {
	from, _ := slices.BinarySearch(list, prefix)
	rest := list[from:]
	// Everything with the prefix is in one run, as the list is ordered by bytes.
	to, _ := slices.BinarySearchFunc(rest, prefix, func(s, prefix string) int {
		if strings.HasPrefix(s, prefix) {
			return -1
		}
		return 1
	})
	return rest[:to]
}

func ordered(list []string) []string {
	if slices.IsSorted(list) {
		return list
	}
	return slices.Sorted(slices.Values(list))
}

// Members are a Collection's members, ordered by path; false when it does not
// exist or is in no Library. Not to be changed.
func (m *Model) Members(name string) ([]Key, bool) {
	c := m.collections[name]
	if c == nil {
		return nil, false
	}
	return c.members, true
}
