package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/client-go/rest"

	"github.com/vitrine-dam/vitrine/hack/process"
)

// ClusterOptions choose the parts of a cluster.
type ClusterOptions struct {
	// ControllerManager starts kube-controller-manager too: owner references are then
	// collected, namespaces end, Jobs make pods (which hack/runner can run).
	ControllerManager bool
	// ServiceAccountIssuer is the https URL that the API server issues tokens as; empty for its
	// own address. Others read the keys below it: see Cluster.Discovery.
	ServiceAccountIssuer string
}

// Cluster is a running API server, with what belongs to it.
type Cluster struct {
	// Config is the cluster administrator's, without client-side throttling.
	Config *rest.Config
	// Kubeconfig is the path of the same as a file, for kubectl.
	Kubeconfig string

	dir       string
	ports     ports
	authority *authority
	etcdURL   string
	etcd      *process.Process
	apiserver *process.Process
	manager   *process.Process // nil when not started
	issuer    string
}

// startLimit is generous, since several suites share two cores in a full test run; a
// part that has failed is noticed at once by its exit.
const startLimit = 2 * time.Minute

// StartCluster starts etcd, kube-apiserver and, when asked, kube-controller-manager,
// and returns when they answer. All files go below dir; logs are dir/*.log.
func StartCluster(ctx context.Context, dir string, o ClusterOptions) (*Cluster, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("naming the cluster's folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the cluster's folder: %w", err)
	}
	c := &Cluster{dir: dir, issuer: o.ServiceAccountIssuer}
	steps := []func(context.Context) error{c.startEtcd, c.startAPIServer}
	if o.ControllerManager {
		steps = append(steps, c.RestartControllerManager)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, c.Stop())
		}
	}
	return c, nil
}

// Stop ends every part, the last started first, and returns when they are gone.
// Stopping twice does nothing.
func (c *Cluster) Stop() error {
	c.manager.Stop()
	c.apiserver.Stop()
	c.etcd.Stop()
	c.manager, c.apiserver, c.etcd = nil, nil, nil
	c.ports.release()
	return nil
}

// RestartControllerManager stops kube-controller-manager if it runs and starts it. The
// garbage collector learns of new kinds by discovery at its start, or up to 30 s later:
// start it after the CustomResourceDefinitions where that matters.
func (c *Cluster) RestartControllerManager(ctx context.Context) error {
	c.StopControllerManager()
	program, err := Binary("kube-controller-manager")
	if err != nil {
		return err
	}
	port, err := c.ports.reserve()
	if err != nil {
		return err
	}
	c.manager, err = process.Start(process.Spec{
		Name: "kube-controller-manager", Path: program, Log: filepath.Join(c.dir, "kube-controller-manager.log"),
		Grace: 2 * time.Second,
		Args: []string{
			"--kubeconfig=" + c.Kubeconfig,
			"--controllers=*,-node-ipam-controller,-node-lifecycle-controller,-taint-eviction-controller,-device-taint-eviction-controller",
			"--leader-elect=false",
			"--bind-address=127.0.0.1",
			"--secure-port=" + strconv.Itoa(port),
			"--tls-cert-file=" + c.file("server.crt"),
			"--tls-private-key-file=" + c.file("server.key"),
			"--root-ca-file=" + c.file("ca.crt"),
			"--service-account-private-key-file=" + c.file("service-accounts.key"),
			"--kube-api-qps=500", "--kube-api-burst=1000",
		},
	})
	if err != nil {
		return err
	}
	client, err := c.plainClient()
	if err != nil {
		return err
	}
	return c.manager.Ready(ctx, startLimit, func(ctx context.Context) error {
		return get(ctx, client, "https://"+address(port)+"/healthz")
	})
}

// StopControllerManager ends kube-controller-manager if it runs.
func (c *Cluster) StopControllerManager() {
	c.manager.Stop()
	c.manager = nil
}

func (c *Cluster) startEtcd(ctx context.Context) error {
	program, err := Binary("etcd")
	if err != nil {
		return err
	}
	client, err := c.ports.reserve()
	if err != nil {
		return err
	}
	peer, err := c.ports.reserve()
	if err != nil {
		return err
	}
	c.etcdURL = "http://" + address(client)
	peerURL := "http://" + address(peer)
	c.etcd, err = process.Start(process.Spec{
		Name: "etcd", Path: program, Log: filepath.Join(c.dir, "etcd.log"),
		Args: []string{
			"--data-dir=" + c.file("etcd"),
			"--listen-client-urls=" + c.etcdURL, "--advertise-client-urls=" + c.etcdURL,
			"--listen-peer-urls=" + peerURL, "--initial-advertise-peer-urls=" + peerURL, "--initial-cluster=default=" + peerURL,
			"--unsafe-no-fsync", "--log-level=warn",
		},
	})
	if err != nil {
		return err
	}
	return c.etcd.Ready(ctx, startLimit, func(ctx context.Context) error {
		return get(ctx, http.DefaultClient, c.etcdURL+"/health")
	})
}

func (c *Cluster) startAPIServer(ctx context.Context) error {
	program, err := Binary("kube-apiserver")
	if err != nil {
		return err
	}
	port, err := c.ports.reserve()
	if err != nil {
		return err
	}
	if err := c.writeIdentities("https://" + address(port)); err != nil {
		return err
	}
	issuer := c.issuer
	if issuer == "" {
		issuer = "https://" + address(port)
	}
	c.apiserver, err = process.Start(process.Spec{
		Name: "kube-apiserver", Path: program, Log: filepath.Join(c.dir, "kube-apiserver.log"),
		// Open watches hold a polite shutdown up; nothing of a test bed needs one.
		Grace: time.Second,
		Args: []string{
			"--etcd-servers=" + c.etcdURL,
			"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
			"--secure-port=" + strconv.Itoa(port),
			"--tls-cert-file=" + c.file("server.crt"), "--tls-private-key-file=" + c.file("server.key"),
			"--cert-dir=" + c.dir,
			"--client-ca-file=" + c.file("ca.crt"),
			"--service-account-issuer=" + issuer,
			"--service-account-jwks-uri=" + issuer + "/openid/v1/jwks",
			"--service-account-key-file=" + c.file("service-accounts.key"),
			"--service-account-signing-key-file=" + c.file("service-accounts.key"),
			"--authorization-mode=Node,RBAC",
			"--service-cluster-ip-range=10.96.0.0/16",
			"--allow-privileged=true",
		},
	})
	if err != nil {
		return err
	}
	client, err := c.plainClient()
	if err != nil {
		return err
	}
	return c.apiserver.Ready(ctx, startLimit, func(ctx context.Context) error {
		return get(ctx, client, c.Config.Host+"/readyz")
	})
}

func (c *Cluster) file(name string) string { return filepath.Join(c.dir, name) }

// plainClient speaks to the cluster's own programs, as its administrator.
func (c *Cluster) plainClient() (*http.Client, error) {
	client, err := rest.HTTPClientFor(c.Config)
	if err != nil {
		return nil, fmt.Errorf("making a client of the cluster: %w", err)
	}
	return client, nil
}

// get asks a health address once; anything but 200 is an error with the answer's text.
func get(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("asking %s: %s: %s", url, response.Status, body)
	}
	return nil
}
