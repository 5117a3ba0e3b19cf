package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/engine"
	"github.com/vitrine-dam/vitrine/internal/rendition/specimen"
)

var now = time.Date(2026, 6, 7, 8, 9, 10, 0, time.UTC)

// harness is a worker with the real engine and a log to look at.
type harness struct {
	*Worker
	log    *syncBuffer
	waited []time.Duration
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newHarness(t *testing.T, change func(*Worker)) *harness {
	t.Helper()
	eng, err := engine.Start(engine.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	h := &harness{log: &syncBuffer{}}
	var mu sync.Mutex
	h.Worker = &Worker{
		Transport: transport, Renderer: eng, Limits: DefaultLimits(),
		Log: slog.New(slog.NewJSONHandler(h.log, nil)),
		Now: func() time.Time { return now },
		Wait: func(ctx context.Context, d time.Duration) error {
			mu.Lock()
			defer mu.Unlock()
			h.waited = append(h.waited, d)
			return ctx.Err()
		},
	}
	if change != nil {
		change(h.Worker)
	}
	t.Cleanup(func() {
		if strings.Contains(h.log.String(), signature) || strings.Contains(h.log.String(), "http://") {
			t.Errorf("the log holds a URL:\n%s", h.log)
		}
	})
	return h
}

func manifest(items ...rendition.Item) rendition.Manifest {
	return rendition.Manifest{Version: rendition.ManifestVersion, Items: items}
}

// features: D12, D13
func TestRunStoresPicturesAndFacts(t *testing.T) {
	s := newStore(t)
	presets := append(rendition.BuiltIn(), rendition.Preset{Name: "square", Width: 200, Height: 200, Fit: rendition.Cover, Format: rendition.JPEG})
	good := specimen.WithEXIF(specimen.JPEG(specimen.Scene(800, 600)), specimen.EXIF{Orientation: 6, Artist: "Alice", GPS: true})
	item := s.original("launch/hero 1.jpg", good, presets...)
	kept := asset.Rendition{Preset: "web", Object: "web-aaaaaaaaaaaaa.webp", Size: 7, Width: 3, Height: 2, ContentType: "image/webp"}
	item.Kept = []asset.Rendition{kept}
	got, err := newHarness(t, nil).Run(t.Context(), manifest(item))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Total: 1, Done: 1, Pictures: 3}, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	sum := sha256.Sum256(good)
	want := asset.Facts{
		V: asset.FactsVersion, ETag: item.ETag, VersionID: "v1", Size: int64(len(good)), ContentType: "image/jpeg", Width: 600, Height: 800, Orientation: 6,
		ColourSpace: "sRGB", Frames: 1, CRC32: fmt.Sprintf("%08x", crc32.ChecksumIEEE(good)), SHA256: hex.EncodeToString(sum[:]),
		ModifiedAt: lastModified, ReadAt: now, PresetSet: item.PresetSet, Embedded: &asset.Embedded{Creators: []string{"Alice"}},
		Renditions: []asset.Rendition{kept},
	}
	for i, size := range [][2]int{{300, 400}, {600, 800}, {200, 200}} {
		name := rendition.ObjectName(presets[i], item.ETag, nil)
		o, ok := s.get("/dam/renditions/launch/hero 1.jpg/" + name)
		if !ok {
			t.Fatalf("%s is not stored", name)
		}
		if sniffed := rendition.Sniff(o.data).ContentType; sniffed != o.contentType || sniffed != presets[i].Defaulted().Format.ContentType() {
			t.Errorf("%s is %s and was stored as %s", name, sniffed, o.contentType)
		}
		want.Renditions = append(want.Renditions, asset.Rendition{
			Preset: presets[i].Name, Object: name, ETag: o.etag(), Size: int64(len(o.data)), Width: size[0], Height: size[1], ContentType: o.contentType,
		})
	}
	found := s.facts(t, "launch/hero 1.jpg")
	if len(found.BlurHash) != 28 || len(found.Colour) != 7 {
		t.Errorf("the placeholder is %q, %q", found.BlurHash, found.Colour)
	}
	found.BlurHash, found.Colour = "", ""
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if last := s.puts[len(s.puts)-1]; path.Ext(last) != ".json" {
		t.Errorf("facts must be stored last, after %v", s.puts)
	}
}

// One bad file is told in its facts and holds nobody up.
// features: D12, D13
func TestBadFilesDoNotStopOthers(t *testing.T) {
	s := newStore(t)
	jpg := specimen.JPEG(specimen.Scene(300, 200))
	presets := rendition.BuiltIn()
	gone := s.original("gone.jpg", jpg, presets...)
	changed := s.original("changed.jpg", jpg, presets...)
	var items []rendition.Item
	bad := map[string]asset.Reason{
		"text.jpg": asset.ReasonNotAnImage, "empty.jpg": asset.ReasonNotAnImage, "logo.svg": asset.ReasonUnsupported,
		"half.jpg": asset.ReasonCorrupt, "bomb.png": asset.ReasonTooManyPixels, "huge.tif": asset.ReasonTooLarge,
	}
	items = append(items, gone, changed,
		s.original("text.jpg", []byte("the pictures follow"), presets...),
		s.original("empty.jpg", nil, presets...),
		s.original("logo.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), presets...),
		s.original("half.jpg", jpg[:len(jpg)/2], presets...),
		s.original("bomb.png", specimen.ClaimPNG(specimen.PNG(specimen.Scene(20, 20)), 64000, 64000), presets...),
		s.original("huge.tif", make([]byte, 300_000), presets...),
	)
	for i := range 6 {
		items = append(items, s.original(fmt.Sprintf("good%d.png", i), specimen.PNG(specimen.Scene(200+i, 100)), presets...))
	}
	s.mu.Lock()
	delete(s.objects, "/brand/gone.jpg")
	s.objects["/brand/changed.jpg"] = object{data: append([]byte("x"), jpg...)}
	s.mu.Unlock()
	h := newHarness(t, func(w *Worker) { w.Limits.MaxBytes = 200_000 })
	got, err := h.Run(t.Context(), manifest(items...))
	if err != nil {
		t.Fatal(err)
	}
	want := Summary{Total: 14, Done: 6, Failed: 6, Missing: 1, Changed: 1, Pictures: 12}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	for name, reason := range bad {
		f := s.facts(t, name)
		if f.Error == nil || f.Error.Reason != reason || len(f.Renditions) != 0 {
			t.Errorf("facts of %s: error %v, %d renditions, want %s", name, f.Error, len(f.Renditions), reason)
		}
		if reason != asset.ReasonTooLarge && f.SHA256 == "" {
			t.Errorf("facts of %s lack the hash", name)
		}
	}
	if s.tries["GET /brand/huge.tif"] != 0 {
		t.Error("the file that is too large was fetched")
	}
	for _, name := range []string{"gone.jpg", "changed.jpg"} {
		if _, ok := s.get("/dam/facts/" + name + ".json"); ok {
			t.Errorf("%s has facts", name)
		}
	}
	if f := s.facts(t, "text.jpg"); f.ContentType != "text/plain" {
		t.Errorf("text is of type %s", f.ContentType)
	}
}

func TestStoreTrouble(t *testing.T) {
	answer := func(status int, code string) func(int, http.ResponseWriter) {
		return func(_ int, w http.ResponseWriter) { deny(w, status, code) }
	}
	cases := []struct {
		why      string
		at       string // "METHOD prefix" of the request that fails
		until    int    // it fails this many times
		fail     func(n int, w http.ResponseWriter)
		want     error
		requests int
		message  string
	}{
		{why: "a short outage is waited out", at: "GET /brand/", until: 2, fail: answer(503, "SlowDown"), requests: 3},
		{why: "an outage while storing is waited out", at: "PUT /dam/renditions/", until: 3, fail: answer(500, "InternalError"), requests: 4},
		{why: "a store that stays away fails the run", at: "GET /brand/", until: 99, fail: answer(503, "SlowDown"), want: ErrStore, requests: 4, message: "503 SlowDown"},
		{why: "an expired signature fails the run", at: "PUT /dam/facts/", until: 99, fail: answer(403, "AccessDenied"), want: ErrStore, requests: 4, message: "403 AccessDenied"},
		{why: "a redirect is not followed", at: "GET /brand/", until: 99, want: ErrStore, requests: 4, message: "307", fail: func(_ int, w http.ResponseWriter) {
			w.Header().Set("Location", "/brand/elsewhere?X-Amz-Signature="+signature)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}},
		{why: "a body that ends early is fetched again", at: "GET /brand/", until: 1, requests: 2, fail: func(_ int, _ http.ResponseWriter) {
			panic(http.ErrAbortHandler)
		}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			s := newStore(t)
			preset := rendition.Preset{Name: "thumb", Width: 40, Height: 40}
			bad := s.original("bad.png", specimen.PNG(specimen.Scene(60, 40)), preset)
			var path string
			s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Accept-Encoding") != "identity" {
					t.Errorf("%s asks for packed bytes", r.Method)
				}
				if !strings.HasPrefix(r.Method+" "+r.URL.Path, c.at) || !strings.Contains(r.URL.Path, "bad") || n > c.until {
					return false
				}
				path = r.Method + " " + r.URL.Path
				c.fail(n, w)
				return true
			}
			h := newHarness(t, nil)
			got, err := h.Run(t.Context(), manifest(bad, s.original("good.png", specimen.PNG(specimen.Scene(50, 30)), preset)))
			if !errors.Is(err, c.want) {
				t.Fatalf("error is %v, want %v", err, c.want)
			}
			want := Summary{Total: 2, Done: 2, Pictures: 2}
			if c.want != nil {
				want = Summary{Total: 2, Done: 1, Pictures: 1, StoreErrors: 1}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("summary (-want +got):\n%s", diff)
			}
			if err != nil && strings.Contains(err.Error(), signature) {
				t.Errorf("the error holds a secret: %v", err)
			}
			if !strings.Contains(h.log.String(), c.message) {
				t.Errorf("the log does not say %q:\n%s", c.message, h.log)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.tries[path] != c.requests {
				t.Errorf("%d requests, want %d", s.tries[path], c.requests)
			}
			if s.tries["GET /brand/elsewhere"] != 0 {
				t.Error("the redirect was followed")
			}
			for i, d := range h.waited {
				if want := h.Limits.Backoff << i; d != want {
					t.Errorf("pause %d was %s, want %s", i, d, want)
				}
			}
		})
	}
}

