package access_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

func library(name string) v1alpha1.Library {
	l := v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: name}}
	l.Spec.StoreRef.Name, l.Spec.Bucket.Name = "default", "acme-"+name
	return l
}

func folder(name, path string, how v1alpha1.FolderAccess) v1alpha1.Folder {
	f := v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Name: name}}
	f.Spec.LibraryRef.Name, f.Spec.Path, f.Spec.Access = "brand", v1alpha1.Path(path), how
	return f
}

func users(names ...string) []v1alpha1.User {
	var all []v1alpha1.User
	for _, n := range names {
		all = append(all, v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: n}})
	}
	return all
}

func bind(name, role, subject, target string) v1alpha1.RoleBinding {
	b := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}}
	b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: role}
	kind, who, _ := strings.Cut(subject, "/")
	b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectKind(kind), Name: who}}
	kind, what, _ := strings.Cut(target, "/")
	b.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetKind(kind), Name: what}}
	return b
}

// TestBuiltInRoles pins what each role gives.
//
// features: K1, K3, A1.1, A1.3, A1.12, A1.27
func TestBuiltInRoles(t *testing.T) {
	for name, want := range map[string]string{
		"viewer":         "list,preview,download",
		"contributor":    "list,preview,download,comment,upload,describe,collect",
		"manager":        "list,preview,download,comment,upload,describe,collect,delete,moderate,curate,share,link",
		"library-viewer": "list,preview,download",
		"library-editor": "list,preview,download,comment,upload,describe,collect,publish,delete,moderate,curate,share,link",
		"library-admin":  "list,preview,download,comment,upload,describe,collect,publish,approve,delete,moderate,curate,share,link,restricted,audit",
		"auditor":        "list,audit",
		"finance":        "",
	} {
		got, ok := access.BuiltInRole(name)
		if !ok || got.String() != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, ok := access.BuiltInRole("owner"); ok {
		t.Error("there is no built-in role owner")
	}
}

func TestPermissionsNameEachOther(t *testing.T) {
	n := 0
	for p := range access.AllPermissions.Each() {
		n++
		back, ok := access.ParsePermission(p.String())
		if !ok || back != p || !access.Of(p).Has(p) || access.Of(p).String() != p.String() {
			t.Errorf("%s does not come back", p)
		}
	}
	if n != 16 {
		t.Errorf("%d permissions, the API has 16", n)
	}
	if _, ok := access.ParsePermission(""); ok || access.AllPermissions.Has(0) {
		t.Error("no permission is not a permission")
	}
}

// TestRoutes checks that an answer tells every way in which it comes about.
//
// features: K5, K16, U2
func TestRoutes(t *testing.T) {
	d := access.Declarations{
		Libraries: []v1alpha1.Library{library("brand")},
		Folders:   []v1alpha1.Folder{folder("launch", "launch", "Inherit"), folder("final", "launch/final", "Inherit")},
		Users:     users("alice"),
		UserGroups: []v1alpha1.UserGroup{
			{ObjectMeta: metav1.ObjectMeta{Name: "marketing"}, Spec: v1alpha1.UserGroupSpec{Members: []string{"alice"}}},
			{ObjectMeta: metav1.ObjectMeta{Name: "everyone"}, Spec: v1alpha1.UserGroupSpec{Members: []string{"alice"}}},
		},
		Collections: []v1alpha1.Collection{{ObjectMeta: metav1.ObjectMeta{Name: "heroes"}}},
	}
	d.Collections[0].Spec.LibraryRef.Name = "brand"
	d.Collections[0].Spec.Items = []v1alpha1.CollectionItem{{Path: "launch/final/hero.jpg"}}
	groups := bind("b-groups", "viewer", "UserGroup/marketing", "Folder/final")
	groups.Spec.Subjects = append(groups.Spec.Subjects, v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: "everyone"})
	d.RoleBindings = []v1alpha1.RoleBinding{
		bind("d-library", "library-viewer", "User/alice", "Library/brand"), groups,
		bind("a-direct", "manager", "User/alice", "Folder/launch"), bind("c-shots", "viewer", "User/alice", "Collection/heroes"),
	}
	target := func(kind v1alpha1.TargetKind, name string) v1alpha1.Target {
		return v1alpha1.Target{Kind: kind, Name: name}
	}
	want := []access.Route{
		{Binding: "a-direct", Role: "manager", BuiltIn: true, Target: target("Folder", "launch"), Inherited: "launch"},
		{Binding: "b-groups", Role: "viewer", BuiltIn: true, Target: target("Folder", "final"), Group: "everyone"},
		{Binding: "b-groups", Role: "viewer", BuiltIn: true, Target: target("Folder", "final"), Group: "marketing"},
		{Binding: "c-shots", Role: "viewer", BuiltIn: true, Target: target("Collection", "heroes")},
		{Binding: "d-library", Role: "library-viewer", BuiltIn: true, Target: target("Library", "brand"), Inherited: "/"},
	}
	m := access.New(d)
	got := m.Decide("alice", access.Download, access.Key{Library: "brand", Path: "launch/final/hero.jpg"}, noon)
	if diff := cmp.Diff(access.Decision{Allowed: true, Routes: want}, got); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if got := m.Decide("bob", access.Download, access.Key{Library: "brand", Path: "launch/final/hero.jpg"}, noon); got.Allowed {
		t.Error("who does not exist may do nothing")
	}
}

