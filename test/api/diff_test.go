package api

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/compare"
)

// around is a tenant in which what the scenes declare comes to something: somebody is in every group, holds
// what is given, and has links.
const around = `
libraries:
- {metadata: {name: brand}, spec: {storeRef: {name: default}, bucket: {name: acme-around}, watermarks: [{name: northlight, text: Northlight}, {name: faint, text: Northlight, opacity: 1}]}}
folders:
- {metadata: {name: launch}, spec: {libraryRef: {name: brand}, path: launch}}
- {metadata: {name: board}, spec: {libraryRef: {name: brand}, path: board}}
- {metadata: {name: f0}, spec: {libraryRef: {name: brand}, path: f0}}
collections:
- {metadata: {name: heroes}, spec: {libraryRef: {name: brand}, items: [{path: launch/hero-1.jpg}]}}
users:
- {metadata: {name: alice}}
- {metadata: {name: bob}}
- {metadata: {name: mallory}}
- {metadata: {name: mona}}
- {metadata: {name: ines}}
- {metadata: {name: marketing}}
- {metadata: {name: ada}, spec: {email: ada@acme.example}}
- {metadata: {name: fred}, spec: {email: fred@freelance.example}}
groups:
- {metadata: {name: marketing}, spec: {members: [bob]}}
- {metadata: {name: managers}, spec: {members: [mona]}}
- {metadata: {name: interns}, spec: {members: [ines]}}
- {metadata: {name: mail}, spec: {memberDomains: [northlight.example]}}
roles:
- {metadata: {name: viewer}, spec: {permissions: [list]}}
bindings:
- {metadata: {name: role}, spec: {roleRef: {kind: Role, name: case}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: launch}]}}
- {metadata: {name: new-role}, spec: {roleRef: {kind: Role, name: curator}, subjects: [{kind: User, name: alice}], targets: [{kind: Folder, name: launch}]}}
- {metadata: {name: group}, spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: UserGroup, name: case}, {kind: UserGroup, name: mail}, {kind: UserGroup, name: marketing}], targets: [{kind: Folder, name: launch}]}}
- {metadata: {name: folder}, spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: User, name: mallory}], targets: [{kind: Folder, name: case}, {kind: Collection, name: case}]}}
- {metadata: {name: user}, spec: {roleRef: {kind: BuiltIn, name: viewer}, subjects: [{kind: User, name: case}], targets: [{kind: Folder, name: board}]}}
- {metadata: {name: library}, spec: {roleRef: {kind: BuiltIn, name: library-viewer}, subjects: [{kind: User, name: mallory}], targets: [{kind: Library, name: case}]}}
- {metadata: {name: sponsors}, spec: {roleRef: {kind: BuiltIn, name: manager}, subjects: [{kind: UserGroup, name: managers}, {kind: UserGroup, name: interns}, {kind: User, name: mona}], targets: [{kind: Folder, name: launch}, {kind: Folder, name: in-case}, {kind: Collection, name: heroes}]}}
`

// onCase shows the Collection that a scene changes.
const onCase = `
links: [{metadata: {name: shows-case}, spec: {target: {collection: {name: case}}}}]
`

// linksOnCase lets somebody make links on that Collection, who has no right on its members and has made none.
const linksOnCase = `
roles: [{metadata: {name: linker}, spec: {permissions: [list, share, link]}}]
bindings:
- {metadata: {name: linkers}, spec: {roleRef: {kind: Role, name: linker}, subjects: [{kind: User, name: ada}], targets: [{kind: Collection, name: case}]}}
`

// inCase is in the Library that a scene changes.
const inCase = `
folders: [{metadata: {name: in-case}, spec: {libraryRef: {name: case}, path: launch}}]
links:
- {metadata: {name: by-interns}, spec: {target: {folder: {name: in-case}}, sponsor: {kind: UserGroup, name: interns}}}
- {metadata: {name: by-managers}, spec: {target: {folder: {name: in-case}}, sponsor: {kind: UserGroup, name: managers}}}
- {metadata: {name: with-watermark}, spec: {target: {folder: {name: in-case}}, originals: Hidden, watermark: agency, sponsor: {kind: UserGroup, name: managers}}}
- {metadata: {name: with-one-to-come}, spec: {target: {folder: {name: in-case}}, originals: Hidden, watermark: new, sponsor: {kind: UserGroup, name: managers}}}
`

// narrowing are the attempts that need a verb though they open nothing wider, with the reason.
var narrowing = map[string]string{
	"a lower role is another role":                                     "whoever binds a role must be let bind it; what comes of it is less",
	"a file is taken out":                                              "what others chose is not taken away unasked; nobody sees more",
	"it is renamed":                                                    "what others called it is kept; nobody sees more",
	"it gets a title, which visitors of its links read":                "words to those who have the URL are asked about; nobody sees more",
	"its title is taken away":                                          "what others called it is kept; nobody sees more",
	"a collection is deleted":                                          "what others chose is not taken away unasked; nobody sees more",
	"it says something else":                                           "words to those who have the URL are asked about; nobody sees more",
	"somebody answers for it now":                                      "nobody's name is used unasked; the link opens no more than without a sponsor",
	"nobody answers for it any more":                                   "who must be let go on holding the right is asked about; the link opens what it opened",
	"somebody else answers for it":                                     "nobody's name is used unasked; the link opens what it opened",
	"it would go with another owner":                                   "an owner takes the object along when it goes; what is compared is what is declared, and then it is gone",
	"its owner is pointed at something that is gone":                   "an owner takes the object along when it goes; what is compared is what is declared, and then it is gone",
	"it would go with an owner":                                        "an owner takes the object along when it goes; what is compared is what is declared, and then it is gone",
	"its files are kept back":                                          "members' work is not put aside unasked; nobody sees more",
	"its files are put aside earlier, which takes them from everybody": "members' work is not put aside unasked; nobody sees more",
	"a keyword more is needed":                                         "what others chose is not taken away unasked; nobody sees more",
	"nothing is picked any more":                                       "what others chose is not taken away unasked; nobody sees more",
	"what is named is taken out":                                       "what others chose is not taken away unasked; nobody sees more",
	"files are described otherwise":                                    "how files are described is what others work by, and no Collection picks by it; nobody sees more",
	"it gets an end, which may be later than its library's default":    "admission does not see the Library's default; the comparison sees that there is none, and that the link ends sooner",
}

