package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/atonce"
)

// pageSize is how many objects one request reads: some megabytes, so that none is too large for the server.
const pageSize = "2500"

// requestTimeout bounds one request; a page takes a fraction of a second.
const requestTimeout = 20 * time.Second

// ErrNoNamespace says that the cluster has no such namespace.
var ErrNoNamespace = errors.New("there is no namespace")

// ErrStoresHidden says that the identity in the configuration may not list ObjectStores, which are the platform team's.
var ErrStoresHidden = errors.New("you may not list objectstores")

// Stores reads the ObjectStores of a cluster. It needs the verb list on them, which tenants need not have: then the
// error is ErrStoresHidden.
func Stores(ctx context.Context, config *rest.Config) ([]v1alpha1.ObjectStore, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Timeout, config.WarningHandler = -1, requestTimeout, rest.NoWarnings{}
	client, err := clientFor(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	stores := []v1alpha1.ObjectStore{}
	err = list(ctx, client, metav1.NamespaceAll, "objectstores", &stores)
	if apierrors.IsForbidden(err) {
		return nil, fmt.Errorf("%w of this cluster", ErrStoresHidden)
	}
	return stores, err
}

// Cluster reads the declarations of one namespace as the identity in the
// configuration, which needs the verb list on them. Errors say in plain words what to do; one is
// ErrNoNamespace.
func Cluster(ctx context.Context, config *rest.Config, namespace string) (review.Tenant, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Timeout, config.WarningHandler = -1, requestTimeout, rest.NoWarnings{}
	t := review.Tenant{Namespace: namespace}
	client, err := clientFor(config)
	if err != nil {
		return review.Tenant{}, fmt.Errorf("making a client: %w", err)
	}
	d := &t.Declared
	if err := atOnce(
		func() error { return readNamespace(ctx, config, &t) },
		func() error { return list(ctx, client, namespace, "libraries", &d.Libraries) },
		func() error { return list(ctx, client, namespace, "folders", &d.Folders) },
		func() error { return list(ctx, client, namespace, "collections", &d.Collections) },
		func() error { return list(ctx, client, namespace, "users", &d.Users) },
		func() error { return list(ctx, client, namespace, "usergroups", &d.UserGroups) },
		func() error { return list(ctx, client, namespace, "roles", &d.Roles) },
		func() error { return list(ctx, client, namespace, "rolebindings", &d.RoleBindings) },
		func() error { return list(ctx, client, namespace, "publiclinks", &t.Links) },
	); err != nil {
		return review.Tenant{}, err
	}
	return t, nil
}

// atOnce reads all kinds at once; of several errors the first in order is told, so that the answer does not hang on who was faster.
func atOnce(reads ...func() error) error {
	errs := make([]error, len(reads))
	works := make([]func(), len(reads))
	for i, read := range reads {
		works[i] = func() { errs[i] = read() }
	}
	atonce.Do(works...)
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func clientFor(config *rest.Config) (*rest.RESTClient, error) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.GroupVersion, config.APIPath = &v1alpha1.GroupVersion, "/apis"
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	return rest.RESTClientFor(config)
}

// list reads all objects of a kind in a namespace, page by page, each object while the server still writes the next ones.
func list[T any](ctx context.Context, client *rest.RESTClient, namespace, resource string, into *[]T) error {
	for next := ""; ; {
		body, err := client.Get().Namespace(namespace).Resource(resource).Param("limit", pageSize).Param("continue", next).Stream(ctx)
		if err != nil {
			return inPlainWords(err, resource, namespace)
		}
		next, err = readPage(body, into)
		_ = body.Close()
		if err != nil {
			return fmt.Errorf("reading %s of namespace %s: %w", resource, namespace, err)
		}
		if next == "" {
			return nil
		}
	}
}

// readPage reads one page of a list, and gives where the next one begins; empty when this is the last.
func readPage[T any](body io.Reader, into *[]T) (next string, err error) {
	d := json.NewDecoder(body)
	if _, err := d.Token(); err != nil { // the brace
		return "", err
	}
	for d.More() {
		field, err := d.Token()
		if err != nil {
			return "", err
		}
		switch field {
		case "metadata":
			var meta metav1.ListMeta
			if err := d.Decode(&meta); err != nil {
				return "", err
			}
			next = meta.Continue
		case "items":
			if err := readItems(d, into); err != nil {
				return "", err
			}
		default:
			var other json.RawMessage
			if err := d.Decode(&other); err != nil {
				return "", err
			}
		}
	}
	_, err = d.Token() // a page that was cut off has no end
	return next, err
}

func readItems[T any](d *json.Decoder, into *[]T) error {
	if begin, err := d.Token(); err != nil || begin == nil { // an empty list may be null
		return err
	}
	for d.More() {
		var item T
		if err := d.Decode(&item); err != nil {
			return err
		}
		*into = append(*into, item)
	}
	_, err := d.Token()
	return err
}

// Namespaces are those of a cluster in which somebody declared a Library, a User or a PublicLink,
// in order: the tenants. It needs the verb list on them in all namespaces.
func Namespaces(ctx context.Context, config *rest.Config) ([]string, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Timeout, config.WarningHandler = -1, requestTimeout, rest.NoWarnings{}
	client, err := clientFor(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	var all []string
	for _, resource := range []string{"libraries", "users", "publiclinks"} {
		var found []metav1.PartialObjectMetadata
		if err := list(ctx, client, metav1.NamespaceAll, resource, &found); err != nil {
			return nil, err
		}
		for i := range found {
			all = append(all, found[i].Namespace)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// readNamespace learns whether the namespace is there and frozen. Without the
// right to look, the answer goes on and says so.
func readNamespace(ctx context.Context, config *rest.Config, t *review.Tenant) error {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	namespaces := schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	object, err := client.Resource(namespaces).Get(ctx, t.Namespace, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%w %s in this cluster; choose a tenant's with --namespace", ErrNoNamespace, t.Namespace)
	case apierrors.IsForbidden(err):
		t.Notes = append(t.Notes, fmt.Sprintf("you may not get namespace %s, so whether it is frozen is not known; the answer supposes that it is not", t.Namespace))
		return nil
	case err != nil:
		return inPlainWords(err, "the namespace", t.Namespace)
	}
	reason, frozen := object.Annotations[v1alpha1.AnnotationFreeze]
	t.Frozen, t.Declared.NamespaceFrozen, t.FrozenByHand = reason, frozen, review.FrozenByHand(object)
	return nil
}

// inPlainWords tells what to do about the failures that people meet.
func inPlainWords(err error, resource, namespace string) error {
	var unreachable *url.Error
	switch {
	case apierrors.IsForbidden(err) && namespace == metav1.NamespaceAll:
		return fmt.Errorf("you may not list %s in all namespaces: choose one with --namespace, or review files with -f: %w", resource, err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("you may not list %s in namespace %s: ask for a binding of the ClusterRole vitrine-tenant-viewer there, or review files with -f: %w", resource, namespace, err)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the cluster does not accept the credentials of your kubeconfig; log in again, or choose another --context: %w", err)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("this cluster has no %s of %s: install Vitrine there, choose another --context, or review files with -f: %w", resource, v1alpha1.GroupVersion, err)
	case errors.As(err, &unreachable):
		return fmt.Errorf("the cluster does not answer; look at --context and the network, or review files with -f: %w", err)
	}
	return fmt.Errorf("reading %s of namespace %s: %w", resource, namespace, err)
}
