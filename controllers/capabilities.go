package controllers

import (
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// capabilitiesOf says in status what a probe found.
func capabilitiesOf(found store.Capabilities) *v1alpha1.Capabilities {
	c := &v1alpha1.Capabilities{
		Versioning:         supported(found.Versioning),
		ConditionalWrites:  supported(found.ConditionalWrites),
		PrefixConditions:   supported(found.TrustedPrefix),
		DateConditions:     supported(found.DateConditions),
		Rewrites:           supported(found.RewriteAfterDelete),
		WebIdentity:        supported(found.WebIdentity),
		Enforcement:        v1alpha1.Enforcement(found.Enforcement),
		PolicyBytes:        int32(found.DocumentBytes),
		DocumentsPerHolder: int32(found.DocumentsPerHolder),
		GroupsPerUser:      int32(found.GroupsPerUser),
		Account:            found.Account,
	}
	if found.Enforcement == "" || found.Enforcement == store.ByBucketPolicy {
		c.PrincipalPolicies = supported(found.BucketPolicies)
	}
	if found.Enforcement != "" {
		c.Propagation = (time.Duration(found.PropagationSeconds) * time.Second).String()
		if !found.TrustedPrefix {
			c.PrefixConditions = v1alpha1.CapabilityUntrusted
		}
		if found.DateConditions && !found.TrustedDates {
			c.DateConditions = v1alpha1.CapabilityUntrusted
		}
	}
	return c
}

func supported(ok bool) v1alpha1.Capability {
	if ok {
		return v1alpha1.CapabilitySupported
	}
	return v1alpha1.CapabilityUnsupported
}

// unfit says what a store lacks that Vitrine relies on; nil when it lacks
// nothing. Nobody is granted anything there until it has it.
func unfit(c *v1alpha1.Capabilities) error {
	if c == nil {
		return wait(v1alpha1.ReasonStoreNotReady, "the ObjectStore has not been probed yet; see its conditions", time.Second)
	}
	for _, needed := range []struct {
		what string
		is   v1alpha1.Capability
	}{
		{"versions in buckets", c.Versioning},
		{"conditional writes", c.ConditionalWrites},
		{"a way to bring users' rights into force: policies at groups and users, or bucket policies that name users", enforceable(c)},
	} {
		if needed.is != v1alpha1.CapabilitySupported {
			return stall(v1alpha1.ReasonStoreNotReady, "the store does not have %s, which Vitrine needs to keep what is declared; use another store, or wait for the next look once it has", needed.what).within(probeAgain)
		}
	}
	return nil
}

// enforceable tells whether rights can be brought into force at all. A store that was
// probed by an earlier Vitrine has bucket policies or nothing.
func enforceable(c *v1alpha1.Capabilities) v1alpha1.Capability {
	if c.Enforcement != "" && c.PrincipalPolicies != v1alpha1.CapabilityUnsupported { // see stillBy
		return v1alpha1.CapabilitySupported
	}
	return c.PrincipalPolicies
}
