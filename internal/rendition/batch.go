package rendition

import (
	"fmt"
	"slices"
)

// BatchLimits bound the manifests of one Job.
type BatchLimits struct {
	// MaxItems of one index.
	MaxItems int
	// MaxCost of one index, in the unit of Item.Cost; an item dearer than that gets an index of its own.
	MaxCost int64
	// MaxBytes of all manifests of the Job, packed: they live in one Secret, key = index number.
	MaxBytes int
	// MaxIndexes of the Job.
	MaxIndexes int
}

// DefaultBatchLimits are up to 200 images or about two minutes of one CPU an index, so that a retried index repeats little;
// 900 KiB a Job, as a Secret ends at 1 MiB.
func DefaultBatchLimits() BatchLimits {
	return BatchLimits{MaxItems: 200, MaxCost: 120_000, MaxBytes: 900 << 10, MaxIndexes: 100}
}

// Batch cuts items, in their order, into packed manifests, one per index of a Job, each with those of the watermarks that its
// items draw. What does not fit into this Job is rest. It fails when an item is not valid, or alone is larger than MaxBytes.
func Batch(items []Item, watermarks []WatermarkImage, limits BatchLimits) (packed [][]byte, rest []Item, err error) {
	rest = items
	left := limits.MaxBytes
	for len(rest) > 0 && len(packed) < limits.MaxIndexes {
		n := take(rest, limits)
		var b []byte
		for {
			b, err = Encode(Manifest{Version: ManifestVersion, Items: rest[:n], Watermarks: drawn(rest[:n], watermarks)})
			if err != nil {
				return nil, items, err
			}
			if len(b) <= left || n == 1 {
				break
			}
			// Shrink by how far it is over, and by one at least; the size is nearly linear in n.
			n = max(1, min(n-1, n*left/len(b)))
		}
		if len(b) > left {
			if len(packed) == 0 {
				return nil, items, fmt.Errorf("%w: one item takes %d bytes, at most %d", ErrManifest, len(b), limits.MaxBytes)
			}
			break
		}
		packed = append(packed, b)
		left -= len(b)
		rest = rest[n:]
	}
	return packed, slices.Clone(rest), nil
}

// drawn gives those of watermarks that items draw.
func drawn(items []Item, watermarks []WatermarkImage) []WatermarkImage {
	var some []WatermarkImage
	for _, mark := range watermarks {
		if slices.ContainsFunc(items, func(it Item) bool {
			return slices.ContainsFunc(it.Outputs, func(o Output) bool { return o.Preset.Watermark != nil && o.Preset.Watermark.ETag == mark.ETag })
		}) {
			some = append(some, mark)
		}
	}
	return some
}

// take tells how many of items go into one index by number and cost; at least one.
func take(items []Item, limits BatchLimits) int {
	var cost int64
	for i, it := range items {
		cost += it.Cost()
		if i > 0 && (i >= limits.MaxItems || cost > limits.MaxCost) {
			return i
		}
	}
	return len(items)
}
