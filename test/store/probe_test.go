package store_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/minio/minio-go/v7"

	"github.com/vitrine-dam/vitrine/internal/store"
)

// What the stores were found to do. On VersityGW 1.8 it depends on how it keeps metadata whether a key that was deleted can be written again
// and read (not with --sidecar); TestProbeTellsWhetherADeletedKeyCanBeWrittenAgain compares the probe's word with what happens.
var abilities = map[string]store.Capabilities{
	onVersityGW: {
		Account:           "000000000000",
		InlinePolicyBytes: 2048,
		BucketPolicies:    true,
		Enforcement:       store.ByBucketPolicy,
		DocumentBytes:     store.BucketPolicyBudget,
		WebIdentity:       true,
		IdentityTags:      true,
		ConditionalWrites: true,
		Versioning:        true,
		TrustedPrefix:     true,
		DateConditions:    true,
		TrustedDates:      true,
	},
	onMinIO: {
		Groups:             true,
		ManagedPolicies:    true,
		Enforcement:        store.ByManagedPolicy,
		DocumentBytes:      20 << 10,
		DocumentsPerHolder: 10,
		ConditionalWrites:  true,
		Versioning:         true,
		TrustedPrefix:      false, // a header overrides the condition
		DateConditions:     true,
		TrustedDates:       false, // likewise
	},
}

// features: U16
func TestProbeFindsWhatTheStoreCanDoAndLeavesNothing(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t, func(c *store.Config) { c.InstallationID = "probe-alone" })
			found, err := s.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(abilities[at(t)], found, cmpopts.IgnoreFields(store.Capabilities{}, "RewriteAfterDelete")); diff != "" {
				t.Errorf("capabilities (-want +got):\n%s", diff)
			}
			nothingOfProbesLeft(t, s, "probe-alone")

			var back store.Capabilities
			if err := json.Unmarshal([]byte(found.String()), &back); err != nil || back != found {
				t.Errorf("String is not the JSON form: %s (%v)", found, err)
			}
		})
	}
}

func nothingOfProbesLeft(t *testing.T, s *store.Store, installation string) {
	t.Helper()
	left, err := s.Identities.List(t.Context(), store.IdentityPath(installation, ""))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("users left by a probe: %v", left)
	}
	buckets, err := s.S3.ListBuckets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets {
		if len(b.Name) > 14 && b.Name[:14] == "vitrine-probe-" {
			t.Errorf("bucket left by a probe: %s", b.Name)
		}
	}
}

// features: U16
func TestProbeCutAnywhereIsCleanedUpByTheNext(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			rec := &recorder{}
			s := open(t, func(c *store.Config) { c.InstallationID = "probe-cut"; c.Hook = rec.hook })
			rec.restart(0)
			if _, err := s.Probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			calls := rec.count()
			step := 3
			if at(t) == onMinIO {
				step = 11 // every round seals and opens a dozen bodies
			}
			// Killed means that nothing goes out afterwards either, so every call from the n-th on fails.
			for n := 1; n <= calls; n += step {
				killed := &killer{after: n}
				dying := open(t, func(c *store.Config) { c.InstallationID = "probe-cut"; c.Hook = killed.hook })
				if _, err := dying.Probe(t.Context()); !errors.Is(err, errCut) {
					t.Fatalf("cut at call %d: got %v", n, err)
				}
			}
			found, err := s.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(abilities[at(t)], found, cmpopts.IgnoreFields(store.Capabilities{}, "RewriteAfterDelete")); diff != "" {
				t.Errorf("capabilities after cuts (-want +got):\n%s", diff)
			}
			nothingOfProbesLeft(t, s, "probe-cut")
		})
	}
}

func TestProbeLeavesABucketOfItsNameThatIsNotOurs(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			const other = "probe-foreign"
			rec := &recorder{}
			s := open(t, func(c *store.Config) { c.InstallationID = other; c.Hook = rec.hook })
			if _, err := s.Probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			name := ""
			for _, c := range rec.calls {
				if c.Operation == "CreateBucket" {
					name = c.Resource
				}
			}
			if err := s.S3.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = s.RemoveObject(t.Context(), name, "precious.txt", "")
				_ = s.S3.RemoveBucket(t.Context(), name)
			})
			if _, err := s.PutObject(t.Context(), name, "precious.txt", []byte("theirs"), "text/plain", store.Always()); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Probe(t.Context()); !errors.Is(err, store.ErrForeign) {
				t.Errorf("got %v, want ErrForeign", err)
			}
			if data, _, err := s.GetObject(t.Context(), name, "precious.txt"); err != nil || string(data) != "theirs" {
				t.Errorf("the foreign bucket was touched: %q %v", data, err)
			}
			if err := s.RemoveObject(t.Context(), name, "precious.txt", ""); err != nil {
				t.Error(err)
			}
			if err := s.S3.RemoveBucket(t.Context(), name); err != nil {
				t.Error(err)
			}
		})
	}
}

// features: U16
func TestProbeTellsWhetherADeletedKeyCanBeWrittenAgain(t *testing.T) {
	for _, where := range stores {
		t.Run(where, func(t *testing.T) {
			s := open(t, func(c *store.Config) { c.InstallationID = "probe-rewrite" })
			found, err := s.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			name := bucket(t, s)
			for _, step := range []func() error{
				func() error {
					_, err := s.PutObject(t.Context(), name, "logo.svg", []byte("1"), "image/svg+xml", store.Always())
					return err
				},
				func() error { return s.RemoveObject(t.Context(), name, "logo.svg", "") },
				func() error {
					_, err := s.PutObject(t.Context(), name, "logo.svg", []byte("2"), "image/svg+xml", store.Always())
					return err
				},
			} {
				if err := step(); err != nil {
					t.Fatal(err)
				}
			}
			_, _, err = s.GetObject(t.Context(), name, "logo.svg")
			if found.RewriteAfterDelete != (err == nil) {
				t.Errorf("the probe says %t, reading it says %v", found.RewriteAfterDelete, err)
			}
			// The same fault makes a key that was purged look present to a conditional write.
			if err := s.PurgeObject(t.Context(), name, "logo.svg"); err != nil {
				t.Fatal(err)
			}
			_, err = s.PutObject(t.Context(), name, "logo.svg", []byte("3"), "image/svg+xml", store.IfAbsent())
			if found.RewriteAfterDelete != (err == nil) {
				t.Errorf("the probe says %t, if-absent of the purged key says %v", found.RewriteAfterDelete, err)
			}
		})
	}
}
