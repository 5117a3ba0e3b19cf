package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

const (
	alice = "arn:aws:iam::000000000000:user/vitrine/test/acme/v-alice"
	bob   = "arn:aws:iam::000000000000:user/vitrine/test/acme/v-bob"
)

func TestRenderRefuses(t *testing.T) {
	good := policy.Allow{Principal: alice, Bucket: "b", Verb: policy.Read, Resource: "launch/"}
	if _, err := policy.Render("b", []policy.Allow{good}, policy.Options{}); err != nil {
		t.Fatal(err)
	}
	for reason, change := range map[string]func(*policy.Allow){
		"a star in a place is a pattern":             func(a *policy.Allow) { a.Resource = "launch*/" },
		"a question mark is a pattern":               func(a *policy.Allow) { a.Resource = "launch?/" },
		"a variable stands for something else":       func(a *policy.Allow) { a.Resource = "${aws:username}/" },
		"a prefix without slash covers neighbours":   func(a *policy.Allow) { a.Resource = "launch" },
		"control characters are no name":             func(a *policy.Allow) { a.Resource = "a\nb/" },
		"what is not UTF-8 changes when written":     func(a *policy.Allow) { a.Resource = "a\xff/" },
		"an empty segment leads somewhere else":      func(a *policy.Allow) { a.Resource = "a//" },
		"the way up leads out":                       func(a *policy.Allow) { a.Resource = "a/../" },
		"an object needs a name":                     func(a *policy.Allow) { a.Resource, a.Exact = "", true },
		"an object's name does not end in a slash":   func(a *policy.Allow) { a.Exact = true },
		"a single object cannot be listed":           func(a *policy.Allow) { a.Verb, a.Resource, a.Exact = policy.List, "a", true },
		"everybody is never meant":                   func(a *policy.Allow) { a.Principal = "*" },
		"nor everybody with a name like this":        func(a *policy.Allow) { a.Principal = alice + "*" },
		"a bare name is no principal":                func(a *policy.Allow) { a.Principal = "alice" },
		"an unknown verb means nothing":              func(a *policy.Allow) { a.Verb = 99 },
		"no verb means nothing":                      func(a *policy.Allow) { a.Verb = 0 },
		"a pattern of resources in an object's name": func(a *policy.Allow) { a.Resource, a.Exact = "launch/*", true },
	} {
		bad := good
		change(&bad)
		doc, err := policy.Render("b", []policy.Allow{good, bad}, policy.Options{})
		if !errors.Is(err, policy.ErrResource) || !doc.Empty() {
			t.Errorf("%s: %+v gave %s, %v", reason, bad, doc.JSON(), err)
		}
	}
}

