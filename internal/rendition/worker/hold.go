package worker

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// holding is what one item holds of the run's semaphores.
type holding struct {
	free []func()
	// hung says that a decoder took over what was held, and that told is to be called.
	hung bool
}

// acquire takes n of s into h. When decoders hang, what they hold may be missing for ever: who has then waited for twice the
// time of an image ends the run.
func (r *run) acquire(ctx context.Context, h *holding, s *semaphore.Weighted, n int64) error {
	for {
		patience, cancel := context.WithTimeout(ctx, 2*r.limits.ImageTime)
		err := s.Acquire(patience, n)
		cancel()
		if err == nil {
			h.free = append(h.free, func() { s.Release(n) })
			return nil
		}
		if ctx.Err() == nil {
			r.endIfStuck(1)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("wait for a share of the worker: %w", context.Cause(ctx))
		}
	}
}

// take hands everything over to whoever calls the result.
func (h *holding) take() (release func()) {
	free := h.free
	h.free = nil
	return func() {
		for _, f := range free {
			f()
		}
	}
}

func (h *holding) release() { h.take()() }

// bounded runs f, which cannot be interrupted, and waits for at most ImageTime, and as much again after each call of alive. When that is
// over, f keeps what the item holds until it really ends: its memory and its processor are in use.
func bounded[T any](r *run, name string, held *holding, f func(alive func()) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done, signs := make(chan result, 1), make(chan struct{}, 1)
	alive := func() {
		select {
		case signs <- struct{}{}:
		default: // the last one was not seen yet
		}
	}
	go func() {
		var got result
		defer func() {
			if p := recover(); p != nil {
				r.log.Error("decoder panicked", "asset", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				got.err = asset.NewReadError(asset.ReasonCorrupt, "the decoder failed")
			}
			done <- got
		}()
		got.value, got.err = f(alive)
	}()
	limit := time.NewTimer(r.limits.ImageTime)
	defer limit.Stop()
	for {
		select {
		case got := <-done:
			return got.value, got.err
		case <-signs:
			limit.Reset(r.limits.ImageTime)
			continue
		case <-limit.C:
		}
		break
	}
	release := held.take()
	held.hung = true
	r.hang(+1)
	go func() {
		<-done
		r.hang(-1)
		release()
	}()
	var none T
	return none, asset.NewReadError(asset.ReasonTimeout, fmt.Sprintf("decoding did not end within %s", r.limits.ImageTime))
}

// hang counts the decoders that hang, and those of them whose facts are not stored yet.
func (r *run) hang(change int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stuck += change
	if change > 0 {
		r.untold += change
	}
}

// told says that the facts of an original whose decoder hangs are stored, or cannot be.
func (r *run) told() {
	r.mu.Lock()
	r.untold--
	r.mu.Unlock()
	r.endIfStuck(r.limits.Parallel)
}

// endIfStuck ends the run when so many decoders hang, and all that has been told about them.
func (r *run) endIfStuck(least int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stuck >= least && r.untold == 0 {
		r.cancel(ErrStuck)
	}
}
