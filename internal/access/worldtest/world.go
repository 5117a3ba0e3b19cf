// Package worldtest makes up random tenants for property tests: folders nested and
// restricted within restricted, names that begin alike, spaces and letters of all
// kinds, overlapping groups, windows, collections and roles of their own,
// references to what does not exist, and things frozen or on their way out.
package worldtest

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// Start is when every world begins; windows open and close in the hours after it.
var Start = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

// Hours is how many hours after Start windows open and close in.
const Hours = 4

// World is a tenant, and what to ask about it.
type World struct {
	access.Declarations
	// Keys to ask about, in every root; no file has the name of a folder.
	Keys []access.Key
	// Instants to ask at.
	Instants []time.Time
}

// segments begin alike and sort differently by bytes and by letters.
var segments = []string{"brand", "brand-2", "brand 2", "brand.d", "brand2", "brands", "Grüße & Küsse", "日本", "a", "a+b", "x=y"}

var files = []string{"f.jpg", "f.jpg2", "hero-1.png", "hero-2.png", "ü ber.tif"}

// Draw makes up a world.
func Draw(t *rapid.T) World {
	var w World
	for i := range Hours + 1 {
		w.Instants = append(w.Instants, Start.Add(time.Duration(i)*time.Hour))
	}
	d := drawer{t: t, w: &w}
	d.libraries()
	d.folders()
	d.collections()
	d.people()
	d.roles()
	d.bindings()
	w.NamespaceFrozen = d.rarely("frozen namespace")
	return w
}

type drawer struct {
	t *rapid.T
	w *World
}

func (d *drawer) number(what string, from, to int) int {
	return rapid.IntRange(from, to).Draw(d.t, what)
}

func pick[T any](d *drawer, what string, from []T) T {
	return rapid.SampledFrom(from).Draw(d.t, what)
}

func (d *drawer) rarely(what string) bool { return d.number(what, 0, 19) == 0 }

// meta names an object; now and then it is on its way out, or frozen when it can be.
func (d *drawer) meta(name string, age int, freezable bool) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(Start.Add(time.Duration(age-100) * time.Hour))}
	switch d.number("fate of "+name, 0, 29) {
	case 0:
		gone := metav1.NewTime(Start)
		m.DeletionTimestamp = &gone
	case 1:
		if freezable {
			m.Annotations = map[string]string{v1alpha1.AnnotationFreeze: "test"}
		}
	}
	return m
}

func (d *drawer) path(what string, deepest int) string {
	var parts []string
	for range d.number(what+" depth", 1, deepest) {
		parts = append(parts, pick(d, what, segments))
	}
	return strings.Join(parts, "/")
}

func (d *drawer) libraries() {
	for i := range d.number("libraries", 1, 2) {
		l := v1alpha1.Library{ObjectMeta: d.meta(fmt.Sprintf("lib%d", i), i, true)}
		l.Spec.StoreRef.Name = "default"
		l.Spec.Bucket.Name = fmt.Sprintf("acme-lib%d", i)
		d.w.Libraries = append(d.w.Libraries, l)
	}
	d.w.Files = map[string][]string{}
	for _, l := range d.w.Libraries {
		for _, path := range rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string {
			inner := drawer{t: t, w: d.w}
			name := pick(&inner, "file", files)
			if inner.number("top", 0, 3) == 0 {
				return name
			}
			return inner.path("folder of file", 3) + "/" + name
		}), 0, 12, rapid.ID[string]).Draw(d.t, "files") {
			d.w.Files[l.Name] = append(d.w.Files[l.Name], path)
			d.w.Keys = append(d.w.Keys, access.Key{Library: l.Name, Path: path})
		}
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
	for i := range d.number("folders", 0, 7) {
		f := v1alpha1.Folder{ObjectMeta: d.meta(fmt.Sprintf("folder%d", i), i, false)}
		f.Spec.LibraryRef.Name = d.library()
		path := d.path("folder", 3)
		if taken[f.Spec.LibraryRef.Name+"/"+path] {
			continue
		}
		taken[f.Spec.LibraryRef.Name+"/"+path] = true
		f.Spec.Path = v1alpha1.Path(path)
		f.Spec.Access = pick(d, "access", []v1alpha1.FolderAccess{v1alpha1.AccessInherit, v1alpha1.AccessRestricted})
		d.w.Folders = append(d.w.Folders, f)
		lib := f.Spec.LibraryRef.Name
		for _, below := range []string{"f.jpg", "brand/f.jpg", "brand-2/hero-1.png"} {
			d.w.Keys = append(d.w.Keys, access.Key{Library: lib, Path: path + "/" + below})
			if f.Spec.Access == v1alpha1.AccessRestricted {
				d.w.Keys = append(d.w.Keys, access.Key{Library: lib, Restricted: f.Name, Path: below})
			}
		}
	}
}

