package policy_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is what a case's objects come to.
type golden struct {
	Policies map[string]json.RawMessage `json:"policies,omitempty"`
	Members  map[string][]string        `json:"members,omitempty"`
	Users    map[string][]string        `json:"users,omitempty"`
	Problems []access.Problem           `json:"problems,omitempty"`
	Next     string                     `json:"next,omitempty"`
}

// settings may stand in a document of a case, with kind: Case.
type settings struct {
	At     time.Time           `json:"at"`
	Frozen bool                `json:"frozen"`
	Files  map[string][]string `json:"files"`
}

// TestGolden reads the objects of each case and compares what they come to
// with its golden file. A new case is one YAML file; -update writes the other.
//
// features: A1.1, A1.3, A1.12, A1.27, K2, K3, K4, K5, K6, K8, K9, K13, K14, U4, U5, P2, P3, P10
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		name := strings.TrimSuffix(filepath.Base(file), ".in.yaml")
		t.Run(name, func(t *testing.T) {
			in, at := readCase(t, file)
			out, err := yaml.Marshal(compile(t, in, at))
			if err != nil {
				t.Fatal(err)
			}
			want := filepath.Join("testdata", name+".out.yaml")
			if *update {
				if err := os.WriteFile(want, out, 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(expected), string(out)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", want, diff)
			}
		})
	}
}

// compile does what the access compiler does: model, render, prove.
func compile(t *testing.T, d access.Declarations, at time.Time) golden {
	t.Helper()
	m := access.New(d)
	g := golden{Policies: map[string]json.RawMessage{}, Members: map[string][]string{}, Users: map[string][]string{}, Problems: m.Problems()}
	buckets := bucketsOf(d)
	proof := policy.Proof{Model: m, At: at, Users: map[string]string{}, Buckets: buckets, Documents: map[string]policy.Document{}, Others: map[string]bool{}}
	var allows []policy.Allow
	for _, u := range d.Users {
		proof.Users[u.Name] = principal(u.Name)
		allows = append(allows, policy.Allows(u.Name, principal(u.Name), m.Grants(u.Name, at), buckets)...)
	}
	for _, b := range buckets {
		for _, bucket := range []string{b.Originals, b.Vitrine} {
			doc, err := policy.Render(bucket, allows, policy.Options{})
			if err != nil {
				t.Fatal(err)
			}
			proof.Documents[bucket] = doc
			if !doc.Empty() {
				g.Policies[bucket] = doc.JSON()
			}
		}
	}
	if err := policy.Prove(proof); err != nil {
		t.Error(err)
	}
	for _, c := range d.Collections {
		keys, _ := m.Members(c.Name)
		for _, k := range keys {
			g.Members[c.Name] = append(g.Members[c.Name], k.Path)
		}
	}
	for _, b := range d.RoleBindings {
		g.Users[b.Name] = m.BindingUsers(b.Name)
	}
	if next, ok := m.NextChange(at); ok {
		g.Next = next.UTC().Format(time.RFC3339)
	}
	return g
}

func principal(user string) string {
	return "arn:aws:iam::000000000000:user/vitrine/test/acme/v-" + user
}

func bucketsOf(d access.Declarations) map[string]policy.Buckets {
	buckets := map[string]policy.Buckets{}
	for _, l := range d.Libraries {
		buckets[l.Name] = policy.Buckets{Originals: l.Spec.Bucket.Name, Vitrine: asset.VitrineBucket(l.Spec.Bucket.Name)}
	}
	return buckets
}

func readCase(t *testing.T, file string) (access.Declarations, time.Time) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d access.Declarations
	at := time.Date(2027, 1, 15, 12, 0, 0, 0, time.UTC)
	decoder := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		text, err := decoder.Read()
		if errors.Is(err, io.EOF) {
			return d, at
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := add(&d, &at, text); err != nil {
			t.Fatalf("%s: %v\n%s", file, err, text)
		}
	}
}

func add(d *access.Declarations, at *time.Time, text []byte) error {
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := yaml.Unmarshal(text, &kind); err != nil {
		return err
	}
	switch kind.Kind {
	case "":
		return nil
	case "Case":
		var s struct {
			settings
			Kind string `json:"kind"`
		}
		if err := yaml.UnmarshalStrict(text, &s); err != nil {
			return err
		}
		if !s.At.IsZero() {
			*at = s.At
		}
		d.NamespaceFrozen, d.Files = s.Frozen, s.Files
		return nil
	case "Library":
		return decode(text, &d.Libraries)
	case "Folder":
		return decode(text, &d.Folders)
	case "Collection":
		return decode(text, &d.Collections)
	case "User":
		return decode(text, &d.Users)
	case "UserGroup":
		return decode(text, &d.UserGroups)
	case "Role":
		return decode(text, &d.Roles)
	case "RoleBinding":
		return decode(text, &d.RoleBindings)
	}
	return fmt.Errorf("unknown kind %q; the kinds are %v", kind.Kind, slices.Sorted(maps.Keys(v1alpha1Kinds)))
}

var v1alpha1Kinds = map[string]bool{"Case": true, "Library": true, "Folder": true, "Collection": true, "User": true, "UserGroup": true, "Role": true, "RoleBinding": true}

func decode[T v1alpha1.Library | v1alpha1.Folder | v1alpha1.Collection | v1alpha1.User | v1alpha1.UserGroup | v1alpha1.Role | v1alpha1.RoleBinding](text []byte, list *[]T) error {
	var one T
	if err := yaml.UnmarshalStrict(text, &one); err != nil {
		return err
	}
	*list = append(*list, one)
	return nil
}
