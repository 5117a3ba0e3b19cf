package controllers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// The keys of Secrets with access keys, as S3 tools read them from the environment.
const (
	keyAccessKeyID     = "AWS_ACCESS_KEY_ID"
	keySecretAccessKey = "AWS_SECRET_ACCESS_KEY" //nolint:gosec // the name of a key, not a credential
	keyEndpointURL     = "AWS_ENDPOINT_URL"
	keyRegion          = "AWS_REGION"
)

// Stores opens connections to the stores that ObjectStores declare, and keeps
// one for each until its declaration or its credentials change.
type Stores struct {
	reader client.Reader
	live   client.Reader
	// namespace is the only one whose Secrets may open a store.
	namespace string
	hook      func(store.Call) error

	mu   sync.Mutex
	open map[string]openStore
	// budgets pace the sweeps at each store.
	budgets map[string]*rate.Limiter
}

// Connection is an open store with its declaration.
type Connection struct {
	*store.Store
	Declared *v1alpha1.ObjectStore
	// Opened changes whenever the declaration or the credentials do.
	Opened string
	// account is the number that users' names at the store were made with.
	account string
}

type openStore struct {
	connection Connection
	checked    time.Time
}

// NewStores makes a pool that takes credentials from one namespace alone. The
// hook, for tests, sees every call to every store.
func NewStores(cached, live client.Reader, namespace string, hook func(store.Call) error) *Stores {
	return &Stores{reader: cached, live: live, namespace: namespace, hook: hook, open: map[string]openStore{}, budgets: map[string]*rate.Limiter{}}
}

// credentialsTTL is how long a connection is used before the Secret is looked
// at again: the Secret is read live, and not on every call.
const credentialsTTL = 5 * time.Second

// Get gives the connection to an ObjectStore. Its errors say what to do.
func (s *Stores) Get(ctx context.Context, name string) (Connection, error) {
	declared := &v1alpha1.ObjectStore{}
	if err := s.reader.Get(ctx, types.NamespacedName{Name: name}, declared); err != nil {
		if apierrors.IsNotFound(err) {
			return Connection{}, storeNotFound(name)
		}
		return Connection{}, fmt.Errorf("reading ObjectStore %q: %w", name, err)
	}
	s.mu.Lock()
	known, ok := s.open[name]
	s.mu.Unlock()
	if ok && known.connection.opens(declared) && time.Since(known.checked) < credentialsTTL {
		known.connection.Declared = declared
		return known.connection, nil
	}

	credentials, secretVersion, err := s.credentials(ctx, declared)
	if err != nil {
		return Connection{}, err
	}
	version := fmt.Sprintf("%s/%d/%s", declared.UID, declared.Generation, secretVersion)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.open[name]; ok && known.connection.Opened == version && known.connection.opens(declared) {
		known.checked = time.Now()
		known.connection.Declared = declared
		s.open[name] = known
		return known.connection, nil
	}
	opened, err := store.Open(s.config(declared, credentials))
	if err != nil {
		return Connection{}, stall(v1alpha1.ReasonStoreNotReady, "ObjectStore %q cannot be used as it is declared: %v", name, err)
	}
	connection := Connection{Store: opened, Declared: declared, Opened: version, account: accountAt(declared)}
	s.open[name] = openStore{connection: connection, checked: time.Now()}
	return connection, nil
}

// config says how to reach what is declared. Before the first probe the account is not known, and no policy is written.
func (s *Stores) config(declared *v1alpha1.ObjectStore, credentials store.Credentials) store.Config {
	return store.Config{
		Driver:         store.Driver(declared.Spec.Driver),
		Endpoint:       declared.Spec.Endpoint,
		Region:         declared.Spec.Region,
		IAMEndpoint:    declared.Spec.IAM.Endpoint,
		CABundle:       declared.Spec.CABundle,
		Credentials:    credentials,
		InstallationID: declared.Spec.InstallationID,
		Account:        accountAt(declared),
		Hook:           s.hook,
	}
}

// accountAt is the account's number that a probe found; empty when it is not known.
func accountAt(declared *v1alpha1.ObjectStore) string {
	if declared.Status.Capabilities == nil {
		return ""
	}
	return declared.Status.Capabilities.Account
}

// forget drops the connection to an ObjectStore that is no more.
func (s *Stores) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, name)
	delete(s.budgets, name)
}

