package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/review"
)

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

func given(t *testing.T, text string) review.Tenant {
	t.Helper()
	var own struct {
		Libraries   []v1alpha1.Library
		Folders     []v1alpha1.Folder
		Collections []v1alpha1.Collection
		Users       []v1alpha1.User
		Groups      []v1alpha1.UserGroup
		Roles       []v1alpha1.Role
		Bindings    []v1alpha1.RoleBinding
		Links       []v1alpha1.PublicLink
	}
	if err := yaml.UnmarshalStrict([]byte(text), &own); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return review.Tenant{Namespace: "acme", Links: own.Links, Declared: access.Declarations{
		Libraries: own.Libraries, Folders: own.Folders, Collections: own.Collections, Users: own.Users, UserGroups: own.Groups, Roles: own.Roles, RoleBindings: own.Bindings,
	}}
}

const world = `
libraries: [{metadata: {name: brand}, spec: {bucket: {name: acme-brand}, renditions: [{name: web}]}}]
folders:
- {metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch}}
- {metadata: {name: final}, spec: {libraryRef: {name: brand}, path: launch/final}}
users: [{metadata: {name: alice}}]
`

// described declares a Library with these fields, and somebody who has what there is in it.
func described(fields string) string {
	text := "libraries: [{metadata: {name: brand}, spec: {bucket: {name: acme-brand}, metadata: {fields: [" + fields + "]}}}]\nusers: [{metadata: {name: alice}}]\nbindings:\n" + bind("a", "viewer", "launch", "")
	if fields == "" {
		return text // with Folders of the case's own
	}
	return text + "folders: [{metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch}}]\n"
}

// bind declares a RoleBinding to alice.
func bind(name, role, target string, more string) string {
	return fmt.Sprintf("- {metadata: {name: %s}, spec: {roleRef: {kind: BuiltIn, name: %s}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: %s}]%s}}\n", name, role, target, more)
}

