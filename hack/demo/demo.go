package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/runner"
	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// The namespaces that config/namespaces makes, and the tenant of the samples.
const (
	systemNamespace  = "vitrine-system"
	gatewayNamespace = "vitrine-gateway"
	jobsNamespace    = "vitrine-jobs"
	tenant           = "acme"
	otherTenant      = "northlight"
	storeName        = "default"
	installation     = "demo" // of the sample ObjectStore
)

// transformImage is the name that the local runner maps to bin/transform.
const transformImage = "vitrine-transform"

// documentsImage is that of workers for documents, which are the same program called another way.
const documentsImage = "vitrine-documents"

// demo is everything that runs.
type demo struct {
	*screen
	root string // of the checkout
	dir  string // .demo in it: all state, logs and keys
	lock *os.File

	cluster *testbed.Cluster
	store   *testbed.ObjectStore
	// network and issuers are nil where no network namespace can be made.
	network *testbed.Network
	issuers *testbed.Issuers
	// admin is the cluster administrator's client, uncached.
	admin   client.Client
	manager *program
	gateway *program
	// stopRunner ends the local runner and gives what it ended with.
	stopRunner func() error
	pictures   *album
	places     []place // where the pictures were put
	// files is the store as its administrator sees it.
	files      *store.Store
	notes      []string // of the check that runs
	gatewayURL string
	// releases give reserved ports back.
	releases []func()
}

// newDemo takes the checkout's .demo folder and empties it. It fails when another demo
// of the same checkout is up.
func newDemo(s *screen) (*demo, error) {
	root, err := testbed.Root()
	if err != nil {
		return nil, err
	}
	d := &demo{screen: s, root: root, dir: filepath.Join(root, ".demo"), stopRunner: func() error { return nil }}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the demo's folder: %w", err)
	}
	if d.lock, err = os.OpenFile(filepath.Join(d.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("opening the demo's lock: %w", err)
	}
	if err := syscall.Flock(int(d.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, fmt.Errorf("a demo of this checkout is already up (%s is locked)", d.lock.Name())
	}
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, fmt.Errorf("reading the demo's folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == "lock" || e.Name() == albumFolder {
			continue
		}
		if err := os.RemoveAll(filepath.Join(d.dir, e.Name())); err != nil {
			return nil, fmt.Errorf("removing what the last demo left: %w", err)
		}
	}
	return d, nil
}

// up brings everything up and returns when the samples are in force and rendered.
func (d *demo) up(ctx context.Context) error {
	d.heading("Bringing Vitrine up")
	d.pictures = drawAll(ctx, filepath.Join(d.dir, albumFolder))
	var phases []string
	began := time.Now()
	for _, phase := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"parts", d.startParts}, {"install", d.install}, {"programs and samples", d.startPrograms},
		{"ready", d.awaitReady}, {"upload", d.upload}, {"renditions", d.awaitRenditions},
	} {
		if err := phase.do(ctx); err != nil {
			return err
		}
		phases = append(phases, fmt.Sprintf("%s %.1f s", phase.name, time.Since(began).Seconds()))
		began = time.Now()
	}
	d.step("Vitrine is up (%s)", strings.Join(phases, ", "))
	return nil
}

// startParts starts what Vitrine needs: the cluster without its controllers, and the store.
func (d *demo) startParts(ctx context.Context) error {
	if err := d.startIssuer(); err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		d.cluster, err = testbed.StartCluster(groupCtx, filepath.Join(d.dir, "cluster"), testbed.ClusterOptions{})
		if err == nil {
			d.step("etcd and kube-apiserver answer")
		}
		return err
	})
	group.Go(func() (err error) {
		d.store, err = testbed.StartObjectStore(groupCtx, filepath.Join(d.dir, "store"), d.storeOptions())
		if err == nil {
			d.step("VersityGW and its IAM service answer")
		}
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("registering the kinds: %w", err)
	}
	var err error
	if d.admin, err = client.New(d.cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("making the administrator's client: %w", err)
	}
	d.files, err = d.openStore(d.store.S3Endpoint, d.store.IAMEndpoint, d.store.AccessKey, d.store.SecretKey)
	return err
}

// openStore signs in at the store as the platform team does.
func (d *demo) openStore(s3, iam, accessKey, secretKey string) (*store.Store, error) {
	return store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: s3, Region: d.store.Region, IAMEndpoint: iam, InstallationID: installation,
		Credentials: store.Credentials{AccessKeyID: accessKey, SecretAccessKey: store.Secret(secretKey)},
	})
}

// install applies what config/default applies, but for the Deployments: their programs
// run as processes here.
func (d *demo) install(ctx context.Context) error {
	group, groupCtx := errgroup.WithContext(ctx)
	for _, parts := range [][]string{{"namespaces", "rbac", "admission"}, {"crd"}} {
		group.Go(func() error {
			for _, part := range parts {
				if _, err := d.kubectl(groupCtx, "apply", "--server-side", "-k", filepath.Join(d.root, "config", part)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	d.step("namespaces, kinds, RBAC and admission policies are installed")
	return nil
}

// startPrograms starts kube-controller-manager, which must find the kinds, and Vitrine;
// the samples are applied meanwhile, as whoever comes first does not matter.
func (d *demo) startPrograms(ctx context.Context) error {
	if err := d.definePrograms(ctx); err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := d.cluster.RestartControllerManager(groupCtx); err != nil {
			return err
		}
		d.step("kube-controller-manager runs")
		return nil
	})
	for _, p := range []*program{d.manager, d.gateway} {
		group.Go(func() error {
			if err := p.start(groupCtx); err != nil {
				return err
			}
			d.step("the %s runs", p.name)
			return nil
		})
	}
	group.Go(func() error { return d.applySamples(groupCtx) })
	group.Go(func() error { return d.startRunner(ctx) })
	return errors.Join(group.Wait(), d.writeEnv())
}

func (d *demo) startRunner(ctx context.Context) error {
	transform, err := testbed.Binary("transform")
	if err != nil {
		return err
	}
	log, err := os.OpenFile(d.log("runner"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the runner's log: %w", err)
	}
	r, err := runner.New(d.cluster.Config, runner.Options{
		Namespace: jobsNamespace, Images: map[string]string{transformImage: transform, documentsImage: transform},
		Dir: filepath.Join(d.dir, "jobs"), Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		return err
	}
	// It outlives an interrupt: down stops it in its turn.
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- r.Run(runCtx) }()
	d.stopRunner = func() error {
		cancel()
		return errors.Join(<-ended, log.Close())
	}
	return nil
}

// down stops what runs, in an order in which nothing waits for something that is gone.
func (d *demo) down() error {
	errs := []error{d.stopRunner()}
	for _, p := range []*program{d.gateway, d.manager} {
		p.stop()
	}
	if d.cluster != nil {
		errs = append(errs, d.cluster.Stop())
	}
	if d.store != nil {
		errs = append(errs, d.store.Stop())
	}
	errs = append(errs, d.stopIssuer())
	for _, release := range d.releases {
		release()
	}
	// It leads nowhere now. Logs and state stay, to be looked into.
	if err := os.Remove(d.envFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, fmt.Errorf("removing the demo's variables: %w", err))
	}
	return errors.Join(append(errs, d.lock.Close())...)
}

func (d *demo) log(name string) string { return filepath.Join(d.dir, name+".log") }
