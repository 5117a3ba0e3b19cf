package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/hack/process"
	"github.com/vitrine-dam/vitrine/hack/testbed"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const (
	systemNamespace = "vitrine-system"
	installation    = "bench"
	// repetitions of a change; the middle one counts.
	repetitions = 9
	// atOnce is how many objects are declared at a time.
	atOnce = 32
)

// change is what one changed binding costs.
type change struct {
	cpu, wall                time.Duration
	folders, bindings, users int
}

// bench is the real parts.
type bench struct {
	cluster *testbed.Cluster
	store   *testbed.ObjectStore
	admin   client.Client
	files   *store.Store
	manager *process.Process
}

// measureChanges brings everything up, declares tenants of these sizes and
// changes a binding in each.
func measureChanges(ctx context.Context, sizes []int) (changes map[int]change, err error) {
	dir, err := os.MkdirTemp("", "vitrine-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{}
	defer func() { err = errors.Join(err, b.stop(), os.RemoveAll(dir)) }()
	if err := b.start(ctx, dir); err != nil {
		return nil, err
	}
	changes = map[int]change{}
	for _, folders := range sizes {
		d := tenantOf(folders)
		namespace := fmt.Sprintf("bench-%d", folders)
		began := time.Now()
		if err := b.declare(ctx, namespace, d); err != nil {
			return nil, fmt.Errorf("declaring a tenant of %d folders: %w", folders, err)
		}
		if err := b.settle(ctx, namespace); err != nil {
			return nil, fmt.Errorf("bringing a tenant of %d folders into force: %w", folders, err)
		}
		fmt.Printf("  a tenant of %d folders is in force after %.0f s\n", folders, time.Since(began).Seconds())
		c, err := b.change(ctx, namespace, d)
		if err != nil {
			return nil, fmt.Errorf("changing a binding among %d folders: %w", folders, err)
		}
		changes[folders] = c
	}
	return changes, nil
}

func (b *bench) start(ctx context.Context, dir string) (err error) {
	if b.cluster, err = testbed.StartCluster(ctx, filepath.Join(dir, "cluster"), testbed.ClusterOptions{}); err != nil {
		return err
	}
	if b.store, err = testbed.StartObjectStore(ctx, filepath.Join(dir, "store"), testbed.ObjectStoreOptions{}); err != nil {
		return err
	}
	root, err := testbed.Root()
	if err != nil {
		return err
	}
	for _, part := range []string{"crd", "namespaces", "rbac"} {
		if err := b.kubectl(ctx, "apply", "--server-side", "-k", filepath.Join(root, "config", part)); err != nil {
			return err
		}
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	if b.admin, err = client.New(b.cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	b.files, err = store.Open(store.Config{
		Driver: store.DriverIAM, Endpoint: b.store.S3Endpoint, Region: b.store.Region, IAMEndpoint: b.store.IAMEndpoint, InstallationID: installation,
		Credentials: store.Credentials{AccessKeyID: b.store.AccessKey, SecretAccessKey: store.Secret(b.store.SecretKey)},
	})
	if err != nil {
		return err
	}
	return b.startManager(ctx, dir)
}

// startManager runs the one beside this program, which was built with the compiler's defaults.
func (b *bench) startManager(ctx context.Context, dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	port, release, err := testbed.FreePort()
	if err != nil {
		return err
	}
	defer release()
	health := "127.0.0.1:" + strconv.Itoa(port)
	kubeconfig := filepath.Join(dir, "manager.kubeconfig")
	if err := b.cluster.ServiceAccountKubeconfig(ctx, systemNamespace, "vitrine-manager", kubeconfig); err != nil {
		return err
	}
	b.manager, err = process.Start(process.Spec{
		Name: "manager", Path: filepath.Join(filepath.Dir(self), "manager"), Log: filepath.Join(dir, "manager.log"), Env: []string{"KUBECONFIG=" + kubeconfig},
		Args: []string{
			"--system-namespace=" + systemNamespace, "--gateway-namespace=vitrine-gateway", "--jobs-namespace=vitrine-jobs",
			"--external-url=https://share.example.org", "--transform-image=vitrine-transform:bench",
			"--metrics-bind-address=0", "--health-probe-bind-address=" + health,
		},
	})
	if err != nil {
		return err
	}
	return b.manager.Ready(ctx, time.Minute, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+health+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return errors.New(response.Status)
		}
		return nil
	})
}

func (b *bench) stop() error {
	var errs []error
	if b.manager != nil {
		b.manager.Stop()
	}
	if b.files != nil {
		b.files.Close()
	}
	if b.store != nil {
		errs = append(errs, b.store.Stop())
	}
	if b.cluster != nil {
		errs = append(errs, b.cluster.Stop())
	}
	return errors.Join(errs...)
}

func (b *bench) kubectl(ctx context.Context, args ...string) error {
	program, err := testbed.Binary("kubectl")
	if err != nil {
		return err
	}
	//nolint:gosec // the program is the one that was built for this
	output, err := exec.CommandContext(ctx, program, append([]string{"--kubeconfig", b.cluster.Kubeconfig}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", args[0], err, bytes.TrimSpace(output))
	}
	return nil
}

// declare creates an ObjectStore for the namespace alone, and everything in it.
func (b *bench) declare(ctx context.Context, namespace string, d access.Declarations) error {
	objects := []client.Object{
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
	}
	for _, o := range objects {
		if err := b.admin.Create(ctx, o); err != nil {
			return err
		}
	}
	var all []client.Object
	for i := range d.Libraries {
		d.Libraries[i].Spec.StoreRef.Name = namespace
		d.Libraries[i].Spec.Bucket.Management = v1alpha1.BucketCreate
		all = append(all, &d.Libraries[i])
	}
	all = slices.Concat(all, pointers(d.Folders), pointers(d.Users), pointers(d.UserGroups), pointers(d.RoleBindings))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, o := range all {
		group.Go(func() error {
			copied := o.DeepCopyObject().(client.Object)
			copied.SetNamespace(namespace)
			return b.admin.Create(ctx, copied)
		})
	}
	return group.Wait()
}

func pointers[T any, P interface {
	*T
	client.Object
}](items []T) []client.Object {
	all := make([]client.Object, 0, len(items))
	for i := range items {
		all = append(all, P(&items[i]))
	}
	return all
}

// settle waits until everything is Ready, so that no work of bringing the tenant up is counted as a change's.
func (b *bench) settle(ctx context.Context, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	kinds := []string{"RoleBinding", "Library", "User", "UserGroup", "Folder"}
	for {
		waits, err := b.unready(ctx, namespace, kinds[0])
		if err != nil {
			return err
		}
		if waits == 0 {
			if kinds = kinds[1:]; len(kinds) == 0 {
				return nil
			}
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of kind %s are not Ready: %w", waits, kinds[0], ctx.Err())
		case <-tick.C:
		}
	}
}

// unready counts what is not Ready of a kind.
func (b *bench) unready(ctx context.Context, namespace, kind string) (waits int, err error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	if err := b.admin.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return 0, err
	}
	for _, item := range list.Items {
		ready := false
		conditions, _, _ := unstructured.NestedSlice(item.Object, "status", "conditions")
		for _, c := range conditions {
			condition, _ := c.(map[string]any)
			ready = ready || condition["type"] == v1alpha1.ConditionReady && condition["status"] == string(metav1.ConditionTrue)
		}
		if !ready {
			waits++
		}
	}
	return waits, nil
}

// change lets a binding reach one folder more and less again, and measures from
// the declaration until the store's policy has it.
func (b *bench) change(ctx context.Context, namespace string, d access.Declarations) (change, error) {
	folder := d.Folders[len(d.Folders)-1]
	place := string(folder.Spec.Path) + "/"
	var bucket string
	for _, l := range d.Libraries {
		if l.Name == folder.Spec.LibraryRef.Name {
			bucket = l.Spec.Bucket.Name
		}
	}
	extra := v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: folder.Name}
	binding := &v1alpha1.RoleBinding{}
	key := types.NamespacedName{Namespace: namespace, Name: d.RoleBindings[0].Name}
	var spent, took []time.Duration
	for i := range repetitions {
		if err := b.admin.Get(ctx, key, binding); err != nil {
			return change{}, err
		}
		want, was := i%2 == 0, binding.DeepCopy()
		binding.Spec.Targets = slices.DeleteFunc(binding.Spec.Targets, func(t v1alpha1.Target) bool { return t == extra })
		if want {
			binding.Spec.Targets = append(binding.Spec.Targets, extra)
		}
		before, err := cpuOf(b.manager.PID())
		if err != nil {
			return change{}, err
		}
		began := time.Now()
		if err := b.admin.Patch(ctx, binding, client.MergeFrom(was)); err != nil {
			return change{}, err
		}
		if err := b.until(ctx, bucket, place, want); err != nil {
			return change{}, err
		}
		took = append(took, time.Since(began))
		after, err := cpuOf(b.manager.PID())
		if err != nil {
			return change{}, err
		}
		spent = append(spent, after-before)
	}
	slices.Sort(spent)
	slices.Sort(took)
	return change{
		cpu: spent[len(spent)/2], wall: took[len(took)/2],
		folders: len(d.Folders), bindings: len(d.RoleBindings), users: len(d.Users),
	}, nil
}

func (b *bench) until(ctx context.Context, bucket, place string, want bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		document, err := b.files.BucketPolicy(ctx, bucket)
		if err != nil {
			return err
		}
		if bytes.Contains(document, []byte("/"+place+"*")) == want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the policy of %s does not follow: %w", bucket, ctx.Err())
		case <-tick.C:
		}
	}
}

// cpuOf is what another process has used, in steps of a hundredth of a second:
// see proc(5), the 14th and 15th field of stat, in clock ticks.
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, errUser := strconv.Atoi(fields[11])
	system, errSystem := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(errUser, errSystem)
}
