package policytest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// FuzzParse reads anything at all. It is refused with where it stands, or has a name and a case, says the same when it is written and read
// again, and can be run: whatever is misspelt fails, and no case is left out.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"kind: AccessTest\nmetadata: {name: t}\nspec: {reason: r, subject: alice, permission: upload, target: folder/launch, expect: allow}\n",
		"kind: AccessTest\nmetadata: {name: t}\nspec: {cases: [{subject: group/creatives, permission: list, target: 'library/brand:a', expect: deny, at: 2027-03-01T00:00:00Z}, {}]}\n",
		"metadata: {name: t}\nspec: {subject: a, cases: [{}]}\n", "metadata: {name: t}\nspec: {expekt: allow}\n", "- 1\n", "metadata: {name: t, name: u}\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		test, err := Parse([]byte(text), "t.yaml")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "t.yaml: ") {
				t.Fatalf("the error does not tell where it stands: %v", err)
			}
			return
		}
		if test.Metadata.Name == "" || len(test.Spec.Cases) == 0 {
			t.Fatalf("%+v tests nothing", test)
		}
		written, err := yaml.Marshal(test)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := Parse(written, "t.yaml")
		if diff := cmp.Diff(test, again); err != nil || diff != "" {
			t.Fatalf("%v, or it is not the same (-read +again):\n%s\n%s", err, diff, written)
		}
		result := Run(tenant(), []AccessTest{test}, time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC))
		if len(result.Cases) != len(test.Spec.Cases) || result.Passed+result.Failed != len(result.Cases) {
			t.Fatalf("of %d cases %d passed and %d failed", len(test.Spec.Cases), result.Passed, result.Failed)
		}
	})
}
