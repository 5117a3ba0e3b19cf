package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/process"
	"github.com/vitrine-dam/vitrine/hack/testbed"
)

const (
	namespace       = "bench"
	systemNamespace = "vitrine-system"
	bucket          = "bench-brand"
)

// bed is the real parts: an API server, a store, and a manager that can be started anew.
type bed struct {
	dir     string
	cluster *testbed.Cluster
	store   *testbed.ObjectStore
	admin   client.Client
	files   *minio.Client
	manager *process.Process
}

func startBed(ctx context.Context, dir string) (b *bed, err error) {
	b = &bed{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.stop())
		}
	}()
	if b.cluster, err = testbed.StartCluster(ctx, filepath.Join(dir, "cluster"), testbed.ClusterOptions{}); err != nil {
		return b, err //nolint:wrapcheck // it says what
	}
	if b.store, err = testbed.StartObjectStore(ctx, filepath.Join(dir, "store"), testbed.ObjectStoreOptions{}); err != nil {
		return b, err //nolint:wrapcheck // it says what
	}
	root, err := testbed.Root()
	if err != nil {
		return b, err //nolint:wrapcheck // it says what
	}
	for _, part := range []string{"crd", "namespaces", "rbac"} {
		if err := b.kubectl(ctx, "apply", "--server-side", "-k", filepath.Join(root, "config", part)); err != nil {
			return b, err
		}
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return b, fmt.Errorf("naming the kinds: %w", err)
	}
	if b.admin, err = client.New(b.cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return b, fmt.Errorf("making a client: %w", err)
	}
	b.files, err = minio.New(strings.TrimPrefix(b.store.S3Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(b.store.AccessKey, b.store.SecretKey, ""), Region: b.store.Region,
	})
	if err != nil {
		return b, fmt.Errorf("making a client of the store: %w", err)
	}
	return b, nil
}

// startManager runs the one beside this program, which was built with the compiler's defaults.
func (b *bed) startManager(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the manager: %w", err)
	}
	kubeconfig := filepath.Join(b.dir, "manager.kubeconfig")
	if err := b.cluster.ServiceAccountKubeconfig(ctx, systemNamespace, "vitrine-manager", kubeconfig); err != nil {
		return err //nolint:wrapcheck // it says what
	}
	b.manager, err = process.Start(process.Spec{
		Name: "manager", Path: filepath.Join(filepath.Dir(self), "manager"), Log: filepath.Join(b.dir, "manager.log"), Env: []string{"KUBECONFIG=" + kubeconfig}, Grace: 10 * time.Second,
		Args: []string{
			"--system-namespace=" + systemNamespace, "--gateway-namespace=vitrine-gateway", "--jobs-namespace=vitrine-jobs",
			"--external-url=https://share.example.org", "--transform-image=vitrine-transform:bench",
			"--metrics-bind-address=0", "--health-probe-bind-address=0",
		},
	})
	return err //nolint:wrapcheck // it says what
}

func (b *bed) stopManager() {
	b.manager.Stop()
	b.manager = nil
}

func (b *bed) stop() error {
	var errs []error
	b.stopManager()
	if b.store != nil {
		errs = append(errs, b.store.Stop())
	}
	if b.cluster != nil {
		errs = append(errs, b.cluster.Stop())
	}
	return errors.Join(errs...)
}

func (b *bed) kubectl(ctx context.Context, args ...string) error {
	program, err := testbed.Binary("kubectl")
	if err != nil {
		return err //nolint:wrapcheck // it says what
	}
	//nolint:gosec // the program is the one that was built for this
	output, err := exec.CommandContext(ctx, program, append([]string{"--kubeconfig", b.cluster.Kubeconfig}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", args[0], err, bytes.TrimSpace(output))
	}
	return nil
}

// declare creates an ObjectStore for one tenant, with one Library.
func (b *bed) declare(ctx context.Context) error {
	library := &v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "brand"}}
	library.Spec.StoreRef.Name = namespace
	library.Spec.Bucket.Name, library.Spec.Bucket.Management = bucket, v1alpha1.BucketCreate
	for _, o := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: namespace, Labels: map[string]string{v1alpha1.LabelUse: v1alpha1.UseStoreCredentials}},
			StringData: map[string]string{"AWS_ACCESS_KEY_ID": b.store.AccessKey, "AWS_SECRET_ACCESS_KEY": b.store.SecretKey},
		},
		&v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: namespace}, Spec: v1alpha1.ObjectStoreSpec{
			Driver: v1alpha1.DriverIAM, Endpoint: b.store.S3Endpoint, Region: b.store.Region, IAM: v1alpha1.IAMEndpoint{Endpoint: b.store.IAMEndpoint},
			CredentialsSecretRef: v1alpha1.SecretReference{Namespace: systemNamespace, Name: namespace}, InstallationID: namespace,
			Tenants: []v1alpha1.Tenant{{Namespaces: []string{namespace}, Buckets: []string{namespace + "-*"}}},
		}},
		library,
	} {
		if err := b.admin.Create(ctx, o); err != nil {
			return fmt.Errorf("declaring %s: %w", o.GetName(), err)
		}
	}
	return nil
}

// until waits for a state of the Library's status.
func (b *bed) until(ctx context.Context, limit time.Duration, reached func(*v1alpha1.Library) bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	library := &v1alpha1.Library{}
	for {
		if err := b.admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "brand"}, library); err != nil {
			return fmt.Errorf("reading the Library: %w", err)
		}
		if reached(library) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Library has status %+v: %w", library.Status.Renditions, ctx.Err())
		case <-tick.C:
		}
	}
}
