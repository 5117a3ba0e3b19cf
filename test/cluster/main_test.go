// Package cluster runs the manager's reconcilers against a real API server with
// its controllers, a real object store and real rendition workers, under the
// manager's own RBAC.
package cluster

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/vitrine-dam/vitrine/controllers"
	"github.com/vitrine-dam/vitrine/hack/runner"
	"github.com/vitrine-dam/vitrine/hack/testbed"
)

// testBed is the real parts that one test at a time has to itself: a manager of another would see its declarations.
type testBed struct {
	cluster *testbed.Cluster
	store   *testbed.ObjectStore
	minio   *testbed.MinIO
	// jobs is where the runner of Jobs has the volumes of their pods.
	jobs string
	// admin is the cluster administrator's client, uncached.
	admin client.Client
	// managerConfig is the manager's own, with the rights of its service account.
	managerConfig *rest.Config
}

// bedsAtOnce is how many tests run beside each other. They wait more than they work, and still are not to wait for each other.
const bedsAtOnce = 3

var (
	// beds that no test has at the moment.
	beds = make(chan *testBed, bedsAtOnce)
	// logs of all managers, and checkout, where the repository is.
	logs     = &safeBuffer{}
	checkout string
)

// takeBed waits for a bed, and gives it back when the test has ended.
func takeBed(t *testing.T) *testBed {
	t.Helper()
	bed := <-beds
	t.Cleanup(func() { beds <- bed })
	return bed
}

var settings = controllers.Settings{
	SystemNamespace:  "vitrine-system",
	GatewayNamespace: "vitrine-gateway",
	JobsNamespace:    "vitrine-jobs",
	ExternalURL:      "https://share.example.org",
	TransformImage:   "vitrine-transform:test",
	DocumentsImage:   "vitrine-documents:test",
	SweepInterval:    time.Second,
	VersionsInterval: time.Second,
	OrphanGrace:      3 * time.Second,
	DriftInterval:    5 * time.Second,
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	ctx, cancel := context.WithCancel(context.Background()) // of all parts; go test has its own limit
	defer cancel()
	dir, err := os.MkdirTemp("", "vitrine-cluster-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctrl.SetLogger(zap.New(zap.WriteTo(logs)))
	if err := flag.Set("test.parallel", strconv.Itoa(bedsAtOnce)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if checkout, err = testbed.Root(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var stops []func() error
	defer func() {
		var errs []error
		for _, stop := range slices.Backward(stops) {
			errs = append(errs, stop())
		}
		if err := errors.Join(append(errs, os.RemoveAll(dir))...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	for i := range bedsAtOnce {
		bed := &testBed{}
		stop, err := bed.start(ctx, filepath.Join(dir, strconv.Itoa(i)))
		stops = append(stops, stop)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		beds <- bed
	}
	return m.Run()
}

// start brings up the parts; stop ends those that came up.
func (bed *testBed) start(ctx context.Context, dir string) (stop func() error, err error) {
	var stops []func() error
	stop = func() error {
		var errs []error
		for i := len(stops) - 1; i >= 0; i-- {
			errs = append(errs, stops[i]())
		}
		return errors.Join(errs...)
	}
	transform, err := testbed.Binary("transform")
	if err != nil {
		return stop, err
	}
	if bed.cluster, err = testbed.StartCluster(ctx, filepath.Join(dir, "cluster"), testbed.ClusterOptions{}); err != nil {
		return stop, err
	}
	stops = append(stops, bed.cluster.Stop)
	if bed.store, err = testbed.StartObjectStore(ctx, filepath.Join(dir, "store"), testbed.ObjectStoreOptions{}); err != nil {
		return stop, err
	}
	stops = append(stops, bed.store.Stop)
	if bed.minio, err = testbed.StartMinIO(ctx, filepath.Join(dir, "minio")); err != nil {
		return stop, err
	}
	stops = append(stops, bed.minio.Stop)
	for _, part := range []string{"config/crd", "config/namespaces", "config/rbac", "config/admission"} {
		if err := bed.kubectl(ctx, nil, "apply", "--server-side", "-k", filepath.Join(checkout, part)); err != nil {
			return stop, err
		}
	}
	// After the kinds, so that the garbage collector knows them from the start.
	if err := bed.cluster.RestartControllerManager(ctx); err != nil {
		return stop, err
	}
	if bed.admin, err = client.New(bed.cluster.Config, client.Options{Scheme: controllers.NewScheme()}); err != nil {
		return stop, fmt.Errorf("making the administrator's client: %w", err)
	}
	path := filepath.Join(dir, "manager.kubeconfig")
	if err := bed.cluster.ServiceAccountKubeconfig(ctx, settings.SystemNamespace, "vitrine-manager", path); err != nil {
		return stop, err
	}
	if bed.managerConfig, err = clientcmd.BuildConfigFromFlags("", path); err != nil {
		return stop, fmt.Errorf("reading the manager's kubeconfig: %w", err)
	}
	bed.managerConfig.QPS = -1
	bed.jobs = filepath.Join(dir, "jobs")
	jobs, err := runner.New(bed.cluster.Config, runner.Options{
		Namespace: settings.JobsNamespace, Images: map[string]string{"vitrine-transform": transform, "vitrine-documents": transform}, Dir: bed.jobs,
	})
	if err != nil {
		return stop, err
	}
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- jobs.Run(running) }()
	stops = append(stops, func() error { cancel(); return <-done })
	return stop, nil
}

// kubectl runs the real one as the administrator, with input on its standard input.
func (bed *testBed) kubectl(ctx context.Context, input []byte, args ...string) error {
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
