package api

import (
	"context"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// TestFieldsOfLaterVersionsWiden gives each kind one more field: whoever sets it, changes it or takes it
// away needs a verb, though no policy has heard of it.
//
// features: K12
func TestFieldsOfLaterVersionsWiden(t *testing.T) {
	a := newAuthors(t)
	definitions := server.dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	for _, s := range firstScenes() {
		t.Run(s.kind, func(t *testing.T) {
			name := server.kinds[s.kind].Name
			patch := func(ctx context.Context, operations string) {
				if _, err := definitions.Patch(ctx, name, types.JSONPatchType, []byte(operations), metav1.PatchOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			const at = `"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/later"`
			patch(t.Context(), `[{"op": "add", "path": `+at+`, "value": {"type": "string"}}]`)
			t.Cleanup(func() { patch(context.WithoutCancel(t.Context()), `[{"op": "remove", "path": `+at+`}]`) })
			strict := metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}

			// A definition is served a moment after it is stored.
			without := s.make(t, "")
			ceiled{}.poll(t, func(ctx context.Context) error {
				_, err := s.on(server.dynamic).Update(ctx, &unstructured.Unstructured{Object: patched(t, without.Object, "spec: {later: one}")}, strict)
				return err
			}, func(err error) bool { return err == nil })
			with := s.make(t, "{metadata: {name: later}, spec: {later: one}}")

			for _, c := range []struct {
				reason string
				base   *unstructured.Unstructured
				change string
			}{
				{"it is set", without, "spec: {later: one}"},
				{"it is changed", with, "spec: {later: two}"},
				{"it is taken away", with, "spec: {later: null}"},
			} {
				object := &unstructured.Unstructured{Object: patched(t, c.base.Object, c.change)}
				if _, err := s.on(a.with(t)).Update(t.Context(), object, strict); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "needs the verb") {
					t.Errorf("%s: %v, want a verb to be asked for", c.reason, err)
				}
			}
		})
	}
}

// TestWhatIsMadeAgainIsMade deletes everything and makes it again: that gives as much as making it for the
// first time, to whatever names it still, and those who may delete something may not put another in its place.
//
// features: K12
func TestWhatIsMadeAgainIsMade(t *testing.T) {
	a := newAuthors(t)
	for _, s := range firstScenes() {
		t.Run(s.kind, func(t *testing.T) {
			first := s.creates[0]
			object := s.table().object(t, first.change)
			if _, err := s.on(server.dynamic).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			if err := s.on(server.dynamic).Delete(t.Context(), object.GetName(), metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			if len(first.needs) == 0 {
				t.Fatal("making it needs no verb")
			}
			first.judge(t, a, func(client dynamic.Interface) error {
				_, err := s.on(client).Create(t.Context(), object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
				return err
			})
		})
	}
	for _, c := range []struct {
		kind, base, again string
		held              []string
		want              string
	}{
		{"Folder", `spec: {libraryRef: {name: brand}, path: launch}`, `spec: {path: finance}`, []string{"share libraries/brand"}, needsVerb("share", "folders", "moved")},
		{"Collection", `spec: {libraryRef: {name: brand}, items: [{path: launch/hero-1.jpg}]}`, `spec: {items: [{path: "**"}]}`, []string{"collect libraries/brand", "curate collections/moved"}, needsVerb("collect", "collections", "moved")},
	} {
		t.Run("another "+c.kind+" in its place", func(t *testing.T) {
			s := scene{kind: c.kind, base: c.base}
			object := s.table().object(t, "metadata: {name: moved}")
			if _, err := s.on(server.dynamic).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			author := a.with(t, c.held...)
			if err := s.on(author).Delete(t.Context(), "moved", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			object.Object = patched(t, object.Object, c.again)
			if _, err := s.on(author).Create(t.Context(), object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want it forbidden, with %s", err, c.want)
			}
		})
	}
}

// firstScenes are the first scene of each kind.
func firstScenes() []scene {
	var first []scene
	seen := map[string]bool{}
	for _, s := range scenes {
		if !seen[s.kind] {
			seen[s.kind] = true
			first = append(first, s)
		}
	}
	return first
}
