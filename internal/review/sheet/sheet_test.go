package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// fields are of every type; one is called like a column that is no field.
var fields = []v1alpha1.MetadataField{
	{Name: "title", Type: v1alpha1.FieldText}, {Name: "keywords", Type: v1alpha1.FieldKeywords}, {Name: "usage", Type: v1alpha1.FieldChoice, Choices: []string{"web", "print"}},
	{Name: "markets", Type: v1alpha1.FieldChoices, Choices: []string{"de", "=x", "a;b"}}, {Name: "price", Type: v1alpha1.FieldNumber}, {Name: "shot", Type: v1alpha1.FieldDate},
	{Name: "path", Type: v1alpha1.FieldText},
}

var schema = asset.NewSchema(&v1alpha1.MetadataSchema{Fields: fields})

// valid draws a value that a field takes: with all that means something in a sheet.
func valid(t *rapid.T, field v1alpha1.MetadataField) string {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("=+-@'\"\\;, ab\n\tü＝")), 1, 12, -1)
	return text.Filter(func(s string) bool {
		return (asset.NewSchema(&v1alpha1.MetadataSchema{Fields: []v1alpha1.MetadataField{field}})).Check(string(field.Name), []string{s}) == nil
	}).Draw(t, string(field.Name))
}

// What is written is read again as it was, whatever people say of files.
//
// features: D11
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paths := rapid.SliceOfNDistinct(rapid.StringOfN(rapid.RuneFrom([]rune("=+-@'\"\\;, ab/ü＝")), 1, 12, -1).Filter(func(s string) bool { return asset.CheckPath(s) == nil }), 0, 5, rapid.ID[string]).Draw(t, "paths")
		files := make([]File, len(paths))
		var want []Row
		for i, path := range paths {
			files[i] = File{Path: path, Fields: map[string][]string{}, State: "Draft", Approval: "Approved"}
			for _, f := range fields {
				if !rapid.Bool().Draw(t, "has") {
					continue
				}
				switch {
				case len(f.Choices) > 0:
					files[i].Fields[string(f.Name)] = f.Choices[:1+rapid.IntRange(0, len(f.Choices)-1).Draw(t, "n")]
					if !Many(f.Type) {
						files[i].Fields[string(f.Name)] = f.Choices[:1]
					}
				case f.Type == v1alpha1.FieldNumber:
					files[i].Fields[string(f.Name)] = []string{rapid.SampledFrom([]string{"-1", "+0.5", "12"}).Draw(t, "number")}
				case f.Type == v1alpha1.FieldDate:
					files[i].Fields[string(f.Name)] = []string{"2027-03-31"}
				case f.Type == v1alpha1.FieldKeywords:
					files[i].Fields[string(f.Name)] = []string{valid(t, f), "z" + valid(t, f)}
				default:
					files[i].Fields[string(f.Name)] = []string{valid(t, f)}
				}
			}
			row := Row{Path: path, Set: files[i].Fields}
			for _, f := range fields {
				if len(files[i].Fields[string(f.Name)]) == 0 {
					row.Empty = append(row.Empty, string(f.Name))
				}
			}
			want = append(want, row)
		}
		var text bytes.Buffer
		if err := Write(&text, schema, files); err != nil {
			t.Fatal(err)
		}
		got, err := Read(strings.NewReader(text.String()), schema)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got.Rows {
			got.Rows[i].Line = 0
		}
		if diff := cmp.Diff(&Sheet{Rows: want, PassedOver: []string{"(state)", "(approval)"}}, got); diff != "" {
			t.Fatalf("(-written +read)\n%s\n%s", diff, text.String())
		}
	})
}

// No cell of a sheet begins as a formula does, for whoever parts cells at commas, semicolons or tabs.
//
// features: D11
func TestNoCellIsAFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hostile := rapid.StringOfN(rapid.RuneFrom([]rune("=+-@'\"\\;,\n\ta＝")), 0, 12, -1)
		file := File{Path: hostile.Draw(t, "path"), State: hostile.Draw(t, "state"), Fields: map[string][]string{
			"title": {hostile.Draw(t, "title")}, "keywords": rapid.SliceOfN(hostile, 0, 3).Draw(t, "keywords"),
		}}
		var text bytes.Buffer
		if err := Write(&text, schema, []File{file}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
		if err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.HasPrefix(cell, "＝") {
					t.Errorf("%q is a formula", cell)
				}
			}
		}
		// Everything stands in quotes: outside of them there are commas and ends of lines alone.
		outside, in := strings.Builder{}, false
		for _, c := range text.String() {
			if c == '"' {
				in = !in
			} else if !in {
				outside.WriteRune(c)
			}
		}
		if rest := strings.NewReplacer(",", "", "\r\n", "").Replace(outside.String()); rest != "" {
			t.Errorf("%q stands outside of quotes", rest)
		}
	})
}

