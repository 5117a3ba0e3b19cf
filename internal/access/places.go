package access

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// library is what the model keeps of a Library.
type library struct {
	// live: rights in it hold. Not so while it is frozen, going, or in conflict.
	live, frozen bool
	// owns: no older Library of the tenant has its bucket.
	owns bool
	// restricted folders of it that are in force, by path.
	restricted []*folder
	// through holds every path that is a folder for certain: those of Folders, and those above.
	through map[string]struct{}
}

// folder is what the model keeps of a Folder whose place is known.
type folder struct {
	name  string
	path  string
	scope Scope
	// restricted: this Folder has a root of its own.
	restricted bool
	// live: grants on it hold. A Folder that is going still bounds its root.
	live bool
}

// byAge orders objects so that the first claimant of a thing comes first.
func byAge[T any](items []T, meta func(*T) *metav1.ObjectMeta) []*T {
	ordered := make([]*T, len(items))
	for i := range items {
		ordered[i] = &items[i]
	}
	slices.SortFunc(ordered, func(a, b *T) int {
		ma, mb := meta(a), meta(b)
		return cmp.Or(ma.CreationTimestamp.Compare(mb.CreationTimestamp.Time), cmp.Compare(ma.Name, mb.Name))
	})
	return ordered
}

func going(m *metav1.ObjectMeta) bool { return m.DeletionTimestamp != nil }

func frozen(m *metav1.ObjectMeta) bool { return v1alpha1.FreezeReason(m) != "" }

func (m *Model) addLibraries(declared []v1alpha1.Library) {
	m.libraries = make(map[string]*library, len(declared))
	type place struct{ store, bucket string }
	owner := map[place]string{}
	for _, l := range byAge(declared, func(l *v1alpha1.Library) *metav1.ObjectMeta { return &l.ObjectMeta }) {
		at := place{l.Spec.StoreRef.Name, l.Spec.Bucket.Name}
		if first, taken := owner[at]; taken {
			m.problems.add("Library", l.Name, v1alpha1.ReasonConflict,
				"the older Library %s has the bucket %s; name another bucket, or delete one of the two", first, at.bucket)
			m.libraries[l.Name] = &library{through: map[string]struct{}{}}
			continue
		}
		owner[at] = l.Name
		m.libraries[l.Name] = &library{
			live:    !going(&l.ObjectMeta) && !frozen(&l.ObjectMeta),
			frozen:  frozen(&l.ObjectMeta),
			owns:    true,
			through: map[string]struct{}{},
		}
	}
}

func (m *Model) addFolders(declared []v1alpha1.Folder) {
	m.folders = make(map[string]*folder, len(declared))
	claims := map[string]*claims{}
	ordered := byAge(declared, func(f *v1alpha1.Folder) *metav1.ObjectMeta { return &f.ObjectMeta })

	accepted := ordered[:0]
	for _, f := range ordered {
		lib, path := f.Spec.LibraryRef.Name, string(f.Spec.Path)
		if m.libraries[lib] == nil {
			m.problems.add("Folder", f.Name, v1alpha1.ReasonLibraryNotFound,
				"there is no Library %s in this namespace; create it, or correct spec.libraryRef", lib)
			continue
		}
		if wrong := checkPath(path); wrong != "" {
			m.problems.add("Folder", f.Name, v1alpha1.ReasonInvalidPath, "%s", wrong)
			continue
		}
		if claims[lib] == nil {
			claims[lib] = newClaims()
		}
		if other := claims[lib].against(path); other != nil {
			m.problems.add("Folder", f.Name, v1alpha1.ReasonConflict,
				"the older Folder %s is at %q, and this one's path %q is the same or leads through it in another spelling; choose another path, or delete one of the two", other.name, other.path, path)
			continue
		}
		placed := &folder{name: f.Name, path: path, restricted: f.Spec.Access == v1alpha1.AccessRestricted, live: !going(&f.ObjectMeta)}
		claims[lib].add(placed)
		m.libraries[lib].through[path] = struct{}{}
		for p := range above(path) {
			m.libraries[lib].through[p] = struct{}{}
		}
		m.folders[f.Name] = placed
		accepted = append(accepted, f)
	}
	for _, f := range accepted {
		m.place(m.folders[f.Name], f.Spec.LibraryRef.Name, claims[f.Spec.LibraryRef.Name])
	}
	for _, l := range m.libraries {
		slices.SortFunc(l.restricted, func(a, b *folder) int { return cmp.Compare(a.path, b.path) })
	}
}