// When the store is down altogether, a run of hundreds of images must not try each of them.
func TestRunGivesUpOnADeadStore(t *testing.T) {
	s := newStore(t)
	var items []rendition.Item
	for i := range 60 {
		items = append(items, s.original(fmt.Sprintf("%d.txt", i), []byte("text")))
	}
	s.fault = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		deny(w, http.StatusServiceUnavailable, "SlowDown")
		return true
	}
	h := newHarness(t, nil)
	got, err := h.Run(t.Context(), manifest(items...))
	if !errors.Is(err, ErrStore) {
		t.Fatalf("error is %v", err)
	}
	if got.StoreErrors > h.Limits.MaxStoreErrors+2*h.Limits.Parallel || got.Decided() != 0 {
		t.Errorf("went on after the store was gone: %+v", got)
	}
}

// scripted is a Renderer whose Render does what the test says; a decoder that hangs cannot be had from real files.
type scripted struct {
	render func(src []byte) error
	derive func(preset string) error // nil makes every picture
	bytes  int64
	width  int   // of the picture, and its height; 1 when 0
	text   error // of texts of watermarks
	stamp  int   // pixels of these
}

func (s scripted) info() rendition.Info {
	side := max(1, s.width)
	return rendition.Info{ContentType: "image/png", Width: side, Height: side, Orientation: 1, ColourSpace: "sRGB", Frames: 1, DecodeBytes: s.bytes}
}

