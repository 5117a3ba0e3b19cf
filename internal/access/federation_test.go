package access_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
)

func groupOf(name string, spec v1alpha1.UserGroupSpec) v1alpha1.UserGroup {
	return v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
}

func bound(name, role string, subject v1alpha1.Subject, targets ...v1alpha1.Target) v1alpha1.RoleBinding {
	return v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.RoleBindingSpec{
		RoleRef: v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: role}, Subjects: []v1alpha1.Subject{subject}, Targets: targets,
	}}
}

// federated is a tenant with a group by claim, and a ServiceAccount in two groups.
func federated() access.Declarations {
	in := v1alpha1.LocalReference{Name: "brand"}
	folder := func(name string) v1alpha1.Folder {
		return v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.FolderSpec{LibraryRef: in, Path: v1alpha1.Path(name)}}
	}
	to := func(name string) v1alpha1.Target { return v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: name} }
	group := func(name string) v1alpha1.Subject {
		return v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: name}
	}
	secret := folder("secret")
	secret.Spec.Access = v1alpha1.AccessRestricted
	end := metav1.NewTime(worldtest.Start.Add(time.Hour))
	short := bound("newsroom-press", "viewer", group("newsroom"), to("press"))
	short.Spec.NotAfter = &end
	return access.Declarations{
		Libraries: []v1alpha1.Library{{ObjectMeta: metav1.ObjectMeta{Name: "brand"}}},
		Folders:   []v1alpha1.Folder{folder("launch"), folder("press"), secret},
		Users:     []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: "alice"}}},
		UserGroups: []v1alpha1.UserGroup{
			groupOf("marketing", v1alpha1.UserGroupSpec{Members: []string{"alice"}, Federation: &v1alpha1.Federation{Issuer: "sso", Claim: "groups", Value: "marketing"}}),
			groupOf("sites", v1alpha1.UserGroupSpec{ServiceAccounts: []string{"cms", "app"}}),
			groupOf("newsroom", v1alpha1.UserGroupSpec{ServiceAccounts: []string{"cms"}, Federation: &v1alpha1.Federation{Issuer: "sso", Claim: "groups", Value: "newsroom"}}),
		},
		RoleBindings: []v1alpha1.RoleBinding{bound("marketing-launch", "contributor", group("marketing"), to("launch")), bound("sites-launch", "viewer", group("sites"), to("launch")), short},
	}
}

// Whom Git does not know by name is a subject all the same, to every question.
func TestSessionsAreSubjects(t *testing.T) {
	claim, cms, app := access.ClaimSubject("marketing"), access.ServiceAccountSubject("cms"), access.ServiceAccountSubject("app")
	news := access.ClaimSubject("newsroom")
	launch, press, secret := access.Key{Library: "brand", Path: "launch/a"}, access.Key{Library: "brand", Path: "press/a"}, access.Key{Library: "brand", Restricted: "secret", Path: "a"}
	later := worldtest.Start.Add(time.Hour)
	freeze := func(d access.Declarations, group string) access.Declarations {
		for i := range d.UserGroups {
			if d.UserGroups[i].Name == group {
				d.UserGroups[i].Annotations = map[string]string{v1alpha1.AnnotationFreeze: "test"}
			}
		}
		return d
	}
	all := federated()
	closed := federated()
	closed.NamespaceFrozen = true
	bare := federated()
	for i := range bare.UserGroups {
		bare.UserGroups[i].Spec.Federation, bare.UserGroups[i].Spec.ServiceAccounts = nil, nil
	}
	for _, c := range []struct {
		reason   string
		declared access.Declarations
		subject  string
		p        access.Permission
		key      access.Key
		at       time.Time
		want     []string // groups it comes by
	}{
		{"the holders of a claim have their group's rights", all, claim, access.Upload, launch, worldtest.Start, []string{"marketing"}},
		{"and no other group's", all, claim, access.Download, press, worldtest.Start, nil},
		{"nor what no cascade reaches", all, claim, access.Download, secret, worldtest.Start, nil},
		{"the group's Users have them too", all, "alice", access.Upload, launch, worldtest.Start, []string{"marketing"}},
		{"a ServiceAccount has one group's rights", all, cms, access.Download, launch, worldtest.Start, []string{"sites"}},
		{"and the other's", all, cms, access.Download, press, worldtest.Start, []string{"newsroom"}},
		{"one of one group has its alone", all, app, access.Download, press, worldtest.Start, nil},
		{"a claim's holders are not the group's ServiceAccounts' other groups", all, news, access.Download, launch, worldtest.Start, nil},
		{"a window ends for sessions too", all, news, access.Download, press, later, nil},
		{"a frozen group gives nothing", freeze(federated(), "newsroom"), cms, access.Download, press, worldtest.Start, nil},
		{"and leaves what others give", freeze(federated(), "newsroom"), cms, access.Download, launch, worldtest.Start, []string{"sites"}},
		{"a frozen namespace gives nothing", closed, claim, access.Upload, launch, worldtest.Start, nil},
		{"without federation nobody holds the claim", bare, claim, access.Upload, launch, worldtest.Start, nil},
	} {
		m := access.New(c.declared)
		var by []string
		for _, r := range m.Decide(c.subject, c.p, c.key, c.at).Routes {
			by = append(by, r.Group)
		}
		if diff := cmp.Diff(c.want, by); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
		holds := slices.ContainsFunc(m.Holders(c.p, c.key, c.at), func(h access.Holder) bool { return h.User == c.subject })
		if holds != (len(c.want) > 0) || m.Reach(c.subject, c.at).May(c.p, c.key) != holds {
			t.Errorf("%s: the answers differ by how it is asked", c.reason)
		}
	}
	m := access.New(all)
	if diff := cmp.Diff([]string{claim, news, app, cms}, m.Sessions()); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if got := access.New(freeze(federated(), "newsroom")).Sessions(); slices.Contains(got, news) || !slices.Contains(got, cms) {
		t.Errorf("sessions with a frozen group: %v", got)
	}
	if got := m.BindingUsers("marketing-launch"); !slices.Equal(got, []string{"alice"}) {
		t.Errorf("its Users: %v", got)
	}
	if got := m.BindingSubjects("marketing-launch"); !slices.Equal(got, []string{"alice", claim}) {
		t.Errorf("its subjects: %v", got)
	}
}

