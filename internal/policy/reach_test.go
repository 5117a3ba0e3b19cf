package policy_test

import (
	"testing"

	"github.com/vitrine-dam/vitrine/internal/policy"
)

// What somebody's own policy may reach is found, in doubt more than the store gives; what is plainly about something else is not.
//
// features: U11
func TestReachOfAPolicyThatIsNotOurs(t *testing.T) {
	for _, test := range []struct {
		reason, statement string
		reaches           bool
	}{
		{"the whole store", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}`, true},
		{"everything", `{"Effect":"Allow","Action":"*","Resource":"*"}`, true},
		{"a list of statements", `[{"Effect":"Deny","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":["ec2:*","S3:getobject"],"Resource":["arn:aws:s3:::x/*","arn:aws:s3:::acme-brand/launch/*"]}]`, true},
		{"the bucket itself", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-brand"}`, true},
		{"one object", `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-brand/a.txt"}`, true},
		{"a pattern within names", `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::*-brand/press/*"}`, true},
		{"a pattern over the slash", `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::acme*/logo.png"}`, true},
		{"a pattern over the slash that no bucket was thought of with", `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::*-other/*"}`, true},
		{"single characters", `{"Effect":"Allow","Action":"s?:GetObject","Resource":"arn:aws:s3:::acme?brand/*"}`, true},
		{"a variable", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:username}/*"}`, true},
		{"a variable within the bucket", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-brand/${aws:username}/*"}`, true},
		{"another partition", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws-cn:s3:::acme-brand/*"}`, true},
		{"a pattern in place of the service", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:*:acme-brand/*"}`, true},
		{"a name without the rest", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"acme-brand/*"}`, true},
		{"all actions but others", `{"Effect":"Allow","NotAction":["iam:*","s3:DeleteObject"],"Resource":"*"}`, true},
		{"all resources but others", `{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::acme-other/*"}`, true},
		{"all but the bucket, and not its objects", `{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::acme-brand"}`, true},
		{"all but some objects", `{"Effect":"Allow","Action":"s3:GetObject","NotResource":["arn:aws:s3:::acme-brand","arn:aws:s3:::acme-brand/x/*"]}`, true},
		{"all but what a variable says", `{"Effect":"Allow","Action":"s3:GetObject","NotResource":["arn:aws:s3:::${x}*"]}`, true},
		{"a condition that may hold", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`, true},
		{"an effect that stores may read in either way", `{"Effect":"allow","Action":"s3:GetObject","Resource":"*"}`, true},
		{"no resource", `{"Effect":"Allow","Action":"s3:GetObject"}`, true},
		{"what cannot be read", `{"Effect":"Allow","Action":7,"Resource":"arn:aws:s3:::x"}`, true},
		{"no statement at all", `[]`, false},
		{"another bucket", `{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::acme-brand-2","arn:aws:s3:::acme-brand-2/*","arn:aws:s3:::acme","arn:aws:s3:::acme/brand/*"]}`, false},
		{"other buckets by a pattern", `{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::acme-o*/*","arn:aws:s3:::acme-brand-?/*","arn:aws:s3:::acme-brand-*"]}`, false},
		{"a denial", `{"Effect":"Deny","Action":"s3:*","Resource":"*"}`, false},
		{"another service", `{"Effect":"Allow","Action":["admin:*","s3express:*"],"Resource":"*"}`, false},
		{"another service's resource", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:sqs:us-east-1:123456789012:acme-brand"}`, false},
		{"an action of an administrator without a resource", `{"Effect":"Allow","Action":["admin:*"]}`, false},
		{"the names of buckets", `{"Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:GetBucketLocation"],"Resource":"*"}`, false},
		{"all actions but S3's", `{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`, false},
		{"all resources but the bucket", `{"Effect":"Allow","Action":"s3:*","NotResource":["arn:aws:s3:::acme-brand","arn:aws:s3:::acme-brand/*"]}`, false},
		{"all resources but some buckets", `{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::acme-*"}`, false},
	} {
		t.Run(test.reason, func(t *testing.T) {
			if got := policy.ReachOf([]byte(`{"Version":"2012-10-17","Statement":` + test.statement + `}`)).Bucket("acme-brand"); got != test.reaches {
				t.Errorf("it reaches the bucket: %t", got)
			}
		})
	}
	if !policy.ReachOf([]byte("no JSON")).Bucket("acme-brand") || policy.ReachOf([]byte("no JSON")).Nowhere() {
		t.Error("what cannot be read at all may reach the bucket")
	}
	if !policy.ReachOf([]byte(`{}`)).Nowhere() {
		t.Error("nothing reaches something")
	}
}
