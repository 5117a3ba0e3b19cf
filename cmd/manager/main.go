// Command manager runs Vitrine's reconcilers: it keeps object stores, links and
// renditions as Git declares them.
package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/vitrine-dam/vitrine/controllers"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

// ceiling reads the most that a worker may have of something.
func ceiling(settings *controllers.Settings, name corev1.ResourceName) func(string) error {
	return func(text string) error {
		amount, err := resource.ParseQuantity(text)
		if err != nil {
			return fmt.Errorf("reading an amount: %w", err)
		}
		if amount.Sign() <= 0 || name == corev1.ResourceMemory && amount.Cmp(controllers.LeastWorkerMemory) < 0 {
			return fmt.Errorf("%s is less than a worker needs", text)
		}
		if settings.WorkerCeilings == nil {
			settings.WorkerCeilings = corev1.ResourceList{}
		}
		settings.WorkerCeilings[name] = amount
		return nil
	}
}

func run() error {
	var (
		settings       controllers.Settings
		metricsAddress string
		probeAddress   string
	)
	flag.StringVar(&settings.SystemNamespace, "system-namespace", "vitrine-system", "the manager's own namespace: store credentials, key ring, leader election")
	flag.StringVar(&settings.GatewayNamespace, "gateway-namespace", "vitrine-gateway", "the gateway's namespace: what the gateway reads is put there")
	flag.StringVar(&settings.JobsNamespace, "jobs-namespace", "vitrine-jobs", "the namespace of rendition Jobs")
	flag.StringVar(&settings.ExternalURL, "external-url", "", "the gateway's address as visitors know it, such as https://share.example.org")
	flag.StringVar(&settings.TransformImage, "transform-image", "vitrine-transform:latest", "the image of rendition workers")
	flag.StringVar(&settings.DocumentsImage, "documents-image", "", "the image of the workers that draw PDF and SVG; these have no pictures without it")
	flag.StringVar(&settings.GatewayAddress, "gateway-address", "", "where gateways tell what visitors ask for, such as http://vitrine-gateway-replicas.vitrine-gateway.svc:9090; nothing is rendered on request when empty")
	flag.Func("worker-max-cpu", "the most processors that a Library may give each of its rendition workers, such as 8", ceiling(&settings, corev1.ResourceCPU))
	flag.Func("worker-max-memory", "the most memory that a Library may give each of its rendition workers, such as 16Gi; at least 1536Mi", ceiling(&settings, corev1.ResourceMemory))
	flag.DurationVar(&settings.DriftInterval, "drift-interval", controllers.DefaultDriftInterval, "how often policies, identities and buckets are looked at unasked; with more than 45s a change by others is found later than within the minute that the documents promise")
	flag.DurationVar(&settings.ChangesInterval, "changes-interval", controllers.DefaultChangesInterval, "how often change records of people are looked for")
	flag.DurationVar(&settings.SweepInterval, "sweep-interval", controllers.DefaultSweepInterval, "how often libraries are listed")
	flag.DurationVar(&settings.CatalogInterval, "catalog-interval", controllers.DefaultCatalogInterval, "how often at most the catalogs of what a library holds are written")
	flag.IntVar(&settings.SweepRequests, "sweep-requests-per-second", controllers.DefaultSweepRequests, "how many requests a second the listings of all libraries at one store may make")
	flag.DurationVar(&settings.DescriptionGrace, "description-grace", controllers.DefaultDescriptionGrace, "how long what people said and decided of a file is kept after it has gone")
	flag.StringVar(&settings.HintsAddress, "hints-bind-address", "", "where stores may tell of changes, such as :8082; nowhere when empty")
	flag.StringVar(&settings.HintsSecretFile, "hints-secret-file", "", "the secrets that stores show there, one on each line")
	flag.StringVar(&metricsAddress, "metrics-bind-address", ":8080", "where /metrics is served; 0 for nowhere")
	flag.StringVar(&probeAddress, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served; 0 for nowhere")
	logging := zap.Options{}
	logging.BindFlags(flag.CommandLine)
	flag.Parse()
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&logging)))

	address, err := url.Parse(settings.ExternalURL)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		return fmt.Errorf("--external-url must be the gateway's http or https address, such as https://share.example.org")
	}
	if settings.GatewayAddress != "" {
		if at, err := url.Parse(settings.GatewayAddress); err != nil || at.Scheme != "http" || at.Hostname() == "" || at.Port() == "" || strings.Trim(at.Path, "/") != "" {
			return fmt.Errorf("--gateway-address must be an http address with a port and without a path, such as http://vitrine-gateway-replicas.vitrine-gateway.svc:9090")
		}
	}
	if (settings.HintsAddress == "") != (settings.HintsSecretFile == "") {
		return fmt.Errorf("--hints-bind-address and --hints-secret-file go together: nobody may give hints without a secret")
	}
	if settings.SweepRequests < 1 {
		return fmt.Errorf("--sweep-requests-per-second must be at least 1: without requests no library is ever listed")
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w", err)
	}
	// The API server's own priority and fairness is the limit; a client-side one
	// would only delay revocations.
	config.QPS = -1
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        controllers.NewScheme(),
		Cache:                         controllers.CacheOptions(settings),
		Client:                        controllers.ClientOptions(),
		Metrics:                       server.Options{BindAddress: metricsAddress},
		HealthProbeBindAddress:        probeAddress,
		LeaderElection:                true, // its lease is also the heartbeat that the gateway looks for
		LeaderElectionID:              "vitrine-manager",
		LeaderElectionNamespace:       settings.SystemNamespace,
		LeaderElectionReleaseOnCancel: true,
		// A manager that was killed is followed within ten seconds: revocations wait as long.
		LeaseDuration: ptr.To(10 * time.Second),
		RenewDeadline: ptr.To(7 * time.Second),
		RetryPeriod:   ptr.To(time.Second),
	})
	if err != nil {
		return fmt.Errorf("starting the manager: %w", err)
	}
	ctx := ctrl.SetupSignalHandler()
	if err := controllers.Setup(ctx, mgr, settings, nil); err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding the health check: %w", err)
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding the readiness check: %w", err)
	}
	return mgr.Start(ctx)
}
