package controllers

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/demand"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

var (
	brandLibrary = types.NamespacedName{Namespace: "acme", Name: "brand"}
	pressLibrary = types.NamespacedName{Namespace: "acme", Name: "press"}
	askedAt      = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
)

func asks(assetID, preset string, at time.Time) demand.Entry {
	return demand.Entry{Item: demand.Item{Namespace: "acme", Link: "launch", Asset: assetID, Preset: preset}, At: at}
}

func everyLink(string, string) bool { return true }

// asksAt is as asks, at another link.
func asksAt(link, assetID string) demand.Entry {
	entry := asks(assetID, "print", askedAt)
	entry.Link = link
	return entry
}

// features: D13
func TestRequestsAreSeenToOnce(t *testing.T) {
	r := NewRequests()
	note := func(when string, at time.Time, want bool) {
		t.Helper()
		if got := r.note(brandLibrary, asks("hero", "print", at), at); got != want {
			t.Errorf("%s: news is %v", when, got)
		}
	}
	note("the first time", askedAt, true)
	note("told again", askedAt, false)
	note("asked again while it is waited for", askedAt.Add(5*time.Second), false)
	if diff := cmp.Diff(map[string][]string{"hero": {"print"}}, r.of(brandLibrary, askedAt, everyLink)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := r.of(pressLibrary, askedAt, everyLink); got != nil {
		t.Errorf("of another library are asked for %v", got)
	}
	r.serve(brandLibrary, renditionRequest{"hero", "print"})
	r.serve(brandLibrary, renditionRequest{"nobody", "print"})
	if got := r.of(brandLibrary, askedAt, everyLink); got != nil {
		t.Errorf("what is served is still asked for: %v", got)
	}
	note("told again after it was served", askedAt.Add(5*time.Second), false)
	note("asked again after it was served", askedAt.Add(10*time.Second), false)
	if got := r.of(brandLibrary, askedAt, everyLink); len(got) != 1 {
		t.Errorf("asked for again is %v", got)
	}
	if got := r.of(brandLibrary, askedAt.Add(requestLife), everyLink); len(got) != 1 {
		t.Errorf("in time there is %v", got)
	}
	if got := r.of(brandLibrary, askedAt.Add(requestLife+time.Minute), everyLink); got != nil {
		t.Errorf("after its time there is %v", got)
	}
	note("and again", askedAt, true)
	r.forget(brandLibrary)
	if got := r.of(brandLibrary, askedAt, everyLink); got != nil {
		t.Errorf("of a library that is gone are asked for %v", got)
	}
}

// However much is asked for, a Library is looked at once a second at most, and never as soon as it has been looked at.
//
// features: D13
func TestAFloodOfRequestsIsOneLookASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
		defer queue.ShutDown()
		d := &Deps{Clock: clock.RealClock{}, Inventory: NewInventory(), Notices: NewNotices(), Requests: NewRequests()}
		if err := d.Notices.source(assetsController).Start(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
		g := newGateways(d, nil, logr.Discard())
		queued := func(when string, want int) {
			t.Helper()
			synctest.Wait()
			if got := queue.Len(); got != want {
				t.Errorf("%s %d looks are to come, want %d", when, got, want)
			}
		}
		flood := func(from string) {
			for n := range 100 {
				g.note(brandLibrary, asks(from+fmt.Sprint(n), "print", time.Now()))
			}
		}
		flood("a")
		queued("at once", 0)
		time.Sleep(hintInterval)
		queued("a second later", 1)
		look, _ := queue.Get()
		looked := d.Inventory.looking(brandLibrary)
		flood("b")
		time.Sleep(10 * time.Second)
		queued("during a look", 0)
		looked()
		queue.Done(look)
		time.Sleep(9 * time.Second)
		queued("while the Library is left alone", 0)
		time.Sleep(2 * time.Second)
		queued("after that", 1)
	})
}

