package adopt

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// FuzzPolicy takes over any policy of a bucket. Nobody gets what it does not name: every right is of a user of the store, below a prefix that
// stands in the policy, and of a kind that a store knows; whatever else it says is told.
func FuzzPolicy(f *testing.F) {
	f.Add(found.Policy)
	for _, seed := range []string{
		`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-archive/*"}}`,
		`{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::000000000000:user/carol"]}, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme-archive/a*b/*", "arn:aws:s3:::acme-archive/${x}/*"]}]}`,
		`{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/carol"}, "NotAction": "s3:GetObject", "Resource": "*"}]}`,
		`{"Statement": 1}`, `{"Statement": [null]}`, `{}`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		bucket := Found{Bucket: found.Bucket, Users: found.Users[:1], Policy: document}
		bucket.Users = slices.Clone(bucket.Users)
		bucket.Users[0].Policies = nil
		x := newExport(bucket, Options{})
		rights := x.read(bucket)
		var text any
		if json.Unmarshal(document, &text) != nil && len(rights) > 0 {
			t.Fatal("what cannot be read gives rights")
		}
		possible := access.Of(access.List, access.Download, access.Upload, access.Delete)
		for _, r := range rights {
			if r.principal != bucket.Users[0].Principal || !bytes.Contains(document, []byte("Alice.Smith")) && !bytes.Contains(document, []byte(`\u`)) {
				t.Errorf("%q gets a right", r.principal)
			}
			if r.permissions == 0 || r.permissions.Union(possible) != possible {
				t.Errorf("a right to %v", r.permissions)
			}
			if r.prefix != "" && !strings.HasSuffix(r.prefix, "/") || strings.ContainsAny(r.prefix, "*?") || strings.Contains(r.prefix, "${") {
				t.Errorf("a right below %q, which is no folder", r.prefix)
			}
		}
	})
}
