// Package api holds what a real API server says about Vitrine's kinds and manifests:
// which declarations it accepts, which it refuses and with which remedy, and whether
// config/ can be applied.
package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/vitrine-dam/vitrine/hack/testbed"
)

// tenant is the namespace that the cases declare things in.
const tenant = "acme"

// server is the API server of all tests here, with Vitrine's kinds installed.
var server *apiServer

type apiServer struct {
	*testbed.Cluster
	root    string // of the checkout
	dynamic dynamic.Interface
	kinds   map[string]*apiextensionsv1.CustomResourceDefinition // by kind
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "vitrine-api-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cluster, err := testbed.StartCluster(ctx, dir, testbed.ClusterOptions{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err, "\nlogs are in", dir)
		return 1
	}
	code := 1
	if server, err = install(ctx, cluster); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	if err := errors.Join(cluster.Stop(), os.RemoveAll(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// install gives the API server Vitrine's kinds and the tenant's namespace.
func install(ctx context.Context, cluster *testbed.Cluster) (*apiServer, error) {
	root, err := testbed.Root()
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(cluster.Config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	s := &apiServer{Cluster: cluster, root: root, dynamic: client, kinds: map[string]*apiextensionsv1.CustomResourceDefinition{}}

	files, err := filepath.Glob(filepath.Join(root, "config/crd/bases/*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("looking for definitions: %w", err)
	}
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a definition: %w", err)
		}
		var crd apiextensionsv1.CustomResourceDefinition
		var object unstructured.Unstructured
		if err := errors.Join(yaml.UnmarshalStrict(text, &crd), yaml.Unmarshal(text, &object.Object)); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		if _, err := definitions.Create(ctx, &object, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}); err != nil {
			return nil, fmt.Errorf("installing %s: %w", filepath.Base(file), err)
		}
		s.kinds[crd.Spec.Names.Kind] = &crd
	}
	namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": tenant}}}
	if _, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		return nil, fmt.Errorf("making the tenant's namespace: %w", err)
	}
	for kind := range s.kinds {
		// A kind is served a moment after its definition is stored.
		err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			_, err := s.resource(kind).List(ctx, metav1.ListOptions{})
			return err == nil, nil
		})
		if err != nil {
			return nil, fmt.Errorf("waiting for %s to be served: %w", kind, err)
		}
	}
	return s, nil
}

// resource is where objects of a kind are: in the tenant's namespace, or in the cluster.
func (s *apiServer) resource(kind string) dynamic.ResourceInterface {
	crd := s.kinds[kind]
	r := s.dynamic.Resource(schema.GroupVersionResource{Group: crd.Spec.Group, Version: crd.Spec.Versions[0].Name, Resource: crd.Spec.Names.Plural})
	if crd.Spec.Scope == apiextensionsv1.ClusterScoped {
		return r
	}
	return r.Namespace(tenant)
}

// kubectl runs kubectl as the administrator and gives what it prints; warnings and
// errors are in the second result.
func (s *apiServer) kubectl(t *testing.T, input io.Reader, args ...string) (string, string, error) {
	t.Helper()
	program, err := testbed.Binary("kubectl")
	if err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = s.root
	command.Env = append(os.Environ(), "KUBECONFIG="+s.Kubeconfig)
	command.Stdin, command.Stdout, command.Stderr = input, &out, &complaints
	err = command.Run()
	return out.String(), complaints.String(), err
}
