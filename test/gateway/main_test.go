// Package gateway_test runs the gateway's own program, under the rights of its
// own service account and with a store key of its own, against a real API
// server and a real object store. The tests play the manager: they declare
// links, write status and catalogs, and put Secrets where the manager would.
package gateway_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/process"
	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/gateway"
	"github.com/vitrine-dam/vitrine/internal/link"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const (
	tenant        = "acme"
	system        = "vitrine-system"
	own           = "vitrine-gateway"
	originals     = "acme-brand"
	vitrineBucket = "acme-brand-dam"
	startLimit    = time.Minute
)

// bed is what all tests share. Each test has links of its own.
var bed struct {
	dir     string
	cluster *testbed.Cluster
	store   *testbed.ObjectStore
	admin   client.Client
	// files is the store as its administrator sees it, key what the gateway has.
	files *store.Store
	key   store.AccessKey
	who   store.Identity
	gate  *gate

	mu      sync.Mutex
	secrets map[string]string // what no output may hold, with what it is
}

// secret says that a text must not be seen in any output.
func secret(text, what string) {
	bed.mu.Lock()
	defer bed.mu.Unlock()
	bed.secrets[text] = what
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	bed.secrets = map[string]string{}
	var err error
	if bed.dir, err = os.MkdirTemp("", "vitrine-gateway-"); err != nil {
		return complain(err)
	}
	defer func() { _ = os.RemoveAll(bed.dir) }()
	defer func() {
		bed.gate.stop()
		if bed.store != nil {
			code = max(code, complain(bed.store.Stop()))
		}
		if bed.cluster != nil {
			code = max(code, complain(bed.cluster.Stop()))
		}
	}()
	for _, step := range []func(context.Context) error{startParts, install, fill, startGateway} {
		if err := step(ctx); err != nil {
			return complain(err)
		}
	}
	code = m.Run()
	bed.gate.stop()
	return max(code, searchLogs())
}

func complain(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func startParts(ctx context.Context) (err error) {
	if bed.cluster, err = testbed.StartCluster(ctx, filepath.Join(bed.dir, "cluster"), testbed.ClusterOptions{}); err != nil {
		return err
	}
	if bed.store, err = testbed.StartObjectStore(ctx, filepath.Join(bed.dir, "store"), testbed.ObjectStoreOptions{}); err != nil {
		return err
	}
	if bed.admin, err = client.New(bed.cluster.Config, client.Options{Scheme: gateway.Scheme()}); err != nil {
		return err
	}
	bed.files, err = store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: bed.store.S3Endpoint, Region: bed.store.Region, IAMEndpoint: bed.store.IAMEndpoint,
		InstallationID: "test", Credentials: store.Credentials{AccessKeyID: bed.store.AccessKey, SecretAccessKey: store.Secret(bed.store.SecretKey)},
	})
	return err
}

// install applies the kinds and the gateway's own roles as a user would.
func install(ctx context.Context) error {
	root, err := testbed.Root()
	if err != nil {
		return err
	}
	for _, name := range []string{own, system, tenant} {
		if err := bed.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return err
		}
	}
	roles, err := filepath.Glob(filepath.Join(root, "config/rbac/gateway*.yaml"))
	if err != nil || len(roles) < 3 {
		return fmt.Errorf("looking for the gateway's roles: found %v: %w", roles, err)
	}
	for _, file := range append([]string{filepath.Join(root, "config/crd/bases")}, roles...) {
		if err := kubectl(ctx, "apply", "--server-side", "-f", file); err != nil {
			return err
		}
	}
	return kubectl(ctx, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
}

func kubectl(ctx context.Context, args ...string) error {
	path, err := testbed.Binary("kubectl")
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, path, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+bed.cluster.Kubeconfig)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %v: %w\n%s", args, err, output)
	}
	return nil
}

