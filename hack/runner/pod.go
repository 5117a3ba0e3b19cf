package runner

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/hack/process"
)

// Exit statuses as shells and kubelets give them.
const exitCannotStart = 128

// reportLimit bounds one report; the runner's own end must not cut a report off.
const reportLimit = 15 * time.Second

// messageBytes is how much of a failed container's log Kubernetes keeps as its message.
const messageBytes = 2048

// outcome is how a container ended.
type outcome struct {
	code            int32
	reason, message string
	started, ended  metav1.Time
}

// runPod runs one pod to its end and reports it.
func (r *Runner) runPod(ctx context.Context, pod *corev1.Pod) {
	log := r.Log.With("pod", pod.Name)
	started := metav1.Now()
	end := outcome{code: exitCannotStart, reason: "CannotRun", started: started}
	child, err := r.launch(ctx, pod)
	if err == nil {
		log.Info("pod runs", "pid", child.PID())
		r.report(ctx, pod, runningStatus(pod, started))
		select {
		case <-child.Done():
		case <-ctx.Done():
			child.Stop()
		}
		child.Kill() // what the program may have left behind
		end.code, end.reason = int32(child.ExitCode()), "Completed"
		if end.code != 0 {
			end.reason = "Error"
			if pod.Spec.Containers[0].TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError {
				end.message = process.Tail(r.logFile(pod), messageBytes)
			}
		}
	} else {
		end.message = err.Error()
	}
	end.ended = metav1.Now()
	log.Info("pod ended", "code", end.code, "reason", end.reason, "stopped", context.Cause(ctx))
	if err := os.RemoveAll(r.volumeDir(pod)); err != nil {
		log.Error("removing the pod's volumes failed", "error", err)
	}
	r.report(ctx, pod, endedStatus(pod, end))
}

// launch prepares the pod's volumes and starts its program.
func (r *Runner) launch(ctx context.Context, pod *corev1.Pod) (*process.Process, error) {
	if err := supported(pod); err != nil {
		return nil, err
	}
	container := &pod.Spec.Containers[0]
	mounts, err := r.mount(ctx, pod)
	if err != nil {
		return nil, err
	}
	env, err := r.environment(ctx, pod, mounts)
	if err != nil {
		return nil, err
	}
	argv, err := commandLine(container, r.Images, env, mounts)
	if err != nil {
		return nil, err
	}
	dir := r.volumeDir(pod)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the pod's folder: %w", err)
	}
	return process.Start(process.Spec{
		Name: pod.Name, Path: argv[0], Args: argv[1:], Dir: dir, Log: r.logFile(pod), Grace: 2 * time.Second,
		Env: append([]string{"PATH=" + os.Getenv("PATH")}, env.list()...),
	})
}

// supported refuses what this stand-in would otherwise silently leave out.
func supported(pod *corev1.Pod) error {
	spec := &pod.Spec
	switch {
	case len(spec.Containers) != 1 || len(spec.InitContainers) != 0:
		return fmt.Errorf("the local runner runs one container and no init containers; this pod has %d and %d", len(spec.Containers), len(spec.InitContainers))
	case spec.RestartPolicy != corev1.RestartPolicyNever:
		return fmt.Errorf("the local runner restarts nothing; set restartPolicy: Never, not %s", spec.RestartPolicy)
	case len(spec.Containers[0].EnvFrom) != 0:
		return fmt.Errorf("the local runner knows no envFrom")
	}
	return nil
}

func (r *Runner) volumeDir(pod *corev1.Pod) string { return filepath.Join(r.Dir, string(pod.UID)) }

func (r *Runner) logFile(pod *corev1.Pod) string { return filepath.Join(r.Dir, pod.Name+".log") }

// report writes a pod's status, on top of what the Job controller or others changed
// meanwhile. A pod that is gone needs no report.
func (r *Runner) report(ctx context.Context, pod *corev1.Pod, status corev1.PodStatus) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportLimit)
	defer cancel()
	pods := r.client.CoreV1().Pods(r.Namespace)
	for {
		now, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
		if err == nil && now.UID == pod.UID {
			status.QOSClass = now.Status.QOSClass // set at creation, immutable
			now.Status = status
			_, err = pods.UpdateStatus(ctx, now, metav1.UpdateOptions{})
		}
		if err == nil || apierrors.IsNotFound(err) {
			return
		}
		if !apierrors.IsConflict(err) {
			r.Log.Error("reporting a pod failed", "pod", pod.Name, "phase", status.Phase, "error", err)
			return
		}
	}
}

func runningStatus(pod *corev1.Pod, started metav1.Time) corev1.PodStatus {
	return status(pod, corev1.PodRunning, started, corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}})
}

func endedStatus(pod *corev1.Pod, o outcome) corev1.PodStatus {
	phase := corev1.PodSucceeded
	if o.code != 0 {
		phase = corev1.PodFailed
	}
	return status(pod, phase, o.started, corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: o.code, Reason: o.reason, Message: o.message, StartedAt: o.started, FinishedAt: o.ended,
	}})
}

func status(pod *corev1.Pod, phase corev1.PodPhase, started metav1.Time, state corev1.ContainerState) corev1.PodStatus {
	ready := corev1.ConditionFalse
	if phase == corev1.PodRunning {
		ready = corev1.ConditionTrue
	}
	isReady := ready == corev1.ConditionTrue
	s := corev1.PodStatus{
		Phase: phase, StartTime: &started, HostIP: "127.0.0.1", PodIP: "127.0.0.1",
		Conditions: []corev1.PodCondition{
			{Type: corev1.PodInitialized, Status: corev1.ConditionTrue, LastTransitionTime: started},
			{Type: corev1.PodReady, Status: ready, LastTransitionTime: metav1.Now()},
		},
	}
	for _, c := range pod.Spec.Containers {
		s.ContainerStatuses = append(s.ContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, ImageID: c.Image, Ready: isReady, Started: &isReady, State: state,
		})
	}
	return s
}
