package compare

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// side is one of the two states, ready to be asked by the paths that people know.
type side struct {
	tenant review.Tenant
	model  *access.Model
	now    time.Time
	// buckets that the Libraries have, by Library: two states are compared by what is
	// stored, whatever a Library is called.
	buckets map[string]string
	// layouts by bucket.
	layouts map[string]*layout
	// contents of Collections, and the Libraries that these are of.
	contents    map[string]contents
	librariesOf map[string]string
	// firstSeen are the first days of links.
	firstSeen map[string]time.Time
	// sponsors answers for links: in it nobody is added to any group. It is nil where no link names a sponsor.
	sponsors *access.Model
	// sponsorDays are the instants at which the rights of a sponsor begin or end.
	sponsorDays map[v1alpha1.LinkSponsor][]time.Time
}

// contents are what the members of a Collection come by, in order.
type contents struct {
	// items are paths and patterns of files in their current version, and what stands for those that a selector picks. What a
	// pattern matches or a selector picks is none of them when it is pinned.
	items []string
	// pinned files are members in one version alone.
	pinned []pin
}

// pin is one version of a file.
type pin struct{ path, version string }

func (c contents) pinnedPaths() []string {
	var all []string
	for _, p := range c.pinned {
		all = append(all, p.path)
	}
	return all
}

// layout is where things are in one bucket of originals.
type layout struct {
	library string
	// restricted Folders: by path with a slash at the end, the root's name.
	restricted map[string]string
	// folders are the paths that are folders for certain.
	folders map[string]bool
}

// newSide prepares a state. Somebody is added to each group named here who is in no other:
// so that what is given to a group is compared even where it is not known who is in it.
func newSide(t review.Tenant, groups []string, now time.Time) *side {
	s := &side{tenant: t, now: now, buckets: map[string]string{}, layouts: map[string]*layout{}, contents: map[string]contents{}, librariesOf: map[string]string{}}
	d := peopled(t.Declared, groups)
	d.Files = nil
	// Which files match a pattern is not known here: the model is to see one member in each
	// Collection, and the items are looked at as what they are.
	d.Collections = slices.Clone(d.Collections)
	for i := range d.Collections {
		d.Collections[i].Spec.Items = []v1alpha1.CollectionItem{{Path: "⟨member⟩"}}
	}
	s.model = access.New(d)
	s.lay(d)
	for i := range t.Declared.Collections {
		c := &t.Declared.Collections[i]
		s.contents[c.Name], s.librariesOf[c.Name] = s.contentsOf(c), c.Spec.LibraryRef.Name
	}
	if slices.ContainsFunc(t.Links, func(l v1alpha1.PublicLink) bool { return l.Spec.Sponsor != nil }) {
		t.Declared.Files = nil
		s.sponsors, s.sponsorDays = access.New(t.Declared), map[v1alpha1.LinkSponsor][]time.Time{}
	}
	return s
}

func (s *side) lay(d access.Declarations) {
	for i := range d.Libraries {
		l := &d.Libraries[i]
		bucket := l.Spec.StoreRef.Name + "/" + l.Spec.Bucket.Name
		s.buckets[l.Name] = bucket
		if s.layouts[bucket] == nil || s.model.Owns(l.Name) {
			s.layouts[bucket] = &layout{library: l.Name, restricted: map[string]string{}, folders: map[string]bool{}}
		}
	}
	for i := range d.Folders {
		f := &d.Folders[i]
		l := s.layouts[s.buckets[f.Spec.LibraryRef.Name]]
		scope, placed := s.model.FolderScope(f.Name)
		if !placed || l == nil || l.library != f.Spec.LibraryRef.Name {
			continue
		}
		path := string(f.Spec.Path)
		if scope.Restricted == f.Name {
			l.restricted[path+"/"] = f.Name
		}
		for at := path; at != ""; at = parent(at) {
			l.folders[at] = true
		}
	}
}

func parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return ""
}

// contentsOf are the items of a Collection that can have members.
func (s *side) contentsOf(c *v1alpha1.Collection) contents {
	var all contents
	l := s.layouts[s.buckets[c.Spec.LibraryRef.Name]]
	for _, item := range c.Spec.Items {
		switch {
		case access.IsPattern(item.Path):
			all.items = append(all.items, item.Path)
		case asset.CheckPath(item.Path) != nil || asset.Reserved(item.Path) || l != nil && l.folders[item.Path]:
		case item.Version != "":
			all.pinned = append(all.pinned, pin{item.Path, item.Version})
		default:
			all.items = append(all.items, item.Path)
		}
	}
	slices.Sort(all.items)
	all.items = slices.Compact(all.items)
	slices.SortFunc(all.pinned, func(a, b pin) int { return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.version, b.version)) })
	all.pinned = slices.Compact(all.pinned)
	if c.Spec.Selector != nil {
		all.items = append([]string{pickedBy(c.Spec.Selector, all.pinnedPaths(), l)}, all.items...) // its mark comes before all paths
	}
	return all
}

// root is the path of the restricted Folder that a path lies in, with a slash at
// its end; empty for the open part of the library.
func (s *side) root(bucket, path string) string {
	l := s.layouts[bucket]
	if l == nil {
		return ""
	}
	for end := strings.LastIndexByte(path, '/'); end >= 0; end = strings.LastIndexByte(path[:end], '/') {
		if _, is := l.restricted[path[:end+1]]; is {
			return path[:end+1]
		}
	}
	return ""
}

// pathOf is where a scope is in its library, as people see it.
func (s *side) pathOf(scope access.Scope) (root, prefix string) {
	if scope.Restricted == "" {
		return "", scope.Prefix
	}
	if l := s.layouts[s.buckets[scope.Library]]; l != nil {
		for path, name := range l.restricted {
			if name == scope.Restricted {
				return path, path + scope.Prefix
			}
		}
	}
	return "", scope.Prefix
}

// library is what the bucket's Library is called on this side.
func (s *side) library(bucket string) string {
	if l := s.layouts[bucket]; l != nil {
		return l.library
	}
	return ""
}
