package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/vitrine-dam/vitrine/internal/demand"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeader         = 32 << 10
)

// Options are what Run needs beside the world.
type Options struct {
	// Kubernetes is how to reach the API server.
	Kubernetes *rest.Config
	// Namespace, Heartbeat, External, Trusted, MemoryBytes and Log are those of Config.
	Namespace   string
	Heartbeat   types.NamespacedName
	External    *url.URL
	Trusted     []netip.Prefix
	MemoryBytes int64
	Log         *slog.Logger
	// Listen, Health and Metrics are addresses; Health and Metrics may be one. Empty or 0 is none.
	Listen, Health, Metrics string
	// DrainDelay is how long to serve on after saying unready, DrainGrace how long running answers then have.
	DrainDelay, DrainGrace time.Duration
}

// Run serves until the context ends, and then lets running downloads end.
func Run(ctx context.Context, o Options) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	informers, err := NewCache(ctx, o.Kubernetes, o.Namespace, o.Heartbeat)
	if err != nil {
		return err
	}
	server, err := New(Config{
		Reader: informers, Namespace: o.Namespace, Heartbeat: o.Heartbeat, External: o.External, Trusted: o.Trusted,
		MemoryBytes: o.MemoryBytes, Log: o.Log, Registry: registry,
	})
	if err != nil {
		return err
	}
	visitors, err := server.Handler()
	if err != nil {
		return err
	}
	// The informers outlive the signal: what is served while draining must still be revocable.
	informing, stopInformers := context.WithCancel(context.WithoutCancel(ctx))
	defer stopInformers()
	failed := make(chan error, 1)
	go func() {
		if err := informers.Start(informing); err != nil {
			failed <- fmt.Errorf("watching the cluster: %w", err)
		}
	}()
	synced := make(chan struct{})
	go func() {
		if informers.WaitForCacheSync(informing) {
			close(synced)
		}
	}()
	var draining atomic.Bool
	health := healthHandler(func(ctx context.Context) error {
		select {
		case <-synced:
		default:
			return errors.New("the cluster's state has not been read yet")
		}
		if draining.Load() {
			return errors.New("draining")
		}
		return server.Ready(ctx)
	})
	// Until everything is known nothing is answered: a link that is not in memory yet is not a link that does not exist.
	gated := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-synced:
			visitors.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	s := &services{log: o.Log}
	main, err := s.listen(ctx, o.Listen, gated)
	if err != nil {
		return err
	}
	ops := http.NewServeMux()
	ops.Handle("/healthz", health)
	ops.Handle("/readyz", health)
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	if o.Metrics == o.Health {
		ops.Handle("/metrics", metrics)
		ops.Handle(demand.Path, server.Wanted())
	} else if err := s.also(ctx, o.Metrics, metricsMux(metrics, server.Wanted())); err != nil {
		return errors.Join(err, s.close())
	}
	if err := s.also(ctx, o.Health, ops); err != nil {
		return errors.Join(err, s.close())
	}
	o.Log.InfoContext(ctx, "serving", "address", main.address)
	select {
	case <-ctx.Done():
	case err := <-failed:
		return errors.Join(err, s.close())
	case err := <-s.failed():
		return errors.Join(err, s.close())
	}
	draining.Store(true)
	o.Log.InfoContext(ctx, "draining", "delay", o.DrainDelay, "grace", o.DrainGrace)
	select {
	case <-time.After(o.DrainDelay):
	case err := <-s.failed():
		return errors.Join(err, s.close())
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.DrainGrace)
	defer cancel()
	if err := main.server.Shutdown(ending); err != nil {
		o.Log.WarnContext(ctx, "downloads were cut; clients can resume them", "error", err)
	}
	return s.close()
}

// healthHandler answers /healthz with 200 and /readyz with what ready says.
func healthHandler(ready func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if r.URL.Path == "/readyz" {
			if err := ready(r.Context()); err != nil {
				w.WriteHeader(http.StatusServiceUnavailable)
				_, _ = fmt.Fprintln(w, err)
				return
			}
		}
		_, _ = fmt.Fprintln(w, "ok")
	})
}

// metricsMux is for the cluster's own: Prometheus and the manager.
func metricsMux(metrics, wanted http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", metrics)
	mux.Handle(demand.Path, wanted)
	return mux
}

// service is one listener with its server.
type service struct {
	server  *http.Server
	address string
}

// services are all of them.
type services struct {
	log   *slog.Logger
	all   []service
	group errgroup.Group
	ended chan error
}

func (s *services) listen(ctx context.Context, address string, h http.Handler) (service, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return service{}, fmt.Errorf("listening: %w", err)
	}
	one := service{NewHTTPServer(h, s.log), listener.Addr().String()}
	s.all = append(s.all, one)
	if s.ended == nil {
		s.ended = make(chan error, 8)
	}
	s.group.Go(func() error {
		err := one.server.Serve(listener)
		if err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.ended <- fmt.Errorf("serving %s: %w", one.address, err)
		}
		return nil
	})
	return one, nil
}

// also listens at an address that may be none.
func (s *services) also(ctx context.Context, address string, h http.Handler) error {
	if address == "" || address == "0" {
		return nil
	}
	_, err := s.listen(ctx, address, h)
	return err
}

func (s *services) failed() <-chan error { return s.ended }

func (s *services) close() error {
	var all error
	for _, one := range s.all {
		if err := one.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			all = errors.Join(all, fmt.Errorf("closing %s: %w", one.address, err))
		}
	}
	return errors.Join(all, s.group.Wait())
}

// NewHTTPServer gives a server with the limits of the gateway: on headers, not
// on how long an answer takes, since downloads are long. Each write has a limit of its own.
func NewHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
