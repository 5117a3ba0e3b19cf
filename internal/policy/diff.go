package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxDiff bounds what Diff says, in bytes: an event's message holds 1,024.
const maxDiff = 600

// right is one action of one principal at one place.
type right struct{ principal, action, place string }

// rights are what the Allow statements of ours give, one by one. odd tells
// whether one of them is not of the form that Render writes.
func rights(d Document) (given map[right]bool, odd bool) {
	given = map[right]bool{}
	for _, s := range d.statements {
		if !Ours(s.Sid) {
			continue
		}
		places, ok := places(s)
		if !ok {
			odd = true
			continue
		}
		for _, principal := range s.parsed.Principal.AWS {
			for _, action := range s.parsed.Action {
				for _, place := range places {
					given[right{principal, action, place}] = true
				}
			}
		}
	}
	return given, odd
}

// places are where a statement applies, a listing's prefixes as resources;
// false when the statement is not of the form that Render writes.
func places(s Statement) ([]string, bool) {
	c := s.parsed
	if c.Effect != "Allow" || c.Principal == nil || len(c.Resource) == 0 || string(marshal(c)) != string(s.text) {
		return nil, false
	}
	if len(c.Condition) == 0 {
		if len(c.Resource) == 1 && !strings.Contains(strings.TrimPrefix(c.Resource[0], arn), "/") {
			return []string{c.Resource[0] + "/*"}, true
		}
		return c.Resource, true
	}
	given := c.Condition["StringLike"]["s3:prefix"]
	if len(c.Condition) != 1 || len(c.Condition["StringLike"]) != 1 || len(c.Resource) != 1 {
		return nil, false
	}
	list := make([]string, 0, len(given))
	for _, p := range given {
		list = append(list, c.Resource[0]+"/"+p)
	}
	return list, true
}

// Widens tells whether one document of ours gives what another did not. When
// in doubt it says so: what only narrows can be applied before what widens.
func Widens(before, after Document) bool {
	had, _ := rights(before)
	has, odd := rights(after)
	if odd {
		return true
	}
	for r := range has {
		if !covered(had, r) {
			return true
		}
	}
	return false
}

// covered tells whether a right is among others, or below one of them.
func covered(had map[right]bool, r right) bool {
	if had[r] {
		return true
	}
	place := strings.TrimSuffix(r.place, "*")
	for i := len(place); i > len(arn); i-- {
		if place[i-1] == '/' && had[right{r.principal, r.action, place[:i] + "*"}] {
			return true
		}
	}
	return false
}

// Diff says in a few words what the second document has that the first has
// not, and the other way round; empty when they are the same.
func Diff(a, b Document) string {
	if a.Equal(b) {
		return ""
	}
	had, oddBefore := rights(a)
	has, oddAfter := rights(b)
	var words []string
	words = append(words, changed("gone", less(had, has))...)
	words = append(words, changed("added", less(has, had))...)
	if oddBefore || oddAfter {
		words = append(words, "a statement of Vitrine's was altered")
	}
	words = append(words, foreignChanges(a, b)...)
	if len(words) == 0 {
		words = []string{"the same rights in other statements"}
	}
	return bounded(strings.Join(words, "; "))
}

func less(from, take map[right]bool) []right {
	var left []right
	for r := range from {
		if !take[r] {
			left = append(left, r)
		}
	}
	slices.SortFunc(left, func(a, b right) int {
		return cmp.Or(cmp.Compare(a.principal, b.principal), cmp.Compare(a.place, b.place), cmp.Compare(a.action, b.action))
	})
	return left
}

// changed names the first few of a list of rights and counts the rest, by principal.
func changed(how string, rights []right) []string {
	const most = 3
	if len(rights) == 0 {
		return nil
	}
	type at struct{ principal, place string }
	var order []at
	actions := map[at][]string{}
	for _, r := range rights {
		k := at{r.principal, r.place}
		if actions[k] == nil {
			order = append(order, k)
		}
		actions[k] = append(actions[k], strings.TrimPrefix(r.action, "s3:"))
	}
	var words []string
	for _, k := range order[:min(most, len(order))] {
		words = append(words, fmt.Sprintf("%s: %s on %s for %s", how, strings.Join(actions[k], ", "),
			strings.TrimPrefix(k.place, arn), k.principal[strings.LastIndexByte(k.principal, '/')+1:]))
	}
	if more := len(order) - most; more > 0 {
		words = append(words, fmt.Sprintf("%s: %d more", how, more))
	}
	return words
}

// foreignChanges counts the statements that are not ours and came or went.
func foreignChanges(a, b Document) []string {
	count := map[string]int{}
	for _, s := range Foreign(a) {
		count[string(s.text)]--
	}
	for _, s := range Foreign(b) {
		count[string(s.text)]++
	}
	gone, added := 0, 0
	for n := range maps.Values(count) {
		gone -= min(n, 0)
		added += max(n, 0)
	}
	var words []string
	if gone > 0 {
		words = append(words, fmt.Sprintf("%d statements that are not Vitrine's gone", gone))
	}
	if added > 0 {
		words = append(words, fmt.Sprintf("%d statements that are not Vitrine's added", added))
	}
	return words
}

// bounded cuts a sentence at a whole character.
func bounded(s string) string {
	if len(s) <= maxDiff {
		return s
	}
	return strings.ToValidUTF8(s[:maxDiff], "") + "…"
}
