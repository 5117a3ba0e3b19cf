package review_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// Reviews list whoever comes by a mail domain, a claim or a ServiceAccount, with the group.
//
// features: P15, P12, U12
func TestReviewsListEveryKindOfMember(t *testing.T) {
	r := review.New(review.Tenant{Namespace: "acme", Declared: access.Declarations{
		Libraries: []v1alpha1.Library{{ObjectMeta: metav1.ObjectMeta{Name: "brand"}}},
		Folders: []v1alpha1.Folder{{
			ObjectMeta: metav1.ObjectMeta{Name: "launch"}, Spec: v1alpha1.FolderSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: "launch"},
		}},
		Users: []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: "dora"}, Spec: v1alpha1.UserSpec{Email: "dora@acme.example"}}},
		UserGroups: []v1alpha1.UserGroup{{ObjectMeta: metav1.ObjectMeta{Name: "marketing"}, Spec: v1alpha1.UserGroupSpec{
			MemberDomains: []string{"acme.example"}, ServiceAccounts: []string{"cms"}, Federation: &v1alpha1.Federation{Issuer: "sso", Claim: "groups", Value: "marketing"},
		}}},
		RoleBindings: []v1alpha1.RoleBinding{{ObjectMeta: metav1.ObjectMeta{Name: "marketing-views"}, Spec: v1alpha1.RoleBindingSpec{
			RoleRef:  v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"},
			Subjects: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: "marketing"}},
			Targets:  []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: "launch"}},
		}}},
	}}, time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC))
	target, err := review.ParseTarget("folder/launch")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := r.WhoCan(access.Download, target)
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, h := range answer.Users {
		who = append(who, h.User)
		if len(h.Routes) != 1 || h.Routes[0].Group != "marketing" {
			t.Errorf("%s comes by %+v", h.User, h.Routes)
		}
	}
	want := []string{"dora", "group:marketing", "serviceaccount:cms"}
	if diff := cmp.Diff(want, who); diff != "" {
		t.Errorf("who can (-want +got):\n%s", diff)
	}
	roles, err := r.Roles("viewer")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(roles.Roles, func(role review.Role) bool { return cmp.Equal(role.Users, want) }) {
		t.Errorf("who has the role: %+v", roles.Roles)
	}
	for _, subject := range want {
		has, err := r.Access(review.User(subject))
		if err != nil {
			t.Fatal(err)
		}
		if len(has.Grants) != 1 || !slices.Equal(has.Groups, []string{"marketing"}) {
			t.Errorf("%s has %+v in %v", subject, has.Grants, has.Groups)
		}
	}
	audit, err := r.Audit(nil)
	if err != nil {
		t.Fatal(err)
	}
	var audited []string
	for _, line := range audit.Grants {
		audited = append(audited, line.User)
	}
	if diff := cmp.Diff(want, audited); diff != "" {
		t.Errorf("audited are (-want +got):\n%s", diff)
	}
	var table, records strings.Builder
	if err := errors.Join(audit.WriteTable(&table, false), audit.WriteCSV(&records)); err != nil {
		t.Fatal(err)
	}
	for _, subject := range want {
		if !strings.Contains(table.String(), "\n"+subject+" ") || !strings.Contains(records.String(), "acme,"+subject+",brand,") {
			t.Errorf("%s is missing in the table or the CSV:\n%s\n%s", subject, table.String(), records.String())
		}
	}
	people, err := r.People("dora", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(people.Users) != 1 || !slices.Equal(people.Users[0].Groups, []string{"marketing"}) {
		t.Errorf("found is %+v", people.Users)
	}
	if _, err := r.Access(review.User("group:nobody")); err == nil {
		t.Error("a group that nobody declares has access")
	}
}

// Which files a selector picks the declarations do not tell, and no answer supposes it: they are told as such, with a note.
//
// features: U2
func TestMembersBySelectorAreTheClustersToKnow(t *testing.T) {
	const stand, unknown, perhaps = "⟨files that the selector picks⟩", "collection/heroes: the members by selector are answered as any file that it picks", "whether the selector of collection/heroes picks the file only the cluster knows"
	heroes := v1alpha1.Collection{ObjectMeta: metav1.ObjectMeta{Name: "heroes"}}
	heroes.Spec.LibraryRef.Name = "brand"
	heroes.Spec.Selector = &v1alpha1.CollectionSelector{Keywords: []string{"hero"}}
	grant := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "views"}}
	grant.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"}
	grant.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "alice"}}
	grant.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetCollection, Name: "heroes"}}
	declared := access.Declarations{
		Libraries: []v1alpha1.Library{{ObjectMeta: metav1.ObjectMeta{Name: "brand"}}},
		Folders: []v1alpha1.Folder{{
			ObjectMeta: metav1.ObjectMeta{Name: "launch"}, Spec: v1alpha1.FolderSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: "launch"},
		}},
		Collections: []v1alpha1.Collection{heroes}, Users: []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: "alice"}}}, RoleBindings: []v1alpha1.RoleBinding{grant},
	}
	named := declared
	named.Collections = slices.Clone(declared.Collections)
	named.Collections[0].Spec.Items = []v1alpha1.CollectionItem{{Path: "launch/a.jpg"}}
	for _, c := range []struct {
		reason   string
		declared access.Declarations
		target   string
		allowed  bool
		part     string // of the target, that is answered about
		note     string
	}{
		{"the Collection is asked about", declared, "collection/heroes", true, "", unknown},
		{"beside what is named", named, "collection/heroes", true, "", unknown},
		{"a file is asked about", declared, "library/brand:launch/a.jpg", false, "", perhaps},
		{"a file that is named is a member", named, "library/brand:launch/a.jpg", true, "", ""},
		{"a folder is asked about, in which they may be", declared, "folder/launch", false, stand, ""},
	} {
		t.Run(c.reason, func(t *testing.T) {
			r := review.New(review.Tenant{Namespace: "acme", Declared: c.declared}, time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC))
			target, err := review.ParseTarget(c.target)
			if err != nil {
				t.Fatal(err)
			}
			who, err := r.WhoCan(access.Download, target)
			if err != nil {
				t.Fatal(err)
			}
			if (len(who.Users) == 1) != c.allowed {
				t.Errorf("who can: %+v", who.Users)
			}
			var parts []string
			for _, p := range who.Parts {
				parts = append(parts, p.On)
			}
			if c.part != "" && !slices.Contains(parts, c.part) || c.part == "" && len(parts) > 0 {
				t.Errorf("on parts of it: %+v", who.Parts)
			}
			why, err := r.Explain(review.User("alice"), target)
			if err != nil {
				t.Fatal(err)
			}
			for what, notes := range map[string][]string{"who-can": who.Notes, "explain": why.Notes} {
				noted := strings.Join(notes, "\n")
				if c.note != "" && !strings.Contains(noted, c.note) || c.note == "" && strings.Contains(noted, "selector") {
					t.Errorf("%s notes %q", what, notes)
				}
			}
		})
	}
	r := review.New(review.Tenant{Namespace: "acme", Declared: named}, time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC))
	has, err := r.Access(review.User("alice"))
	if err != nil {
		t.Fatal(err)
	}
	if len(has.Grants) != 1 || !slices.Equal(has.Grants[0].Items, []string{"launch/a.jpg", stand}) || !strings.Contains(strings.Join(has.Notes, "\n"), unknown) {
		t.Errorf("alice has %+v, with the notes %q", has.Grants, has.Notes)
	}
}