// TestRenderFolds checks the shape: what is covered is dropped, people with the
// same rights share a statement, and a document has few statements.
func TestRenderFolds(t *testing.T) {
	var allows []policy.Allow
	for i := range 30 {
		for _, v := range []policy.Verb{policy.List, policy.Read} {
			who := fmt.Sprintf("%s-%02d", alice, i)
			allows = append(allows,
				policy.Allow{Principal: who, Bucket: "b", Verb: v, Resource: "launch/"},
				policy.Allow{Principal: who, Bucket: "b", Verb: v, Resource: "launch/final/"},
				policy.Allow{Principal: who, Bucket: "b", Verb: v, Resource: "press/"})
		}
		allows = append(allows, policy.Allow{Principal: bob, Bucket: "b", Verb: policy.Read, Resource: fmt.Sprintf("launch/%d.jpg", i), Exact: true})
	}
	allows = append(allows, policy.Allow{Principal: bob, Bucket: "b", Verb: policy.Read, Resource: "launch-2/"})
	doc, err := policy.Render("b", allows, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := string(doc.JSON())
	if n := len(doc.Statements()); n != 3 {
		t.Errorf("%d statements, want one to list, one to read and one for bob: %s", n, text)
	}
	if strings.Contains(text, "launch/final") || !strings.Contains(text, "launch-2/*") {
		t.Errorf("what is covered should be dropped, and neighbours kept: %s", text)
	}
	if n := strings.Count(text, "-07"); n != 2 {
		t.Errorf("each person should be named once in a statement, not %d times", n)
	}
}

func TestRenderTooLarge(t *testing.T) {
	var allows []policy.Allow
	for i := range 2000 {
		allows = append(allows, policy.Allow{Principal: alice, Bucket: "b", Verb: policy.Read, Resource: fmt.Sprintf("folder-with-a-longish-name-%04d/", i)})
	}
	doc, err := policy.Render("b", allows, policy.Options{})
	var large *policy.TooLargeError
	if !errors.Is(err, policy.ErrTooLarge) || !errors.As(err, &large) || !doc.Empty() {
		t.Fatalf("want ErrTooLarge and no document, got %v", err)
	}
	if large.Bytes <= large.MaxBytes || large.MaxBytes != 64<<10 || large.Statements != 1 || large.Principals != 1 || large.Resources != 2000 {
		t.Errorf("figures: %+v", large)
	}
	big, err := policy.Render("b", allows, policy.Options{MaxBytes: large.Bytes})
	if err != nil || len(big.JSON()) != large.Bytes {
		t.Errorf("the figure should be what it takes: %d bytes, error %v", len(big.JSON()), err)
	}
}

func TestRenderNothing(t *testing.T) {
	doc, err := policy.Render("b", []policy.Allow{{Principal: alice, Bucket: "other", Verb: policy.Read}}, policy.Options{})
	if err != nil || !doc.Empty() || doc.JSON() != nil {
		t.Errorf("rights in another bucket should give nothing here: %s, %v", doc.JSON(), err)
	}
}

// TestLinkAllows checks what the gateway gets for live links, and that the proof knows it.
//
// features: F2, U15
func TestLinkAllows(t *testing.T) {
	gateway := "arn:aws:iam::000000000000:user/vitrine/test/_system/v-gateway"
	b := policy.Buckets{Originals: "acme", Vitrine: "acme-dam"}
	links := []policy.LinkRights{
		{Buckets: b, Catalog: "catalog/folder.json", Originals: true, Renditions: true, Scopes: []access.Scope{{Library: "brand", Prefix: "launch/"}}},
		{Buckets: b, Catalog: "catalog/preview.json", Renditions: true, Keys: []access.Key{{Library: "brand", Path: "press/logo.svg"}}},
		{Buckets: b, Catalog: "catalog/secret.json", Originals: true, Scopes: []access.Scope{{Library: "brand", Restricted: "secret"}}},
	}
	want := []policy.Allow{
		{Bucket: "acme-dam", Verb: policy.ReadCurrent, Resource: "catalog/folder.json", Exact: true},
		{Bucket: "acme", Verb: policy.Read, Resource: "launch/"},
		{Bucket: "acme-dam", Verb: policy.ReadCurrent, Resource: "renditions/launch/"},
		{Bucket: "acme-dam", Verb: policy.ReadCurrent, Resource: "catalog/preview.json", Exact: true},
		{Bucket: "acme-dam", Verb: policy.ReadCurrent, Resource: "renditions/press/logo.svg/"},
		{Bucket: "acme-dam", Verb: policy.ReadCurrent, Resource: "catalog/secret.json", Exact: true},
		{Bucket: "acme-dam", Verb: policy.Read, Resource: "restricted/secret/"},
	}
	for i := range want {
		want[i].Principal = gateway
	}
	allows := policy.LinkAllows(gateway, links...)
	if diff := cmp.Diff(want, allows); diff != "" {
		t.Errorf("rights of the gateway (-want +got):\n%s", diff)
	}

	proof := policy.Proof{Model: access.New(access.Declarations{Libraries: libraries("brand", "acme")}), Buckets: map[string]policy.Buckets{"brand": b}, Gateway: gateway, Links: links, Others: map[string]bool{}}
	documents := func(allows []policy.Allow) map[string]policy.Document {
		all := map[string]policy.Document{}
		for _, bucket := range []string{"acme", "acme-dam"} {
			doc, err := policy.Render(bucket, allows, policy.Options{})
			if err != nil {
				t.Fatal(err)
			}
			all[bucket] = doc
		}
		return all
	}
	proof.Documents = documents(allows)
	if err := policy.Prove(proof); err != nil {
		t.Error(err)
	}
	for _, extra := range []policy.Allow{
		{Principal: gateway, Bucket: "acme", Verb: policy.List, Resource: "launch/"},
		{Principal: gateway, Bucket: "acme", Verb: policy.Read, Resource: "press/logo.svg", Exact: true},
		{Principal: gateway, Bucket: "acme-dam", Verb: policy.ReadCurrent, Resource: "links/"},
		{Principal: gateway, Bucket: "acme-dam", Verb: policy.Write, Resource: "catalog/"},
	} {
		proof.Documents = documents(append(policy.LinkAllows(gateway, links...), extra))
		if err := policy.Prove(proof); !errors.Is(err, policy.ErrNotProved) {
			t.Errorf("the gateway may %v, and the proof says %v", extra, err)
		}
	}
	for i := range allows {
		fewer := append(append([]policy.Allow(nil), allows[:i]...), allows[i+1:]...)
		proof.Documents = documents(fewer)
		if err := policy.Prove(proof); !errors.Is(err, policy.ErrNotProved) {
			t.Errorf("without %+v the proof says %v", allows[i], err)
		}
	}
}
