package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// table is what the API server is asked about one kind.
type table struct {
	kind string
	// base is a valid declaration, in YAML; the cases change it.
	base string
	// cases are about making an object.
	cases []refusable
	// updates are about changing the base, once it is there.
	updates []refusable
}

// refusable is one declaration, and what the API server says about it.
type refusable struct {
	// reason is what the case shows, as a sentence.
	reason string
	// change is a merge patch on the base, in YAML: null takes a field away.
	change string
	// want are parts of the messages of refusal, one for each; none when it is accepted.
	want []string
}

func accepted(reason, change string) refusable { return refusable{reason, change, nil} }

func refused(reason, change string, want ...string) refusable {
	return refusable{reason, change, want}
}

// uncheckedRules is how the API server says that it left out rules that could not be
// judged on a malformed object.
const uncheckedRules = "some validation rules were not checked"

// run asks about all cases, and collects in seen why things were refused.
func (tb table) run(t *testing.T, seen *[]metav1.StatusCause) {
	t.Helper()
	t.Run(tb.kind, func(t *testing.T) {
		for _, c := range tb.cases {
			t.Run(c.reason, func(t *testing.T) {
				object := tb.object(t, c.change)
				_, err := server.resource(tb.kind).Create(t.Context(), object, metav1.CreateOptions{
					DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
				})
				c.judge(t, err, seen)
			})
		}
		if len(tb.updates) == 0 {
			return
		}
		base, err := server.resource(tb.kind).Create(t.Context(), tb.object(t, ""), metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			// The test's own context has ended by now.
			ctx := context.WithoutCancel(t.Context())
			if err := server.resource(tb.kind).Delete(ctx, base.GetName(), metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		})
		for _, c := range tb.updates {
			t.Run(c.reason, func(t *testing.T) {
				object := &unstructured.Unstructured{Object: patched(t, base.Object, c.change)}
				_, err := server.resource(tb.kind).Update(t.Context(), object, metav1.UpdateOptions{
					DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
				})
				c.judge(t, err, seen)
			})
		}
	})
}

// object is the base with a change.
func (tb table) object(t *testing.T, change string) *unstructured.Unstructured {
	t.Helper()
	base := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(tb.base), &base); err != nil {
		t.Fatalf("the base of %s is no YAML: %v", tb.kind, err)
	}
	base["apiVersion"] = "dam.vitrine.dev/v1alpha1"
	base["kind"] = tb.kind
	metadata, _ := base["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{"name": "case"}
		base["metadata"] = metadata
	}
	return &unstructured.Unstructured{Object: patched(t, base, change)}
}

func patched(t *testing.T, base map[string]any, change string) map[string]any {
	t.Helper()
	original, err := json.Marshal(base)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := yaml.YAMLToJSONStrict([]byte(change))
	if err != nil {
		t.Fatalf("the change is no YAML: %v\n%s", err, change)
	}
	if string(patch) == "null" {
		patch = []byte("{}")
	}
	merged, err := jsonpatch.MergePatch(original, patch)
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]any{}
	if err := json.Unmarshal(merged, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// judge compares what the API server says with what the case wants: every refusal is
// wanted, and every wanted refusal is there.
func (c refusable) judge(t *testing.T, err error, seen *[]metav1.StatusCause) {
	t.Helper()
	causes := causesOf(err)
	*seen = append(*seen, causes...)
	if err != nil && len(causes) == 0 {
		t.Fatalf("refused, though not by a rule: %v", err)
	}
	open := slices.Clone(c.want)
	for _, cause := range causes {
		text := cause.Field + ": " + cause.Message
		i := slices.IndexFunc(open, func(want string) bool { return strings.Contains(text, want) })
		if i < 0 {
			t.Errorf("refused with\n  %s", text)
			continue
		}
		open = slices.Delete(open, i, i+1)
	}
	for _, want := range open {
		t.Errorf("not refused with\n  %s", want)
	}
}

// causesOf are the reasons why an object was refused as invalid.
func causesOf(err error) []metav1.StatusCause {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || !apierrors.IsInvalid(err) || status.Status().Details == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(status.Status().Details.Causes), func(cause metav1.StatusCause) bool {
		return strings.Contains(cause.Message, uncheckedRules)
	})
}

// many is a YAML list in one line, of n entries made from a format with one %d.
func many(n int, format string) string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = fmt.Sprintf(format, i)
	}
	return "[" + strings.Join(entries, ", ") + "]"
}

// long is a string of n letters.
func long(n int) string { return strings.Repeat("a", n) }

// sortedKeys are a map's keys in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
