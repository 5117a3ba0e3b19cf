package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// prepare makes every watermark of m ready, each once and before anything else. One that cannot be drawn is left out, and with
// it the pictures that were to bear it. An error is about the store or the run.
func (r *run) prepare(ctx context.Context, m rendition.Manifest) error {
	r.stamps = map[string]rendition.Stamp{}
	tried := map[string]bool{}
	for _, it := range m.Items {
		for _, o := range it.Outputs {
			w := o.Preset.Watermark
			if w == nil || tried[w.Content()] {
				continue
			}
			tried[w.Content()] = true
			stamp, err := r.stamp(ctx, w, m.Watermarks)
			switch {
			case err == nil:
				r.stamps[w.Content()] = stamp
			case ctx.Err() != nil:
				return fmt.Errorf("make watermarks ready: %w", context.Cause(ctx))
			case errors.Is(err, ErrStore):
				return fmt.Errorf("make watermarks ready: %w", err)
			default:
				r.log.Error("a watermark cannot be drawn; what was to bear it is left out", "preset", o.Preset.Name, "image", w.Image, "error", err)
			}
		}
	}
	return nil
}

// stamp makes one watermark ready. An error that wraps ErrStore is worth another try; any other is not.
func (r *run) stamp(ctx context.Context, w *rendition.Watermark, images []rendition.WatermarkImage) (rendition.Stamp, error) {
	draw := func() (rendition.Stamp, error) { return r.renderer.StampText(w.Text) }
	if w.Image != "" {
		// The manifest is valid, so the image is among them.
		image := images[slices.IndexFunc(images, func(i rendition.WatermarkImage) bool { return i.ETag == w.ETag })]
		if image.Size > r.limits.MaxBytes {
			return rendition.Stamp{}, asset.NewReadError(asset.ReasonTooLarge, fmt.Sprintf("%d bytes, at most %d", image.Size, r.limits.MaxBytes))
		}
		src, _, err := r.get(ctx, rendition.Item{ETag: image.ETag, Size: image.Size, Source: image.Source})
		switch {
		case errors.Is(err, errMissing) || errors.Is(err, errChanged):
			return rendition.Stamp{}, err
		case err != nil:
			return rendition.Stamp{}, fmt.Errorf("%w: get watermark: %w", ErrStore, err)
		}
		draw = func() (rendition.Stamp, error) { return r.renderer.StampImage(src) }
	}
	var held holding
	defer held.release()
	if err := r.acquire(ctx, &held, r.slots, 1); err != nil {
		return rendition.Stamp{}, err
	}
	stamp, err := bounded(r, "watermark", &held, draw)
	var why *asset.ReadError
	if errors.As(err, &why) && why.Reason == asset.ReasonTimeout {
		r.told() // there are no facts to wait for
	}
	return stamp, err
}

// markable gives it without the pictures whose watermark cannot be drawn, which are counted.
func (r *run) markable(it rendition.Item) rendition.Item {
	all := len(it.Outputs)
	it.Outputs = slices.DeleteFunc(slices.Clone(it.Outputs), func(o rendition.Output) bool {
		if o.Preset.Watermark == nil {
			return false
		}
		_, ready := r.stamps[o.Preset.Watermark.Content()]
		return !ready
	})
	if left := all - len(it.Outputs); left > 0 {
		r.count(func(s *Summary) { s.Unmarked += left })
	}
	return it
}