// TestLint has a tenant for every rule, with what it must and must not find.
//
// features: K7, D16
func TestLint(t *testing.T) {
	cases := []struct {
		reason string
		text   string
		want   []string // severity, rule, kind/name
	}{
		{"nothing to mend", world + "bindings:\n" + bind("a", "viewer", "launch", ""), nil},
		{"a grant below one that gives all of it", world + "bindings:\n" + bind("a", "viewer", "final", "") + bind("b", "manager", "launch", ""), []string{"Warning Redundant RoleBinding/a"}},
		{"a grant below one that gives less is not redundant", world + "bindings:\n" + bind("a", "manager", "final", "") + bind("b", "viewer", "launch", ""), nil},
		{"a grant that outlives the other is not redundant", world + "bindings:\n" + bind("a", "viewer", "final", "") + bind("b", "viewer", "launch", `, notAfter: "2028-01-01T00:00:00Z"`), nil},
		{"of two that are the same one stays", world + "bindings:\n" + bind("a", "viewer", "final", "") + bind("b", "viewer", "final", ""), []string{"Warning Redundant RoleBinding/b"}},
		{"a window that is over", world + "bindings:\n" + bind("b", "viewer", "launch", `, notAfter: "2027-01-01T00:00:00Z"`), []string{"Warning Expired RoleBinding/b"}},
		{"a window that never opens", world + "bindings:\n" + bind("b", "viewer", "launch", `, notBefore: "2028-01-01T00:00:00Z", notAfter: "2027-06-01T00:00:00Z"`), []string{"Error NeverOpen RoleBinding/b"}},
		{"names that lead nowhere", world + "bindings:\n" + bind("a", "viewer", "launch", "") + bind("b", "viewer", "nowhere", ""), []string{"Error UnknownName RoleBinding/b"}},
		{"a group that nobody is in", world + "groups: [{metadata: {name: empty}}]\nbindings:\n" + bind("a", "viewer", "launch", ""), []string{"Warning EmptyGroup UserGroup/empty"}},
		{"somebody who has nothing, and a role that nobody gives", world + "roles: [{metadata: {name: picker}, spec: {permissions: [list]}}]\n", []string{"Info UnusedRole Role/picker", "Info NoAccess User/alice"}},
		{"a role that gives nothing on a collection", world + `collections: [{metadata: {name: hero}, spec: {libraryRef: {name: brand}, items: [{path: a.jpg}]}}]
roles: [{metadata: {name: critic}, spec: {permissions: [list, upload]}}]
bindings: [{metadata: {name: b}, spec: {roleRef: {kind: Role, name: critic}, subjects: [{kind: User, name: alice}], targets: [{kind: Collection, name: hero}]}}]
`, []string{"Warning Ineffective RoleBinding/b"}},
		{"a link that is over, one on nothing and one that offers what there is not", world + `bindings:
` + bind("a", "viewer", "launch", "") + `links:
- {metadata: {name: late}, spec: {target: {folder: {name: launch}}, renditions: [web], notAfter: "2027-01-01T00:00:00Z"}}
- {metadata: {name: lost}, spec: {target: {folder: {name: nowhere}}}}
- {metadata: {name: odd}, spec: {target: {folder: {name: launch}}, renditions: [square]}}
`, []string{"Error UnknownName PublicLink/lost", "Error UnknownName PublicLink/odd", "Warning Expired PublicLink/late"}},
		{"a grant to one who is frozen", `
libraries: [{metadata: {name: brand}, spec: {bucket: {name: acme-brand}}}]
folders: [{metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch}}]
users: [{metadata: {name: alice, annotations: {dam.vitrine.dev/freeze: lost}}}]
bindings:
` + bind("a", "viewer", "launch", ""), []string{"Warning Frozen RoleBinding/a"}},
		{"a claim's holders would lose what the named have otherwise", world + `groups: [{metadata: {name: g}, spec: {members: [alice], federation: {issuer: sso, claim: groups, value: g}}}]
bindings:
- {metadata: {name: z}, spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: UserGroup, name: g}], targets: [{kind: Folder, name: launch}]}}
` + bind("a", "viewer", "launch", ""), []string{"Warning Redundant RoleBinding/a"}},
		{"so would a ServiceAccount", world + `groups: [{metadata: {name: g}, spec: {members: [alice], serviceAccounts: [cms]}}]
bindings:
- {metadata: {name: z}, spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: UserGroup, name: g}], targets: [{kind: Folder, name: launch}]}}
` + bind("a", "manager", "launch", ""), nil},
		{"and whoever comes by a mail domain later", strings.Replace(world, "name: alice}", "name: alice}, spec: {email: alice@acme.example}", 1) + `groups: [{metadata: {name: g}, spec: {memberDomains: [acme.example]}}]
bindings:
- {metadata: {name: z}, spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: UserGroup, name: g}], targets: [{kind: Folder, name: launch}]}}
` + bind("a", "manager", "launch", ""), nil},
		{"one who is frozen would lose what a group of others has otherwise", strings.Replace(world, "[{metadata: {name: alice}}]", "[{metadata: {name: alice}}, {metadata: {name: bob, annotations: {dam.vitrine.dev/freeze: lost}}}]", 1) + `groups: [{metadata: {name: g}, spec: {members: [alice, bob]}}]
bindings:
- {metadata: {name: z}, spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: UserGroup, name: g}], targets: [{kind: Folder, name: launch}]}}
` + bind("a", "manager", "launch", ""), nil},
		{"what a frozen group gives is none at present", world + `groups: [{metadata: {name: g, annotations: {dam.vitrine.dev/freeze: leak}}, spec: {members: [alice]}}]
bindings:
- {metadata: {name: b}, spec: {roleRef: {kind: BuiltIn, name: manager}, subjects: [{kind: UserGroup, name: g}], targets: [{kind: Folder, name: launch}]}}
` + bind("z", "viewer", "launch", ""), []string{"Warning Frozen RoleBinding/b"}},
		{"a group of a mail domain, at which somebody is", strings.Replace(world, "name: alice}", "name: alice}, spec: {email: alice@acme.example}", 1) + `groups: [{metadata: {name: g}, spec: {memberDomains: [acme.example]}}]
bindings:
- {metadata: {name: z}, spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: UserGroup, name: g}], targets: [{kind: Folder, name: launch}]}}
`, nil},
		{"a group of a mail domain, at which nobody is", world + "groups: [{metadata: {name: g}, spec: {memberDomains: [acme.example]}}]\nbindings:\n" + bind("a", "viewer", "launch", ""), []string{"Warning EmptyGroup UserGroup/g"}},
		{"groups that others than Users are in", world + `groups:
- {metadata: {name: g}, spec: {federation: {issuer: sso, claim: groups, value: g}}}
- {metadata: {name: h}, spec: {serviceAccounts: [cms]}}
bindings:
` + bind("a", "viewer", "launch", ""), nil},
		{"a selector that asks for what no field takes", described("{name: keywords, type: Keywords, choices: [Hero, spring]}") + `collections:
- {metadata: {name: heroes}, spec: {libraryRef: {name: brand}, selector: {keywords: [hero, SPRING]}}}
- {metadata: {name: typo}, spec: {libraryRef: {name: brand}, selector: {keywords: [hero, autumn]}}}
- {metadata: {name: named}, spec: {libraryRef: {name: brand}, items: [{path: a.jpg}]}}
- {metadata: {name: approved}, spec: {libraryRef: {name: brand}, selector: {approval: Approved}}}
`, []string{"Warning SelectsNothing Collection/typo"}},
		{"free keywords may be any", described("{name: keywords, type: Keywords, choices: [hero]}, {name: tags, type: Keywords}") +
			"collections: [{metadata: {name: heroes}, spec: {libraryRef: {name: brand}, selector: {keywords: [autumn]}}}]\n", nil},
		{"a library without fields of its own has keywords", world + "bindings:\n" + bind("a", "viewer", "launch", "") +
			"collections: [{metadata: {name: heroes}, spec: {libraryRef: {name: brand}, selector: {keywords: [autumn]}}}]\n", nil},
		{"a library without keywords has none to select by", described("{name: hero, type: Text}") +
			"collections: [{metadata: {name: heroes}, spec: {libraryRef: {name: brand}, selector: {keywords: [hero]}}}]\n", []string{"Warning SelectsNothing Collection/heroes"}},
		{"fields that no library has", described("{name: title, type: Text}, {name: rights, type: Text}") + `roles:
- {metadata: {name: writer}, spec: {permissions: [list, describe], metadataFields: [title, focus, keywords]}}
- {metadata: {name: lawyer}, spec: {permissions: [list, describe], metadataFields: [rights]}}
links:
- {metadata: {name: good}, spec: {target: {folder: {name: launch}}, metadataFields: [title]}}
- {metadata: {name: odd}, spec: {target: {folder: {name: launch}}, metadataFields: [title, subject]}}
`, []string{"Warning UnknownField PublicLink/odd", "Warning UnknownField Role/writer", "Info UnusedRole Role/lawyer", "Info UnusedRole Role/writer"}},
		{"files that are archived before they are published", strings.Replace(described(""), ", metadata: {fields: []}", "", 1) + `folders:
- {metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch, lifecycle: {state: Draft, sunset: "2027-06-01T00:00:00Z"}}}
- {metadata: {name: late}, spec: {libraryRef: {name: brand}, path: launch/late, lifecycle: {publishAt: "2027-06-01T00:00:00Z", sunset: "2028-06-01T00:00:00Z"}}}
- {metadata: {name: good}, spec: {libraryRef: {name: brand}, path: launch/good, lifecycle: {publishAt: "2027-05-01T00:00:00Z"}}}
- {metadata: {name: sealed}, spec: {libraryRef: {name: brand}, path: launch/sealed, access: Restricted, lifecycle: {state: Draft, publishAt: "2027-07-01T00:00:00Z"}}}
- {metadata: {name: turned}, spec: {libraryRef: {name: brand}, path: turned, lifecycle: {state: Draft, publishAt: "2028-06-01T00:00:00Z", sunset: "2027-06-01T00:00:00Z"}}}
- {metadata: {name: vain}, spec: {libraryRef: {name: brand}, path: vain, lifecycle: {publishAt: "2027-06-01T00:00:00Z"}}}
`, []string{"Error NeverPublished Folder/late", "Error NeverPublished Folder/turned", "Warning Ineffective Folder/vain"}},
		{"a role for all fields is not given by one for some", world + `roles: [{metadata: {name: some}, spec: {permissions: [list, preview, download, comment, upload, describe, collect, share], metadataFields: [title]}}]
bindings:
- {metadata: {name: a}, spec: {roleRef: {kind: Role, name: some}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: launch}]}}
` + bind("b", "contributor", "final", ""), nil},
		{"a role for some fields is given by one for more", world + `roles:
- {metadata: {name: some}, spec: {permissions: [list, describe], metadataFields: [title]}}
- {metadata: {name: more}, spec: {permissions: [list, describe], metadataFields: [title, keywords]}}
bindings:
- {metadata: {name: a}, spec: {roleRef: {kind: Role, name: some}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: launch}]}}
- {metadata: {name: b}, spec: {roleRef: {kind: Role, name: more}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: launch}]}}
`, []string{"Warning Redundant RoleBinding/a"}},
		{"sponsors who are not there", strings.Replace(world, "renditions:", "links: {sponsors: [managers]}, renditions:", 1) + `bindings:
` + bind("a", "viewer", "launch", "") + `links:
- {metadata: {name: one}, spec: {target: {folder: {name: launch}}, sponsor: {kind: UserGroup, name: managers}}}
- {metadata: {name: two}, spec: {target: {folder: {name: launch}}, sponsor: {kind: User, name: zoe}}}
- {metadata: {name: three}, spec: {target: {folder: {name: launch}}, sponsor: {kind: User, name: alice}}}
`, []string{"Error UnknownName Library/brand", "Error UnknownName PublicLink/one", "Error UnknownName PublicLink/two"}},
		{"a tree that is too deep, and a team without a top folder", `
libraries: [{metadata: {name: brand}, spec: {bucket: {name: acme-brand}}}]
folders:
- {metadata: {name: deep}, spec: {libraryRef: {name: brand}, path: a/b/c/d/e}}
- {metadata: {name: one}, spec: {libraryRef: {name: brand}, path: one/press}}
- {metadata: {name: two}, spec: {libraryRef: {name: brand}, path: two/press}}
- {metadata: {name: three}, spec: {libraryRef: {name: brand}, path: three/press}}
- {metadata: {name: four}, spec: {libraryRef: {name: brand}, path: four/press}}
users: [{metadata: {name: alice}}]
groups: [{metadata: {name: press}, spec: {members: [alice]}}]
bindings:
- {metadata: {name: p}, spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: UserGroup, name: press}], targets: [{kind: Folder, name: one}, {kind: Folder, name: two}, {kind: Folder, name: three}, {kind: Folder, name: four}]}}
`, []string{"Warning TooDeep Folder/deep", "Info NoTopFolder UserGroup/press"}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			result := Lint(given(t, c.text), noon)
			var got []string
			for _, f := range result.Findings {
				got = append(got, fmt.Sprintf("%s %s %s/%s", f.Severity, f.Rule, f.Kind, f.Name))
				if f.Message == "" {
					t.Errorf("%+v has no sentence", f)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("other findings (-want +got):\n%s", diff)
			}
			grave := slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Severity != Info })
			if result.Clean() == grave {
				t.Errorf("clean is %v for %v", result.Clean(), got)
			}
		})
	}
}

