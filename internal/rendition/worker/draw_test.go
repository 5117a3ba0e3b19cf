package worker

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// A preset that takes too long takes no other with it: what was made before it is stored and named in the facts, it is told there,
// and what was to come after it is left to the next plan, which leaves it out.
// features: D13
func TestPresetThatIsTooSlow(t *testing.T) {
	s := newStore(t)
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	slow := rendition.Preset{Name: "slow", Width: 600, Format: rendition.AVIF}
	after := rendition.Preset{Name: "slower", Width: 800, Format: rendition.AVIF}
	item := s.original("hero", []byte("hero"), append([]rendition.Preset{after, slow}, rendition.BuiltIn()...)...)
	h := newHarness(t, func(w *Worker) {
		w.Limits.Parallel, w.Limits.ImageTime = 2, 300*time.Millisecond
		w.Renderer = scripted{width: 1000, render: func([]byte) error { return nil }, derive: func(preset string) error {
			if preset == "slow" {
				<-end
			}
			return nil
		}}
	})
	got, err := h.Run(t.Context(), manifest(item, s.original("other", []byte("other"), rendition.BuiltIn()...)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Total: 2, Done: 2, Pictures: 4, Unmade: 1}, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	f := s.facts(t, "hero")
	var made []string
	objects := map[string]struct{}{}
	for _, r := range f.Renditions {
		made = append(made, r.Preset)
		objects[r.Object] = struct{}{}
		if _, stored := s.get("/dam/renditions/hero/" + r.Object); !stored {
			t.Errorf("%s is not stored", r.Object)
		}
	}
	slices.Sort(made)
	want := []asset.Unmade{{Preset: "slow", Object: rendition.ObjectName(slow, item.ETag, nil), Reason: asset.UnmadeTimeout, Message: "making it did not end within 300ms"}}
	if diff := cmp.Diff([]any{[]string{rendition.Preview, rendition.Thumb}, want, (*asset.ReadError)(nil)}, []any{made, f.Unmade, f.Error}); diff != "" {
		t.Errorf("made, unmade and error of the facts (-want +got):\n%s", diff)
	}
	plan, err := rendition.NewPlan(rendition.World{
		Originals: []rendition.Original{{Key: "hero", ETag: item.ETag}}, Presets: append([]rendition.Preset{after, slow}, rendition.BuiltIn()...),
		Known: map[string]rendition.Known{"hero": {Facts: &f, Objects: objects}},
	})
	if err != nil || len(plan.Work) != 1 || len(plan.Work[0].Presets) != 1 || plan.Work[0].Presets[0].Name != "slower" {
		t.Errorf("what is left to do is %+v, %v", plan.Work, err)
	}
}

// Many pictures that take their time each are no original that does not end.
func TestTimeIsForEachPicture(t *testing.T) {
	s := newStore(t)
	var presets []rendition.Preset
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		presets = append(presets, rendition.Preset{Name: name, Width: 10})
	}
	h := newHarness(t, func(w *Worker) {
		w.Limits.ImageTime = 400 * time.Millisecond
		w.Renderer = scripted{render: func([]byte) error { return nil }, derive: func(string) error {
			<-time.After(w.Limits.ImageTime / 3) // the renderer's own work
			return nil
		}}
	})
	got, err := h.Run(t.Context(), manifest(s.original("hero", []byte("hero"), presets...)))
	if err != nil || got.Done != 1 || got.Pictures != 5 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A picture that cannot be made of a sound original, its watermark not drawn on it for example, is no fault of the original, nor of
// its other pictures.
// features: D13
func TestPictureThatFails(t *testing.T) {
	s := newStore(t)
	marked := rendition.Preset{Name: "marked", Width: 10, Watermark: &rendition.Watermark{Text: "Acme"}}
	item := s.original("hero", []byte("hero"), append([]rendition.Preset{marked}, rendition.BuiltIn()...)...)
	old := asset.Rendition{Preset: "marked", Object: "marked-aaaaaaaaaaaaa-marked.webp", Size: 7, ContentType: "image/webp"}
	item.Kept = []asset.Rendition{old}
	item.Unmade = []asset.Unmade{asset.NewUnmade("print", "print-aaaaaaaaaaaaa.avif", asset.UnmadeTimeout, "late")}
	h := newHarness(t, func(w *Worker) {
		w.Renderer = scripted{stamp: 1, render: func([]byte) error { return nil }, derive: func(preset string) error {
			if preset == "marked" {
				return errors.New("composite: out of ink")
			}
			return nil
		}}
	})
	got, err := h.Run(t.Context(), manifest(item))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Total: 1, Done: 1, Pictures: 2, Unmade: 1}, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	f := s.facts(t, "hero")
	if f.Error != nil || len(f.Renditions) != 3 || f.Renditions[0] != old {
		t.Errorf("the facts say %v, and name %+v", f.Error, f.Renditions)
	}
	want := append(item.Unmade, asset.Unmade{
		Preset: "marked", Object: rendition.ObjectName(marked, item.ETag, nil), Reason: asset.UnmadeFailed, Message: "it could not be made of the picture, which is sound",
	})
	if diff := cmp.Diff(want, f.Unmade); diff != "" {
		t.Errorf("unmade (-want +got):\n%s", diff)
	}
	if !strings.Contains(h.log.String(), "out of ink") {
		t.Error("the log does not say why")
	}
}

// What is decoded for a wide and a high preset together is larger than either.
func TestMemoryOfTheDecodedPicture(t *testing.T) {
	info := rendition.Info{Width: 8000, Height: 8000, Frames: 1}
	wide := rendition.Preset{Name: "wide", Width: 8000, Height: 16, Fit: rendition.Fill}
	high := rendition.Preset{Name: "high", Width: 16, Height: 8000, Fit: rendition.Fill}
	if got := outputBytes(info, rendition.Order{Presets: []rendition.Preset{wide, high}}); got < 4*8000*8000 {
		t.Errorf("%d bytes for 64 megapixels", got)
	}
	if got := outputBytes(info, rendition.Order{Presets: []rendition.Preset{wide}}); got > 1<<20*4 {
		t.Errorf("%d bytes for a line", got)
	}
}
