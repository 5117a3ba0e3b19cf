package controllers

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

func TestAFullGatewayIsToldWithTheRemedy(t *testing.T) {
	full := fmt.Errorf("putting the user into the group: %w", store.ErrLimit)
	denied := fmt.Errorf("putting the user into the group: %w", store.ErrDenied)
	for _, test := range []struct {
		reason, member string
		err            error
		stalls         bool
	}{
		{"the gateway is in as many groups as the store lets it", gatewayMember, full, true},
		{"a User is, who has all rights by itself then", "alice", full, false},
		{"another failure is another failure", gatewayMember, denied, false},
	} {
		t.Run(test.reason, func(t *testing.T) {
			err := explainJoin(test.member, test.err)
			var f *failure
			if errors.As(err, &f) != test.stalls || test.stalls && (f.state != stalled || f.reason != v1alpha1.ReasonPolicyTooLarge) {
				t.Errorf("it is %v", err)
			}
			if !test.stalls && !errors.Is(err, test.err) {
				t.Errorf("it was %v and is %v", test.err, err)
			}
		})
	}
}

// Each tenant's links hang on a group of its own, with the gateway as its only member; without links there is none.
//
// features: D10
func TestTheGatewaysRightsAreATenantsOwn(t *testing.T) {
	acme, northlight := gatewayGroup("eu-prod", "acme"), gatewayGroup("eu-prod", "northlight")
	if acme.Name == northlight.Name || acme.Path == northlight.Path || acme.Kind != store.HolderGroup {
		t.Errorf("two tenants have %v and %v", acme, northlight)
	}
	made := rendering{principals: principals{users: map[string]string{}, gateway: "arn:gateway"}}
	made.planGateway(policy.Options{})
	if len(made.attachments) > 0 {
		t.Errorf("without links there is %v", made.attachments)
	}
	made.links = []policy.LinkRights{{Buckets: policy.Buckets{Originals: "acme-brand", Vitrine: "acme-brand-dam"}, Catalog: "catalog/press.json"}}
	made.planGateway(policy.Options{})
	if len(made.attachments) != 1 {
		t.Fatalf("with a link there are %v", made.attachments)
	}
	if diff := cmp.Diff([]string{gatewayMember}, made.attachments[0].Members); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	proof := policy.Proof{}
	made.attachedTo(&proof)
	if diff := cmp.Diff(len(made.attachments[0].Documents), len(proof.Attached["arn:gateway"])); diff != "" || len(proof.Attached["arn:gateway"]) == 0 {
		t.Errorf("the proof judges other documents (-want +got):\n%s", diff)
	}
}