// TestWindow checks both ends: the first instant is in, the last is out.
//
// features: U5
func TestWindow(t *testing.T) {
	b := bind("b", "viewer", "User/alice", "Folder/launch")
	from, to := metav1.NewTime(noon), metav1.NewTime(noon.Add(time.Hour))
	b.Spec.NotBefore, b.Spec.NotAfter = &from, &to
	m := access.New(access.Declarations{
		Libraries: []v1alpha1.Library{library("brand")}, Folders: []v1alpha1.Folder{folder("launch", "launch", "Inherit")},
		Users: users("alice"), RoleBindings: []v1alpha1.RoleBinding{b},
	})
	for _, c := range []struct {
		at   time.Time
		want bool
		next time.Time
	}{
		{noon.Add(-time.Nanosecond), false, noon},
		{noon, true, to.Time},
		{to.Add(-time.Nanosecond), true, to.Time},
		{to.Time, false, time.Time{}},
	} {
		if got := m.Decide("alice", access.List, access.Key{Library: "brand", Path: "launch/a"}, c.at).Allowed; got != c.want {
			t.Errorf("at %v: %v", c.at, got)
		}
		if next, ok := m.NextChange(c.at); !next.Equal(c.next) || ok == c.next.IsZero() {
			t.Errorf("after %v the next change is %v, want %v", c.at, next, c.next)
		}
	}
}

func TestFolderScope(t *testing.T) {
	m := access.New(access.Declarations{
		Libraries: []v1alpha1.Library{library("brand")},
		Folders: []v1alpha1.Folder{
			folder("open", "a/b", "Inherit"), folder("secret", "a/b/c", "Restricted"), folder("within", "a/b/c/d/e", "Inherit"),
			folder("vault", "a/b/c/d/v", "Restricted"), folder("alike", "a/b/c-2", "Inherit"), folder("bad", "a//b", "Inherit"),
		},
	})
	for name, want := range map[string]access.Scope{
		"open":   {Library: "brand", Prefix: "a/b/"},
		"secret": {Library: "brand", Restricted: "secret"},
		"within": {Library: "brand", Restricted: "secret", Prefix: "d/e/"},
		"vault":  {Library: "brand", Restricted: "vault"},
		"alike":  {Library: "brand", Prefix: "a/b/c-2/"},
	} {
		if got, ok := m.FolderScope(name); !ok || got != want {
			t.Errorf("%s is at %+v, want %+v", name, got, want)
		}
	}
	for _, name := range []string{"bad", "none"} {
		if got, ok := m.FolderScope(name); ok {
			t.Errorf("%s should be nowhere, is at %+v", name, got)
		}
	}
}

