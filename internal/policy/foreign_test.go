package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/policy"
)

const (
	aliceARN  = "arn:aws:iam::000000000000:user/vitrine/demo/acme/v-alice"
	casperARN = "arn:aws:iam::000000000000:user/other/casper"
)

func foreignDocument(t *testing.T) policy.Document {
	t.Helper()
	ours, err := policy.Render("acme-brand", []policy.Allow{{Principal: aliceARN, Bucket: "acme-brand", Verb: policy.Read, Resource: "launch/"}}, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[
		{"Sid":"Ghost","Effect":"Allow","Principal":{"AWS":["` + casperARN + `"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-brand/x"},
		{"Sid":"Kept out","Effect":"Deny","Principal":{"AWS":["arn:aws:iam::000000000000:user/other/dora","` + casperARN + `"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-brand/x"},
		{"Sid":"Public","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-brand/public/*"},
		{"Sid":"Handmade","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::000000000000:user/other/dora","` + casperARN + `"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-brand/x"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return policy.Merge(theirs, ours)
}

func TestDropDanglingTakesOutOnlyWhatNamesNobody(t *testing.T) {
	kept, dropped := policy.DropDangling(foreignDocument(t), func(p string) bool { return p == "arn:aws:iam::000000000000:user/other/dora" })
	if !slices.Equal(dropped, []string{"Ghost: " + casperARN, "Kept out: " + casperARN, "Handmade: " + casperARN}) {
		t.Errorf("dropped %v", dropped)
	}
	for _, word := range []string{"Public", "Handmade", "Kept out", "user/other/dora", aliceARN} {
		if !strings.Contains(string(kept.JSON()), word) {
			t.Errorf("%s is lost: %s", word, kept.JSON())
		}
	}
	if strings.Contains(string(kept.JSON()), "Ghost") || strings.Contains(string(kept.JSON()), casperARN) {
		t.Errorf("it is still there: %s", kept.JSON())
	}
}

func TestNamesLooksAtOursAlone(t *testing.T) {
	d := foreignDocument(t)
	if !d.Names(aliceARN) || d.Names(casperARN) || d.Names("arn:aws:iam::000000000000:user/vitrine/demo/acme/v-ali") {
		t.Errorf("alice %v, casper %v, a part of a name %v", d.Names(aliceARN), d.Names(casperARN), d.Names("arn:aws:iam::000000000000:user/vitrine/demo/acme/v-ali"))
	}
}
