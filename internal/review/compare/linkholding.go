package compare

import (
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/link"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// opening is a time in which a link opens; nil is from now on, and for good.
type opening struct{ from, until *time.Time }

// linkHoldings are what whoever has a link's URL holds from now on.
func (s *side) linkHoldings(l *v1alpha1.PublicLink) []holding {
	shown, err := s.model.LinkScope(l.Spec.Target)
	if err != nil || l.DeletionTimestamp != nil {
		return nil
	}
	h := holding{bucket: s.buckets[shown.Library], permissions: access.Of(access.List, access.Preview, access.Download), by: "PublicLink " + l.Name}
	if l.Spec.Originals == v1alpha1.OriginalsHidden || l.Spec.Watermark != "" {
		h.permissions = access.Of(access.List, access.Preview)
	}
	var parts []holding
	switch {
	case shown.Scope != nil:
		h.root, h.prefix = s.pathOf(*shown.Scope)
		parts = append(parts, h)
	case l.Spec.Target.Asset != nil:
		h.items = []string{string(l.Spec.Target.Asset.Path)}
		parts = append(parts, h)
	default:
		c := s.contents[l.Spec.Target.Collection.Name]
		if len(c.items) > 0 {
			h.items, h.pinned = c.items, c.pinnedPaths()
			parts = append(parts, h)
		}
		for _, p := range c.pinned {
			h.items, h.pinned, h.version = []string{p.path}, nil, p.version
			parts = append(parts, h)
		}
	}
	var all []holding
	for _, o := range s.openings(l, shown.Library) {
		for _, part := range parts {
			part.from, part.until = o.from, o.until
			all = append(all, part)
		}
	}
	return all
}

// openings are the times from now on in which a link opens, as the gateway judges it. Its sponsor is
// asked about at every instant at which their right may come or go.
func (s *side) openings(l *v1alpha1.PublicLink, library string) []opening {
	facts := s.facts(l, library)
	at := []time.Time{s.now}
	later := func(t time.Time) {
		if t.After(s.now) {
			at = append(at, t)
		}
	}
	if l.Spec.NotBefore != nil {
		later(l.Spec.NotBefore.Time)
	}
	later(link.Evaluate(facts, s.now).ExpiresAt)
	if l.Spec.Sponsor != nil {
		for _, t := range s.daysOf(*l.Spec.Sponsor) {
			later(t)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	at = slices.CompactFunc(at, time.Time.Equal)
	var all []opening
	for i, t := range at {
		facts.Sponsored = l.Spec.Sponsor != nil && s.sponsors.Sponsors(*l.Spec.Sponsor, l.Spec.Target, t)
		if !link.Evaluate(facts, t).Open() {
			continue
		}
		var o opening
		if i > 0 {
			o.from = &at[i]
		}
		if i+1 < len(at) {
			o.until = &at[i+1]
		}
		if n := len(all) - 1; n >= 0 && all[n].until.Equal(t) {
			all[n].until = o.until
			continue
		}
		all = append(all, o)
	}
	return all
}

// daysOf are the instants at which the rights of a sponsor begin or end: those of the bindings that name them, or
// one of a User's groups.
func (s *side) daysOf(sponsor v1alpha1.LinkSponsor) []time.Time {
	if days, known := s.sponsorDays[sponsor]; known {
		return days
	}
	names := func(subject v1alpha1.Subject) bool {
		return subject == v1alpha1.Subject(sponsor) || sponsor.Kind == v1alpha1.SubjectUser &&
			subject.Kind == v1alpha1.SubjectUserGroup && slices.Contains(s.sponsors.GroupMembers(subject.Name), sponsor.Name)
	}
	days := []time.Time{}
	for i := range s.tenant.Declared.RoleBindings {
		spec := &s.tenant.Declared.RoleBindings[i].Spec
		if !slices.ContainsFunc(spec.Subjects, names) {
			continue
		}
		if spec.NotBefore != nil {
			days = append(days, spec.NotBefore.Time)
		}
		if spec.NotAfter != nil {
			days = append(days, spec.NotAfter.Time)
		}
	}
	s.sponsorDays[sponsor] = days
	return days
}

// facts are what decides whether a link opens, but for its sponsor. Its first day is the same on both
// sides, or now where neither knows it.
func (s *side) facts(l *v1alpha1.PublicLink, library string) link.Facts {
	f := link.Facts{Spec: l.Spec, FirstSeen: s.now, Frozen: v1alpha1.FreezeReason(l) != "", Available: true}
	if day, known := s.firstSeen[l.Name]; known {
		f.FirstSeen = day
	}
	for i := range s.tenant.Declared.Libraries {
		if o := &s.tenant.Declared.Libraries[i]; o.Name == library {
			f.Defaults = o.Spec.Links
		}
	}
	return f
}

// firstDays are the first days of links, as far as a cluster tells them. What a file says of them is not believed: the API
// server takes no status from whoever applies it.
func firstDays(states ...review.Tenant) map[string]time.Time {
	days := map[string]time.Time{}
	for _, t := range states {
		if t.AgesUnknown {
			continue
		}
		for i := range t.Links {
			if day := t.Links[i].Status.FirstSeen; day != nil {
				days[t.Links[i].Name] = day.Time
			}
		}
	}
	return days
}
