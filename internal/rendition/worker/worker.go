// Package worker carries out one rendition.Manifest: it fetches originals by presigned URL, has them rendered, and stores pictures
// and facts by presigned URL. It holds no credentials and can reach nothing but what the manifest names.
//
// Two kinds of trouble are kept apart. What is wrong with one original becomes facts with an error and stops nobody else. What
// is wrong with the store fails the run, so that the Job tries the index again; everything already stored stays good, because
// facts are written last and a repeated item writes the same objects again.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// Renderer decodes; *engine.Engine is the real one. Errors are *asset.ReadError when the file is to blame, and wrap
// rendition.ErrBlank for a watermark that would not be seen; any other error says nothing about the file, and fails the run.
type Renderer interface {
	Inspect(src []byte, presets []rendition.Preset) (rendition.Info, error)
	Render(src []byte, info rendition.Info, order rendition.Order, progress rendition.Progress) error
	StampImage(src []byte) (rendition.Stamp, error)
	StampText(text string) (rendition.Stamp, error)
}

// Limits of a worker.
type Limits struct {
	// Parallel is how many images are decoded at once.
	Parallel int
	// MaxBytes of one original; larger ones are not fetched and get facts that say TooLarge.
	MaxBytes int64
	// SourceMemory bounds the originals held in memory at once, in bytes. A larger single one is let through alone.
	SourceMemory int64
	// DecodeMemory bounds what decoding takes at once, in bytes, by estimate from the headers. A larger single one is let through alone.
	DecodeMemory int64
	// ImageTime bounds inspecting one original, decoding a page of it, and making each picture of it.
	//
	// A decoder inside the process cannot be killed. When the time is over, the facts say Timeout and the run goes on without
	// that decoder's slot and memory share; when no slot is left and all those facts are stored, the run ends with ErrStuck and the process with it. The originals that
	// hung have their facts by then, so the next plan leaves them out.
	ImageTime time.Duration
	// RequestTime bounds one attempt of one HTTP request, body included.
	RequestTime time.Duration
	// Attempts of each HTTP request, at least 1.
	Attempts int
	// Backoff before the second attempt; doubled before each further one.
	Backoff time.Duration
	// MaxStoreErrors ends the run early: so many items have failed at the store that it is no use to go on.
	MaxStoreErrors int
}

// DefaultLimits is for a container with about 1.5 GiB: 256 MiB of originals, 768 MiB of decoding, and room for the rest.
func DefaultLimits() Limits {
	return Limits{
		Parallel:       runtime.GOMAXPROCS(0), // follows the container's CPU limit
		MaxBytes:       256 << 20,
		SourceMemory:   256 << 20,
		DecodeMemory:   768 << 20,
		ImageTime:      60 * time.Second,
		RequestTime:    2 * time.Minute,
		Attempts:       4,
		Backoff:        250 * time.Millisecond,
		MaxStoreErrors: 5,
	}
}

// Worker runs manifests. All fields are required but Log, Now and Wait.
type Worker struct {
	// Transport makes the requests. There are no redirects, cookies or proxies' credentials to follow, so no http.Client.
	Transport http.RoundTripper
	Renderer  Renderer
	Limits    Limits
	// Log gets progress and one line per original that failed, without URLs. Silent when nil.
	Log *slog.Logger
	// Now is time.Now when nil.
	Now func() time.Time
	// Wait pauses between attempts; a timer when nil.
	Wait func(context.Context, time.Duration) error
}

// Summary counts what became of a manifest's items.
type Summary struct {
	// Total items of the manifest.
	Total int `json:"total"`
	// Done: pictures and facts are stored.
	Done int `json:"done"`
	// Found: an earlier run of the manifest, or one that it overlaps with, has done it; nothing was fetched or stored.
	Found int `json:"found"`
	// Failed: facts that say why there are no pictures are stored.
	Failed int `json:"failed"`
	// Missing: the original is gone meanwhile. Nothing was stored.
	Missing int `json:"missing"`
	// Changed: the original is another than the manifest says. Nothing was stored; the next plan sees the new one.
	Changed int `json:"changed"`
	// StoreErrors: the store failed, or the worker, for an original or the image of a watermark; to be tried again.
	StoreErrors int `json:"storeErrors"`
	// Unmade pictures cannot be made of originals that are done; the facts say why.
	Unmade int `json:"unmade"`
	// Pictures stored.
	Pictures int `json:"pictures"`
	// Unmarked pictures were left out: their watermark cannot be drawn, and without it they must not be.
	Unmarked int `json:"unmarked"`
}

// Decided is how many items need no retry.
func (s Summary) Decided() int { return s.Done + s.Found + s.Failed + s.Missing + s.Changed }

