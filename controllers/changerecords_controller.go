package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const changeRecordsController = "changerecords"

// ChangeRecordsReconciler does what people ask for in change records: it asks the model whether they may, writes what comes of it, and
// answers. It is the only writer of what is said and decided of files, and does one record of a Library after the other.
type ChangeRecordsReconciler struct {
	*Deps

	mu sync.Mutex
	// swept is when old answers of a Library were last looked for.
	swept map[types.NamespacedName]time.Time
}

// SetupWithManager connects the reconciler.
func (r *ChangeRecordsReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.swept = map[types.NamespacedName]time.Time{}
	return ctrl.NewControllerManagedBy(mgr).
		Named(changeRecordsController).
		For(&v1alpha1.Library{}, onDeclaration).
		WatchesRawSource(r.Notices.source(changeRecordsController)).
		WithOptions(atOnce(tenantsAtOnce)).
		Complete(r)
}

// Reconcile does what is asked for in one Library now.
func (r *ChangeRecordsReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	library := &v1alpha1.Library{}
	if err := r.Get(ctx, req.NamespacedName, library); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if library.Status.VitrineBucket == "" || !library.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	more, err := r.work(ctx, library)
	if err != nil {
		out, retry := classify(err)
		return ctrl.Result{RequeueAfter: max(out.after, r.Settings.ChangesInterval)}, retry
	}
	if more {
		return ctrl.Result{RequeueAfter: time.Millisecond}, nil
	}
	return ctrl.Result{RequeueAfter: r.Settings.ChangesInterval}, nil
}

// work does what is asked for, and tells whether there is more than one pass does.
func (r *ChangeRecordsReconciler) work(ctx context.Context, library *v1alpha1.Library) (more bool, err error) {
	connection, err := r.Stores.Get(ctx, library.Spec.StoreRef.Name)
	if err != nil {
		return false, err
	}
	if err := r.refusal(ctx, connection.Declared, library); err != nil {
		return false, err
	}
	if err := r.sweepAnswers(ctx, connection, library); err != nil {
		return false, err
	}
	asked, more, err := waiting(ctx, connection, library.Status.VitrineBucket)
	if err != nil || len(asked) == 0 {
		return false, err
	}
	for _, a := range asked {
		// The newest declarations for each: who lost a right a moment ago does nothing any more.
		tenant, err := r.Tenants.Get(ctx, library.Namespace)
		if err != nil {
			return false, err
		}
		desk := &desk{
			Deps: r.Deps, connection: connection, library: library, tenant: tenant,
			schema: asset.NewSchema(library.Spec.Metadata), holding: r.Inventory.Of(client.ObjectKeyFromObject(library)),
		}
		err = desk.serve(ctx, a)
		desk.tell(ctx) // also what was written before it failed
		if err != nil {
			return false, fmt.Errorf("doing what %s asks for: %w", a.object, err)
		}
	}
	return more, nil
}

// How many records are looked at in one pass: of all, and of one author, so that nobody keeps the others waiting.
const (
	recordsAtOnce = 200
	ofOneAuthor   = 50
)

// waiting lists the records that wait, in the order in which they are done: the oldest first, as far as each author's were looked at.
func waiting(ctx context.Context, connection Connection, bucket string) (asked []request, more bool, err error) {
	after := ""
	for {
		counted, last := 0, ""
		err := connection.ListObjectsAfter(ctx, bucket, asset.ChangesRoot, after, func(info store.ObjectInfo) error {
			folder, _, _ := strings.Cut(strings.TrimPrefix(info.Key, asset.ChangesRoot), "/")
			if folder != last {
				counted, last = 0, folder
			}
			if counted++; counted > ofOneAuthor || len(asked) == recordsAtOnce {
				more = true
				return errEnough
			}
			_, id, _ := change.ParseObject(info.Key)
			asked = append(asked, request{info.Key, folder, id, info.Size, info.LastModified})
			return nil
		})
		if err == nil {
			break
		}
		if !errors.Is(err, errEnough) {
			return nil, false, fmt.Errorf("listing change records: %w", err)
		}
		if len(asked) == recordsAtOnce {
			break
		}
		after = asset.ChangesPrefix(last) + "\U0010FFFF" // the next author
	}
	slices.SortStableFunc(asked, func(a, b request) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.object, b.object)) })
	return asked, more, nil
}

// errEnough ends a listing.
var errEnough = errors.New("enough")

// sweepAnswers removes old answers, once a day.
func (r *ChangeRecordsReconciler) sweepAnswers(ctx context.Context, connection Connection, library *v1alpha1.Library) error {
	key, now := client.ObjectKeyFromObject(library), r.Clock.Now()
	r.mu.Lock()
	due := now.Sub(r.swept[key]) > 24*time.Hour
	r.mu.Unlock()
	if !due {
		return nil
	}
	var old []string
	err := connection.ListObjects(ctx, library.Status.VitrineBucket, asset.ResultsRoot, func(info store.ObjectInfo) error {
		if now.Sub(info.LastModified) > change.KeepResults {
			old = append(old, info.Key)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing answers: %w", err)
	}
	for _, object := range old {
		if err := connection.PurgeObject(ctx, library.Status.VitrineBucket, object); err != nil {
			return fmt.Errorf("removing an old answer: %w", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.swept[key] = now
	return nil
}
