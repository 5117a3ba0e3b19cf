package policy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/policy/evaluate"
)

// call is one request that an operation comes to at the store.
type call struct {
	action string
	// name of the object, in the bucket of originals or in Vitrine's; of a listing the prefix.
	name    string
	vitrine bool
}

var (
	list     = call{action: "s3:ListBucket", name: "launch/"}
	versions = call{action: "s3:ListBucketVersions", name: "launch/"}
	see      = call{action: "s3:GetObject", name: "renditions/launch/a.jpg/web-0123.webp", vitrine: true}
	read     = call{action: "s3:GetObject", name: "launch/a.jpg"} // HeadObject is this too
	recall   = call{action: "s3:GetObjectVersion", name: "launch/a.jpg"}
	put      = call{action: "s3:PutObject", name: "launch/a.jpg"}
	abort    = call{action: "s3:AbortMultipartUpload", name: "launch/a.jpg"}
	parts    = call{action: "s3:ListMultipartUploadParts", name: "launch/a.jpg"}
	remove   = call{action: "s3:DeleteObject", name: "launch/a.jpg"}
)

// calls are what the operations of which the store has a say come to there.
var calls = map[string][]call{
	"A1.1":  {list},
	"A1.2":  {list, versions, see},
	"A1.3":  {read, recall},
	"A1.11": {put},
	"A1.12": {put, abort, parts},
	"A1.13": {recall, put},
	"A1.17": {read, put},
	"A1.19": {read, put},
	"A1.21": {read, put},
	"A1.24": {read, put, remove},
	"A1.25": {read, put, remove},
	"A1.27": {remove},
	"A2.4":  {see},
}

// TestOperationsNeedWhatTheTableSays renders, for each operation of which the store has a say, the rights of
// somebody who holds exactly what the table says that it needs, and makes its requests: all are let through. Of somebody who
// lacks one of the needs, some request is not.
//
// features: A1.1, A1.2, A1.3, A1.11, A1.12, A1.13, A1.21, A1.24, A1.25, A1.27, A2.4
func TestOperationsNeedWhatTheTableSays(t *testing.T) {
	buckets := map[string]policy.Buckets{"brand": {Originals: "acme-brand", Vitrine: "acme-brand-dam"}}
	for _, o := range slices.Concat(access.FileOperations(), access.CollectionOperations()) {
		if !slices.Contains(o.By, access.Store) {
			continue
		}
		t.Run(o.ID, func(t *testing.T) {
			if len(calls[o.ID]) == 0 {
				t.Fatalf("%s is the store's, and this test does not know its requests", o.Name)
			}
			grant := access.Grant{User: "alice", Permissions: o.Needs, Scope: &access.Scope{Library: "brand", Prefix: "launch/"}}
			if slices.ContainsFunc(access.CollectionOperations(), func(c access.Operation) bool { return c.ID == o.ID }) {
				grant.Scope, grant.Keys = nil, []access.Key{{Library: "brand", Path: "launch/a.jpg"}}
			}
			if refused := refusedTo(t, grant, buckets, calls[o.ID]); len(refused) > 0 {
				t.Errorf("%s: %v is refused to who has %s", o.Name, refused, o.Needs)
			}
			for p := range o.Needs.Each() {
				grant.Permissions = o.Needs &^ access.Of(p)
				if len(refusedTo(t, grant, buckets, calls[o.ID])) == 0 {
					t.Errorf("%s: nothing is refused to who lacks %s", o.Name, p)
				}
			}
		})
	}
}

// refusedTo makes requests with what a grant alone comes to, and gives those that are not let through.
func refusedTo(t *testing.T, grant access.Grant, buckets map[string]policy.Buckets, calls []call) []call {
	t.Helper()
	allows := policy.Allows("alice", alice, []access.Grant{grant}, buckets)
	return slices.DeleteFunc(slices.Clone(calls), func(c call) bool {
		r := evaluate.Request{Principal: alice, Action: c.action, Bucket: buckets["brand"].Originals, Object: c.name, At: time.Unix(0, 0)}
		if c.vitrine {
			r.Bucket = buckets["brand"].Vitrine
		}
		if c.action == list.action || c.action == versions.action {
			r.Object, r.Conditions = "", map[string]string{"s3:prefix": c.name}
		}
		doc, err := policy.Render(r.Bucket, allows, policy.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if doc.Empty() {
			return false
		}
		judge, err := evaluate.Compile(doc.JSON())
		if err != nil {
			t.Fatal(err)
		}
		return judge.Allowed(r)
	})
}
