package worldtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// segments are names of folders. They begin alike, sort differently by bytes and by letters, and have what
// addresses, XML, JSON and headers each write in their own way. All are in Unicode form C, some with marks that have no letter of their own.
// No two are equal but for case: of Folders called so the younger would be refused, which TestPathsThatMeet looks at.
var segments = []string{
	"brand", "brand-2", "brand 2", "brand.d", "brand2", "brands", "Grüße & Küsse", "日本", "a", "a+b", "x=y",
	"50% off", "%41", "Z", "it's", `"so"`, "(draft)", "~wip", "#1", "🎨 art", "Café", "x\u030c", "각", "<b>&amp;", "[1]", "{2}", "a|b^c`d", "p;q,r:s@t!$", ".dot",
}

// oddSegments are names of folders that only uploaders give.
var oddSegments = []string{"Brand", "BRAND-2", "Cafe\u0301", "brand*", "brand?", "%2F"}

var files = []string{"f.jpg", "f.jpg2", "hero-1.png", "hero-2.png", "ü ber.tif"}

var oddFiles = []string{"what?.jpg", "hero-*.png", "F.JPG", "u\u0308 ber.tif", "a%20b+c.jpg", "hero-1.png ", "f.jpg?versionId=null"}

// alike is how many of the segments begin alike.
const alike = 6

// segment makes up the name of a folder; half of all begin alike.
func (d *drawer) segment(what string) string {
	if d.either(what + " alike") {
		return pick(d, what, segments)
	}
	return pick(d, what, segments[:alike])
}

// path makes up where a folder is.
func (d *drawer) path(what string, deepest int) string {
	path := d.segment(what)
	for range d.number(what+" depth", 1, deepest) - 1 {
		path += "/" + d.segment(what)
	}
	return path
}

// file makes up a file: at the top, beside what is declared, or anywhere.
func (d *drawer) file() string {
	if d.size.FolderNames && d.number("named like a folder", 0, 4) == 0 {
		return d.path("file named like a folder", 2)
	}
	name := pick(d, "file", files)
	if d.size.OddFiles && d.number("odd file", 0, 4) == 0 {
		name = pick(d, "odd name", oddFiles)
	}
	if d.number("top", 0, 3) == 0 {
		return name
	}
	path := d.path("folder of file", 3)
	if d.size.OddFiles && d.number("odd folder", 0, 4) == 0 {
		path = pick(d, "odd folder name", oddSegments)
	}
	return path + "/" + name
}

func (d *drawer) libraries() {
	d.w.Files = map[string][]string{}
	for i := range d.number("libraries", 1, d.size.Libraries) {
		l := v1alpha1.Library{ObjectMeta: d.meta(fmt.Sprintf("lib%d", i), i, true)}
		l.Spec.StoreRef.Name = "default"
		l.Spec.Bucket.Name = fmt.Sprintf("acme-lib%d", i)
		d.w.Libraries = append(d.w.Libraries, l)
		for range d.number("files", 0, d.size.Files) {
			if path := d.file(); !slices.Contains(d.w.Files[l.Name], path) {
				d.w.Files[l.Name] = append(d.w.Files[l.Name], path)
				d.w.Keys = append(d.w.Keys, access.Key{Library: l.Name, Path: path})
			}
		}
	}
}

// unlisted adds a key of a file that may be there or not. Below a file it is listed: that a file has the name of a folder is found by that alone.
func (d *drawer) unlisted(lib, path string) {
	d.w.Keys = append(d.w.Keys, access.Key{Library: lib, Path: path})
	if slices.ContainsFunc(d.w.Files[lib], func(file string) bool { return strings.HasPrefix(path, file+"/") }) {
		d.w.Files[lib] = append(d.w.Files[lib], path)
	}
}

func (d *drawer) library() string {
	if d.rarely("missing library") {
		return "nowhere"
	}
	return pick(d, "library", d.w.Libraries).Name
}

func (d *drawer) folders() {
	taken := map[string]bool{}
	for i := range d.number("folders", 0, d.size.Folders) {
		f := v1alpha1.Folder{ObjectMeta: d.meta(fmt.Sprintf("folder%d", i), i, false)}
		lib, path := d.library(), d.folder()
		if taken[lib+"/"+path] {
			continue
		}
		taken[lib+"/"+path] = true
		f.Spec.LibraryRef.Name, f.Spec.Path = lib, v1alpha1.Path(path)
		f.Spec.Access = pick(d, "access", []v1alpha1.FolderAccess{v1alpha1.AccessInherit, v1alpha1.AccessRestricted})
		d.w.Folders = append(d.w.Folders, f)
		for _, below := range []string{"f.jpg", "brand/f.jpg", "brand-2/hero-1.png"} {
			d.unlisted(lib, path+"/"+below)
			if f.Spec.Access == v1alpha1.AccessRestricted {
				d.w.Keys = append(d.w.Keys, access.Key{Library: lib, Restricted: f.Name, Path: below})
			}
		}
	}
}

// folder makes up where a folder is: below one that is declared already, or anywhere.
func (d *drawer) folder() string {
	if n := len(d.w.Folders); n > 0 && d.number("nested", 0, 2) == 0 {
		return string(d.w.Folders[d.number("below", 0, n-1)].Spec.Path) + "/" + d.segment("folder")
	}
	return d.path("folder", 3)
}

func (d *drawer) collections() {
	for i := range d.number("collections", 0, d.size.Collections) {
		c := v1alpha1.Collection{ObjectMeta: d.meta(fmt.Sprintf("coll%d", i), i, false)}
		lib := d.library()
		c.Spec.LibraryRef.Name = lib
		for range d.number("items", 1, 3) {
			item := pick(d, "pattern", []string{"**/f.jpg", "brand/**", "*/hero-*.png", "**/*.tif", "brand*/*", "**/hero-*", "*/*", "", "", ""})
			if known := d.w.Files[lib]; item == "" && len(known) > 0 && d.number("known item", 0, 2) > 0 {
				item = pick(d, "item", known)
			}
			if item == "" {
				item = d.path("item", 2) + "/" + pick(d, "item file", files)
				d.unlisted(lib, item)
			}
			one := v1alpha1.CollectionItem{Path: item}
			if !access.IsPattern(item) && d.number("pinned", 0, 3) == 3 {
				one.Version = "v1"
			}
			c.Spec.Items = append(c.Spec.Items, one)
		}
		d.w.Collections = append(d.w.Collections, c)
	}
}
