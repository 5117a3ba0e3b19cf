package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/source"
)

// same compares an error with what it has to say; empty for none.
func same(t *testing.T, what string, err error, want string) bool {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", what, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s: %v, and should say %q", what, err, want)
	}
	return want == ""
}

// What a command line says of a file is one change, or an error with the remedy.
func TestDescribeFlags(t *testing.T) {
	schema := asset.NewSchema(&v1alpha1.MetadataSchema{Fields: []v1alpha1.MetadataField{
		{Name: "title", Type: v1alpha1.FieldText}, {Name: "keywords", Type: v1alpha1.FieldKeywords}, {Name: "usage", Type: v1alpha1.FieldChoice, Choices: []string{"web", "print"}},
	}})
	cases := []struct {
		reason string
		flags  describeFlags
		want   change.Describe
		wrong  string
	}{
		{"a text is taken whole", describeFlags{set: []string{"title=Hero, wide = good"}}, change.Describe{Set: map[string][]string{"title": {"Hero, wide = good"}}}, ""},
		{"a list is parted at commas, and goes on in the next flag", describeFlags{set: []string{`keywords=a, b\,c`, "keywords=d"}}, change.Describe{Set: map[string][]string{"keywords": {"a", "b,c", "d"}}}, ""},
		{"add, remove and clear", describeFlags{add: []string{"keywords=a"}, remove: []string{"keywords=b,c"}, clear: []string{"title,usage"}},
			change.Describe{Add: map[string][]string{"keywords": {"a"}}, Remove: map[string][]string{"keywords": {"b", "c"}}, Clear: []string{"title", "usage"}}, ""},
		{"a focus", describeFlags{focus: "0.25, 0.1,0.5,0.5"}, change.Describe{Focus: &asset.Focus{X: 0.25, Y: 0.1, Width: 0.5, Height: 0.5}}, ""},
		{"no focus", describeFlags{focus: "none"}, change.Describe{ClearFocus: true}, ""},
		{"no value", describeFlags{set: []string{"title"}}, change.Describe{}, "write field=value"},
		{"an empty value", describeFlags{set: []string{"title="}}, change.Describe{}, "--clear title"},
		{"one value twice", describeFlags{set: []string{"title=a", "title=b"}}, change.Describe{}, "takes one value"},
		{"no such field", describeFlags{set: []string{"colour=red"}}, change.Describe{}, "the fields are title, keywords, usage"},
		{"no such choice", describeFlags{set: []string{"usage=tv"}}, change.Describe{}, "web, print"},
		{"a focus outside", describeFlags{focus: "0.9,0,0.5,0.5"}, change.Describe{}, "does not lie within the picture"},
		{"a focus of three", describeFlags{focus: "0.9,0,0.5"}, change.Describe{}, "write x,y,width,height"},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			got, err := c.flags.describe(schema)
			if !same(t, c.reason, err, c.wrong) {
				return
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFileArguments(t *testing.T) {
	for _, c := range []struct {
		args    string
		library string
		paths   []string
		wrong   string
	}{
		{"brand/a.jpg brand/launch/b.jpg", "brand", []string{"a.jpg", "launch/b.jpg"}, ""},
		{"brand", "", nil, "write LIBRARY/PATH"},
		{"brand/", "", nil, "write LIBRARY/PATH"},
		{"brand/a.jpg archive/a.jpg", "", nil, "one Library at a time"},
	} {
		library, paths, err := filesArgument(strings.Fields(c.args))
		if same(t, c.args, err, c.wrong) && (library != c.library || !cmp.Equal(paths, c.paths)) {
			t.Errorf("%s: %s %q", c.args, library, paths)
		}
	}
}

// testTenant is the tenant in testdata.
func testTenant(t *testing.T) *review.Review {
	t.Helper()
	tenant, err := source.Files(strings.NewReader(""), []string{"testdata/tenant"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return review.New(tenant, noon())
}

// A move goes where the flags say, by the names that people know.
func TestMoveFlags(t *testing.T) {
	library, err := testTenant(t).Library("brand")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path  string
		flags moveFlags
		want  change.Change
		wrong string
	}{
		{"press/a.jpg", moveFlags{into: "embargo"}, change.Change{Path: "press/a.jpg", Move: &change.Move{Restricted: "embargo", Path: "a.jpg"}}, ""},
		{"press/a.jpg", moveFlags{into: "embargo", as: "x/b.jpg"}, change.Change{Path: "press/a.jpg", Move: &change.Move{Restricted: "embargo", Path: "x/b.jpg"}}, ""},
		{"launch/embargo/a.jpg", moveFlags{outOf: "embargo", to: "press/a.jpg"}, change.Change{Path: "a.jpg", Restricted: "embargo", Move: &change.Move{Path: "press/a.jpg"}}, ""},
		{"a.jpg", moveFlags{outOf: "embargo", to: "press/a.jpg"}, change.Change{Path: "a.jpg", Restricted: "embargo", Move: &change.Move{Path: "press/a.jpg"}}, ""},
		{"a.jpg", moveFlags{outOf: "embargo", into: "board"}, change.Change{Path: "a.jpg", Restricted: "embargo", Move: &change.Move{Restricted: "board", Path: "a.jpg"}}, ""},
		{"press/a.jpg", moveFlags{into: "press"}, change.Change{}, "no restricted Folder of Library brand press"},
		{"press/a.jpg", moveFlags{outOf: "nowhere", to: "a.jpg"}, change.Change{}, "there are board, embargo"},
		{"launch/embargo/a.jpg", moveFlags{outOf: "embargo", to: "launch/embargo/b.jpg"}, change.Change{}, "say --into embargo"},
		{"press/a.jpg", moveFlags{}, change.Change{}, "say where the file goes"},
		{"press/a.jpg", moveFlags{outOf: "embargo"}, change.Change{}, "say with --to"},
		{"press/a.jpg", moveFlags{into: "embargo", to: "b.jpg"}, change.Change{}, "said with --as"},
		{"press/a.jpg", moveFlags{outOf: "embargo", to: "b.jpg", as: "c.jpg"}, change.Change{}, "said with --to"},
	} {
		k, err := library.Key(c.path)
		if err != nil {
			t.Fatal(err)
		}
		var got change.Change
		if err = c.flags.check(); err == nil {
			got, err = c.flags.change(library, k)
		}
		if same(t, c.path, err, c.wrong) && !cmp.Equal(got, c.want) {
			t.Errorf("%s (-want +got)\n%s", c.path, cmp.Diff(c.want, got))
		}
	}
}

// Answers meet the changes that they are to; an answer to a whole record is one to each of its changes.
func TestSettle(t *testing.T) {
	files := make([]fileAsked, 3)
	settle(files, change.Result{Answers: []change.Answer{{Index: 2, Outcome: change.Done}, {Index: 0, Outcome: change.Refused, Reason: change.NotFound}, {Index: 7, Outcome: change.Done}}})
	if files[0].Reason != change.NotFound || files[1].Outcome != "" || files[2].Outcome != change.Done {
		t.Errorf("%+v", files)
	}
	settle(files, change.Result{Answers: []change.Answer{{Index: change.WholeRecord, Outcome: change.Refused, Reason: change.Frozen}}})
	for _, f := range files {
		if f.Outcome != change.Refused || f.Reason != change.Frozen {
			t.Errorf("%+v", files)
		}
	}
}
