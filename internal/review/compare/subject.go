package compare

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// finding is what becomes of one region for one subject.
type finding struct {
	region
	// except are the parts of it that fare otherwise.
	except   []string
	outcomes []outcome
	// base and head answer about single files of the subject.
	base, head *index
}

// subject compares what one subject holds on both sides, region by region.
func subject(base, head *side, was, is []holding, now time.Time) []finding {
	differing := differences(base, head, was, is)
	if len(differing) == 0 {
		return nil
	}
	x, y := newIndex(base, was), newIndex(head, is)
	var all []finding
	for _, bucket := range slices.Sorted(maps.Keys(byBucket(differing))) {
		// Regions are bounded by what differs, and by whatever else is held in the same places.
		var near []*holding
		many := len(differing) > 100 // looking for what is near would cost more than it spares
		for _, held := range [][]holding{was, is} {
			for i := range held {
				if h := &held[i]; h.bucket == bucket && (many || slices.ContainsFunc(differing, h.overlaps)) {
					near = append(near, h)
				}
			}
		}
		var found []finding
		for _, r := range regionsOf(bucket, near, base, head) {
			found = append(found, finding{region: r, outcomes: outcomes(r, x, y, now), base: x, head: y})
		}
		setApart(found, near)
		all = append(all, folded(found)...)
	}
	return all
}

// differences are the holdings of either side that the other has not; all of a bucket
// whose restricted Folders are not the same on both sides.
func differences(base, head *side, was, is []holding) []*holding {
	laidOut := map[string]bool{}
	otherwise := func(h *holding) bool {
		is, known := laidOut[h.bucket]
		if !known {
			is = !sameLayout(base.layouts[h.bucket], head.layouts[h.bucket])
			laidOut[h.bucket] = is
		}
		return is
	}
	// Nearly everybody holds the same on both sides, in the same order.
	if slices.EqualFunc(was, is, func(a, b holding) bool { return a.same(&b) && !otherwise(&a) }) {
		return nil
	}
	on := make(map[identity]int, len(was)+len(is))
	sides := [2][]holding{was, is}
	identities := [2][]identity{make([]identity, len(was)), make([]identity, len(is))}
	for n, held := range sides {
		for i := range held {
			id := held[i].identity()
			identities[n][i] = id
			on[id] |= 1 << n
		}
	}
	var all []*holding
	for n, held := range sides {
		for i := range held {
			if on[identities[n][i]] != 3 || otherwise(&held[i]) {
				all = append(all, &held[i])
			}
		}
	}
	return all
}

func sameLayout(a, b *layout) bool {
	if a == nil || b == nil {
		return a == b
	}
	return maps.EqualFunc(a.restricted, b.restricted, func(string, string) bool { return true })
}

func byBucket(held []*holding) map[string]bool {
	all := map[string]bool{}
	for _, h := range held {
		all[h.bucket] = true
	}
	return all
}

// setApart names the files that a pattern passes over as exceptions of it, where they fare otherwise.
func setApart(found []finding, held []*holding) {
	passed := map[string]bool{}
	for _, h := range held {
		for _, path := range h.pinned {
			passed[path] = true
		}
	}
	for i := range found {
		pattern := &found[i]
		if len(passed) == 0 || !pattern.item || !access.IsPattern(pattern.where) {
			continue
		}
		for _, f := range found {
			if f.item && f.version == "" && passed[f.where] && matches(pattern.where, f.where) && !alike(pattern.outcomes, f.outcomes) {
				pattern.except = append(pattern.except, f.where)
			}
		}
	}
}

// folded leaves out what fares as the region around it, and names what does not as an
// exception of that.
func folded(found []finding) []finding {
	var open []*finding // the regions around, the outermost first
	for i := range found {
		f := &found[i]
		if f.version != "" {
			continue // what is around is about current versions
		}
		for len(open) > 0 && !strings.HasPrefix(f.where, open[len(open)-1].where) {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			around := open[len(open)-1]
			if alike(around.outcomes, f.outcomes) {
				f.outcomes = nil
				continue // what lies in it is compared with the region around both
			}
			if len(around.outcomes) > 0 {
				around.except = append(around.except, f.where)
			}
		}
		if !f.item {
			open = append(open, f)
		}
	}
	return slices.DeleteFunc(found, func(f finding) bool { return len(f.outcomes) == 0 })
}
