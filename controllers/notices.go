package controllers

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// Notices wake reconcilers about what no Kubernetes event tells them: a policy
// came into force, a bucket holds other files. A notice to a reconciler that
// has not started is dropped; it begins with every object anyhow.
type Notices struct {
	mu     sync.Mutex
	queues map[string]workqueue.TypedRateLimitingInterface[ctrl.Request]
}

// NewNotices makes an empty board.
func NewNotices() *Notices {
	return &Notices{queues: map[string]workqueue.TypedRateLimitingInterface[ctrl.Request]{}}
}

// source connects the reconciler called name.
func (n *Notices) source(name string) source.Source {
	return source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.queues[name] = queue
		return nil
	})
}

// wake makes the reconciler called name look at an object after a delay.
func (n *Notices) wake(name string, object types.NamespacedName, after time.Duration) {
	n.mu.Lock()
	queue := n.queues[name]
	n.mu.Unlock()
	if queue != nil {
		queue.AddAfter(ctrl.Request{NamespacedName: object}, after)
	}
}
