package controllers

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// A link that waits for the first look at its Library has its end beside its first day
// already: without one, whoever may update it could let it end as late as they like.
//
// features: K12
func TestAnEndIsToldWithTheFirstDay(t *testing.T) {
	day := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	r := &PublicLinkReconciler{Deps: &Deps{Clock: clocktesting.NewFakePassiveClock(day)}}
	for reason, c := range map[string]struct {
		limits *v1alpha1.LinkDefaults
		spec   v1alpha1.PublicLinkSpec
		want   *metav1.Time
	}{
		"its library's default": {limits: &v1alpha1.LinkDefaults{DefaultTTL: "24h"}, want: &metav1.Time{Time: day.Add(24 * time.Hour)}},
		"its library's ceiling": {limits: &v1alpha1.LinkDefaults{MaxTTL: "48h"}, want: &metav1.Time{Time: day.Add(48 * time.Hour)}},
		"an end of its own":     {spec: v1alpha1.PublicLinkSpec{NotAfter: &metav1.Time{Time: day.Add(time.Hour)}}, want: &metav1.Time{Time: day.Add(time.Hour)}},
		"no end":                {},
	} {
		library := v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Name: "brand"}, Spec: v1alpha1.LibrarySpec{Links: c.limits}}
		tenant := &Tenant{Declared: access.Declarations{Libraries: []v1alpha1.Library{library}}}
		obj := &v1alpha1.PublicLink{Spec: c.spec, Status: v1alpha1.PublicLinkStatus{Library: "brand", ExpiresAt: &metav1.Time{Time: day.Add(time.Minute)}}}
		r.bound(tenant, obj, link.Record{FirstSeen: day})
		if got := obj.Status; !got.FirstSeen.Time.Equal(day) || !got.ExpiresAt.Equal(c.want) {
			t.Errorf("%s: first seen %v, expires %v, want %v", reason, got.FirstSeen, got.ExpiresAt, c.want)
		}
	}
}
