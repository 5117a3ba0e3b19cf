package testbed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/vitrine-dam/vitrine/hack/testbed"
)

func client(t *testing.T, config *rest.Config) *kubernetes.Clientset {
	t.Helper()
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func startCluster(t *testing.T, o testbed.ClusterOptions) *testbed.Cluster {
	t.Helper()
	cluster, err := testbed.StartCluster(t.Context(), t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

func TestCluster(t *testing.T) {
	cluster := startCluster(t, testbed.ClusterOptions{})
	ctx := t.Context()
	admin := client(t, cluster.Config)

	t.Run("a person is judged by their own rights", func(t *testing.T) {
		alice := client(t, cluster.UserConfig("alice", "acme:staff"))
		who, err := alice.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := who.Status.UserInfo; got.Username != "alice" || !strings.Contains(strings.Join(got.Groups, " "), "acme:staff") {
			t.Errorf("the API server takes the person for %+v", got)
		}
		if _, err := alice.CoreV1().Secrets("default").List(ctx, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
			t.Errorf("a person without a binding lists Secrets: %v", err)
		}
	})

	t.Run("a service account's kubeconfig carries its own token", func(t *testing.T) {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "worker"}}
		if _, err := admin.CoreV1().ServiceAccounts("default").Create(ctx, account, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "worker.kubeconfig")
		if err := cluster.ServiceAccountKubeconfig(ctx, "default", "worker", path); err != nil {
			t.Fatal(err)
		}
		config, err := clientcmd.BuildConfigFromFlags("", path)
		if err != nil {
			t.Fatal(err)
		}
		who, err := client(t, config).AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := who.Status.UserInfo.Username, "system:serviceaccount:default:worker"; got != want {
			t.Errorf("the API server takes the program for %q, want %q", got, want)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the kubeconfig with a token has mode %v", info.Mode())
		}
	})

	t.Run("a dump of etcd holds every value, over several pages", func(t *testing.T) {
		const objects = 600 // more than one page
		for i := range objects {
			m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("page-%d", i)}, Data: map[string]string{"k": fmt.Sprintf("needle-%d.", i)}}
			if _, err := admin.CoreV1().ConfigMaps("default").Create(ctx, m, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"}, StringData: map[string]string{"k": "haystack-secret"}}
		if _, err := admin.CoreV1().Secrets("default").Create(ctx, secret, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		dump, err := cluster.EtcdDump(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range objects {
			if n := bytes.Count(dump, fmt.Appendf(nil, "needle-%d.", i)); n != 1 {
				t.Fatalf("value %d stands %d times in the dump", i, n)
			}
		}
		if !bytes.Contains(dump, []byte("haystack-secret")) {
			t.Error("the bytes of a Secret are not in the dump, so a search for leaks would find nothing")
		}
	})

	t.Run("kubectl works with the kubeconfig", func(t *testing.T) {
		kubectl, err := testbed.Binary("kubectl")
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(ctx, kubectl, "--kubeconfig", cluster.Kubeconfig, "get", "namespace", "default", "-o", "name").CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "namespace/default" {
			t.Errorf("kubectl: %v: %s", err, out)
		}
	})
}

func TestControllerManager(t *testing.T) {
	cluster := startCluster(t, testbed.ClusterOptions{ControllerManager: true})
	ctx := t.Context()
	admin := client(t, cluster.Config)
	if err := cluster.RestartControllerManager(ctx); err != nil {
		t.Fatal(err)
	}
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "acme"}}
	if _, err := admin.CoreV1().Namespaces().Create(ctx, space, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the default service account appears", func() error {
		_, err := admin.CoreV1().ServiceAccounts("acme").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "j"}, Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "c", Image: "none"}},
	}}}}
	if _, err := admin.BatchV1().Jobs("acme").Create(ctx, job, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the Job has a pod", func() error {
		pods, err := admin.CoreV1().Pods("acme").List(ctx, metav1.ListOptions{})
		if err == nil && len(pods.Items) != 1 {
			return fmt.Errorf("%d pods", len(pods.Items))
		}
		return err
	})
	if err := admin.CoreV1().Namespaces().Delete(ctx, "acme", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the namespace ends", func() error {
		if _, err := admin.CoreV1().Namespaces().Get(ctx, "acme", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("still there: %w", err)
		}
		return nil
	})
}

func TestObjectStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30)) // longer than a socket's path may be
	store, err := testbed.StartObjectStore(t.Context(), dir, testbed.ObjectStoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Stop(); err != nil {
			t.Error(err)
		}
	})
	keepsVersions(t, store.S3Endpoint, store.Region, store.AccessKey, store.SecretKey)
	for _, text := range []string{store.String(), fmt.Sprintf("%v %+v %#v", store, store, store)} {
		if strings.Contains(text, store.SecretKey) {
			t.Errorf("the key can be printed: %s", text)
		}
	}
}

func TestMinIOKeepsVersions(t *testing.T) {
	store, err := testbed.StartMinIO(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Stop(); err != nil {
			t.Error(err)
		}
	})
	keepsVersions(t, store.Endpoint, store.Region, store.AccessKey, store.SecretKey)
	for _, text := range []string{store.String(), fmt.Sprintf("%v %+v %#v", store, store, store)} {
		if strings.Contains(text, store.SecretKey) {
			t.Errorf("the key can be printed: %s", text)
		}
	}
}

func keepsVersions(t *testing.T, endpoint, region, id, secret string) {
	t.Helper()
	s3, err := minio.New(strings.TrimPrefix(endpoint, "http://"), &minio.Options{Creds: credentials.NewStaticV4(id, secret, ""), Region: region})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if err := s3.MakeBucket(ctx, "acme-brand", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s3.EnableVersioning(ctx, "acme-brand"); err != nil {
		t.Fatal(err)
	}
	versions := map[string]bool{}
	for _, body := range []string{"one", "two"} {
		put, err := s3.PutObject(ctx, "acme-brand", "launch/a.txt", strings.NewReader(body), int64(len(body)), minio.PutObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		versions[put.VersionID] = true
	}
	if len(versions) != 2 || versions[""] {
		t.Errorf("two puts of one key gave the versions %v", versions)
	}
}

func TestStopEndsEverything(t *testing.T) {
	cluster, err := testbed.StartCluster(t.Context(), t.TempDir(), testbed.ClusterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := cluster.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Stop(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, cluster.Config.Host, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
		t.Error("the API server still answers")
	}
}

func TestBinary(t *testing.T) {
	empty := t.TempDir()
	program := func(dir, name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	assets, bin := t.TempDir(), t.TempDir()
	for _, dir := range []string{assets, bin} {
		program(dir, "etcd")
		program(dir, "kubectl")
	}
	for name, c := range map[string]struct {
		assets, bin, program string
		want                 string // path, or
		says                 string // part of the error
	}{
		"the assets folder wins for the API server's programs":             {assets: assets, bin: bin, program: "etcd", want: filepath.Join(assets, "etcd")},
		"the assets folder is not asked for other programs":                {assets: assets, bin: bin, program: "kubectl", want: filepath.Join(bin, "kubectl")},
		"a set assets folder without the program is an error":              {assets: empty, bin: bin, program: "etcd", says: "KUBEBUILDER_ASSETS"},
		"a missing tool names the target that builds it":                   {bin: empty, program: "versitygw", says: "make tools"},
		"a missing program of the product names the target that builds it": {bin: empty, program: "manager", says: "make build"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBEBUILDER_ASSETS", c.assets)
			t.Setenv("VITRINE_BIN", c.bin)
			got, err := testbed.Binary(c.program)
			if c.says != "" {
				if !errors.Is(err, testbed.ErrNoBinary) || !strings.Contains(err.Error(), c.says) {
					t.Fatalf("got %q, %v; want an error that says %q", got, err, c.says)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestFreePortsDiffer(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		port, release, err := testbed.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		if seen[port] {
			t.Fatalf("port %d was given twice while reserved", port)
		}
		seen[port] = true
	}
}

// eventually polls for up to 30 s until f gives no error.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) {
		last = f()
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%s: %v: %v", what, err, last)
	}
}
