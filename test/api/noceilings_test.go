package api

import (
	"context"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

var (
	configMaps     = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	policyBindings = schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingadmissionpolicybindings"}
)

// TestTheCeilingsStay has the administrator try to delete the ConfigMap of the ceilings.
//
// features: U10
func TestTheCeilingsStay(t *testing.T) {
	newAuthors(t)
	on := server.dynamic.Resource(configMaps).Namespace(ceilingsNamespace)
	refused := func(err error) bool {
		return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "to have no ceilings, leave it empty")
	}
	dry := metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}
	ceiled{}.poll(t, func(ctx context.Context) error { return on.Delete(ctx, ceilingsName, dry) }, refused)
	if err := on.DeleteCollection(t.Context(), dry, metav1.ListOptions{FieldSelector: "metadata.name=" + ceilingsName}); !refused(err) {
		t.Errorf("among all: %v, want it refused", err)
	}

	other := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "other"}}}
	for _, place := range []struct{ reason, namespace, name string }{
		{"another ConfigMap beside it", ceilingsNamespace, "other"},
		{"one of its name in a tenant's namespace", tenant, ceilingsName},
	} {
		other.SetName(place.name)
		in := server.dynamic.Resource(configMaps).Namespace(place.namespace)
		if _, err := in.Create(t.Context(), other, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := in.Delete(t.Context(), place.name, metav1.DeleteOptions{}); err != nil {
			t.Errorf("%s: %v", place.reason, err)
		}
	}
}

// TestWithoutCeilingsNothingIsGiven takes the ConfigMap away, by way of the policy that keeps it: nothing
// is given then, and what docs/declaring.md names still takes access away.
//
// features: U10
func TestWithoutCeilingsNothingIsGiven(t *testing.T) {
	a := newAuthors(t)
	everything := map[string]dynamic.ResourceInterface{}
	for _, s := range firstScenes() {
		object := s.table().object(t, "metadata: {name: leaked}")
		if _, err := s.on(server.dynamic).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		everything[s.kind] = s.on(a.with(t))
		t.Cleanup(func() {
			err := s.on(server.dynamic).Delete(context.WithoutCancel(t.Context()), "leaked", metav1.DeleteOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				t.Error(err)
			}
		})
	}
	const guard = "vitrine-ceilings-stay"
	if err := server.dynamic.Resource(policyBindings).Delete(t.Context(), guard, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		server.apply(t, "config/default")
		ceiled{kind: "RoleBinding"}.eventually(t, "")
		ceiled{kind: "PublicLink"}.eventually(t, "")
	}()
	ceiled{}.poll(t, func(ctx context.Context) error { // until the guard is seen to be gone
		return server.dynamic.Resource(configMaps).Namespace(ceilingsNamespace).Delete(ctx, ceilingsName, metav1.DeleteOptions{})
	}, func(err error) bool { return err == nil })

	ceiled{kind: "RoleBinding", want: "no params found"}.eventually(t, "")
	ceiled{kind: "PublicLink", want: "no params found"}.eventually(t, "")
	ceiled{kind: "RoleBinding", spec: `{notAfter: null}`, want: "no params found"}.eventually(t, "leaked")
	ceiled{kind: "PublicLink", spec: `{notAfter: null}`, want: "no params found"}.eventually(t, "leaked")
	// The API server looks for parameters first, whatever has changed.
	ceiled{kind: "PublicLink", spec: `{suspend: true}`, want: "no params found"}.eventually(t, "leaked")

	for _, kind := range []string{"User", "UserGroup", "Library"} {
		annotate(t, everything[kind], "leaked", `"leak, INC-7"`)
	}
	annotate(t, a.with(t).Resource(namespaces), tenant, `"leak, INC-7"`)
	annotate(t, server.dynamic.Resource(namespaces), tenant, `null`)
	for _, kind := range []string{"RoleBinding", "PublicLink"} {
		if err := everything[kind].Delete(t.Context(), "leaked", metav1.DeleteOptions{}); err != nil {
			t.Errorf("deleting a %s: %v", kind, err)
		}
	}
}
