package asset_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

func day(n int) time.Time { return time.Date(2027, 3, n, 0, 0, 0, 0, time.UTC) }

// features: B11, D6, D8, K24
func TestStateOf(t *testing.T) {
	const draft, published, archived = v1alpha1.StateDraft, v1alpha1.StatePublished, v1alpha1.StateArchived
	open := asset.Lifecycle{State: published}
	drafts := asset.Lifecycle{State: draft}
	for reason, c := range map[string]struct {
		record *asset.StateRecord
		folder asset.Lifecycle
		now    time.Time
		want   v1alpha1.AssetState
		next   time.Time
	}{
		"nobody said anything: the folder's":                   {nil, open, day(10), published, time.Time{}},
		"a folder of drafts":                                   {nil, drafts, day(10), draft, time.Time{}},
		"what somebody said counts before the folder":          {&asset.StateRecord{State: published}, drafts, day(10), published, time.Time{}},
		"and the other way round":                              {&asset.StateRecord{State: draft}, open, day(10), draft, time.Time{}},
		"a draft waits for its time":                           {&asset.StateRecord{State: draft, PublishAt: day(12)}, open, day(10), draft, day(12)},
		"and is published at that very instant":                {&asset.StateRecord{State: draft, PublishAt: day(12)}, open, day(12), published, time.Time{}},
		"a folder's time is for files without a state":         {nil, asset.Lifecycle{State: draft, PublishAt: day(12)}, day(13), published, time.Time{}},
		"and publishes no file that somebody made a draft":     {&asset.StateRecord{State: draft}, asset.Lifecycle{State: draft, PublishAt: day(12)}, day(13), draft, time.Time{}},
		"a file's own time may be in a folder without one":     {&asset.StateRecord{PublishAt: day(12)}, drafts, day(11), draft, day(12)},
		"past its sunset a file is archived, published or not": {&asset.StateRecord{State: published, Sunset: day(9)}, open, day(10), archived, time.Time{}},
		"before it the clock has yet to be asked":              {&asset.StateRecord{State: published, Sunset: day(12)}, open, day(10), published, day(12)},
		"the earlier of two sunsets counts":                    {&asset.StateRecord{Sunset: day(20)}, asset.Lifecycle{State: published, Sunset: day(9)}, day(10), archived, time.Time{}},
		"a sunset before publishing wins":                      {&asset.StateRecord{State: draft, PublishAt: day(12), Sunset: day(11)}, open, day(13), archived, time.Time{}},
		"a file that nobody touched for long enough":           {nil, asset.Lifecycle{State: published, ArchiveAfter: 48 * time.Hour}, day(3), archived, time.Time{}},
		"and one that is not yet that old":                     {nil, asset.Lifecycle{State: published, ArchiveAfter: 48 * time.Hour}, day(2), published, day(3)},
		"archived by hand":                                     {&asset.StateRecord{State: archived}, open, day(10), archived, time.Time{}},
	} {
		t.Run(reason, func(t *testing.T) {
			state, next := asset.StateOf(c.record, c.folder, day(1), c.now)
			if state != c.want || !next.Equal(c.next) {
				t.Errorf("%s until %v, want %s until %v", state, next, c.want, c.next)
			}
		})
	}
}

// Between now and the instant that StateOf names nothing changes, and at it something does; and Window says the same of every instant.
//
// features: B11, D8
func TestStateChangesAtTheInstantsThatAreTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := rapid.Custom(func(t *rapid.T) time.Time {
			if rapid.Bool().Draw(t, "none") {
				return time.Time{}
			}
			return day(rapid.IntRange(1, 20).Draw(t, "day"))
		})
		states := rapid.SampledFrom([]v1alpha1.AssetState{"", v1alpha1.StateDraft, v1alpha1.StatePublished})
		record := &asset.StateRecord{State: states.Draw(t, "state"), PublishAt: moment.Draw(t, "publishAt"), Sunset: moment.Draw(t, "sunset")}
		l := asset.Lifecycle{
			State:     rapid.SampledFrom([]v1alpha1.AssetState{v1alpha1.StateDraft, v1alpha1.StatePublished}).Draw(t, "folder's state"),
			PublishAt: moment.Draw(t, "folder's publishAt"), Sunset: moment.Draw(t, "folder's sunset"),
			ArchiveAfter: time.Duration(rapid.IntRange(0, 10).Draw(t, "days")) * 24 * time.Hour,
		}
		now := day(rapid.IntRange(1, 25).Draw(t, "now"))
		drafts := rapid.Bool().Draw(t, "drafts")
		from, until, ever := asset.Window(record, l, day(1), drafts)
		open := ever && !now.Before(from) && (until.IsZero() || now.Before(until))
		is, _ := asset.StateOf(record, l, day(1), now)
		if want := is == v1alpha1.StatePublished || drafts && is == v1alpha1.StateDraft; open != want {
			t.Fatalf("in state %s it is shown: %t, from %v until %v", is, open, from, until)
		}
		state, next := asset.StateOf(record, l, day(1), now)
		for at := now; at.Before(day(25)); at = at.Add(24 * time.Hour) {
			later, _ := asset.StateOf(record, l, day(1), at)
			changed := later != state
			if before := next.IsZero() || at.Before(next); changed && before {
				t.Fatalf("%s becomes %s at %v, said %v", state, later, at, next)
			}
			if at.Equal(next) && !changed {
				t.Fatalf("%s stays at %v", state, at)
			}
			if changed {
				break
			}
		}
	})
}

// features: B11, D8
func TestLifecyclesOfFolders(t *testing.T) {
	at := func(n int) *metav1.Time { return &metav1.Time{Time: day(n)} }
	l := asset.NewLifecycles(map[string]*v1alpha1.Lifecycle{
		"launch":       {State: "Draft", Sunset: at(20)},
		"launch/final": {State: "Published", Sunset: at(25), ArchiveAfter: "48h"},
		"launch/raw":   {PublishAt: at(5)},
	})
	for path, want := range map[string]asset.Lifecycle{
		"a.jpg":              {State: v1alpha1.StatePublished},
		"launch/a.jpg":       {State: v1alpha1.StateDraft, Source: "launch", Sunset: day(20)},
		"launch-2/a.jpg":     {State: v1alpha1.StatePublished},
		"launch/final/a.jpg": {State: v1alpha1.StatePublished, Source: "launch/final", Sunset: day(20), ArchiveAfter: 48 * time.Hour},
		"launch/raw/x/a.jpg": {State: v1alpha1.StateDraft, Source: "launch", Sunset: day(20), PublishAt: day(5)},
	} {
		if got := l.Of(path); got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}
