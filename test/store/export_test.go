package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review/adopt"
	"github.com/vitrine-dam/vitrine/internal/review/inventory"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// features: U11, U9
func TestWhatABucketHasIsExportedAsDeclarations(t *testing.T) {
	s := open(t)
	name := bucket(t, s)
	for _, key := range []string{"launch/a.jpg", "launch/raw/b.jpg", "press/c.jpg"} {
		if _, err := s.PutObject(t.Context(), name, key, []byte("12345"), "image/jpeg", store.Always()); err != nil {
			t.Fatal(err)
		}
	}
	reader, _ := user(t, s, "reader")
	writer, _ := user(t, s, "writer")
	bystander, _ := user(t, s, "bystander")
	doc := `{"Version":"2012-10-17","Statement":[
		{"Sid":"r","Effect":"Allow","Principal":{"AWS":["` + s.Identities.Principal(reader) + `"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::` + name + `/launch/*"]},
		{"Sid":"l","Effect":"Allow","Principal":{"AWS":["` + s.Identities.Principal(reader) + `"]},"Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::` + name + `"],"Condition":{"StringLike":{"s3:prefix":["launch/*"]}}}]}`
	if err := s.SetBucketPolicy(t.Context(), name, []byte(doc)); err != nil {
		t.Fatal(err)
	}
	inline(t, writer.Name, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::`+name+`/press/*"]}]}`)

	reach := inventory.Reach{Endpoint: versitygw.S3Endpoint, IAMEndpoint: versitygw.IAMEndpoint, Region: versitygw.Region, AccessKeyID: versitygw.AccessKey, SecretAccessKey: versitygw.SecretKey}
	found, err := inventory.Survey(t.Context(), reach, name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := adopt.Export(found, adopt.Options{Namespace: "acme", Library: "archive", Store: "default"})
	if err != nil {
		t.Fatal(err)
	}
	var grants []string
	names := map[string]string{} // of users, by what the store calls them
	for document := range strings.SplitSeq(string(text), "---\n") {
		var o struct {
			Kind     string
			Metadata struct{ Name string }
			Spec     struct {
				v1alpha1.RoleBindingSpec `json:",inline"`
				DisplayName              string
				Bucket                   v1alpha1.Bucket
				DriftPolicy              v1alpha1.DriftPolicy
			}
		}
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		switch o.Kind {
		case "Library":
			if o.Spec.Bucket.Name != name || o.Spec.Bucket.Management != v1alpha1.BucketAdopt || o.Spec.DriftPolicy != v1alpha1.DriftReport {
				t.Errorf("the library is %+v", o.Spec)
			}
		case "User":
			names[o.Metadata.Name] = o.Spec.DisplayName
		case "RoleBinding":
			grants = append(grants, o.Spec.RoleRef.Name+" to "+names[o.Spec.Subjects[0].Name]+" on "+o.Spec.Targets[0].Name)
		}
	}
	want := []string{"viewer to " + reader.Name + " on launch", "store-download-upload to " + writer.Name + " on press"}
	if strings.Join(grants, "; ") != strings.Join(want, "; ") {
		t.Errorf("the grants are %q, and should be %q; exported is\n%s", grants, want, text)
	}
	if strings.Contains(string(text), bystander.Name) {
		t.Errorf("one who has nothing in the bucket is exported:\n%s", text)
	}
	objects, err := inventory.List(t.Context(), reach, []string{name, name + "-dam"})
	if err != nil || len(objects) != 3 || objects[0].Size != 5 {
		t.Errorf("the objects are %+v (%v)", objects, err)
	}
}

// inline gives a user a policy of its own, as an administrator would by hand.
func inline(t *testing.T, user, document string) {
	t.Helper()
	client := iam.New(iam.Options{
		Region: versitygw.Region, BaseEndpoint: aws.String(versitygw.IAMEndpoint),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: versitygw.AccessKey, SecretAccessKey: versitygw.SecretKey}, nil
		}),
	})
	_, err := client.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String(user), PolicyName: aws.String("by-hand"), PolicyDocument: aws.String(document)})
	if err != nil {
		t.Fatal(err)
	}
}
