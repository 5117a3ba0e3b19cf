package inventory

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzRead reads anything at all. It is refused as no list of objects, or every object has a bucket, a name and a size, and the list is the
// same when it is written and read again.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"bucket,path,size\nacme-brand,\"launch/a, b.jpg\",10\n", "a,b,-1\n", ",b,1\n", "a,,1\n", "a,b\n", `{"bucket":"a","path":"b","size":1}` + "\n" + `{"bucket":"a","key":"c","size":0}`,
		`{"bucket":"a","path":"b","size":-1}`, `{"bucket":"a","path":"b","size":1e3}`, "{", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		objects, err := Read(strings.NewReader(string(text)))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		var written strings.Builder
		encoder := json.NewEncoder(&written)
		for _, o := range objects {
			if o.Bucket == "" || o.Key == "" || o.Size < 0 {
				t.Fatalf("%+v is taken for an object", o)
			}
			if !utf8.ValidString(o.Bucket) || !utf8.ValidString(o.Key) {
				return // JSON does not have it
			}
			if err := encoder.Encode(map[string]any{"bucket": o.Bucket, "path": o.Key, "size": o.Size}); err != nil {
				t.Fatal(err)
			}
		}
		again, err := Read(strings.NewReader(written.String()))
		if diff := cmp.Diff(objects, again); err != nil || diff != "" {
			t.Fatalf("%v, or it is not the same (-read +again):\n%s", err, diff)
		}
	})
}
