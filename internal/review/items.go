package review

import (
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// withItems gives declarations in which every item of a Collection names one
// file, so that the model needs no listing. A pattern becomes the file asked
// about where it matches that, supposing that the file exists, and otherwise
// a name that stands for any file that matches.
func withItems(d access.Declarations, library, file string) access.Declarations {
	d.Collections = slices.Clone(d.Collections)
	for i := range d.Collections {
		c := &d.Collections[i]
		var items []v1alpha1.CollectionItem
		seen := map[v1alpha1.CollectionItem]bool{}
		for _, item := range c.Spec.Items {
			one := v1alpha1.CollectionItem{Path: standIn(item.Path)}
			if file != "" && c.Spec.LibraryRef.Name == library && covers(item.Path, file) {
				one.Path = file
			}
			if !access.IsPattern(item.Path) { // a pattern is of no one version, and its file would be
				one.Version = item.Version
			}
			if !seen[one] {
				seen[one] = true
				items = append(items, one)
			}
		}
		if c.Spec.Selector != nil {
			items = append(items, v1alpha1.CollectionItem{Path: bySelector})
		}
		c.Spec.Items = items
	}
	return d
}

// bySelector stands for the files that a Collection's selector picks: which these are the declarations do not tell.
const bySelector = "⟨files that the selector picks⟩"

// itemsOf are the paths and patterns of a Collection's items, and what stands for the files that its selector picks.
func itemsOf(c *v1alpha1.Collection) []string {
	items := make([]string, 0, len(c.Spec.Items)+1)
	for _, item := range c.Spec.Items {
		items = append(items, item.Path)
	}
	if c.Spec.Selector != nil {
		items = append(items, bySelector)
	}
	return items
}

// selectorNote says what an answer about a Collection with a selector leaves open; empty for one without.
func selectorNote(c *v1alpha1.Collection) string {
	if c == nil || c.Spec.Selector == nil {
		return ""
	}
	return "collection/" + c.Name + ": the members by selector are answered as any file that it picks: which files these are only the cluster knows, as they change with how files are " +
		"described, published and approved; see status.members there"
}

func covers(item, file string) bool {
	return item == file || access.IsPattern(item) && access.Match(item, file)
}

// standIn gives a name that stands for the files of an item: the path itself, or
// for a pattern a path that it matches and that no file is likely to have. One
// pattern has one name, so that Collections that share it share the answer. The mark
// at the end keeps it from being a folder of another.
func standIn(item string) string {
	if !access.IsPattern(item) {
		return item
	}
	path := strings.ReplaceAll(item, "**", "⟨any folders⟩")
	return strings.ReplaceAll(path, "*", "⟨any⟩") + "⟨file⟩"
}

// itemOf is the item by which a Collection holds a place's file.
func (r *Review) itemOf(collection string, k access.Key) string {
	c := r.collection(collection)
	if c == nil {
		return ""
	}
	for _, item := range itemsOf(c) {
		if standIn(item) == k.Path || covers(item, k.Path) {
			return item
		}
	}
	return ""
}

// pinned tells whether a Collection holds a file in one version only: links show it, and grants on the
// Collection do not reach it.
func pinned(c *v1alpha1.Collection, path string) bool {
	return slices.ContainsFunc(c.Spec.Items, func(i v1alpha1.CollectionItem) bool {
		return i.Version != "" && i.Path == path && !access.IsPattern(path)
	})
}

// pinnedNote says which items of a Collection grants do not reach; empty when they reach all.
func pinnedNote(c *v1alpha1.Collection) string {
	var paths []string
	for _, item := range c.Spec.Items {
		if pinned(c, item.Path) {
			paths = append(paths, item.Path)
		}
	}
	if len(paths) == 0 {
		return ""
	}
	return "collection/" + c.Name + ": of one version only, so that links show them and grants on the Collection do not reach them: " + printer.Few(sorted(paths), 5)
}

// mayReach tells whether an item can be a file below a folder's path, which
// ends in a slash or is empty.
func mayReach(item, folder string) bool {
	if item == bySelector {
		return true // what it picks may be anywhere
	}
	literal, _, pattern := strings.Cut(item, "*")
	return strings.HasPrefix(literal, folder) || pattern && strings.HasPrefix(folder, literal)
}

func hasPattern(c *v1alpha1.Collection) bool {
	return c != nil && slices.ContainsFunc(c.Spec.Items, func(i v1alpha1.CollectionItem) bool { return access.IsPattern(i.Path) })
}
