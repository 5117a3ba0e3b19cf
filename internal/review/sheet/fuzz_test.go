package sheet

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// FuzzRead reads anything at all. It is refused as no sheet, or its rows that can be used name each file once and fields of the Library
// alone, and those whose values fit say the same when they are written and read again.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"\ufeffpath,keywords,title\r\nlaunch/a.jpg,\"hero; summer ;;\",Hero\r\n,,\r\nlaunch/b.jpg,,\r\n", "path,title\n'=a.jpg,'+x\n", "path,path,(state),(approval)\na,b,c,d\n",
		"path,markets\na.jpg,\"=x;a\\;b\"\n", "path,title\na.jpg,x,y\n/c.jpg,x\nb.jpg,z\nb.jpg,z\n", "path,title\na.jpg,\"x\n", "path;title\n", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sheet, err := Read(bytes.NewReader(text), schema)
		if err != nil {
			if !errors.Is(err, ErrSheet) {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		var files []File
		want := map[string]map[string][]string{}
		last, seen := 0, map[string]bool{}
		for _, row := range sheet.Rows {
			if row.Line <= last {
				t.Fatalf("a row is in line %d after one in line %d", row.Line, last)
			}
			last = row.Line
			if row.Wrong != nil {
				continue
			}
			if seen[row.Path] || asset.CheckPath(row.Path) != nil {
				t.Fatalf("%q stands there twice, or is no path", row.Path)
			}
			seen[row.Path] = true
			fits := true
			for name, values := range row.Set {
				if len(values) == 0 || !declared(name) {
					t.Fatalf("field %s of %q has %q", name, row.Path, values)
				}
				fits = fits && schema.Check(name, values) == nil
			}
			for _, name := range row.Empty {
				if _, set := row.Set[name]; set || !declared(name) {
					t.Fatalf("field %s of %q is set and empty, or unknown", name, row.Path)
				}
			}
			if fits {
				files, want[row.Path] = append(files, File{Path: row.Path, Fields: row.Set}), row.Set
			}
		}
		var written bytes.Buffer
		if err := Write(&written, schema, files); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(written.Bytes()), schema)
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		got := map[string]map[string][]string{}
		for _, row := range again.Rows {
			if row.Wrong != nil {
				t.Fatalf("line %d: %v", row.Line, row.Wrong)
			}
			got[row.Path] = row.Set
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-read +again)\n%s", diff)
		}
	})
}

func declared(name string) bool {
	for _, field := range fields {
		if string(field.Name) == name {
			return true
		}
	}
	return false
}
