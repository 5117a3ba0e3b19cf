package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// features: U16
func TestStatusSaysWhatTheProbeFound(t *testing.T) {
	const yes, no = v1alpha1.CapabilitySupported, v1alpha1.CapabilityUnsupported
	cases := []struct {
		reason string
		found  store.Capabilities
		want   v1alpha1.Capabilities
	}{
		{
			"a store that keeps what it says, by bucket policies",
			store.Capabilities{
				Versioning: true, ConditionalWrites: true, TrustedPrefix: true, DateConditions: true, TrustedDates: true, RewriteAfterDelete: true, WebIdentity: true,
				BucketPolicies: true, Enforcement: store.ByBucketPolicy, DocumentBytes: 65536, Account: "123456789012",
			},
			v1alpha1.Capabilities{
				Versioning: yes, ConditionalWrites: yes, PrefixConditions: yes, DateConditions: yes, Rewrites: yes, WebIdentity: yes,
				PrincipalPolicies: yes, Enforcement: v1alpha1.EnforcementBucketPolicy, PolicyBytes: 65536, Propagation: "0s",
				Account: "123456789012",
			},
		},
		{
			"a condition that was tried and can be got around is not trusted, and bucket policies that were not tried are not judged",
			store.Capabilities{
				Versioning: true, ConditionalWrites: true, DateConditions: true, Enforcement: store.ByManagedPolicy, DocumentBytes: 6144, DocumentsPerHolder: 10,
				GroupsPerUser: 10, PropagationSeconds: 4,
			},
			v1alpha1.Capabilities{
				Versioning: yes, ConditionalWrites: yes, PrefixConditions: v1alpha1.CapabilityUntrusted, DateConditions: v1alpha1.CapabilityUntrusted, Rewrites: no, WebIdentity: no,
				Enforcement: v1alpha1.EnforcementManagedPolicy, PolicyBytes: 6144, DocumentsPerHolder: 10, GroupsPerUser: 10, Propagation: "4s",
			},
		},
		{
			"a store without any way to give rights lacks what would be tried last",
			store.Capabilities{},
			v1alpha1.Capabilities{
				Versioning: no, ConditionalWrites: no, PrefixConditions: no, DateConditions: no, Rewrites: no, WebIdentity: no, PrincipalPolicies: no,
			},
		},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			if diff := cmp.Diff(&c.want, capabilitiesOf(c.found)); diff != "" {
				t.Errorf("capabilities (-want +got):\n%s", diff)
			}
		})
	}
}

// A policy names its principals by account number: the connection is opened anew with the one that a probe found.
func TestPrincipalsHaveTheAccountThatTheProbeFound(t *testing.T) {
	declared := &v1alpha1.ObjectStore{Spec: v1alpha1.ObjectStoreSpec{
		Driver: v1alpha1.DriverIAM, Endpoint: "https://s3.example.org", Region: "eu-central-1",
		IAM: v1alpha1.IAMEndpoint{Endpoint: "https://iam.example.org"}, InstallationID: "eu-prod",
	}}
	key := store.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}
	stores := NewStores(nil, nil, "vitrine-system", nil)
	before := Connection{Declared: declared.DeepCopy(), account: accountAt(declared)}
	for _, c := range []struct {
		reason string
		found  *v1alpha1.Capabilities
		want   string
	}{
		{"not probed yet", nil, "arn:aws:iam::000000000000:user/vitrine/eu-prod/acme/" + store.Name("eu-prod", "acme", "User", "alice")},
		{"probed", &v1alpha1.Capabilities{Account: "123456789012"}, "arn:aws:iam::123456789012:user/vitrine/eu-prod/acme/" + store.Name("eu-prod", "acme", "User", "alice")},
	} {
		declared.Status.Capabilities = c.found
		opened, err := store.Open(stores.config(declared, key))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(opened.Close)
		if got := opened.Identities.Principal(userIdentity(declared, "acme", "alice")); got != c.want {
			t.Errorf("%s: the principal is %s, want %s", c.reason, got, c.want)
		}
	}
	if before.opens(declared) {
		t.Error("a connection that was opened before the probe serves after it")
	}
}
