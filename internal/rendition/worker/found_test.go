package worker

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// An index that is tried again after its worker was killed makes what is not made yet, and nothing else.
// features: D13
func TestWhatAnEarlierRunDidIsNotDoneAgain(t *testing.T) {
	s := newStore(t)
	var items []rendition.Item
	for _, name := range []string{"a.jpg", "b.jpg", "text.jpg", "d.jpg"} {
		data := specimen.JPEG(specimen.Scene(60+10*len(items), 40))
		if name == "text.jpg" {
			data = []byte("text")
		}
		it := s.original(name, data, rendition.BuiltIn()...)
		it.FactsNow = s.request("/dam/facts/" + name + ".json")
		items = append(items, it)
	}
	h := newHarness(t, nil)
	if _, err := h.Run(t.Context(), manifest(items[:3]...)); err != nil {
		t.Fatal(err)
	}
	before := len(s.puts)
	// What was planned from these facts is wanted all the same: its pictures were taken away.
	b, _ := s.get("/dam/facts/b.jpg.json")
	items[1].FactsETag = b.etag()
	got, err := h.Run(t.Context(), manifest(items...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Total: 4, Done: 2, Found: 2, Pictures: 4}, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	for _, put := range s.puts[before:] {
		if !strings.Contains(put, "/b.jpg") && !strings.Contains(put, "/d.jpg") {
			t.Errorf("%s was stored again", put)
		}
	}
	if n := s.tries["GET /brand/a.jpg"]; n != 1 {
		t.Errorf("the original was fetched %d times", n)
	}
}

// While the facts cannot be had nothing is known, and nothing is done twice for that.
func TestFactsThatCannotBeLookedForAreTriedAgain(t *testing.T) {
	s := newStore(t)
	it := s.original("a.jpg", specimen.JPEG(specimen.Scene(60, 40)), rendition.BuiltIn()...)
	it.FactsNow = s.request("/dam/facts/a.jpg.json")
	s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || path.Ext(r.URL.Path) != ".json" || n > 4 {
			return false
		}
		deny(w, http.StatusServiceUnavailable, "SlowDown")
		return true
	}
	h := newHarness(t, nil)
	got, err := h.Run(t.Context(), manifest(it))
	if err == nil || got.StoreErrors != 1 || len(s.puts) != 0 {
		t.Errorf("got %+v, %v, stored %v", got, err, s.puts)
	}
	if got, err := h.Run(t.Context(), manifest(it)); err != nil || got.Done != 1 {
		t.Errorf("once the store answers: %+v, %v", got, err)
	}
}

// Two runs at one original: whichever stores its facts last, what the other noted stays in them.
//
// features: D13
func TestFactsKeepWhatAnotherRunNotedMeanwhile(t *testing.T) {
	data := specimen.JPEG(specimen.Scene(60, 40))
	thumb, preview := rendition.BuiltIn()[0], rendition.BuiltIn()[1]
	for reason, before := range map[string]bool{"there were facts before": true, "there were none": false} {
		s := newStore(t)
		if before {
			if _, err := newHarness(t, nil).Run(t.Context(), manifest(s.original("a.jpg", data))); err != nil {
				t.Fatal(err)
			}
		}
		first, second := s.original("a.jpg", data, thumb), s.original("a.jpg", data, preview)
		for _, it := range []*rendition.Item{&first, &second} {
			it.FactsNow = s.request("/dam/facts/a.jpg.json")
			it.PresetSet = rendition.SetDigest(rendition.BuiltIn())
			if o, there := s.get("/dam/facts/a.jpg.json"); there {
				it.FactsETag = o.etag()
			}
		}
		first.Unmade = []asset.Unmade{asset.NewUnmade("late", "late-aaaaaaaaaaaaa.webp", asset.UnmadeTimeout, "late")}
		done := false
		s.fault = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
			if done || r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "/renditions/") {
				return false
			}
			done = true // the second has read the facts that there are, and puts its picture
			s.mu.Unlock()
			defer s.mu.Lock()
			if got, err := newHarness(t, nil).Run(t.Context(), manifest(first)); err != nil || got.Done != 1 {
				t.Errorf("%s: the first: %+v, %v", reason, got, err)
			}
			return false
		}
		if got, err := newHarness(t, nil).Run(t.Context(), manifest(second)); err != nil || got.Done != 1 || !done {
			t.Fatalf("%s: the second: %+v, %v", reason, got, err)
		}
		facts := s.facts(t, "a.jpg")
		var presets []string
		for _, r := range facts.Renditions {
			presets = append(presets, r.Preset)
		}
		if len(presets) != 2 || !slices.Contains(presets, thumb.Name) || !slices.Contains(presets, preview.Name) || len(facts.Unmade) != 1 {
			t.Errorf("%s: the facts tell of %v, and of %v that cannot be made", reason, presets, facts.Unmade)
		}
	}
}

// A store that takes the mark of a deletion for an object lets no facts be put in the place of none: they are put all the same.
func TestFactsArePutWhereOthersWereDeleted(t *testing.T) {
	s := newStore(t)
	it := s.original("a.jpg", specimen.JPEG(specimen.Scene(60, 40)), rendition.BuiltIn()...)
	it.FactsNow = s.request("/dam/facts/a.jpg.json")
	s.fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-None-Match") == "" {
			return false
		}
		deny(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return true
	}
	if got, err := newHarness(t, nil).Run(t.Context(), manifest(it)); err != nil || got.Done != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if facts := s.facts(t, "a.jpg"); len(facts.Renditions) != 2 {
		t.Errorf("the facts tell of %v", facts.Renditions)
	}
}
