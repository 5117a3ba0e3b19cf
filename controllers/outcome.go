package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// outcome is how one pass over an object ended.
type outcome struct {
	state   state
	reason  string
	message string
	// after is when to look again; zero for when something changes.
	after time.Duration
}

type state int

const (
	// enforced: what is declared holds.
	enforced state = iota
	// working: more will follow without anybody's doing.
	working
	// stalled: someone must act; the message says who and how.
	stalled
	// unknown: nothing can be said yet, so the status stays as it is.
	unknown
)

// remedyInterval is how often something that somebody must mend is looked at unasked.
const remedyInterval = 30 * time.Second

// maxMessage keeps conditions and events readable; Kubernetes takes 32 KiB and 1 KiB.
const maxMessage = 1000

func (o outcome) within(d time.Duration) outcome {
	if d != 0 && (o.after == 0 || d < o.after) {
		o.after = d
	}
	return o
}

// failure is an error that knows what to tell the user.
type failure struct {
	outcome
	cause error
}

// Error implements error.
func (f *failure) Error() string {
	if f.cause == nil {
		return f.message
	}
	return f.message + ": " + f.cause.Error()
}

// Unwrap gives the cause.
func (f *failure) Unwrap() error { return f.cause }

func wait(reason, message string, after time.Duration) *failure {
	return &failure{outcome: outcome{state: working, reason: reason, message: message, after: after}}
}

func stall(reason, format string, args ...any) *failure {
	return &failure{outcome: outcome{state: stalled, reason: reason, message: fmt.Sprintf(format, args...)}}
}

// classify is the one place that turns errors into outcomes. An error that it
// returns is retried with growing pauses.
func classify(err error) (outcome, error) {
	var f *failure
	switch {
	case errors.As(err, &f):
		out := f.outcome
		if out.after == 0 {
			// The remedy may lie where no event tells of it.
			out.after = remedyInterval
		}
		return out, nil
	case errors.Is(err, store.ErrUnreachable):
		return outcome{working, v1alpha1.ReasonStoreUnreachable, "the object store does not answer; trying again: " + err.Error(), 5 * time.Second}, nil
	case errors.Is(err, store.ErrDenied):
		return outcome{stalled, v1alpha1.ReasonCredentialsRefused, "the object store refuses Vitrine's credentials; check the Secret that the ObjectStore names: " + err.Error(), 10 * time.Second}, nil
	case apierrors.HasStatusCause(err, "NamespaceTerminating"):
		return outcome{working, v1alpha1.ReasonDeleting, "the namespace is being deleted", 0}, nil
	}
	return outcome{working, v1alpha1.ReasonProgressing, "trying again: " + err.Error(), 0}, err
}

// report writes the status of obj once, if anything in it changed since before,
// records an event when its readiness changed, and says when to come back.
func (d *Deps) report(ctx context.Context, before, obj client.Object, out outcome, err error) (ctrl.Result, error) {
	var retry error
	if err != nil {
		out, retry = classify(err)
	}
	if apierrors.IsConflict(retry) {
		return ctrl.Result{RequeueAfter: 50 * time.Millisecond}, nil
	}
	result := ctrl.Result{RequeueAfter: out.after}
	gone := !obj.GetDeletionTimestamp().IsZero() && len(obj.GetFinalizers()) == 0
	if out.state == unknown || gone {
		return result, retry
	}

	status := statusOf(obj)
	was := readyOf(statusOf(before).Conditions)
	setConditions(status, obj.GetGeneration(), out)
	if !equality.Semantic.DeepEqual(before, obj) {
		if err := d.Status().Patch(ctx, obj, client.MergeFrom(before)); err != nil {
			if apierrors.IsNotFound(err) {
				return ctrl.Result{}, nil
			}
			return ctrl.Result{}, fmt.Errorf("writing the status: %w", err)
		}
	}
	if now := readyOf(status.Conditions); was.Status != now.Status || was.Reason != now.Reason {
		kind := "Normal"
		if out.state == stalled {
			kind = "Warning"
		}
		d.Events.Eventf(obj, nil, kind, now.Reason, "Reconcile", "%s", now.Message)
	}
	return result, retry
}

// setConditions tells an outcome in conditions. Reconciling and Stalled are
// only there when true, as kstatus expects.
func setConditions(status *v1alpha1.CommonStatus, generation int64, out outcome) {
	status.ObservedGeneration = generation
	message := cut(out.message)
	ready := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: out.reason, Message: message, ObservedGeneration: generation}
	if out.state == enforced {
		ready.Status = metav1.ConditionTrue
	}
	meta.SetStatusCondition(&status.Conditions, ready)
	for condition, held := range map[string]bool{
		v1alpha1.ConditionReconciling: out.state == working,
		v1alpha1.ConditionStalled:     out.state == stalled,
	} {
		if !held {
			meta.RemoveStatusCondition(&status.Conditions, condition)
			continue
		}
		meta.SetStatusCondition(&status.Conditions, metav1.Condition{
			Type: condition, Status: metav1.ConditionTrue, Reason: out.reason, Message: message, ObservedGeneration: generation,
		})
	}
}

// cut bounds a message at a whole character.
func cut(message string) string { return cutTo(message, maxMessage) }

// cutTo bounds a message at a whole character, with a mark that it was longer.
func cutTo(message string, most int) string {
	if len(message) <= most {
		return message
	}
	return strings.ToValidUTF8(message[:most], "") + "…"
}

func readyOf(conditions []metav1.Condition) metav1.Condition {
	if c := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); c != nil {
		return *c
	}
	return metav1.Condition{}
}

// statusOf gives the part of a status that every kind has.
func statusOf(obj client.Object) *v1alpha1.CommonStatus {
	switch o := obj.(type) {
	case *v1alpha1.ObjectStore:
		return o.Status.Common()
	case *v1alpha1.Library:
		return o.Status.Common()
	case *v1alpha1.Folder:
		return o.Status.Common()
	case *v1alpha1.Collection:
		return o.Status.Common()
	case *v1alpha1.User:
		return o.Status.Common()
	case *v1alpha1.UserGroup:
		return o.Status.Common()
	case *v1alpha1.Role:
		return o.Status.Common()
	case *v1alpha1.RoleBinding:
		return o.Status.Common()
	case *v1alpha1.PublicLink:
		return o.Status.Common()
	}
	panic(fmt.Sprintf("%T is not one of our kinds", obj))
}
