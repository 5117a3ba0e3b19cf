package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// block is a statement to be: every principal may do every verb in every place.
// Listing never shares a block with another verb, because its resource is the bucket
// and its places are a condition.
type block struct {
	verbs      []Verb
	principals []string
	until      time.Time
	places     []place
}

type place struct {
	bucket, resource string
	exact            bool
}

// kind tells apart what never shares a block: listings of each bucket from the rest, and each end.
type kind struct {
	listing string
	until   time.Time
}

func kindOf(a Allow) kind {
	if a.Verb == List {
		return kind{a.Bucket, a.Until}
	}
	return kind{"", a.Until}
}

// key tells blocks apart while they are gathered: the verbs, and what the members of a block have in common.
type key struct {
	kind
	text string
}

// byPlace groups the places at which the same people may do the same.
func byPlace(allows []Allow) []block {
	// First who may do what at each place, one set of people for each set of verbs.
	type at struct {
		kind
		place
	}
	people := map[at]map[string]uint8{}
	for _, a := range allows {
		k := at{kindOf(a), place{a.Bucket, a.Resource, a.Exact}}
		if people[k] == nil {
			people[k] = map[string]uint8{}
		}
		people[k][a.Principal] |= 1 << a.Verb
	}
	blocks := map[key]*block{}
	for k, have := range people {
		sets := map[uint8][]string{}
		for principal, verbs := range have {
			sets[verbs] = append(sets[verbs], principal)
		}
		for verbs, principals := range sets {
			slices.Sort(principals)
			id := key{k.kind, string(rune(verbs)) + strings.Join(principals, "\n")}
			if blocks[id] == nil {
				blocks[id] = &block{verbs: verbsOf(verbs), principals: principals, until: k.until}
			}
			blocks[id].places = append(blocks[id].places, k.place)
		}
	}
	return inOrder(blocks)
}

// byPerson groups the people who may do the same at the same places.
func byPerson(allows []Allow) []block {
	type of struct {
		kind
		principal string
	}
	have := map[of]map[place]uint8{}
	for _, a := range allows {
		k := of{kindOf(a), a.Principal}
		if have[k] == nil {
			have[k] = map[place]uint8{}
		}
		have[k][place{a.Bucket, a.Resource, a.Exact}] |= 1 << a.Verb
	}
	blocks := map[key]*block{}
	for k, at := range have {
		sets := map[uint8][]place{}
		for p, verbs := range at {
			sets[verbs] = append(sets[verbs], p)
		}
		for verbs, places := range sets {
			sortPlaces(places)
			var text strings.Builder
			text.WriteRune(rune(verbs))
			for _, p := range places {
				text.WriteString(p.bucket)
				text.WriteByte('/')
				text.WriteString(p.resource)
				text.WriteByte('\n') // a prefix ends in a slash and an object does not, so this tells them apart
			}
			id := key{k.kind, text.String()}
			if blocks[id] == nil {
				blocks[id] = &block{verbs: verbsOf(verbs), places: places, until: k.until}
			}
			blocks[id].principals = append(blocks[id].principals, k.principal)
		}
	}
	return inOrder(blocks)
}

// byPersonApart is byPerson with the places that one person alone has in blocks of their own. Else a
// place of one's own would keep people out of the block of those with whom they have the rest in common.
func byPersonApart(allows []Allow) []block {
	type at struct {
		kind
		place
	}
	people := map[at]string{}
	shared := map[at]bool{}
	for _, a := range allows {
		k := at{kindOf(a), place{a.Bucket, a.Resource, a.Exact}}
		if first, known := people[k]; known && first != a.Principal {
			shared[k] = true
		}
		people[k] = a.Principal
	}
	var common, own []Allow
	for _, a := range allows {
		if shared[at{kindOf(a), place{a.Bucket, a.Resource, a.Exact}}] {
			common = append(common, a)
		} else {
			own = append(own, a)
		}
	}
	return slices.Concat(byPerson(common), byPerson(own))
}

func verbsOf(set uint8) []Verb {
	var list []Verb
	for v := List; int(v) < len(verbs); v++ {
		if set&(1<<v) != 0 {
			list = append(list, v)
		}
	}
	return list
}

func sortPlaces(places []place) {
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(strings.Compare(a.bucket, b.bucket), strings.Compare(a.resource, b.resource), compareBool(a.exact, b.exact))
	})
}

// inOrder puts each block's lists in order; write puts the blocks in order.
func inOrder(blocks map[key]*block) []block {
	all := make([]block, 0, len(blocks))
	for _, b := range blocks {
		slices.Sort(b.principals)
		sortPlaces(b.places)
		all = append(all, *b)
	}
	return all
}
