package decisions_test

import "testing"

// TestDecisions asks every store and compares with the model: DECISIONS questions (1500 when it is not set) in random worlds that
// follow from SEED and from that number. Without SEED they are the same each time, and other ones each time when DECISIONS is set.
//
// features: A1.1, A1.2, A1.3, K2, K3, K4, K5, K6, K13, K14, D10, U4
func TestDecisions(t *testing.T) {
	decisions, seed := fromEnv(t, "DECISIONS", 1500), freshSeed(t)
	for _, at := range targets {
		t.Run(at.name, func(t *testing.T) {
			r, err := decide(t.Context(), at, "d", seed, int(decisions))
			report(t, "store %s: decisions=%d mismatches=%d seed=%d", at.name, r.decisions, r.mismatches, seed)
			for _, text := range r.reports {
				t.Error(text)
			}
			if err != nil || r.mismatches > 0 || uint64(r.decisions) != decisions {
				t.Errorf("%d of %d decisions, %d mismatches; run again with SEED=%d: %v", r.decisions, decisions, r.mismatches, seed, err)
			}
			met(t, at, r)
		})
	}
}

// met checks that a run was worth its while: questions that nobody may ask prove nothing about those that somebody may.
func met(t *testing.T, at target, r result) {
	t.Helper()
	// Below so many decisions, chance alone may leave something out.
	const some, all = 1000, 10_000
	if r.decisions >= some && r.seen["allowed"]*10 < r.decisions {
		t.Errorf("only %d of %d questions were to be allowed", r.seen["allowed"], r.decisions)
	}
	t.Log(r.seen)
	if r.decisions < all {
		return
	}
	for _, what := range []string{"by several routes", "through a group", "by cascade", "as a member", "by a role", "for a time", "restricted",
		"in a restricted folder below a restricted one", "by a name beyond ASCII"} {
		if r.seen[what] == 0 {
			t.Errorf("nothing was allowed %s", what)
		}
	}
	if r.seen["denied by a window"] == 0 {
		t.Error("nothing was denied for the time alone")
	}
	if at.prefixes != (r.seen["refused"] == 0) {
		t.Errorf("%d listings of folders were declared and refused", r.seen["refused"])
	}
	for _, o := range operations {
		if at.habits.takesTags && o.name == "put with tags" || at.habits.namesBuckets && o.about == theStore {
			continue // for nobody, by the model, so that chance alone draws what is allowed
		}
		if r.seen[o.name+": denies it"] == 0 {
			t.Errorf("%s was never to be denied", o.name)
		}
		never := o.need == never || at.habits.forNobody(o)
		if allowed := r.seen[o.name+": allows it"]; never != (allowed == 0) {
			t.Errorf("%s was to be allowed %d times", o.name, allowed)
		}
	}
}
