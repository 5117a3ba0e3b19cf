package controllers

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// NewScheme knows the kinds that the manager works with.
func NewScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// CacheOptions bound what the manager keeps in memory: Jobs of its own
// namespace only, and of namespaces just their metadata's use.
func CacheOptions(s Settings) cache.Options {
	return cache.Options{
		ByObject: map[client.Object]cache.ByObject{
			&batchv1.Job{}: {Namespaces: map[string]cache.Config{s.JobsNamespace: {}}},
		},
		DefaultTransform: cache.TransformStripManagedFields(),
	}
}

// ClientOptions keep Secrets out of the cache: they are read live, by name.
func ClientOptions() client.Options {
	return client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}}
}

// How many objects of a kind are worked on at once. They wait for stores most
// of the time, and one that does not answer must not hold up the tenants of another.
const (
	tenantsAtOnce = 16
	storesAtOnce  = 4
)

func atOnce(n int) controller.Options { return controller.Options{MaxConcurrentReconciles: n} }

// Setup connects all reconcilers to a manager. The hook, for tests, sees every
// call to every store.
func Setup(ctx context.Context, mgr ctrl.Manager, settings Settings, hook func(store.Call) error) error {
	if err := addIndexes(ctx, mgr); err != nil {
		return err
	}
	for _, metric := range []prometheus.Collector{driftRepaired, orphansRemoved, versionsDeleted, changesAnswered, assetOrphansRemoved, filesRenamed, hintsTaken, hintRequests, renditionsAsked} {
		if err := metrics.Registry.Register(metric); err != nil && !errors.As(err, &prometheus.AlreadyRegisteredError{}) {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	inventory := NewInventory()
	tenants := NewTenants(mgr.GetClient(), inventory)
	if err := tenants.watch(ctx, mgr.GetCache()); err != nil {
		return err
	}
	deps := &Deps{
		Client:      mgr.GetClient(),
		Live:        mgr.GetAPIReader(),
		Events:      mgr.GetEventRecorder("vitrine"),
		Clock:       clock.RealClock{},
		Settings:    settings.withDefaults(),
		Stores:      NewStores(mgr.GetClient(), mgr.GetAPIReader(), settings.SystemNamespace, hook),
		Tenants:     tenants,
		Enforcement: NewEnforcement(),
		Federation:  NewFederation(),
		Foreigners:  NewForeigners(),
		Inventory:   inventory,
		Versions:    NewVersionCaps(),
		Moves:       NewMoves(),
		Notices:     NewNotices(),
		Requests:    NewRequests(),
	}
	for name, reconciler := range map[string]interface{ SetupWithManager(ctrl.Manager) error }{
		"ObjectStore": &ObjectStoreReconciler{Deps: deps},
		"Library":     &LibraryReconciler{Deps: deps},
		"assets":      &AssetsReconciler{Deps: deps},
		"patterns":    &PatternsReconciler{Deps: deps},
		"versions":    &VersionsReconciler{Deps: deps},
		"changes":     &ChangeRecordsReconciler{Deps: deps},
		"moves":       &MovesReconciler{Deps: deps},
		"Folder":      &FolderReconciler{Deps: deps},
		"Collection":  &CollectionReconciler{Deps: deps},
		"User":        &UserReconciler{Deps: deps},
		"UserGroup":   &UserGroupReconciler{Deps: deps},
		"Role":        &RoleReconciler{Deps: deps},
		"RoleBinding": &RoleBindingReconciler{Deps: deps},
		"access":      &AccessReconciler{Deps: deps},
		"PublicLink":  &PublicLinkReconciler{Deps: deps},
		"federation":  &FederationReconciler{Deps: deps},
		"foreigners":  &ForeignersReconciler{Deps: deps},
	} {
		if err := reconciler.SetupWithManager(mgr); err != nil {
			return fmt.Errorf("connecting the %s reconciler: %w", name, err)
		}
	}
	if err := receiveHints(mgr, deps); err != nil {
		return err
	}
	if err := askGateways(mgr, deps); err != nil {
		return err
	}
	// The first day's keys are there before the first link is asked for.
	return mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
		if err := deps.ensureSigningKeys(ctx); err != nil {
			return err
		}
		_, err := deps.keyRing(ctx)
		return err
	}))
}
