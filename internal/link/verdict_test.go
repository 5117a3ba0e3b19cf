package link_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/link"
)

func at(t time.Time) *metav1.Time { return &metav1.Time{Time: t} }

// features: K18, K22, U6
func TestEvaluate(t *testing.T) {
	hour := time.Hour
	limits := &v1alpha1.LinkDefaults{DefaultTTL: "24h", MaxTTL: "48h"}
	open := link.Facts{FirstSeen: day, Available: true}
	managers := &v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUserGroup, Name: "managers"}
	with := func(change func(*link.Facts)) link.Facts {
		f := open
		change(&f)
		return f
	}
	for _, tc := range []struct {
		reason  string
		facts   link.Facts
		now     time.Time
		phase   v1alpha1.LinkPhase
		expires time.Time
		next    time.Time
		problem string
	}{
		{"nothing says when: open for ever", open, later, v1alpha1.LinkActive, time.Time{}, time.Time{}, ""},
		{"before its begin", with(func(f *link.Facts) { f.Spec.NotBefore = at(day.Add(hour)) }), day, v1alpha1.LinkPending, time.Time{}, day.Add(hour), ""},
		{"open from the very instant of its begin", with(func(f *link.Facts) { f.Spec.NotBefore = at(day.Add(hour)) }), day.Add(hour), v1alpha1.LinkActive, time.Time{}, time.Time{}, ""},
		{"open until a moment before its end", with(func(f *link.Facts) { f.Spec.NotAfter = at(day.Add(hour)) }), day.Add(hour - 1), v1alpha1.LinkActive, day.Add(hour), day.Add(hour), ""},
		{"over at the very instant of its end", with(func(f *link.Facts) { f.Spec.NotAfter = at(day.Add(hour)) }), day.Add(hour), v1alpha1.LinkExpired, day.Add(hour), time.Time{}, ""},
		{"over, where its end is the zero instant, which is not never", with(func(f *link.Facts) { f.Defaults = limits; f.Spec.NotAfter = at(time.Time{}) }), later, v1alpha1.LinkExpired, time.Unix(0, 0), time.Time{}, ""},
		{"the library's default counts from the first day", with(func(f *link.Facts) { f.Defaults = limits }), day, v1alpha1.LinkActive, day.Add(24 * hour), day.Add(24 * hour), ""},
		{"an end of its own may be later than the default", with(func(f *link.Facts) { f.Defaults = limits; f.Spec.NotAfter = at(day.Add(30 * hour)) }), day.Add(29 * hour), v1alpha1.LinkActive, day.Add(30 * hour), day.Add(30 * hour), ""},
		{"but not than the ceiling, and that is a problem to tell", with(func(f *link.Facts) { f.Defaults = limits; f.Spec.NotAfter = at(later) }), day, v1alpha1.LinkActive, day.Add(48 * hour), day.Add(48 * hour), v1alpha1.ReasonExpiryAboveMaximum},
		{"the ceiling ends a link that names no end", with(func(f *link.Facts) { f.Defaults = &v1alpha1.LinkDefaults{MaxTTL: "1h"} }), day.Add(hour), v1alpha1.LinkExpired, day.Add(hour), time.Time{}, ""},
		{"frozen, whatever else", with(func(f *link.Facts) { f.Frozen, f.Spec.Suspend, f.Spec.NotAfter = true, true, at(day) }), later, v1alpha1.LinkFrozen, day, time.Time{}, ""},
		{"suspended before expired", with(func(f *link.Facts) { f.Spec.Suspend, f.Spec.NotAfter = true, at(day) }), later, v1alpha1.LinkSuspended, day, time.Time{}, ""},
		{"what it shows is missing", with(func(f *link.Facts) { f.Available = false }), day, v1alpha1.LinkUnavailable, time.Time{}, time.Time{}, ""},
		{"expired rather than missing", with(func(f *link.Facts) { f.Available, f.Spec.NotAfter = false, at(day) }), later, v1alpha1.LinkExpired, day, time.Time{}, ""},
		{"it has no token yet", with(func(f *link.Facts) { f.FirstSeen = time.Time{} }), day, v1alpha1.LinkUnavailable, time.Time{}, time.Time{}, ""},
		{"its sponsor holds the right", with(func(f *link.Facts) { f.Spec.Sponsor, f.Sponsored = managers, true }), day, v1alpha1.LinkActive, time.Time{}, time.Time{}, ""},
		{"its sponsor does not", with(func(f *link.Facts) { f.Spec.Sponsor = managers }), day, v1alpha1.LinkUnsponsored, time.Time{}, time.Time{}, ""},
		{"its sponsor does not, told before the day comes", with(func(f *link.Facts) { f.Spec.Sponsor, f.Spec.NotBefore = managers, at(later) }), day, v1alpha1.LinkUnsponsored, time.Time{}, time.Time{}, ""},
		{"over, whoever sponsors it", with(func(f *link.Facts) { f.Spec.Sponsor, f.Spec.NotAfter = managers, at(day) }), later, v1alpha1.LinkExpired, day, time.Time{}, ""},
		{"the library demands a sponsor", with(func(f *link.Facts) { f.Defaults = &v1alpha1.LinkDefaults{Sponsor: v1alpha1.SponsorRequired} }), day, v1alpha1.LinkUnsponsored, time.Time{}, time.Time{}, v1alpha1.ReasonSponsorRequired},
		{"the library demands a sponsor, and has one", with(func(f *link.Facts) {
			f.Defaults, f.Spec.Sponsor, f.Sponsored = &v1alpha1.LinkDefaults{Sponsor: v1alpha1.SponsorRequired}, managers, true
		}), day, v1alpha1.LinkActive, time.Time{}, time.Time{}, ""},
		{"the library lists the sponsor", with(func(f *link.Facts) {
			f.Defaults, f.Spec.Sponsor, f.Sponsored = &v1alpha1.LinkDefaults{Sponsors: []string{"press", "managers"}}, managers, true
		}), day, v1alpha1.LinkActive, time.Time{}, time.Time{}, ""},
		{"the library lists others", with(func(f *link.Facts) {
			f.Defaults, f.Spec.Sponsor, f.Sponsored = &v1alpha1.LinkDefaults{Sponsors: []string{"press"}}, managers, true
		}), day, v1alpha1.LinkUnsponsored, time.Time{}, time.Time{}, v1alpha1.ReasonSponsorNotAdmitted},
		{"a user is not the group of that name", with(func(f *link.Facts) {
			f.Defaults, f.Sponsored = &v1alpha1.LinkDefaults{Sponsors: []string{"managers"}}, true
			f.Spec.Sponsor = &v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUser, Name: "managers"}
		}), day, v1alpha1.LinkUnsponsored, time.Time{}, time.Time{}, v1alpha1.ReasonSponsorNotAdmitted},
		{"an end before the begin: next is the end", with(func(f *link.Facts) {
			f.Defaults, f.Spec.NotBefore = &v1alpha1.LinkDefaults{MaxTTL: "1h"}, at(later)
		}), day, v1alpha1.LinkPending, day.Add(hour), day.Add(hour), ""},
	} {
		v := link.Evaluate(tc.facts, tc.now)
		if v.Phase != tc.phase || !v.ExpiresAt.Equal(tc.expires) || !v.Next.Equal(tc.next) || v.Problem != tc.problem {
			t.Errorf("%s: got %+v", tc.reason, v)
		}
		if v.Open() != (tc.phase == v1alpha1.LinkActive) {
			t.Errorf("%s: Open is %v in phase %s", tc.reason, v.Open(), v.Phase)
		}
	}
}

