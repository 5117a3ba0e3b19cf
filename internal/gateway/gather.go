package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// The indexes of PublicLinks.
const (
	indexTokenHash = "status.tokenHash"
	indexID        = "status.id"
)

// signingKeysSecret holds the keys of sessions and signatures, in the gateway's namespace.
const signingKeysSecret = "signing-keys"

// Scheme knows the kinds that the gateway reads.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// NewCache makes the informers that the gateway answers from: Secrets of its own
// namespace only, and of Leases none but the heartbeat.
func NewCache(ctx context.Context, config *rest.Config, namespace string, heartbeat types.NamespacedName) (cache.Cache, error) {
	c, err := cache.New(config, cache.Options{
		Scheme:           Scheme(),
		DefaultTransform: cache.TransformStripManagedFields(),
		// What is read here is never changed, so a copy for each request would be waste.
		DefaultUnsafeDisableDeepCopy: ptr(true),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Secret{}: {Namespaces: map[string]cache.Config{namespace: {}}},
			&coordinationv1.Lease{}: {Namespaces: map[string]cache.Config{
				heartbeat.Namespace: {FieldSelector: fields.OneTermEqualSelector("metadata.name", heartbeat.Name)},
			}},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("making the gateway's cache: %w", err)
	}
	for name, value := range linkIndexes {
		if err := c.IndexField(ctx, &v1alpha1.PublicLink{}, name, value); err != nil {
			return nil, fmt.Errorf("indexing links by %s: %w", name, err)
		}
	}
	// Ask for every informer now, so that being synced means all of them.
	for _, kind := range []client.Object{&v1alpha1.PublicLink{}, &v1alpha1.Library{}, &v1alpha1.ObjectStore{},
		&corev1.Namespace{}, &corev1.Secret{}, &coordinationv1.Lease{}} {
		if _, err := c.GetInformer(ctx, kind, cache.BlockUntilSynced(false)); err != nil {
			return nil, fmt.Errorf("watching %T: %w", kind, err)
		}
	}
	return c, nil
}

func ptr[T any](v T) *T { return &v }

// linkIndexes are how links are found; a link without a value is not in the index.
var linkIndexes = map[string]client.IndexerFunc{
	indexTokenHash: func(o client.Object) []string { return indexed(o.(*v1alpha1.PublicLink).Status.TokenHash) },
	indexID:        func(o client.Object) []string { return indexed(o.(*v1alpha1.PublicLink).Status.ID) },
}

func indexed(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// world reads what cluster state says. All reads are of memory.
type world struct {
	reader    client.Reader
	namespace string
	heartbeat types.NamespacedName

	mu      sync.Mutex
	signer  link.Signer
	version string // of the Secret that signer was made from
}

// byToken gathers the link of a token; nil when there is none.
func (w *world) byToken(ctx context.Context, t link.Token) (*Snapshot, error) {
	return w.find(ctx, indexTokenHash, t.Hash())
}

// byID gathers the link of an id; nil when there is none.
func (w *world) byID(ctx context.Context, id string) (*Snapshot, error) {
	return w.find(ctx, indexID, id)
}

func (w *world) find(ctx context.Context, index, value string) (*Snapshot, error) {
	var found v1alpha1.PublicLinkList
	if err := w.reader.List(ctx, &found, client.MatchingFields{index: value}); err != nil {
		return nil, fmt.Errorf("looking for a link: %w", err)
	}
	// Two links of one token cannot be told apart: neither is served.
	if len(found.Items) != 1 {
		return nil, nil
	}
	s := sources{link: &found.Items[0]}
	var err error
	if s.namespace, err = get[corev1.Namespace](ctx, w.reader, "", s.link.Namespace); err != nil {
		return nil, err
	}
	if s.library, err = get[v1alpha1.Library](ctx, w.reader, s.link.Namespace, s.link.Status.Library); err != nil {
		return nil, err
	}
	if s.library != nil {
		if s.store, err = get[v1alpha1.ObjectStore](ctx, w.reader, "", s.library.Spec.StoreRef.Name); err != nil {
			return nil, err
		}
	}
	if s.link.Spec.PasswordSecretRef != nil {
		if s.password, err = get[corev1.Secret](ctx, w.reader, w.namespace, "link-"+s.link.Status.ID); err != nil {
			return nil, err
		}
	}
	if s.heartbeat, err = w.beat(ctx); err != nil {
		return nil, err
	}
	return compile(s), nil
}

// beat is when the manager last renewed its lease; zero when it never did.
func (w *world) beat(ctx context.Context) (time.Time, error) {
	lease, err := get[coordinationv1.Lease](ctx, w.reader, w.heartbeat.Namespace, w.heartbeat.Name)
	if err != nil || lease == nil || lease.Spec.RenewTime == nil {
		return time.Time{}, err
	}
	return lease.Spec.RenewTime.Time, nil
}

// keys gives the signer made of the newest signing keys; errNoKeys until there are any.
func (w *world) keys(ctx context.Context) (link.Signer, error) {
	secret, err := get[corev1.Secret](ctx, w.reader, w.namespace, signingKeysSecret)
	if err != nil {
		return link.Signer{}, err
	}
	if secret == nil {
		return link.Signer{}, errNoKeys
	}
	version := string(secret.UID) + "/" + secret.ResourceVersion
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.version == version && w.signer.Ready() {
		return w.signer, nil
	}
	signer, err := link.ParseSigner(secret.Data)
	if err != nil {
		return link.Signer{}, fmt.Errorf("reading the signing keys: %w", err)
	}
	w.signer, w.version = signer, version
	return signer, nil
}

var errNoKeys = errors.New("there are no signing keys yet")

// get reads one object; nil without an error when it does not exist or the name is empty.
func get[T any, P interface {
	*T
	client.Object
}](ctx context.Context, reader client.Reader, namespace, name string) (P, error) {
	if name == "" {
		return nil, nil
	}
	object := P(new(T))
	err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, object)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %T %s: %w", object, name, err)
	}
	return object, nil
}
