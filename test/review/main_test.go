// Package review runs the plugin as people do, by kubectl, against a real API server,
// and compares what it says with what it says about the same declarations in files.
package review

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/vitrine-dam/vitrine/hack/testbed"
)

// bed is what all tests here share.
var bed struct {
	cluster *testbed.Cluster
	root    string
	dir     string
	// path is a PATH on which kubectl finds the plugin.
	path string
	// kubectl is the program.
	kubectl string
	// unknown is what the plugin said before Vitrine's kinds were installed.
	unknown said
}

// said is what a command line came to.
type said struct {
	out, complaints string
	code            int
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "vitrine-review-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	bed.dir = dir
	if bed.cluster, err = testbed.StartCluster(ctx, dir, testbed.ClusterOptions{}); err != nil {
		fmt.Fprintln(os.Stderr, err, "\nlogs are in", dir)
		return 1
	}
	defer func() {
		if err := errors.Join(bed.cluster.Stop(), os.RemoveAll(dir)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	if err := prepare(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// prepare builds the plugin, installs the kinds and declares the tenant.
func prepare(ctx context.Context) error {
	var err error
	if bed.root, err = testbed.Root(); err != nil {
		return err
	}
	if bed.kubectl, err = testbed.Binary("kubectl"); err != nil {
		return err
	}
	bin := filepath.Join(bed.dir, "bin")
	bed.path = bin + string(os.PathListSeparator) + os.Getenv("PATH")
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(bin, "kubectl-dam"), "./cmd/kubectl-dam")
	build.Dir, build.Env = bed.root, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the plugin without cgo: %w\n%s", err, text)
	}
	if bed.unknown, err = kubectl(ctx, bed.cluster.Kubeconfig, "dam", "roles", "-n", "default"); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"apply", "--server-side", "-f", "config/crd/bases"},
		{"wait", "--for=condition=Established", "--timeout=60s", "-f", "config/crd/bases"},
		{"apply", "-f", "config/rbac/tenant-roles.yaml"},
		{"create", "namespace", "vitrine-system"},
		{"apply", "-k", "config/admission"},
		{"create", "namespace", tenant},
		{"apply", "-R", "-f", files},
	} {
		s, err := kubectl(ctx, bed.cluster.Kubeconfig, args...)
		if err != nil || s.code != 0 {
			return fmt.Errorf("kubectl %q: %w\n%s%s", args, err, s.out, s.complaints)
		}
	}
	return nil
}

// kubectl runs kubectl from the root of the checkout, with the plugin to be found.
func kubectl(ctx context.Context, kubeconfig string, args ...string) (said, error) {
	return kubectlWith(ctx, nil, kubeconfig, args...)
}

// kubectlWith runs kubectl with something on its stdin.
func kubectlWith(ctx context.Context, stdin io.Reader, kubeconfig string, args ...string) (said, error) {
	var out, complaints bytes.Buffer
	c := exec.CommandContext(ctx, bed.kubectl, args...)
	c.Dir, c.Stdin, c.Stdout, c.Stderr = bed.root, stdin, &out, &complaints
	c.Env = append(os.Environ(), "PATH="+bed.path, "KUBECONFIG="+kubeconfig, "HOME="+bed.dir)
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return said{}, fmt.Errorf("running kubectl: %w", err)
	}
	return said{out.String(), complaints.String(), c.ProcessState.ExitCode()}, nil
}

// ask runs the plugin by kubectl.
func ask(t *testing.T, kubeconfig string, args ...string) said {
	t.Helper()
	s, err := kubectl(t.Context(), kubeconfig, append([]string{"dam"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// admin runs kubectl as the administrator, and fails the test when it fails.
func admin(t *testing.T, args ...string) string {
	t.Helper()
	s, err := kubectl(t.Context(), bed.cluster.Kubeconfig, args...)
	if err != nil || s.code != 0 {
		t.Fatalf("kubectl %q: %v\n%s", args, err, s.complaints)
	}
	return s.out
}

// kubeconfig writes a kubeconfig that differs from the administrator's.
func kubeconfig(t *testing.T, change func(*clientcmdapi.Cluster, *clientcmdapi.AuthInfo)) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(bed.cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, cluster := range config.Clusters {
		for _, user := range config.AuthInfos {
			change(cluster, user)
		}
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}
