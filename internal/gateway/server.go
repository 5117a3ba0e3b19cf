package gateway

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/internal/demand"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// Config is what a Server is made of.
type Config struct {
	// Reader of cluster state, with the indexes of NewCache.
	Reader client.Reader
	// Namespace of the gateway's own Secrets.
	Namespace string
	// Heartbeat is the Lease that the manager renews.
	Heartbeat types.NamespacedName
	// External is the address that visitors know; nil when it is not known.
	External *url.URL
	// Trusted proxies, whose X-Forwarded-For counts; nobody by default.
	Trusted []netip.Prefix
	// MemoryBytes for small renditions; 64 MiB when zero.
	MemoryBytes int64
	Log         *slog.Logger
	Registry    prometheus.Registerer
	// Now is the clock; time.Now when nil.
	Now func() time.Time

	// Tests only: a store, and a cheap hash in place of one drawn at the start.
	objects objects
	dummy   string
}

// Server answers requests for public links.
type Server struct {
	world      *world
	objects    objects
	catalogs   *catalogs
	small      *small
	throttle   *throttle
	demand     *demand.List
	gatekeeper *gatekeeper
	trusted    []netip.Prefix
	external   *url.URL
	https      bool
	web        *web
	metrics    *metrics
	log        *slog.Logger
	now        func() time.Time
}

// New makes a Server. It does no I/O.
func New(c Config) (*Server, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.MemoryBytes == 0 {
		c.MemoryBytes = 64 << 20
	}
	if c.objects == nil {
		c.objects = newPool(c.Reader, c.Namespace)
	}
	if c.dummy == "" {
		var err error
		if c.dummy, err = link.HashPassword(rand.Text(), rand.Reader); err != nil {
			return nil, fmt.Errorf("making a hash that fits no password: %w", err)
		}
	}
	pages, err := newWeb()
	if err != nil {
		return nil, err
	}
	s := &Server{
		world:    &world{reader: c.Reader, namespace: c.Namespace, heartbeat: c.Heartbeat},
		objects:  c.objects,
		catalogs: newCatalogs(c.objects, c.Now), small: newSmall(c.objects, c.MemoryBytes),
		throttle: newThrottle(), demand: demand.NewList(c.Now), gatekeeper: newGatekeeper(c.dummy),
		trusted: c.Trusted, external: c.External, https: c.External != nil && c.External.Scheme == "https",
		web: pages, log: c.Log, now: c.Now,
	}
	s.metrics, err = newMetrics(c.Registry, s)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Handler answers visitors.
func (s *Server) Handler() (http.Handler, error) {
	mux := http.NewServeMux()
	for _, route := range Routes() {
		mux.Handle(route.Method+" "+route.Pattern, s.measured(route.Pattern, s.gate(route)))
	}
	mux.Handle("/", s.measured("other", func(w http.ResponseWriter, r *http.Request) { s.refuse(w, r, refusal{answer: NotFound}) }))
	guard := http.NewCrossOriginProtection()
	if s.external != nil {
		// Behind a proxy that rewrites Host, a page's own origin looks foreign.
		if err := guard.AddTrustedOrigin(s.external.Scheme + "://" + s.external.Host); err != nil {
			return nil, fmt.Errorf("trusting the external address: %w", err)
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, refusal{answer: NotFound, status: http.StatusForbidden})
	}))
	inner := guard.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		commonHeaders(w.Header(), s.https)
		inner.ServeHTTP(w, r)
	}), nil
}

// Wanted shows the manager what visitors asked for that is rendered on request.
func (s *Server) Wanted() http.Handler {
	return demand.Handler(s.demand, func(ctx context.Context, proof string) bool {
		signer, err := s.world.keys(ctx)
		return err == nil && signer.VerifyCall(demand.Path, proof, s.now())
	})
}

// Ready says what is missing before links can be served: nil, or why not. That
// a store is down is no reason: another replica would not reach it either.
func (s *Server) Ready(ctx context.Context) error {
	_, err := s.world.keys(ctx)
	return err
}