func TestRead(t *testing.T) {
	cases := []struct {
		reason, text string
		want         []Row
		wrong        string
	}{
		{reason: "as people write it: blanks in lists, a byte order mark, rows of nothing, columns in any order",
			text: "\ufeffpath,keywords,title\r\nlaunch/a.jpg,\"hero; summer ;;\",Hero\r\n,,\r\nlaunch/b.jpg,,\r\n",
			want: []Row{
				{Line: 2, Path: "launch/a.jpg", Set: map[string][]string{"keywords": {"hero", "summer"}, "title": {"Hero"}}},
				{Line: 4, Path: "launch/b.jpg", Set: map[string][]string{}, Empty: []string{"keywords", "title"}},
			}},
		{reason: "an apostrophe that guards nothing is text", text: "path,title\n'a.jpg,'tis\n", want: []Row{{Line: 2, Path: "'a.jpg", Set: map[string][]string{"title": {"'tis"}}}}},
		{reason: "lines are counted within quotes too", text: "path,title\na.jpg,\"one\ntwo\"\nb.jpg,x\n", want: []Row{
			{Line: 2, Path: "a.jpg", Set: map[string][]string{"title": {"one\ntwo"}}}, {Line: 4, Path: "b.jpg", Set: map[string][]string{"title": {"x"}}},
		}},
		{reason: "only shown columns alone", text: "path,(state)\na.jpg,Published\n", want: []Row{{Line: 2, Path: "a.jpg", Set: map[string][]string{}}}},
		{reason: "another separator", text: "path;title\na.jpg;x\n", wrong: "save it as CSV with commas"},
		{reason: "nothing", text: "", wrong: "it is empty"},
		{reason: "no first line", text: "a.jpg,Hero\n", wrong: "has to be path"},
		{reason: "a field that there is not", text: "path,colour\n", wrong: `no field "colour"; declare it`},
		{reason: "a column twice", text: "path,title,title\n", wrong: "two columns title"},
		{reason: "a quote that does not end", text: "path,title\na.jpg,\"x\n", wrong: "line 2"},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			got, err := Read(strings.NewReader(c.text), schema)
			if c.wrong != "" {
				if !errors.Is(err, ErrSheet) || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("%v, and should say %q", err, c.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Rows); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// One row that cannot be used says why, and the others are read.
func TestRowsThatAreWrong(t *testing.T) {
	got, err := Read(strings.NewReader("path,title\na.jpg,x,y\nb.jpg,x\n/c.jpg,x\nb.jpg,z\n,x\n"), schema)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"3 cells, and the first line has 2", "", "double slash", "line 3 already", "it is empty"}
	if len(got.Rows) != len(want) {
		t.Fatalf("%+v", got.Rows)
	}
	for i, row := range got.Rows {
		switch {
		case want[i] == "" && row.Wrong != nil:
			t.Errorf("line %d: %v", row.Line, row.Wrong)
		case want[i] != "" && (row.Wrong == nil || !strings.Contains(row.Wrong.Error(), want[i])):
			t.Errorf("line %d: %v, and should say %q", row.Line, row.Wrong, want[i])
		}
	}
}

// A field that holds what its type cannot is left as it is by a sheet that nobody changed.
func TestMisfitsAreLeftAsTheyAre(t *testing.T) {
	var text bytes.Buffer
	if err := Write(&text, schema, []File{{Path: "a.jpg", Fields: map[string][]string{"title": {"one", "two"}, "gone": {"x"}}}}); err != nil {
		t.Fatal(err)
	}
	got, err := Read(&text, schema)
	if err != nil || len(got.Rows) != 1 || len(got.Rows[0].Set) != 0 {
		t.Errorf("%v, %+v", err, got)
	}
}
