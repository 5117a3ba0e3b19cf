package api

import (
	"context"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

var namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

// TestFreeze has whoever may write freeze everything that can be frozen, and nobody
// lift a freeze without the verb for it.
func TestFreeze(t *testing.T) {
	a := newAuthors(t)
	for _, s := range scenes {
		if !map[string]bool{"PublicLink": true, "User": true, "UserGroup": true, "Library": true}[s.kind] {
			continue
		}
		t.Run(s.kind, func(t *testing.T) {
			s.make(t, "")
			plural := server.kinds[s.kind].Spec.Names.Plural
			freezes(t, a, plural+"/case", func(client dynamic.Interface) dynamic.ResourceInterface { return s.on(client) }, "case")
		})
	}
	t.Run("Namespace", func(t *testing.T) {
		on := func(client dynamic.Interface) dynamic.ResourceInterface { return client.Resource(namespaces) }
		freezes(t, a, "namespaces/"+tenant+" core", on, tenant)
		for _, subresource := range []string{"status", "finalize"} {
			t.Run("a freeze is not lifted by way of "+subresource, func(t *testing.T) {
				annotate(t, server.dynamic.Resource(namespaces), tenant, `"leak"`)
				defer annotate(t, server.dynamic.Resource(namespaces), tenant, `null`)
				object, err := server.dynamic.Resource(namespaces).Get(t.Context(), tenant, metav1.GetOptions{})
				if err != nil {
					t.Fatal(err)
				}
				object.SetAnnotations(nil)
				_, err = a.with(t).Resource(namespaces).Update(t.Context(), object, metav1.UpdateOptions{}, subresource)
				if want := needsVerb("unfreeze", "namespaces", tenant+" core"); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %s", err, want)
				}
			})
		}
	})
	t.Run("what is frozen goes with its namespace", func(t *testing.T) {
		const going = "going"
		namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": going}}}
		if _, err := server.dynamic.Resource(namespaces).Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		// One who may delete, as the namespace controller, and holds no verb of ours.
		user, err := dynamic.NewForConfig(server.UserConfig("system:serviceaccount:kube-system:namespace-controller", "system:authenticated"))
		if err != nil {
			t.Fatal(err)
		}
		doomed := map[string]scene{} // by object's name
		for i, s := range scenes {
			if len(s.deletes) == 0 {
				continue
			}
			object := s.table().object(t, frozen)
			object.SetNamespace(going)
			object.SetName(fmt.Sprintf("case-%d", i))
			if _, err := s.in(server.dynamic, going).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			doomed[object.GetName()] = s
		}
		if err := server.dynamic.Resource(namespaces).Delete(t.Context(), going, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		for name, s := range doomed {
			// The API server learns of it by a watch.
			ceiled{}.poll(t, func(ctx context.Context) error { return s.in(user, going).Delete(ctx, name, metav1.DeleteOptions{}) },
				func(err error) bool { return err == nil || apierrors.IsNotFound(err) })
		}
	})
}

// freezes goes through the life of a freeze on one object.
func freezes(t *testing.T, a *authors, object string, on func(dynamic.Interface) dynamic.ResourceInterface, name string) {
	t.Helper()
	anybody, able := on(a.with(t)), on(a.with(t, "unfreeze "+object))
	annotate(t, anybody, name, `"leak, INC-7"`)
	annotate(t, anybody, name, `"leak, INC-8"`) // another reason takes nothing back
	resource, called, _ := strings.Cut(object, "/")
	want := needsVerb("unfreeze", resource, called)
	_, err := anybody.Patch(t.Context(), name, types.MergePatchType, []byte(`{"metadata":{"annotations":{"dam.vitrine.dev/freeze":null}}}`), metav1.PatchOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `the reason reads "leak, INC-8"`) {
		t.Errorf("lifting it without the verb: %v\nwant it forbidden, with %s and the reason", err, want)
	}
	for reason, value := range map[string]struct{ value, want string }{
		"in several lines": {`"leak\nsee INC-7"`, `the reason reads "leak see INC-7"`},
		"endless":          {`"` + long(100_000) + `"`, `the reason reads "` + long(500) + `..."`},
	} {
		annotate(t, anybody, name, value.value)
		_, err := anybody.Patch(t.Context(), name, types.MergePatchType, []byte(`{"metadata":{"annotations":{"dam.vitrine.dev/freeze":null}}}`), metav1.PatchOptions{})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), value.want) {
			t.Errorf("a reason that is %s: %.1000v\nwant it forbidden, with %s and the reason", reason, err, want)
		}
	}
	annotate(t, able, name, `null`)
}

func annotate(t *testing.T, on dynamic.ResourceInterface, name, value string) {
	t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"dam.vitrine.dev/freeze":%s}}}`, value)
	if _, err := on.Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Errorf("setting the annotation to %s: %v", value, err)
	}
}
