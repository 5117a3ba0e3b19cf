// Command gateway serves public links. It reads cluster state and object
// stores and writes neither.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vitrine-dam/vitrine/internal/gateway"
)

func main() {
	if err := run(); err != nil {
		slog.Error("the gateway ended", "error", err)
		os.Exit(1)
	}
}

func run() error {
	// --kubeconfig is a flag of the library that reads it.
	var (
		listen    = flag.String("bind-address", ":8080", "where visitors are served")
		metrics   = flag.String("metrics-bind-address", ":9090", "where /metrics is served; 0 for nowhere")
		health    = flag.String("health-probe-bind-address", ":8081", "where /healthz and /readyz are served; may be the same address as the metrics")
		external  = flag.String("external-url", "", "the address that visitors know, such as https://share.example.org")
		own       = flag.String("gateway-namespace", "vitrine-gateway", "the namespace of the gateway's own Secrets")
		system    = flag.String("system-namespace", "vitrine-system", "the namespace of the manager")
		lease     = flag.String("lease-name", "vitrine-manager", "the Lease that the manager renews")
		trusted   = flag.String("trusted-proxies", "", "addresses and prefixes whose X-Forwarded-For counts, separated by commas; nobody by default")
		memory    = flag.Int64("memory-bytes", 64<<20, "memory for small renditions, in bytes")
		drain     = flag.Duration("drain-delay", 5*time.Second, "how long to go on serving after saying unready")
		grace     = flag.Duration("drain-grace", 90*time.Second, "how long running downloads may go on after that")
		verbosity = flag.String("log-level", "info", "debug, info, warn or error")
	)
	flag.Parse()
	var level slog.Level
	if err := level.UnmarshalText([]byte(*verbosity)); err != nil {
		return fmt.Errorf("reading --log-level: %w", err)
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	ctrl.SetLogger(logr.FromSlogHandler(log.Handler()))
	klog.SetLogger(logr.FromSlogHandler(log.Handler()))

	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w", err)
	}
	o := gateway.Options{
		Kubernetes: config, Namespace: *own, Heartbeat: types.NamespacedName{Namespace: *system, Name: *lease},
		Listen: *listen, Health: *health, Metrics: *metrics,
		MemoryBytes: *memory, DrainDelay: *drain, DrainGrace: *grace, Log: log,
	}
	if o.Trusted, err = gateway.ParsePrefixes(*trusted); err != nil {
		return err
	}
	if *external != "" {
		if o.External, err = url.Parse(*external); err != nil || o.External.Host == "" {
			return errors.New("reading --external-url: it must be a URL with a host")
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return gateway.Run(ctx, o)
}
