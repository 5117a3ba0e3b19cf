package rendition

import (
	"cmp"
	"slices"
	"strings"
)

// Cost estimates, rather too high, the CPU milliseconds that an item takes: 20 for the requests, 60 for each MiB of original, and
// for each output 5 and what its pixels take. How many pixels an original has is not known yet: files of cameras have up
// to 8 million a MiB, and whatever has more is told apart by the worker's limits.
func (it Item) Cost() int64 {
	const mib, least = 1 << 20, 1_000_000
	original := max(least, it.Size*8_000_000/mib)
	cost := 20 + it.Size*60/mib
	for _, o := range it.Outputs {
		cost += 5 + o.Preset.cost(o.Preset.most(original))
	}
	return cost
}

// MemoryBudget divides a worker's memory limit: how many bytes of originals it may hold at once, and how many decoding may take. The other
// half is for what has no estimate: the program, finished pictures, and a single original above its share, which is let through alone.
func MemoryBudget(limit int64) (originals, decoding int64) {
	return limit / 8, limit / 8 * 3
}

// most gives how many pixels a picture by p of an original of so many has.
func (p Preset) most(original int64) int64 {
	p = p.Defaulted()
	width, height := int64(p.Width), int64(p.Height)
	box := width * height
	if box == 0 { // a free side; pictures are up to half as long again as wide
		box = max(width, height) * max(width, height) * 3 / 2
	}
	switch p.Fit {
	case Inside:
		return min(box*3/4, original) // the usual proportions, in a square
	case Cover:
		return min(box, original)
	case Fill, Pad:
	}
	return box
}

// cost estimates the CPU milliseconds that a picture of so many pixels by p takes once the original is decoded. Measured on one
// core, with noise in the picture, for each megapixel.
func (p Preset) cost(pixels int64) int64 {
	effort := p.EncoderEffort(int(pixels))
	per := int64(15) // to resize
	switch p.Defaulted().Format {
	case JPEG:
		per += 25
	case PNG:
		per += 400
	case WebP:
		per += 110
		if effort > 4 {
			per += 230
		}
	case AVIF:
		switch {
		case effort <= 2:
			per += 200
		case effort <= 4:
			per += 1300
		default:
			per += 4000
		}
	}
	if p.Watermark != nil {
		per += 80
	}
	if p.Sharpen == SharpenLight || p.Sharpen == SharpenStrong {
		per += 90
	}
	return per * pixels / 1_000_000
}

// EncoderEffort gives what the encoder of p's format understands of its effort, for a picture of so many pixels; 0 is not among
// it but for JPEG, as the bindings take that for nothing said.
func (p Preset) EncoderEffort(pixels int) int {
	format := p.Defaulted().Format
	effort := map[Format]int{JPEG: 1, PNG: 6, WebP: 4, AVIF: 4}[format]
	if p.Effort != nil {
		switch e := *p.Effort; format {
		case JPEG: // 0, baseline with common tables, or 1, progressive with its own
			effort = min(1, e/3)
		case PNG: // 0 to 9
			effort = max(1, e)
		case WebP, AVIF: // 0 to 6; 7 to 9 of AVIF take ten times as long for hardly a byte
			effort = max(1, (e*6+4)/9)
		}
	}
	if format != AVIF {
		return effort
	}
	// A worker has a minute for a picture. One processor core takes about 4 s a megapixel at 6, 1.3 s at 4 and 0.2 s at 2.
	switch {
	case pixels > 16_000_000:
		return min(effort, 2)
	case pixels > 4_000_000:
		return min(effort, 4)
	}
	return effort
}

// Sequence gives the indices of those of o's presets that are made from one page, which is known as info, in the order in which they
// are best made: thumb and preview first, since people look at those, then what takes longer after what takes less.
func (o Order) Sequence(page int, info Info) []int {
	var order []int
	for i, p := range o.Presets {
		if n, _ := info.PageFor(p); n == page {
			order = append(order, i)
		}
	}
	_, header := info.PageFor(Preset{Page: page})
	rank := func(i int) int64 {
		p := o.Presets[i]
		switch name, _, _ := strings.Cut(p.Name, markOf); name {
		case Thumb:
			return -2
		case Preview:
			return -1
		default:
			g := p.Measure(max(1, header.Width), max(1, header.Height), o.Focus)
			return p.cost(int64(g.Width) * int64(g.Height))
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	return order
}

// Base gives the size to which a page, known as info, is decoded for all of o's presets that are made from it: as wide as the widest of
// them and as high as the highest, and never larger than the page.
func (o Order) Base(page int, info Info) (width, height int) {
	_, header := info.PageFor(Preset{Page: page})
	width, height = 1, 1
	for _, i := range o.Sequence(page, info) {
		g := o.Presets[i].Measure(max(1, header.Width), max(1, header.Height), o.Focus)
		// What one preset enlarges is decoded as it is.
		width, height = max(width, min(g.ResizeWidth, header.Width)), max(height, min(g.ResizeHeight, header.Height))
	}
	return width, height
}

// Pages gives the pages that o's presets are made from, in ascending order.
func (o Order) Pages(info Info) []int {
	var pages []int
	for _, p := range o.Presets {
		n, _ := info.PageFor(p)
		pages = append(pages, n)
	}
	slices.Sort(pages)
	return slices.Compact(pages)
}