// fill makes the world that links live in: a store, a library with its two
// buckets, a key for the gateway, signing keys and the manager's heartbeat.
func fill(ctx context.Context) error {
	for name, role := range map[string]store.Role{originals: store.RoleOriginals, vitrineBucket: store.RoleVitrine} {
		if err := bed.files.CreateBucket(ctx, name, store.Mark{Installation: "test", Namespace: tenant, Library: "brand", Role: role}); err != nil {
			return err
		}
	}
	bed.who = store.Identity{Name: store.Name("test", store.SystemNamespace, "Gateway", "gateway"), Path: store.IdentityPath("test", store.SystemNamespace)}
	if _, err := bed.files.Identities.Ensure(ctx, bed.who); err != nil {
		return err
	}
	var err error
	if bed.key, err = bed.files.Identities.IssueKey(ctx, bed.who.Name); err != nil {
		return err
	}
	secret(bed.key.Secret.Reveal(), "the gateway's store key")
	keys := map[string][]byte{}
	for i := range 2 {
		id, key, err := link.NewRingKey(rand.Reader, time.Now().Add(time.Duration(i)*time.Minute))
		if err != nil {
			return err
		}
		keys[id] = key
	}
	objects := []client.Object{
		objectStore("default", bed.store.S3Endpoint), objectStore("dead", "http://127.0.0.1:1"),
		library("brand", originals, "default"), library("lost", "acme-lost", "dead"),
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: own, Name: "signing-keys"}, Data: keys},
		&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "vitrine-manager"},
			Spec: coordinationv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: time.Now()}}},
	}
	for _, name := range []string{"default", "dead"} {
		objects = append(objects, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: own, Name: "store-" + name}, Data: map[string][]byte{
			"AWS_ACCESS_KEY_ID": []byte(bed.key.ID), "AWS_SECRET_ACCESS_KEY": []byte(bed.key.Secret.Reveal()),
		}})
	}
	for _, o := range objects {
		if err := bed.admin.Create(ctx, o); err != nil {
			return fmt.Errorf("declaring %s: %w", o.GetName(), err)
		}
	}
	return nil
}

func objectStore(name, endpoint string) *v1alpha1.ObjectStore {
	return &v1alpha1.ObjectStore{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.ObjectStoreSpec{
		Driver: v1alpha1.DriverIAM, Endpoint: endpoint, Region: bed.store.Region, InstallationID: "test",
		IAM:                  v1alpha1.IAMEndpoint{Endpoint: bed.store.IAMEndpoint},
		CredentialsSecretRef: v1alpha1.SecretReference{Namespace: system, Name: "store-admin"},
		Tenants:              []v1alpha1.Tenant{{Namespaces: []string{tenant}, Buckets: []string{"acme-*"}}},
	}}
}

func library(name, bucket, objectStore string) *v1alpha1.Library {
	return &v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: name}, Spec: v1alpha1.LibrarySpec{
		StoreRef: v1alpha1.LocalReference{Name: objectStore}, Bucket: v1alpha1.Bucket{Name: bucket},
		Links: &v1alpha1.LinkDefaults{Contact: "brand@acme.example"},
	}}
}

// gate is one running gateway.
type gate struct {
	*process.Process
	log          string
	url, metrics string
}

func startGateway(ctx context.Context) error {
	root, err := testbed.Root()
	if err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(bed.dir, "gateway"), "./cmd/gateway")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the gateway: %w\n%s", err, output)
	}
	bed.gate, err = newGate(ctx, "gateway")
	return err
}

// newGate starts the gateway with the rights of its service account and waits until it is ready.
func newGate(ctx context.Context, name string, args ...string) (*gate, error) {
	kubeconfig := filepath.Join(bed.dir, name+".kubeconfig")
	if err := bed.cluster.ServiceAccountKubeconfig(ctx, own, own, kubeconfig); err != nil {
		return nil, err
	}
	visitors, err := freeAddress()
	if err != nil {
		return nil, err
	}
	operators, err := freeAddress()
	if err != nil {
		return nil, err
	}
	g := &gate{log: filepath.Join(bed.dir, name+".log"), url: "http://" + visitors, metrics: "http://" + operators}
	g.Process, err = process.Start(process.Spec{
		Name: name, Path: filepath.Join(bed.dir, "gateway"), Log: g.log, Grace: 20 * time.Second,
		Args: append([]string{"--kubeconfig", kubeconfig, "--bind-address", visitors, "--metrics-bind-address", operators, "--health-probe-bind-address", operators,
			"--external-url", g.url, "--drain-delay=200ms", "--log-level=debug"}, args...),
	})
	if err != nil {
		return nil, err
	}
	return g, g.Ready(ctx, startLimit, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.metrics+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("not ready: %s", response.Status)
		}
		return nil
	})
}

func (g *gate) stop() {
	if g != nil {
		g.Stop()
	}
}

// freeAddress finds a loopback port that nobody uses.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// searchLogs looks through everything that gateways wrote, at the most talkative
// level, for what must not be there.
func searchLogs() int {
	logs, err := filepath.Glob(filepath.Join(bed.dir, "*.log"))
	if err != nil || len(logs) == 0 {
		return complain(fmt.Errorf("looking for the gateway's logs: found %d: %w", len(logs), err))
	}
	code := 0
	for _, name := range logs {
		data, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(data, []byte("serving")) {
			code = max(code, complain(fmt.Errorf("%s is not the gateway's log: %w", filepath.Base(name), err)))
		}
		for text, what := range bed.secrets {
			if strings.Contains(string(data), text) {
				code = max(code, complain(fmt.Errorf("%s holds %s", filepath.Base(name), what)))
			}
		}
	}
	return code
}
