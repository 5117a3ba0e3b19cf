package inventory

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/review/compare"
)

// features: U9
func TestRead(t *testing.T) {
	want := []compare.Object{{Bucket: "acme-brand", Key: "launch/a, b.jpg", Size: 10}, {Bucket: "acme-brand", Key: "press/ü.png", Size: 0}}
	cases := []struct {
		reason, text string
		want         []compare.Object
		refused      bool
	}{
		{"CSV with a header", "bucket,path,size\nacme-brand,\"launch/a, b.jpg\",10\nacme-brand,press/ü.png,0\n", want, false},
		{"CSV without one", "acme-brand,\"launch/a, b.jpg\",10\nacme-brand,press/ü.png,0\n", want, false},
		{"JSON lines", `{"bucket":"acme-brand","path":"launch/a, b.jpg","size":10}` + "\n" + `{"bucket":"acme-brand","key":"press/ü.png","size":0,"etag":"x"}`, want, false},
		{"nothing", "", []compare.Object{}, false},
		{"a size that is none", "acme-brand,a.jpg,large\n", nil, true},
		{"a field too few", "acme-brand,a.jpg\n", nil, true},
		{"a size below nothing", "acme-brand,a.jpg,-1\n", nil, true},
		{"no bucket", ",a.jpg,1\n", nil, true},
		{"no path", "acme-brand,,1\n", nil, true},
		{"JSON with a size below nothing", `{"bucket":"acme-brand","path":"a","size":-1}`, nil, true},
		{"JSON without a size", `{"bucket":"acme-brand","path":"a"}`, nil, true},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			got, err := Read(strings.NewReader(c.text))
			if c.refused != errors.Is(err, ErrFormat) || !c.refused && err != nil {
				t.Fatalf("the error is %v", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
