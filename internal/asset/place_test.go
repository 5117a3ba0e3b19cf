package asset_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// placeRow is what is known of a rendered, described and approved picture.
func placeRow(path string, i int) asset.PlaceRow {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	hex := func(n int) (s string) {
		for len(s) < n {
			s += fmt.Sprintf("%016x", r.Uint64())
		}
		return s[:n]
	}
	facts := asset.Facts{
		V: asset.FactsVersion, ETag: hex(32), VersionID: strings.ToUpper(hex(26)), Size: int64(r.IntN(1 << 24)), ContentType: "image/jpeg", Width: 6000, Height: 4000, Orientation: 1,
		ColourSpace: "sRGB", Frames: 1, CRC32: hex(8), SHA256: hex(64), ModifiedAt: day(1).Add(time.Duration(i) * time.Millisecond), ReadAt: day(2), PresetSet: hex(16),
	}
	for _, preset := range []string{"preview", "thumb"} {
		facts.Renditions = append(facts.Renditions, asset.Rendition{
			Preset: preset, Object: preset + "-" + facts.ETag[:13] + ".webp", ETag: hex(32), Size: int64(r.IntN(1 << 16)), Width: 1600, Height: 1067, ContentType: "image/webp",
		})
	}
	signed := asset.Signature{By: "mona", At: day(3), Change: "c-1"}
	row := asset.PlaceRow{Path: path, ETag: facts.ETag, Size: facts.Size, Modified: facts.ModifiedAt, Facts: &asset.Noted[asset.Facts]{ETag: hex(32), Says: &facts}}
	switch i % 5 {
	case 0:
		row.Metadata = &asset.Noted[asset.Metadata]{ETag: hex(32), Says: &asset.Metadata{V: 1, Fields: map[string][]string{"title": {"Picture of " + path}}, Signature: signed}}
	case 1:
		row.State = &asset.Noted[asset.StateRecord]{ETag: hex(32), Says: &asset.StateRecord{V: 1, State: v1alpha1.StateDraft, Signature: signed}}
	case 2:
		approval := asset.Approval{V: 1, VersionID: facts.VersionID, SHA256: facts.SHA256, Verdict: v1alpha1.ApprovalApproved, Signature: signed}
		row.Approvals = []asset.Noted[asset.Approval]{{ETag: hex(32), Says: &approval}}
	}
	return row
}

// stored are the objects of a place's catalog.
type stored struct {
	catalog asset.PlaceCatalog
	parts   map[string][]byte
}

