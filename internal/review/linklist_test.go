package review_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/link"
	"github.com/vitrine-dam/vitrine/internal/review"
)

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// brand declares a Library, a Folder in it, and links on that.
func brand(links ...v1alpha1.PublicLink) review.Tenant {
	t := review.Tenant{Namespace: "acme", Links: links}
	t.Declared.Libraries = []v1alpha1.Library{{ObjectMeta: metav1.ObjectMeta{Name: "brand"}, Spec: v1alpha1.LibrarySpec{
		Bucket: v1alpha1.Bucket{Name: "acme-brand"}, Links: &v1alpha1.LinkDefaults{DefaultTTL: "720h"},
	}}}
	t.Declared.Folders = []v1alpha1.Folder{{ObjectMeta: metav1.ObjectMeta{Name: "press"}, Spec: v1alpha1.FolderSpec{LibraryRef: v1alpha1.LocalReference{Name: "brand"}, Path: "press"}}}
	return t
}

func onPress(name string, change func(*v1alpha1.PublicLink)) v1alpha1.PublicLink {
	l := v1alpha1.PublicLink{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.PublicLinkSpec{Target: v1alpha1.LinkTarget{Folder: &v1alpha1.LocalReference{Name: "press"}}}}
	day := metav1.NewTime(noon.Add(-24 * time.Hour))
	l.Status.FirstSeen = &day
	change(&l)
	return l
}

// sponsored names the group managers as sponsor.
func sponsored(l *v1alpha1.PublicLink) {
	l.Spec.Sponsor = &v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUserGroup, Name: "managers"}
}

// sponsoring gives the group managers, in which alice is, a role on the Folder, and the Library its defaults.
func sponsoring(t review.Tenant, role string, defaults *v1alpha1.LinkDefaults) review.Tenant {
	d := &t.Declared
	d.Users = []v1alpha1.User{{ObjectMeta: metav1.ObjectMeta{Name: "alice"}}}
	d.UserGroups = []v1alpha1.UserGroup{{ObjectMeta: metav1.ObjectMeta{Name: "managers"}, Spec: v1alpha1.UserGroupSpec{Members: []string{"alice"}}}}
	if role != "" {
		d.RoleBindings = []v1alpha1.RoleBinding{{ObjectMeta: metav1.ObjectMeta{Name: "managers"}, Spec: v1alpha1.RoleBindingSpec{
			RoleRef:  v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: role},
			Subjects: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: "managers"}},
			Targets:  []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: "press"}},
		}}}
	}
	if defaults != nil {
		d.Libraries[0].Spec.Links = defaults
	}
	return t
}

