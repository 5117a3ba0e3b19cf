package compare

import (
	"fmt"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// linkerChanges tells who may make links on a Collection, and who may show more or less by them, which the rights on its
// members do not tell. Those whom the same bindings name fare alike but for their rights on Folders, so that one of them is
// looked at for all.
func linkerChanges(was, is *side, everybody []person) []Declared {
	gained, lost := linkersByName{}, linkersByName{}
	before, after := newLinkIndexes(was, is)
	type changes struct{ gains, losses []lack }
	known := map[string]changes{}
	for _, p := range everybody {
		bindings := fmt.Sprintf("%q %q", before.bindings(p.was), after.bindings(p.is))
		c, found := known[bindings]
		if !found {
			had, has := before.linker(p.was), after.linker(p.is)
			c = changes{has.lacks(had), had.lacks(has)}
			known[bindings] = c
		}
		gained.add(p.name, was.beyondFolders(p.was, c.gains))
		lost.add(p.name, is.beyondFolders(p.is, c.losses))
	}
	return linkersTold(gained, lost)
}

// linkersByName are people by the Collection that they may make links on.
type linkersByName map[string]*linkers

// linkers are those who may make links on a Collection when they otherwise may not, and those who may show more by the links
// that they may make on it anyway.
type linkers struct{ makers, showers []string }

func (all linkersByName) add(who string, lacking []lack) {
	for i, l := range lacking {
		if i > 0 && lacking[i-1].collection == l.collection {
			continue // one part is enough
		}
		if all[l.collection] == nil {
			all[l.collection] = &linkers{}
		}
		if of := all[l.collection]; l.always {
			of.showers = append(of.showers, who)
		} else {
			of.makers = append(of.makers, who)
		}
	}
}

// linkersTold tells who gained and lost the right to make links, or to show something by them, by Collection.
func linkersTold(gained, lost linkersByName) []Declared {
	var all []Declared
	for _, name := range names(gained, lost) {
		tell := func(who []string, before, after string, wider bool) {
			if who != nil {
				all = append(all, Declared{"Collection", name, before + printer.Few(who, most) + after, wider})
			}
		}
		if of := gained[name]; of != nil {
			tell(of.makers, "links on it may be made or sponsored by ", ", at times when they could not before", true)
			tell(of.showers, "links on it may show what no link could before that was made or sponsored by ", "", true)
		}
		if of := lost[name]; of != nil {
			tell(of.makers, "links on it may no longer be made or sponsored by ", ", at times when they could before", false)
			tell(of.showers, "links on it may no longer show all that a link could before that was made or sponsored by ", "", false)
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

// linkIndex finds what the right to make links on Collections comes from on one side, and what it comes to there and not on
// the other side. What was found out is kept.
type linkIndex struct {
	*side
	other   *linkIndex
	bound   map[string][]string    // names of bindings, by subject
	wide    map[string]bool        // subjects of bindings on a whole Library
	opened  map[string][]string    // paths of the Folders that the other side alone restricts, by bucket
	parts   map[string][]shownPart // by Collection
	noMore  map[string]bool        // Collections that show no more than those of the same names on the other side
	grown   []string               // Collections with a version that the one of the same name on the other side has not
	showing map[part][]string      // Collections by what they have
	looked  bool                   // grown is known
}

func newLinkIndexes(was, is *side) (before, after *linkIndex) {
	before, after = newLinkIndex(was), newLinkIndex(is)
	before.other, after.other = after, before
	return before, after
}

func newLinkIndex(s *side) *linkIndex {
	x := &linkIndex{
		side: s, bound: map[string][]string{}, wide: map[string]bool{}, opened: map[string][]string{},
		parts: map[string][]shownPart{}, noMore: map[string]bool{},
	}
	for i := range s.tenant.Declared.RoleBindings {
		b := &s.tenant.Declared.RoleBindings[i]
		if !slices.ContainsFunc(b.Spec.Targets, func(t v1alpha1.Target) bool { return t.Kind != v1alpha1.TargetFolder }) {
			continue // on a Collection the right comes from there or from its whole Library
		}
		wide := slices.ContainsFunc(b.Spec.Targets, func(t v1alpha1.Target) bool { return t.Kind == v1alpha1.TargetLibrary })
		for _, subject := range s.model.BindingSubjects(b.Name) {
			x.bound[subject] = append(x.bound[subject], b.Name)
			x.wide[subject] = x.wide[subject] || wide
		}
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
	return &linker{x, subjects, map[string][]span{}, map[part][]span{}}
}

// linker is somebody who may make links on one side. What was found out is kept.
type linker struct {
	*linkIndex
	subjects []string
	on       map[string][]span // by Collection
	onPart   map[part][]span   // by what Collections show: on one of them at least
}

// lack is a part of a Collection that somebody may make links on at times, of which the Collections of the other side let
// them show it at some of these times only.
type lack struct {
	collection string
	shownPart
	mine, theirs []span
	// always: on the other side they may make links on the Collection of that name at all of these times.
	always bool
}

// lacks are the parts of Collections that somebody may show by links at an instant from now on at which no Collection of the
// other side lets them, in the order of the Collections.
func (l *linker) lacks(other *linker) []lack {
	var all []lack
	for _, name := range l.asked() {
		mine, same := l.spans(name), other.spans(name)
		always := coveredBy(mine, same)
		if always && l.showsNoMore(name) {
			continue
		}
		for _, p := range l.partsOf(name) {
			var theirs []span
			if p.named {
				theirs = same
			}
			if !coveredBy(mine, theirs) && !p.locked {
				theirs = merged(slices.Concat(theirs, other.partSpans(p)))
			}
			if !coveredBy(mine, theirs) {
				all = append(all, lack{name, p, mine, theirs, always})
			}
		}
	}
	return all
}

// asked are the Collections that somebody is asked about: those that a binding of theirs names. Who may make links in a
// whole Library may make them on each of its files, so that items of Collections there are nothing more to them, and what they
// gain with the Library itself is told as a permission. But no link on a file or Folder shows another version than the
// current one: that takes a Collection, so they are asked about each that has a version more. A right on a Folder gives none on
// Collections.
func (l *linker) asked() []string {
	all := mayLinkEver(l.model, l.subjects)
	if slices.ContainsFunc(l.subjects, func(subject string) bool { return l.wide[subject] }) {
		all = append(all, l.versionsGrown()...)
		slices.Sort(all)
	}
	return slices.Compact(all)
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

// partSpans are when somebody may make links on any of the Collections that show the same.
func (l *linker) partSpans(p shownPart) []span {
	if all, known := l.onPart[p.part]; known {
		return all
	}
	var all []span
	for _, name := range l.showingAll(p) {
		all = append(all, l.spans(name)...)
	}
	l.onPart[p.part] = merged(all)
	return l.onPart[p.part]
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
