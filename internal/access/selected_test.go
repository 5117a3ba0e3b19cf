package access_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// TestSelectedMembers gives a Collection files that its selector picks, beside its items: they are members like those of a
// pattern, with what no policy can carry and what has the name of a folder left out.
func TestSelectedMembers(t *testing.T) {
	many := make([]string, access.MaxMembers+1)
	for i := range many {
		many[i] = fmt.Sprintf("many/%03d.jpg", i)
	}
	for _, c := range []struct {
		reason             string
		items              []v1alpha1.CollectionItem
		files, selected    []string
		selectorLess       bool
		members            []string
		reached, untouched []string // by alice, who has a grant on the Collection
		problem            string
	}{
		{reason: "what is picked is a member", selected: []string{"press/b.jpg", "launch/a.jpg"}, members: []string{"launch/a.jpg", "press/b.jpg"}, reached: []string{"press/b.jpg"}, untouched: []string{"press/c.jpg"}},
		{reason: "what is named and what is picked are members, each once", items: []v1alpha1.CollectionItem{{Path: "launch/*"}, {Path: "press/b.jpg"}}, files: []string{"launch/a.jpg", "press/b.jpg"},
			selected: []string{"press/b.jpg", "press/c.jpg"}, members: []string{"launch/a.jpg", "press/b.jpg", "press/c.jpg"}, reached: []string{"launch/a.jpg", "press/c.jpg"}},
		{reason: "nothing picked is nothing", selected: nil, untouched: []string{"press/b.jpg"}},
		{reason: "without a selector nothing is picked", items: []v1alpha1.CollectionItem{{Path: "launch/a.jpg"}}, selectorLess: true, selected: []string{"press/b.jpg"},
			members: []string{"launch/a.jpg"}, untouched: []string{"press/b.jpg"}},
		{reason: "a file with the name of a declared folder is no member", selected: []string{"press", "press/b.jpg"}, members: []string{"press/b.jpg"}, untouched: []string{"press"}},
		{reason: "nor is one with files below it", files: []string{"kit", "kit/x.jpg"}, selected: []string{"kit"}, untouched: []string{"kit", "kit/x.jpg"}},
		{reason: "nor is one with members below it", selected: []string{"kit", "kit/x.jpg"}, members: []string{"kit/x.jpg"}, untouched: []string{"kit"}},
		{reason: "what no policy can carry is no member", selected: []string{"a*.jpg", "b?.jpg", "${x}", "../up", "/root", "tab\t", "u\u0308.jpg", ""}},
		{reason: "nothing below the reserved folder is a member", selected: []string{"restricted/board/plan.pdf", "Restricted/x"}, untouched: []string{"restricted/board/plan.pdf"}},
		{reason: "one version of a picked file is that version", items: []v1alpha1.CollectionItem{{Path: "press/b.jpg", Version: "3"}}, selected: []string{"press/b.jpg"},
			members: []string{"press/b.jpg"}, untouched: []string{"press/b.jpg"}},
		{reason: "too many are for links only", selected: many, members: many, untouched: many[:1], problem: v1alpha1.ReasonLinksOnly},
		{reason: "as many as fit are for all", selected: many[1:], members: many[1:], reached: many[1:2]},
	} {
		t.Run(c.reason, func(t *testing.T) {
			d := access.Declarations{
				Libraries: []v1alpha1.Library{library("brand")}, Users: users("alice"),
				Folders:      []v1alpha1.Folder{folder("press", "press", v1alpha1.AccessInherit), folder("board", "board", v1alpha1.AccessRestricted)},
				Collections:  []v1alpha1.Collection{{ObjectMeta: metav1.ObjectMeta{Name: "heroes"}}},
				RoleBindings: []v1alpha1.RoleBinding{bind("b", "contributor", "User/alice", "Collection/heroes")},
				Files:        map[string][]string{"brand": c.files}, Selected: map[string][]string{"heroes": c.selected, "others": {"x.jpg"}},
			}
			d.Collections[0].Spec.LibraryRef.Name, d.Collections[0].Spec.Items = "brand", c.items
			if !c.selectorLess {
				d.Collections[0].Spec.Selector = &v1alpha1.CollectionSelector{States: []v1alpha1.AssetState{v1alpha1.StatePublished}}
			}
			given := slices.Clone(c.selected)
			m := access.New(d)
			members, _ := m.Members("heroes")
			var paths []string
			for _, k := range members {
				if k.Restricted != "" {
					t.Errorf("%v is restricted", k)
				}
				paths = append(paths, k.Path)
			}
			if diff := cmp.Diff(c.members, paths); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(given, c.selected); diff != "" {
				t.Errorf("what was given is changed:\n%s", diff)
			}
			may := func(path string, p access.Permission) bool {
				return m.Decide("alice", p, access.Key{Library: "brand", Path: path}, noon).Allowed
			}
			for _, path := range c.reached {
				if !may(path, access.Preview) || !may(path, access.Download) || may(path, access.Upload) || may(path, access.List) {
					t.Errorf("a grant on the Collection does not give preview and download of %s alone", path)
				}
			}
			for _, path := range c.untouched {
				if may(path, access.Preview) || may(path, access.Download) {
					t.Errorf("a grant on the Collection reaches %s", path)
				}
			}
			if may("restricted/board/a.jpg", access.Preview) || m.Decide("alice", access.Preview, access.Key{Library: "brand", Restricted: "board", Path: "press/b.jpg"}, noon).Allowed {
				t.Error("a grant on the Collection reaches a restricted file")
			}
			if tells := slices.ContainsFunc(m.Problems(), func(p access.Problem) bool { return p.Reason == c.problem }); tells != (c.problem != "") {
				t.Errorf("problems %v, want %q", m.Problems(), c.problem)
			}
		})
	}
}
