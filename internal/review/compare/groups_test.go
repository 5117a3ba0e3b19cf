package compare

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// press declares a group, with a viewer's right on the Folder final.
func press(spec string) string {
	return "groups: [{metadata: {name: press}, spec: {" + spec + "}}]\nbindings:\n" + binding("p", "viewer", "UserGroup/press", "Folder/final")
}

// TestCompareGroups has a pair of states for every way in which people come to be in a group.
//
// features: U1, P15
func TestCompareGroups(t *testing.T) {
	const (
		claim = "federation: {issuer: sso, claim: groups, value: press}"
		other = "federation: {issuer: sso, claim: groups, value: everybody}"
		gains = " +" + views + " - launch/final/ [now]"
		loses = " + -" + views + " launch/final/ [now]"
	)
	cases := []struct {
		reason     string
		base, head string
		verdict    Verdict
		want       []string
	}{
		{"what a group is given its holders of a claim gain, though it names a member who has it already",
			"groups: [{metadata: {name: press}, spec: {members: [alice], " + claim + "}}]\nbindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"),
			press("members: [alice], "+claim) + binding("a", "viewer", "User/alice", "Folder/final"), Wider,
			[]string{"group:press" + gains}},
		{"and so do its ServiceAccounts",
			"groups: [{metadata: {name: press}, spec: {members: [alice], serviceAccounts: [cms]}}]\nbindings:\n" + binding("a", "viewer", "User/alice", "Folder/final"),
			press("members: [alice], serviceAccounts: [cms]") + binding("a", "viewer", "User/alice", "Folder/final"), Wider,
			[]string{"serviceaccount:cms" + gains}},
		{"a group asks for a claim from now on", press("members: [alice]"), press("members: [alice], " + claim), Wider,
			[]string{"group:press" + gains, "UserGroup press takes in holders of groups press by issuer sso"}},
		{"a claim that goes takes from its holders alone", press("members: [alice], " + claim), press("members: [alice]"), Changed,
			[]string{"group:press" + loses, "UserGroup press lets go holders of groups press by issuer sso"}},
		{"a ServiceAccount that goes is no widening", press("members: [alice], serviceAccounts: [cms, shop]"), press("members: [alice], serviceAccounts: [shop]"), Changed,
			[]string{"serviceaccount:cms" + loses, "UserGroup press lets go ServiceAccount cms"}},
		{"another claim takes in other people", press(claim), press(other), Wider,
			[]string{"group:press (groups everybody by issuer sso)" + gains, "group:press (groups press by issuer sso)" + loses,
				"UserGroup press takes in holders of groups everybody by issuer sso; lets go holders of groups press by issuer sso"}},
		{"a group by another name for the same claim takes in the same people", press(claim), strings.ReplaceAll(press(claim), "press}, spec", "media}, spec")[:len("groups: [{metadata: {name: media}, spec: {")] + claim + "}}]\nbindings:\n" + binding("p", "viewer", "UserGroup/media", "Folder/final"), Changed,
			[]string{"UserGroup media is new and takes in holders of groups press by issuer sso", "UserGroup press is gone"}},
		{"a mail domain takes in the Users who have an address there", press("members: [bob]") + "users: [{metadata: {name: alice}, spec: {email: alice@acme.example}}, {metadata: {name: bob}}]\n",
			press("members: [bob], memberDomains: [acme.example]") + "users: [{metadata: {name: alice}, spec: {email: alice@acme.example}}, {metadata: {name: bob}}]\n", Wider,
			[]string{"alice" + gains, "UserGroup press takes in Users with an address at acme.example"}},
		{"a domain at which nobody is gives nobody anything", press("members: [bob]"), press("members: [bob], memberDomains: [acme.example]"), Changed,
			[]string{"UserGroup press takes in Users with an address at acme.example"}},
		{"an address makes somebody a member", press("members: [bob], memberDomains: [acme.example]"),
			press("members: [bob], memberDomains: [acme.example]") + "users: [{metadata: {name: alice}, spec: {email: alice@acme.example}}, {metadata: {name: bob}}]\n", Wider,
			[]string{"alice" + gains}},
		{"a group of which nobody was known takes in whoever holds a claim", press(""), press(claim), Wider,
			[]string{"group:press" + gains, "UserGroup press takes in holders of groups press by issuer sso"}},
		{"grants on a Collection give nothing on what is pinned", pinnedHero("{path: press/a.png, version: v1}"), pinnedHero("{path: press/a.png}"), Wider,
			[]string{"alice +preview,download - press/a.png [now]", "Collection hero has press/a.png; no longer has press/a.png at version v1"}},
		{"nor on what a pattern would match", pinnedHero("{path: press/*}"), pinnedHero("{path: press/*}, {path: press/a.png, version: v1}"), Changed,
			[]string{"alice + -preview,download press/a.png [now]", "Collection hero has press/a.png at version v1"}},
		{"what is pinned is an exception of the pattern that is given", strings.Replace(pinnedHero("{path: press/*}, {path: press/a.png, version: v1}"), "User/alice", "User/nobody", 1),
			strings.Replace(pinnedHero("{path: press/*}, {path: press/a.png, version: v1}"), "name: a}", "name: b}", 1), Same, nil},
		{"one version for another gives grants nothing", pinnedHero("{path: press/a.png, version: v1}"), pinnedHero("{path: press/a.png, version: v2}"), Changed,
			[]string{"Collection hero has press/a.png at version v2; no longer has press/a.png at version v1"}},
		{"a key lets somebody in who had rights by name alone", "users: [{metadata: {name: alice}, spec: {credentials: None}}]\n", "users: [{metadata: {name: alice}, spec: {credentials: Issue}}]\n", Wider,
			[]string{"User alice gets an access key WIDER"}},
		{"a key is taken away", "users: [{metadata: {name: alice}, spec: {credentials: Issue}}]\n", "users: [{metadata: {name: alice}}]\n", Changed, []string{"User alice has no access key any more"}},
		{"a key that was replaced stays valid for longer", "users: [{metadata: {name: alice}, spec: {credentials: Issue}}]\n",
			"users: [{metadata: {name: alice}, spec: {credentials: Issue, keyRotation: {maxAge: 24h, overlap: 2h}}}]\n", Wider,
			[]string{"User alice has access keys replaced after 24h0m0s instead of no time", "User alice has access keys valid for 2h0m0s beside the new one instead of 1h0m0s WIDER"}},
		{"keys are replaced once", "users: [{metadata: {name: alice}, spec: {credentials: Issue}}]\n", "users: [{metadata: {name: alice}, spec: {credentials: Issue, keyRotation: {request: today}}}]\n", Same, nil},
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

// pinnedHero declares a Collection of these items, which alice may view.
func pinnedHero(items string) string {
	return "collections: [{metadata: {name: hero}, spec: {libraryRef: {name: brand}, items: [" + items + "]}}]\nbindings:\n" + binding("a", "viewer", "User/alice", "Collection/hero")
}

// A pattern that is given says which files it does not give.
func TestWhatIsPinnedIsAnException(t *testing.T) {
	head := pinnedHero("{path: press/*}, {path: press/a.png, version: v1}")
	d := Compare(given(t, ""), given(t, head), noon)
	if want := []string{"alice +preview,download - press/* except press/a.png [now]", "Collection hero is new and has press/*, press/a.png at version v1"}; !slices.Equal(rows(d), want) {
		t.Errorf("%q\nwant %q", rows(d), want)
	}
}

// TestCompareStores has what ObjectStores decide about a tenant.
//
// features: U1
func TestCompareStores(t *testing.T) {
	const one = `
metadata: {name: default}
spec:
  driver: IAM
  endpoint: https://s3.example.org
  untrustedConditions: Refuse
  tenants:
  - {namespaces: [acme], buckets: ["acme-*"], issuers: [{name: sso, url: "https://id.example", audience: vitrine}]}
  serviceAccountIssuer: {url: "https://cluster.example", audience: vitrine}
`
	cases := []struct {
		reason   string
		from, to string // what of it is otherwise in the new state
		verdict  Verdict
		want     []string
	}{
		{"nothing differs", "acme-*", "acme-*", Same, nil},
		{"what the API would set is the same", "  untrustedConditions: Refuse\n", "", Same, nil},
		{"an issuer at another address issues other tokens", "id.example", "id.other.example", Wider,
			[]string{"ObjectStore default has others for issuer sso: tokens of https://id.other.example for vitrine instead of https://id.example for vitrine WIDER"}},
		{"tokens for another audience are other people's", `example", audience: vitrine}]`, `example", audience: all}]`, Wider,
			[]string{"ObjectStore default has others for issuer sso: tokens of https://id.example for all instead of https://id.example for vitrine WIDER"}},
		{"an issuer that is taken out", "name: sso", "name: old", Changed, []string{"ObjectStore default no longer admits issuer sso"}},
		{"ServiceAccounts of another cluster", "https://cluster.example", "https://other.example", Wider,
			[]string{"ObjectStore default has others for ServiceAccounts: tokens of https://other.example for vitrine instead of https://cluster.example for vitrine WIDER"}},
		{"a tenant that is put out", "namespaces: [acme]", "namespaces: [northlight]", Changed,
			[]string{"ObjectStore default no longer admits the bucket acme-brand of Library brand", "ObjectStore default no longer admits issuer sso"}},
		{"rights that can be got around are granted", "Refuse", "Accept", Wider, []string{`ObjectStore default spec.untrustedConditions changes from "Refuse" to "Accept" WIDER`}},
		{"another place has other files", "s3.example.org", "s4.example.org", Wider,
			[]string{`ObjectStore default spec.endpoint changes from "https://s3.example.org" to "https://s4.example.org" WIDER`}},
		{"a store that is not used is nothing to the tenant", "metadata: {name: default}", "metadata: {name: other}", Changed,
			[]string{"ObjectStore default is gone", "ObjectStore default no longer admits the bucket acme-brand of Library brand", "ObjectStore default no longer admits issuer sso", "ObjectStore default no longer admits ServiceAccounts"}},
	}
	declared := given(t, press("federation: {issuer: sso, claim: groups, value: press}, serviceAccounts: [cms]"))
	store := func(t *testing.T, text string) (o v1alpha1.ObjectStore) {
		t.Helper()
		if err := yaml.UnmarshalStrict([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			base, head := declared, declared
			base.Stores = []v1alpha1.ObjectStore{store(t, one)}
			head.Stores = []v1alpha1.ObjectStore{store(t, strings.Replace(one, c.from, c.to, 1))}
			if !strings.Contains(one, c.from) {
				t.Fatalf("there is no %q", c.from)
			}
			d := Compare(base, head, noon)
			if diff := cmp.Diff(c.want, rows(d)); diff != "" {
				t.Errorf("other changes (-want +got):\n%s", diff)
			}
			if d.Verdict != c.verdict {
				t.Errorf("it is %s, and should be %s", d.Verdict, c.verdict)
			}
			back := Compare(head, base, noon)
			if c.verdict == Changed && back.Verdict != Wider {
				t.Errorf("the way back is %s: %q", back.Verdict, rows(back))
			}
		})
	}
	t.Run("it is said when no ObjectStore is known and somebody hangs on one", func(t *testing.T) {
		if d := Compare(given(t, ""), declared, noon); !slices.Contains(d.Notes, storesUnknown) {
			t.Errorf("the notes are %q", d.Notes)
		}
		if d := Compare(given(t, ""), given(t, press("members: [alice]")), noon); len(d.Notes) > 0 {
			t.Errorf("nobody hangs on one, and the notes are %q", d.Notes)
		}
	})
}

// A field that a later version adds counts as a widening until it is known better; today's are known.
func TestEveryFieldIsCompared(t *testing.T) {
	for kind, spec := range map[string]any{
		"Library": v1alpha1.LibrarySpec{}, "Folder": v1alpha1.FolderSpec{}, "Collection": v1alpha1.CollectionSpec{}, "User": v1alpha1.UserSpec{},
		"UserGroup": v1alpha1.UserGroupSpec{}, "Role": v1alpha1.RoleSpec{}, "RoleBinding": v1alpha1.RoleBindingSpec{},
	} {
		if diff := cmp.Diff(slices.Sorted(slices.Values(fieldsOf(spec))), slices.Sorted(slices.Values(compared[kind]))); diff != "" {
			t.Errorf("%s has other fields than are compared: compare the new ones too, or say here that they change nobody's access\n%s", kind, diff)
		}
		if got := unknown(kind, "x", map[string]any{"later": 1}, map[string]any{"later": 2}); len(got) != 1 || !got[0].Wider {
			t.Errorf("%s: a field of a later version that changes is told as %+v", kind, got)
		}
	}
	for _, field := range fieldsOf(v1alpha1.PublicLinkSpec{}) {
		if _, known := judged[field]; !known && !told[field] {
			t.Errorf("the field %s of links is not compared", field)
		}
	}
	for _, field := range fieldsOf(v1alpha1.ObjectStoreSpec{}) {
		if _, known := storeJudged[field]; !known {
			t.Errorf("the field %s of ObjectStores is not compared", field)
		}
	}
}

// fieldsOf are the names of a specification's fields in the API.
func fieldsOf(spec any) []string {
	var all []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(spec)) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, name)
	}
	return all
}
