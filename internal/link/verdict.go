package link

import (
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
	// Problem is ReasonExpiryAboveMaximum when the declared end is beyond the
	// Library's ceiling, which then counts; empty otherwise.
	Problem string
}

// Open tells whether the link opens.
func (v Verdict) Open() bool { return v.Phase == v1alpha1.LinkActive }

// Evaluate judges a link at an instant. It is open from notBefore on and until
// its end, that instant not included. What a person did (freeze, suspend) is
// told before what time did, and that before what is merely missing.
func Evaluate(f Facts, now time.Time) Verdict {
	v := Verdict{}
	v.ExpiresAt, v.Problem = expiry(f)
	pending := f.Spec.NotBefore != nil && now.Before(f.Spec.NotBefore.Time)
	expired := !v.ExpiresAt.IsZero() && !now.Before(v.ExpiresAt)
	switch {
	case f.Frozen:
		v.Phase = v1alpha1.LinkFrozen
	case f.Spec.Suspend:
		v.Phase = v1alpha1.LinkSuspended
	case expired:
		v.Phase = v1alpha1.LinkExpired
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
