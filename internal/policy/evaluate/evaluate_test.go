package evaluate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/policy/evaluate"
)

const who = "arn:aws:iam::000000000000:user/v-alice"

func document(statements ...string) []byte {
	return []byte(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
}

const (
	read = `{"Effect":"Allow","Principal":{"AWS":"` + who + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/launch/*"}`
	list = `{"Effect":"Allow","Principal":{"AWS":["` + who + `"]},"Action":["s3:List*"],"Resource":["arn:aws:s3:::b"],"Condition":{"StringLike":{"s3:prefix":["launch/*","press"]}}}`
)

func TestAllowed(t *testing.T) {
	with := func(prefix string) map[string]string { return map[string]string{"s3:prefix": prefix} }
	for _, c := range []struct {
		reason     string
		statements []string
		request    evaluate.Request
		want       bool
	}{
		{"what nobody allows is denied", nil, evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b", Object: "launch/a"}, false},
		{"a prefix allows what is below", []string{read}, evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b", Object: "launch/x/a"}, true},
		{"and not its neighbour", []string{read}, evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b", Object: "launch-2/a"}, false},
		{"nor another bucket whose name begins alike", []string{read}, evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b2", Object: "launch/a"}, false},
		{"nor another action", []string{read}, evaluate.Request{Principal: who, Action: "s3:GetObjectVersion", Bucket: "b", Object: "launch/a"}, false},
		{"nor another person", []string{read}, evaluate.Request{Principal: who + "2", Action: "s3:GetObject", Bucket: "b", Object: "launch/a"}, false},
		{"a listing within the prefix", []string{list}, evaluate.Request{Principal: who, Action: "s3:ListBucket", Bucket: "b", Conditions: with("launch/f")}, true},
		{"a listing of exactly the prefix", []string{list}, evaluate.Request{Principal: who, Action: "s3:ListBucketVersions", Bucket: "b", Conditions: with("press")}, true},
		{"a listing above", []string{list}, evaluate.Request{Principal: who, Action: "s3:ListBucket", Bucket: "b", Conditions: with("launch")}, false},
		{"a listing with an empty prefix", []string{list}, evaluate.Request{Principal: who, Action: "s3:ListBucket", Bucket: "b", Conditions: with("")}, false},
		{"a listing without prefix", []string{list}, evaluate.Request{Principal: who, Action: "s3:ListBucket", Bucket: "b"}, false},
		{
			"a Deny wins wherever it stands",
			[]string{read, `{"Effect":"Deny","Principal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*/secret*"}`},
			evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b", Object: "launch/a/secret.jpg"}, false,
		},
		{
			"a Deny that does not fit changes nothing",
			[]string{read, `{"Effect":"Deny","Principal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*/secret?"}`},
			evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b", Object: "launch/secret.jpg"}, true,
		},
		{
			"a Deny on all prefixes but one holds when none is given",
			[]string{
				`{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"}`,
				`{"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringNotLike":{"s3:prefix":"launch/*"}}}`,
			},
			evaluate.Request{Principal: who, Action: "s3:ListBucket", Bucket: "b"}, false,
		},
		{
			"a condition if the key exists holds when it does not",
			[]string{`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringEqualsIfExists":{"s3:prefix":"x"}}}`},
			evaluate.Request{Principal: who, Action: "s3:ListBucket", Bucket: "b"}, true,
		},
		{
			"every condition must hold",
			[]string{`{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":"*","s3:delimiter":"/"}}}`},
			evaluate.Request{Principal: who, Action: "s3:ListBucket", Bucket: "b", Conditions: with("x")}, false,
		},
		{"a star in the middle", []string{strings.Replace(read, "launch/*", "*/final/*.jpg", 1)}, evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b", Object: "x/y/final/a.jpg"}, true},
		{"pieces in the wrong order", []string{strings.Replace(read, "launch/*", "*/final/*.jpg", 1)}, evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b", Object: "x.jpg/final/a"}, false},
		{"pieces that overlap", []string{strings.Replace(read, "launch/*", "ab*ba", 1)}, evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b", Object: "aba"}, false},
	} {
		p, err := evaluate.Compile(document(c.statements...))
		if err != nil {
			t.Fatalf("%s: %v", c.reason, err)
		}
		if got := p.Allowed(c.request); got != c.want {
			t.Errorf("%s: %+v gives %v", c.reason, c.request, got)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct {
		reason, document string
		want             error
	}{
		{"nothing", ``, evaluate.ErrInvalid},
		{"a list", `[]`, evaluate.ErrInvalid},
		{"no statements", `{"Version":"2012-10-17"}`, evaluate.ErrInvalid},
		{"what follows", string(document(read)) + `{}`, evaluate.ErrInvalid},
		{"an element twice", string(document(strings.Replace(read, `"Effect"`, `"Effect":"Deny","Effect"`, 1))), evaluate.ErrInvalid},
		{"an element twice, in two spellings", string(document(strings.Replace(read, `"Effect"`, `"effect":"Deny","Effect"`, 1))), evaluate.ErrInvalid},
		{"an unknown effect", string(document(strings.Replace(read, `"Allow"`, `"Maybe"`, 1))), evaluate.ErrInvalid},
		{"no resource", string(document(strings.Replace(read, `"arn:aws:s3:::b/launch/*"`, `[]`, 1))), evaluate.ErrInvalid},
		{"all but one action", string(document(strings.Replace(read, `"Action"`, `"NotAction"`, 1))), evaluate.ErrUnsupported},
		{"all but one person", string(document(strings.Replace(read, `"Principal"`, `"NotPrincipal"`, 1))), evaluate.ErrUnsupported},
		{"a variable", string(document(strings.Replace(read, "launch", "${aws:username}", 1))), evaluate.ErrUnsupported},
		{"a whole account", string(document(strings.Replace(read, "user/v-alice", "root", 1))), evaluate.ErrUnsupported},
		{"an unknown operator", string(document(strings.Replace(list, "StringLike", "NumericLessThan", 1))), evaluate.ErrUnsupported},
		{"an unknown key", string(document(strings.Replace(list, "s3:prefix", "aws:SourceIp", 1))), evaluate.ErrUnsupported},
		{"an action elsewhere", string(document(strings.Replace(read, "s3:GetObject", "iam:PassRole", 1))), evaluate.ErrUnsupported},
	} {
		if _, err := evaluate.Compile([]byte(c.document)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.reason, err, c.want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(document(read, list), "launch/x")
	f.Add(document(`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`), "")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		p, err := evaluate.Compile(data)
		if err != nil {
			if !errors.Is(err, evaluate.ErrInvalid) && !errors.Is(err, evaluate.ErrUnsupported) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		p.Allowed(evaluate.Request{Principal: who, Action: "s3:GetObject", Bucket: "b", Object: name})
		for _, principal := range p.Principals() {
			p.Places(principal)
		}
	})
}
