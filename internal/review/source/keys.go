package source

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// Key is an access key of a store out of a Secret, and where that store is.
type Key struct {
	conn.Credentials
	// Endpoint and Region of the store.
	Endpoint, Region string
	// CABundle is PEM of authorities to trust beside the system's.
	CABundle []byte
	// User whose key it is; empty when the Secret does not tell.
	User string
}

// KeyOfSecret reads the access key in a Secret as Vitrine makes one for a User, as the identity in the configuration.
func KeyOfSecret(ctx context.Context, config *rest.Config, namespace, name string) (Key, error) {
	secret, err := secretOf(ctx, config, namespace, name)
	if err != nil {
		return Key{}, err
	}
	key, err := keyIn(secret)
	if err != nil {
		return Key{}, err
	}
	key.Endpoint, key.Region = string(secret.Data["AWS_ENDPOINT_URL"]), string(secret.Data["AWS_REGION"])
	for _, owner := range secret.OwnerReferences {
		of, err := schema.ParseGroupVersion(owner.APIVersion)
		if err == nil && of.Group == v1alpha1.GroupVersion.Group && owner.Kind == "User" {
			key.User = owner.Name
		}
	}
	return key, nil
}

// KeyOfStore reads the key by which Vitrine itself works at an ObjectStore, as the identity in the configuration, which needs the
// verb get on the ObjectStore and on that Secret.
func KeyOfStore(ctx context.Context, config *rest.Config, objectStore string) (Key, error) {
	client, err := clientFor(patient(config))
	if err != nil {
		return Key{}, fmt.Errorf("making a client: %w", err)
	}
	declared := &v1alpha1.ObjectStore{}
	err = client.Get().Resource("objectstores").Name(objectStore).Do(ctx).Into(declared)
	switch {
	case apierrors.IsForbidden(err):
		return Key{}, fmt.Errorf("you may not get the ObjectStore %s; --platform is for the platform team, leave it out to use a key of your own: %w", objectStore, err)
	case apierrors.IsNotFound(err):
		return Key{}, fmt.Errorf("there is no ObjectStore %s in this cluster: %w", objectStore, err)
	case err != nil:
		return Key{}, inPlainWords(err, "the ObjectStore "+objectStore, metav1.NamespaceAll)
	}
	ref := declared.Spec.CredentialsSecretRef
	secret, err := secretOf(ctx, config, ref.Namespace, ref.Name)
	if apierrors.IsForbidden(err) {
		return Key{}, fmt.Errorf("%w; --platform is for the platform team, leave it out to use a key of your own", err)
	}
	if err != nil {
		return Key{}, err
	}
	key, err := keyIn(secret)
	key.Endpoint, key.Region, key.CABundle = declared.Spec.Endpoint, declared.Spec.Region, declared.Spec.CABundle
	return key, err
}

// Myself is the name of the identity in the configuration, as the cluster knows it.
func Myself(ctx context.Context, config *rest.Config) (string, error) {
	client, err := clientOf(config, authenticationv1.SchemeGroupVersion, "/apis", authenticationv1.AddToScheme)
	if err != nil {
		return "", err
	}
	review := &authenticationv1.SelfSubjectReview{}
	if err := client.Post().Resource("selfsubjectreviews").Body(review).Do(ctx).Into(review); err != nil {
		return "", inPlainWords(err, "who you are", metav1.NamespaceAll)
	}
	if review.Status.UserInfo.Username == "" {
		return "", fmt.Errorf("the cluster does not say who you are: its answer has no user name")
	}
	return review.Status.UserInfo.Username, nil
}

func secretOf(ctx context.Context, config *rest.Config, namespace, name string) (*corev1.Secret, error) {
	client, err := clientOf(config, corev1.SchemeGroupVersion, "/api", corev1.AddToScheme)
	if err != nil {
		return nil, err
	}
	secret := &corev1.Secret{}
	err = client.Get().Namespace(namespace).Resource("secrets").Name(name).Do(ctx).Into(secret)
	switch {
	case apierrors.IsForbidden(err):
		return nil, fmt.Errorf("you may not get the Secret %s in namespace %s: %w", name, namespace, err)
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("there is no Secret %s in namespace %s; the Secrets of Users are called USER.OBJECTSTORE.key: %w", name, namespace, err)
	case err != nil:
		return nil, inPlainWords(err, "the Secret "+name, namespace)
	}
	return secret, nil
}

// keyIn tells of what is missing, and never what is there.
func keyIn(secret *corev1.Secret) (Key, error) {
	id, value := secret.Data["AWS_ACCESS_KEY_ID"], secret.Data["AWS_SECRET_ACCESS_KEY"]
	if len(id) == 0 || len(value) == 0 {
		return Key{}, fmt.Errorf("the Secret %s in namespace %s has no AWS_ACCESS_KEY_ID or no AWS_SECRET_ACCESS_KEY: it is no access key of a store", secret.Name, secret.Namespace)
	}
	return Key{Credentials: conn.Credentials{AccessKeyID: string(id), SecretAccessKey: conn.Secret(value)}}, nil
}

func patient(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.WarningHandler = rest.NoWarnings{}
	if config.Timeout == 0 { // --request-timeout says otherwise
		config.Timeout = requestTimeout
	}
	return config
}

// clientOf makes a client of one group of Kubernetes' own.
func clientOf(config *rest.Config, group schema.GroupVersion, path string, add func(*runtime.Scheme) error) (*rest.RESTClient, error) {
	scheme := runtime.NewScheme()
	if err := add(scheme); err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	config = patient(config)
	config.GroupVersion, config.APIPath = &group, path
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return client, nil
}
