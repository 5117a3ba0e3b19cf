package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// Options say what to run where.
type Options struct {
	// Namespace is the one whose Jobs' pods are run.
	Namespace string
	// Images maps an image's name, without tag or digest, to the path of the local
	// program that stands for its entrypoint.
	Images map[string]string
	// Dir holds the volumes of running pods and the log of every pod, NAME.log. It must
	// be the runner's own.
	Dir string
	// Parallel is how many pods run at a time; 0 means one per core.
	Parallel int
	// Log says what starts and ends; nil means silence.
	Log *slog.Logger
}

// Runner runs pods until its context ends.
type Runner struct {
	Options
	client kubernetes.Interface
	slots  chan struct{}

	mu sync.Mutex
	// known pods stay until they are deleted, so that a late event of a pod that has
	// ended does not start it again.
	known map[types.UID]context.CancelCauseFunc
	work  sync.WaitGroup
}

// errDeleted is the cause when a pod is stopped because it was deleted.
var errDeleted = errors.New("the pod was deleted")

// New makes a Runner that speaks to the API server as config says. It needs get, list
// and watch on pods, update on pods/status, and get on the Secrets and ConfigMaps that
// the pods name.
func New(config *rest.Config, o Options) (*Runner, error) {
	if o.Namespace == "" || o.Dir == "" {
		return nil, errors.New("a runner needs a namespace and a folder")
	}
	if o.Parallel <= 0 {
		o.Parallel = runtime.NumCPU()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the runner's folder: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return &Runner{Options: o, client: client, slots: make(chan struct{}, o.Parallel), known: map[types.UID]context.CancelCauseFunc{}}, nil
}

// Run watches and runs pods until ctx ends, then kills what runs and returns when it is
// gone.
func (r *Runner) Run(ctx context.Context) error {
	factory := informers.NewSharedInformerFactoryWithOptions(r.client, 0, informers.WithNamespace(r.Namespace))
	pods := factory.Core().V1().Pods().Informer()
	if _, err := pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { r.seen(ctx, o) },
		UpdateFunc: func(_, o any) { r.seen(ctx, o) },
		DeleteFunc: r.gone,
	}); err != nil {
		return fmt.Errorf("watching pods: %w", err)
	}
	factory.StartWithContext(ctx)
	<-ctx.Done()
	factory.Shutdown()
	r.work.Wait()
	return nil
}

// seen starts a pod that is new and ours, and stops one that is being deleted.
func (r *Runner) seen(ctx context.Context, o any) {
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return
	}
	if pod.DeletionTimestamp != nil {
		r.stop(pod.UID)
		return
	}
	if !ours(pod) || ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.known[pod.UID]; known {
		return
	}
	podCtx, cancel := context.WithCancelCause(ctx)
	r.known[pod.UID] = cancel
	r.work.Go(func() {
		defer cancel(nil)
		select {
		case r.slots <- struct{}{}:
		case <-podCtx.Done():
			return
		}
		defer func() { <-r.slots }()
		r.runPod(podCtx, pod)
	})
}

func (r *Runner) gone(o any) {
	if last, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = last.Obj
	}
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return
	}
	r.stop(pod.UID)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, pod.UID)
}

func (r *Runner) stop(uid types.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel, ok := r.known[uid]; ok {
		cancel(errDeleted)
	}
}

// ours reports whether a pod is a Job's, waits to be run, and has no node.
func ours(pod *corev1.Pod) bool {
	job := slices.ContainsFunc(pod.OwnerReferences, func(o metav1.OwnerReference) bool {
		return o.Kind == "Job" && o.Controller != nil && *o.Controller
	})
	return job && pod.Spec.NodeName == "" && (pod.Status.Phase == "" || pod.Status.Phase == corev1.PodPending) && len(pod.Spec.SchedulingGates) == 0
}
