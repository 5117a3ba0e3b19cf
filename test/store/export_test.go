package store_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review/adopt"
	"github.com/vitrine-dam/vitrine/internal/review/compare"
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
	grants, text := exported(t, reach, name)
	if want := "viewer to " + reader.Name + " on launch; store-download-upload to " + writer.Name + " on press"; grants != want {
		t.Errorf("the grants are %q, and should be %q; exported is\n%s", grants, want, text)
	}
	if strings.Contains(text, "NOT EXPRESSED") {
		t.Errorf("something is said to be left out where nothing is:\n%s", text)
	}
	if strings.Contains(text, bystander.Name) {
		t.Errorf("one who has nothing in the bucket is exported:\n%s", text)
	}
	objects, err := inventory.List(t.Context(), reach, []compare.Place{{Bucket: name}, {Bucket: name + "-dam"}}, func() {})
	if err != nil || len(objects) != 3 || objects[0].Size != 5 {
		t.Errorf("the objects are %+v (%v)", objects, err)
	}
}

// exported are the grants that export writes for a bucket, and all that it writes.
func exported(t *testing.T, reach inventory.Reach, bucket string) (all, text string) {
	t.Helper()
	found, err := inventory.Survey(t.Context(), reach, bucket)
	if err != nil {
		t.Fatal(err)
	}
	written, err := adopt.Export(found, adopt.Options{Namespace: "acme", Library: "archive", Store: "default"})
	if err != nil {
		t.Fatal(err)
	}
	var grants []string
	names := map[string]string{} // of users, by what the store calls them
	for document := range strings.SplitSeq(string(written), "---\n") {
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
			if o.Spec.Bucket.Name != bucket || o.Spec.Bucket.Management != v1alpha1.BucketAdopt || o.Spec.DriftPolicy != v1alpha1.DriftReport {
				t.Errorf("the library is %+v", o.Spec)
			}
		case "User":
			names[o.Metadata.Name] = o.Spec.DisplayName
		case "RoleBinding":
			for _, subject := range o.Spec.Subjects {
				grants = append(grants, o.Spec.RoleRef.Name+" to "+names[subject.Name]+" on "+o.Spec.Targets[0].Name)
			}
		}
	}
	return strings.Join(grants, "; "), string(written)
}

// What users have at MinIO is attached to them and to their groups, and found by the administrator's key alone.
//
// features: U11
func TestWhatIsAttachedAtMinIOIsExported(t *testing.T) {
	t.Run(onMinIO, func(t *testing.T) {
		s := open(t)
		name := bucket(t, s)
		if _, err := s.PutObject(t.Context(), name, "launch/a.jpg", []byte("12345"), "image/jpeg", store.Always()); err != nil {
			t.Fatal(err)
		}
		let := func(user, policy string, group bool) {
			byHand(t, http.MethodPut, "set-user-or-group-policy", url.Values{"policyName": {policy}, "userOrGroup": {user}, "isGroup": {strconv.FormatBool(group)}}, nil)
		}
		write := func(policy, document string) {
			byHand(t, http.MethodPut, "add-canned-policy", url.Values{"name": {policy}}, []byte(`{"Version":"2012-10-17","Statement":[`+document+`]}`))
		}
		direct, _ := user(t, s, "direct")
		member, _ := user(t, s, "member")
		bystander, _ := user(t, s, "bystander")
		write(name+"-own", `{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::`+name+`/press/*"]}`)
		write(name+"-team", `{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::`+name+`/launch/*"]},
			{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::`+name+`"],"Condition":{"StringLike":{"s3:prefix":["launch/*"]}}}`)
		write(name+"-other", `{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::`+name+`-2/*"]}`)
		let(direct.Name, name+"-own", false)
		let(bystander.Name, name+"-own", false)
		other, _ := user(t, s, "other")
		let(other.Name, name+"-other", false)
		for group, members := range map[string]string{name + "-team": `"` + member.Name + `","` + bystander.Name + `"`, name + "-asleep": `"` + bystander.Name + `"`} {
			byHand(t, http.MethodPut, "update-group-members", nil, []byte(`{"group":"`+group+`","members":[`+members+`],"isRemove":false,"groupStatus":"enabled"}`))
			let(group, name+"-team", true)
		}
		byHand(t, http.MethodPut, "set-group-status", url.Values{"group": {name + "-asleep"}, "status": {"disabled"}}, nil)

		reach := inventory.Reach{Endpoint: minioBed.Endpoint, Region: minioBed.Region, AccessKeyID: minioBed.AccessKey, SecretAccessKey: minioBed.SecretKey}
		grants, text := exported(t, reach, name)
		if want := "viewer to " + member.Name + " on launch; store-download-upload to " + direct.Name + " on press"; grants != want {
			t.Errorf("the grants are %q, and should be %q; exported is\n%s", grants, want, text)
		}
		// Who is in a group that is disabled has no rights at all there, not even those of another group.
		for _, want := range []string{"group " + name + "-asleep not all rights are known: it is disabled", "user " + bystander.Name + " not all rights are known: it is in the group " + name + "-asleep, which is disabled"} {
			if !strings.Contains(text, "NOT EXPRESSED: of the "+want) {
				t.Errorf("it is not told that of the %s:\n%s", want, text)
			}
		}
		if strings.Contains(text, other.Name) {
			t.Errorf("one who has nothing in the bucket is exported:\n%s", text)
		}
		// Keys that may not look at users get no file that seems complete.
		_, key := user(t, s, "nobody-special")
		byHand(t, http.MethodPut, "set-user-or-group-policy", url.Values{"policyName": {"readwrite"}, "userOrGroup": {identityOf(t, "nobody-special").Name}, "isGroup": {"false"}}, nil)
		reach.AccessKeyID, reach.SecretAccessKey = key.ID, key.Secret.Reveal()
		if grants, text := exported(t, reach, name); grants != "" || !strings.Contains(text, "NOT EXPRESSED: NO USER AND NO GROUP of the store can be listed with your keys") || strings.Contains(text, reach.SecretAccessKey) {
			t.Errorf("the grants are %q; exported is\n%s", grants, text)
		}
	})
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
