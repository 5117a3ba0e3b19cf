package worker

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

// logo stores the image of a watermark and gives what a manifest says of it.
func (s *store) logo(data []byte) rendition.WatermarkImage {
	it := s.original("logo.png", data)
	return rendition.WatermarkImage{ETag: it.ETag, Size: it.Size, Source: it.Source}
}

// marks gives a preset with and one without a watermark of that image.
func marks(logo rendition.WatermarkImage) (marked, plain rendition.Preset) {
	plain = rendition.Preset{Name: "plain", Width: 100, Format: rendition.PNG}
	marked = plain
	marked.Name, marked.Watermark = "marked", &rendition.Watermark{Image: "logo.png", ETag: logo.ETag, Position: rendition.Middle}
	return marked, plain
}

// features: D13
func TestWatermarkImageIsFetchedOnceAndDrawn(t *testing.T) {
	s := newStore(t)
	logo := s.logo(specimen.PNG(specimen.Scene(40, 40)))
	marked, plain := marks(logo)
	text := plain
	text.Name, text.Watermark = "text", &rendition.Watermark{Text: "Northlight", Position: rendition.Tile}
	var m rendition.Manifest
	for i := range 5 {
		m.Items = append(m.Items, s.original(fmt.Sprintf("%d.jpg", i), specimen.JPEG(specimen.Scene(300+i, 200)), marked, plain, text))
	}
	m.Version, m.Watermarks = rendition.ManifestVersion, []rendition.WatermarkImage{logo}
	got, err := newHarness(t, nil).Run(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Total: 5, Done: 5, Pictures: 15}, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if n := s.tries["GET /brand/logo.png"]; n != 1 {
		t.Errorf("the image was fetched %d times", n)
	}
	etags := map[string]bool{}
	for _, r := range s.facts(t, "0.jpg").Renditions {
		etags[r.ETag] = true
		if strings.Contains(r.Object, "-marked.") != (r.Preset != "plain") {
			t.Errorf("%s is called %s", r.Preset, r.Object)
		}
	}
	if len(etags) != 3 {
		t.Errorf("of three presets there are %d pictures", len(etags))
	}
}

// Whatever is wrong with a watermark, what was to bear it is not there, everything else is, and the run says why. What was there
// before stays in the facts.
// features: D13
func TestNoPictureIsStoredWithoutItsWatermark(t *testing.T) {
	for why, c := range map[string]struct {
		image  []byte
		change func(*store, *rendition.WatermarkImage)
		reason asset.UnmadeReason // empty where the next plan knows more
	}{
		"an SVG":               {image: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), reason: asset.UnmadeUnreadable},
		"half a picture":       {image: specimen.PNG(specimen.Scene(300, 300))[:400], reason: asset.UnmadeUnreadable},
		"one that is not seen": {image: specimen.PNG(image.NewNRGBA(image.Rect(0, 0, 9, 9))), reason: asset.UnmadeBlank},
		"one that is gone":     {image: specimen.PNG(specimen.Scene(9, 9)), change: func(s *store, _ *rendition.WatermarkImage) { delete(s.objects, "/brand/logo.png") }},
		"another than was planned": {image: specimen.PNG(specimen.Scene(9, 9)), change: func(s *store, _ *rendition.WatermarkImage) {
			s.objects["/brand/logo.png"] = object{data: []byte("other")}
		}},
		"one beyond the limit": {image: specimen.PNG(specimen.Scene(9, 9)), change: func(_ *store, w *rendition.WatermarkImage) { w.Size = 1 << 40 }, reason: asset.UnmadeUnreadable},
	} {
		t.Run(why, func(t *testing.T) {
			s := newStore(t)
			logo := s.logo(c.image)
			marked, plain := marks(logo)
			item := s.original("hero.jpg", specimen.JPEG(specimen.Scene(300, 200)), marked, plain)
			before := asset.Rendition{Preset: "marked", Object: "marked-aaaaaaaaaaaaa-marked.png", Size: 7, ContentType: "image/png"}
			item.Kept = []asset.Rendition{before}
			if c.change != nil {
				c.change(s, &logo)
			}
			m := rendition.Manifest{Version: rendition.ManifestVersion, Items: []rendition.Item{item}, Watermarks: []rendition.WatermarkImage{logo}}
			got, err := newHarness(t, nil).Run(t.Context(), m)
			if !errors.Is(err, ErrWatermark) {
				t.Errorf("got %v, want %v", err, ErrWatermark)
			}
			if diff := cmp.Diff(Summary{Total: 1, Done: 1, Pictures: 1, Unmarked: 1}, got); diff != "" {
				t.Errorf("summary (-want +got):\n%s", diff)
			}
			for _, put := range s.puts {
				if strings.Contains(put, "marked") {
					t.Errorf("%s is stored", put)
				}
			}
			facts := s.facts(t, "hero.jpg")
			if len(facts.Renditions) != 2 || facts.Renditions[0] != before || facts.Renditions[1].Preset != "plain" {
				t.Errorf("the facts name %+v", facts.Renditions)
			}
			var want []asset.Unmade
			if c.reason != "" {
				want = []asset.Unmade{{Preset: "marked", Object: rendition.ObjectName(marked, item.ETag, nil), Reason: c.reason, Watermark: marked.Watermark.Identity()}}
			}
			if diff := cmp.Diff(want, facts.Unmade, cmpopts.IgnoreFields(asset.Unmade{}, "Message")); diff != "" {
				t.Errorf("unmade (-want +got):\n%s", diff)
			}
		})
	}
}

