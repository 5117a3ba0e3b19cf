package policy_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

// asking are the permissions with which somebody asks the manager for something.
var asking = []access.Permission{access.Upload, access.Describe, access.Publish, access.Approve, access.Delete, access.Restricted}

// Who may ask the manager for something may put change records below their own name and read the answers to them, by each permission of
// that kind alone; no other permission, no Collection and no session does so.
//
// features: U4
func TestWhoMayAskReadsTheAnswers(t *testing.T) {
	buckets := map[string]policy.Buckets{"brand": brand}
	folder, member := &access.Scope{Library: "brand", Prefix: "launch/"}, []access.Key{{Library: "brand", Path: "launch/a.jpg"}}
	var both []policy.Allow
	for _, place := range []string{"changes/alice/", "results/alice/"} {
		for _, verb := range []policy.Verb{policy.ReadCurrent, policy.Put} {
			both = append(both, policy.Allow{Principal: alice, Bucket: brand.Vitrine, Verb: verb, Resource: place})
		}
	}
	for p := range access.AllPermissions.Each() {
		var want []policy.Allow
		if slices.Contains(asking, p) {
			want = both
		}
		onFolder := []access.Grant{{User: "alice", Permissions: access.Of(p), Scope: folder}}
		if diff := cmp.Diff(want, policy.ChangeAllows("alice", alice, onFolder, buckets)); diff != "" {
			t.Errorf("%s on a Folder (-want +got):\n%s", p, diff)
		}
		for _, a := range policy.GroupAllows(alice, onFolder, buckets) {
			if slices.Contains(both, a) || strings.HasPrefix(a.Resource, "changes/") || strings.HasPrefix(a.Resource, "results/") {
				t.Errorf("%s gives all of a group %+v", p, a)
			}
		}
		if got := policy.ChangeAllows("alice", alice, []access.Grant{{User: "alice", Permissions: access.Of(p), Keys: member}}, buckets); got != nil {
			t.Errorf("%s on a Collection gives %+v", p, got)
		}
		for _, session := range []string{access.ServiceAccountSubject("cms"), access.ClaimSubject("studio")} {
			if got := policy.ChangeAllows(session, alice, onFolder, buckets); got != nil {
				t.Errorf("%s gives the session %s %+v", p, session, got)
			}
		}
	}
}

// TestPoliciesSayWhoMayAsk compares, in random worlds, the documents with the model on change records and answers: a User's own,
// another's, and what lies beside.
//
// features: U4
func TestPoliciesSayWhoMayAsk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		at := rapid.SampledFrom(w.Instants).Draw(t, "at")
		s := render(t, w, at)
		for _, u := range w.Users {
			for library, b := range s.buckets {
				may := s.mayAsk(w, u.Name, library)
				for _, whose := range append(slices.Clone(worldtest.Names), u.Name+"-2", u.Name[1:]) {
					own := may && whose == u.Name
					for _, object := range []string{asset.ChangeObject(whose, "1"), asset.ResultObject(whose, "1")} {
						for action, want := range map[string]bool{
							"s3:PutObject": own, "s3:AbortMultipartUpload": false, "s3:ListMultipartUploadParts": false,
							"s3:GetObject": own, "s3:GetObjectVersion": false, "s3:DeleteObject": false,
						} {
							if got := s.allowed(u.Name, action, b.Vitrine, object, nil, at); got != want {
								t.Fatalf("%s %s %s/%s: the policy says %v, the model %v", u.Name, action, b.Vitrine, object, got, want)
							}
						}
					}
					for _, prefix := range []string{asset.ChangesPrefix(whose), asset.ResultsPrefix(whose)} {
						if s.allowed(u.Name, "s3:ListBucket", b.Vitrine, "", map[string]string{"s3:prefix": prefix}, at) {
							t.Fatalf("%s lists %s/%s", u.Name, b.Vitrine, prefix)
						}
					}
				}
			}
		}
	})
}

