package policy_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

// Whatever is broken after a proof is found by the next one, which judges only
// those of whom something changed: a document lost, one too many, another's.
//
// features: U4
func TestWhatWasProvedIsJudgedAgainWhenItChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.Draw(t)
		in, plan := planOf(w, w.Instants[0], func(in *policy.PlanInput) { in.GroupsPerUser = rapid.SampledFrom([]int{0, 10}).Draw(t, "groups") })
		proof := proofOf(in, plan)
		proof.Memory = policy.NewMemory()
		for range 2 {
			if err := policy.Prove(proof); err != nil {
				t.Fatal(err)
			}
		}
		users := slices.Sorted(maps.Keys(in.Users))
		one, other := in.Users[rapid.SampledFrom(users).Draw(t, "one")], in.Users[rapid.SampledFrom(users).Draw(t, "other")]
		broken := proof
		broken.Attached = maps.Clone(proof.Attached)
		broken.Attached[one] = proof.Attached[other]
		fresh := broken
		fresh.Memory = nil
		if got, want := policy.Prove(broken), policy.Prove(fresh); errors.Is(got, policy.ErrNotProved) != errors.Is(want, policy.ErrNotProved) {
			t.Fatalf("with a memory: %v, without: %v", got, want)
		}
		if err := policy.Prove(proof); err != nil {
			t.Fatalf("what was right before: %v", err)
		}
	})
}
