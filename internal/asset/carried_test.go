package asset_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// By another name nothing is shown on links that would not be shown without what was decided under the old one, unless the same Folder says
// at both what is published.
//
// features: A1.24, B11
func TestAStateIsCarriedWhereItShowsNothingMore(t *testing.T) {
	const draft, published, archived = v1alpha1.StateDraft, v1alpha1.StatePublished, v1alpha1.StateArchived
	signed := asset.Signature{By: "mona", Change: "c1"}
	record := func(state v1alpha1.AssetState, publishAt, sunset time.Time) *asset.StateRecord {
		return &asset.StateRecord{V: 1, State: state, PublishAt: publishAt, Sunset: sunset, Signature: signed}
	}
	never := time.Time{}
	plain := asset.Lifecycle{State: published}
	drafts := asset.Lifecycle{State: draft, Source: "drafts"}
	other := asset.Lifecycle{State: draft, Source: "other"}
	timed := asset.Lifecycle{State: draft, Source: "other", PublishAt: day(9)}
	for reason, c := range map[string]struct {
		record      *asset.StateRecord
		there, here asset.Lifecycle
		want        *asset.StateRecord
	}{
		"nobody decided anything":                                             {nil, plain, other, nil},
		"where no Folder says anything, all goes along":                       {record(published, never, day(20)), plain, plain, record(published, never, day(20))},
		"within one Folder too":                                               {record(published, never, never), drafts, drafts, record(published, never, never)},
		"into a Folder that says nothing of states, where others may publish": {record(published, never, never), drafts, asset.Lifecycle{State: draft, Source: "drafts", Folder: "drafts/b"}, nil},
		"into a Folder of drafts, published stays behind":                     {record(published, never, never), plain, drafts, nil},
		"from one Folder of drafts into another, too":                         {record(published, never, never), drafts, other, nil},
		"but its sunset goes along":                                           {record(published, never, day(20)), drafts, other, record("", never, day(20))},
		"a draft goes along":                                                  {record(draft, never, never), drafts, other, record(draft, never, never)},
		"into a Folder where all is published, everything goes along":         {record(published, never, never), drafts, plain, record(published, never, never)},
		"a draft there stays one":                                             {record(draft, day(5), never), drafts, plain, record(draft, day(5), never)},
		"a time to publish stays behind where there is none":                  {record(draft, day(5), never), drafts, other, nil},
		"and where it is sooner than the Folder's":                            {record(draft, day(5), never), drafts, timed, nil},
		"a later one goes along":                                              {record(draft, day(10), never), drafts, timed, record(draft, day(10), never)},
		"the Folder says the same state, and when else":                       {record(published, never, never), other, timed, nil},
		"what is archived goes along":                                         {record(archived, never, never), plain, other, record(archived, never, never)},
		"where all is archived, a draft is none that links show drafts":       {record(draft, never, never), drafts, asset.Lifecycle{State: archived, Source: "old"}, nil},
	} {
		got := c.record.Carried(c.there, c.here)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
}

// Whatever was decided, wherever a file comes to from another Folder, no link shows it when it would not show it without.
//
// features: A1.24, B11
func TestACarriedStateShowsNothingMore(t *testing.T) {
	const draft, published, archived = v1alpha1.StateDraft, v1alpha1.StatePublished, v1alpha1.StateArchived
	states := []v1alpha1.AssetState{"", draft, published, archived}
	instant := func(t *rapid.T, name string) time.Time {
		if n := rapid.IntRange(0, 6).Draw(t, name); n > 0 {
			return day(n)
		}
		return time.Time{}
	}
	rapid.Check(t, func(t *rapid.T) {
		here := asset.Lifecycle{
			State: rapid.SampledFrom(states[1:]).Draw(t, "folder's"), Source: "here", PublishAt: instant(t, "folder's publishAt"), Sunset: instant(t, "folder's sunset"),
			ArchiveAfter: time.Duration(rapid.IntRange(0, 3).Draw(t, "archiveAfter")) * 24 * time.Hour,
		}
		record := &asset.StateRecord{State: rapid.SampledFrom(states).Draw(t, "state"), PublishAt: instant(t, "publishAt"), Sunset: instant(t, "sunset")}
		carried := record.Carried(asset.Lifecycle{State: draft, Source: "there"}, here)
		for n := range 8 {
			state, _ := asset.StateOf(carried, here, day(1), day(n))
			otherwise, _ := asset.StateOf(nil, here, day(1), day(n))
			if state == published && otherwise != published || state == draft && otherwise == archived {
				t.Fatalf("on day %d it is %s by %+v, and %s without", n, state, carried, otherwise)
			}
			if before, _ := asset.StateOf(record, asset.Lifecycle{}, day(1), day(n)); before == archived && !record.Sunset.IsZero() && !day(n).Before(record.Sunset) && state != archived {
				t.Fatalf("on day %d its sunset is over, and it is %s", n, state)
			}
		}
	})
}