func (s scripted) Inspect([]byte, []rendition.Preset) (rendition.Info, error) {
	return s.info(), nil
}

func (s scripted) Render(src []byte, info rendition.Info, order rendition.Order, progress rendition.Progress) error {
	if err := s.render(src); err != nil {
		return err
	}
	progress.Decoded()
	for _, i := range order.Sequence(1, info) {
		var why error
		if s.derive != nil {
			why = s.derive(order.Presets[i].Name)
		}
		if !progress.Made(i, rendition.Picture{}, why) {
			break
		}
	}
	return nil
}

func (s scripted) StampImage(src []byte) (rendition.Stamp, error) {
	return rendition.Stamp{Width: 1, Height: 1, Pixels: make([]byte, 4)}, s.render(src)
}

func (s scripted) StampText(string) (rendition.Stamp, error) {
	return rendition.Stamp{Width: s.stamp, Height: 1, Pixels: make([]byte, 4*s.stamp)}, s.text
}

func TestDecoderThatHangs(t *testing.T) {
	preset := rendition.Preset{Name: "thumb", Width: 40, Height: 40}
	setup := func(t *testing.T, hanging, good int) (*store, *harness, rendition.Manifest) {
		t.Helper()
		end, before := make(chan struct{}), goleak.IgnoreCurrent()
		t.Cleanup(func() { goleak.VerifyNone(t, before) })
		t.Cleanup(func() { close(end) })
		s := newStore(t)
		var items []rendition.Item
		for i := range hanging {
			items = append(items, s.original(fmt.Sprintf("hang%d", i), fmt.Appendf(nil, "hang %d", i), preset))
		}
		for i := range good {
			items = append(items, s.original(fmt.Sprintf("good%d", i), fmt.Appendf(nil, "good %d", i), preset))
		}
		h := newHarness(t, func(w *Worker) {
			// Long enough that a good one never takes it, however busy the machine is.
			w.Limits.Parallel, w.Limits.ImageTime = 2, 500*time.Millisecond
			w.Renderer = scripted{render: func(src []byte) error {
				if bytes.HasPrefix(src, []byte("hang")) {
					<-end
				}
				return nil
			}}
		})
		return s, h, manifest(items...)
	}
	t.Run("one is reported and the rest goes on", func(t *testing.T) {
		s, h, m := setup(t, 1, 8)
		got, err := h.Run(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Summary{Total: 9, Done: 8, Failed: 1, Pictures: 8}, got); diff != "" {
			t.Errorf("summary (-want +got):\n%s", diff)
		}
		if f := s.facts(t, "hang0"); f.Error == nil || f.Error.Reason != asset.ReasonTimeout {
			t.Errorf("facts say %v", f.Error)
		}
	})
	t.Run("all of them end the run, with their facts stored", func(t *testing.T) {
		s, h, m := setup(t, 2, 8)
		_, err := h.Run(t.Context(), m)
		if !errors.Is(err, ErrStuck) {
			t.Fatalf("error is %v, want %v", err, ErrStuck)
		}
		for _, name := range []string{"hang0", "hang1"} {
			if f := s.facts(t, name); f.Error == nil || f.Error.Reason != asset.ReasonTimeout {
				t.Errorf("facts of %s say %v", name, f.Error)
			}
		}
	})
	t.Run("one that holds the memory others need ends the run", func(t *testing.T) {
		_, h, m := setup(t, 1, 8)
		r := h.Renderer.(scripted)
		r.bytes = h.Limits.DecodeMemory
		h.Renderer = r
		if _, err := h.Run(t.Context(), m); !errors.Is(err, ErrStuck) {
			t.Fatalf("error is %v, want %v", err, ErrStuck)
		}
	})
}

