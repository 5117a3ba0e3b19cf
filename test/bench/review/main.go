// Command review measures how long a person waits for an answer of kubectl dam about a tenant of 10,000 bindings: the
// whole command, as it is installed, from its start to its end, on files and on a real API server. There is
// no peer that does this, so the peer of a figure is its limit, in seconds of wall time.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/test/bench/figure"
)

const (
	// limit of an answer.
	limit = time.Second
	// repetitions of a question; the middle one counts.
	repetitions = 5
	// atOnce is how many objects are declared at a time.
	atOnce = 32
)

// isAnswer are the exit codes beside 0 by which commands answer.
var isAnswer = map[string]int{"can-i": 1, "lint": 2, "diff": 3}

// questions by the names of their figures.
var questions = [][]string{
	{"who-can", "download", "folder/f0007"}, {"can-i", "download", "folder/f0007", "--as", "u091"}, {"explain", "u091", "folder/f0007"},
	{"access", "u091"}, {"roles"}, {"audit"}, {"lint"}, {"users"},
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	log.SetLogger(logr.Discard())
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench-review:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "vitrine-bench-review-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files := filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		return err
	}
	objects := tenant()
	if err := write(files, objects); err != nil {
		return err
	}
	for _, question := range questions {
		if err := measure(ctx, "files", question, "-f", files); err != nil {
			return err
		}
	}
	base := filepath.Join(dir, "base")
	if err := os.Mkdir(base, 0o700); err != nil {
		return err
	}
	// One binding in a hundred is new.
	if err := write(base, slices.DeleteFunc(slices.Clone(objects), func(o client.Object) bool { return o.GetName()[0] == 'b' && strings.HasSuffix(o.GetName(), "00") })); err != nil {
		return err
	}
	if err := measure(ctx, "files", []string{"diff", "--base", base, "--head", files}); err != nil {
		return err
	}
	cluster, err := testbed.StartCluster(ctx, filepath.Join(dir, "cluster"), testbed.ClusterOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	if err := declare(ctx, cluster, objects); err != nil {
		return err
	}
	for _, question := range append(slices.Clone(questions), []string{"diff", "--base", "cluster", "--head", files}) {
		if err := measure(ctx, "cluster", question, "--kubeconfig", cluster.Kubeconfig, "-n", namespace); err != nil {
			return err
		}
	}
	return nil
}

// spent is what one answer cost.
type spent struct{ wall, cpu time.Duration }

// measure asks a question several times, by the program beside this one, and prints the middle figure.
func measure(ctx context.Context, from string, question []string, more ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var all []spent
	for range repetitions {
		//nolint:gosec // the program is the one that was built for this
		c := exec.CommandContext(ctx, filepath.Join(filepath.Dir(self), "kubectl-dam"), append(slices.Clone(question), more...)...)
		began := time.Now()
		output, err := c.CombinedOutput()
		took := time.Since(began)
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != isAnswer[question[0]]) {
			return fmt.Errorf("asking %s: %w: %.500s", strings.Join(question, " "), err, output)
		}
		all = append(all, spent{took, c.ProcessState.UserTime() + c.ProcessState.SystemTime()})
	}
	slices.SortFunc(all, func(a, b spent) int { return int(a.wall - b.wall) })
	middle := all[len(all)/2]
	figure.Figure{Name: "review-" + question[0] + "-" + from, Ours: middle.wall.Seconds(), Peer: limit.Seconds(), Unit: "s", Decimals: 3}.Print()
	fmt.Printf("  %.3f s of CPU; %d bindings, %d folders, %d users\n", middle.cpu.Seconds(), bindings, folders, users)
	return nil
}

// declare creates everything in a cluster.
func declare(ctx context.Context, cluster *testbed.Cluster, objects []client.Object) error {
	root, err := testbed.Root()
	if err != nil {
		return err
	}
	kubectl, err := testbed.Binary("kubectl")
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"apply", "--server-side", "-f", filepath.Join(root, "config/crd/bases")},
		{"wait", "--for=condition=Established", "--timeout=60s", "-f", filepath.Join(root, "config/crd/bases")},
	} {
		//nolint:gosec // the program is the test bed's
		if output, err := exec.CommandContext(ctx, kubectl, append([]string{"--kubeconfig", cluster.Kubeconfig}, args...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("kubectl %s: %w: %s", args[0], err, output)
		}
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	config := rest.CopyConfig(cluster.Config)
	config.QPS = -1
	admin, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	if err := admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		return err
	}
	declaring, ctx := errgroup.WithContext(ctx)
	declaring.SetLimit(atOnce)
	for _, o := range objects {
		declaring.Go(func() error { return admin.Create(ctx, o) })
	}
	return declaring.Wait()
}
