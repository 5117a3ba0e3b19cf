package change_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
)

// FuzzDecodeResult reads anything at all: who may read answers may put anything there. It is refused as no answer, or says the same when
// it is written and read again.
func FuzzDecodeResult(f *testing.F) {
	sum := strings.Repeat("0af9", 16)
	for _, seed := range []string{
		`{"v":1,"record":"` + sum + `","at":"2027-03-01T12:00:00Z","answers":[{"index":0,"path":"launch/hero.jpg","outcome":"Done"}]}`,
		`{"v":1,"record":"` + sum + `","at":"2027-03-01T12:00:00Z","answers":[{"index":-1,"outcome":"Refused","reason":"Malformed","message":"x"}]}`,
		`{"v":1,"record":"` + sum + `","answers":[null]}`, `{"v":1,"record":"` + sum + `","answers":[]}`, `{"v":1,"record":"x","answers":[{}]}`, `{}{}`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		result, err := change.DecodeResult(data)
		if err != nil {
			if !errors.Is(err, change.ErrResult) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("the error is %q", err)
			}
			return
		}
		if len(result.Answers) == 0 || len(result.Record) != len(change.Digest(nil)) {
			t.Fatalf("%+v answers nothing, or no record", result)
		}
		again, err := result.Encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		other, err := change.DecodeResult(again)
		if diff := cmp.Diff(result, other); err != nil && len(again) <= len(data) || err == nil && diff != "" {
			t.Fatalf("%v, or it is not the same (-read +again):\n%s", err, diff)
		}
	})
}

// FuzzParseObject reads any name of an object as that of a record. It is somebody's own, or none: what is read is called exactly so.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{
		"changes/carl/c1.json", "changes/@platform/c1.json", "changes/carl/../vera/c1.json", "changes//c1.json", "changes/carl/a/b.json", "changes/carl/.json", "changes/carl/c1", "result/carl/c1.json",
		"changes/carl/ü.json", "changes/carl/" + strings.Repeat("x", 65) + ".json",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, object string) {
		folder, id, ok := change.ParseObject(object)
		if !ok {
			return
		}
		if asset.ChangeObject(folder, id) != object || folder == "" || strings.Contains(folder, "/") || !change.ValidID(id) {
			t.Errorf("%q is taken for record %q of %q", object, id, folder)
		}
		if !strings.HasPrefix(object, asset.ChangesPrefix(folder)) {
			t.Errorf("%q is not in the place of %q", object, folder)
		}
	})
}
