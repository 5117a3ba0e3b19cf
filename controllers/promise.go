package controllers

import (
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// How soon a change is in force, beside what a store takes to make it known
// within itself. One write to one bucket's policy is quicker than documents, groups
// and members at an identity API.
const (
	effectByBucketPolicy = 2 * time.Second
	effectByIdentity     = 5 * time.Second
)

// effectWithin is how soon a change of declarations is in force at a store.
func effectWithin(declared *v1alpha1.ObjectStore) time.Duration {
	effect := effectByBucketPolicy
	if _, is := byIdentity(declared); is {
		effect = effectByIdentity
	}
	if c := declared.Status.Capabilities; c != nil {
		// What the probe found; it was tried then, so it can be read.
		if propagation, err := time.ParseDuration(c.Propagation); err == nil {
			effect += propagation
		}
	}
	return effect
}

// driftKnownWithin is how late a look at identities or keys may begin, so that what it finds is put right within the minute that is promised.
const driftKnownWithin = 45 * time.Second

// driftInterval is how often a store is looked at unasked. Reading what hangs
// on identities takes a request for each group, so that is done less often; drift is
// found within a minute all the same.
func (s Settings) driftInterval(declared *v1alpha1.ObjectStore) time.Duration {
	if _, is := byIdentity(declared); is {
		return s.rareInterval()
	}
	return s.DriftInterval
}

// keysInterval is how often the access keys of a User are looked at unasked. That takes requests for each User, of a tenant
// with hundreds most of what a store is asked, so it is done less often too.
func (s Settings) keysInterval() time.Duration { return s.rareInterval() }

// rareInterval is half as long again as the interval of everything else, as far as the minute allows: who sets a longer interval than that for
// everything has this one no longer than it.
func (s Settings) rareInterval() time.Duration {
	return max(s.DriftInterval, min(s.DriftInterval*3/2, driftKnownWithin))
}
