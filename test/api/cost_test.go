package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestLongestListsAreJudged makes and changes what is as large as the API lets it be: the
// API server gives up on a policy that costs too much, and then refuses everything.
func TestLongestListsAreJudged(t *testing.T) {
	newAuthors(t)
	most := func(kind string, path ...string) int {
		schema := server.kinds[kind].Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
		for _, field := range path {
			schema = schema.Properties[field]
		}
		return int(*schema.MaxItems)
	}
	if targets := most("RoleBinding", "targets"); targets > 8 {
		t.Fatalf("a binding has %d targets, and the policy asks about 8", targets)
	}
	longestCeilings(t)
	const all = `list, preview, download, comment, upload, describe, collect, publish, approve, delete, moderate, curate, share, link, restricted`
	for _, c := range []struct {
		reason, kind string
		// other is the rest of the spec.
		other string
		lists []list
	}{
		{"RoleBinding", "RoleBinding", `{roleRef: {kind: Role, name: picker}, reason: ` + long(500) + `, notAfter: "2099-01-01T00:00:00Z"}`, []list{
			{"{subjects: %s}", most("RoleBinding", "subjects"), `{kind: UserGroup, name: ` + long(59) + `%04d}`},
			{"{targets: %s}", most("RoleBinding", "targets"), `{kind: Collection, name: ` + long(62) + `%d}`},
		}},
		{"UserGroup", "UserGroup", `{federation: {issuer: ` + long(63) + `, claim: ` + long(128) + `, value: ` + long(256) + `}}`, []list{
			{"{members: %s}", most("UserGroup", "members"), long(59) + "%04d"},
			{"{memberDomains: %s}", most("UserGroup", "memberDomains"), long(249) + "%04d"},
			{"{serviceAccounts: %s}", most("UserGroup", "serviceAccounts"), long(249) + "%04d"},
		}},
		{"Collection", "Collection", `{libraryRef: {name: brand}}`, []list{
			{"{items: %s}", most("Collection", "items"), `{path: "` + long(507) + `/%04d"}`},
		}},
		{"Collection by keywords", "Collection", `{libraryRef: {name: brand}, selector: {states: [Draft, Published], approval: Approved}}`, []list{
			{"{items: %s}", most("Collection", "items"), `{path: "` + long(507) + `/%04d", version: ` + long(256) + `}`},
			{"{selector: {keywords: %s}}", most("Collection", "selector", "keywords"), long(96) + "%04d"},
		}},
		{"Collection of versions", "Collection", `{libraryRef: {name: brand}, title: ` + long(200) + `}`, []list{
			{"{items: %s}", most("Collection", "items"), `{path: "` + long(507) + `/%04d", version: ` + long(256) + `}`},
		}},
		{"PublicLink", "PublicLink", `{target: {folder: {name: ` + long(63) + `}}, message: ` + long(2000) + `, notAfter: "2099-01-01T00:00:00Z"}`, []list{
			{"{renditions: %s}", most("PublicLink", "renditions"), long(30) + "%02d"},
			{"{metadataFields: %s}", most("PublicLink", "metadataFields"), long(30) + "%02d"},
		}},
		{"Role", "Role", `{permissions: [` + all + `, audit]}`, []list{
			{"{metadataFields: %s}", most("Role", "metadataFields"), long(30) + "%02d"},
		}},
		{"Library", "Library", `{storeRef: {name: default}, bucket: {name: acme-brand}}`, []list{
			{"{metadata: {fields: %s}}", most("Library", "metadata", "fields"), `{name: ` + long(28) + `%04d, title: ` + long(100) + `, type: Choices, presence: Required, choices: ` + many(256, long(17)+"%03d") + `}`},
			{"{links: {sponsors: %s}}", most("Library", "links", "sponsors"), long(59) + "%04d"},
			{"{renditions: %s}", most("Library", "renditions"), `{name: ` + long(28) + `%04d, width: 8192, height: 8192, fit: Cover, position: Attention, format: JPEG, background: "#ffffff", watermark: {image: ` + long(512) + `}}`},
			{"{watermarks: %s}", most("Library", "watermarks"), `{name: ` + long(26) + `%04d, image: ` + long(512) + `}`},
		}},
	} {
		t.Run(c.reason, func(t *testing.T) {
			object := table{kind: c.kind, base: "spec: " + c.other}.object(t, `metadata: {name: longest}`)
			for _, l := range c.lists {
				object.Object = patched(t, object.Object, "spec: "+fmt.Sprintf(l.field, many(l.most, l.entry)))
			}
			made, err := server.resource(c.kind).Create(t.Context(), object, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range c.lists {
				// Lists that differ in the last place are read to the end.
				for reason, change := range map[string]string{
					"one more in the place of the last": strings.Replace(many(l.most, l.entry), lastOf(l.most, l.entry), lastOf(0, strings.Replace(l.entry, "aaa", "new", 1)), 1),
					"the last taken out":                many(l.most-1, l.entry),
				} {
					object := &unstructured.Unstructured{Object: patched(t, made.Object, "spec: "+fmt.Sprintf(l.field, change))}
					if _, err := server.resource(c.kind).Update(t.Context(), object, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
						t.Errorf("%s, %s: %v", l.field, reason, err)
					}
				}
			}
			if slices.Contains([]string{"Library", "PublicLink", "UserGroup"}, c.kind) {
				annotate(t, server.resource(c.kind), "longest", `"leak"`) // deleting it is asked about then
			}
			if err := server.resource(c.kind).Delete(t.Context(), "longest", metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("Role", func(t *testing.T) {
		made := scene{kind: "Role", base: "spec: {permissions: [" + all + "]}"}.make(t)
		object := &unstructured.Unstructured{Object: patched(t, made.Object, "spec: {permissions: ["+all+", audit]}")}
		if _, err := server.resource("Role").Update(t.Context(), object, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
			t.Error(err)
		}
	})
}

// list is one of a spec's lists: a format of the patch that sets it, how long it may be, and a
// format of its entries.
type list struct {
	field string
	most  int
	entry string
}

// longestCeilings sets ceilings that name more roles than any platform has, for the time of the test.
func longestCeilings(t *testing.T) {
	t.Helper()
	roles := strings.Trim(many(1000, "roles/"+long(59)+"%04d"), "[]")
	ceilings := map[string]string{
		"roleBindings.maxWindow": "999999h", "publicLinks.maxTTL": "999999h", "publicLinks.password": "Optional",
		"roleBindings.notBindable": roles, "roleBindings.notOnLibraries": roles,
	}
	onLibrary := ceiled{kind: "RoleBinding", spec: `{roleRef: {kind: Role, name: library-last}, targets: [{kind: Library, name: brand}], notAfter: "2099-01-01T00:00:00Z"}`}
	for field, want := range map[string]string{
		"roleBindings.notBindable":    "roles/library-last may not be bound by anybody",
		"roleBindings.notOnLibraries": "roles/library-last may not be given on a whole Library",
	} {
		// What the last word forbids shows that the words are read to the end.
		c, last := onLibrary, maps.Clone(ceilings)
		last[field] += ", roles/library-last"
		c.ceilings, c.want = last, want
		t.Run(field, c.test)
	}
	setCeilings(t, ceilings)
	onLibrary.eventually(t, "")
}

func lastOf(n int, entry string) string {
	if n > 0 {
		n--
	}
	return fmt.Sprintf(entry, n)
}
