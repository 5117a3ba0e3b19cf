package review_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// log is what a store wrote: alice, by her key, got a file of press in January and listed it in
// February; a stranger did more, and what was refused is no use.
const log = `owner acme-brand [06/Jan/2027:10:00:00 +0000] 192.0.2.3 AKALICE 3E57427F3 REST.GET.OBJECT press/a%2520b.jpg "GET /acme-brand/press/a%20b.jpg HTTP/1.1" 200 - 113 - 7 - "-" "S3Console" -
owner acme-brand [07/Feb/2027:10:00:00 +0000] 192.0.2.3 arn:aws:iam::000000000000:user/acme/v-alice 3E57427F4 REST.GET.BUCKET - "GET /acme-brand?list-type=2&prefix=press%2F HTTP/1.1" 200 - 113 - 7 - "-" "S3Console" -
owner acme-brand [08/Feb/2027:10:00:00 +0000] 192.0.2.3 AKALICE 3E57427F5 REST.PUT.OBJECT press/c.jpg "PUT /acme-brand/press/c.jpg HTTP/1.1" 403 AccessDenied 113 - 7 - "-" "S3Console" -
owner acme-brand [20/Feb/2027:10:00:00 +0000] 192.0.2.3 STRANGER 3E57427F6 REST.GET.OBJECT press/d.jpg "GET /acme-brand/press/d.jpg HTTP/1.1" 200 - 113 - 7 - "-" "S3Console" -
owner acme-brand-dam [09/Feb/2027:10:00:00 +0000] 192.0.2.3 AKALICE 3E57427F7 REST.GET.OBJECT renditions/press/a.jpg/web-1.webp "GET / HTTP/1.1" 200 - 113 - 7 - "-" "S3Console" -
owner acme-brand [10/Feb/2027:10:00:00 +0000] 192.0.2.3 AKALICE 3E57427F8 REST.GET.VERSIONING - "GET /acme-brand?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console" -
`

func audited(t *testing.T) review.Tenant {
	t.Helper()
	tenant := brand()
	alice := v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: "alice"}}
	alice.Status.Identities = []v1alpha1.StoreIdentity{{Store: "default", Name: "v-alice", AccessKeyID: "AKALICE"}}
	tenant.Declared.Users = []v1alpha1.User{alice, {ObjectMeta: metav1.ObjectMeta{Name: "bob"}}}
	for i, name := range []string{"alice", "bob"} {
		made := metav1.NewTime(noon.AddDate(0, 0, -100+i*98))
		tenant.Declared.RoleBindings = append(tenant.Declared.RoleBindings, v1alpha1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: made},
			Spec: v1alpha1.RoleBindingSpec{
				RoleRef:  v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"},
				Subjects: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: name}},
				Targets:  []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: "press"}}, Reason: "=HYPERLINK(1)",
			},
		})
	}
	return tenant
}