// mayAsk asks the model of every place that something can be granted on but a Collection.
func (s store) mayAsk(w worldtest.World, user, library string) bool {
	places := []access.Key{{Library: library, Path: "a file"}}
	for _, f := range w.Folders {
		if scope, ok := s.model.FolderScope(f.Name); ok && scope.Library == library {
			places = append(places, access.Key{Library: library, Restricted: scope.Restricted, Path: scope.Prefix + "a file"})
		}
	}
	return slices.ContainsFunc(places, func(k access.Key) bool {
		return slices.ContainsFunc(asking, func(p access.Permission) bool { return s.model.Decide(user, p, k, s.at).Allowed })
	})
}

// Each person who may ask takes one statement of a bucket's policy at most, and their own places tear nothing apart that people have in common.
func TestOwnPlacesAddOneStatementForEachPerson(t *testing.T) {
	const people, teams, folders = 60, 6, 40
	var common, all []policy.Allow
	for i := range people {
		who := fmt.Sprintf("arn:aws:iam::000000000000:user/vitrine/test/acme/v-%026d", i)
		for f := range folders {
			// Teams of ten have folders in common with some other teams, so that people have more in common than places.
			if f%teams == i%teams || f*7%(i%teams+2) == 0 {
				common = append(common, policy.Allow{Principal: who, Bucket: "b", Verb: policy.ReadCurrent, Resource: fmt.Sprintf("renditions/campaigns 2027/part %02d/", f)})
			}
		}
		for _, place := range []string{"changes", "results"} {
			for _, verb := range []policy.Verb{policy.ReadCurrent, policy.Put} {
				all = append(all, policy.Allow{Principal: who, Bucket: "b", Verb: verb, Resource: fmt.Sprintf("%s/u%04d/", place, i)})
			}
		}
	}
	all = append(all, common...)
	without, with := rendered(t, common...), rendered(t, all...)
	if n, most := len(with.Statements()), len(without.Statements())+people; n > most {
		t.Errorf("%d statements, want at most %d", n, most)
	}
	if n, most := len(with.JSON()), len(without.JSON())+people*330; n > most {
		t.Errorf("%d bytes, want at most %d", n, most)
	}
}

// Where rights hang on people, who may ask has one statement for all Libraries together, which leaves a store of small documents room for many.
func TestChangeRecordsOfManyLibrariesFitASmallDocument(t *testing.T) {
	const libraries, inline = 10, 2048
	buckets := map[string]policy.Buckets{}
	var grants []access.Grant
	for i := range libraries {
		name := fmt.Sprintf("brand-%02d", i)
		buckets[name] = policy.Buckets{Originals: "acme-" + name, Vitrine: asset.VitrineBucket("acme-" + name)}
		grants = append(grants, access.Grant{User: "alice", Permissions: access.Of(access.Upload, access.Delete, access.Describe), Scope: &access.Scope{Library: name, Prefix: "launch/"}})
	}
	documents, err := policy.Attach("User alice", policy.ChangeAllows("alice", "", grants, buckets), policy.Options{MaxBytes: inline})
	if err != nil || len(documents) != 1 {
		t.Fatalf("%d documents: %v", len(documents), err)
	}
	if n := len(documents[0].Statements()); n != 1 {
		t.Errorf("%d statements: %s", n, documents[0].JSON())
	}
}

// How many people who may ask a bucket's policy has room for is what docs/objectstore.md says.
func TestRoomForPeopleWhoMayAsk(t *testing.T) {
	const people = 140
	folder := []access.Grant{{Permissions: access.AllPermissions, Scope: &access.Scope{Library: "brand", Prefix: "campaigns 2027/launch/"}}}
	var allows []policy.Allow
	for i := range people {
		user := fmt.Sprintf("firstname.lastname%03d", i)
		who := fmt.Sprintf("arn:aws:iam::000000000000:user/vitrine/production/acme/v-%026d", i)
		allows = append(allows, policy.Allows(user, who, folder, map[string]policy.Buckets{"brand": brand})...)
	}
	doc, err := policy.Render(brand.Vitrine, allows, policy.Options{MaxBytes: math.MaxInt})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(doc.JSON()); n > policy.DefaultMaxBytes {
		t.Errorf("%d people take %d bytes, %d each", people, n, n/people)
	}
}
