package controllers

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// What is declared comes piece by piece, so nothing is deleted before it has been the same for a while.
//
// features: K25
func TestOldVersionsWaitUntilWhatIsDeclaredIsSettled(t *testing.T) {
	const grace = 10 * time.Minute
	brand := types.NamespacedName{Namespace: "acme", Name: "brand"}
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	capped := versionsOrder{uid: "1", limit: asset.VersionCap{Keep: 2}}
	naming := capped
	naming.named = []namedVersion{{"launch/hero.jpg", "v1"}}
	frozen, another, larger := capped, capped, capped
	frozen.frozen, another.uid, larger.limit.Keep = true, "2", 3
	caps := NewVersionCaps()
	for i, step := range []struct {
		after time.Duration
		order versionsOrder
		want  time.Duration
	}{
		{0, capped, grace},
		{4 * time.Minute, capped, 6 * time.Minute},
		{5 * time.Minute, naming, grace}, // the Collection came after its Library
		{10 * time.Minute, naming, 0},
		{time.Hour, naming, 0},
		{0, capped, grace}, // it went, and may come again
		{grace, capped, 0},
		{0, frozen, grace},
		{time.Hour, capped, grace}, // somebody has to see that the freeze is over
		{0, another, grace},
		{0, larger, grace},
		{grace, larger, 0},
	} {
		now = now.Add(step.after)
		if got := caps.settled(brand, step.order, now, grace); got != step.want {
			t.Errorf("step %d waits %s, want %s", i, got, step.want)
		}
	}
	caps.forget(brand)
	if got := caps.settled(brand, larger, now, grace); got != grace {
		t.Errorf("after it was forgotten it waits %s", got)
	}
}