// A store that fails is another matter: everything else is done, nothing is told of the watermark, and the index is tried again.
// features: D13
func TestWatermarkThatCannotBeFetchedIsTriedAgain(t *testing.T) {
	s := newStore(t)
	logo := s.logo(specimen.PNG(specimen.Scene(9, 9)))
	marked, plain := marks(logo)
	m := manifest(s.original("hero.jpg", specimen.JPEG(specimen.Scene(300, 200)), marked, plain))
	m.Watermarks = []rendition.WatermarkImage{logo}
	s.fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/brand/logo.png" {
			deny(w, http.StatusServiceUnavailable, "SlowDown")
			return true
		}
		return false
	}
	got, err := newHarness(t, nil).Run(t.Context(), m)
	if !errors.Is(err, ErrStore) || errors.Is(err, ErrWatermark) {
		t.Errorf("the run ends with %v", err)
	}
	if diff := cmp.Diff(Summary{Total: 1, Done: 1, Pictures: 1, Unmarked: 1, StoreErrors: 1}, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if f := s.facts(t, "hero.jpg"); f.Unmade != nil || len(f.Renditions) != 1 || f.Renditions[0].Preset != "plain" {
		t.Errorf("the facts say %+v", f)
	}
}

// What is no verdict on a watermark is none on the pictures either: the index is tried again.
func TestWatermarkThatCannotBeDrawnNowIsTriedAgain(t *testing.T) {
	s := newStore(t)
	preset := rendition.Preset{Name: "thumb", Width: 1, Watermark: &rendition.Watermark{Text: "Acme"}}
	h := newHarness(t, func(w *Worker) {
		w.Renderer = scripted{text: errors.New("no memory"), render: func([]byte) error { return nil }}
	})
	got, err := h.Run(t.Context(), manifest(s.original("a", []byte("a"), preset)))
	if err == nil || errors.Is(err, ErrWatermark) || got.Done != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if f := s.facts(t, "a"); f.Error != nil || f.Unmade != nil {
		t.Errorf("the facts say %+v", f)
	}
}

