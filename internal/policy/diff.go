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

// Widens tells whether one document of ours gives what another did not. When
// in doubt it says so: what only narrows can be applied before what widens.
func Widens(before, after Document) bool {
	return WidensAny([]Document{before}, []Document{after})
}

// WidensAny is Widens for the documents of an identity taken together.
func WidensAny(before, after []Document) bool {
	had, _ := rightsOf(before...)
	has, odd := rightsOf(after...)
	if odd {
		return true
	}
	for r, end := range has {
		if !had.coversUntil(r, end) {
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
	had, oddBefore := rightsOf(a)
	has, oddAfter := rightsOf(b)
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

func less(from, take rightSet) []right {
	var left []right
	for r, end := range from {
		if other, there := take[r]; !there || laterEnd(end, other) {
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
		said := fmt.Sprintf("%s: %s on %s", how, strings.Join(actions[k], ", "), strings.TrimPrefix(k.place, arn))
		if k.principal != "" {
			said += " for " + k.principal[strings.LastIndexByte(k.principal, '/')+1:]
		}
		words = append(words, said)
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