// TestRestrictedRootGoing checks that, while a restricted Folder is being
// deleted, nothing reaches the files of its root, nor do Folders within it
// become open ones.
func TestRestrictedRootGoing(t *testing.T) {
	secret := folder("secret", "launch/secret", "Restricted")
	now := metav1.NewTime(noon)
	secret.DeletionTimestamp = &now
	m := access.New(access.Declarations{
		Libraries:    []v1alpha1.Library{library("brand")},
		Folders:      []v1alpha1.Folder{secret, folder("within", "launch/secret/x", "Inherit")},
		Users:        users("alice", "bob"),
		RoleBindings: []v1alpha1.RoleBinding{bind("a", "manager", "User/alice", "Folder/within"), bind("b", "library-admin", "User/bob", "Library/brand")},
	})
	if got := m.Grants("alice", noon); len(got) != 0 {
		t.Errorf("a folder within should give nothing: %+v", got)
	}
	if m.Decide("bob", access.Download, access.Key{Library: "brand", Restricted: "secret", Path: "x/a.jpg"}, noon).Allowed {
		t.Error("the root should be out of reach for all")
	}
	if p := m.Problems(); len(p) != 2 || p[0].Name != "within" || p[0].Reason != v1alpha1.ReasonDeleting {
		t.Errorf("the folder within should say why: %v", p)
	}
}

// TestOlderFolderBelow checks that a Folder leading through another spelling of
// a younger one's path keeps what it has.
func TestOlderFolderBelow(t *testing.T) {
	older, younger := folder("older", "launch/final", "Inherit"), folder("younger", "Launch", "Restricted")
	older.CreationTimestamp, younger.CreationTimestamp = metav1.NewTime(noon), metav1.NewTime(noon.Add(time.Second))
	m := access.New(access.Declarations{Libraries: []v1alpha1.Library{library("brand")}, Folders: []v1alpha1.Folder{younger, older}})
	if _, ok := m.FolderScope("older"); !ok {
		t.Error("the older one should stay")
	}
	if p := m.Problems(); len(p) != 1 || p[0].Name != "younger" || p[0].Reason != v1alpha1.ReasonConflict {
		t.Errorf("the younger one should be in conflict: %v", p)
	}
}

