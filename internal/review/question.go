package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// question is a target, and the files that stand for it.
type question struct {
	target   Target
	library  string
	declared access.Declarations
	model    *access.Model
	// places to ask about; none when the target cannot be granted on.
	places []place
	// path of a folder, with a slash at its end; empty for a Library and for a Collection.
	path string
	// root is the restricted Folder that all of it lies in.
	root string
}

// place is one file, or a name that stands for any file.
type place struct {
	key access.Key
	// name for people: the item of a Collection, or the target.
	name string
}

// anyFile stands for every file right in a folder. No declaration can name it,
// as items of Collections may hold no control character.
const anyFile = "\x00"

// ask finds what a target stands for in the declarations as they are.
func (r *Review) ask(t Target) (*question, error) {
	q := &question{target: t}
	switch t.Kind {
	case v1alpha1.TargetLibrary:
		if r.library(t.Name) == nil {
			return nil, notFound("Library", t.Name, r.tenant.Namespace, names(r.tenant.Declared.Libraries, func(l *v1alpha1.Library) string { return l.Name }))
		}
		q.library = t.Name
	case v1alpha1.TargetFolder:
		f := r.folder(t.Name)
		if f == nil {
			return nil, notFound("Folder", t.Name, r.tenant.Namespace, names(r.tenant.Declared.Folders, func(f *v1alpha1.Folder) string { return f.Name }))
		}
		q.library, q.path = f.Spec.LibraryRef.Name, string(f.Spec.Path)+"/"
	case v1alpha1.TargetCollection:
		c := r.collection(t.Name)
		if c == nil {
			return nil, notFound("Collection", t.Name, r.tenant.Namespace, names(r.tenant.Declared.Collections, func(c *v1alpha1.Collection) string { return c.Name }))
		}
		q.library = c.Spec.LibraryRef.Name
	}
	if t.Path != "" {
		if err := r.checkFile(t); err != nil {
			return nil, err
		}
	}
	q.declared = withItems(r.tenant.Declared, t.Name, t.Path)
	q.model = access.New(q.declared)
	r.place(q)
	return q, nil
}

// checkFile refuses a path that no file can have.
func (r *Review) checkFile(t Target) error {
	if err := asset.CheckPath(t.Path); err != nil {
		return fmt.Errorf("%q: %w", t.Path, err)
	}
	if asset.Reserved(t.Path) {
		return fmt.Errorf("%q: %w: the top folder restricted is reserved; name a file of a restricted Folder by the Folder's path", t.Path, asset.ErrPath)
	}
	for i := range r.tenant.Declared.Folders {
		f := &r.tenant.Declared.Folders[i]
		if f.Spec.LibraryRef.Name == t.Name && string(f.Spec.Path) == t.Path {
			return fmt.Errorf("%q: %w for a file: it is a folder; ask about folder/%s", t.Path, asset.ErrPath, f.Name)
		}
	}
	return nil
}

// place fills in what stands for the target.
func (r *Review) place(q *question) {
	key := func(s access.Scope, path string) {
		q.root = s.Restricted
		q.places = []place{{access.Key{Library: s.Library, Restricted: s.Restricted, Path: s.Prefix + path}, q.target.String()}}
	}
	switch {
	case q.target.Path != "":
		key(r.scopeOf(q, q.target.Path))
	case q.target.Kind == v1alpha1.TargetLibrary:
		key(access.Scope{Library: q.library}, anyFile)
	case q.target.Kind == v1alpha1.TargetFolder:
		if scope, ok := q.model.FolderScope(q.target.Name); ok {
			key(scope, anyFile)
		}
	default:
		members, _ := q.model.Members(q.target.Name)
		for _, item := range itemsOf(r.collection(q.target.Name)) {
			k := access.Key{Library: q.library, Path: standIn(item)}
			if slices.Contains(members, k) {
				q.places = append(q.places, place{k, item})
			}
		}
	}
}

// scopeOf finds the root that a file of a library is in, and its path there:
// the root of the nearest restricted Folder above it, or the open one.
func (r *Review) scopeOf(q *question, path string) (access.Scope, string) {
	nearest := ""
	scope := access.Scope{Library: q.library}
	for i := range q.declared.Folders {
		f := &q.declared.Folders[i]
		at := string(f.Spec.Path) + "/"
		if f.Spec.LibraryRef.Name != q.library || !strings.HasPrefix(path, at) || len(at) <= len(nearest) {
			continue
		}
		if s, ok := q.model.FolderScope(f.Name); ok && s.Restricted == f.Name {
			nearest, scope = at, s
		}
	}
	return scope, strings.TrimPrefix(path, nearest)
}

// pathOf is where a scope is in its library, as people see it; it ends in a
// slash, or is empty for a whole library.
func (r *Review) pathOf(s access.Scope) string {
	if s.Restricted == "" {
		return s.Prefix
	}
	if f := r.folder(s.Restricted); f != nil {
		return string(f.Spec.Path) + "/" + s.Prefix
	}
	return s.Prefix
}

func names[T any](items []T, name func(*T) string) []string {
	all := make([]string, 0, len(items))
	for i := range items {
		all = append(all, name(&items[i]))
	}
	return all
}