// A link's visitors keep out nobody else's, nor one Library's those of another.
//
// features: D13
func TestRequestsAreBounded(t *testing.T) {
	r := NewRequests()
	fill := func(library types.NamespacedName, link string, n int) (taken int) {
		for i := range n {
			if r.note(library, asksAt(link, fmt.Sprintf("%s-%d", link, i)), askedAt) {
				taken++
			}
		}
		return taken
	}
	if n := fill(brandLibrary, "flood", 2*maxLinkRequests); n != maxLinkRequests {
		t.Fatalf("of one link %d wait", n)
	}
	served := renditionRequest{"flood-7", "print"}
	r.serve(brandLibrary, served)
	r.serve(brandLibrary, served) // which counts once
	if !r.note(brandLibrary, asksAt("flood", "more"), askedAt) || r.note(brandLibrary, asksAt("flood", "yet more"), askedAt) {
		t.Error("what is served takes somebody's place, or that of two")
	}
	links := maxRequests/maxLinkRequests - 1
	for n := range links {
		if got, want := fill(brandLibrary, fmt.Sprint("link", n), maxLinkRequests), maxLinkRequests; got != want && n < links-1 {
			t.Fatalf("of the %dth link %d wait", n, got)
		}
	}
	if r.note(brandLibrary, asksAt("late", "more"), askedAt) {
		t.Error("there is no end")
	}
	if !r.note(pressLibrary, asksAt("launch", "more"), askedAt) {
		t.Error("one library keeps out another")
	}
	r.serve(brandLibrary, renditionRequest{"link0-7", "print"})
	if !r.note(brandLibrary, asksAt("late", "more still"), askedAt) || len(r.of(brandLibrary, askedAt, everyLink)["more still"]) != 1 {
		t.Error("what is served takes somebody's place")
	}
	if got := r.of(brandLibrary, askedAt.Add(requestLife+time.Second), everyLink); got != nil || fill(brandLibrary, "flood", maxLinkRequests) != maxLinkRequests {
		t.Errorf("what is over takes somebody's place: %d", len(got))
	}
}

