package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// prepare makes every watermark of m ready, each once and before anything else. One that is not ready is left out, and with it the
// pictures that were to bear it: what is wrong with it for good goes into the facts, and what may be over with the next try fails
// the run once everything else is done. An error is about the run.
func (r *run) prepare(ctx context.Context, m rendition.Manifest) error {
	tried := map[string]bool{}
	for _, it := range m.Items {
		for _, o := range it.Outputs {
			w := o.Preset.Watermark
			if w == nil || tried[w.Content()] {
				continue
			}
			tried[w.Content()] = true
			err := r.ready(ctx, w, m.Watermarks)
			if ctx.Err() != nil {
				return fmt.Errorf("make watermarks ready: %w", context.Cause(ctx))
			}
			if err != nil {
				r.log.Error("a watermark cannot be drawn; what was to bear it is left out", "preset", o.Preset.Name, "image", w.Image, "error", err)
			}
		}
	}
	return nil
}

// ready makes one watermark ready, or remembers why it is not.
func (r *run) ready(ctx context.Context, w *rendition.Watermark, images []rendition.WatermarkImage) error {
	stamp, err := r.stamp(ctx, w, images)
	var unreadable *asset.ReadError
	switch {
	case err == nil:
		r.stamps[w.Content()] = stamp
		return r.keep(ctx, int64(len(stamp.Pixels)))
	case errors.Is(err, rendition.ErrBlank):
		r.unmarks[w.Content()] = asset.Unmade{Reason: asset.UnmadeBlank, Watermark: w.Identity()}
	case errors.As(err, &unreadable):
		r.unmarks[w.Content()] = asset.Unmade{Reason: asset.UnmadeUnreadable, Watermark: w.Identity(), Message: unreadable.Error()}
	case errors.Is(err, errMissing) || errors.Is(err, errChanged):
		// The next plan knows of it.
	case errors.Is(err, ErrStore):
		r.count(func(s *Summary) { s.StoreErrors++ })
	default:
		r.trouble = fmt.Errorf("draw a watermark: %w", err)
	}
	return err
}

// keep counts what a stamp holds to the end of the run. Half of the memory stays for originals, whatever stamps take.
func (r *run) keep(ctx context.Context, bytes int64) error {
	bytes = min(bytes, r.room-r.limits.DecodeMemory/2)
	if bytes <= 0 {
		return nil
	}
	var held holding // never released: stamps are in use as long as the run is
	if err := r.acquire(ctx, &held, r.decode, bytes); err != nil {
		return err
	}
	r.room -= bytes
	return nil
}

// stamp draws one watermark. An error that wraps ErrStore is worth another try.
func (r *run) stamp(ctx context.Context, w *rendition.Watermark, images []rendition.WatermarkImage) (rendition.Stamp, error) {
	var held holding
	defer func() {
		held.release()
		if held.hung {
			r.told() // there are no facts to wait for
		}
	}()
	if w.Image == "" {
		if err := r.acquire(ctx, &held, r.slots, 1); err != nil {
			return rendition.Stamp{}, err
		}
		return bounded(r, "watermark", &held, func(func()) (rendition.Stamp, error) { return r.renderer.StampText(w.Text) })
	}
	// The manifest is valid, so the image is among them.
	image := images[slices.IndexFunc(images, func(i rendition.WatermarkImage) bool { return i.ETag == w.ETag })]
	if image.Size > r.limits.MaxBytes {
		return rendition.Stamp{}, asset.NewReadError(asset.ReasonTooLarge, fmt.Sprintf("%d bytes, at most %d", image.Size, r.limits.MaxBytes))
	}
	if err := r.acquire(ctx, &held, r.source, min(image.Size, r.limits.SourceMemory)); err != nil {
		return rendition.Stamp{}, err
	}
	src, _, err := r.get(ctx, rendition.Item{ETag: image.ETag, Size: image.Size, Source: image.Source})
	switch {
	case errors.Is(err, errMissing) || errors.Is(err, errChanged):
		return rendition.Stamp{}, err
	case err != nil:
		return rendition.Stamp{}, fmt.Errorf("%w: get watermark: %w", ErrStore, err)
	}
	if err := r.acquire(ctx, &held, r.slots, 1); err != nil {
		return rendition.Stamp{}, err
	}
	info, err := bounded(r, "watermark", &held, func(func()) (rendition.Info, error) { return r.renderer.Inspect(src, nil) })
	if err != nil {
		return rendition.Stamp{}, err
	}
	if err := r.acquire(ctx, &held, r.decode, min(info.DecodeBytes, r.room)); err != nil {
		return rendition.Stamp{}, err
	}
	return bounded(r, "watermark", &held, func(func()) (rendition.Stamp, error) { return r.renderer.StampImage(src) })
}

// markable gives it without the pictures whose watermark cannot be drawn, which are counted. Where that is so for good, they are told.
func (r *run) markable(it rendition.Item) rendition.Item {
	all := len(it.Outputs)
	it.Unmade = slices.Clone(it.Unmade)
	it.Outputs = slices.DeleteFunc(slices.Clone(it.Outputs), func(o rendition.Output) bool {
		if o.Preset.Watermark == nil {
			return false
		}
		content := o.Preset.Watermark.Content()
		if why, unmarked := r.unmarks[content]; unmarked {
			told := asset.NewUnmade(o.Preset.Name, rendition.ObjectName(o.Preset, it.ETag, it.Focus), why.Reason, why.Message)
			told.Watermark = why.Watermark
			it.Unmade = append(it.Unmade, told)
		}
		_, ready := r.stamps[content]
		return !ready
	})
	if left := all - len(it.Outputs); left > 0 {
		r.count(func(s *Summary) { s.Unmarked += left })
	}
	return it
}
