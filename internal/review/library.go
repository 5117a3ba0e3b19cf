package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Library is a Library of the tenant, with the names that its files have for people: a file of a restricted Folder is named by
// the Folder's path, wherever it really is.
type Library struct {
	Declared *v1alpha1.Library
	// Schema is by which fields its files are described.
	Schema asset.Schema

	review *Review
	model  *access.Model
	// roots are the restricted Folders, the deepest first.
	roots []root
	// lifecycles by root; that of the bucket of originals is "".
	lifecycles map[string]asset.Lifecycles
}

// root is where a restricted Folder is: its path with a slash at the end.
type root struct{ name, path string }

// Library gives one by its name; NotFoundError when there is none.
func (r *Review) Library(name string) (*Library, error) {
	declared := r.library(name)
	if declared == nil {
		return nil, notFound("Library", name, r.tenant.Namespace, r.Libraries())
	}
	l := &Library{
		Declared: declared, Schema: asset.NewSchema(declared.Spec.Metadata), review: r, model: access.New(r.tenant.Declared), lifecycles: map[string]asset.Lifecycles{},
	}
	byRoot := map[string]map[string]*v1alpha1.Lifecycle{"": {}}
	for i := range r.tenant.Declared.Folders {
		f := &r.tenant.Declared.Folders[i]
		scope, ok := l.model.FolderScope(f.Name)
		if !ok || scope.Library != name {
			continue
		}
		if scope.Restricted == f.Name {
			l.roots = append(l.roots, root{f.Name, string(f.Spec.Path) + "/"})
		}
		if byRoot[scope.Restricted] == nil {
			byRoot[scope.Restricted] = map[string]*v1alpha1.Lifecycle{}
		}
		byRoot[scope.Restricted][strings.TrimSuffix(scope.Prefix, "/")] = f.Spec.Lifecycle
	}
	for of, byPath := range byRoot {
		l.lifecycles[of] = asset.NewLifecycles(byPath)
	}
	slices.SortFunc(l.roots, func(a, b root) int { return cmp.Or(len(b.path)-len(a.path), cmp.Compare(a.path, b.path)) })
	return l, nil
}

// Key tells where a file is, by the path that people know. It need not exist.
func (l *Library) Key(path string) (access.Key, error) {
	if err := l.review.checkFile(Target{Kind: v1alpha1.TargetLibrary, Name: l.Declared.Name, Path: path}); err != nil {
		return access.Key{}, err
	}
	for _, r := range l.roots {
		if below, ok := strings.CutPrefix(path, r.path); ok {
			return access.Key{Library: l.Declared.Name, Restricted: r.name, Path: below}, nil
		}
	}
	return access.Key{Library: l.Declared.Name, Path: path}, nil
}

// KeyIn tells where a file of a restricted Folder is, by its path within that Folder or by the path that people know.
func (l *Library) KeyIn(folder, path string) (access.Key, error) {
	r, err := l.root(folder)
	if err != nil {
		return access.Key{}, err
	}
	return l.Key(r.path + strings.TrimPrefix(path, r.path))
}

// Path is the path of a file that people know. Files of a restricted Folder that is no longer declared have none: they are named by
// the object that holds them, which no file of the open library is named like.
func (l *Library) Path(k access.Key) string {
	if k.Restricted == "" {
		return k.Path
	}
	for _, r := range l.roots {
		if r.name == k.Restricted {
			return r.path + k.Path
		}
	}
	_, object := asset.Object(k)
	return object
}

// Restricted are the names of the library's restricted Folders, in order.
func (l *Library) Restricted() []string {
	all := make([]string, len(l.roots))
	for i, r := range l.roots {
		all[i] = r.name
	}
	return sorted(all)
}

// InRestricted checks the name of a restricted Folder; NotFoundError says which there are.
func (l *Library) InRestricted(folder string) error {
	_, err := l.root(folder)
	return err
}

