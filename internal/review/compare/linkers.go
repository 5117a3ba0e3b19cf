package compare

import (
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review/printer"
)

// linkerChanges tells who may make links on a Collection, which the rights on its members do not tell.
func linkerChanges(was, is *side, everybody []person) []Declared {
	gained, lost := map[string][]string{}, map[string][]string{}
	for _, p := range everybody {
		for _, name := range mayLinkEver(is.model, p.is) {
			if linksMore(was, is, p.was, p.is, name) {
				gained[name] = append(gained[name], p.name)
			}
		}
		for _, name := range mayLinkEver(was.model, p.was) {
			if linksMore(is, was, p.is, p.was, name) {
				lost[name] = append(lost[name], p.name)
			}
		}
	}
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

// linksMore tells whether somebody may make links on a Collection at an instant from now on at which the other side does not let
// them, neither by its name nor on one with the same contents.
func linksMore(other, s *side, theirs, ours []string, collection string) bool {
	same := other.alikeCollections(s, collection)
	at := s.linkDays(ours, collection)
	for _, name := range same {
		at = append(at, other.linkDays(theirs, name)...)
	}
	return slices.ContainsFunc(at, func(t time.Time) bool {
		return s.mayLink(ours, collection, t) && !slices.ContainsFunc(same, func(name string) bool { return other.mayLink(theirs, name, t) })
	})
}

func (s *side) mayLink(subjects []string, collection string, at time.Time) bool {
	return slices.ContainsFunc(subjects, func(subject string) bool { return s.model.DecideLink(subject, collection, at).Allowed })
}

// linkDays are now and the instants from then on at which somebody's right to make links on a Collection begins or ends.
func (s *side) linkDays(subjects []string, collection string) []time.Time {
	days := []time.Time{s.now}
	for _, subject := range subjects {
		for _, r := range s.model.LinkRoutesEver(subject, collection) {
			for _, t := range []*time.Time{r.NotBefore, r.NotAfter} {
				if t != nil && t.After(s.now) {
					days = append(days, *t)
				}
			}
		}
	}
	return days
}

// alikeCollections are the Collections of a side that are called like one of another, or have the same contents.
func (s *side) alikeCollections(o *side, collection string) []string {
	bucket := func(s *side, name string) string { return s.buckets[s.librariesOf[name]] }
	var all []string
	for name, has := range s.contents {
		there := o.contents[collection]
		if name == collection || bucket(s, name) == bucket(o, collection) && slices.Equal(has.items, there.items) && slices.Equal(has.pinned, there.pinned) {
			all = append(all, name)
		}
	}
	return all
}