// What admission asks a verb for, the comparison of a pull request calls wider: where Git is applied by one
// account with all verbs, that comparison is the guard.
//
// features: U1, K12
func TestWhatNeedsAVerbIsWider(t *testing.T) {
	met := map[string]bool{}
	for _, s := range scenes {
		for what, attempts := range map[string][]attempt{"create": s.creates, "update": s.updates, "delete": s.deletes} {
			for _, c := range attempts {
				if len(c.needs) == 0 {
					continue
				}
				beside := map[string]string{"": ""}
				if s.kind == "Collection" { // what it has comes out by a link, or by whoever may make one
					beside = map[string]string{"/shown": onCase, "/not yet shown": linksOnCase}
				}
				for how, more := range beside {
					t.Run(s.kind+"/"+c.reason+how, func(t *testing.T) {
						met[c.reason] = true
						d := compare.Compare(s.state(t, c, what, more, true), s.state(t, c, what, more, false), now)
						exception := narrowing[c.reason]
						if (d.Verdict == compare.Wider) == (exception != "") {
							t.Errorf("it is %s, with the exception %q\nchanges %+v\nlinks %+v\ndeclared %+v", d.Verdict, exception, d.Changes, d.Links, d.Declared)
						}
					})
				}
			}
		}
	}
	for reason := range narrowing {
		if !met[reason] {
			t.Errorf("no attempt that needs a verb is called %q", reason)
		}
	}
}

// now is before everything that the scenes declare begins.
var now = time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC)

// state is the tenant before or after an attempt, with more beside it.
func (s scene) state(t *testing.T, c attempt, what, more string, before bool) review.Tenant {
	t.Helper()
	tenant := review.Tenant{Namespace: tenant}
	fill(t, &tenant, patchedYAML(t, around))
	if s.kind == "Library" {
		fill(t, &tenant, patchedYAML(t, inCase))
	}
	fill(t, &tenant, patchedYAML(t, more))
	if s.kind == "Collection" { // what its readers gain would be told whatever else is
		tenant.Declared.RoleBindings = slices.DeleteFunc(tenant.Declared.RoleBindings, func(o v1alpha1.RoleBinding) bool { return o.Name == "folder" })
	}
	if s.kind == "UserGroup" { // one of the groups that are there is made by a scene
		tenant.Declared.UserGroups = slices.DeleteFunc(tenant.Declared.UserGroups, func(o v1alpha1.UserGroup) bool { return o.Name == "marketing" })
	}
	if strings.Contains(s.status, "expiresAt") { // which came of the Library's default
		tenant.Declared.Libraries[0].Spec.Links = &v1alpha1.LinkDefaults{DefaultTTL: "2544h"}
	}
	base := s.table().object(t, "").Object
	if s.kind == "PublicLink" && !strings.Contains(c.change, "suspend") {
		base = patched(t, base, "{spec: {suspend: null}}") // a link out of service opens nothing wider, until it is in service again
	}
	if s.status != "" {
		base = patched(t, base, "{status: "+s.status+"}")
	}
	switch {
	case what == "create" && before:
		return tenant
	case what == "update" && before:
	case what == "delete" && before:
		base = patched(t, base, c.change)
	case what == "delete":
		base = patched(t, base, c.change)
		if metadata, _ := base["metadata"].(map[string]any); metadata["annotations"] == nil {
			return tenant
		}
		// What was frozen might come back without its freeze, and that is what the verb is for.
		base = patched(t, base, "{metadata: {annotations: null}}")
	default:
		base = patched(t, base, c.change)
	}
	lists := map[string]string{
		"Library": "libraries", "Folder": "folders", "Collection": "collections", "User": "users", "UserGroup": "groups", "Role": "roles", "RoleBinding": "bindings", "PublicLink": "links",
	}
	fill(t, &tenant, map[string]any{lists[s.kind]: []any{base}})
	return tenant
}

func patchedYAML(t *testing.T, text string) map[string]any {
	t.Helper()
	return patched(t, map[string]any{}, text)
}

// fill adds declarations to a tenant, by list.
func fill(t *testing.T, tenant *review.Tenant, lists map[string]any) {
	t.Helper()
	raw, err := json.Marshal(lists)
	if err != nil {
		t.Fatal(err)
	}
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
	if err := json.Unmarshal(raw, &own); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	d := &tenant.Declared
	d.Libraries, d.Folders, d.Collections = append(d.Libraries, own.Libraries...), append(d.Folders, own.Folders...), append(d.Collections, own.Collections...)
	d.Users, d.UserGroups, d.Roles = append(d.Users, own.Users...), append(d.UserGroups, own.Groups...), append(d.Roles, own.Roles...)
	d.RoleBindings, tenant.Links = append(d.RoleBindings, own.Bindings...), append(tenant.Links, own.Links...)
}