func (l *Library) root(folder string) (root, error) {
	if i := slices.IndexFunc(l.roots, func(r root) bool { return r.name == folder }); i >= 0 {
		return l.roots[i], nil
	}
	return root{}, notFound("restricted Folder of Library "+l.Declared.Name, folder, l.review.tenant.Namespace, l.Restricted())
}

// Lifecycle is what the Folders above a file say of it.
func (l *Library) Lifecycle(k access.Key) asset.Lifecycle {
	return l.lifecycles[k.Restricted].Of(k.Path)
}

// Buckets are the names of the bucket of originals and of Vitrine's own beside it.
func (l *Library) Buckets() (originals, vitrine string) {
	originals = l.Declared.Spec.Bucket.Name
	return originals, asset.VitrineBucket(originals)
}

// Below are the places that hold what people see in a folder and below it, restricted Folders included; in the whole library when
// folder is empty.
func (l *Library) Below(folder string) ([]access.Scope, error) {
	if folder = strings.TrimSuffix(folder, "/"); folder != "" {
		if err := asset.CheckPath(folder); err != nil {
			return nil, fmt.Errorf("%q: %w", folder, err)
		}
		folder += "/"
	}
	name := l.Declared.Name
	for _, r := range l.roots { // the deepest first
		if below, ok := strings.CutPrefix(folder, r.path); ok {
			return append([]access.Scope{{Library: name, Restricted: r.name, Prefix: below}}, l.rootsBelow(folder, r.name)...), nil
		}
	}
	return append([]access.Scope{{Library: name, Prefix: folder}}, l.rootsBelow(folder, "")...), nil
}

func (l *Library) rootsBelow(folder, but string) []access.Scope {
	var all []access.Scope
	for _, r := range l.roots {
		if r.name != but && strings.HasPrefix(r.path, folder) {
			all = append(all, access.Scope{Library: l.Declared.Name, Restricted: r.name})
		}
	}
	slices.SortFunc(all, func(a, b access.Scope) int { return cmp.Compare(a.Restricted, b.Restricted) })
	return all
}

// Listable are the parts of places that a User may list at an instant: what a store lists for them.
func (l *Library) Listable(user string, at time.Time, places []access.Scope) []access.Scope {
	var all []access.Scope
	for _, g := range l.model.Grants(user, at) {
		if g.Scope == nil || g.Scope.Library != l.Declared.Name || !g.Permissions.Has(access.List) {
			continue
		}
		for _, p := range places {
			switch {
			case g.Scope.CoversScope(p):
				all = append(all, p)
			case p.CoversScope(*g.Scope):
				all = append(all, *g.Scope)
			}
		}
	}
	return slices.DeleteFunc(distinct(all), func(s access.Scope) bool {
		return slices.ContainsFunc(all, func(other access.Scope) bool { return other != s && other.CoversScope(s) })
	})
}

func distinct(all []access.Scope) []access.Scope {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b access.Scope) int {
		return cmp.Or(cmp.Compare(a.Restricted, b.Restricted), cmp.Compare(a.Prefix, b.Prefix))
	})
	return slices.Compact(all)
}

// KeyHolder is the User whose access key has an id, by what their status tells; empty when nobody's has.
func (r *Review) KeyHolder(accessKeyID string) string {
	if accessKeyID == "" {
		return ""
	}
	for i := range r.tenant.Declared.Users {
		u := &r.tenant.Declared.Users[i]
		for _, held := range u.Status.Identities {
			if held.AccessKeyID == accessKeyID || held.Previous != nil && held.Previous.AccessKeyID == accessKeyID {
				return u.Name
			}
		}
	}
	return ""
}

// RestrictedFolders are the names of the tenant's restricted Folders, in order.
func (r *Review) RestrictedFolders() []string {
	var all []string
	for i := range r.tenant.Declared.Folders {
		if f := &r.tenant.Declared.Folders[i]; f.Spec.Access == v1alpha1.AccessRestricted {
			all = append(all, f.Name)
		}
	}
	return sorted(all)
}