func TestDecoderThatPanics(t *testing.T) {
	s := newStore(t)
	h := newHarness(t, func(w *Worker) {
		w.Renderer = scripted{render: func([]byte) error { panic("out of its depth") }}
	})
	got, err := h.Run(t.Context(), manifest(s.original("a", []byte("a"), rendition.BuiltIn()...)))
	if err != nil || got.Failed != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if f := s.facts(t, "a"); f.Error == nil || f.Error.Reason != asset.ReasonCorrupt {
		t.Errorf("facts say %v", f.Error)
	}
}

// An error of the renderer that does not blame the file is not the file's.
func TestRendererTroubleIsNoVerdict(t *testing.T) {
	s := newStore(t)
	h := newHarness(t, func(w *Worker) {
		w.Renderer = scripted{render: func([]byte) error { return errors.New("no memory") }}
	})
	if got, err := h.Run(t.Context(), manifest(s.original("a", []byte("a"), rendition.BuiltIn()...))); err == nil || got.Decided() != 0 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, ok := s.get("/dam/facts/a.json"); ok {
		t.Error("facts were stored")
	}
}

func TestDecodeMemoryIsBounded(t *testing.T) {
	s := newStore(t)
	var inside, most atomic.Int64
	h := newHarness(t, func(w *Worker) {
		w.Limits.Parallel, w.Limits.DecodeMemory = 8, 1000
		w.Renderer = scripted{bytes: 480, render: func([]byte) error {
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
	var items []rendition.Item
	for i := range 40 {
		items = append(items, s.original(fmt.Sprint(i), fmt.Appendf(nil, "%d", i), rendition.Preset{Name: "thumb", Width: 1, Height: 1}))
	}
	if got, err := h.Run(t.Context(), manifest(items...)); err != nil || got.Done != 40 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if most.Load() > 2 {
		t.Errorf("%d decoders of 480 bytes at once, with room for two", most.Load())
	}
}

func TestRunEndsWhenTold(t *testing.T) {
	s := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	h := newHarness(t, func(w *Worker) {
		w.Renderer = scripted{render: func([]byte) error { cancel(); return nil }}
	})
	var items []rendition.Item
	for i := range 40 {
		items = append(items, s.original(fmt.Sprint(i), fmt.Appendf(nil, "%d", i), rendition.BuiltIn()...))
	}
	got, err := h.Run(ctx, manifest(items...))
	if !errors.Is(err, context.Canceled) || got.Decided() == 40 || got.StoreErrors != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Running an index again, as a Job does after a crash, stores the same bytes under the same names.
// features: D13
func TestRepeatingARunChangesNothing(t *testing.T) {
	s := newStore(t)
	m := manifest(s.original("a.jpg", specimen.JPEG(specimen.Scene(300, 200)), rendition.BuiltIn()...), s.original("b.jpg", []byte("text"), rendition.BuiltIn()...))
	h := newHarness(t, nil)
	var after [2]map[string]string
	for i := range after {
		if _, err := h.Run(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		after[i] = map[string]string{}
		for path, o := range s.objects {
			after[i][path] = o.etag()
		}
	}
	if diff := cmp.Diff(after[0], after[1]); diff != "" {
		t.Errorf("the second run changed (-first +second):\n%s", diff)
	}
}

// Facts name the version that was read, which is what approvals are bound to; of a manifest that names none, the store's word counts.
func TestFactsNameTheVersionThatWasRead(t *testing.T) {
	for named, want := range map[string]string{"v1": "v1", "": currentVersion} {
		s := newStore(t)
		item := s.original("hero.jpg", specimen.JPEG(specimen.Scene(80, 60)), rendition.BuiltIn()...)
		item.VersionID = named
		if _, err := newHarness(t, nil).Run(t.Context(), manifest(item)); err != nil {
			t.Fatal(err)
		}
		if facts := s.facts(t, "hero.jpg"); facts.VersionID != want {
			t.Errorf("named %q, they are of version %q", named, facts.VersionID)
		}
	}
}