// What is called redundant can all be deleted, together and at once: nobody's access changes by it at any instant.
func TestRedundantBindingsCanGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		now := rapid.SampledFrom(w.Instants).Draw(t, "now")
		redundant := map[string]bool{}
		for _, f := range Lint(review.Tenant{Declared: w.Declarations}, now).Findings {
			if f.Rule == "Redundant" {
				redundant[f.Name] = true
			}
		}
		less := w.Declarations
		less.RoleBindings = slices.DeleteFunc(slices.Clone(less.RoleBindings), func(b v1alpha1.RoleBinding) bool { return redundant[b.Name] })
		var subjects []string
		for _, u := range w.Users {
			subjects = append(subjects, u.Name)
		}
		for i := range w.UserGroups {
			subjects = append(subjects, access.DeclaredSessions(&w.UserGroups[i])...)
		}
		// What is frozen stays, or is thawed later.
		for _, worlds := range [][2]access.Declarations{{w.Declarations, less}, {thawed(w.Declarations), thawed(less)}} {
			was, is := access.New(worlds[0]), access.New(worlds[1])
			for _, name := range subjects {
				for _, at := range w.Instants {
					if at.Before(now) {
						continue
					}
					before, after := was.Reach(name, at), is.Reach(name, at)
					for _, k := range w.Keys {
						for p := range access.AllPermissions.Each() {
							if before.May(p, k) != after.May(p, k) {
								t.Fatalf("without %v %s loses %s on %+v at %s", redundant, name, p, k, at)
							}
						}
						allBefore, fieldsBefore := was.DescribableFields(name, k, at)
						if all, fields := is.DescribableFields(name, k, at); all != allBefore || !slices.Equal(fields, fieldsBefore) {
							t.Fatalf("without %v %s may change the fields (%t) %v of %+v at %s, and before (%t) %v", redundant, name, all, fields, k, at, allBefore, fieldsBefore)
						}
					}
				}
			}
		}
	})
}

// thawed are declarations of which nothing is frozen.
func thawed(d access.Declarations) access.Declarations {
	d.NamespaceFrozen = false
	d.Libraries, d.Users, d.UserGroups = slices.Clone(d.Libraries), slices.Clone(d.Users), slices.Clone(d.UserGroups)
	for i := range d.Libraries {
		d.Libraries[i].Annotations = nil
	}
	for i := range d.Users {
		d.Users[i].Annotations = nil
	}
	for i := range d.UserGroups {
		d.UserGroups[i].Annotations = nil
	}
	return d
}