// Stamps are in memory for as long as the run is, so what decoders may take is less by them.
func TestStampsCountAsMemory(t *testing.T) {
	s := newStore(t)
	var inside, most atomic.Int64
	h := newHarness(t, func(w *Worker) {
		w.Limits.Parallel, w.Limits.DecodeMemory = 8, 1000
		w.Renderer = scripted{stamp: 100, bytes: 440, render: func([]byte) error {
			n := inside.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			for range 50 {
				_ = sha256.Sum256(make([]byte, 4096)) // stays inside for a moment
			}
			inside.Add(-1)
			return nil
		}}
	})
	preset := rendition.Preset{Name: "thumb", Width: 1, Height: 1, Watermark: &rendition.Watermark{Text: "Acme"}}
	var items []rendition.Item
	for i := range 40 {
		items = append(items, s.original(fmt.Sprint(i), fmt.Appendf(nil, "%d", i), preset))
	}
	if got, err := h.Run(t.Context(), manifest(items...)); err != nil || got.Done != 40 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if most.Load() > 1 {
		t.Errorf("%d decoders of 440 bytes at once, beside a stamp of 400, with 1000 for all", most.Load())
	}
	// However large stamps are, originals go on.
	r := h.newRun(manifest(), func(error) {})
	for range 3 {
		if err := r.keep(t.Context(), 900); err != nil {
			t.Fatal(err)
		}
	}
	if r.room != 500 || !r.decode.TryAcquire(500) || r.decode.TryAcquire(1) {
		t.Errorf("%d bytes are left of 1000", r.room)
	}
}

// A watermark whose decoder hangs is one that cannot be drawn, and costs a slot for as long as it hangs.
func TestWatermarkThatHangs(t *testing.T) {
	s := newStore(t)
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	logo := s.logo([]byte("hang"))
	marked, plain := marks(logo)
	m := manifest(s.original("hero", []byte("good"), marked, plain))
	m.Watermarks = []rendition.WatermarkImage{logo}
	h := newHarness(t, func(w *Worker) {
		w.Limits.Parallel, w.Limits.ImageTime = 2, 50*time.Millisecond
		w.Renderer = scripted{render: func(src []byte) error {
			if string(src) == "hang" {
				<-end
			}
			return nil
		}}
	})
	if got, err := h.Run(t.Context(), m); !errors.Is(err, ErrWatermark) || got.Unmarked != 1 || got.Pictures != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A text that the system cannot draw is told once, however many pictures want it.
func TestTextThatCannotBeDrawn(t *testing.T) {
	s := newStore(t)
	preset := rendition.Preset{Name: "thumb", Width: 1, Watermark: &rendition.Watermark{Text: "Acme"}}
	var rendered atomic.Int64
	h := newHarness(t, func(w *Worker) {
		w.Renderer = scripted{text: fmt.Errorf("%w: no fonts", rendition.ErrBlank), render: func([]byte) error { rendered.Add(1); return nil }}
	})
	got, err := h.Run(t.Context(), manifest(s.original("a", []byte("a"), preset), s.original("b", []byte("b"), preset)))
	if !errors.Is(err, ErrWatermark) || got.Unmarked != 2 || got.Done != 2 || rendered.Load() != 0 {
		t.Errorf("got %+v, %v, and %d renderings", got, err, rendered.Load())
	}
	for _, name := range []string{"a", "b"} {
		if f := s.facts(t, name); len(f.Unmade) != 1 || f.Unmade[0].Reason != asset.UnmadeBlank || f.Unmade[0].Watermark != preset.Watermark.Identity() {
			t.Errorf("the facts of %s say %+v", name, f.Unmade)
		}
	}
	if n := strings.Count(h.log.String(), "no fonts"); n != 1 {
		t.Errorf("the log says so %d times", n)
	}
}

// A new picture takes the place of what its preset made before, and of no other's.
// features: D13
func TestNewPicturesTakeThePlaceOfOldOnes(t *testing.T) {
	s := newStore(t)
	item := s.original("hero.jpg", specimen.JPEG(specimen.Scene(300, 200)), rendition.Preset{Name: "web", Width: 100})
	for _, preset := range []string{"web", "thumb"} {
		item.Kept = append(item.Kept, asset.Rendition{Preset: preset, Object: preset + "-aaaaaaaaaaaaa.webp", Size: 7, ContentType: "image/webp"})
	}
	if _, err := newHarness(t, nil).Run(t.Context(), manifest(item)); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range s.facts(t, "hero.jpg").Renditions {
		names = append(names, r.Object)
	}
	if diff := cmp.Diff([]string{"thumb-aaaaaaaaaaaaa.webp", rendition.ObjectName(item.Outputs[0].Preset, item.ETag, nil)}, names); diff != "" {
		t.Errorf("renditions in the facts (-want +got):\n%s", diff)
	}
}
