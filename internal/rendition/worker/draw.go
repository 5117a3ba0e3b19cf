package worker

import (
	"errors"
	"fmt"
	"sync"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// drawing is the rendition.Progress of one item. The decoder may outlive the item: what it makes then is not looked at.
type drawing struct {
	alive func()

	mu      sync.Mutex
	over    bool
	decoded bool
	seen    rendition.Impression
	made    map[int]rendition.Picture // by index in the order
	failed  map[int]error
}

// Decoded implements rendition.Progress.
func (d *drawing) Decoded() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.decoded = true
	d.alive()
}

// Impressed implements rendition.Progress.
func (d *drawing) Impressed(impression rendition.Impression) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.over {
		d.seen = impression
	}
	d.alive()
}

// Made implements rendition.Progress.
func (d *drawing) Made(preset int, picture rendition.Picture, why error) (on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.over:
		return false
	case why != nil:
		d.failed[preset] = why
	default:
		d.made[preset] = picture
	}
	d.alive()
	return true
}

// end closes the drawing.
func (d *drawing) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
}

// draw has the pictures of an order made, each within ImageTime of the one before. When one takes longer, those before it are good,
// it is told as unmade, and those after it are left to the next Job: without it they are not held up again. An error is about the
// original, or the run; there are no pictures then.
func (r *run) draw(it rendition.Item, src []byte, info rendition.Info, order rendition.Order, facts *asset.Facts, held *holding) (map[int]rendition.Picture, []asset.Unmade, error) {
	d := &drawing{made: map[int]rendition.Picture{}, failed: map[int]error{}}
	_, err := bounded(r, it.Asset, held, func(alive func()) (struct{}, error) {
		d.alive = alive
		return struct{}{}, r.renderer.Render(src, info, order, d)
	})
	d.end()
	if err != nil && (!held.hung || !d.decoded) {
		return nil, nil, err
	}
	facts.BlurHash, facts.Colour = d.seen.BlurHash, d.seen.Colour
	var unmade []asset.Unmade
	tell := func(preset int, reason asset.UnmadeReason, message string) {
		p := order.Presets[preset]
		unmade = append(unmade, asset.NewUnmade(p.Name, rendition.ObjectName(p, it.ETag, it.Focus), reason, message))
		r.log.Warn("a picture is not made", "asset", it.Asset, "preset", p.Name, "reason", reason, "error", errors.Join(err, d.failed[preset]))
	}
	for i := range order.Presets {
		if d.failed[i] != nil {
			tell(i, asset.UnmadeFailed, "it could not be made of the picture, which is sound")
		}
	}
	if held.hung {
		if late := d.next(info, order); late >= 0 {
			tell(late, asset.UnmadeTimeout, fmt.Sprintf("making it did not end within %s", r.limits.ImageTime))
		}
	}
	return d.made, unmade, nil
}

// next gives the index of the preset that the decoder is at; -1 when it is at none.
func (d *drawing) next(info rendition.Info, order rendition.Order) int {
	for _, page := range order.Pages(info) {
		for _, i := range order.Sequence(page, info) {
			if _, made := d.made[i]; !made && d.failed[i] == nil {
				return i
			}
		}
	}
	return -1
}
