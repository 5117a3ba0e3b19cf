package link

import (
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// Facts are all that decides whether a link is open. The manager and the
// gateway gather them separately and must come to the same verdict.
type Facts struct {
	// Spec of the PublicLink.
	Spec v1alpha1.PublicLinkSpec
	// Defaults of the Library; nil when it has none.
	Defaults *v1alpha1.LinkDefaults
	// FirstSeen is when the link was first made; zero when it has no token yet.
	FirstSeen time.Time
	// Sponsored: the sponsor that the spec names holds the permission link on the target now.
	Sponsored bool
	// Frozen: the freeze annotation stands on the link, its Library or its namespace (see Frozen).
	Frozen bool
	// Available: target, Library and store are there and admit the link, and what it needs is ready.
	Available bool
}

// Verdict is what a link does at one instant.
type Verdict struct {
	// Phase for status; only LinkActive opens.
	Phase v1alpha1.LinkPhase
	// ExpiresAt is when the link ends; zero means never.
	ExpiresAt time.Time
	// Next is the next instant at which time alone changes the phase; zero when it never does.
	Next time.Time
	// Problem is what somebody must mend: ReasonSponsorRequired or
	// ReasonSponsorNotAdmitted when the Library does not let the link open as it is,
	// ReasonExpiryAboveMaximum when the declared end is beyond the Library's
	// ceiling, which then counts; empty otherwise.
	Problem string
}

// Open tells whether the link opens.
func (v Verdict) Open() bool { return v.Phase == v1alpha1.LinkActive }

// Evaluate judges a link at an instant. It is open from notBefore on and until
// its end, that instant not included. What a person did (freeze, suspend) is
// told before what time did, and that before what is missing: the sponsor, which
// can be mended before the link begins, and then what it shows.
func Evaluate(f Facts, now time.Time) Verdict {
	v := Verdict{}
	v.ExpiresAt, v.Problem = expiry(f)
	sponsored, problem := sponsorship(f)
	if problem != "" {
		v.Problem = problem
	}
	pending := sponsored && f.Spec.NotBefore != nil && now.Before(f.Spec.NotBefore.Time)
	expired := !v.ExpiresAt.IsZero() && !now.Before(v.ExpiresAt)
	switch {
	case f.Frozen:
		v.Phase = v1alpha1.LinkFrozen
	case f.Spec.Suspend:
		v.Phase = v1alpha1.LinkSuspended
	case expired:
		v.Phase = v1alpha1.LinkExpired
	case !sponsored:
		v.Phase = v1alpha1.LinkUnsponsored
	case pending:
		v.Phase = v1alpha1.LinkPending
	case !f.Available || f.FirstSeen.IsZero():
		v.Phase = v1alpha1.LinkUnavailable
	default:
		v.Phase = v1alpha1.LinkActive
	}
	switch {
	case expired:
	case pending && (v.ExpiresAt.IsZero() || f.Spec.NotBefore.Time.Before(v.ExpiresAt)):
		v.Next = f.Spec.NotBefore.Time
	default:
		v.Next = v.ExpiresAt
	}
	return v
}

// sponsorship tells whether a link has the sponsor that it needs, and what about
// it somebody must mend. A sponsor who lost the right is no fault in the declaration.
func sponsorship(f Facts) (sponsored bool, problem string) {
	s := f.Spec.Sponsor
	switch d := f.Defaults; {
	case s == nil && d != nil && d.Sponsor == v1alpha1.SponsorRequired:
		return false, v1alpha1.ReasonSponsorRequired
	case s == nil:
		return true, ""
	case d != nil && len(d.Sponsors) > 0 && (s.Kind != v1alpha1.SubjectUserGroup || !slices.Contains(d.Sponsors, s.Name)):
		return false, v1alpha1.ReasonSponsorNotAdmitted
	}
	return f.Sponsored, ""
}

// expiry is notAfter, or defaultTTL after the first day when absent, and at
// most maxTTL after the first day.
func expiry(f Facts) (at time.Time, problem string) {
	var ttl, ceiling time.Duration
	if f.Defaults != nil {
		ttl, ceiling = f.Defaults.DefaultTTL.Value(), f.Defaults.MaxTTL.Value()
	}
	switch {
	case f.Spec.NotAfter != nil:
		at = f.Spec.NotAfter.Time
		if at.IsZero() { // which means never here, and was declared as an end
			at = time.Unix(0, 0).UTC()
		}
	case ttl > 0 && !f.FirstSeen.IsZero():
		at = f.FirstSeen.Add(ttl)
	}
	if ceiling <= 0 || f.FirstSeen.IsZero() {
		return at, ""
	}
	limit := f.FirstSeen.Add(ceiling)
	if at.IsZero() {
		return limit, ""
	}
	if at.After(limit) {
		return limit, v1alpha1.ReasonExpiryAboveMaximum
	}
	return at, ""
}
