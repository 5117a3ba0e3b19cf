package controllers

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/notification"
)

// features: D12
func TestWhatAHintMayBeAbout(t *testing.T) {
	for _, c := range []struct {
		reason, bucket, key string
		want                []string
	}{
		{"an original is in the bucket of originals", "acme-brand", "launch/hero.jpg", []string{"acme-brand"}},
		{"an original of a restricted folder is in the bucket beside", "acme-brand-dam", "restricted/embargo/hero.jpg", []string{"acme-brand-dam", "acme-brand"}},
		{"an object that is not named may be one", "acme-brand-dam", "", []string{"acme-brand-dam", "acme-brand"}},
		{"a rendition is none", "acme-brand-dam", "renditions/launch/hero.jpg/thumb-a.webp", []string{"acme-brand-dam"}},
		{"nor is a rendition of a restricted original", "acme-brand-dam", "restricted-renditions/embargo/hero.jpg/thumb-a.webp", []string{"acme-brand-dam"}},
		{"nor are facts", "acme-brand-dam", "facts/restricted/embargo/hero.jpg.json", []string{"acme-brand-dam"}},
		{"nor is what lies beside the root", "acme-brand-dam", "restricted", []string{"acme-brand-dam"}},
		{"in a bucket of another name no root is Vitrine's", "acme-brand", "restricted/embargo/hero.jpg", []string{"acme-brand"}},
		{"an ending alone is beside no bucket", "-dam", "restricted/embargo/hero.jpg", []string{"-dam"}},
	} {
		t.Run(c.reason, func(t *testing.T) {
			if diff := cmp.Diff(c.want, originalsBuckets(notification.Object{Bucket: c.bucket, Key: c.key})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// trial is hints over Libraries whose looks take a while.
type trial struct {
	*hints
	inventory *Inventory
	takes     time.Duration
	began     map[types.NamespacedName][]time.Time // looks
	queued    map[types.NamespacedName]bool
	underWay  map[types.NamespacedName]bool
}

var (
	acmeBrand = types.NamespacedName{Namespace: "acme", Name: "brand"}
	acmePress = types.NamespacedName{Namespace: "acme", Name: "press"}
)

func newTrial(takes time.Duration) *trial {
	tr := &trial{inventory: NewInventory(), takes: takes, began: map[types.NamespacedName][]time.Time{}, queued: map[types.NamespacedName]bool{}, underWay: map[types.NamespacedName]bool{}}
	tr.hints = newHints(&Deps{Inventory: tr.inventory})
	tr.librariesOf = func(_ context.Context, bucket string) []types.NamespacedName {
		return map[string][]types.NamespacedName{"acme-brand": {acmeBrand}, "acme-press": {acmePress}, "shared": {acmeBrand, acmePress}}[bucket]
	}
	tr.wake = func(library types.NamespacedName) {
		tr.queued[library] = true // as in a work queue: once more after the look under way
		tr.look(library)
	}
	return tr
}

// look begins one, if one is queued and none is under way, and ends it later. It is called with the lock of hints held.
func (tr *trial) look(library types.NamespacedName) {
	if !tr.queued[library] || tr.underWay[library] {
		return
	}
	tr.queued[library], tr.underWay[library] = false, true
	tr.began[library] = append(tr.began[library], time.Now())
	done := tr.inventory.looking(library)
	time.AfterFunc(tr.takes, func() {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		done()
		tr.underWay[library] = false
		tr.look(library)
	})
}

// looks are when looks at a Library began.
func (tr *trial) looks(library types.NamespacedName) []time.Time {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Clone(tr.began[library])
}

func of(bucket string) []notification.Object {
	return []notification.Object{{Bucket: bucket, Key: "launch/hero.jpg"}}
}

func TestAFloodOfHintsIsOneLookASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrial(10 * time.Millisecond)
		for range 10_000 { // in ten seconds
			tr.take(t.Context(), of("acme-brand"))
			tr.take(t.Context(), of("nobodys"))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		if n := len(tr.looks(acmeBrand)); n < 9 || n > 11 {
			t.Errorf("ten thousand hints in ten seconds were %d looks", n)
		}
		if others := tr.looks(acmePress); len(others) > 0 {
			t.Errorf("another Library was looked at: %v", others)
		}
	})
}

func TestALargeLibraryIsListedHalfOfTheTimeAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrial(20 * time.Second)
		for range 600 { // ten minutes
			tr.take(t.Context(), of("acme-brand"))
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		if n := len(tr.looks(acmeBrand)); n < 13 || n > 16 {
			t.Errorf("it was looked at %d times in ten minutes, for 20 seconds each", n)
		}
	})
}

func TestAHintAboutOneBucketWakesAllOfItsLibraries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrial(10 * time.Millisecond)
		tr.take(t.Context(), of("shared"))
		time.Sleep(2 * time.Second)
		if brand, press := tr.looks(acmeBrand), tr.looks(acmePress); len(brand) != 1 || len(press) != 1 {
			t.Errorf("the one was looked at %d times, the other %d", len(brand), len(press))
		}
	})
}

// Whatever comes meanwhile, a look begins after each hint, and soon.
//
// features: D12
func TestALookFollowsEveryHint(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		takes := rapid.SampledFrom([]time.Duration{time.Millisecond, 700 * time.Millisecond, 5 * time.Second}).Draw(rt, "takes")
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			tr := newTrial(takes)
			hinted := map[types.NamespacedName][]time.Time{}
			for range 50 {
				switch random.IntN(4) {
				case 0: // the sweep
					tr.mu.Lock()
					tr.queued[acmeBrand] = true
					tr.look(acmeBrand)
					tr.mu.Unlock()
				case 1:
					hinted[acmePress] = append(hinted[acmePress], time.Now())
					tr.take(t.Context(), of("acme-press"))
				default:
					hinted[acmeBrand] = append(hinted[acmeBrand], time.Now())
					tr.take(t.Context(), of("acme-brand"))
				}
				time.Sleep(time.Duration(random.Int64N(int64(3 * time.Second))))
			}
			time.Sleep(time.Minute)
			for library, times := range hinted {
				looks := tr.looks(library)
				for _, at := range times {
					i, _ := slices.BinarySearchFunc(looks, at, time.Time.Compare)
					if i == len(looks) {
						t.Fatalf("seed %d: no look at %v after a hint", seed, library)
					}
					if late := looks[i].Sub(at); late > 3*hintInterval+3*takes {
						t.Fatalf("seed %d: the look at %v came %v after a hint", seed, library, late)
					}
				}
			}
		})
	})
}
