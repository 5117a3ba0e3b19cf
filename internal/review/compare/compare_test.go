package compare

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// given is a tenant in a few words: alice and bob are Users, creatives is a group with alice,
// and there are the Folders launch, launch/final and the restricted launch/embargo.
func given(t *testing.T, more string) review.Tenant {
	t.Helper()
	const always = `
libraries: [{metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-brand}}}]
folders:
- {metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch}}
- {metadata: {name: final}, spec: {libraryRef: {name: brand}, path: launch/final}}
- {metadata: {name: embargo}, spec: {libraryRef: {name: brand}, path: launch/embargo, access: Restricted}}
users: [{metadata: {name: alice}}, {metadata: {name: bob}}]
groups: [{metadata: {name: creatives}, spec: {members: [alice]}}]
`
	var all, own struct {
		Libraries   []v1alpha1.Library
		Folders     []v1alpha1.Folder
		Collections []v1alpha1.Collection
		Users       []v1alpha1.User
		Groups      []v1alpha1.UserGroup
		Roles       []v1alpha1.Role
		Bindings    []v1alpha1.RoleBinding
		Links       []v1alpha1.PublicLink
	}
	for text, into := range map[string]any{always: &all, more: &own} {
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	tenant := review.Tenant{Namespace: "acme", Links: own.Links}
	d := &tenant.Declared
	d.Libraries, d.Folders, d.Users, d.UserGroups = all.Libraries, all.Folders, all.Users, all.Groups
	if own.Libraries != nil {
		d.Libraries = own.Libraries
	}
	if own.Folders != nil {
		d.Folders = own.Folders
	}
	if own.Users != nil {
		d.Users = own.Users
	}
	if own.Groups != nil {
		d.UserGroups = own.Groups
	}
	d.Collections, d.Roles, d.RoleBindings = own.Collections, own.Roles, own.Bindings
	return tenant
}

// binding declares one in a line: name, role, subject, target, and more of its spec.
func binding(name, role, subject, target string, more ...string) string {
	kind, who, _ := strings.Cut(subject, "/")
	on, what, _ := strings.Cut(target, "/")
	ref := "BuiltIn"
	if role == "picker" {
		ref = "Role"
	}
	return fmt.Sprintf("- {metadata: {name: %s}, spec: {roleRef: {kind: %s, name: %s}, subjects: [{kind: %s, name: %s}], targets: [{kind: %s, name: %s}]%s}}\n",
		name, ref, role, kind, who, on, what, strings.Join(append([]string{""}, more...), ", "))
}

// rows are changes in a line each, and what else is told.
func rows(d *Diff) []string {
	var all []string
	for i := range d.Changes {
		c := &d.Changes[i]
		all = append(all, fmt.Sprintf("%s +%s -%s %s [%s]", strings.Join(c.Subjects, "+"), strings.Join(c.Gains, ","), strings.Join(c.Loses, ","), c.where(9), c.when()))
	}
	for _, o := range append(append([]Declared{}, d.Links...), d.Declared...) {
		wider := ""
		if o.Wider {
			wider = " WIDER"
		}
		all = append(all, o.Kind+" "+o.Name+" "+o.What+wider)
	}
	return all
}

const (
	views   = "list,preview,download"
	june    = "2027-06-30T00:00:00Z"
	july    = "2027-07-31T00:00:00Z"
	hero    = "collections: [{metadata: {name: hero}, spec: {libraryRef: {name: brand}, items: [{path: launch/final/hero-*.jpg}]}}]\n"
	heroToo = "collections: [{metadata: {name: hero}, spec: {libraryRef: {name: brand}, items: [{path: launch/final/hero-*.jpg}, {path: press/logo.png}]}}]\n"
)

// TestCompare has a pair of states for every way in which access changes, or only seems to.
//
// features: U1
func TestCompare(t *testing.T) {
	cases := []struct {
		reason     string
		base, head string
		verdict    Verdict
		want       []string
	}{
		{reason: "nothing differs", verdict: Same},
		{reason: "a binding that is renamed gives the same", verdict: Same,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/launch"), head: "bindings:\n" + binding("b", "viewer", "User/alice", "Folder/launch", "reason: told anew")},
		{reason: "one who is named instead of their group has the same", verdict: Same,
			base: "bindings:\n" + binding("a", "viewer", "UserGroup/creatives", "Folder/launch"), head: "bindings:\n" + binding("b", "viewer", "User/alice", "Folder/launch")},
		{reason: "a grant below one that gives it all gives nothing", verdict: Same,
			base: "bindings:\n" + binding("a", "manager", "User/alice", "Folder/launch"),
			head: "bindings:\n" + binding("a", "manager", "User/alice", "Folder/launch") + binding("b", "viewer", "User/alice", "Folder/final")},
		{reason: "a window that is over and goes is no change", verdict: Same,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/launch", `notAfter: "2027-01-01T00:00:00Z"`)},
		{reason: "a window that begins earlier in the past is no change", verdict: Same,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/launch", `notBefore: "2027-01-01T00:00:00Z"`), head: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/launch")},
		{reason: "a grant on a folder reaches no restricted one below", verdict: Wider,
			head: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/launch"),
			want: []string{"alice +" + views + " - launch/ except launch/embargo/ [now]"}},
		{reason: "a grant on a restricted folder is on that alone", verdict: Wider,
			head: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/embargo"), want: []string{"alice +" + views + " - launch/embargo/ [now]"}},
		{reason: "what one has already is not gained", verdict: Wider,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"),
			head: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final") + binding("b", "viewer", "User/alice", "Folder/launch"),
			want: []string{"alice +" + views + " - launch/ except launch/embargo/, launch/final/ [now]"}},
		{reason: "a level more is the permissions that it adds", verdict: Wider,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"), head: "bindings:\n" + binding("a", "contributor", "User/alice", "Folder/final"),
			want: []string{"alice +comment,upload,describe,collect - launch/final/ [now]"}},
		{reason: "losing alone is no widening", verdict: Changed,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"), want: []string{"alice + -" + views + " launch/final/ [now]"}},
		{reason: "one gains what another loses, which is a widening", verdict: Wider,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"), head: "bindings:\n" + binding("a", "viewer", "User/bob", "Folder/final"),
			want: []string{"alice + -" + views + " launch/final/ [now]", "bob +" + views + " - launch/final/ [now]"}},
		{reason: "joining a group is what it gives", verdict: Wider,
			base: "bindings:\n" + binding("a", "viewer", "UserGroup/creatives", "Folder/final"),
			head: "groups: [{metadata: {name: creatives}, spec: {members: [alice, bob]}}]\nbindings:\n" + binding("a", "viewer", "UserGroup/creatives", "Folder/final"),
			want: []string{"bob +" + views + " - launch/final/ [now]", "UserGroup creatives takes in bob"}},
		{reason: "what is given to a group of whom nobody is known counts", verdict: Wider,
			base: "groups: [{metadata: {name: press}}]\n", head: "groups: [{metadata: {name: press}}]\nbindings:\n" + binding("a", "viewer", "UserGroup/press", "Folder/final"),
			want: []string{"group/press +" + views + " - launch/final/ [now]"}},
		{reason: "a role that is nobody's changes nobody's access", verdict: Changed,
			base: "roles: [{metadata: {name: picker}, spec: {permissions: [list]}}]\n", head: "roles: [{metadata: {name: picker}, spec: {permissions: [list, delete]}}]\n",
			want: []string{"Role picker allows delete"}},
		{reason: "a role that widens widens what was given by it", verdict: Wider,
			base: "roles: [{metadata: {name: picker}, spec: {permissions: [list, upload]}}]\nbindings:\n" + binding("a", "picker", "User/alice", "Folder/final"),
			head: "roles: [{metadata: {name: picker}, spec: {permissions: [list, upload, delete]}}]\nbindings:\n" + binding("a", "picker", "User/alice", "Folder/final"),
			want: []string{"alice +delete - launch/final/ [now]", "Role picker allows delete"}},
		{reason: "a collection takes a file in, and its readers gain it", verdict: Wider,
			base: hero + "bindings:\n" + binding("a", "viewer", "User/alice", "Collection/hero"), head: heroToo + "bindings:\n" + binding("a", "viewer", "User/alice", "Collection/hero"),
			want: []string{"alice +preview,download - press/logo.png [now]", "Collection hero has press/logo.png"}},
		{reason: "a pattern within what is held gives nothing", verdict: Same,
			base: hero + "bindings:\n" + binding("b", "viewer", "User/alice", "Folder/final"),
			head: hero + "bindings:\n" + binding("a", "viewer", "User/alice", "Collection/hero") + binding("b", "viewer", "User/alice", "Folder/final")},
		{reason: "a window that opens later is told with its time", verdict: Wider,
			head: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final", `notBefore: "`+june+`"`, `notAfter: "`+july+`"`),
			want: []string{"alice +" + views + " - launch/final/ [from " + june + " until " + july + "]"}},
		{reason: "a window that is made longer", verdict: Wider,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final", `notAfter: "`+june+`"`), head: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final", `notAfter: "`+july+`"`),
			want: []string{"alice +" + views + " - launch/final/ [from " + june + " until " + july + " (longer than before)]"}},
		{reason: "a window that is made shorter", verdict: Changed,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"), head: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final", `notAfter: "`+june+`"`),
			want: []string{"alice + -" + views + " launch/final/ [from " + june + "]"}},
		{reason: "a grant that another outlives goes without a trace, one that outlives it does not", verdict: Changed,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final") + binding("b", "viewer", "User/alice", "Folder/launch", `notAfter: "`+june+`"`),
			head: "bindings:\n" + binding("b", "viewer", "User/alice", "Folder/launch", `notAfter: "`+june+`"`),
			want: []string{"alice + -" + views + " launch/final/ [from " + june + "]"}},
		{reason: "a folder that is restricted no longer opens to whoever has what is above", verdict: Wider,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/launch"),
			head: "folders:\n- {metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch}}\nbindings:\n" + binding("a", "viewer", "User/alice", "Folder/launch"),
			want: []string{"alice +" + views + " - launch/embargo/ [now]"}},
		{reason: "thawing gives back", verdict: Wider,
			base: `users: [{metadata: {name: alice, annotations: {dam.vitrine.dev/freeze: lost}}}, {metadata: {name: bob}}]` + "\nbindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"),
			head: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"), want: []string{"alice +" + views + " - launch/final/ [now]"}},
		{reason: "a library on another bucket is another place", verdict: Wider,
			base: "bindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"),
			head: "libraries: [{metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-secrets}}}]\nbindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"),
			want: []string{"alice + -" + views + " launch/final/ [now]", "alice +" + views + " - launch/final/ [now]"}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			d := Compare(given(t, c.base), given(t, c.head), noon)
			if diff := cmp.Diff(c.want, rows(d)); diff != "" {
				t.Errorf("other changes (-want +got):\n%s", diff)
			}
			if d.Verdict != c.verdict {
				t.Errorf("it is %s, and should be %s", d.Verdict, c.verdict)
			}
		})
	}
}
