package access_test

import (
	"testing"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// FuzzNames reads any word as a permission and as a subject. It is none, or written as it was read; and no subject is two.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"list", "List", "none", "", "group:creatives", "serviceaccount:ci", "group:serviceaccount:x", "alice", "group:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if p, ok := access.ParsePermission(word); ok && (p == 0 || p.String() != word) {
			t.Errorf("%q is the permission %s", word, p)
		}
		group, serviceAccount, ok := access.ParseSession(word)
		switch {
		case ok != access.IsSession(word) || group != "" && serviceAccount != "":
			t.Errorf("%q is %q and %q, %t", word, group, serviceAccount, ok)
		case ok && access.ClaimSubject(group) != word && access.ServiceAccountSubject(serviceAccount) != word:
			t.Errorf("%q is read as group %q or ServiceAccount %q", word, group, serviceAccount)
		}
	})
}
