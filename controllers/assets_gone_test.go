package controllers

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// features: A1.24
func TestDisappeared(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 30, 12, minute, 0, 0, time.UTC) }
	marker := func(id string, minute int) store.ObjectInfo {
		return store.ObjectInfo{VersionID: id, DeleteMarker: true, LastModified: at(minute)}
	}
	content := func(id, etag string) store.ObjectInfo { return store.ObjectInfo{VersionID: id, ETag: etag} }
	facts := &asset.Facts{ETag: "e1", VersionID: "v1"}
	for reason, c := range map[string]struct {
		versions []store.ObjectInfo
		facts    *asset.Facts
		want     disappearance
	}{
		"deleted":                                {[]store.ObjectInfo{marker("m1", 1), content("v1", "e1")}, facts, disappearance{mark: "m1", went: at(1)}},
		"deleted twice: the first time counts":   {[]store.ObjectInfo{marker("m2", 2), marker("m1", 1), content("v1", "e1")}, facts, disappearance{mark: "m1", went: at(1)}},
		"it was back, and was deleted again":     {[]store.ObjectInfo{marker("m2", 2), content("v1", "e1"), marker("m1", 1)}, facts, disappearance{mark: "m2", went: at(2)}},
		"with another content":                   {[]store.ObjectInfo{marker("m2", 2), content("v2", "e2"), marker("m1", 1), content("v1", "e1")}, facts, disappearance{mark: "m2", went: at(2), unfit: true}},
		"its facts tell no version, but an ETag": {[]store.ObjectInfo{marker("m1", 1), content("v1", `"e1"`)}, &asset.Facts{ETag: "e1"}, disappearance{mark: "m1", went: at(1)}},
		"there are no facts":                     {[]store.ObjectInfo{marker("m1", 1), content("v1", "e1")}, nil, disappearance{mark: "m1", went: at(1), unfit: true}},
		"nothing but the mark is left":           {[]store.ObjectInfo{marker("m2", 2), marker("m1", 1)}, facts, disappearance{mark: "m1", went: at(1)}},
		"for good":                               {nil, facts, disappearance{}},
		"it is back":                             {[]store.ObjectInfo{content("v2", "e2"), marker("m1", 1), content("v1", "e1")}, facts, disappearance{back: true}},
	} {
		if got := disappeared(c.versions, c.facts); !got.same(c.want) {
			t.Errorf("%s: %+v, want %+v", reason, got, c.want)
		}
	}
}

// What the store told of a file counts for that disappearance and for no later one.
//
// features: A1.24
func TestEachDisappearanceIsJudgedByItself(t *testing.T) {
	start := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	after := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	key := access.Key{Library: "brand", Path: "a"}
	m := lately{gone: map[access.Key]*goneSince{key: {since: start}}}
	asked := func() bool { return len(m.toAsk([]asset.Content{{Key: key}})) == 1 }
	g := m.gone[key]
	for _, step := range []struct {
		reason string
		told   disappearance
		at     int
		fits   bool
		since  time.Time
	}{
		{"it is asked for the first time", disappearance{mark: "m1", unfit: true}, 1, false, start},
		{"the same one", disappearance{mark: "m1", unfit: true}, 2, false, start},
		{"another one, with its last content", disappearance{mark: "m2"}, 3, true, after(3)},
		{"the store keeps no mark of it any more", disappearance{}, 4, true, after(3)},
		{"it is back", disappearance{back: true}, 5, false, after(5)},
		{"and gone again", disappearance{mark: "m3"}, 6, true, after(6)},
		{"with another content the time after", disappearance{mark: "m4", unfit: true}, 7, false, after(7)},
	} {
		if !asked() {
			t.Fatalf("%s: it is not asked for", step.reason)
		}
		if g.told(step.told, after(step.at)); g.fits() != step.fits || !g.since.Equal(step.since) {
			t.Errorf("%s: fits %t, since %s", step.reason, g.fits(), g.since)
		}
	}
}

// Whatever was not asked for yet is asked for at once, and all the rest in turn.
//
// features: A1.24
func TestAllThatIsGoneIsAskedForInTurn(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	m := lately{gone: map[access.Key]*goneSince{}}
	var gone []asset.Content
	for i := range 2*askedAgain + 10 {
		key := access.Key{Library: "brand", Path: fmt.Sprint(i)}
		m.gone[key] = &goneSince{}
		gone = append(gone, asset.Content{Key: key})
	}
	if first := m.toAsk(gone); len(first) != len(gone) {
		t.Errorf("%d of %d are asked for", len(first), len(gone))
	}
	for i := range gone {
		if i > 0 { // the first one never was
			m.gone[gone[i].Key].told(disappearance{mark: "m"}, now)
		}
	}
	seen := map[access.Key]bool{}
	for sweep := range 3 {
		now = now.Add(time.Minute)
		keys := m.toAsk(gone)
		if len(keys) > askedAgain+1 || sweep == 0 && !slices.Contains(keys, gone[0].Key) {
			t.Fatalf("after sweep %d %d are asked for", sweep, len(keys))
		}
		for _, key := range keys {
			seen[key] = true
			m.gone[key].told(disappearance{mark: "m"}, now)
		}
	}
	if len(seen) != len(gone) {
		t.Errorf("%d of %d were asked for again", len(seen), len(gone))
	}
}
