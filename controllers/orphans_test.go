package controllers

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// features: D11
func TestOnlyWhatVitrineMadeForTenantsIsLookedAt(t *testing.T) {
	made := store.Name("eu-prod", "acme", "User", "alice")
	for _, c := range []struct {
		reason           string
		path, name       string
		tags             map[string]string
		wantNamespace    string
		wantToBeLookedAt bool
	}{
		{"a user of a tenant", "/vitrine/eu-prod/acme/", made, nil, "acme", true},
		{"one with the tags that Vitrine writes", "/vitrine/eu-prod/acme/", made, map[string]string{"vitrine:installation": "eu-prod", "vitrine:namespace": "acme"}, "acme", true},
		{"one that somebody made by hand below our path", "/vitrine/eu-prod/acme/", "backup", nil, "", false},
		{"one of our form of name with the tags of others", "/vitrine/eu-prod/acme/", made, map[string]string{"team": "press"}, "", false},
		{"another installation's", "/vitrine/eu-prod-2/acme/", made, nil, "", false},
		{"somebody's at the top", "/", made, nil, "", false},
		{"the gateway's", store.IdentityPath("eu-prod", store.SystemNamespace), made, nil, "", false},
		{"a probe's", store.IdentityPath("eu-prod", "_probe"), made, nil, "", false},
		{"one deeper than a namespace", "/vitrine/eu-prod/acme/deep/", made, nil, "", false},
		{"one of the installation as a whole", "/vitrine/eu-prod/", made, nil, "", false},
	} {
		t.Run(c.reason, func(t *testing.T) {
			namespace, ours := tenantOf("eu-prod", c.path, c.name, c.tags)
			if ours != c.wantToBeLookedAt || ours && namespace != c.wantNamespace {
				t.Errorf("it is %q, %t", namespace, ours)
			}
		})
	}
}

// features: D11, D16
func TestOrphansAreDueAfterTheGraceAndNoSooner(t *testing.T) {
	const grace = 10 * time.Minute
	start := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	alice := orphan{Holder: store.Holder{Kind: store.HolderUser, Path: "/vitrine/eu-prod/acme/", Name: "v-a"}}
	press := orphan{Holder: store.Holder{Kind: store.HolderGroup, Path: "/vitrine/eu-prod/acme/", Name: "v-p"}}
	var o orphans
	for _, step := range []struct {
		reason string
		after  time.Duration
		left   []orphan
		want   []orphan
	}{
		{"seen for the first time", 0, []orphan{alice}, nil},
		{"within the grace, and another one comes", 5 * time.Minute, []orphan{alice, press}, nil},
		{"the first is due", 10 * time.Minute, []orphan{alice, press}, []orphan{alice}},
		{"it found its owner again", 11 * time.Minute, []orphan{press}, nil},
		{"it lost the owner again, and the time begins anew", 15 * time.Minute, []orphan{alice, press}, []orphan{press}},
		{"both are due, the group first", 25 * time.Minute, []orphan{alice, press}, []orphan{press, alice}},
	} {
		if diff := cmp.Diff(step.want, o.seen("default", step.left, start.Add(step.after), grace)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.reason, diff)
		}
	}
	if o.restsUntilLook("default", start, time.Minute) || !o.restsUntilLook("default", start.Add(30*time.Second), time.Minute) || o.restsUntilLook("default", start.Add(time.Minute), time.Minute) {
		t.Error("a look is to come at once, then no sooner than a minute later")
	}
	o.gone("default", press)
	if n := o.count("default"); n != 1 {
		t.Errorf("%d are left, want 1", n)
	}
}

func TestWhoeverIsDeclaredIsAnOwner(t *testing.T) {
	in := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "acme", Name: name} }
	leaving := v1alpha1.User{ObjectMeta: in("leaving"), Spec: v1alpha1.UserSpec{Credentials: v1alpha1.CredentialsNone}}
	leaving.Annotations = map[string]string{v1alpha1.AnnotationAt: "default=eu-prod"}
	users := []v1alpha1.User{
		{ObjectMeta: in("alice"), Spec: v1alpha1.UserSpec{Credentials: v1alpha1.CredentialsIssue}},
		{ObjectMeta: in("bob"), Spec: v1alpha1.UserSpec{Credentials: v1alpha1.CredentialsNone}},
		leaving,
	}
	groups := []v1alpha1.UserGroup{{ObjectMeta: in("press")}}
	named := func(kind, name string) string { return store.Name("eu-prod", "acme", kind, name) }
	want := map[string]bool{named("User", "alice"): true, named("User", "leaving"): true}
	if diff := cmp.Diff(want, ownedIn("eu-prod", "acme", users, groups, nil)); diff != "" {
		t.Errorf("without Libraries no group has rights (-want +got):\n%s", diff)
	}
	want[named("UserGroup", "press")], want[named("Gateway", "links")] = true, true
	if diff := cmp.Diff(want, ownedIn("eu-prod", "acme", users, groups, make([]v1alpha1.Library, 1))); diff != "" {
		t.Errorf("with a Library (-want +got):\n%s", diff)
	}
}
