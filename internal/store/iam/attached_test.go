package iam

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
)

// features: U3
func TestWhatHangsOnAUserBesideBucketPoliciesIsNamed(t *testing.T) {
	for _, test := range []struct {
		reason string
		lacks  []string
		want   string
		calls  int // of the second look
	}{
		{"a store that has everything", nil, "[by-hand readonly that of group admins]", 3},
		{"one with inline policies alone is asked for these alone", []string{"ListAttachedUserPolicies", "ListGroupsForUser"}, "[by-hand]", 1},
	} {
		t.Run(test.reason, func(t *testing.T) {
			r := newRig(t, test.lacks...)
			alice := r.user(t, "alice")
			const arn = "arn:aws:iam::aws:policy/readonly"
			r.store.policies[arn] = &policyState{name: "readonly", path: "/", versions: []versionState{{id: "v1", doc: "{}", inForce: true}}}
			r.store.users[alice.Name].attached[arn] = true
			r.store.users[alice.Name].inline["by-hand"] = "{}"
			r.store.groups["admins"] = &holderState{path: "/", members: map[string]bool{alice.Name: true}}
			for range 2 {
				r.restart(0)
				names, err := r.Attached(t.Context(), alice.Name)
				if err != nil || fmt.Sprint(names) != test.want {
					t.Errorf("got %v and %v, want %s", names, err, test.want)
				}
			}
			if r.calls != test.calls {
				t.Errorf("%d requests, want %d", r.calls, test.calls)
			}
			if names, err := r.Attached(t.Context(), "nobody"); err != nil || len(names) > 0 {
				t.Errorf("of nobody: %v and %v", names, err)
			}
			r.restart(1)
			if _, err := r.Attached(t.Context(), alice.Name); err == nil {
				t.Error("a request that failed counts as an answer")
			}
		})
	}
}

// A refusal tells nothing of the user, and nothing of what the store has for the next one.
//
// features: U3
func TestWhoMayNotAskLearnsNotThatNothingHangsOnAUser(t *testing.T) {
	denied := refusedError{http.StatusForbidden, "AccessDenied", "Not you."}
	for _, test := range []struct {
		reason, action string
		refusal        refusedError
		want           error // nil: the store knows no such thing
	}{
		{"policies within it", "ListUserPolicies", denied, conn.ErrDenied},
		{"attached ones", "ListAttachedUserPolicies", denied, conn.ErrDenied},
		{"groups", "ListGroupsForUser", denied, conn.ErrDenied},
		{"a refusal that may be of this request alone", "ListGroupsForUser", refusedError{http.StatusBadRequest, "ValidationError", "Too long."}, conn.ErrInvalid},
		{"a store that does not have them", "ListGroupsForUser", refusedError{http.StatusNotImplemented, "NotImplemented", "Not here."}, nil},
		{"one that says so in its own words", "ListGroupsForUser", refusedError{http.StatusMethodNotAllowed, "XNotHere", "Not here."}, nil},
	} {
		t.Run(test.reason, func(t *testing.T) {
			r := newRig(t)
			alice := r.user(t, "alice")
			r.store.users[alice.Name].inline["by-hand"] = "{}"
			r.store.groups["admins"] = &holderState{path: "/", members: map[string]bool{alice.Name: true}}
			r.store.refuses = map[string]refusedError{test.action: test.refusal}
			if names, err := r.Attached(t.Context(), alice.Name); !errors.Is(err, test.want) {
				t.Errorf("got %v and %v, want %v", names, err, test.want)
			}
			r.store.refuses = nil
			want := "[by-hand that of group admins]"
			if test.want == nil {
				want = "[by-hand]"
			}
			if names, err := r.Attached(t.Context(), alice.Name); err != nil || fmt.Sprint(names) != want {
				t.Errorf("after that: got %v and %v, want %s", names, err, want)
			}
		})
	}
}
