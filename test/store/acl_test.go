package store_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// An ACL counts at VersityGW where there is no policy, so it opens a bucket when the last grant ends.
func TestAnACLThatOpensABucketIsFound(t *testing.T) {
	t.Run(onVersityGW, func(t *testing.T) {
		s := open(t)
		ours, theirs, empty := bucket(t, s), unique(t)+"-old", unique(t)+"-empty"
		for _, name := range []string{theirs, empty} {
			if err := s.S3.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
				t.Fatal(err)
			}
			for _, put := range []struct {
				query  string
				header http.Header
				body   string
			}{
				{"ownershipControls", nil, `<OwnershipControls><Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule></OwnershipControls>`},
				{"acl", http.Header{"X-Amz-Acl": {"public-read"}}, ""},
			} {
				if status, text := send(t, administrator(t), http.MethodPut, "/"+name+"?"+put.query, put.header, []byte(put.body)); status != http.StatusOK {
					t.Fatalf("%s: %d %s", put.query, status, text)
				}
			}
		}
		fill(t, s, theirs)
		err := s.CreateBucket(t.Context(), empty, store.Mark{Installation: "test", Namespace: "acme", Library: "brand", Role: store.RoleOriginals})
		if foreign, ok := errors.AsType[*store.ForeignError](err); !ok || foreign.Public != "READ to all-users" {
			t.Errorf("a bucket that everybody may read is claimed, or refused with %v", err)
		}
		for _, c := range []struct {
			bucket string
			want   []store.ACLGrant
		}{
			{ours, nil},
			{theirs, []store.ACLGrant{{To: "all-users", Permission: "READ", Public: true}}},
		} {
			got, err := s.BucketACL(t.Context(), c.bucket)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%s (-want +got):\n%s%v", c.bucket, diff, err)
			}
		}
		id, _ := user(t, s, "alice")
		_, key := user(t, s, "bob")
		reads := func() int {
			t.Helper()
			status, _ := send(t, key, http.MethodGet, "/"+theirs+"/a.txt", nil, nil)
			return status
		}
		let(t, s, id, theirs, "launch/")
		if status := reads(); status != http.StatusForbidden {
			t.Errorf("with a policy: %d, want 403", status)
		}
		letNobody(t, s, id, theirs)
		if status := reads(); status != http.StatusOK {
			t.Errorf("without a policy: %d, want 200", status)
		}
	})
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		if got, err := s.BucketACL(t.Context(), bucket(t, s)); err != nil || len(got) > 0 {
			t.Errorf("got %v, %v; want nothing", got, err)
		}
	})
}
