package policy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/policy/evaluate"
)

// theGateway is one for all tenants.
const theGateway = "arn:aws:iam::000000000000:user/vitrine/test/_system/v-gateway"

// everyAction is all that documents of ours give, and some that they never do.
var everyAction = evaluate.NewActions(
	"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:DeleteObject",
	"s3:ListBucket", "s3:ListBucketVersions", "s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:PutBucketPolicy",
)

// TestTenantsNeverMeet declares two random tenants with people of the same names, and buckets of which one's names begin with the
// other's. What one declares changes no document of the other; nobody of one, and not the gateway by links of one, is let through
// at a bucket of the other: neither by the bucket's documents nor by those that hang on them.
//
// features: D10
func TestTenantsNeverMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, other := worldtest.Draw(t), worldtest.Draw(t)
		for i := range other.Libraries {
			other.Libraries[i].Spec.Bucket.Name += "-north"
		}
		at := worldtest.Start
		a, b := renderFor(t, "acme", one, at, policy.Options{}), renderFor(t, "northlight", other, at, policy.Options{})
		for _, side := range []struct {
			mine, theirs      store
			world, theirWorld worldtest.World
		}{{a, b, one, other}, {b, a, other, one}} {
			linked := policy.LinkAllows(theGateway, side.mine.everyLink(side.world)...)
			for bucket, doc := range side.theirs.proof.Documents {
				mixed, err := policy.Render(bucket, slices.Concat(side.mine.allows, side.theirs.allows, linked), policy.Options{})
				if err != nil || !mixed.Equal(doc) {
					t.Fatalf("one tenant's rights change the other's policy of %s: %s (%v)", bucket, policy.Diff(doc, mixed), err)
				}
			}
			attached := side.mine.attached(t, side.world, linked)
			principals := append(slices.Sorted(maps.Values(side.mine.proof.Users)), theGateway)
			side.theirs.eachRequest(side.theirWorld, func(r evaluate.Request) {
				for _, r.Principal = range principals {
					given := uint64(0)
					if judge := side.theirs.judges[r.Bucket]; judge != nil {
						given = judge.AllowedOf(r, everyAction)
					}
					for _, judge := range attached[r.Principal] {
						given |= judge.AllowedOf(r, everyAction)
					}
					if given != 0 {
						t.Fatalf("%s reaches %s/%s%s of the other tenant (actions %b)", r.Principal, r.Bucket, r.Object, r.Conditions["s3:prefix"], given)
					}
				}
			})
		}
	})
}

// everyLink is what links on everything that can be linked need.
func (s store) everyLink(w worldtest.World) []policy.LinkRights {
	var targets []v1alpha1.LinkTarget
	for _, f := range w.Folders {
		targets = append(targets, v1alpha1.LinkTarget{Folder: &v1alpha1.LocalReference{Name: f.Name}})
	}
	for _, c := range w.Collections {
		targets = append(targets, v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: c.Name}})
	}
	var links []policy.LinkRights
	for i, target := range targets {
		shown, err := s.model.LinkScope(target)
		if err != nil {
			continue // it shows nothing
		}
		l := policy.LinkRights{Buckets: s.buckets[shown.Library], Catalog: fmt.Sprintf("catalog/%d.json", i), Originals: true, Renditions: true, Keys: shown.Keys}
		if shown.Scope != nil {
			l.Scopes = []access.Scope{*shown.Scope}
		}
		links = append(links, l)
	}
	return links
}

// attached are the documents that hang on everybody of the tenant, and on the gateway, at a store whose rights hang there.
func (s store) attached(t *rapid.T, w worldtest.World, linked []policy.Allow) map[string][]*evaluate.Policy {
	in, plan := planOf(w, s.at, func(in *policy.PlanInput) {
		in.Users, in.MaxDocuments = s.proof.Users, 64
	})
	documents := policy.AttachedTo(plan, in.Users)
	var err error
	if documents[theGateway], err = policy.Attach("the gateway", linked, in.Options); err != nil {
		t.Fatal(err)
	}
	judges := map[string][]*evaluate.Policy{}
	for principal, all := range documents {
		for _, doc := range all {
			if doc.Empty() {
				continue
			}
			judge, err := evaluate.CompileAttached(doc.JSON())
			if err != nil {
				t.Fatal(err)
			}
			judges[principal] = append(judges[principal], judge)
		}
	}
	return judges
}

// eachRequest visits every place of a tenant's buckets: its files, what is rendered from them and known of them, each folder's listing, and what people ask for.
func (s store) eachRequest(w worldtest.World, visit func(evaluate.Request)) {
	for _, b := range s.buckets {
		for _, bucket := range []string{b.Originals, b.Vitrine} {
			visit(evaluate.Request{Bucket: bucket, At: s.at, Conditions: map[string]string{"s3:prefix": ""}})
		}
		for _, name := range worldtest.Names {
			visit(evaluate.Request{Bucket: b.Vitrine, Object: asset.ChangeObject(name, "1"), At: s.at})
			visit(evaluate.Request{Bucket: b.Vitrine, Object: asset.ResultObject(name, "1"), At: s.at})
		}
	}
	for _, k := range w.Keys {
		b, known := s.buckets[k.Library]
		if !known {
			continue
		}
		vitrine, object := asset.Object(k)
		bucket := b.Originals
		if vitrine {
			bucket = b.Vitrine
		}
		visit(evaluate.Request{Bucket: bucket, Object: object, At: s.at})
		visit(evaluate.Request{Bucket: bucket, At: s.at, Conditions: map[string]string{"s3:prefix": object[:strings.LastIndexByte(object, '/')+1]}})
		visit(evaluate.Request{Bucket: b.Vitrine, Object: asset.Renditions(k) + "web-0123.webp", At: s.at})
		visit(evaluate.Request{Bucket: b.Vitrine, Object: asset.FactsObject(k), At: s.at})
	}
}
