package compare

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	// items are the paths and patterns that a Collection's members come by, in order.
	items map[string][]string
	// firstSeen are the first days of links.
	firstSeen map[string]time.Time
}

// layout is where things are in one bucket of originals.
type layout struct {
	library string
	// restricted Folders: by path with a slash at the end, the root's name.
	restricted map[string]string
	// folders are the paths that are folders for certain.
	folders map[string]bool
}

// member is the name of one who is in a group and nowhere else. No User can have it.
func member(group string) string { return "group/" + group }

// newSide prepares a state. Somebody is added to each group named here who is in no other:
// so that what is given to a group is compared even where it is not known who is in it.
func newSide(t review.Tenant, groups []string, now time.Time) *side {
	s := &side{tenant: t, now: now, buckets: map[string]string{}, layouts: map[string]*layout{}, items: map[string][]string{}}
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
		s.items[c.Name] = s.itemsOf(c)
	}
	return s
}

// peopled are declarations in which each group named here has one more member, who is in no other.
func peopled(d access.Declarations, groups []string) access.Declarations {
	d.Users, d.UserGroups = slices.Clone(d.Users), slices.Clone(d.UserGroups)
	for i := range d.UserGroups {
		if g := &d.UserGroups[i]; slices.Contains(groups, g.Name) {
			d.Users = append(d.Users, v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: member(g.Name)}})
			g.Spec.Members = append(slices.Clone(g.Spec.Members), member(g.Name))
		}
	}
	return d
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

// itemsOf are the items of a Collection that can have members.
func (s *side) itemsOf(c *v1alpha1.Collection) []string {
	var all []string
	l := s.layouts[s.buckets[c.Spec.LibraryRef.Name]]
	for _, item := range c.Spec.Items {
		if !access.IsPattern(item.Path) && (asset.CheckPath(item.Path) != nil || asset.Reserved(item.Path) || l != nil && l.folders[item.Path]) {
			continue
		}
		all = append(all, item.Path)
	}
	slices.Sort(all)
	return slices.Compact(all)
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

// users of the side, those added for groups included.
func (s *side) users(groups []string) []string {
	var all []string
	for i := range s.tenant.Declared.Users {
		all = append(all, s.tenant.Declared.Users[i].Name)
	}
	for i := range s.tenant.Declared.UserGroups {
		if name := s.tenant.Declared.UserGroups[i].Name; slices.Contains(groups, name) {
			all = append(all, member(name))
		}
	}
	return all
}

// memberless are the groups of either state that name no members in it.
func memberless(states ...review.Tenant) []string {
	var all []string
	for _, t := range states {
		for i := range t.Declared.UserGroups {
			if g := &t.Declared.UserGroups[i]; len(g.Spec.Members) == 0 {
				all = append(all, g.Name)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
