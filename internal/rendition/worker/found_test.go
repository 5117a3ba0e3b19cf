package worker

import (
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
