package compare

import (
	"slices"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
	"github.com/vitrine-dam/vitrine/internal/review/atonce"
)

// Compare tells what becomes of access when head takes the place of base, from an
// instant on. Both are states of one tenant.
func Compare(base, head review.Tenant, now time.Time) *Diff {
	now = now.UTC()
	base, head = aged(thawed(base, head), head)
	groups := memberless(base, head)
	d := &Diff{Namespace: head.Namespace, At: now, Changes: []Change{}, Links: []Declared{}}
	var was, is *side
	atonce.Do(
		func() { was = newSide(base, groups, now) },
		func() { is = newSide(head, groups, now) },
		func() { d.Declared = declared(base, head) },
		func() { d.Notes = notes(base, head) },
	)
	was.firstSeen = firstDays(base, head)
	is.firstSeen = was.firstSeen

	// Nobody's rights hang on those of others, so that several are compared at a time.
	everybody := people(base, head, groups)
	each := make([][]Change, len(everybody))
	atonce.Each(len(everybody), func(i int) {
		p := everybody[i]
		each[i] = changes(p.name, subject(was, is, was.holdings(p.was...), is.holdings(p.is...), now), was, is)
	})
	rows := slices.Concat(each...)
	before, after := linksOf(base), linksOf(head)
	named, shownFields := map[string][]string{}, map[string][]v1alpha1.MetadataFieldName{} // presets and fields that links name, by bucket
	for _, name := range names(before, after) {
		found, other, holds := linkChanges(was, is, before[name], after[name])
		rows = append(rows, changes("link/"+name, found, was, is)...)
		d.Links = append(d.Links, other...)
		for _, h := range holds {
			named[h.bucket] = append(named[h.bucket], after[name].Spec.Renditions...)
			shownFields[h.bucket] = append(shownFields[h.bucket], after[name].Spec.MetadataFields...)
		}
	}
	d.Declared = append(d.Declared, conflictChanges(base, head, was, is)...)
	d.Declared = append(d.Declared, linkerChanges(was, is, everybody)...)
	d.Declared = append(d.Declared, fieldChanges(was, is, everybody)...)
	d.Declared = append(d.Declared, presetChanges(was, is, named)...)
	d.Declared = append(d.Declared, watermarkChanges(was, is)...)
	d.Declared = append(d.Declared, lifecycleChanges(was, is)...)
	d.Declared = append(d.Declared, metadataChanges(was, is, shownFields)...)
	d.Declared = append(d.Declared, adoptions(was, is)...)
	d.Declared = append(d.Declared, storeChanges(base, head)...)
	d.Changes = append(d.Changes, together(rows)...)
	d.judge()
	if picksGained(d.Changes) {
		d.Notes = append(d.Notes, pickedUnknown)
	}
	if d.Verdict != Same && base.Stores == nil && head.Stores == nil && sessionsHang(head) {
		d.Notes = append(d.Notes, storesUnknown)
	}
	return d
}

// notes say what the comparison leaves open, and what the new state declares in vain.
func notes(base, head review.Tenant) []string {
	var all []string
	for _, note := range append(slices.Clone(base.Notes), head.Notes...) {
		if !slices.Contains(all, note) {
			all = append(all, note)
		}
	}
	const most = 20
	news := access.New(head.Declared).Problems()
	// Which files there are is not known here, so neither is what a pattern comes to; conflicts are told as changes.
	news = slices.DeleteFunc(news, func(p access.Problem) bool {
		return p.Reason == v1alpha1.ReasonLinksOnly || p.Reason == v1alpha1.ReasonConflict
	})
	if len(news) == 0 {
		return all // which spares the other model
	}
	known := map[string]bool{}
	for _, p := range access.New(base.Declared).Problems() {
		known[p.Kind+p.Name+p.Message] = true
	}
	news = slices.DeleteFunc(news, func(p access.Problem) bool { return known[p.Kind+p.Name+p.Message] })
	for _, p := range news[:min(most, len(news))] {
		all = append(all, "new: "+p.Kind+" "+p.Name+": "+p.Message)
	}
	return all
}

func linksOf(t review.Tenant) map[string]*v1alpha1.PublicLink {
	all := make(map[string]*v1alpha1.PublicLink, len(t.Links))
	for i := range t.Links {
		all[t.Links[i].Name] = &t.Links[i]
	}
	return all
}

// names are the keys of two maps, in order.
func names[T any](a, b map[string]T) []string {
	var all []string
	for name := range a {
		all = append(all, name)
	}
	for name := range b {
		if _, both := a[name]; !both {
			all = append(all, name)
		}
	}
	slices.SortFunc(all, strings.Compare)
	return all
}
