package worker

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// outcome is what became of an item.
type outcome struct {
	facts asset.Facts
	// pictures stored.
	pictures int
	// hung says that a decoder hangs, and waits to be told about.
	hung bool
}

// item brings one item to its end and counts it.
func (r *run) item(ctx context.Context, it rendition.Item) {
	out, err := r.process(ctx, it)
	if out.hung {
		r.told() // before this, the run must not end: it would cut off these very facts
	}
	facts := out.facts
	switch {
	case err == nil && facts.Error == nil:
		r.count(func(s *Summary) { s.Done++; s.Pictures += out.pictures; s.Unmade += len(facts.Unmade) - len(it.Unmade) })
	case err == nil:
		r.count(func(s *Summary) { s.Failed++ })
		r.log.Warn("original has no pictures", "asset", it.Asset, "reason", facts.Error.Reason, "message", facts.Error.Message)
	case errors.Is(err, errFound):
		r.count(func(s *Summary) { s.Found++ })
	case errors.Is(err, errMissing):
		r.count(func(s *Summary) { s.Missing++ })
	case errors.Is(err, errChanged):
		r.count(func(s *Summary) { s.Changed++ })
	case ctx.Err() != nil:
		// The run is ending; the item was cut off, which says nothing about the store.
	default:
		r.count(func(s *Summary) { s.StoreErrors++ })
		r.log.Error("original is to be tried again", "asset", it.Asset, "error", err)
	}
}

// process fetches, renders and stores one item, facts last.
func (r *run) process(ctx context.Context, it rendition.Item) (outcome, error) {
	out := outcome{facts: asset.Facts{
		V: asset.FactsVersion, ETag: it.ETag, VersionID: it.VersionID, Size: it.Size, PresetSet: it.PresetSet,
		ContentType: rendition.OctetStream, ReadAt: r.now().UTC().Truncate(time.Second),
		Renditions: slices.Clone(it.Kept), Unmade: slices.Clone(it.Unmade),
	}}
	before, err := r.lookForFacts(ctx, it)
	if err != nil {
		return out, err
	}
	facts := &out.facts
	var pictures map[int]rendition.Picture
	if it.Size > r.limits.MaxBytes {
		facts.Error = asset.NewReadError(asset.ReasonTooLarge, fmt.Sprintf("%d bytes, at most %d", it.Size, r.limits.MaxBytes))
	} else if pictures, err = r.read(ctx, it, &out); err != nil {
		return out, err
	}
	for i, order := range it.Outputs {
		picture, ready := pictures[i]
		if !ready {
			continue
		}
		made, err := r.putPicture(ctx, it, order, picture)
		if err != nil {
			return out, err
		}
		// An older picture of the preset has served until now.
		facts.Renditions = slices.DeleteFunc(facts.Renditions, func(old asset.Rendition) bool { return old.Preset == made.Preset })
		facts.Renditions = append(facts.Renditions, made)
		out.pictures++
	}
	if err := r.putFacts(ctx, it, *facts, before); err != nil {
		return out, fmt.Errorf("put facts: %w", err)
	}
	return out, nil
}

// read fetches the original and fills the facts from it. What is wrong with the file itself goes into their error, and what is wrong
// with single pictures into Unmade; an error is about the store or the run. The pictures are by index of the item's outputs.
func (r *run) read(ctx context.Context, it rendition.Item, out *outcome) (map[int]rendition.Picture, error) {
	var held holding
	defer held.release()
	if err := r.acquire(ctx, &held, r.source, min(it.Size, r.limits.SourceMemory)); err != nil {
		return nil, err
	}
	src, from, err := r.get(ctx, it)
	if err != nil {
		return nil, fmt.Errorf("get original: %w", err)
	}
	facts := &out.facts
	sum := sha256.Sum256(src)
	facts.SHA256 = hex.EncodeToString(sum[:])
	facts.CRC32 = fmt.Sprintf("%08x", crc32.ChecksumIEEE(src))
	facts.ModifiedAt, facts.VersionID = from.modified, cmp.Or(it.VersionID, from.version)
	facts.ContentType = rendition.Sniff(src).ContentType
	pictures, unmade, err := r.render(ctx, it, src, facts, &held)
	out.hung = held.hung
	facts.Unmade = append(facts.Unmade, unmade...)
	var unreadable *asset.ReadError
	if errors.As(err, &unreadable) {
		facts.Error = asset.NewReadError(unreadable.Reason, unreadable.Message)
		return nil, nil
	}
	return pictures, err
}

// render has the original decoded: a decoder's slot first, then the header, then memory by what the header says, then pixels.
func (r *run) render(ctx context.Context, it rendition.Item, src []byte, facts *asset.Facts, held *holding) (map[int]rendition.Picture, []asset.Unmade, error) {
	if err := r.acquire(ctx, held, r.slots, 1); err != nil {
		return nil, nil, err
	}
	order := rendition.Order{Presets: make([]rendition.Preset, len(it.Outputs)), Focus: it.Focus, Stamps: r.stamps}
	for i, o := range it.Outputs {
		order.Presets[i] = o.Preset
	}
	info, err := bounded(r, it.Asset, held, func(func()) (rendition.Info, error) { return r.renderer.Inspect(src, order.Presets) })
	if info.ContentType != "" {
		facts.ContentType = info.ContentType
	}
	facts.Width, facts.Height, facts.Orientation = info.Width, info.Height, info.Orientation
	facts.ColourSpace, facts.Profile, facts.Frames = info.ColourSpace, info.Profile, info.Frames
	facts.Embedded = info.Embedded
	if err != nil || len(it.Outputs) == 0 {
		return nil, nil, err
	}
	// Holders of a slot wait for memory; holders of memory wait for nothing, so this cannot lock up.
	if err := r.acquire(ctx, held, r.decode, min(info.DecodeBytes+outputBytes(info, order), r.room)); err != nil {
		return nil, nil, err
	}
	return r.draw(it, src, info, order, facts, held)
}

// outputBytes estimates what the decoded picture, and the finished ones with their encoders, hold, 4 bytes a pixel: of the former as much
// as is kept for all presets together, and of the largest picture one copy in work and the encoder's own; for one with a
// watermark as much again, and the mark repeated over it.
func outputBytes(info rendition.Info, order rendition.Order) int64 {
	var base, largest int64
	for _, n := range order.Pages(info) { // one after the other
		width, height := order.Base(n, info)
		base = max(base, int64(width)*int64(height))
	}
	for _, p := range order.Presets {
		_, page := info.PageFor(p)
		g := p.Measure(max(1, page.Width), max(1, page.Height), order.Focus)
		pixels := max(int64(g.ResizeWidth)*int64(g.ResizeHeight), int64(g.Width)*int64(g.Height))
		if p.Watermark != nil {
			pixels *= 2
		}
		largest = max(largest, pixels)
	}
	return 4 * (base + 2*largest)
}