// TestLinkScope checks what a link on each target shows, and why not.
//
// features: B1, K22
func TestLinkScope(t *testing.T) {
	frozen := library("cold")
	frozen.Annotations = map[string]string{v1alpha1.AnnotationFreeze: "leak"}
	d := access.Declarations{
		Libraries:   []v1alpha1.Library{library("brand"), frozen},
		Folders:     []v1alpha1.Folder{folder("open", "launch", "Inherit"), folder("secret", "launch/secret", "Restricted"), folder("cold", "x", "Inherit")},
		Collections: []v1alpha1.Collection{{ObjectMeta: metav1.ObjectMeta{Name: "heroes"}}},
		Files:       map[string][]string{"brand": {"launch/b.jpg", "launch/a.jpg", "launch/c.png"}},
	}
	d.Folders[2].Spec.LibraryRef.Name = "cold"
	d.Collections[0].Spec.LibraryRef.Name = "brand"
	d.Collections[0].Spec.Items = []v1alpha1.CollectionItem{{Path: "launch/*.jpg"}}
	onFolder := func(name string) v1alpha1.LinkTarget {
		return v1alpha1.LinkTarget{Folder: &v1alpha1.LocalReference{Name: name}}
	}
	onAsset := func(lib, path string) v1alpha1.LinkTarget {
		return v1alpha1.LinkTarget{Asset: &v1alpha1.AssetReference{LibraryRef: v1alpha1.LocalReference{Name: lib}, Path: v1alpha1.Path(path)}}
	}
	onCollection := func(name string) v1alpha1.LinkTarget {
		return v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: name}}
	}
	keys := func(paths ...string) []access.Key {
		var all []access.Key
		for _, p := range paths {
			all = append(all, access.Key{Library: "brand", Path: p})
		}
		return all
	}
	for _, c := range []struct {
		reason string
		target v1alpha1.LinkTarget
		want   access.LinkScope
		fails  string
	}{
		{"an open folder shows the open files below", onFolder("open"), access.LinkScope{Library: "brand", Scope: &access.Scope{Library: "brand", Prefix: "launch/"}}, ""},
		{"a restricted folder shows its root", onFolder("secret"), access.LinkScope{Library: "brand", Scope: &access.Scope{Library: "brand", Restricted: "secret"}}, ""},
		{"a collection shows its members in order", onCollection("heroes"), access.LinkScope{Library: "brand", Keys: keys("launch/a.jpg", "launch/b.jpg")}, ""},
		{"an asset shows itself", onAsset("brand", "launch/c.png"), access.LinkScope{Library: "brand", Keys: keys("launch/c.png")}, ""},
		{"an asset that is a folder is none", onAsset("brand", "launch"), access.LinkScope{}, v1alpha1.ReasonInvalidPath},
		{"an unclean path shows nothing", onAsset("brand", "a/../b"), access.LinkScope{}, v1alpha1.ReasonInvalidPath},
		{"a library that is not there", onAsset("none", "a"), access.LinkScope{}, v1alpha1.ReasonLibraryNotFound},
		{"a folder that is not there", onFolder("none"), access.LinkScope{}, v1alpha1.ReasonTargetNotFound},
		{"a collection that is not there", onCollection("none"), access.LinkScope{}, v1alpha1.ReasonTargetNotFound},
		{"a frozen library shows nothing", onFolder("cold"), access.LinkScope{}, v1alpha1.ReasonFrozen},
		{"no target shows nothing", v1alpha1.LinkTarget{}, access.LinkScope{}, v1alpha1.ReasonTargetNotFound},
	} {
		got, err := access.New(d).LinkScope(c.target)
		var why *access.TargetError
		if errors.As(err, &why) != (c.fails != "") || why != nil && why.Reason != c.fails {
			t.Errorf("%s: error %v", c.reason, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
	d.NamespaceFrozen = true
	if got, err := access.New(d).LinkScope(onFolder("open")); err == nil || got.Scope != nil {
		t.Error("a frozen namespace shows nothing")
	}
}

// TestLargeCollection checks that one too large for a policy gives no grants, says so, and still has all its members for links.
//
// features: K15
func TestLargeCollection(t *testing.T) {
	d := access.Declarations{
		Libraries: []v1alpha1.Library{library("brand")}, Users: users("alice"),
		Collections:  []v1alpha1.Collection{{ObjectMeta: metav1.ObjectMeta{Name: "all"}}},
		RoleBindings: []v1alpha1.RoleBinding{bind("b", "viewer", "User/alice", "Collection/all")},
		Files:        map[string][]string{},
	}
	d.Collections[0].Spec.LibraryRef.Name = "brand"
	d.Collections[0].Spec.Items = []v1alpha1.CollectionItem{{Path: "**"}}
	for i := range access.MaxMembers {
		d.Files["brand"] = append(d.Files["brand"], fmt.Sprintf("f-%04d.jpg", i))
	}
	if m := access.New(d); len(m.Grants("alice", noon)) != 1 || len(m.Problems()) != 0 {
		t.Errorf("the largest that fits should be granted: %v", m.Problems())
	}
	d.Files["brand"] = append(d.Files["brand"], "one-more.jpg")
	m := access.New(d)
	members, _ := m.Members("all")
	if len(m.Grants("alice", noon)) != 0 || len(members) != access.MaxMembers+1 {
		t.Error("one more should be for links only, and be shown there")
	}
	if p := m.Problems(); len(p) != 2 || p[0].Kind != "Collection" || p[0].Reason != v1alpha1.ReasonLinksOnly || p[1].Kind != "RoleBinding" || p[1].Reason != v1alpha1.ReasonLinksOnly {
		t.Errorf("both should say so: %v", p)
	}
}

// TestAPatternMatchesNoFolder checks that a file with the name of a folder is no member: a right to see
// its renditions would be one to see all of that folder.
//
// features: K13
func TestAPatternMatchesNoFolder(t *testing.T) {
	for why, c := range map[string]struct {
		files   []string
		folders []v1alpha1.Folder
		want    []string
	}{
		"a file is a member":                     {[]string{"launch/a.jpg", "launch/final"}, nil, []string{"launch/a.jpg", "launch/final"}},
		"what has files below it is a folder":    {[]string{"launch/a.jpg", "launch/final", "launch/final/secret.jpg"}, nil, []string{"launch/a.jpg"}},
		"files far below make a folder too":      {[]string{"launch/a.jpg", "launch/final", "launch/final/2027/secret.jpg"}, nil, []string{"launch/a.jpg"}},
		"a mark makes a folder":                  {[]string{"launch/a.jpg", "launch/final", "launch/final/"}, nil, []string{"launch/a.jpg"}},
		"a name that begins alike is none below": {[]string{"launch/final", "launch/final-2"}, nil, []string{"launch/final", "launch/final-2"}},
		"a Folder is declared there":             {[]string{"launch/a.jpg", "launch/final"}, []v1alpha1.Folder{folder("final", "launch/final", v1alpha1.AccessInherit)}, []string{"launch/a.jpg"}},
		"a restricted Folder is declared there":  {[]string{"launch/a.jpg", "launch/final"}, []v1alpha1.Folder{folder("final", "launch/final", v1alpha1.AccessRestricted)}, []string{"launch/a.jpg"}},
		"a Folder is declared below":             {[]string{"launch/a.jpg", "launch/final"}, []v1alpha1.Folder{folder("deep", "launch/final/deep", v1alpha1.AccessInherit)}, []string{"launch/a.jpg"}},
	} {
		t.Run(why, func(t *testing.T) {
			top := v1alpha1.Collection{ObjectMeta: metav1.ObjectMeta{Name: "top"}}
			top.Spec.LibraryRef.Name, top.Spec.Items = "brand", []v1alpha1.CollectionItem{{Path: "launch/*"}}
			m := access.New(access.Declarations{
				Libraries: []v1alpha1.Library{library("brand")}, Folders: c.folders, Collections: []v1alpha1.Collection{top}, Files: map[string][]string{"brand": c.files},
			})
			members, _ := m.Members("top")
			var got []string
			for _, k := range members {
				got = append(got, k.Path)
			}
			if diff := cmp.Diff(c.want, got); diff != "" || len(m.Problems()) > 0 {
				t.Errorf("-want +got:\n%s%v", diff, m.Problems())
			}
		})
	}
}

// TestProblemsStayShort checks that no list of thousands gets into a message.
func TestProblemsStayShort(t *testing.T) {
	g := v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: "all"}}
	for i := range 1000 {
		g.Spec.Members = append(g.Spec.Members, fmt.Sprintf("%s-%04d", strings.Repeat("u", 58), i))
	}
	p := access.New(access.Declarations{UserGroups: []v1alpha1.UserGroup{g}}).Problems()
	if len(p) != 1 || len(p[0].Message) > 1024 || !strings.Contains(p[0].Message, "and 995 more") {
		t.Errorf("problems: %v", p)
	}
}

// TestPathsAgree checks that this package accepts the paths that package asset
// accepts, those reserved aside: the two say it apart, as asset imports this package.
func TestPathsAgree(t *testing.T) {
	part := rapid.SampledFrom([]string{"a", "/", ".", "..", "*", "?", "${", "$", "{", "\x00", "\u0085", "é", "e\u0301", "\xff", "restricted", "Restricted/", " "})
	rapid.Check(t, func(t *rapid.T) {
		path := strings.Join(rapid.SliceOfN(part, 0, 6).Draw(t, "path"), "")
		m := access.New(access.Declarations{Libraries: []v1alpha1.Library{library("brand")}, Folders: []v1alpha1.Folder{folder("f", path, "Inherit")}})
		_, accepted := m.FolderScope("f")
		if want := asset.CheckPath(path) == nil && !asset.Reserved(path); accepted != want {
			t.Fatalf("%q: accepted=%v, package asset says %v", path, accepted, want)
		}
		if accepted != (len(m.Problems()) == 0) {
			t.Fatalf("%q: problems %v", path, m.Problems())
		}
	})
}
