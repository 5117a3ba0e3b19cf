package compare

import (
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// facts are what the end of a link hangs on. Its first day is the same on both sides, or now where
// neither knows it.
func (s *side) facts(l *v1alpha1.PublicLink, library string) link.Facts {
	f := link.Facts{Spec: l.Spec, FirstSeen: s.now, Available: true}
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

// linkEnd is when a link ends; nil for never.
func (s *side) linkEnd(l *v1alpha1.PublicLink, library string) *time.Time {
	at := link.Evaluate(s.facts(l, library), s.now).ExpiresAt
	if at.IsZero() {
		return nil
	}
	return &at
}

// firstDays are the first days of links, as far as one of the states knows them: files do not.
func firstDays(states ...[]v1alpha1.PublicLink) map[string]time.Time {
	days := map[string]time.Time{}
	for _, links := range states {
		for i := range links {
			if day := links[i].Status.FirstSeen; day != nil {
				days[links[i].Name] = day.Time
			}
		}
	}
	return days
}
