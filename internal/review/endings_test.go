package review_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// An explanation says how long a session or a key can last that cannot be ended at once, and what ends it now; and nothing
// of it where there is none.
//
// features: U2
func TestExplainSaysHowLongSessionsLast(t *testing.T) {
	tenant := brand()
	rotating := v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: "alice"}, Spec: v1alpha1.UserSpec{KeyRotation: &v1alpha1.KeyRotation{MaxAge: "2160h", Overlap: "24h"}}}
	replaced := v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: "carol"}, Spec: v1alpha1.UserSpec{KeyRotation: &v1alpha1.KeyRotation{Request: "1"}}}
	replaced.Status.Identities = []v1alpha1.StoreIdentity{
		{Store: "default", Previous: &v1alpha1.PreviousKey{AccessKeyID: "OLD", EndsAt: metav1.NewTime(noon.Add(time.Minute))}},
		{Store: "other", Previous: &v1alpha1.PreviousKey{AccessKeyID: "OLDER", EndsAt: metav1.NewTime(noon)}},
	}
	tenant.Declared.Users = []v1alpha1.User{rotating, {ObjectMeta: metav1.ObjectMeta{Name: "bob"}}, replaced}
	tenant.Declared.UserGroups = []v1alpha1.UserGroup{
		{ObjectMeta: metav1.ObjectMeta{Name: "named"}, Spec: v1alpha1.UserGroupSpec{Members: []string{"alice"}}},
		{ObjectMeta: metav1.ObjectMeta{Name: "agencies"}, Spec: v1alpha1.UserGroupSpec{
			Federation: &v1alpha1.Federation{Issuer: "sso", Claim: "groups", Value: "agencies"}, ServiceAccounts: []string{"cms"},
		}},
	}
	const claim, account = "taken out of the claim at the issuer keeps a session that is open until it ends: an hour at most", "feels within two seconds, or five where rights hang on identities, as on MinIO; but when the ServiceAccount is deleted"
	cases := []struct {
		reason  string
		subject review.Subject
		want    []string
	}{
		{"who comes by a claim is known to the issuer alone", review.User("group:agencies"), []string{claim, "loses within two seconds, or five where rights hang on identities, as on MinIO;", "kubectl dam freeze group agencies ends it now"}},
		{"a ServiceAccount is looked up in groups", review.User("serviceaccount:cms"), []string{account}},
		{"a group has both", review.Group("agencies"), []string{claim, account}},
		{"a group of Users alone has neither", review.Group("named"), nil},
		{"nor has a User", review.User("bob"), nil},
		{"a key that is replaced lives for the overlap", review.User("alice"), []string{"stays valid for 24h beside the new one", "ends both within two seconds, or five where rights hang on identities, as on MinIO"}},
		{"which is an hour when nothing is said, and is told while it lasts", review.User("carol"), []string{"stays valid for 1h beside the new one", "at ObjectStore default the key of carol that was replaced is valid until 2027-03-01T12:01:00Z"}},
		{"who is not declared has no session", review.User("group:nobody"), nil},
	}
	r := review.New(tenant, noon)
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			e, err := r.Explain(c.subject, review.Target{Kind: v1alpha1.TargetFolder, Name: "press"})
			if err != nil {
				t.Fatal(err)
			}
			notes := strings.Join(e.Notes, "\n")
			for _, want := range c.want {
				if !strings.Contains(notes, want) {
					t.Errorf("the notes do not say %q: %s", want, notes)
				}
			}
			if len(c.want) == 0 && len(e.Notes) > 0 || strings.Contains(notes, "ObjectStore other") {
				t.Errorf("the notes say %s", notes)
			}
		})
	}
}
