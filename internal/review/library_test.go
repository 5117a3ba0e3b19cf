package review

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// shelf declares a library with restricted Folders, one in another, and an open one within it.
func shelf() Tenant {
	folder := func(name, path string, restricted bool) v1alpha1.Folder {
		f := v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Name: name}}
		f.Spec.LibraryRef.Name, f.Spec.Path, f.Spec.Access = "brand", v1alpha1.Path(path), v1alpha1.AccessInherit
		if restricted {
			f.Spec.Access = v1alpha1.AccessRestricted
		}
		return f
	}
	t := Tenant{Namespace: "acme"}
	library := v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: "brand"}}
	library.Spec.Bucket.Name = "acme-brand"
	t.Declared.Libraries = []v1alpha1.Library{library}
	draft := folder("notes", "launch/embargo/notes", false)
	draft.Spec.Lifecycle = &v1alpha1.Lifecycle{State: v1alpha1.InitialState(v1alpha1.StateDraft)}
	t.Declared.Folders = []v1alpha1.Folder{folder("launch", "launch", false), folder("embargo", "launch/embargo", true), folder("deeper", "launch/embargo/deeper", true), draft}
	alice := v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: "alice"}}
	alice.Status.Identities = []v1alpha1.StoreIdentity{{Store: "default", AccessKeyID: "NEW", Previous: &v1alpha1.PreviousKey{AccessKeyID: "OLD"}}}
	t.Declared.Users = []v1alpha1.User{alice}
	binding := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "alice"}}
	binding.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"}
	binding.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "alice"}}
	binding.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: "launch"}, {Kind: v1alpha1.TargetFolder, Name: "deeper"}}
	t.Declared.RoleBindings = []v1alpha1.RoleBinding{binding}
	return t
}

func libraryOf(t *testing.T) *Library {
	t.Helper()
	l, err := New(shelf(), time.Now()).Library("brand")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A file has one name for people, wherever it really is.
func TestFilesHaveTheNamesThatPeopleKnow(t *testing.T) {
	l := libraryOf(t)
	for path, want := range map[string]access.Key{
		"press/logo.svg":                {Library: "brand", Path: "press/logo.svg"},
		"launch/embargoed.jpg":          {Library: "brand", Path: "launch/embargoed.jpg"},
		"launch/embargo/a.jpg":          {Library: "brand", Restricted: "embargo", Path: "a.jpg"},
		"launch/embargo/notes/a.txt":    {Library: "brand", Restricted: "embargo", Path: "notes/a.txt"},
		"launch/embargo/deeper/b/a.jpg": {Library: "brand", Restricted: "deeper", Path: "b/a.jpg"},
	} {
		got, err := l.Key(path)
		if err != nil || got != want || l.Path(got) != path {
			t.Errorf("%s: %v, %+v, which is called %s", path, err, got, l.Path(got))
		}
	}
	for _, path := range []string{"a.jpg", "launch/embargo/a.jpg"} {
		if got, err := l.KeyIn("embargo", path); err != nil || got != (access.Key{Library: "brand", Restricted: "embargo", Path: "a.jpg"}) {
			t.Errorf("%s in embargo: %v, %+v", path, err, got)
		}
	}
	for _, path := range []string{"restricted/embargo/a.jpg", "launch/../a.jpg", "launch", ""} {
		if _, err := l.Key(path); !errors.Is(err, asset.ErrPath) {
			t.Errorf("%q is no file: %v", path, err)
		}
	}
	var missing *NotFoundError
	if _, err := l.KeyIn("launch", "a.jpg"); !errors.As(err, &missing) || !strings.Contains(err.Error(), "deeper, embargo") {
		t.Errorf("an open Folder is not restricted: %v", err)
	}
	if got := l.Path(access.Key{Library: "brand", Restricted: "gone", Path: "a.jpg"}); got != "restricted/gone/a.jpg" {
		t.Errorf("a file of a Folder that is gone is called %s", got)
	}
	if got := l.Lifecycle(access.Key{Restricted: "embargo", Path: "notes/a.txt"}).State; got != v1alpha1.StateDraft {
		t.Errorf("a note is %s at first", got)
	}
	if got := l.Lifecycle(access.Key{Path: "notes/a.txt"}).State; got != v1alpha1.StatePublished {
		t.Errorf("a note of the open library is %s at first", got)
	}
}

// A folder is all that people see below it, wherever that really is, and of it a User lists what is given to them.
func TestPlacesBelowAFolder(t *testing.T) {
	open := func(prefix string) access.Scope { return access.Scope{Library: "brand", Prefix: prefix} }
	in := func(folder, prefix string) access.Scope {
		return access.Scope{Library: "brand", Restricted: folder, Prefix: prefix}
	}
	l := libraryOf(t)
	for _, c := range []struct {
		folder        string
		want, listing []access.Scope
	}{
		{"", []access.Scope{open(""), in("deeper", ""), in("embargo", "")}, []access.Scope{open("launch/"), in("deeper", "")}},
		{"launch/", []access.Scope{open("launch/"), in("deeper", ""), in("embargo", "")}, []access.Scope{open("launch/"), in("deeper", "")}},
		{"launch/final", []access.Scope{open("launch/final/")}, []access.Scope{open("launch/final/")}},
		{"launch/embargo", []access.Scope{in("embargo", ""), in("deeper", "")}, []access.Scope{in("deeper", "")}},
		{"launch/embargo/notes", []access.Scope{in("embargo", "notes/")}, nil},
		{"press", []access.Scope{open("press/")}, nil},
	} {
		got, err := l.Below(c.folder)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got)\n%s", c.folder, err, diff)
		}
		listable := l.Listable("alice", time.Now(), got)
		if diff := cmp.Diff(c.listing, listable); diff != "" && len(c.listing)+len(listable) > 0 {
			t.Errorf("%q, for alice (-want +got)\n%s", c.folder, diff)
		}
	}
	if _, err := l.Below("launch/../x"); !errors.Is(err, asset.ErrPath) {
		t.Errorf("no folder: %v", err)
	}
}

func TestWhoseKeyItIs(t *testing.T) {
	r := New(shelf(), time.Now())
	for id, want := range map[string]string{"NEW": "alice", "OLD": "alice", "OTHER": "", "": ""} {
		if got := r.KeyHolder(id); got != want {
			t.Errorf("%q is the key of %q, and should be of %q", id, got, want)
		}
	}
}
