package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// bufferBytes is what is read and written at a time.
	bufferBytes = 128 << 10
	// writeIdle is how long one write may take: a client that takes nothing for
	// so long is let go. It makes a least rate of 2 KiB/s, too.
	writeIdle = 60 * time.Second
	// recheckEvery and recheckBytes are how often a running download's link is looked at again.
	recheckEvery = time.Second
	recheckBytes = 8 << 20
)

var buffers = sync.Pool{New: func() any { b := make([]byte, bufferBytes); return &b }}

// sendBlob answers with the bytes that were decided on, whole or in part. still
// tells, while they run, whether the link still allows it.
func (s *Server) sendBlob(w http.ResponseWriter, r *http.Request, b *Blob, still func(context.Context) bool) {
	etag := `"` + b.ETag + `"`
	h := w.Header()
	byteHeaders(h)
	h.Set("ETag", etag)
	h.Set("Accept-Ranges", "bytes")
	if b.Original {
		h.Set("Cache-Control", "private, no-cache")
	} else {
		h.Set("Cache-Control", "private, max-age=300")
	}
	want := selectPart(r.Header, etag, b.Size)
	switch want.status {
	case http.StatusNotModified, http.StatusPreconditionFailed:
		w.WriteHeader(want.status)
		return
	case http.StatusRequestedRangeNotSatisfiable:
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(b.Size, 10))
		w.WriteHeader(want.status)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	var body io.Reader
	if r.Method != http.MethodHead && want.length > 0 {
		opened, err := s.openBody(ctx, b, want)
		if err != nil {
			s.refuseBytes(w, r, err)
			return
		}
		defer func() { _ = opened.Close() }()
		body = opened
	}
	h.Set("Content-Type", b.ContentType)
	h.Set("Content-Disposition", disposition(b.Inline, b.Filename))
	h.Set("Content-Length", strconv.FormatInt(want.length, 10))
	if want.status == http.StatusPartialContent {
		h.Set("Content-Range", "bytes "+strconv.FormatInt(want.from, 10)+"-"+strconv.FormatInt(want.from+want.length-1, 10)+"/"+strconv.FormatInt(b.Size, 10))
	}
	w.WriteHeader(want.status)
	if body == nil {
		return
	}
	t := &transfer{w: w, control: http.NewResponseController(w), ctx: ctx, cancel: cancel, still: still}
	sent, err := t.copy(body, want.length)
	s.metrics.sent.Add(float64(sent))
	if err != nil {
		s.metrics.cut.WithLabelValues(cutReason(err)).Inc()
		// The connection is cut, so that a part never looks like the whole.
		panic(http.ErrAbortHandler)
	}
}

// openBody takes small renditions from memory and streams all else.
func (s *Server) openBody(ctx context.Context, b *Blob, want part) (io.ReadCloser, error) {
	if b.Original || b.Size > smallBytes {
		return s.objects.open(ctx, b.Ref, want.from, want.length)
	}
	data, err := s.small.get(ctx, b.Ref)
	if err != nil {
		return nil, err
	}
	return &inMemory{data[want.from : want.from+want.length]}, nil
}

// inMemory reads from memory.
type inMemory struct{ rest []byte }

func (m *inMemory) Read(p []byte) (int, error) {
	if len(m.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

func (m *inMemory) Close() error { return nil }

// refuseBytes answers when the store did not give what the catalog names.
func (s *Server) refuseBytes(w http.ResponseWriter, r *http.Request, err error) {
	for _, name := range []string{"ETag", "Accept-Ranges", "Cache-Control"} {
		w.Header().Del(name)
	}
	if errors.Is(err, errChanged) {
		s.refuse(w, r, refusal{answer: NoSuchAsset})
		return
	}
	if r.Context().Err() == nil {
		s.metrics.storeErrors.Inc()
		s.log.WarnContext(r.Context(), "the store did not give an object", "error", err)
	}
	s.refuse(w, r, refusal{answer: Unavailable})
}

var (
	errRevoked  = errors.New("the link no longer allows it")
	errShort    = errors.New("the store gave fewer bytes than it said")
	errReceiver = errors.New("the client takes no more")
)

func cutReason(err error) string {
	switch {
	case errors.Is(err, errRevoked):
		return "revoked"
	case errors.Is(err, errReceiver):
		return "client"
	}
	return "store"
}

// transfer sends one body and stops when the link is gone.
type transfer struct {
	w       http.ResponseWriter
	control *http.ResponseController
	ctx     context.Context
	cancel  context.CancelFunc
	still   func(context.Context) bool
	revoked atomic.Bool
}

// copy sends exactly length bytes. A watcher looks at the link by time, also
// while a write or a read hangs; the loop does so by bytes.
func (t *transfer) copy(body io.Reader, length int64) (sent int64, err error) {
	stop := t.watch()
	defer stop()
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	unchecked := int64(0)
	for sent < length {
		n, readErr := io.ReadAtLeast(body, (*buffer)[:min(bufferBytes, length-sent)], 1)
		if unchecked += int64(n); unchecked >= recheckBytes {
			unchecked = 0
			t.check()
		}
		if t.revoked.Load() {
			return sent, errRevoked
		}
		if n == 0 && readErr != nil {
			return sent, errShort
		}
		t.extend()
		m, writeErr := t.w.Write((*buffer)[:n])
		sent += int64(m)
		if t.revoked.Load() {
			return sent, errRevoked
		}
		if writeErr != nil {
			return sent, errReceiver
		}
	}
	return sent, nil
}

// extend gives the next write its time, unless the link has gone meanwhile.
func (t *transfer) extend() {
	// A writer without deadlines (a recorder in a test) has none to set.
	_ = t.control.SetWriteDeadline(time.Now().Add(writeIdle))
	if t.revoked.Load() {
		t.interrupt()
	}
}

func (t *transfer) interrupt() {
	t.cancel()
	_ = t.control.SetWriteDeadline(time.Unix(1, 0))
}

func (t *transfer) check() {
	if !t.still(t.ctx) && t.ctx.Err() == nil {
		t.revoked.Store(true)
		t.interrupt()
	}
}

// watch checks every recheckEvery until stopped; when it has stopped nothing touches the response any more.
func (t *transfer) watch() (stop func()) {
	ended := make(chan struct{})
	ticker := time.NewTicker(recheckEvery)
	go func() {
		defer close(ended)
		for {
			select {
			case <-t.ctx.Done():
				return
			case <-ticker.C:
				t.check()
			}
		}
	}()
	return func() {
		ticker.Stop()
		t.cancel()
		<-ended
	}
}
