package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// scene is what authors with different verbs try on one kind.
type scene struct {
	kind string
	// base is a declaration in YAML that is there when it is changed or deleted.
	base string
	// status is a status that it has then, in YAML.
	status string
	// creates are about making the base with a change; updates about changing it.
	creates, updates []attempt
	// deletes are about deleting the base with a change.
	deletes []attempt
}

// attempt is one declaration and the verbs that it needs: all of them, and each of them.
type attempt struct {
	// reason is what the case shows, as a sentence.
	reason string
	// change is a merge patch on the base, in YAML.
	change string
	// needs are verbs like "share folders/launch"; none when whoever may write may do this.
	needs []string
}

func needs(reason, change string, verbs ...string) attempt { return attempt{reason, change, verbs} }

func (s scene) table() table { return table{kind: s.kind, base: s.base} }

func (s scene) on(client dynamic.Interface) dynamic.ResourceInterface { return s.in(client, tenant) }

func (s scene) in(client dynamic.Interface, namespace string) dynamic.ResourceInterface {
	crd := server.kinds[s.kind]
	return client.Resource(schema.GroupVersionResource{Group: crd.Spec.Group, Version: "v1alpha1", Resource: crd.Spec.Names.Plural}).Namespace(namespace)
}

// TestWhoMayDeclare has authors with all the verbs that a declaration needs succeed, and
// authors who lack one of them refused with a message that names it.
//
// features: K12, B10, P4, A1.11, A1.22, A1.28, A1.30, A1.31, A2.1, A2.6, A2.7, A2.8, A2.9, A2.10, A2.12, A2.13
func TestWhoMayDeclare(t *testing.T) {
	a := newAuthors(t)
	for _, s := range scenes {
		t.Run(s.kind, func(t *testing.T) {
			for _, c := range s.creates {
				t.Run(c.reason, func(t *testing.T) {
					object := s.table().object(t, c.change)
					c.judge(t, a, func(client dynamic.Interface) error {
						_, err := s.on(client).Create(t.Context(), object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
						return err
					})
				})
			}
			if len(s.updates) > 0 {
				base := s.make(t, "")
				for _, c := range s.updates {
					t.Run(c.reason, func(t *testing.T) {
						object := &unstructured.Unstructured{Object: patched(t, base.Object, c.change)}
						c.judge(t, a, func(client dynamic.Interface) error {
							_, err := s.on(client).Update(t.Context(), object, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
							return err
						})
					})
				}
			}
			for _, c := range s.deletes {
				t.Run(c.reason, func(t *testing.T) {
					base := s.make(t, "{metadata: {name: doomed}}", c.change)
					c.judge(t, a, func(client dynamic.Interface) error {
						return s.on(client).Delete(t.Context(), base.GetName(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
					})
				})
			}
		})
	}
}

// make declares the base with changes as the administrator, for the time of the test.
func (s scene) make(t *testing.T, changes ...string) *unstructured.Unstructured {
	t.Helper()
	object := s.table().object(t, "")
	for _, change := range changes {
		object.Object = patched(t, object.Object, change)
	}
	made, err := server.resource(s.kind).Create(t.Context(), object, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context()) // the test's own has ended by now
		if err := server.resource(s.kind).Delete(ctx, made.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	if s.status != "" {
		made.Object = patched(t, made.Object, "{status: "+s.status+"}")
		if made, err = server.resource(s.kind).UpdateStatus(t.Context(), made, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

// judge tries with all verbs, and without each in turn.
func (c attempt) judge(t *testing.T, a *authors, try func(dynamic.Interface) error) {
	t.Helper()
	if err := try(a.with(t, c.needs...)); err != nil {
		t.Errorf("with %q it is refused: %v", c.needs, err)
	}
	for i, missing := range c.needs {
		err := try(a.with(t, slices.Concat(c.needs[:i], c.needs[i+1:])...))
		verb, on, _ := strings.Cut(missing, " ")
		resource, name, _ := strings.Cut(on, "/")
		if want := needsVerb(verb, resource, name); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("without %q: %v\nwant it forbidden, with %s", missing, err, want)
		}
	}
}

// needsVerb is how a refusal names the remedy.
func needsVerb(verb, resource, name string) string {
	if name, core := strings.CutSuffix(name, " core"); core {
		return fmt.Sprintf(`needs the verb %s on %s "%s": ask for it`, verb, resource, name)
	}
	return fmt.Sprintf(`needs the verb %s on %s.dam.vitrine.dev "%s" in namespace %s: ask for it, or have somebody apply this who has it`, verb, resource, name, tenant)
}
