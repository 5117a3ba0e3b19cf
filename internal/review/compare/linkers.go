package compare

import (
	"fmt"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// linkerChanges tells who may make links on a Collection, which the rights on its members do not tell. Those whom the same
// bindings name fare alike, so that one of them is looked at for all.
func linkerChanges(was, is *side, everybody []person) []Declared {
	gained, lost := map[string][]string{}, map[string][]string{}
	before, after := newLinkIndex(was), newLinkIndex(is)
	type changes struct{ gains, losses []string }
	known := map[string]changes{}
	for _, p := range everybody {
		bindings := fmt.Sprintf("%q %q", before.bindings(p.was), after.bindings(p.is))
		c, found := known[bindings]
		if !found {
			had, has := before.linker(p.was), after.linker(p.is)
			c = changes{has.more(had), had.more(has)}
			known[bindings] = c
		}
		for _, name := range c.gains {
			gained[name] = append(gained[name], p.name)
		}
		for _, name := range c.losses {
			lost[name] = append(lost[name], p.name)
		}
	}
	return linkersTold(gained, lost)
}

// linkersTold tells who gained and lost the right to make links, by Collection.
func linkersTold(gained, lost map[string][]string) []Declared {
	var all []Declared
	for _, name := range names(gained, lost) {
		if who := gained[name]; who != nil {
			all = append(all, Declared{"Collection", name, "links on it may be made or sponsored by " + printer.Few(who, most) + ", at times when they could not before", true})
		}
		if who := lost[name]; who != nil {
			all = append(all, Declared{"Collection", name, "links on it may no longer be made or sponsored by " + printer.Few(who, most) + ", at times when they could before", false})
		}
	}
	return all
}

// mayLinkEver are the Collections that somebody may make links on because a binding names them.
func mayLinkEver(m *access.Model, subjects []string) []string {
	var all []string
	for _, subject := range subjects {
		all = append(all, m.MayLinkEver(subject)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// linkIndex finds what the right to make links on Collections comes from on one side.
type linkIndex struct {
	*side
	bound map[string][]string // names of bindings, by subject
	shows map[string]string   // what each Collection shows, its bucket included
	alike map[string][]string // Collections by what they show
}

func newLinkIndex(s *side) *linkIndex {
	x := &linkIndex{side: s, bound: map[string][]string{}, shows: map[string]string{}, alike: map[string][]string{}}
	for i := range s.tenant.Declared.RoleBindings {
		b := &s.tenant.Declared.RoleBindings[i]
		if !slices.ContainsFunc(b.Spec.Targets, func(t v1alpha1.Target) bool { return t.Kind != v1alpha1.TargetFolder }) {
			continue // on a Collection the right comes from there or from its whole Library
		}
		for _, subject := range s.model.BindingSubjects(b.Name) {
			x.bound[subject] = append(x.bound[subject], b.Name)
		}
	}
	for name, has := range s.contents {
		what := fmt.Sprintf("%q %q %q", s.buckets[s.librariesOf[name]], has.items, has.pinned)
		x.shows[name] = what
		x.alike[what] = append(x.alike[what], name)
	}
	return x
}

// bindings are those, in order, by which somebody may have the right on Collections.
func (x *linkIndex) bindings(subjects []string) []string {
	var all []string
	for _, subject := range subjects {
		all = append(all, x.bound[subject]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (x *linkIndex) linker(subjects []string) *linker {
	return &linker{x, subjects, map[string][]span{}, map[string][]span{}}
}

// linker is somebody who may make links on one side. What was found out is kept.
type linker struct {
	*linkIndex
	subjects []string
	on       map[string][]span // by Collection
	onAlike  map[string][]span // by what Collections show: on one of them at least
}

// more are the Collections, named by their bindings, on which somebody may make links at an instant from now on at which the
// other side does not let them, neither by that name nor on one with the same contents.
func (l *linker) more(other *linker) []string {
	return slices.DeleteFunc(mayLinkEver(l.model, l.subjects), func(name string) bool {
		mine, same := l.spans(name), other.spans(name)
		return coveredBy(mine, same) || coveredBy(mine, merged(slices.Concat(same, other.alikeSpans(l.shows[name]))))
	})
}

// spans are when somebody may make links on a Collection.
func (l *linker) spans(collection string) []span {
	if all, known := l.on[collection]; known {
		return all
	}
	var all []span
	for _, subject := range l.subjects {
		for _, r := range l.model.LinkRoutesEver(subject, collection) {
			from := l.now
			if r.NotBefore != nil && r.NotBefore.After(from) {
				from = *r.NotBefore
			}
			if r.NotAfter == nil || r.NotAfter.After(from) {
				all = append(all, span{from, r.NotAfter})
			}
		}
	}
	l.on[collection] = merged(all)
	return l.on[collection]
}

// alikeSpans are when somebody may make links on any of the Collections that show the same.
func (l *linker) alikeSpans(what string) []span {
	if all, known := l.onAlike[what]; known {
		return all
	}
	var all []span
	for _, name := range l.alike[what] {
		all = append(all, l.spans(name)...)
	}
	l.onAlike[what] = merged(all)
	return l.onAlike[what]
}

// span is a time that begins now or later; without an end it is for good.
type span struct {
	from  time.Time
	until *time.Time
}

// merged are spans in order, those that overlap or meet made one.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var all []span
	for _, s := range spans {
		n := len(all) - 1
		switch {
		case n < 0 || all[n].until != nil && all[n].until.Before(s.from):
			all = append(all, s)
		case all[n].until != nil && (s.until == nil || s.until.After(*all[n].until)):
			all[n].until = s.until
		}
	}
	return all
}

// coveredBy tells whether some spans lie in others, which are merged.
func coveredBy(some, others []span) bool {
	return !slices.ContainsFunc(some, func(s span) bool {
		return !slices.ContainsFunc(others, func(o span) bool {
			return !s.from.Before(o.from) && (o.until == nil || s.until != nil && !s.until.After(*o.until))
		})
	})
}
