package change

import (
	"fmt"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// State changes some of what was decided of a file's state. What it does not name stays.
type State struct {
	// State that the file is to have from now on.
	State v1alpha1.AssetState `json:"state,omitempty"`
	// PublishAt is when a draft becomes published.
	PublishAt *time.Time `json:"publishAt,omitempty"`
	// Sunset is when the file is archived, whatever its state.
	Sunset *time.Time `json:"sunset,omitempty"`
	// Clear takes state, publishAt or sunset away, so that what the Folders above say counts.
	Clear []string `json:"clear,omitempty"`
}

func (s *State) check() string {
	if s.State == "" && s.PublishAt == nil && s.Sunset == nil && len(s.Clear) == 0 {
		return "state says nothing; use state, publishAt, sunset or clear"
	}
	if s.State != "" && !validState(s.State) {
		return fmt.Sprintf("there is no state %s; write Draft, Published or Archived", quote(string(s.State)))
	}
	said := map[string]bool{"state": s.State != "", "publishAt": s.PublishAt != nil, "sunset": s.Sunset != nil}
	for i, name := range s.Clear {
		also, known := said[name]
		switch {
		case !known:
			return fmt.Sprintf("clear does not take %s; it takes state, publishAt and sunset", quote(name))
		case also || slices.Contains(s.Clear[:i], name):
			return name + " is cleared, and named once more; say one thing of it"
		}
	}
	for _, t := range []*time.Time{s.PublishAt, s.Sunset} {
		if t != nil && (t.Before(firstInstant) || t.After(lastInstant)) {
			return "there is no such time; write one like 2027-03-31T00:00:00Z, of the years 1970 to 9999"
		}
	}
	if s.PublishAt != nil && s.Sunset != nil && !s.PublishAt.Before(*s.Sunset) {
		return "publishAt is not before sunset; move one of the two"
	}
	return ""
}

func (s *State) decide(a Asset, signature asset.Signature) (Effect, *Refusal) {
	before := asset.StateRecord{}
	if a.State != nil {
		before = *a.State
	}
	after := s.merge(before)
	after.V, after.Signature = asset.DescriptionVersion, signature
	same := before.State == after.State && before.PublishAt.Equal(after.PublishAt) && before.Sunset.Equal(after.Sunset)
	if same && wrote(before.Signature, signature) {
		return unchanged(before.Signature, signature), nil // asked no more: an instant that it named may have passed since
	}
	if refused := s.holds(after, a, signature.At); refused != nil {
		return Effect{}, refused
	}
	if same {
		return Effect{Unchanged: true}, nil
	}
	return Effect{State: &after}, nil
}

func (s *State) merge(r asset.StateRecord) asset.StateRecord {
	if s.State != "" || slices.Contains(s.Clear, "state") {
		r.State = s.State
	}
	for _, part := range []struct {
		name string
		said *time.Time
		kept *time.Time
	}{{"publishAt", s.PublishAt, &r.PublishAt}, {"sunset", s.Sunset, &r.Sunset}} {
		switch {
		case part.said != nil:
			*part.kept = part.said.UTC()
		case slices.Contains(s.Clear, part.name):
			*part.kept = time.Time{}
		}
	}
	return r
}

// holds refuses what would not come true: whoever makes a file a draft, or has it published later, must not find that visitors see
// it meanwhile, and whoever takes one out of the archive must not find it there again.
func (s *State) holds(after asset.StateRecord, a Asset, now time.Time) *Refusal {
	folders := a.Lifecycle
	if folders.State == "" {
		folders.State = v1alpha1.StatePublished
	}
	state, _ := asset.StateOf(&after, folders, a.Modified, now)
	timed := s.PublishAt != nil || s.Sunset != nil
	switch ended := !after.Sunset.IsZero() && !now.Before(after.Sunset); {
	case timed && !after.PublishAt.IsZero() && !after.Sunset.IsZero() && !after.PublishAt.Before(after.Sunset):
		return refuse(InvalidState, "the file would have publishAt %s and sunset %s; move or clear one, so that publishAt is before sunset",
			after.PublishAt.Format(time.RFC3339), after.Sunset.Format(time.RFC3339))
	case s.PublishAt != nil && after.State != "" && after.State != v1alpha1.StateDraft:
		return refuse(InvalidState, "the file is %s, and publishAt is for drafts; say state: Draft too", after.State)
	case s.waits(now) && state == v1alpha1.StatePublished:
		return refuse(InvalidState, "the file would be published at once, as its Folder says; say state: Draft too, so that it waits for publishAt")
	case (s.waits(now) || s.State != "" && s.State != state) && state == v1alpha1.StateArchived && ended:
		return refuse(InvalidState, "its sunset %s is over, so that it stays archived; move or clear sunset too", after.Sunset.Format(time.RFC3339))
	case (s.waits(now) || s.State != "" && s.State != state) && state == v1alpha1.StateArchived:
		return refuse(InvalidState, "its Folder says that files are archived by now, by sunset or archiveAfter; change that in the Folder, or put the file elsewhere")
	case s.State != "" && s.State != state:
		return refuse(InvalidState, "its publishAt %s is over, so that it would be published at once; move or clear publishAt too, or say state: Published",
			after.PublishAt.Format(time.RFC3339))
	}
	return nil
}

// waits tells whether it asks for publishing at a time to come.
func (s *State) waits(now time.Time) bool { return s.PublishAt != nil && now.Before(*s.PublishAt) }
