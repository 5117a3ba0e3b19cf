package controllers

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/notification"
	"github.com/vitrine-dam/vitrine/internal/notification/receiver"
)

// hintInterval is how long hints about a Library are collected before it is
// looked at, so that any number of them is one look a second at most.
const hintInterval = time.Second

// hints turn what stores say of changes into early looks at Libraries. Nothing
// else comes of a hint: what there is, the look finds, and it is taken whether or not a hint ever comes.
type hints struct {
	// librariesOf gives the Libraries with a bucket of originals of that name, at any store.
	librariesOf func(ctx context.Context, bucket string) []types.NamespacedName
	// rest is how long a Library is to be left alone.
	rest func(library types.NamespacedName) time.Duration
	// wake has a Library looked at now, or again as soon as the look under way ends.
	wake func(library types.NamespacedName)

	mu     sync.Mutex
	coming map[types.NamespacedName]struct{} // Libraries that are about to be woken
}

func newHints(d *Deps) *hints {
	return &hints{
		librariesOf: d.librariesWithBucket,
		rest:        d.Inventory.rest,
		wake:        func(library types.NamespacedName) { d.Notices.wake(assetsController, library, 0) },
		coming:      map[types.NamespacedName]struct{}{},
	}
}

// take wakes the Libraries that objects may be originals of.
func (h *hints) take(ctx context.Context, objects []notification.Object) {
	asked := map[string][]types.NamespacedName{} // many objects are in few buckets
	for _, object := range objects {
		known := false
		for _, bucket := range originalsBuckets(object) {
			libraries, before := asked[bucket]
			if !before {
				libraries = h.librariesOf(ctx, bucket)
				asked[bucket] = libraries
				for _, library := range libraries {
					h.note(library)
				}
			}
			known = known || len(libraries) > 0
		}
		if known {
			hintsTaken.WithLabelValues("accepted").Inc()
			continue
		}
		hintsTaken.WithLabelValues("unknown").Inc()
	}
}

// note has a Library woken after a while, if that is not to happen anyhow. The
// look that follows begins after the hint, whatever other looks there are meanwhile.
func (h *hints) note(library types.NamespacedName) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, coming := h.coming[library]; coming {
		return
	}
	h.coming[library] = struct{}{}
	time.AfterFunc(hintInterval, func() { h.due(library) })
}

// due wakes a Library, or waits on while it is to be left alone.
func (h *hints) due(library types.NamespacedName) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if wait := h.rest(library); wait > 0 {
		time.AfterFunc(wait, func() { h.due(library) })
		return
	}
	delete(h.coming, library)
	h.wake(library)
}

// originalsBuckets are the names that the bucket of originals may have of which
// an object is an original: its own bucket, and, for an object in the root of
// restricted folders, the one that its bucket is beside. What Vitrine itself
// writes there is elsewhere.
func originalsBuckets(object notification.Object) []string {
	buckets := []string{object.Bucket}
	if beside, ok := strings.CutSuffix(object.Bucket, asset.VitrineBucket("")); ok && beside != "" {
		if object.Key == "" || strings.HasPrefix(object.Key, asset.RestrictedRoot) {
			buckets = append(buckets, beside)
		}
	}
	return buckets
}

func (d *Deps) librariesWithBucket(ctx context.Context, bucket string) []types.NamespacedName {
	var found v1alpha1.LibraryList
	if err := d.List(ctx, &found, client.MatchingFields{indexBucketName: bucket}, client.UnsafeDisableDeepCopy); err != nil {
		return nil // from the cache: only at the end of the program
	}
	libraries := make([]types.NamespacedName, 0, len(found.Items))
	for i := range found.Items {
		libraries = append(libraries, client.ObjectKeyFromObject(&found.Items[i]))
	}
	return libraries
}

// receiveHints has the manager listen for what stores say of changes, if it is
// told where. It listens before it leads, since VersityGW does not start while
// nobody does, and takes hints only when it leads.
func receiveHints(mgr ctrl.Manager, d *Deps) error {
	if d.Settings.HintsAddress == "" {
		return nil
	}
	secrets, err := receiver.OpenSecrets(d.Settings.HintsSecretFile)
	if err != nil {
		return fmt.Errorf("opening what stores show to give hints: %w", err)
	}
	handler := receiver.NewHandler(receiver.Options{
		Secrets: secrets,
		Leading: mgr.Elected(),
		Take:    newHints(d).take,
		Count:   func(status int) { hintRequests.WithLabelValues(strconv.Itoa(status)).Inc() },
		Log:     mgr.GetLogger().WithName("hints"),
	})
	return mgr.Add(onEveryReplica{manager.RunnableFunc(func(ctx context.Context) error {
		return receiver.Serve(ctx, d.Settings.HintsAddress, handler)
	})})
}

// onEveryReplica runs whether or not this replica leads.
type onEveryReplica struct{ manager.RunnableFunc }

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (onEveryReplica) NeedLeaderElection() bool { return false }

// hintsTaken counts what stores said has changed.
var hintsTaken = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "vitrine_hints_total",
	Help: "Objects of which a store said that they changed: accepted, an original of a Library; unknown, none, such as what Vitrine itself writes.",
}, []string{"result"})

// hintRequests counts the answers to those who say so.
var hintRequests = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "vitrine_hint_requests_total",
	Help: "Notifications by stores, by status of the answer: 204 taken, 401 without the secret, 400 not understood, 503 not leading or too many at once.",
}, []string{"code"})
