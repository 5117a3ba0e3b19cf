package controllers

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

func TestClassify(t *testing.T) {
	terminating := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "x", errors.New("the namespace ends"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: "NamespaceTerminating"}}
	odd := errors.New("odd")
	for reason, test := range map[string]struct {
		err   error
		state state
		why   string
		retry error
	}{
		"what the user must mend is not tried again by itself": {fmt.Errorf("wrapped: %w", stall(v1alpha1.ReasonConflict, "taken")), stalled, v1alpha1.ReasonConflict, nil},
		"what comes by itself is waited for":                   {wait(v1alpha1.ReasonProgressing, "soon", time.Second), working, v1alpha1.ReasonProgressing, nil},
		"a store that does not answer is asked again":          {fmt.Errorf("list: %w", store.ErrUnreachable), working, v1alpha1.ReasonStoreUnreachable, nil},
		"a store that refuses us needs other credentials":      {fmt.Errorf("list: %w", store.ErrDenied), stalled, v1alpha1.ReasonCredentialsRefused, nil},
		"a namespace that ends is no fault":                    {fmt.Errorf("writing: %w", terminating), working, v1alpha1.ReasonDeleting, nil},
		"anything else is tried again with growing pauses":     {odd, working, v1alpha1.ReasonProgressing, odd},
		"several at once: what the user must mend is told":     {errors.Join(stall(v1alpha1.ReasonSecretNotFound, "gone"), odd), stalled, v1alpha1.ReasonSecretNotFound, nil},
	} {
		t.Run(reason, func(t *testing.T) {
			out, retry := classify(test.err)
			if out.state != test.state || out.reason != test.why || !errors.Is(retry, test.retry) {
				t.Errorf("state %d, reason %s, retry %v", out.state, out.reason, retry)
			}
		})
	}
}

func TestSetConditions(t *testing.T) {
	types := func(status *v1alpha1.CommonStatus) map[string]string {
		held := map[string]string{}
		for _, c := range status.Conditions {
			held[c.Type] = string(c.Status) + " " + c.Reason
		}
		return held
	}
	status := &v1alpha1.CommonStatus{ObservedGeneration: -1}
	for _, step := range []struct {
		reason string
		out    outcome
		want   map[string]string
	}{
		{"work under way is Reconciling", outcome{state: working, reason: "Progressing"}, map[string]string{"Ready": "False Progressing", "Reconciling": "True Progressing"}},
		{"what the user must mend is Stalled, and no longer Reconciling", outcome{state: stalled, reason: "Conflict"}, map[string]string{"Ready": "False Conflict", "Stalled": "True Conflict"}},
		{"what is in force is Ready and nothing else", outcome{state: enforced, reason: "Enforced"}, map[string]string{"Ready": "True Enforced"}},
	} {
		setConditions(status, 3, step.out)
		if diff := cmp.Diff(step.want, types(status)); diff != "" || status.ObservedGeneration != 3 {
			t.Errorf("%s (generation %d, -want +got)\n%s", step.reason, status.ObservedGeneration, diff)
		}
	}
	setConditions(status, 3, outcome{state: stalled, reason: "Conflict", message: strings.Repeat("é", 5000)})
	if message := readyOf(status.Conditions).Message; len(message) > maxMessage+4 || !strings.HasSuffix(message, "…") {
		t.Errorf("a message of %d bytes is kept", len(message))
	}
}

func TestPhaseOf(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) *metav1.Time { v := metav1.NewTime(now.Add(d)); return &v }
	for reason, test := range map[string]struct {
		notBefore, notAfter *metav1.Time
		phase               v1alpha1.Phase
		next                time.Time
	}{
		"without a window it is active for ever":     {nil, nil, v1alpha1.PhaseActive, time.Time{}},
		"before it begins":                           {at(time.Hour), at(2 * time.Hour), v1alpha1.PhasePending, now.Add(time.Hour)},
		"it begins at the very instant":              {at(0), at(time.Hour), v1alpha1.PhaseActive, now.Add(time.Hour)},
		"it ends at the very instant":                {nil, at(0), v1alpha1.PhaseEnded, time.Time{}},
		"an end before a beginning is over for good": {at(time.Hour), at(-time.Hour), v1alpha1.PhaseEnded, time.Time{}},
	} {
		t.Run(reason, func(t *testing.T) {
			phase, next := phaseOf(test.notBefore, test.notAfter, now)
			if phase != test.phase || !next.Equal(test.next) {
				t.Errorf("%s, next %v", phase, next)
			}
		})
	}
}
