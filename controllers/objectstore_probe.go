package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// probe tries what Vitrine relies on: for each version of the declaration and its credentials, whenever the
// store says that it is another version, and once a day, since not every store says.
func (r *ObjectStoreReconciler) probe(ctx context.Context, obj *v1alpha1.ObjectStore, connection Connection) error {
	is, err := connection.Version(ctx)
	if err != nil {
		return fmt.Errorf("probing the store: %w", err)
	}
	last, seen := r.probed.Load(obj.Name)
	// After a restart, what status says of this declaration was found by a probe, if it was Ready then.
	if !seen && obj.Status.Capabilities != nil && obj.Status.Capabilities.Enforcement != "" && obj.Status.ObservedGeneration == obj.Generation && readyOf(obj.Status.Conditions).Status == "True" {
		// When that was nobody remembers, so the next probe is soon: a manager may be restarted more often than once a day.
		last, seen = probed{connection.Opened, *obj.Status.Capabilities.DeepCopy(), r.Clock.Now().Add(probeSoon - probeDaily)}, true
		r.probed.Store(obj.Name, last)
	}
	if seen {
		p := last.(probed)
		refused := unfit(&p.found)
		rests := probeDaily
		if refused != nil {
			rests = probeAgain
		}
		if p.opened == connection.Opened && p.found.Version == is && r.Clock.Since(p.at) < rests {
			obj.Status.Capabilities = p.found.DeepCopy()
			return r.lookingAgain(refused)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	found, err := connection.Probe(ctx)
	if err != nil {
		return fmt.Errorf("probing the store: %w", err)
	}
	now := capabilitiesOf(found)
	now.Version = is
	obj.Status.Capabilities = stillBy(obj.Status.Capabilities, now)
	r.probed.Store(obj.Name, probed{connection.Opened, *obj.Status.Capabilities.DeepCopy(), r.Clock.Now()})
	return r.lookingAgain(unfit(obj.Status.Capabilities))
}

// lookingAgain has an unfit store asked for its version as often as a fit one: an upgrade may be all it takes.
func (r *ObjectStoreReconciler) lookingAgain(refused error) error {
	var f *failure
	if errors.As(refused, &f) {
		return f.within(min(f.after, r.Settings.DriftInterval))
	}
	return refused
}

// probed is what a probe found of a store.
type probed struct {
	opened string // the version of the declaration and credentials, see Connection
	found  v1alpha1.Capabilities
	at     time.Time
}

const (
	// probeAgain is how long a store that was found unfit counts as such.
	probeAgain = 5 * time.Minute
	// probeDaily is how long one that was found fit does, and probeSoon how long after a restart.
	probeDaily = 24 * time.Hour
	probeSoon  = time.Hour
)

// stillBy keeps the way in which rights got to a store that has now none that works: it is unfit, so that
// nobody is given anything, but what is there is taken away by the way that it came.
func stillBy(before, now *v1alpha1.Capabilities) *v1alpha1.Capabilities {
	if now.Enforcement != "" || before == nil || before.Enforcement == "" {
		return now
	}
	now.Enforcement, now.PolicyBytes, now.DocumentsPerHolder, now.GroupsPerUser = before.Enforcement, before.PolicyBytes, before.DocumentsPerHolder, before.GroupsPerUser
	now.PrincipalPolicies, now.PrefixConditions = v1alpha1.CapabilityUnsupported, before.PrefixConditions
	return now
}