// budget paces the sweeps of all Libraries at a store to so many requests a second in all. A tenth of a second's may go at once.
func (s *Stores) budget(name string, perSecond int) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.budgets[name] == nil {
		s.budgets[name] = rate.NewLimiter(rate.Limit(perSecond), max(1, perSecond/10))
	}
	return s.budgets[name]
}

func (s *Stores) credentials(ctx context.Context, declared *v1alpha1.ObjectStore) (store.Credentials, string, error) {
	ref := declared.Spec.CredentialsSecretRef
	if ref.Namespace != s.namespace {
		return store.Credentials{}, "", stall(v1alpha1.ReasonCredentialsNotFound, "ObjectStore %q names a Secret in namespace %q; the credentials of stores are read in %q alone, where no tenant can write: put the Secret there", declared.Name, ref.Namespace, s.namespace)
	}
	secret := &corev1.Secret{}
	err := s.live.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return store.Credentials{}, "", stall(v1alpha1.ReasonCredentialsNotFound, "ObjectStore %q names Secret %s/%s, which does not exist; create it with %s and %s", declared.Name, ref.Namespace, ref.Name, keyAccessKeyID, keySecretAccessKey).within(10 * time.Second)
	case err != nil:
		return store.Credentials{}, "", fmt.Errorf("reading the credentials of ObjectStore %q: %w", declared.Name, err)
	case secret.Labels[v1alpha1.LabelUse] != v1alpha1.UseStoreCredentials:
		return store.Credentials{}, "", stall(v1alpha1.ReasonSecretNotMarked, "Secret %s/%s is not marked for this use; label it %s=%s", ref.Namespace, ref.Name, v1alpha1.LabelUse, v1alpha1.UseStoreCredentials).within(10 * time.Second)
	case len(secret.Data[keyAccessKeyID]) == 0 || len(secret.Data[keySecretAccessKey]) == 0:
		return store.Credentials{}, "", stall(v1alpha1.ReasonCredentialsNotFound, "Secret %s/%s lacks %s or %s", ref.Namespace, ref.Name, keyAccessKeyID, keySecretAccessKey).within(10 * time.Second)
	}
	return store.Credentials{
		AccessKeyID:     string(secret.Data[keyAccessKeyID]),
		SecretAccessKey: store.Secret(secret.Data[keySecretAccessKey]),
	}, secret.ResourceVersion, nil
}

// within sets when to look again.
func (f *failure) within(d time.Duration) *failure {
	f.outcome = f.outcome.within(d)
	return f
}

// isMissing tells whether a store said that something does not exist.
func isMissing(err error) bool { return errors.Is(err, store.ErrNotFound) }

// ForRemoval is Get for taking things away: when the Secret with the
// credentials went first, a connection that is still open serves, so that the
// order in which things are deleted wedges nothing.
func (s *Stores) ForRemoval(ctx context.Context, name string) (Connection, error) {
	connection, refused := s.Get(ctx, name)
	var f *failure
	if refused == nil || !errors.As(refused, &f) || f.reason != v1alpha1.ReasonCredentialsNotFound {
		return connection, refused
	}
	declared := &v1alpha1.ObjectStore{}
	if err := s.reader.Get(ctx, types.NamespacedName{Name: name}, declared); err != nil {
		return Connection{}, fmt.Errorf("reading ObjectStore %q: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.open[name]
	if !ok || !known.connection.opens(declared) {
		return Connection{}, refused
	}
	known.connection.Declared = declared
	return known.connection, nil
}

// opens tells whether a connection is to what is declared now.
func (c Connection) opens(declared *v1alpha1.ObjectStore) bool {
	return c.Declared.UID == declared.UID && c.Declared.Generation == declared.Generation && c.account == accountAt(declared)
}

func storeNotFound(name string) *failure {
	return stall(v1alpha1.ReasonStoreNotFound, "there is no ObjectStore %q; ask the platform team for the name of one that admits this namespace", name)
}

// isStalled tells whether somebody must act before this can go on.
func isStalled(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.state == stalled
}

// isStoreGone tells whether the ObjectStore itself does not exist.
func isStoreGone(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.reason == v1alpha1.ReasonStoreNotFound
}

// isForeign tells whether a store said that a bucket is somebody else's.
func isForeign(err error) bool { return errors.Is(err, store.ErrForeign) }