func (d *drawer) collections() {
	for i := range d.number("collections", 0, 2) {
		c := v1alpha1.Collection{ObjectMeta: d.meta(fmt.Sprintf("coll%d", i), i, false)}
		c.Spec.LibraryRef.Name = d.library()
		for range d.number("items", 1, 3) {
			item := pick(d, "pattern", []string{"**/f.jpg", "brand/**", "*/hero-*.png", "**/*.tif", "brand*/*", ""})
			if item == "" {
				item = d.path("item", 2) + "/" + pick(d, "item file", files)
				d.w.Keys = append(d.w.Keys, access.Key{Library: c.Spec.LibraryRef.Name, Path: item})
			}
			c.Spec.Items = append(c.Spec.Items, v1alpha1.CollectionItem{Path: item})
		}
		d.w.Collections = append(d.w.Collections, c)
	}
}

func (d *drawer) people() {
	names := []string{"alice", "bob", "carol", "dave"}[:d.number("users", 1, 4)]
	for i, name := range names {
		d.w.Users = append(d.w.Users, v1alpha1.User{ObjectMeta: d.meta(name, i, true)})
	}
	for i := range d.number("groups", 0, 3) {
		g := v1alpha1.UserGroup{ObjectMeta: d.meta(fmt.Sprintf("group%d", i), i, true)}
		for _, name := range append(names, "nobody") {
			if rapid.Bool().Draw(d.t, name+" in "+g.Name) {
				g.Spec.Members = append(g.Spec.Members, name)
			}
		}
		d.w.UserGroups = append(d.w.UserGroups, g)
	}
}

// permissions are the ones that mean something at a store, each with a chance of its own, and one that does not.
var permissions = []v1alpha1.Permission{
	v1alpha1.PermissionPreview, v1alpha1.PermissionDownload, v1alpha1.PermissionUpload, v1alpha1.PermissionDelete,
	v1alpha1.PermissionApprove, v1alpha1.PermissionRestricted, v1alpha1.PermissionComment,
}

func (d *drawer) roles() {
	for i, name := range []string{"custom", "library-custom"} {
		r := v1alpha1.Role{ObjectMeta: d.meta(name, i, false)}
		if rapid.IntRange(0, 3).Draw(d.t, name+" lists") > 0 { // most permissions are nothing without it
			r.Spec.Permissions = append(r.Spec.Permissions, v1alpha1.PermissionList)
		}
		for _, p := range permissions {
			if rapid.Bool().Draw(d.t, name+" has "+string(p)) {
				r.Spec.Permissions = append(r.Spec.Permissions, p)
			}
		}
		d.w.Roles = append(d.w.Roles, r)
	}
}

func (d *drawer) bindings() {
	roles := []v1alpha1.RoleReference{
		{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "contributor"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "manager"},
		{Kind: v1alpha1.RoleKindBuiltIn, Name: "library-viewer"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "library-editor"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "library-admin"},
		{Kind: v1alpha1.RoleKindBuiltIn, Name: "auditor"}, {Kind: v1alpha1.RoleKindBuiltIn, Name: "finance"},
		{Kind: v1alpha1.RoleKindRole, Name: "custom"}, {Kind: v1alpha1.RoleKindRole, Name: "library-custom"}, {Kind: v1alpha1.RoleKindRole, Name: "missing"},
	}
	subjects := []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "nobody"}}
	for _, u := range d.w.Users {
		subjects = append(subjects, v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: u.Name})
	}
	for _, g := range d.w.UserGroups {
		subjects = append(subjects, v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: g.Name})
	}
	targets := []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: "missing"}}
	for _, l := range d.w.Libraries {
		targets = append(targets, v1alpha1.Target{Kind: v1alpha1.TargetLibrary, Name: l.Name})
	}
	for _, f := range d.w.Folders {
		targets = append(targets, v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: f.Name})
	}
	for _, c := range d.w.Collections {
		targets = append(targets, v1alpha1.Target{Kind: v1alpha1.TargetCollection, Name: c.Name})
	}
	for i := range d.number("bindings", 0, 6) {
		b := v1alpha1.RoleBinding{ObjectMeta: d.meta(fmt.Sprintf("binding%d", i), i, false)}
		b.Spec.RoleRef = pick(d, "role", roles)
		same := func(s v1alpha1.Subject) v1alpha1.Subject { return s }
		b.Spec.Subjects = rapid.SliceOfNDistinct(rapid.SampledFrom(subjects), 1, min(3, len(subjects)), same).Draw(d.t, "subjects")
		b.Spec.Targets = rapid.SliceOfNDistinct(rapid.SampledFrom(targets), 1, min(3, len(targets)), func(t v1alpha1.Target) v1alpha1.Target { return t }).Draw(d.t, "targets")
		b.Spec.NotBefore = d.instant("notBefore")
		b.Spec.NotAfter = d.instant("notAfter")
		d.w.RoleBindings = append(d.w.RoleBindings, b)
	}
}

func (d *drawer) instant(what string) *metav1.Time {
	if rapid.Bool().Draw(d.t, "no "+what) {
		return nil
	}
	at := metav1.NewTime(pick(d, what, d.w.Instants))
	return &at
}