var (
	// ErrStore says that at least one item failed at the store.
	ErrStore = errors.New("the object store failed")
	// ErrStuck says that every slot is held by a decoder that does not end.
	ErrStuck = errors.New("all decoders hang")
	// ErrWatermark says that pictures were left out because their watermark cannot be drawn. All others are stored.
	ErrWatermark = errors.New("a watermark cannot be drawn")
)

// Run works through m and returns when every item is decided, or with an error that wraps ErrStore, ErrStuck or ctx's
// cause; then the manifest is to be run again. One that wraps ErrWatermark comes after everything else was decided, and running
// it again is no use. The summary is true in all cases.
func (w *Worker) Run(ctx context.Context, m rendition.Manifest) (Summary, error) {
	if err := m.Validate(); err != nil {
		return Summary{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := w.newRun(m, cancel)
	stopProgress := r.reportProgress(ctx)
	if err := r.prepare(ctx, m); err != nil {
		stopProgress()
		return r.summary(), fmt.Errorf("run manifest: %w", err)
	}
	// Twice as many items as decoders, so that decoders need not wait for the network.
	var g errgroup.Group
	g.SetLimit(2 * r.limits.Parallel)
	for i := range m.Items {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			r.item(ctx, r.markable(m.Items[i]))
			return nil
		})
	}
	_ = g.Wait() // items report through the run, never by error
	stopProgress()
	s := r.summary()
	if cause := context.Cause(ctx); cause != nil && s.Decided() < s.Total {
		return s, fmt.Errorf("run manifest: %w", cause)
	}
	if s.StoreErrors > 0 {
		return s, fmt.Errorf("run manifest: %w %d times; %d of %d originals are decided", ErrStore, s.StoreErrors, s.Decided(), s.Total)
	}
	if r.trouble != nil {
		return s, fmt.Errorf("run manifest: %w", r.trouble)
	}
	if s.Unmarked > 0 {
		return s, fmt.Errorf("run manifest: %w: %d pictures are left out", ErrWatermark, s.Unmarked)
	}
	return s, nil
}

// run is the state of one Run.
type run struct {
	limits    Limits
	transport http.RoundTripper
	renderer  Renderer
	log       *slog.Logger
	now       func() time.Time
	wait      func(context.Context, time.Duration) error
	cancel    context.CancelCauseFunc
	started   time.Time

	source *semaphore.Weighted // bytes of originals in memory
	decode *semaphore.Weighted // estimated bytes of decoding
	slots  *semaphore.Weighted // decoders

	// What became of watermarks, by Watermark.Content; only read once items are under way.
	stamps  map[string]rendition.Stamp
	unmarks map[string]asset.Unmade // why they cannot be drawn, for good
	trouble error                   // why one could not be made ready now
	room    int64                   // what stamps leave of DecodeMemory

	mu     sync.Mutex
	sum    Summary
	stuck  int // decoders that hang
	untold int // originals among them whose facts are not stored yet
}

func (w *Worker) newRun(m rendition.Manifest, cancel context.CancelCauseFunc) *run {
	limits := w.Limits
	limits.Parallel, limits.Attempts, limits.MaxStoreErrors = max(1, limits.Parallel), max(1, limits.Attempts), max(1, limits.MaxStoreErrors)
	r := &run{
		limits: limits, transport: w.Transport, renderer: w.Renderer, log: w.Log, now: w.Now, wait: w.Wait, cancel: cancel,
		source: semaphore.NewWeighted(limits.SourceMemory),
		decode: semaphore.NewWeighted(limits.DecodeMemory),
		slots:  semaphore.NewWeighted(int64(limits.Parallel)),
		room:   limits.DecodeMemory,
		stamps: map[string]rendition.Stamp{}, unmarks: map[string]asset.Unmade{},
		sum: Summary{Total: len(m.Items)},
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.wait == nil {
		r.wait = pause
	}
	r.started = r.now()
	return r
}

func (r *run) summary() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum
}

// count changes the summary, and ends the run when the store has failed too often.
func (r *run) count(change func(*Summary)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.sum)
	if r.sum.StoreErrors >= r.limits.MaxStoreErrors {
		r.cancel(ErrStore)
	}
}

// progressEvery keeps a log of an index to a few dozen lines.
const progressEvery = 5 * time.Second

// reportProgress logs how far the run is until the returned function is called, which logs once more.
func (r *run) reportProgress(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				r.logProgress("progress")
			}
		}
	}()
	return func() {
		cancel()
		<-ended
		r.logProgress("finished")
	}
}

func (r *run) logProgress(what string) {
	s := r.summary()
	seconds := max(r.now().Sub(r.started).Seconds(), 0.001)
	r.log.Info(what, "done", s.Decided(), "total", s.Total, "imagesPerSecond", float64(int(float64(s.Decided())/seconds*10))/10,
		"found", s.Found, "failed", s.Failed, "missing", s.Missing, "changed", s.Changed, "storeErrors", s.StoreErrors, "pictures", s.Pictures, "unmade", s.Unmade, "unmarked", s.Unmarked)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
