package change_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
)

// A name is refused where the record is read when what is said of the file could not be kept under it, with how much it is too long; and one
// byte less is taken, whose object a store takes.
func TestNamesTooLongToBeDescribed(t *testing.T) {
	path := func(n int) string { return strings.Repeat("a/", (n-1)/2) + strings.Repeat("b", n-(n-1)/2*2) }
	describe, publish := `"describe":{"set":{"title":["x"]}}`, `"state":{"state":"Published"}`
	approve := fmt.Sprintf(`"versionID":"v2","approve":{"verdict":"Approved","sha256":%q}`, heroSHA)
	for _, c := range []struct {
		what, restricted, change string
		most                     int
		object                   func(access.Key) string
	}{
		{"metadata", "", describe, 1014, asset.MetaObject},
		{"metadata in a restricted Folder", "embargo", describe, 1014 - len("restricted/embargo/"), asset.MetaObject},
		{"a state", "", publish, 1013, asset.StateObject},
		{"an approval", "", approve, asset.MaxName, func(k access.Key) string { return asset.ApprovalObject(k, "v2") }},
		{"an old version goes whatever the name", "", `"versionID":"v1","remove":{}`, 1024, func(k access.Key) string { return k.Path }},
	} {
		record := func(n int) ([]byte, access.Key) {
			key := access.Key{Restricted: c.restricted, Path: path(n)}
			where := fmt.Sprintf(`"path":%q`, key.Path)
			if c.restricted != "" {
				where += fmt.Sprintf(`,"restricted":%q`, c.restricted)
			}
			return []byte(ask(where + "," + c.change)), key
		}
		fits, key := record(c.most)
		if _, refused := change.Decode(fits); refused != nil || len(c.object(key)) > asset.MaxObject || len(key.Path) != c.most {
			t.Errorf("%s: %d bytes: %+v", c.what, c.most, refused)
		}
		long, _ := record(c.most + 1)
		_, refused := change.Decode(long)
		if refused == nil || refused.Reason != change.Malformed {
			t.Errorf("%s: %d bytes: %+v", c.what, c.most+1, refused)
			continue
		}
		harmless(t, refused.Message)
		if c.most < 1024 && !strings.Contains(refused.Message, "by 1 bytes") {
			t.Errorf("%s: it says %s", c.what, refused.Message)
		}
	}
	move := func(n int) []byte {
		return []byte(ask(heroFile + fmt.Sprintf(`,"move":{"restricted":"embargo","path":%q}`, path(n))))
	}
	most := asset.MaxName - len("restricted/embargo/")
	if _, refused := change.Decode(move(most)); refused != nil {
		t.Errorf("a move to a name of %d bytes: %+v", most, refused)
	}
	if _, refused := change.Decode(move(most + 7)); refused == nil || !strings.Contains(refused.Message, "by 7 bytes") {
		t.Errorf("a move to a name of %d bytes: %+v", most+7, refused)
	}
}
