package controllers

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// A write that came second is tried again at once, and nothing of it is told: neither as an error nor in a status. The Deps here
// have no client, so whoever wrote a status would panic.
func TestConflictsAreTriedAgainAtOnce(t *testing.T) {
	second := apierrors.NewConflict(schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "users"}, "alice", errors.New("the object has been modified"))
	for reason, err := range map[string]error{
		"as it comes":              second,
		"wrapped":                  fmt.Errorf("noting where it has something: %w", second),
		"wrapped more than once":   fmt.Errorf("acme: %w", fmt.Errorf("writing: %w", second)),
		"among what went wrong so": errors.Join(fmt.Errorf("writing: %w", second)),
	} {
		t.Run(reason, func(t *testing.T) {
			user := &v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: "alice", Generation: 2}}
			before := user.DeepCopy()
			result, told := (&Deps{}).report(t.Context(), before, user, outcome{}, err)
			if diff := cmp.Diff(ctrl.Result{RequeueAfter: 50 * time.Millisecond}, result); diff != "" || told != nil {
				t.Errorf("told as %v (-want +got)\n%s", told, diff)
			}
			if diff := cmp.Diff(before, user); diff != "" {
				t.Errorf("the status says something of it (-before +after)\n%s", diff)
			}
		})
	}
}
