package compare

import (
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// outcome is what becomes of one region for one subject between two instants.
type outcome struct {
	from, until  *time.Time // nil is now, and for good
	gains, loses access.Permissions
	// extended: what is gained was held on the base side up to then.
	extended bool
	// by are the routes of what is gained on the head side, and of what is lost on the base side.
	by []string
}

// outcomes compares the two sides on a region, from one instant at which something changes to the next.
func outcomes(r region, base, head *index, now time.Time) []outcome {
	type point struct{ base, head []*holding }
	points := make([]point, len(r.points))
	var all [][]*holding
	for i, path := range r.points {
		points[i] = point{base.covering(r.bucket, path, r.version), head.covering(r.bucket, path, r.version)}
		all = append(all, points[i].base, points[i].head)
	}
	at := instants(now, all...)
	var found []outcome
	before := make([]access.Permissions, len(points)) // on the base side, up to the instant
	for i, t := range at {
		var o outcome
		if i > 0 {
			o.from = &at[i]
		}
		if i+1 < len(at) {
			o.until = &at[i+1]
		}
		o.extended = true
		for j, p := range points {
			was, is := permissions(p.base, t), permissions(p.head, t)
			gains, loses := is&^was, was&^is
			o.gains, o.loses = o.gains.Union(gains), o.loses.Union(loses)
			o.extended = o.extended && gains&^before[j] == 0
			o.by = append(o.by, routes(p.head, gains, t)...)
			o.by = append(o.by, routes(p.base, loses, t)...)
			before[j] = was
		}
		o.extended = o.extended && o.gains != 0
		slices.Sort(o.by)
		o.by = slices.Compact(o.by)
		found = joined(found, o)
	}
	return slices.DeleteFunc(found, func(o outcome) bool { return o.gains == 0 && o.loses == 0 })
}

// joined adds an outcome, or makes the last one longer when nothing changes between the two.
func joined(all []outcome, o outcome) []outcome {
	if n := len(all) - 1; n >= 0 && all[n].gains == o.gains && all[n].loses == o.loses && (o.gains|o.loses == 0 || slices.Equal(all[n].by, o.by)) {
		all[n].until = o.until
		return all
	}
	return append(all, o)
}

func routes(held []*holding, wanted access.Permissions, at time.Time) []string {
	var all []string
	for _, h := range held {
		if h.live(at) && h.permissions.HasAny(wanted) {
			all = append(all, h.told())
		}
	}
	return all
}

// alike tells whether two regions fare the same.
func alike(a, b []outcome) bool {
	return slices.EqualFunc(a, b, func(a, b outcome) bool {
		return a.gains == b.gains && a.loses == b.loses && compareTimes(a.from, b.from) == 0 && compareTimes(a.until, b.until) == 0
	})
}

func compareTimes(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return a.Compare(*b)
}
