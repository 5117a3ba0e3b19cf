package compare

import (
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// index finds the rights of one subject that cover a path: an answer costs a look-up for each
// folder that the path leads through, however many rights there are.
type index struct {
	side     *side
	prefixes map[[3]string][]*holding // by bucket, root and prefix
	items    map[[2]string][]*holding // by bucket and version
}

func newIndex(s *side, held []holding) *index {
	x := &index{side: s, prefixes: map[[3]string][]*holding{}, items: map[[2]string][]*holding{}}
	for i := range held {
		h := &held[i]
		if h.items != nil {
			at := [2]string{h.bucket, h.version}
			x.items[at] = append(x.items[at], h)
			continue
		}
		at := [3]string{h.bucket, h.root, h.prefix}
		x.prefixes[at] = append(x.prefixes[at], h)
	}
	return x
}

// covering are the rights on a version of a file, whenever they hold. A right on the current version, the empty one, is none
// on a version that is named: another may be the current one by then.
func (x *index) covering(bucket, path, version string) []*holding {
	var all []*holding
	root := x.side.root(bucket, path)
	for end := 0; version == ""; {
		all = append(all, x.prefixes[[3]string{bucket, root, path[:end]}]...)
		i := strings.IndexByte(path[end:], '/')
		if i < 0 {
			break
		}
		end += i + 1
	}
	for _, h := range x.items[[2]string{bucket, version}] {
		if h.covers(root, path) {
			all = append(all, h)
		}
	}
	return all
}

func permissions(held []*holding, at time.Time) access.Permissions {
	var all access.Permissions
	for _, h := range held {
		if h.live(at) {
			all = all.Union(h.permissions)
		}
	}
	return all
}

// instants are now and every instant at which one of the rights begins or ends, in order.
func instants(now time.Time, held ...[]*holding) []time.Time {
	all := []time.Time{now}
	for _, some := range held {
		for _, h := range some {
			for _, t := range []*time.Time{h.from, h.until} {
				if t != nil && t.After(now) {
					all = append(all, *t)
				}
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}
