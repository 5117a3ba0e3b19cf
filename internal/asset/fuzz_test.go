package asset_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// decoded checks what holds of every document about a file: it is refused as no description, or what it says stays the same when it is
// written and read again.
func decoded[T interface{ Encode() ([]byte, error) }](t *testing.T, data []byte, decode func([]byte) (T, error)) {
	t.Helper()
	document, err := decode(data)
	if err != nil {
		if !errors.Is(err, asset.ErrDescription) || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Fatalf("the error is %q", err)
		}
		return
	}
	if len(data) > asset.MaxDescriptionBytes {
		t.Fatalf("%d bytes are read", len(data))
	}
	again, err := document.Encode()
	if err != nil && len(data) < asset.MaxDescriptionBytes/6 { // escapes may make it six times as long
		t.Fatalf("what was read cannot be written: %v", err)
	}
	if err != nil {
		return
	}
	other, err := decode(again)
	if diff := cmp.Diff(document, other, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Fatalf("%v, or it is not the same (-read +again):\n%s", err, diff)
	}
}

func FuzzDecodeMetadata(f *testing.F) {
	for _, seed := range []string{
		`{"v":1,"fields":{"title":["Hero, front"],"keywords":["a","b"]},"focus":{"x":0,"y":0.5,"width":1,"height":0.5},"by":"carl","at":"2027-03-01T12:00:00Z","change":"c1"}`,
		`{"v":1,"fields":{"title":[]}}`, `{"v":1,"fields":{"Title":["x"]}}`, `{"v":1,"focus":{"x":-0,"y":1e-300,"width":1e400}}`, `{"v":1}{}`, `null`, `{"v":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { decoded(t, data, asset.DecodeMetadata) })
}

func FuzzDecodeState(f *testing.F) {
	for _, seed := range []string{
		`{"v":1,"state":"Draft","publishAt":"2027-04-01T00:00:00Z","sunset":"2028-01-01T00:00:00+02:00","by":"vera","at":"2027-03-01T12:00:00Z"}`,
		`{"v":1,"state":"draft"}`, `{"v":1,"publishAt":"0001-01-01T00:00:00Z"}`, `{"v":1,"sunset":"0000-01-01T00:00:00+23:59"}`, `[]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { decoded(t, data, asset.DecodeState) })
}

func FuzzDecodeApproval(f *testing.F) {
	sum := strings.Repeat("0af9", 16)
	for _, seed := range []string{
		`{"v":1,"versionID":"v1","sha256":"` + sum + `","verdict":"Approved","note":"as agreed","by":"vera","at":"2027-03-01T12:00:00Z"}`,
		`{"v":1,"versionID":"","sha256":"` + sum + `","verdict":"Approved"}`, `{"v":1,"versionID":"v1","sha256":"` + strings.ToUpper(sum) + `","verdict":"Approved"}`,
		`{"v":1,"versionID":"v1","sha256":"` + sum + `","verdict":"approved"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { decoded(t, data, asset.DecodeApproval) })
}

// FuzzObjects reads any name of an object as one of something that is kept of a file. It is of none, or of the one file whose object is
// called exactly so: no object is taken for what is known of another file.
func FuzzObjects(f *testing.F) {
	for _, seed := range []string{
		"meta/launch/hero.jpg.json", "state/restricted/embargo/hero.jpg.json", "facts/restricted//x.json", "held/restricted/embargo/hero.jpg", "held/", "approvals/a/b.json",
		"approvals/restricted/embargo/b.json", "renditions/launch/hero.jpg/", "renditions/restricted/x/", "restricted-renditions/embargo/hero.jpg/", "restricted-renditions//x/", "meta/.json",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		is := func(what string, k access.Key, named string) {
			if named != name || k.Library != "brand" || k.Path == "" {
				t.Errorf("%q is taken for the %s of %+v, which is %q", name, what, k, named)
			}
		}
		for root, object := range map[string]func(access.Key) string{asset.MetaRoot: asset.MetaObject, asset.StateRoot: asset.StateObject, asset.FactsRoot: asset.FactsObject} {
			if k, ok := asset.Described("brand", root, name); ok {
				is(root, k, object(k))
			}
		}
		if k, ok := asset.HeldKey("brand", name); ok {
			is("original", k, asset.HeldObject(k))
		}
		if k, ok := asset.Rendered("brand", name); ok {
			is("renditions", k, asset.Renditions(k))
		}
		if k, ok := asset.Approved("brand", name); ok {
			is("approvals", k, asset.ApprovalsPrefix(k)+name[strings.LastIndexByte(name, '/')+1:])
		}
	})
}
