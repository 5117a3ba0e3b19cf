package runner_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/vitrine-dam/vitrine/hack/runner"
	"github.com/vitrine-dam/vitrine/hack/testbed"
)

const namespace = "jobs"

var cluster *testbed.Cluster

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "runner")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cluster, err = testbed.StartCluster(context.Background(), dir, testbed.ClusterOptions{ControllerManager: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = cluster.Stop() }()
	return m.Run()
}

// bed is a namespace of a test's own with a runner in it.
type bed struct {
	t      *testing.T
	client *kubernetes.Clientset
	space  string
	dir    string
}

func newBed(t *testing.T) *bed {
	t.Helper()
	client, err := kubernetes.NewForConfig(cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	space, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: namespace + "-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bed{t: t, client: client, space: space.Name, dir: t.TempDir()}
	r, err := runner.New(cluster.Config, runner.Options{Namespace: b.space, Dir: b.dir, Images: map[string]string{"vitrine-shell": "/bin/sh"}, Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	b.eventually("the namespace has its service account", func() error {
		_, err := client.CoreV1().ServiceAccounts(b.space).Get(t.Context(), "default", metav1.GetOptions{})
		return err
	})
	return b
}

// job makes a Job of that many indexes whose pods run a script.
func (b *bed) job(name, script string, indexes int32, change func(*batchv1.JobSpec)) *batchv1.Job {
	b.t.Helper()
	indexed, off, perIndex := batchv1.IndexedCompletion, false, int32(0)
	spec := batchv1.JobSpec{
		CompletionMode: &indexed, Completions: &indexes, Parallelism: &indexes, BackoffLimitPerIndex: &perIndex,
		Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever, AutomountServiceAccountToken: &off,
			Containers: []corev1.Container{{Name: "shell", Image: "vitrine-shell:v1", Args: []string{"-c", script}, TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError}},
		}},
	}
	if change != nil {
		change(&spec)
	}
	job, err := b.client.BatchV1().Jobs(b.space).Create(b.t.Context(), &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	return job
}

// ended waits until the Job has that condition and returns it.
func (b *bed) ended(name string, condition batchv1.JobConditionType) *batchv1.Job {
	b.t.Helper()
	var job *batchv1.Job
	b.eventually(fmt.Sprintf("Job %s is %s", name, condition), func() (err error) {
		if job, err = b.client.BatchV1().Jobs(b.space).Get(b.t.Context(), name, metav1.GetOptions{}); err != nil {
			return err
		}
		for _, c := range job.Status.Conditions {
			if c.Type == condition && c.Status == corev1.ConditionTrue {
				return nil
			}
		}
		return fmt.Errorf("status %+v", job.Status)
	})
	return job
}

func (b *bed) pods() []corev1.Pod {
	b.t.Helper()
	list, err := b.client.CoreV1().Pods(b.space).List(b.t.Context(), metav1.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	return list.Items
}

func (b *bed) eventually(what string, f func() error) {
	b.t.Helper()
	var last error
	if err := wait.PollUntilContextTimeout(b.t.Context(), 100*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		last = f()
		return last == nil, nil
	}); err != nil {
		b.t.Fatalf("%s: %v: %v", what, err, last)
	}
}

func TestAnIndexedJobCompletes(t *testing.T) {
	b := newBed(t)
	out := t.TempDir()
	b.job("three", `echo "$JOB_COMPLETION_INDEX $0" >`+out+`/$JOB_COMPLETION_INDEX`, 3, func(s *batchv1.JobSpec) {
		c := &s.Template.Spec.Containers[0]
		c.Args = append(c.Args, "index-$(JOB_COMPLETION_INDEX)")
	})
	job := b.ended("three", batchv1.JobComplete)
	if job.Status.Succeeded != 3 || job.Status.CompletedIndexes != "0-2" {
		t.Errorf("status %+v", job.Status)
	}
	for i := range 3 {
		got, err := os.ReadFile(filepath.Join(out, strconv.Itoa(i)))
		if want := fmt.Sprintf("%d index-%d\n", i, i); err != nil || string(got) != want {
			t.Errorf("index %d wrote %q, %v; want %q", i, got, err, want)
		}
	}
	for _, pod := range b.pods() {
		state := pod.Status.ContainerStatuses[0].State.Terminated
		if pod.Status.Phase != corev1.PodSucceeded || state == nil || state.ExitCode != 0 || state.StartedAt.IsZero() || pod.Status.StartTime == nil {
			t.Errorf("pod %s: %+v", pod.Name, pod.Status)
		}
	}
}

func TestAFailingIndexFailsAlone(t *testing.T) {
	b := newBed(t)
	b.job("mixed", `echo poison >&2; test $JOB_COMPLETION_INDEX != 1 || exit 42`, 3, nil)
	job := b.ended("mixed", batchv1.JobFailed)
	if job.Status.CompletedIndexes != "0,2" || job.Status.FailedIndexes == nil || *job.Status.FailedIndexes != "1" {
		t.Errorf("status %+v", job.Status)
	}
	for _, pod := range b.pods() {
		if pod.Status.Phase != corev1.PodFailed {
			continue
		}
		if state := pod.Status.ContainerStatuses[0].State.Terminated; state == nil || state.ExitCode != 42 || state.Message != "poison" {
			t.Errorf("the failed pod says %+v, want exit status 42 and the log's end", state)
		}
	}
}

func TestADeletedJobsProcessEnds(t *testing.T) {
	b := newBed(t)
	pidFile := filepath.Join(t.TempDir(), "pid")
	b.job("endless", `echo $$ >`+pidFile+`; exec /bin/sleep 600`, 1, nil)
	var pid string
	b.eventually("the process runs and its pod says so", func() error {
		data, err := os.ReadFile(pidFile)
		pid = strings.TrimSpace(string(data))
		if err == nil && (pid == "" || b.pods()[0].Status.Phase != corev1.PodRunning) {
			return fmt.Errorf("pid %q, status %+v", pid, b.pods()[0].Status)
		}
		return err
	})
	background := metav1.DeletePropagationBackground
	if err := b.client.BatchV1().Jobs(b.space).Delete(t.Context(), "endless", metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
		t.Fatal(err)
	}
	b.eventually("process and pod are gone", func() error {
		if _, err := os.Stat(filepath.Join("/proc", pid)); err == nil {
			return fmt.Errorf("process %s still runs", pid)
		}
		if n := len(b.pods()); n != 0 {
			return fmt.Errorf("%d pods are left", n)
		}
		return nil
	})
}

func TestVolumesAndEnvironment(t *testing.T) {
	t.Setenv("ACME_TOKEN", "of the parent")
	b := newBed(t)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "manifest"}, StringData: map[string]string{"0.json": "zero", "1.json": "one"}}
	if _, err := b.client.CoreV1().Secrets(b.space).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	b.job("volumes", `
		test -z "$ACME_TOKEN$HOME" || { echo inherited; exit 1; }
		test "$(cat $MANIFEST)" = one || { echo manifest; exit 1; }
		test "$(cat $1)" = zero || { echo argument; exit 1; }
		test "$PLAIN" = "value of $POD" || { echo variables; exit 1; }
		test "$KEY" = zero || { echo secret; exit 1; }
		test "$(stat -c %a "$TMPDIR")" = 700 || { echo mode; exit 1; }
		echo scratch >$TMPDIR/file && echo "$TMPDIR" >`+out, 1, func(s *batchv1.JobSpec) {
		pod := &s.Template.Spec
		pod.Volumes = []corev1.Volume{
			{Name: "manifest", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "manifest"}}},
			{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		}
		c := &pod.Containers[0]
		c.Args = append(c.Args, "script", "/etc/vitrine/0.json")
		c.VolumeMounts = []corev1.VolumeMount{{Name: "manifest", MountPath: "/etc/vitrine"}, {Name: "tmp", MountPath: "/tmp"}}
		c.Env = []corev1.EnvVar{
			{Name: "POD", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
			{Name: "PLAIN", Value: "value of $(POD)"},
			{Name: "MANIFEST", Value: "/etc/vitrine/1.json"},
			{Name: "KEY", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "manifest"}, Key: "0.json"}}},
		}
	})
	b.ended("volumes", batchv1.JobComplete)
	dir, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(strings.TrimSpace(string(dir))); !os.IsNotExist(err) {
		t.Errorf("the volumes are still there after the pod's end: %v", err)
	}
}

