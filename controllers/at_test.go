package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

func TestWhereaboutsAreReadAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		reason, text string
		want         whereabouts
		written      string
	}{
		{"nothing is noted", "", whereabouts{}, ""},
		{"one store", "default=eu-prod", whereabouts{"default": "eu-prod"}, "default=eu-prod"},
		{"several are written in order", "b=two, a=one", whereabouts{"a": "one", "b": "two"}, "a=one,b=two"},
		{"what is not of the form is passed over", "default,=x,y=,a=one", whereabouts{"a": "one"}, "a=one"},
	} {
		user := &v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.AnnotationAt: c.text}}}
		got := whereaboutsOf(user)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
		if got.String() != c.written {
			t.Errorf("%s: written as %q", c.reason, got)
		}
	}
}

func TestUserIsTakenFromWhereItIsNotedAndNotWanted(t *testing.T) {
	user := &v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.AnnotationAt: "old=x,kept=x"}}}
	// A status that speaks of this very generation is no proof that nothing is elsewhere.
	user.Generation, user.Status.ObservedGeneration = 2, 2
	user.Status.Identities = []v1alpha1.StoreIdentity{{Store: "told"}}
	if diff := cmp.Diff([]string{"old", "told"}, unwanted(user, map[string]bool{"kept": true})); diff != "" {
		t.Errorf("stores (-want +got):\n%s", diff)
	}
}
