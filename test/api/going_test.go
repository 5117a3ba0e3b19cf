package api

import (
	"context"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

const (
	namespaceController = "system:serviceaccount:kube-system:namespace-controller"
	garbageCollector    = "system:serviceaccount:kube-system:generic-garbage-collector"
)

// TestRestrictedFoldersGoWithWhatTheyBelongTo deletes restricted Folders as Kubernetes' own
// controllers do, who hold no verb of ours: nothing may hang on a Folder for ever.
func TestRestrictedFoldersGoWithWhatTheyBelongTo(t *testing.T) {
	a := newAuthors(t)
	user := func(name string, groups ...string) dynamic.Interface {
		client, err := dynamic.NewForConfig(server.UserConfig(name, append(groups, "system:authenticated")...))
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	restricted := func(t *testing.T, namespace, metadata string) scene {
		t.Helper()
		s := scene{kind: "Folder", base: `spec: {libraryRef: {name: brand}, path: launch/board, access: Restricted}`}
		object := s.table().object(t, "metadata: "+metadata)
		object.SetNamespace(namespace)
		if _, err := s.in(server.dynamic, namespace).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		return s
	}

	t.Run("with its namespace, whoever deletes that", func(t *testing.T) {
		const leaving = "leaving"
		namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": leaving}}}
		if _, err := server.dynamic.Resource(namespaces).Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		s := restricted(t, leaving, "{name: board}")
		if err := s.in(user(namespaceController), leaving).Delete(t.Context(), "board", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
			t.Errorf("before its namespace is deleted: %v, want it forbidden", err)
		}
		const remover = "removes-namespaces"
		meta := metav1.ObjectMeta{Name: remover}
		if _, err := a.clients.RbacV1().ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: meta,
			Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"delete"}}}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.clients.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{ObjectMeta: meta,
			RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: remover},
			Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "Group", Name: remover}}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		a.await(t, remover, authorizationv1.ResourceAttributes{Resource: "namespaces", Name: leaving, Verb: "delete"})
		if err := user("remover", remover).Resource(namespaces).Delete(t.Context(), leaving, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		// The API server learns of it by a watch.
		ceiled{}.poll(t, func(ctx context.Context) error {
			return s.in(user(namespaceController), leaving).Delete(ctx, "board", metav1.DeleteOptions{})
		}, func(err error) bool { return err == nil || apierrors.IsNotFound(err) })
	})

	t.Run("with its owner, whom somebody named who may share", func(t *testing.T) {
		s := restricted(t, tenant, "{name: owned, ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: campaign, uid: 3b0e5f0e-9a55-4f2c-8e55-0d4b8f6f1c21}]}")
		if err := s.in(user(garbageCollector), tenant).Delete(t.Context(), "owned", metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
		s = restricted(t, tenant, "{name: ownerless}")
		if err := s.in(user(garbageCollector), tenant).Delete(t.Context(), "ownerless", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
			t.Errorf("without an owner: %v, want it forbidden", err)
		}
		if err := s.in(server.dynamic, tenant).Delete(t.Context(), "ownerless", metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}