func storePlace(t interface{ Fatal(...any) }, rows []asset.PlaceRow) stored {
	s := stored{asset.PlaceCatalog{Shape: asset.PlaceShape(), Swept: day(4)}, map[string][]byte{}}
	begin := 0
	for _, end := range asset.CutParts(len(rows), func(i int) string { return rows[i].Path }) {
		data, part, err := asset.EncodePart(rows[begin:end])
		if err != nil {
			t.Fatal(err)
		}
		s.catalog.Parts, s.parts[part.Name] = append(s.catalog.Parts, part), data
		begin = end
	}
	data, err := s.catalog.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if s.catalog, err = asset.DecodePlaceCatalog(data); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s stored) below(t interface{ Fatal(...any) }, prefix string) []asset.PlaceRow {
	var rows []asset.PlaceRow
	for _, p := range s.catalog.Below(prefix) {
		part, err := asset.OpenPart(s.parts[p.Name], p)
		if err != nil {
			t.Fatal(err)
		}
		if err := part.Below(prefix, func(r *asset.PlaceRow) error { rows = append(rows, *r); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

func (s stored) all(t interface{ Fatal(...any) }) []asset.PlaceRow {
	var rows []asset.PlaceRow
	for _, p := range s.catalog.Parts {
		part, err := asset.OpenPart(s.parts[p.Name], p)
		if err != nil {
			t.Fatal(err)
		}
		if err := part.All(func(r *asset.PlaceRow) error { rows = append(rows, *r); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// A place's catalog gives back what was put into it, whole and folder by folder.
//
// features: A1.1, A1.2
func TestPlaceCatalogRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 6000} {
		var rows []asset.PlaceRow
		for i := range n {
			rows = append(rows, placeRow(fmt.Sprintf("shoot-%03d/%06d.jpg", i/1000, i), i))
		}
		s := storePlace(t, rows)
		if diff := cmp.Diff(rows, s.all(t)); diff != "" {
			t.Fatalf("%d (-want +got):\n%s", n, diff)
		}
		if sum := asset.Rows(s.catalog.Parts); sum != n {
			t.Errorf("%d rows are said to be %d", n, sum)
		}
		if n == 6000 && len(s.catalog.Parts) < 3 {
			t.Errorf("%d rows are in %d parts", n, len(s.catalog.Parts))
		}
	}
}

// A folder has its own files, however its neighbours are called, and whatever is archived beside them.
//
// features: A1.1
func TestFoldersOfAPlaceCatalog(t *testing.T) {
	names := []string{"a", "a/", "a-2/", "a.b/", "a/b/", "a/b", "a0/", "ab/", "b/", "é/", "z"}
	rapid.Check(t, func(t *rapid.T) {
		paths := map[string]bool{}
		for i := range rapid.IntRange(0, 1500).Draw(t, "files") {
			folder := names[rapid.IntRange(0, len(names)-1).Draw(t, "folder")]
			paths[fmt.Sprintf("%s%x", folder, i*7919%1000)] = true
		}
		var rows []asset.PlaceRow
		for path := range paths {
			rows = append(rows, asset.PlaceRow{Path: path, ETag: "e"})
			if len(path)%3 == 0 {
				rows = append(rows, asset.PlaceRow{Path: path, ETag: "f", Held: true})
			}
		}
		slices.SortFunc(rows, func(a, b asset.PlaceRow) int {
			if c := strings.Compare(a.Path, b.Path); c != 0 {
				return c
			}
			return strings.Compare(a.ETag, b.ETag)
		})
		s := storePlace(t, rows)
		for _, prefix := range append(names, "", "a/b/0", "none/", "zz/") {
			var want []asset.PlaceRow
			for _, r := range rows {
				if strings.HasPrefix(r.Path, prefix) {
					want = append(want, r)
				}
			}
			if diff := cmp.Diff(want, s.below(t, prefix)); diff != "" {
				t.Fatalf("%q (-want +got):\n%s", prefix, diff)
			}
		}
	})
}

// Parts are cut where the names say: what comes or goes changes the part where it is, and one beside it at most.
func TestAChangeIsInOnePart(t *testing.T) {
	var rows []asset.PlaceRow
	for i := range 5000 {
		rows = append(rows, asset.PlaceRow{Path: fmt.Sprintf("f/%06d", 3*i), ETag: "e"})
	}
	before := storePlace(t, rows)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		changed := slices.Clone(rows)
		switch rapid.IntRange(0, 2).Draw(t, "what") {
		case 0:
			changed = slices.Delete(changed, at, at+1)
		case 1:
			changed = slices.Insert(changed, at, asset.PlaceRow{Path: fmt.Sprintf("f/%06d", 3*at-1), ETag: "e"})
			if at == 0 {
				changed[0].Path = "e/1"
			}
		default:
			changed[at].ETag = "f"
		}
		after := storePlace(t, changed)
		other := 0
		for name := range after.parts {
			if before.parts[name] == nil {
				other++
			}
		}
		if other < 1 || other > 4 {
			t.Fatalf("%d of %d parts are others", other, len(after.parts))
		}
	})
}

// Damage anywhere is found, or changes nothing.
//
// features: A1.1
func TestDamageOfAPlaceCatalogIsFound(t *testing.T) {
	var rows []asset.PlaceRow
	for i := range 600 {
		rows = append(rows, placeRow(fmt.Sprintf("%04d", i), i))
	}
	s := storePlace(t, rows)
	named := s.catalog.Parts[0]
	head, err := s.catalog.Encode()
	if err != nil {
		t.Fatal(err)
	}
	damage := func(data []byte, harmless func([]byte) bool) {
		t.Helper()
		for at := 0; at < len(data); at += 1 + len(data)/5000 {
			for _, bit := range []byte{1, 0x80} {
				other := bytes.Clone(data)
				if other[at] ^= bit; !harmless(other) {
					t.Fatalf("byte %d is another, and nobody finds out", at)
				}
			}
			if !harmless(data[:at]) {
				t.Fatalf("it ends at byte %d, and nobody finds out", at)
			}
		}
	}
	damage(s.parts[named.Name], func(data []byte) bool {
		_, err := asset.OpenPart(data, named)
		return errors.Is(err, asset.ErrCatalog)
	})
	damage(head, func(data []byte) bool {
		c, err := asset.DecodePlaceCatalog(data)
		return errors.Is(err, asset.ErrCatalog) || err == nil && cmp.Equal(c, s.catalog)
	})
}

// What a row says is believed only if it could have been read from the objects.
func TestRowsAreSane(t *testing.T) {
	for what, change := range map[string]func(*asset.PlaceRow){
		"no path":            func(r *asset.PlaceRow) { r.Path = "" },
		"a path without end": func(r *asset.PlaceRow) { r.Path = strings.Repeat("x", 1025) },
		"a negative size":    func(r *asset.PlaceRow) { r.Size = -1 },
		"facts of nothing":   func(r *asset.PlaceRow) { r.Facts.Says = nil },
		"facts of no object": func(r *asset.PlaceRow) { r.Facts.ETag = "" },
		"facts of long ago":  func(r *asset.PlaceRow) { r.Facts.Says.V = 1 },
		"facts of a size":    func(r *asset.PlaceRow) { r.Facts.Says.Renditions[0].Size = -1 },
		"a focus beside it":  func(r *asset.PlaceRow) { r.Metadata.Says.Focus = &asset.Focus{X: 2} },
		"a state that is none": func(r *asset.PlaceRow) {
			r.State = &asset.Noted[asset.StateRecord]{ETag: "e", Says: &asset.StateRecord{V: 1, State: "x"}}
		},
		"an approval of nothing": func(r *asset.PlaceRow) {
			r.Approvals = []asset.Noted[asset.Approval]{{ETag: "e", Says: &asset.Approval{V: 1}}}
		},
	} {
		row := placeRow("a", 0)
		if !row.Sane() {
			t.Fatal("the row is not sane")
		}
		if change(&row); row.Sane() {
			t.Errorf("%s is sane", what)
		}
	}
}

// No two places share an object, and none has one of a link's.
//
// features: K2
func TestObjectsOfPlaces(t *testing.T) {
	name := asset.NamePart(nil)
	seen := map[string]bool{}
	for _, place := range []string{"", "open", "restricted", "head", "a", "a.b"} {
		for _, part := range []string{"", name} {
			object := asset.PlaceObject(place)
			if part != "" {
				object = asset.PartObject(place, part)
			}
			if of, p, ok := asset.PlaceOf(object); !ok || of != place || p != part {
				t.Errorf("%s is of %q, %q, %t", object, of, p, ok)
			}
			if seen[object] {
				t.Errorf("%s is there twice", object)
			}
			seen[object] = true
			if below, _ := strings.CutPrefix(object, asset.CatalogRoot); !strings.Contains(below, "/") {
				t.Errorf("%s may be a link's", object)
			}
		}
	}
	for _, other := range []string{"", "catalog/x.json", "catalog/places/", "catalog/places/head", "catalog/places/open/x", "catalog/places/restricted/head", "catalog/places/restricted//head", "catalog/places/restricted/a/b/head", "catalog/places/other/head", "facts/head"} {
		if place, part, ok := asset.PlaceOf(other); ok {
			t.Errorf("%q is of %q, %q", other, place, part)
		}
	}
	if asset.PlacePrefix("a") == asset.PlacePrefix(access.Key{}.Restricted) {
		t.Error("a restricted folder's is that of all")
	}
}

func FuzzPlaceCatalog(f *testing.F) {
	var rows []asset.PlaceRow
	for i := range 300 {
		rows = append(rows, placeRow(fmt.Sprintf("%04d", i), i))
	}
	s := storePlace(f, rows)
	head, err := s.catalog.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(head, s.parts[s.catalog.Parts[0].Name])
	f.Add([]byte("vitrine place 1\n"), []byte("vitrine part 1\n"))
	f.Fuzz(func(t *testing.T, head, data []byte) {
		if c, err := asset.DecodePlaceCatalog(head); err == nil {
			for i := range c.Parts {
				if i > 0 && c.Parts[i].First <= c.Parts[i-1].Last {
					t.Fatalf("part %d is not in its place", i)
				}
			}
		} else if !errors.Is(err, asset.ErrCatalog) {
			t.Fatal(err)
		}
		part, err := asset.OpenPart(data, asset.PlacePart{Name: s.catalog.Parts[0].Name, First: "0000", Last: "9999", Rows: 300, Sum: asset.SumOf(data)})
		if err == nil {
			err = part.All(func(r *asset.PlaceRow) error {
				if !r.Sane() || r.Path < "0000" || r.Path > "9999" {
					t.Fatalf("a row is %+v", r)
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, asset.ErrCatalog) {
			t.Fatal(err)
		}
	})
}

func BenchmarkPlaceCatalogOfAHundredThousand(b *testing.B) {
	var rows []asset.PlaceRow
	for i := range 100_000 {
		rows = append(rows, placeRow(fmt.Sprintf("shoot-%03d/%06d.jpg", i/1000, i), i))
	}
	var s stored
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			s = storePlace(b, rows)
		}
		size := 0
		for _, data := range s.parts {
			size += len(data)
		}
		b.ReportMetric(float64(size), "bytes")
		b.ReportMetric(float64(len(s.parts)), "parts")
	})
	b.Run("name", func(b *testing.B) {
		for b.Loop() {
			asset.NamePart(rows)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			for _, p := range s.catalog.Parts {
				part, err := asset.OpenPart(s.parts[p.Name], p)
				if err != nil {
					b.Fatal(err)
				}
				if err := part.Below("", func(*asset.PlaceRow) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
