package policy

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// A grant of a folder and one of a file are never taken for each other, whatever their buckets and paths are called.
//
// features: U4
func TestGrantsOfAFolderAndOfAFileHaveOtherDigests(t *testing.T) {
	buckets := map[string]Buckets{"one": {Originals: "\x01", Vitrine: "\x01"}, "two": {Originals: "\x01", Vitrine: "\x00"}}
	digest := func(g access.Grant) []byte {
		h := sha256.New()
		writeGrant(h, &g, buckets)
		return h.Sum(nil)
	}
	folder := access.Grant{Permissions: access.Of(access.Preview), Scope: &access.Scope{Library: "one", Prefix: "launch/"}}
	file := access.Grant{Permissions: access.Of(access.Preview), Keys: []access.Key{{Library: "two", Restricted: "launch/"}}}
	if bytes.Equal(digest(folder), digest(file)) {
		t.Error("a grant of a folder has the digest of one of a file")
	}
	if !bytes.Equal(digest(folder), digest(folder)) {
		t.Error("the same grant has two digests")
	}
}