// Between now and Next nothing changes by itself, and at Next something does:
// a reconciler that sleeps until then misses nothing.
func TestNextIsWhenThePhaseChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.IntRange(-100, 100)
		instant := func(label string) *metav1.Time {
			if rapid.Bool().Draw(t, label+" set") {
				return at(day.Add(time.Duration(offset.Draw(t, label)) * time.Minute))
			}
			return nil
		}
		ttl := func(label string) v1alpha1.Duration {
			return rapid.SampledFrom([]v1alpha1.Duration{"", "1m", "45m", "2h"}).Draw(t, label)
		}
		f := link.Facts{
			Spec:      v1alpha1.PublicLinkSpec{NotBefore: instant("notBefore"), NotAfter: instant("notAfter")},
			Defaults:  &v1alpha1.LinkDefaults{DefaultTTL: ttl("default"), MaxTTL: ttl("max")},
			FirstSeen: day.Add(time.Duration(offset.Draw(t, "first")) * time.Minute), Available: true,
		}
		now := day.Add(time.Duration(offset.Draw(t, "now")) * time.Minute)
		v := link.Evaluate(f, now)
		if v.Next.IsZero() {
			if far := link.Evaluate(f, now.Add(1e6*time.Hour)); far.Phase != v.Phase {
				t.Fatalf("nothing is to come, and yet %s becomes %s", v.Phase, far.Phase)
			}
			return
		}
		if !v.Next.After(now) {
			t.Fatalf("next is %v, not after %v", v.Next, now)
		}
		if before := link.Evaluate(f, v.Next.Add(-1)); before.Phase != v.Phase {
			t.Fatalf("%s became %s before %v", v.Phase, before.Phase, v.Next)
		}
		if after := link.Evaluate(f, v.Next); after.Phase == v.Phase {
			t.Fatalf("still %s at %v", after.Phase, v.Next)
		}
	})
}
