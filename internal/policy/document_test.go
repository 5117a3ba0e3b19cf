package policy_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

func libraries(name, bucket string) []v1alpha1.Library {
	var l v1alpha1.Library
	l.Name = name
	l.Spec.StoreRef.Name, l.Spec.Bucket.Name = "default", bucket
	return []v1alpha1.Library{l}
}

func rendered(t *testing.T, allows ...policy.Allow) policy.Document {
	t.Helper()
	for i := range allows {
		allows[i].Bucket = "b"
	}
	doc, err := policy.Render("b", allows, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func parsed(t *testing.T, text string) policy.Document {
	t.Helper()
	doc, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

const foreign = `{ "Version":"2008-10-17", "Id": "theirs", "Statement":[
 {"Sid":"Backup", "Effect":"Allow", "Principal":{"AWS":"arn:aws:iam::1:user/backup"}, "Action":"s3:GetObject", "Resource":["arn:aws:s3:::b/*"]},
 {"Sid":"VitrineOld", "Effect":"Allow", "Principal":"*", "Action":"s3:*", "Resource":"arn:aws:s3:::b/*"},
 {"Effect":"Deny", "Principal":"*", "Action":"s3:*", "Resource":"arn:aws:s3:::b/*", "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`

// TestMergeKeepsWhatIsNotOurs checks that foreign statements stay to the letter,
// that ours are replaced whole, and that a second merge changes nothing.
//
// features: U3, U11
func TestMergeKeepsWhatIsNotOurs(t *testing.T) {
	ours := rendered(t, policy.Allow{Principal: alice, Verb: policy.Read, Resource: "launch/"})
	merged := policy.Merge(parsed(t, foreign), ours)
	text := string(merged.JSON())
	for _, want := range []string{
		`{"Sid":"Backup","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:user/backup"},"Action":"s3:GetObject","Resource":["arn:aws:s3:::b/*"]}`,
		`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
		`"Version":"2008-10-17"`, `"Id":"theirs"`, `launch/*`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
	if strings.Contains(text, "VitrineOld") {
		t.Errorf("a statement of ours that is no longer wanted is still there: %s", text)
	}
	again := policy.Merge(parsed(t, text), ours)
	if !again.Equal(merged) {
		t.Errorf("a second merge differs: %s", policy.Diff(merged, again))
	}
	if n := len(policy.Foreign(merged)); n != 2 || !policy.ForeignAccess(merged) {
		t.Errorf("want two foreign statements, one of which gives access; have %d", n)
	}
	if got := policy.Merge(policy.Document{}, ours); !got.Equal(ours) {
		t.Errorf("with nothing there, ours should be all: %s", got.JSON())
	}
	if policy.Merge(parsed(t, foreign), policy.Document{}).Empty() {
		t.Error("without rights of ours the foreign statements must stay")
	}
}

func TestForeignAccess(t *testing.T) {
	statement := func(body string) string { return `{"Version":"2012-10-17","Statement":[{` + body + `}]}` }
	for _, c := range []struct {
		reason, body string
		want         bool
	}{
		{"an Allow gives access", `"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`, true},
		{"a Deny takes it away", `"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`, false},
		{"what has no effect that we know counts", `"Effect":"Perhaps"`, true},
		{"a second spelling of Effect counts, since parsers differ", `"effect":"Allow","Effect":"Deny"`, true},
		{"what is not of the usual form counts", `"Effect":["Deny"]`, true},
		{"a statement of ours does not", `"Sid":"VitrineRead1","Effect":"Allow"`, false},
	} {
		if got := policy.ForeignAccess(parsed(t, statement(c.body))); got != c.want {
			t.Errorf("%s: %s gives %v", c.reason, c.body, got)
		}
	}
}

// TestParseNormalises checks that what a store may do to a document's order
// and single values does not look like a change, and that what a hand does, does.
func TestParseNormalises(t *testing.T) {
	ours := rendered(t,
		policy.Allow{Principal: alice, Verb: policy.Read, Resource: "launch/"},
		policy.Allow{Principal: bob, Verb: policy.Read, Resource: "launch/"},
		policy.Allow{Principal: alice, Verb: policy.List, Resource: "launch/"})
	text := string(ours.JSON())
	for reason, change := range map[string][2]string{
		"a single value without its list":  {`"Resource":["arn:aws:s3:::b/launch/*"]`, `"Resource":"arn:aws:s3:::b/launch/*"`},
		"the actions in another order":     {`"s3:GetObject","s3:GetObjectVersion"`, `"s3:GetObjectVersion","s3:GetObject"`},
		"blanks":                           {`{"Statement":[`, "{\n \"Statement\" : [ "},
		"the principals in another order":  {`"` + alice + `","` + bob + `"`, `"` + bob + `","` + alice + `"`},
		"a condition's value without list": {`["launch/*"]`, `"launch/*"`},
	} {
		other := strings.Replace(text, change[0], change[1], 1)
		if other == text {
			t.Fatalf("%s: %s is not in %s", reason, change[0], text)
		}
		if !parsed(t, other).Equal(ours) {
			t.Errorf("%s should be no change: %s", reason, other)
		}
	}
	for reason, change := range map[string][2]string{
		"another person":          {bob, bob + "by"},
		"another place":           {"b/launch/*", "b/*"},
		"a condition more":        {`"s3:prefix":["launch/*"]`, `"s3:prefix":["launch/*"],"s3:delimiter":["/"]`},
		"the other effect":        {`"Effect":"Allow"`, `"Effect":"Deny"`},
		"an element more":         {`"Effect":"Allow"`, `"Effect":"Allow","NotAction":"s3:GetObject"`},
		"an element spelled anew": {`"Effect":"Allow"`, `"Effect":"Allow","resource":"arn:aws:s3:::b/*"`},
		"another language":        {`"2012-10-17"`, `"2008-10-17"`},
	} {
		other := parsed(t, strings.Replace(text, change[0], change[1], 1))
		if other.Equal(ours) || policy.Diff(ours, other) == "" {
			t.Errorf("%s should be a change", reason)
		}
		if !policy.Merge(other, ours).Equal(ours) {
			t.Errorf("%s should be repaired by a merge", reason)
		}
	}
}

func TestDiffNamesWhatDiffers(t *testing.T) {
	a := rendered(t, policy.Allow{Principal: alice, Verb: policy.Read, Resource: "launch/"}, policy.Allow{Principal: bob, Verb: policy.List, Resource: "launch/"})
	b := rendered(t, policy.Allow{Principal: alice, Verb: policy.Read, Resource: "launch/"}, policy.Allow{Principal: bob, Verb: policy.Delete, Resource: "press/"})
	want := "gone: ListBucket, ListBucketVersions on b/launch/* for v-bob; added: DeleteObject on b/press/* for v-bob"
	if got := policy.Diff(a, b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var many []policy.Allow
	for i := range 500 {
		many = append(many, policy.Allow{Principal: bob, Verb: policy.Read, Resource: strings.Repeat("é", 100) + string(rune('a'+i%26)) + "/"})
	}
	if got := policy.Diff(a, rendered(t, many...)); len(got) > 610 {
		t.Errorf("%d bytes are too many for an event: %s", len(got), got)
	}
	with := policy.Merge(parsed(t, foreign), a)
	if got := policy.Diff(a, with); !strings.Contains(got, "2 statements that are not Vitrine's added") {
		t.Errorf("foreign statements should be told: %s", got)
	}
}

func TestWidens(t *testing.T) {
	allow := func(who string, v policy.Verb, place string, exact bool) policy.Allow {
		return policy.Allow{Principal: who, Verb: v, Resource: place, Exact: exact}
	}
	launch := rendered(t, allow(alice, policy.Read, "launch/", false))
	for _, c := range []struct {
		reason string
		after  policy.Document
		want   bool
	}{
		{"the same is not wider", launch, false},
		{"nothing is not wider", policy.Document{}, false},
		{"a folder below is not wider", rendered(t, allow(alice, policy.Read, "launch/final/", false)), false},
		{"a file below is not wider", rendered(t, allow(alice, policy.Read, "launch/a.jpg", true)), false},
		{"fewer actions are not wider", rendered(t, allow(alice, policy.ReadCurrent, "launch/", false)), false},
		{"everything is wider", rendered(t, allow(alice, policy.Read, "", false)), true},
		{"a neighbour is wider", rendered(t, allow(alice, policy.Read, "launch-2/", false)), true},
		{"another action is wider", rendered(t, allow(alice, policy.List, "launch/", false)), true},
		{"another person is wider", rendered(t, allow(bob, policy.Read, "launch/", false)), true},
		{"what cannot be read may be wider", parsed(t, `{"Statement":{"Sid":"VitrineX","Effect":"Allow","NotPrincipal":"*"}}`), true},
	} {
		if got := policy.Widens(launch, c.after); got != c.want {
			t.Errorf("%s: %v", c.reason, got)
		}
	}
	if policy.Widens(rendered(t, allow(alice, policy.List, "", false)), rendered(t, allow(alice, policy.List, "launch/", false))) {
		t.Error("listing a folder is no wider than listing the bucket")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(foreign))
	f.Add([]byte(`{"Statement":[{"Sid":"Vitrine1","Action":["b","a","a"],"Condition":{"StringLike":{"s3:prefix":"x"}}}]}`))
	f.Add([]byte(`{"Statement":[null]}`))
	f.Add([]byte(``))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := policy.Parse(data)
		if err != nil {
			if !errors.Is(err, policy.ErrMalformed) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		again, err := policy.Parse(doc.JSON())
		if err != nil || !bytes.Equal(again.JSON(), doc.JSON()) {
			t.Fatalf("reading it back gives %s instead of %s (%v)", again.JSON(), doc.JSON(), err)
		}
		policy.Diff(policy.Document{}, doc)
		policy.Widens(policy.Document{}, doc)
		if merged := policy.Merge(doc, policy.Document{}); len(policy.Foreign(merged)) != len(policy.Foreign(doc)) {
			t.Fatal("a foreign statement was lost")
		}
	})
}