// Every link is listed with what it does now, and why it does not open when it does not.
//
// features: K23
func TestAllLinks(t *testing.T) {
	at := func(d time.Duration) *metav1.Time { m := metav1.NewTime(noon.Add(d)); return &m }
	cases := []struct {
		reason string
		change func(*v1alpha1.PublicLink)
		phase  v1alpha1.LinkPhase
		why    string
		// defaults of the Library; nil when it has an end for links alone.
		defaults *v1alpha1.LinkDefaults
		// sponsor is the role of the group managers on the Folder; none when empty.
		sponsor string
	}{
		{"it opens", func(*v1alpha1.PublicLink) {}, v1alpha1.LinkActive, "", nil, ""},
		{"it has not begun", func(l *v1alpha1.PublicLink) { l.Spec.NotBefore = at(time.Hour) }, v1alpha1.LinkPending, "notBefore", nil, ""},
		{"it is over", func(l *v1alpha1.PublicLink) { l.Spec.NotAfter = at(0) }, v1alpha1.LinkExpired, "its end has passed", nil, ""},
		{"it is over by its library's default", func(l *v1alpha1.PublicLink) { l.Status.FirstSeen = at(-721 * time.Hour) }, v1alpha1.LinkExpired, "its end has passed", nil, ""},
		{"somebody suspended it", func(l *v1alpha1.PublicLink) { l.Spec.Suspend = true }, v1alpha1.LinkSuspended, "suspend", nil, ""},
		{"somebody froze it", func(l *v1alpha1.PublicLink) { l.Annotations = map[string]string{v1alpha1.AnnotationFreeze: "INC-9"} }, v1alpha1.LinkFrozen, "the link is frozen (INC-9)", nil, ""},
		{"its target is not there", func(l *v1alpha1.PublicLink) { l.Spec.Target.Folder.Name = "nowhere" }, v1alpha1.LinkUnavailable, "there is no Folder nowhere", nil, ""},
		{"Vitrine says that it is not ready", func(l *v1alpha1.PublicLink) {
			l.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Message: "the Secret is missing"}}
		}, v1alpha1.LinkUnavailable, "the Secret is missing", nil, ""},
		{"its sponsor holds the permission link", sponsored, v1alpha1.LinkActive, "", nil, "manager"},
		{"its sponsor lost it", sponsored, v1alpha1.LinkUnsponsored, "its sponsor, UserGroup managers, does not hold the permission link on its target", nil, "viewer"},
		{"its sponsor never had it", sponsored, v1alpha1.LinkUnsponsored, "does not hold the permission link", nil, ""},
		{"its library admits the sponsor", sponsored, v1alpha1.LinkActive, "", &v1alpha1.LinkDefaults{Sponsors: []string{"managers"}}, "manager"},
		{"its library admits others", sponsored, v1alpha1.LinkUnsponsored, "UserGroup managers is not among the sponsors that its Library admits", &v1alpha1.LinkDefaults{Sponsors: []string{"press"}}, "manager"},
		{"its library requires a sponsor", func(*v1alpha1.PublicLink) {}, v1alpha1.LinkUnsponsored, "its Library requires a sponsor, and it names none", &v1alpha1.LinkDefaults{Sponsor: v1alpha1.SponsorRequired}, "manager"},
		{"its library requires a sponsor, and it has one", sponsored, v1alpha1.LinkActive, "", &v1alpha1.LinkDefaults{Sponsor: v1alpha1.SponsorRequired}, "manager"},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			r := review.New(sponsoring(brand(onPress("x", c.change)), c.sponsor, c.defaults), noon)
			list := review.AllLinks([]*review.Review{r}, noon)
			if len(list.Links) != 1 {
				t.Fatalf("%d links", len(list.Links))
			}
			if l := list.Links[0]; l.Phase != c.phase || !strings.Contains(l.Why, c.why) || (l.Why == "") != (c.why == "") || l.Target != "folder/press" && c.why == "" {
				t.Errorf("%+v; it should be %s because %q", l, c.phase, c.why)
			}
			who, err := r.WhoCan(access.Download, review.Target{Kind: v1alpha1.TargetFolder, Name: "press"})
			if err != nil {
				t.Fatal(err)
			}
			shut := c.phase == v1alpha1.LinkSuspended || c.phase == v1alpha1.LinkFrozen || c.phase == v1alpha1.LinkUnsponsored
			listed := c.phase != v1alpha1.LinkExpired && c.why != "there is no Folder nowhere"
			if (len(who.Links) == 1) != listed || listed && who.Links[0].Suspended != shut {
				t.Errorf("beside those who may download stand the links %+v, and it is %s", who.Links, c.phase)
			}
		})
	}
}

// A link is found by its URL, in whatever form that was copied, and never shown.
//
// features: K23
func TestFindLinks(t *testing.T) {
	const token = "0123456789abcdefghjkmnpqrstvwxyz"
	parsed, err := link.ParseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	r := review.New(brand(onPress("other", func(*v1alpha1.PublicLink) {}), onPress("x", func(l *v1alpha1.PublicLink) { l.Status.TokenHash = parsed.Hash() })), noon)
	for _, text := range []string{"https://dam.acme.example/l/" + token + "\n", "https://dam.acme.example/l/" + token + "/asset/a1?x=y#z", "/l/" + token + "/spring-launch", token} {
		hash, err := review.HashOfURL(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		found := review.FindLinks([]*review.Review{r}, hash, noon)
		if len(found.Links) != 1 || found.Links[0].Name != "x" {
			t.Errorf("%q: found are %+v", text, found.Links)
			continue
		}
		var out strings.Builder
		if err := (&review.Found{LinkView: found.Links[0]}).WriteTable(&out, true); err != nil || strings.Contains(out.String(), token) || !strings.Contains(out.String(), "It opens for whoever has the URL, without a password, until 2027-03-30T12:00:00Z") {
			t.Errorf("it says %s (%v)", out.String(), err)
		}
	}
	for _, text := range []string{"", "https://dam.acme.example/", "https://dam.acme.example/l/" + strings.ToUpper(token)} {
		if _, err := review.HashOfURL(text); !errors.Is(err, review.ErrURL) || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: the error is %v", text, err)
		}
	}
}