// features: U12, D11, D16
func TestAudit(t *testing.T) {
	uses, err := review.ReadUses(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	r := review.New(audited(t), noon)
	a, err := r.Audit(uses)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range a.Grants {
		got = append(got, fmt.Sprintf("%s %s since %s used %v", l.User, l.Path, l.Since.Format(time.DateOnly), l.LastUse))
	}
	want := []string{"alice press/ since 2026-11-21 used 2027-02-09 10:00:00 +0000 UTC", "bob press/ since 2027-02-27 used <nil>"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var out strings.Builder
	if err := a.WriteCSV(&out); err != nil || !strings.Contains(out.String(), "none in the logs,'=HYPERLINK(1)") || strings.Contains(out.String(), ",=") {
		t.Errorf("%v\n%s", err, out.String())
	}
	// Nobody has used what was made two days ago, which says nothing yet.
	if a.Unused(90 * 24 * time.Hour); len(a.Grants) != 0 {
		t.Errorf("unused are %+v", a.Grants)
	}
	later := review.New(audited(t), noon.AddDate(1, 0, 0))
	b, err := later.Audit(uses)
	if err != nil {
		t.Fatal(err)
	}
	if b.Unused(90 * 24 * time.Hour); len(b.Grants) != 2 {
		t.Errorf("a year later unused are %+v", b.Grants)
	}
	unknown, err := r.Audit(nil)
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := unknown.WriteTable(&out, false); err != nil || strings.Count(out.String(), "unknown") != 2 || !strings.Contains(out.String(), "100d") {
		t.Errorf("without logs it says\n%s", out.String())
	}
}

// versityLog are lines as VersityGW writes them, of a key with blanks and of a listing among them.
const versityLog = `log starts 2027-02-01 10:00:00.5 +0000 UTC m=+0.05
- acme-brand [06/January/2027:10:00:00 +0000] 192.0.2.3 AKALICE 3E57427F3 s3_GetObject press/a b.jpg /acme-brand/press/a%20b.jpg?x-id=GetObject 200 - 5 5 0 0 - MinIO (linux; amd64) - HOST SigV4 - AuthHeader s3.us-east-1.amazonaws.com - arn:aws:s3:::/acme-brand/press/a b.jpg Yes
- acme-brand [07/February/2027:10:00:00 +0000] 192.0.2.3 AKALICE 3E57427F4 s3_ListObjectsV2 - /acme-brand/?list-type=2&prefix=press%2F 200 - 5 0 0 0 - MinIO (linux; amd64) - HOST SigV4 - AuthHeader s3.us-east-1.amazonaws.com - arn:aws:s3:::/acme-brand/ Yes
- acme-brand [08/February/2027:10:00:00 +0000] 192.0.2.3 AKALICE 3E57427F5 s3_PutObject press/c.jpg /acme-brand/press/c.jpg 403 AccessDenied 5 0 0 0 - MinIO (linux; amd64) - HOST SigV4 - AuthHeader s3.us-east-1.amazonaws.com - arn:aws:s3:::/acme-brand/press/c.jpg Yes
- acme-brand [09/February/2027:10:00:00 +0000] 192.0.2.3 AKALICE 3E57427F6 s3_GetBucketVersioning - /acme-brand/?versioning= 200 - 5 0 0 0 - MinIO (linux; amd64) - HOST SigV4 - AuthHeader s3.us-east-1.amazonaws.com - arn:aws:s3:::/acme-brand/ Yes
`

// features: U12
func TestReadUsesReadsVersityGWs(t *testing.T) {
	got, err := review.ReadUses(strings.NewReader(versityLog))
	want := []review.Use{
		{At: time.Date(2027, 1, 6, 10, 0, 0, 0, time.UTC), Requester: "AKALICE", Bucket: "acme-brand", Key: "press/a b.jpg", Permission: access.Download},
		{At: time.Date(2027, 2, 7, 10, 0, 0, 0, time.UTC), Requester: "AKALICE", Bucket: "acme-brand", Key: "press/", Permission: access.List},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if uses, err := review.ReadUses(strings.NewReader("log starts 2027-02-01 10:00:00.5 +0000 UTC m=+0.05\n")); err != nil || len(uses) != 0 {
		t.Errorf("a log that has only begun: %v, %v", uses, err)
	}
}

func TestReadUsesRefusesAnotherFormat(t *testing.T) {
	if _, err := review.ReadUses(strings.NewReader("{\"time\": 1}\n")); err == nil {
		t.Error("lines of JSON are read as a server access log")
	}
	if uses, err := review.ReadUses(strings.NewReader("")); err != nil || len(uses) != 0 {
		t.Errorf("an empty log: %v, %v", uses, err)
	}
}

// People are found by name, mail and role.
//
// features: P11, P12
func TestPeople(t *testing.T) {
	tenant := audited(t)
	tenant.Declared.Users[0].Spec = v1alpha1.UserSpec{DisplayName: "Alice Liddell", Email: "a.l@acme.example"}
	tenant.Declared.RoleBindings[1].Spec.NotAfter = &metav1.Time{Time: noon}
	r := review.New(tenant, noon)
	cases := []struct {
		reason, text, role string
		want               []string
	}{
		{"everybody", "", "", []string{"alice", "bob"}},
		{"by a name, case aside", "LIDDELL", "", []string{"alice"}},
		{"by a mail domain", "@acme.example", "", []string{"alice"}},
		{"by a role that they have now", "", "viewer", []string{"alice"}},
		{"by both", "bob", "viewer", nil},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			found, err := r.People(c.text, c.role)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range found.Users {
				got = append(got, p.Name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := r.People("", "nothing"); err == nil {
		t.Error("a role that there is not is looked for")
	}
}
