// Package federation runs the manager's reconcilers against a real API server, a
// real object store and real issuers of tokens: whoever a token is for gets
// exactly what is declared, for as long as it is. VersityGW asks issuers at
// public addresses only, so its part takes a network namespace; MinIO's is all on the loopback.
package federation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/vitrine-dam/vitrine/controllers"
	"github.com/vitrine-dam/vitrine/hack/testbed"
)

// bed is what all tests here share. Each test has namespaces and an ObjectStore of its own.
var bed struct {
	cluster *testbed.Cluster
	store   *testbed.ObjectStore
	issuers *testbed.Issuers
	minio   *testbed.MinIO
	local   *testbed.Issuers // on the loopback; MinIO takes tokens of the one called acme
	admin   client.Client
	config  *rest.Config // the manager's, with the rights of its service account
	skip    string       // why nothing can be run here on VersityGW
}

var settings = controllers.Settings{
	SystemNamespace: "vitrine-system", GatewayNamespace: "vitrine-gateway", JobsNamespace: "vitrine-jobs",
	ExternalURL: "https://share.example.org", TransformImage: "vitrine-transform:test", SweepInterval: time.Second, DriftInterval: 3 * time.Second,
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "vitrine-federation-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	logs, err := os.Create(filepath.Join(dir, "manager.log"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctrl.SetLogger(zap.New(zap.WriteTo(logs)))
	var stops []func() error
	defer func() {
		for i := len(stops) - 1; i >= 0; i-- {
			err = errors.Join(err, stops[i]())
		}
		if err = errors.Join(err, logs.Close(), os.RemoveAll(dir)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	for _, step := range []func(context.Context, string) (func() error, error){startMinIO, startIssuers, startCluster, install, startManager} {
		var stop func() error
		if stop, err = step(ctx, dir); stop != nil {
			stops = append(stops, stop)
		}
		if errors.Is(err, testbed.ErrNoNetwork) {
			bed.skip, err = err.Error(), nil
			continue
		}
		if err != nil {
			return 1
		}
	}
	return m.Run()
}

// startMinIO starts issuers on the loopback, and a MinIO that takes tokens of one.
func startMinIO(ctx context.Context, dir string) (stop func() error, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if bed.local, err = testbed.StartIssuers(filepath.Join(dir, "local"), "https://"+listener.Addr().String(), listener); err != nil {
		return nil, err
	}
	bed.minio, err = testbed.StartMinIO(ctx, filepath.Join(dir, "minio"), testbed.WithOpenID(testbed.OpenID{
		Issuer: bed.local.URL(acme), Audience: audience, Claim: "groups", CAFile: bed.local.CAFile,
	}))
	if err != nil {
		return bed.local.Stop, err
	}
	return func() error { return errors.Join(bed.minio.Stop(), bed.local.Stop()) }, nil
}

// startIssuers starts issuers, and a store that can ask them.
func startIssuers(ctx context.Context, dir string) (stop func() error, err error) {
	network, err := testbed.NewNetwork(ctx)
	if err != nil {
		return nil, err
	}
	stop = func() error { network.Close(); return nil }
	listener, err := network.Listen(443)
	if err != nil {
		return stop, err
	}
	if bed.issuers, err = testbed.StartIssuers(filepath.Join(dir, "issuers"), "https://"+testbed.IssuerAddress, listener); err != nil {
		return stop, err
	}
	bed.store, err = testbed.StartObjectStore(ctx, filepath.Join(dir, "store"), testbed.ObjectStoreOptions{Network: network, CAFile: bed.issuers.CAFile})
	if err != nil {
		return stop, err
	}
	return func() error {
		err := errors.Join(bed.store.Stop(), bed.issuers.Stop())
		network.Close()
		return err
	}, nil
}

// startCluster starts an API server whose service accounts' issuer is the one called cluster.
func startCluster(ctx context.Context, dir string) (stop func() error, err error) {
	issuers := bed.issuers
	if issuers == nil {
		issuers = bed.local
	}
	bed.cluster, err = testbed.StartCluster(ctx, filepath.Join(dir, "cluster"), testbed.ClusterOptions{ServiceAccountIssuer: issuers.URL("cluster")})
	if err != nil {
		return nil, err
	}
	discovery, err := bed.cluster.Discovery()
	if err != nil {
		return bed.cluster.Stop, err
	}
	issuers.Serve("cluster", discovery)
	bed.admin, err = client.New(bed.cluster.Config, client.Options{Scheme: controllers.NewScheme()})
	return bed.cluster.Stop, err
}

func install(ctx context.Context, dir string) (stop func() error, err error) {
	root, err := testbed.Root()
	if err != nil {
		return nil, err
	}
	for _, part := range []string{"config/crd", "config/namespaces", "config/rbac"} {
		if err := kubectl(ctx, nil, "apply", "--server-side", "-k", filepath.Join(root, part)); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(dir, "manager.kubeconfig")
	if err := bed.cluster.ServiceAccountKubeconfig(ctx, settings.SystemNamespace, "vitrine-manager", path); err != nil {
		return nil, err
	}
	if bed.config, err = clientcmd.BuildConfigFromFlags("", path); err != nil {
		return nil, fmt.Errorf("reading the manager's kubeconfig: %w", err)
	}
	bed.config.QPS = -1
	return nil, nil
}

func startManager(ctx context.Context, _ string) (stop func() error, err error) {
	mgr, err := ctrl.NewManager(bed.config, ctrl.Options{
		Scheme: controllers.NewScheme(), Cache: controllers.CacheOptions(settings), Client: controllers.ClientOptions(),
		Metrics:    server.Options{BindAddress: "0"},
		Controller: config.Controller{RecoverPanic: ptr.To(false)}, // a panic fails the suite
	})
	if err != nil {
		return nil, fmt.Errorf("making the manager: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	if err := controllers.Setup(ctx, mgr, settings, nil); err != nil {
		cancel()
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	return func() error { cancel(); return <-done }, nil
}

// kubectl runs the real one as the administrator.
func kubectl(ctx context.Context, input []byte, args ...string) error {
	path, err := testbed.Binary("kubectl")
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, path, append([]string{"--kubeconfig", bed.cluster.Kubeconfig}, args...)...)
	command.Stdin = bytes.NewReader(input)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %v: %w\n%s", args, err, output)
	}
	return nil
}