func TestWhatIsNotSupportedFailsWithAReason(t *testing.T) {
	b := newBed(t)
	for name, c := range map[string]struct {
		change func(*corev1.PodSpec)
		says   string
	}{
		"a token":          {func(s *corev1.PodSpec) { s.AutomountServiceAccountToken = nil }, "automountServiceAccountToken: false"},
		"an unknown image": {func(s *corev1.PodSpec) { s.Containers[0].Image = "somebody/else:v1" }, "somebody/else:v1"},
		"a missing secret": {func(s *corev1.PodSpec) {
			s.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "absent"}}}}
		}, "absent"},
	} {
		t.Run(name, func(t *testing.T) {
			job := strings.ReplaceAll(name, " ", "-")
			b.job(job, "true", 1, func(s *batchv1.JobSpec) { c.change(&s.Template.Spec) })
			b.ended(job, batchv1.JobFailed)
			for _, pod := range b.pods() {
				if pod.Labels["job-name"] != job {
					continue
				}
				if state := pod.Status.ContainerStatuses[0].State.Terminated; state == nil || !strings.Contains(state.Message, c.says) {
					t.Errorf("the pod says %+v, want a message that names %q", state, c.says)
				}
			}
		})
	}
}

func TestPodsOfOthersAreLeftAlone(t *testing.T) {
	b := newBed(t)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "alone"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "vitrine-shell"}}}}
	if _, err := b.client.CoreV1().Pods(b.space).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	b.job("marker", "true", 1, nil) // when this has run, the other pod was seen too
	b.ended("marker", batchv1.JobComplete)
	got, err := b.client.CoreV1().Pods(b.space).Get(t.Context(), "alone", metav1.GetOptions{})
	if apierrors.IsNotFound(err) || got.Status.Phase != corev1.PodPending {
		t.Errorf("a pod that is no Job's: %+v, %v", got.Status, err)
	}
}
