package compare

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/access"
)

// anyName stands for every name there may be: no declaration can hold it.
const anyName = "\x00"

// region is a part of a library in which everything fares alike, but for what lies in a deeper
// region: all below a prefix, or the members that come by one item of a Collection.
type region struct {
	bucket string
	// where it is: a prefix, which ends in a slash or is empty, or an item.
	where string
	item  bool
	// version of the file, when it is not about the current one.
	version string
	// points stand for the files in it.
	points []string
}

// regionsOf are the parts of one bucket that have to be looked at for a subject: every prefix
// that one of the rights is bounded by, every restricted Folder below, and every item.
func regionsOf(bucket string, held []*holding, sides ...*side) []region {
	prefixes, items, pinned := map[string]bool{}, map[string]bool{}, map[pin]bool{}
	deepest := 0 // segments of the deepest pattern
	for _, h := range held {
		if h.items == nil {
			prefixes[h.prefix] = true
			continue
		}
		if h.version != "" {
			pinned[pin{h.items[0], h.version}] = true
			continue
		}
		for _, path := range h.pinned {
			items[path] = true // which a pattern passes over
		}
		for _, item := range h.items {
			items[item] = true
			deepest = max(deepest, 1+strings.Count(item, "/"))
		}
	}
	patterns := maps.Clone(items)
	for _, s := range sides {
		if s.layouts[bucket] == nil {
			continue
		}
		for path := range s.layouts[bucket].restricted {
			if slices.ContainsFunc(held, func(h *holding) bool { return h.mayReach(path) }) {
				prefixes[path] = true
			}
			// What of a pattern lies below it fares otherwise where the Folder is restricted on one side alone.
			for item := range patterns {
				for _, part := range within(item, path) {
					items[part] = true
				}
			}
		}
	}
	var all []region
	for prefix := range prefixes {
		all = append(all, region{bucket: bucket, where: prefix, points: below(prefix, deepest)})
	}
	for item := range items {
		points := slices.DeleteFunc(standIns(item, deepest), func(path string) bool { return isFolder(path, bucket, sides) })
		all = append(all, region{bucket: bucket, where: item, item: true, points: points})
	}
	for p := range pinned {
		if !isFolder(p.path, bucket, sides) {
			all = append(all, region{bucket: bucket, where: p.path, item: true, version: p.version, points: []string{p.path}})
		}
	}
	// A prefix comes before all that lies in it.
	slices.SortFunc(all, func(a, b region) int {
		if c := cmp.Or(strings.Compare(a.where, b.where), strings.Compare(a.version, b.version)); c != 0 {
			return c
		}
		if a.item {
			return 1
		}
		return -1
	})
	return all
}

// below are names for files right in a folder, and so deep in it as patterns tell apart.
func below(prefix string, deepest int) []string {
	points := []string{prefix + anyName}
	if deepest == 0 {
		return points
	}
	for depth := range deepest + 1 {
		points = append(points, prefix+strings.Repeat(anyName+"/", depth+1)+anyName)
	}
	return points
}

// standIns are names for the files that an item names: itself, or for a pattern a name
// that matches it for every number of segments that a ** may stand for and
// that another pattern could tell apart.
func standIns(item string, deepest int) []string {
	if !access.IsPattern(item) {
		return []string{item}
	}
	depths := 1
	if strings.Contains(item, "**") {
		depths = deepest + 2
	}
	var points []string
	for depth := range depths {
		var segments []string
		for segment := range strings.SplitSeq(item, "/") {
			if segment != "**" {
				segments = append(segments, strings.ReplaceAll(segment, "*", anyName))
				continue
			}
			for range depth {
				segments = append(segments, anyName)
			}
		}
		if point := strings.Join(segments, "/"); matches(item, point) {
			points = append(points, point)
		}
	}
	return points
}

// within are the patterns for what a pattern matches below a prefix.
func within(item, prefix string) []string {
	if !access.IsPattern(item) {
		return nil
	}
	var all []string
	seen := map[[2]int]bool{} // by what is left of both: each is looked at once, however many ways lead to it
	var consume func(pattern, folders []string)
	consume = func(pattern, folders []string) {
		left := [2]int{len(pattern), len(folders)}
		if seen[left] {
			return
		}
		seen[left] = true
		switch {
		case len(pattern) == 0:
		case len(folders) == 0:
			all = append(all, prefix+strings.Join(pattern, "/"))
		case pattern[0] == "**":
			consume(pattern[1:], folders)
			consume(pattern, folders[1:])
		case access.Match(pattern[0], folders[0]):
			consume(pattern[1:], folders[1:])
		}
	}
	consume(strings.Split(item, "/"), strings.Split(strings.TrimSuffix(prefix, "/"), "/"))
	return all
}

func isFolder(path, bucket string, sides []*side) bool {
	return slices.ContainsFunc(sides, func(s *side) bool { return s.layouts[bucket] != nil && s.layouts[bucket].folders[path] })
}

// mayReach tells whether something below a prefix could be held, restricted Folders aside.
func (h *holding) mayReach(prefix string) bool {
	if h.items == nil {
		return strings.HasPrefix(prefix, h.prefix) || strings.HasPrefix(h.prefix, prefix)
	}
	return slices.ContainsFunc(h.items, func(item string) bool { return reaches(item, prefix) })
}

func reaches(item, prefix string) bool {
	literal, _, pattern := strings.Cut(item, "*")
	return strings.HasPrefix(literal, prefix) || pattern && strings.HasPrefix(prefix, literal)
}

// overlaps tells whether two rights may be about the same file.
func (h *holding) overlaps(o *holding) bool {
	switch {
	case h.bucket != o.bucket:
		return false
	case h.items == nil:
		return o.mayReach(h.prefix)
	case o.items == nil:
		return h.mayReach(o.prefix)
	}
	return true
}