// What was asked for at a link that is over is not made, unless it is asked for again at another.
//
// features: D13
func TestRequestsEndWithTheirLinks(t *testing.T) {
	library := &v1alpha1.Library{Spec: v1alpha1.LibrarySpec{Renditions: []v1alpha1.RenditionPreset{{Name: "print", When: v1alpha1.RenderOnRequest}}}}
	library.Name = brandLibrary.Name
	offers := func(library string) *v1alpha1.PublicLink {
		return &v1alpha1.PublicLink{
			Spec:   v1alpha1.PublicLinkSpec{Renditions: []string{"print"}},
			Status: v1alpha1.PublicLinkStatus{Phase: v1alpha1.LinkActive, Library: library},
		}
	}
	links := map[string]*v1alpha1.PublicLink{"launch": offers("brand"), "over": offers("brand"), "moved": offers("press")}
	links["over"].Status.Phase = v1alpha1.LinkExpired
	looks := 0
	live := func() func(link, preset string) bool {
		return stillOffered(library, func(name string) (*v1alpha1.PublicLink, error) {
			looks++
			if l := links[name]; l != nil {
				return l, nil
			}
			return nil, errors.New("there is none")
		})
	}
	r := NewRequests()
	for _, link := range []string{"launch", "over", "moved", "gone"} {
		for _, file := range []string{"a", "b"} {
			r.note(brandLibrary, asksAt(link, file+" of "+link), askedAt)
		}
	}
	if diff := cmp.Diff(map[string][]string{"a of launch": {"print"}, "b of launch": {"print"}}, r.of(brandLibrary, askedAt, live())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if looks != len(links)+1 {
		t.Errorf("%d looks at links, want one at each", looks)
	}
	if !r.note(brandLibrary, asksAt("launch", "a of over"), askedAt) || len(r.of(brandLibrary, askedAt, live())) != 3 {
		t.Error("what is asked for at another link is not made")
	}
	if r.note(brandLibrary, asksAt("over", "a of launch"), askedAt.Add(time.Second)); len(r.of(brandLibrary, askedAt, live())) != 3 {
		t.Error("a link that is over takes requests of others with it")
	}
}

// What a gateway tells counts as far as what is declared bears it out.
//
// features: D13
func TestOnlyWhatALiveLinkOffersIsMadeOnRequest(t *testing.T) {
	for reason, c := range map[string]struct {
		change func(*v1alpha1.PublicLink, *v1alpha1.Library)
		preset string
		want   bool
	}{
		"as declared":                {nil, "print", true},
		"of a link that is going":    {func(l *v1alpha1.PublicLink, _ *v1alpha1.Library) { l.DeletionTimestamp = &metav1.Time{Time: askedAt} }, "print", false},
		"of a link that is over":     {func(l *v1alpha1.PublicLink, _ *v1alpha1.Library) { l.Status.Phase = v1alpha1.LinkExpired }, "print", false},
		"of a link with a watermark": {func(l *v1alpha1.PublicLink, _ *v1alpha1.Library) { l.Spec.Watermark = "agency" }, "print", false},
		"not offered":                {func(l *v1alpha1.PublicLink, _ *v1alpha1.Library) { l.Spec.Renditions = []string{"web"} }, "print", false},
		"rendered unasked":           {nil, "web", false},
		"no preset any more":         {func(_ *v1alpha1.PublicLink, b *v1alpha1.Library) { b.Spec.Renditions = nil }, "print", false},
		"of a library that is going": {func(_ *v1alpha1.PublicLink, b *v1alpha1.Library) { b.DeletionTimestamp = &metav1.Time{Time: askedAt} }, "print", false},
		"nothing":                    {nil, "", false},
	} {
		l := &v1alpha1.PublicLink{Spec: v1alpha1.PublicLinkSpec{Renditions: []string{"web", "print"}}, Status: v1alpha1.PublicLinkStatus{Phase: v1alpha1.LinkActive}}
		b := &v1alpha1.Library{Spec: v1alpha1.LibrarySpec{Renditions: []v1alpha1.RenditionPreset{{Name: "print", When: v1alpha1.RenderOnRequest}, {Name: "web"}}}}
		if c.change != nil {
			c.change(l, b)
		}
		if got := madeOnRequest(l, b, c.preset); got != c.want {
			t.Errorf("%s: %v, want %v", reason, got, c.want)
		}
	}
}

// A sweep passes on what is asked for and not there, and notes what is.
func TestAskedForAndNotThere(t *testing.T) {
	hero := access.Key{Library: "brand", Path: "hero.jpg"}
	s := &sweeper{asked: map[string][]string{asset.ID(hero): {"print", "there", "impossible"}, "of nothing": {"print"}}}
	a := &Asset{Key: hero, Renditions: []asset.CatalogRendition{{Preset: "there"}}, Unmade: []string{"impossible"}}
	if got := s.unserved(a); !slices.Equal(got, []string{"print"}) {
		t.Errorf("to be made are %v", got)
	}
	if want := []renditionRequest{{asset.ID(hero), "there"}, {asset.ID(hero), "impossible"}}; !slices.Equal(s.served, want) {
		t.Errorf("served are %v, want %v", s.served, want)
	}
	if got := s.unserved(&Asset{Key: access.Key{Library: "brand", Path: "other.jpg"}}); len(got) != 0 {
		t.Errorf("of another file are to be made %v", got)
	}
}

// Nobody waits for what cannot be made, nor for a preset that is held.
func TestNobodyWaitsForWhatCannotBeMade(t *testing.T) {
	large := rendition.Preset{Name: "print", Width: 200, Format: rendition.JPEG, OnRequest: true}
	poster, web := large, large
	poster.Name, web.Name, web.OnRequest = "poster", "web", false
	original := rendition.Original{ETag: "e1"}
	presets, held := []rendition.Preset{large}, []HeldPreset{{Preset: poster}, {Preset: web}}
	facts := &asset.Facts{V: asset.FactsVersion, ETag: "e1", PresetSet: rendition.SetDigest([]rendition.Preset{large, poster, web}), Unmade: []asset.Unmade{
		{Preset: "print", Object: rendition.ObjectName(large, "e1", nil), Reason: asset.UnmadeTimeout, Message: "late"},
	}}
	if got := unmakeable(original, presets, held, facts); !slices.Equal(got, []string{"poster", "print"}) {
		t.Errorf("with facts: %v", got)
	}
	if got := unmakeable(original, presets, held, nil); !slices.Equal(got, []string{"poster"}) {
		t.Errorf("without facts: %v", got)
	}
	if got := unmakeable(original, presets, nil, nil); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}

// What a preset made on request before it changed is not shown any more, as nothing would take its place unasked.
func TestOldRenditionsOnRequestDoNotServe(t *testing.T) {
	now := rendition.Preset{Name: "print", Width: 200, Format: rendition.JPEG, OnRequest: true}
	before := now
	before.Width = 100
	a := &Asset{Key: access.Key{Library: "brand", Path: "hero.jpg"}, ETag: "e1"}
	old, current := rendition.ObjectName(before, "e1", nil), rendition.ObjectName(now, "e1", nil)
	a.Facts = &asset.Facts{V: asset.FactsVersion, ETag: "e1", Renditions: []asset.Rendition{{Preset: "print", Object: old}}}
	objects := map[string]store.ObjectInfo{old: {}}
	if got := present([]rendition.Preset{now}, nil, a, objects); len(got) != 0 {
		t.Errorf("shown are %v", got)
	}
	objects[current] = store.ObjectInfo{}
	if got := present([]rendition.Preset{now}, nil, a, objects); len(got) != 1 || got[0].Object != asset.Renditions(a.Key)+current {
		t.Errorf("shown are %v", got)
	}
}
