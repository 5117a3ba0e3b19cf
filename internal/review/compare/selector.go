package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/cases"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// picks is what a Collection's selector picks. Which files these are only a cluster knows, so that all of them are compared as
// one item among the others of the Collection.
type picks struct {
	// Keywords that a file has, folded and in order.
	Keywords []string `json:"k,omitempty"`
	// State of which a file is; empty for both.
	State    v1alpha1.AssetState    `json:"s,omitempty"`
	Approval v1alpha1.AssetApproval `json:"a,omitempty"`
	// Without are files of one version, and restricted Folders with a slash at the end: it picks nothing there. In order.
	Without []string `json:"w,omitempty"`
}

// pickMark begins the item that stands for what a selector picks: no path can hold it.
const pickMark = "\x01"

// pickedBy is the item that stands for what the selector of a Collection picks; l may be nil.
func pickedBy(selector *v1alpha1.CollectionSelector, pinned []string, l *layout) string {
	p := picks{Approval: selector.Approval, Without: slices.Clone(pinned)}
	fold := cases.Fold()
	for _, word := range selector.Keywords {
		p.Keywords = append(p.Keywords, fold.String(word))
	}
	slices.Sort(p.Keywords)
	p.Keywords = slices.Compact(p.Keywords)
	if states := slices.Compact(slices.Sorted(slices.Values(selector.States))); len(states) == 1 {
		p.State = states[0]
	}
	if l != nil {
		p.Without = slices.AppendSeq(p.Without, maps.Keys(l.restricted))
	}
	slices.Sort(p.Without)
	p.Without = slices.Compact(p.Without)
	text, err := json.Marshal(p)
	if err != nil {
		panic("compare: " + err.Error()) // it is made of texts
	}
	// It is no pattern, and in no folder.
	return pickMark + strings.NewReplacer("*", `\u002a`, "/", `\u002f`).Replace(string(text))
}

func isPicked(item string) bool { return strings.HasPrefix(item, pickMark) }

func picksOf(item string) picks {
	var p picks
	if err := json.Unmarshal([]byte(strings.TrimPrefix(item, pickMark)), &p); err != nil {
		panic("compare: " + err.Error()) // pickedBy made it
	}
	return p
}

// matchesPicked tells whether an item certainly takes in all that a selector picks: as all files of the library, or as a selector
// that says nothing more.
func matchesPicked(item, picked string) bool {
	if !isPicked(item) || item == picked {
		return item == "**" || item == picked
	}
	wide, narrow := picksOf(item), picksOf(picked)
	return len(lacking(wide.Keywords, narrow.Keywords)) == 0 && len(lacking(wide.Without, narrow.Without)) == 0 &&
		(wide.State == "" || wide.State == narrow.State) && (wide.Approval == "" || wide.Approval == narrow.Approval)
}

// pickedText says what a selector picks.
func pickedText(item string) string {
	p := picksOf(item)
	var parts []string
	if len(p.Keywords) > 0 {
		parts = append(parts, fmt.Sprintf("with the keywords %q", p.Keywords))
	}
	if p.State != "" {
		parts = append(parts, "in state "+string(p.State))
	}
	if p.Approval != "" {
		parts = append(parts, "that are "+string(p.Approval))
	}
	if len(parts) == 0 {
		parts = append(parts, "that are not archived")
	}
	text := "files " + strings.Join(parts, ", ")
	if len(p.Without) > 0 {
		text += ", but not " + printer.Few(p.Without, most)
	}
	return "(" + text + ")"
}

// pickedUnknown is noted where somebody gains what a selector picks.
const pickedUnknown = "which files the selector of a Collection picks only the cluster knows, and it changes as files are described, published and approved: " +
	"those are told as one, and not counted"

// picksGained tells whether somebody gains what a selector picks.
func picksGained(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return len(c.Gains) > 0 && isPicked(c.finding.where) })
}