// No subject is taken for a User, nor one kind for the other.
func TestSubjectsAreTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?`).Draw(t, "name")
		if access.IsSession(name) {
			t.Errorf("%s is a User's name", name)
		}
		if group, account, ok := access.ParseSession(access.ClaimSubject(name)); group != name || account != "" || !ok {
			t.Errorf("%s: %q %q %t", name, group, account, ok)
		}
		if group, account, ok := access.ParseSession(access.ServiceAccountSubject(name)); group != "" || account != name || !ok {
			t.Errorf("%s: %q %q %t", name, group, account, ok)
		}
	})
}

// features: P15
func TestMembersByDomain(t *testing.T) {
	person := func(name, email string) v1alpha1.User {
		return v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.UserSpec{Email: email}}
	}
	for _, c := range []struct {
		reason  string
		email   string
		domains []string
		want    bool
	}{
		{"at the domain", "dora@acme.example", []string{"acme.example"}, true},
		{"at one of several", "dora@acme.example", []string{"northlight.example", "acme.example"}, true},
		{"case does not count", "Dora@ACME.Example", []string{"acme.example"}, true},
		{"a subdomain is another", "dora@mail.acme.example", []string{"acme.example"}, false},
		{"a domain that ends alike", "dora@notacme.example", []string{"acme.example"}, false},
		{"a domain that begins alike", "dora@acme.example.org", []string{"acme.example"}, false},
		{"the domain as somebody's name", "acme.example@elsewhere.example", []string{"acme.example"}, false},
		{"no address", "", []string{"acme.example"}, false},
		{"no domains", "dora@acme.example", nil, false},
	} {
		d := federated()
		d.Users = []v1alpha1.User{person("dora", c.email)}
		d.UserGroups = []v1alpha1.UserGroup{groupOf("marketing", v1alpha1.UserGroupSpec{MemberDomains: c.domains})}
		m := access.New(d)
		key := access.Key{Library: "brand", Path: "launch/a"}
		if got := m.Decide("dora", access.Download, key, worldtest.Start).Allowed; got != c.want {
			t.Errorf("%s: she may: %t", c.reason, got)
		}
		members, missing := access.Members(&d.UserGroups[0], d.Users)
		if (len(members) == 1) != c.want || len(missing) > 0 {
			t.Errorf("%s: members %v, missing %v", c.reason, members, missing)
		}
	}
	d := federated()
	d.Users = []v1alpha1.User{person("dora", "dora@acme.example"), person("eve", "eve@acme.example")}
	d.UserGroups = []v1alpha1.UserGroup{groupOf("marketing", v1alpha1.UserGroupSpec{Members: []string{"dora", "nobody"}, MemberDomains: []string{"acme.example"}})}
	members, missing := access.Members(&d.UserGroups[0], d.Users)
	if diff := cmp.Diff([][]string{{"dora", "eve"}, {"nobody"}}, [][]string{members, missing}); diff != "" {
		t.Errorf("by name and by domain (-want +got):\n%s", diff)
	}
	d.Users[1].Annotations = map[string]string{v1alpha1.AnnotationFreeze: "test"}
	if got := access.New(d).BindingUsers("marketing-launch"); !slices.Equal(got, []string{"dora"}) {
		t.Errorf("a frozen member by domain has a grant: %v", got)
	}
}
