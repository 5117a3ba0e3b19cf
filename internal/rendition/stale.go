package rendition

import (
	"maps"
	"slices"
	"strings"
)

// Stale names, in order, the rendition objects of an original that serve nothing any more: those of another version of it, those of presets
// that are declared no more, and those that a preset made before it changed, once there is what it makes now, or at once where that is made on request. Presets are as in World.
// What is not called like a rendition is not named.
func Stale(o Original, presets, held []Preset, known Known) []string {
	facts := known.Facts
	if facts != nil && TrimETag(facts.ETag) != TrimETag(o.ETag) {
		facts = nil
	}
	serves := map[string]bool{}
	for _, p := range presets {
		serves[ObjectName(p, o.ETag, o.Focus)] = true // also one that facts do not tell of yet
	}
	for _, r := range missing(o, presets, held, known.Objects, facts, "", nil).Kept {
		serves[r.Object] = true
	}
	var stale []string
	for _, name := range slices.Sorted(maps.Keys(known.Objects)) {
		if !serves[name] && IsObjectName(name) {
			stale = append(stale, name)
		}
	}
	return stale
}

// IsObjectName tells whether a name is such as ObjectName gives.
func IsObjectName(name string) bool {
	format := FormatOf(name)
	if format == "" {
		return false
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "."+format.Ext()), markedSuffix)
	cut := strings.LastIndexByte(name, '-')
	return cut > 0 && len(name)-cut-1 == tagLength && strings.Trim(name[cut+1:], tagAlphabet) == ""
}
