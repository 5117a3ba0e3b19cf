package api

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestLongestListsAreJudged makes and changes what is as large as the API lets it be: the
// API server gives up on a policy that costs too much, and then refuses everything.
func TestLongestListsAreJudged(t *testing.T) {
	newAuthors(t)
	most := func(kind, list string) int {
		spec := server.kinds[kind].Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
		return int(*spec.Properties[list].MaxItems)
	}
	subjects, targets := most("RoleBinding", "subjects"), most("RoleBinding", "targets")
	if targets > 8 {
		t.Fatalf("a binding has %d targets, and the policy asks about 8", targets)
	}
	members, items, renditions := most("UserGroup", "members"), most("Collection", "items"), most("PublicLink", "renditions")
	const all = `list, preview, download, comment, upload, describe, collect, publish, approve, delete, moderate, curate, share, link, restricted`
	for _, c := range []struct {
		kind string
		// other is the rest of the spec; entry is a format of the entries of lists.
		other string
		lists map[string]list
	}{
		{"RoleBinding", `roleRef: {kind: Role, name: picker}, reason: ` + long(500) + `, notAfter: "2099-01-01T00:00:00Z", `, map[string]list{
			"subjects": {subjects, `{kind: UserGroup, name: ` + long(59) + `%04d}`},
			"targets":  {targets, `{kind: Collection, name: ` + long(62) + `%d}`},
		}},
		{"UserGroup", ``, map[string]list{"members": {members, long(59) + "%04d"}}},
		{"Collection", `libraryRef: {name: brand}, `, map[string]list{"items": {items, `{path: "` + long(507) + `/%04d"}`}}},
		{"PublicLink", `target: {folder: {name: ` + long(63) + `}}, message: ` + long(2000) + `, `, map[string]list{"renditions": {renditions, long(30) + "%02d"}}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			full := "spec: {" + c.other
			for _, name := range sortedKeys(c.lists) {
				full += name + ": " + many(c.lists[name].most, c.lists[name].entry) + ", "
			}
			made, err := server.resource(c.kind).Create(t.Context(), table{kind: c.kind, base: full + "}"}.object(t, `metadata: {name: longest}`), metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range sortedKeys(c.lists) {
				entries, _, err := unstructured.NestedSlice(made.Object, "spec", name)
				if err != nil {
					t.Fatal(err)
				}
				// Lists that differ in the last place are read to the end.
				for reason, change := range map[string]string{
					"one more in the place of the last": strings.Replace(many(len(entries), c.lists[name].entry), lastOf(len(entries), c.lists[name].entry), lastOf(0, strings.Replace(c.lists[name].entry, "aaa", "new", 1)), 1),
					"the last taken out":                many(len(entries)-1, c.lists[name].entry),
				} {
					object := &unstructured.Unstructured{Object: patched(t, made.Object, "spec: {"+name+": "+change+"}")}
					if _, err := server.resource(c.kind).Update(t.Context(), object, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
						t.Errorf("%s, %s: %v", name, reason, err)
					}
				}
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

// list is how long a list may be, and a format of its entries.
type list struct {
	most  int
	entry string
}

func lastOf(n int, entry string) string {
	if n > 0 {
		n--
	}
	return fmt.Sprintf(entry, n)
}
