package controllers

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Settings say how this installation is laid out. Durations of zero get defaults.
type Settings struct {
	// SystemNamespace is the manager's own: store credentials and the key ring.
	SystemNamespace string
	// GatewayNamespace holds what the gateway reads: password hashes, signing keys, its store keys.
	GatewayNamespace string
	// JobsNamespace holds rendition Jobs and their manifests.
	JobsNamespace string
	// ExternalURL is the gateway's address as visitors know it, such as https://share.example.org.
	ExternalURL string
	// TransformImage is the image of rendition workers.
	TransformImage string
	// DocumentsImage is the image of the workers that draw PDF and SVG; those have no pictures when it is empty.
	DocumentsImage string
	// WorkerCeilings are the most processors and memory that a Library's workers may have; none where nothing is said.
	WorkerCeilings corev1.ResourceList
	// DriftInterval is how often policies and buckets are looked at unasked; 30 s by default. What takes requests for each
	// User or group is looked at less often, see driftInterval and keysInterval.
	DriftInterval time.Duration
	// SweepInterval is how often a Library's buckets are listed; 10 s by default.
	SweepInterval time.Duration
	// SweepRequests is how many requests a second the sweeps of all Libraries at one store may make; 2000 by default.
	SweepRequests int
	// PeekInterval is how often what patterns of Collections could match is listed; 3 s by default.
	PeekInterval time.Duration
	// ChangesInterval is how often change records are looked for; 2 s by default.
	ChangesInterval time.Duration
	// VersionsInterval is how often all versions are listed of a Library that does not keep all; 1 h by default.
	VersionsInterval time.Duration
	// ForeignInterval is how often all users and groups of a store are looked at for whom Vitrine did not give access; 5 min by default.
	ForeignInterval time.Duration
	// OrphanGrace is how long something of ours at a store is without an owner before
	// it is taken away; it is looked for twice in that time. So is what was made of a file that is gone. 10 min by default.
	OrphanGrace time.Duration
	// DescriptionGrace is how long what people said and decided of a file is kept after it has gone; 24 h by default.
	DescriptionGrace time.Duration
	// CatalogInterval is how often at most the catalogs of what a Library holds are written; 30 s by default.
	CatalogInterval time.Duration
	// HintsAddress is where stores may tell of changes; nowhere when it is empty.
	HintsAddress string
	// HintsSecretFile has the secrets that they show, one on each line.
	HintsSecretFile string
	// GatewayAddress is where the manager asks gateways what visitors ask for, such as
	// http://vitrine-gateway-replicas.vitrine-gateway.svc:9090; each address of that host is one. Nothing is rendered on request without it.
	GatewayAddress string
	// RequestsInterval is how often it asks; 2 s by default.
	RequestsInterval time.Duration
	// Debounce is how long the compiler waits for more changes to come; 100 ms by default.
	Debounce time.Duration
}

// How often Vitrine looks of its own accord, as shipped.
const (
	DefaultDriftInterval    = 30 * time.Second
	DefaultSweepInterval    = 10 * time.Second
	DefaultPeekInterval     = 3 * time.Second
	DefaultChangesInterval  = 2 * time.Second
	DefaultVersionsInterval = time.Hour
	DefaultForeignInterval  = 5 * time.Minute
	DefaultRequestsInterval = 2 * time.Second
	DefaultOrphanGrace      = 10 * time.Minute
	DefaultDescriptionGrace = 24 * time.Hour
	DefaultCatalogInterval  = 30 * time.Second
)

// DefaultSweepRequests is a good third of the 5,500 reads a second that Amazon S3 promises for one prefix, so that most of a store's
// time is left to people.
const DefaultSweepRequests = 2000

func (s Settings) withDefaults() Settings {
	if s.DriftInterval == 0 {
		s.DriftInterval = DefaultDriftInterval
	}
	if s.SweepInterval == 0 {
		s.SweepInterval = DefaultSweepInterval
	}
	if s.SweepRequests == 0 {
		s.SweepRequests = DefaultSweepRequests
	}
	if s.PeekInterval == 0 {
		s.PeekInterval = DefaultPeekInterval
	}
	if s.ChangesInterval == 0 {
		s.ChangesInterval = DefaultChangesInterval
	}
	if s.VersionsInterval == 0 {
		s.VersionsInterval = DefaultVersionsInterval
	}
	if s.ForeignInterval == 0 {
		s.ForeignInterval = DefaultForeignInterval
	}
	if s.OrphanGrace == 0 {
		s.OrphanGrace = DefaultOrphanGrace
	}
	if s.DescriptionGrace == 0 {
		s.DescriptionGrace = DefaultDescriptionGrace
	}
	if s.CatalogInterval == 0 {
		s.CatalogInterval = DefaultCatalogInterval
	}
	if s.RequestsInterval == 0 {
		s.RequestsInterval = DefaultRequestsInterval
	}
	if s.Debounce == 0 {
		s.Debounce = 100 * time.Millisecond
	}
	return s
}

// Deps is what every reconciler works with.
type Deps struct {
	// Client reads from the cache and writes; Secrets are never cached.
	client.Client
	// Live reads from the API server, past the cache.
	Live     client.Reader
	Events   events.EventRecorder
	Clock    clock.PassiveClock
	Settings Settings

	// Stores are the connections to object stores.
	Stores *Stores
	// Tenants gives what a namespace declares, as a model.
	Tenants *Tenants
	// Enforcement is what the compiler has brought into force.
	Enforcement *Enforcement
	// Federation is which roles there are for sessions.
	Federation *Federation
	// Foreigners are who else comes to the buckets.
	Foreigners *Foreigners
	// Versions is what is to be told of the caps on versions.
	Versions *VersionCaps
	// Moves is what is to be told of files on their way to another place.
	Moves *Moves
	// Inventory is what the libraries were last seen to hold.
	Inventory *Inventory
	// Requests are what visitors asked for that is rendered on request.
	Requests *Requests
	// Notices wake reconcilers about what no Kubernetes event tells them.
	Notices *Notices
}
