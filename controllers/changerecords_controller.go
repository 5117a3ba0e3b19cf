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
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

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
	// turn is behind whom the next pass over a Library begins.
	turn map[types.NamespacedName]string
}

// SetupWithManager connects the reconciler.
func (r *ChangeRecordsReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.swept, r.turn = map[types.NamespacedName]time.Time{}, map[types.NamespacedName]string{}
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
		// Not by growing pauses: what one record does not get done holds up nobody for long.
		log.FromContext(ctx).Error(err, "not all that people ask for could be done; trying again")
		return ctrl.Result{RequeueAfter: changesRetry}, nil
	}
	if more {
		return ctrl.Result{RequeueAfter: time.Millisecond}, nil
	}
	return ctrl.Result{RequeueAfter: r.Settings.ChangesInterval}, nil
}

// changesRetry is how soon records are tried again that could not be done.
const changesRetry = 5 * time.Second

// work does what is asked for, and tells whether there is more than one pass does.
func (r *ChangeRecordsReconciler) work(ctx context.Context, library *v1alpha1.Library) (more bool, err error) {
	connection, err := r.Stores.Get(ctx, library.Spec.StoreRef.Name)
	if err != nil {
		return false, err
	}
	if err := r.refusal(ctx, connection.Declared, library); err != nil {
		return false, err
	}
	asked, more, err := r.waiting(ctx, connection, library)
	if err != nil || len(asked) == 0 {
		return false, errors.Join(err, r.sweepAnswers(ctx, connection, library)) // when nobody waits
	}
	var errs []error
	allowances := map[string]*int{}
	for _, a := range asked {
		if allowances[a.folder] == nil {
			allowances[a.folder] = ptr.To(overwrittenAtOnce)
		}
		desk := &desk{Deps: r.Deps, connection: connection, library: library, allowance: allowances[a.folder]}
		err := desk.serve(ctx, a)
		more = more || desk.unfinished
		desk.tell(ctx) // also what was written before it failed
		if err != nil {
			errs = append(errs, fmt.Errorf("doing what %s asks for: %w", a.object, err))
		}
		if errors.Is(err, store.ErrUnreachable) || ctx.Err() != nil {
			break
		}
	}
	// One that cannot be done now is tried again, and holds up none of the others.
	return more && len(errs) == 0, errors.Join(errs...)
}

// How many records are looked at in one pass: of all, and of one author, so that nobody keeps the others waiting.
const (
	recordsAtOnce = 200
	ofOneAuthor   = 50
	// overwrittenAtOnce is how many overwritten versions of one author's records are removed in one pass.
	overwrittenAtOnce = 100
)

// waiting lists records that wait, the oldest first. Who comes first among the authors changes from pass to pass.
func (r *ChangeRecordsReconciler) waiting(ctx context.Context, connection Connection, library *v1alpha1.Library) (asked []request, more bool, err error) {
	key := client.ObjectKeyFromObject(library)
	r.mu.Lock()
	turn := r.turn[key]
	r.mu.Unlock()
	asked, last, more, err := listRecords(ctx, connection, library.Status.VitrineBucket, turn, "")
	if err == nil && turn != "" && len(asked) < recordsAtOnce {
		var first []request
		var others bool
		first, _, others, err = listRecords(ctx, connection, library.Status.VitrineBucket, "", turn)
		asked, more, last = append(asked, first...), more || others, ""
	}
	if err != nil {
		return nil, false, fmt.Errorf("listing change records: %w", err)
	}
	asked = asked[:min(len(asked), recordsAtOnce)]
	r.mu.Lock()
	r.turn[key] = last
	r.mu.Unlock()
	slices.SortStableFunc(asked, func(a, b request) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.object, b.object)) })
	return asked, more, nil
}

// listRecords lists records of the authors behind one, to another and with that; of each a few. Last is the author whose came last when there
// are more authors; empty when all were listed.
func listRecords(ctx context.Context, connection Connection, bucket, behind, to string) (asked []request, last string, more bool, err error) {
	after := ""
	if behind != "" {
		after = beyond(behind)
	}
	for {
		counted, author, full := 0, "", false
		err := connection.ListObjectsAfter(ctx, bucket, asset.ChangesRoot, after, func(info store.ObjectInfo) error {
			folder, _, _ := strings.Cut(strings.TrimPrefix(info.Key, asset.ChangesRoot), "/")
			switch {
			case folder != author && (len(asked) >= recordsAtOnce || to != "" && beyond(folder) > beyond(to)):
				full = len(asked) >= recordsAtOnce
				return errEnough
			case folder != author:
				counted, author = 0, folder
			}
			if counted++; counted > ofOneAuthor {
				more = true
				return errEnough
			}
			_, id, _ := change.ParseObject(info.Key)
			asked = append(asked, request{info.Key, folder, id, info.Size, info.LastModified})
			return nil
		})
		switch {
		case err == nil:
			return asked, "", more, nil
		case !errors.Is(err, errEnough):
			return nil, "", false, err
		case full:
			return asked, author, true, nil
		case counted <= ofOneAuthor: // the end of the range
			return asked, "", more, nil
		}
		after = beyond(author)
	}
}

// beyond is behind every object in an author's place, whatever it is called, and before those of the next: 0 is the byte after the slash.
func beyond(author string) string { return asset.ChangesRoot + author + "0" }

// errEnough ends a listing.
var errEnough = errors.New("enough")

// answersAtOnce is how many old answers are removed in one pass.
const answersAtOnce = 500

// sweepAnswers removes old answers, and what somebody else put there that can be none, once a day.
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
		if now.Sub(info.LastModified) > change.KeepResults || !change.MayBeResult(info.Key, info.Size) {
			old = append(old, info.Key)
		}
		if len(old) == answersAtOnce {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("listing answers: %w", err)
	}
	kept := 0
	for _, object := range old {
		if err := connection.PurgeObject(ctx, library.Status.VitrineBucket, object); err != nil { // which holds up nothing else
			log.FromContext(ctx).Error(err, "an old answer cannot be removed; trying again tomorrow", "object", object)
			kept++
		}
	}
	if len(old) == answersAtOnce && kept == 0 {
		return nil // and so many more at the next look
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.swept[key] = now
	return nil
}
