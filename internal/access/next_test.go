package access_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
)

// TestNextIsTheSameModel changes something of a random world, or all of it, and compares the model that knows the one before
// with the one that does not.
func TestNextIsTheSameModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.DrawSize(t, worldtest.Odd)
		selecting(t, &w.Declarations)
		before := access.New(w.Declarations)
		d := w.Declarations
		switch rapid.IntRange(0, 8).Draw(t, "change") {
		case 0:
			d = worldtest.DrawSize(t, worldtest.Odd).Declarations // with the same names
		case 1:
			d.RoleBindings = fewer(d.RoleBindings)
		case 2:
			d.Folders = fewer(d.Folders)
		case 3:
			d.Collections = fewer(d.Collections)
		case 4:
			d.Libraries = fewer(d.Libraries)
		case 5:
			d.Files = map[string][]string{}
			for lib, files := range w.Files {
				d.Files[lib] = fewer(files)
			}
		case 6:
			d.Collections = slices.Clone(d.Collections)
			for i := range d.Collections {
				if items := d.Collections[i].Spec.Items; len(items) > 1 {
					d.Collections[i].Spec.Items = items[1:]
				}
			}
		case 7:
			d.Selected = map[string][]string{}
			for name, files := range w.Selected {
				d.Selected[name] = fewer(files)
			}
		case 8:
			d.Collections = slices.Clone(d.Collections)
			for i := range d.Collections {
				d.Collections[i].Spec.Selector = nil
			}
		}
		next, anew := before.Next(d), access.New(d)
		if diff := cmp.Diff(anew.Problems(), next.Problems()); diff != "" {
			t.Fatalf("other problems (-anew +next):\n%s", diff)
		}
		for _, c := range slices.Concat(w.Collections, d.Collections) {
			want, _ := anew.Members(c.Name)
			got, _ := next.Members(c.Name)
			if diff := cmp.Diff(want, got); diff != "" || anew.Pinned(c.Name) != next.Pinned(c.Name) {
				t.Fatalf("other members of %s (-anew +next):\n%s", c.Name, diff)
			}
		}
		for _, u := range slices.Concat(w.Users, d.Users) {
			if diff := cmp.Diff(anew.GrantsEver(u.Name), next.GrantsEver(u.Name)); diff != "" {
				t.Fatalf("other rights of %s (-anew +next):\n%s", u.Name, diff)
			}
		}
	})
}

// selecting lets some Collections pick some of the files that there are, and such as there are none.
func selecting(t *rapid.T, d *access.Declarations) {
	d.Selected = map[string][]string{}
	for i := range d.Collections {
		c := &d.Collections[i]
		if !rapid.Bool().Draw(t, c.Name+" selects") {
			continue
		}
		c.Spec.Selector = &v1alpha1.CollectionSelector{Approval: v1alpha1.ApprovalApproved}
		picks := append(slices.Clone(d.Files[c.Spec.LibraryRef.Name]), "gone.jpg", "brand")
		d.Selected[c.Name] = rapid.SliceOfN(rapid.SampledFrom(picks), 0, 4).Draw(t, "selected by "+c.Name)
	}
}

func fewer[T any](list []T) []T { return list[min(1, len(list)):] }

// TestNextLooksForNoMembersAgain checks that a changed grant does not have every pattern matched with every file once more.
func TestNextLooksForNoMembersAgain(t *testing.T) {
	d := access.Declarations{
		Libraries: []v1alpha1.Library{library("brand")}, Users: users("alice"), Folders: []v1alpha1.Folder{folder("press", "press", v1alpha1.AccessInherit)},
		Collections: []v1alpha1.Collection{{ObjectMeta: metav1.ObjectMeta{Name: "heroes"}}}, Files: map[string][]string{"brand": {"launch/a.jpg", "launch/b.jpg"}},
	}
	d.Collections[0].Spec.LibraryRef.Name, d.Collections[0].Spec.Items = "brand", []v1alpha1.CollectionItem{{Path: "**/*.jpg"}}
	found := func(m *access.Model) *access.Key {
		members, _ := m.Members("heroes")
		return &members[0]
	}
	first := access.New(d)
	d.RoleBindings = []v1alpha1.RoleBinding{bind("b", "viewer", "User/alice", "Collection/heroes")}
	d.Files = map[string][]string{"brand": slices.Clone(d.Files["brand"])} // listed again, and the same
	second := first.Next(d)
	if found(second) != found(first) {
		t.Error("with another grant the members were looked for again")
	}
	if k := (access.Key{Library: "brand", Path: "launch/a.jpg"}); !second.Decide("alice", access.Download, k, noon).Allowed {
		t.Error("the grant gives nothing")
	}
	d.Files = map[string][]string{"brand": {"launch/a.jpg", "launch/b.jpg", "launch/c.jpg"}}
	third := second.Next(d)
	if members, _ := third.Members("heroes"); len(members) != 3 {
		t.Errorf("with another file the members are %v", members)
	}
	d.Collections = slices.Clone(d.Collections)
	d.Collections[0].Spec.Selector = &v1alpha1.CollectionSelector{Approval: v1alpha1.ApprovalApproved}
	d.Selected = map[string][]string{"heroes": {"press/b.png", "press/a.png"}}
	fourth := third.Next(d)
	if members, _ := fourth.Members("heroes"); len(members) != 5 {
		t.Errorf("with a selector the members are %v", members)
	}
	d.Selected = map[string][]string{"heroes": {"press/a.png", "press/b.png"}} // looked at again, and the same
	fifth := fourth.Next(d)
	if found(fifth) != found(fourth) {
		t.Error("with the same files selected the members were looked for again")
	}
	d.Selected = map[string][]string{"heroes": {"press/a.png"}}
	if members, _ := fifth.Next(d).Members("heroes"); len(members) != 4 {
		t.Errorf("with one file selected less the members are %v", members)
	}
}