// place finds where a folder's files are: in the bucket of originals, or
// below the root of the nearest restricted Folder, itself included.
func (m *Model) place(f *folder, lib string, c *claims) {
	f.scope = Scope{Library: lib, Prefix: f.path + "/"}
	if f.restricted {
		f.scope = Scope{Library: lib, Restricted: f.name}
		if f.live {
			m.libraries[lib].restricted = append(m.libraries[lib].restricted, f)
		}
		return
	}
	for path := range above(f.path) {
		root := c.exact[path]
		if root == nil || !root.restricted {
			continue
		}
		f.scope = Scope{Library: lib, Restricted: root.name, Prefix: strings.TrimPrefix(f.path, root.path+"/") + "/"}
		if !root.live && f.live {
			// Its files neither leave the root nor become open while that root is being taken away.
			f.live = false
			m.problems.add("Folder", f.name, v1alpha1.ReasonDeleting,
				"it lies in the restricted Folder %s, which is being deleted; move the files elsewhere, or keep that Folder", root.name)
		}
		return
	}
}

// restrictedBelow gives the restricted folders in force below a path, the
// path itself not among them; below the whole library when it is empty.
func (l *library) restrictedBelow(path string) []*folder {
	if path == "" {
		return l.restricted
	}
	find := func(bound string) int {
		i, _ := slices.BinarySearchFunc(l.restricted, bound, func(f *folder, bound string) int { return cmp.Compare(f.path, bound) })
		return i
	}
	return l.restricted[find(path+"/"):find(path+"0")] // 0 is the byte after the slash
}

// claims are the paths that a library's Folders have, and the folders that
// those lead through, in every spelling.
type claims struct {
	exact map[string]*folder
	// folded holds declared folders, through those that paths lead through; a
	// folded path leads through a few spellings at most.
	folded  map[string]*folder
	through map[string][]claim
}

type claim struct {
	spelling string
	by       *folder
}

func newClaims() *claims {
	return &claims{exact: map[string]*folder{}, folded: map[string]*folder{}, through: map[string][]claim{}}
}

// against finds the older folder that stands in the way of a path: one at the
// same path, case and Unicode form aside, or one at or above which one of
// the two is spelled otherwise, so that people would take them for one.
func (c *claims) against(path string) *folder {
	key := fold(path)
	if f := c.folded[key]; f != nil {
		return f
	}
	for _, t := range c.through[key] {
		if t.spelling != path {
			return t.by
		}
	}
	for p := range above(path) {
		if f := c.folded[fold(p)]; f != nil && f.path != p {
			return f
		}
	}
	return nil
}

func (c *claims) add(f *folder) {
	c.exact[f.path] = f
	c.folded[fold(f.path)] = f
	for p := range above(f.path) {
		key := fold(p)
		if !slices.ContainsFunc(c.through[key], func(t claim) bool { return t.spelling == p }) {
			c.through[key] = append(c.through[key], claim{p, f})
		}
	}
}

// Owns tells whether a Library exists and has its bucket for itself in this
// tenant: whether policies on its buckets are about this Library.
func (m *Model) Owns(name string) bool {
	l := m.libraries[name]
	return l != nil && l.owns
}

// FolderScope is where a Folder's files are; false when the Folder does not
// exist, or is malformed, in conflict or in no Library.
func (m *Model) FolderScope(name string) (Scope, bool) {
	f := m.folders[name]
	if f == nil {
		return Scope{}, false
	}
	return f.scope, true
}
