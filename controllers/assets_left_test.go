package controllers

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// objectsOf lists the objects that are due, by the path of their original.
func objectsOf(due []doomed) map[string][]string {
	all := map[string][]string{}
	for _, d := range due {
		all[d.key.Path] = d.objects
	}
	return all
}

// What machines made goes sooner than what people said, and facts stay as long as something may have to be matched by them.
//
// features: A1.24, D11
func TestWhatIsLeftGoesAfterItsGrace(t *testing.T) {
	start := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	g := graces{made: 10 * time.Minute, said: 24 * time.Hour}
	plain, said, twin, hero := access.Key{Library: "brand", Path: "plain"}, access.Key{Library: "brand", Path: "said"}, access.Key{Library: "brand", Path: "twin"}, access.Key{Library: "brand", Path: "hero"}
	l := left{
		gone: map[access.Key]*remains{
			plain: {renditions: []string{"renditions/plain/x"}, facts: true},
			said:  {renditions: []string{"renditions/said/x"}, documents: []string{"meta/said.json"}, facts: true},
			twin:  {facts: true},
		},
		stale: map[access.Key]staleRenditions{hero: {"e1", []string{"renditions/hero/old"}}},
	}
	matched := map[access.Key]bool{said: true, twin: true}
	var m lately
	due := func(after time.Duration) map[string][]string {
		m.seen(l, start.Add(after))
		return objectsOf(m.due(l, matched, start.Add(after), g))
	}
	made := map[string][]string{"plain": {"renditions/plain/x", "facts/plain.json"}, "said": {"renditions/said/x"}, "hero": {"renditions/hero/old"}}
	all := map[string][]string{"plain": made["plain"], "said": {"renditions/said/x", "meta/said.json", "facts/said.json"}, "twin": {"facts/twin.json"}, "hero": made["hero"]}
	for _, c := range []struct {
		why   string
		after time.Duration
		want  map[string][]string
	}{
		{"nothing when it is first seen", 0, map[string][]string{}},
		{"nor just before the grace is over", g.made - time.Second, map[string][]string{}},
		{"what was made", g.made, made},
		{"nothing of what was said yet", g.said - time.Second, made},
		{"all of it", g.said, all},
	} {
		if diff := cmp.Diff(c.want, due(c.after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}

	// Who is back for one sweep begins anew.
	back := l.gone[said]
	delete(l.gone, said)
	due(g.said + time.Minute)
	l.gone[said] = back
	if got := due(g.said + 2*time.Minute)["said"]; got != nil {
		t.Errorf("it was back, and %v go", got)
	}
	// So does what was not as it was found when it was to go.
	m.begins(doomed{key: twin})
	m.begins(doomed{key: hero, objects: []string{"renditions/hero/old"}})
	got := due(g.said + 3*time.Minute)
	if got["twin"] != nil || got["hero"] != nil || got["plain"] == nil {
		t.Errorf("%v", got)
	}
}

// features: A1.24, D11
func TestWhatServesNoFileIsFound(t *testing.T) {
	s := newSweeper(false, smallReads)
	s.facts.said = map[string]*asset.Facts{"facts/a.jpg.json": nil, "facts/gone.jpg.json": nil, "facts/notes": nil}
	s.metadata.said = map[string]*asset.Metadata{"meta/a.jpg.json": nil, "meta/gone.jpg.json": {}, "meta/restricted/embargo/gone.jpg.json": {}}
	s.states.said = map[string]*asset.StateRecord{"state/restricted/embargo/b.jpg.json": {}}
	s.approvals.said = map[string]*asset.Approval{"approvals/gone.jpg/v1.json": {}, "approvals/gone.jpg/v2.json": {}}
	name := rendition.ObjectName(rendition.Preset{Name: "thumb", Width: 10}, "e1", nil)
	rendered := map[string]map[string]store.ObjectInfo{
		"renditions/a.jpg/":                           {name: {}},
		"renditions/gone.jpg/":                        {name: {}, "somebody-elses.txt": {}},
		"restricted-renditions/embargo/b.jpg/":        {name: {}},
		"restricted-renditions/embargo/rendered.jpg/": {name: {}},
		"renditions/foreign.jpg/":                     {"thumb-x.webp": {}},
	}
	open := func(path string) access.Key { return access.Key{Library: "brand", Path: path} }
	embargo := func(path string) access.Key { return access.Key{Library: "brand", Restricted: "embargo", Path: path} }
	found := &Holding{Assets: []Asset{{Key: open("a.jpg")}, {Key: embargo("b.jpg")}}}
	got := s.unowned("brand", found, rendered)
	want := map[access.Key]*remains{
		open("gone.jpg"): {
			renditions: []string{"renditions/gone.jpg/" + name}, facts: true,
			documents: []string{"approvals/gone.jpg/v1.json", "approvals/gone.jpg/v2.json", "meta/gone.jpg.json"},
		},
		embargo("gone.jpg"):     {documents: []string{"meta/restricted/embargo/gone.jpg.json"}},
		embargo("rendered.jpg"): {renditions: []string{"restricted-renditions/embargo/rendered.jpg/" + name}},
	}
	if diff := cmp.Diff(want, got.gone, cmp.AllowUnexported(remains{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[access.Key]bool{open("a.jpg"): true}, got.notNew); diff != "" {
		t.Errorf("not new (-want +got):\n%s", diff)
	}
	for object, kind := range map[string]string{"renditions/a/x": "renditions", "restricted-renditions/embargo/a/x": "renditions", "meta/restricted/embargo/a.json": "meta", "approvals/a/x.json": "approvals"} {
		if kindOf(object) != kind {
			t.Errorf("%s is of kind %s", object, kindOf(object))
		}
	}
}

// features: A1.24, D11
func TestWhatIsArchivedOrMovesIsNotGone(t *testing.T) {
	at := func(restricted, path string) access.Key {
		return access.Key{Library: "brand", Restricted: restricted, Path: path}
	}
	l := left{gone: map[access.Key]*remains{}, notNew: map[access.Key]bool{}}
	for _, key := range []access.Key{at("", "archived"), at("", "leaves"), at("embargo", "leaves"), at("", "gone"), at("embargo", "archived")} {
		l.gone[key] = &remains{}
	}
	l.elsewhere([]access.Key{at("", "archived")}, []relocate.Journal{{From: relocate.Place{Key: at("", "leaves")}, To: relocate.Place{Key: at("embargo", "leaves")}}})
	if diff := cmp.Diff(map[access.Key]*remains{at("", "gone"): {}, at("embargo", "archived"): {}}, l.gone, cmp.AllowUnexported(remains{})); diff != "" {
		t.Errorf("gone (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[access.Key]bool{at("", "leaves"): true, at("embargo", "leaves"): true}, l.notNew); diff != "" {
		t.Errorf("not new (-want +got):\n%s", diff)
	}
}

// The message names a few, and what to do.
func TestUnclearRenamesAreNamed(t *testing.T) {
	keys := func(paths ...string) (list []access.Key) {
		for _, p := range paths {
			list = append(list, access.Key{Library: "brand", Path: p})
		}
		return list
	}
	if got := unclearMessage(nil, time.Hour); got != "" {
		t.Errorf("%q", got)
	}
	got := unclearMessage([]asset.Unclear{{Gone: keys("a"), Came: keys("b", "c", "d", "e", "f")}, {Gone: keys("x", "y"), Came: keys("z")}}, 24*time.Hour)
	want := `; "a" went and "b", "c", "d" and 2 more came with the same content, so it is not certain which is which, and what was said of the former is kept for 24h0m0s and given to none: ` +
		"delete the ones that it is not, or describe them anew (and 1 more contents)"
	if got != want {
		t.Errorf("%s", got)
	}
}
