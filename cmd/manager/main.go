// Command manager runs Vitrine's reconcilers: it keeps object stores, links and
// renditions as Git declares them.
package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"time"

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
	flag.DurationVar(&settings.DriftInterval, "drift-interval", controllers.DefaultDriftInterval, "how often policies, identities and buckets are looked at unasked; with more than 45s a change by others is found later than within the minute that the documents promise")
	flag.DurationVar(&settings.ChangesInterval, "changes-interval", controllers.DefaultChangesInterval, "how often change records of people are looked for")
	flag.DurationVar(&settings.SweepInterval, "sweep-interval", controllers.DefaultSweepInterval, "how often libraries are listed")
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
