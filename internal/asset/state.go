package asset

import (
	"fmt"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// StateRecord is what people decided of a file's state: state/<key>.json. The manager alone writes it.
type StateRecord struct {
	V int `json:"v"`
	// State that somebody gave the file; empty while nobody did.
	State v1alpha1.AssetState `json:"state,omitempty"`
	// PublishAt is when a draft becomes published; zero for never.
	PublishAt time.Time `json:"publishAt,omitzero"`
	// Sunset is when the file is archived whatever its state; zero for never.
	Sunset time.Time `json:"sunset,omitzero"`
	Signature
}

// Encode gives the record as JSON.
func (r StateRecord) Encode() ([]byte, error) {
	r.V = DescriptionVersion
	if err := r.validate(); err != nil {
		return nil, err
	}
	return encodeDescription(r)
}

// DecodeState reads what Encode wrote; ErrDescription when it is something else.
func DecodeState(data []byte) (StateRecord, error) {
	var r StateRecord
	if err := decodeDescription(data, &r); err != nil {
		return StateRecord{}, err
	}
	return r, r.validate()
}

func (r StateRecord) validate() error {
	if r.V != DescriptionVersion {
		return fmt.Errorf("%w: version %d is unknown", ErrDescription, r.V)
	}
	switch r.State {
	case "", v1alpha1.StateDraft, v1alpha1.StatePublished, v1alpha1.StateArchived:
		return nil
	}
	return fmt.Errorf("%w: there is no state %.20q", ErrDescription, string(r.State))
}

// Lifecycle is what the Folders above a file say of it.
type Lifecycle struct {
	// State of a file that nobody gave one.
	State v1alpha1.AssetState
	// PublishAt is when such a file is published; zero for never.
	PublishAt time.Time
	// Sunset is when any file is archived; zero for never.
	Sunset time.Time
	// ArchiveAfter is how long after its last change a file is archived; zero for never.
	ArchiveAfter time.Duration
}

// Lifecycles are what the Folders of one root say: the bucket of originals, or one restricted Folder.
type Lifecycles struct {
	byPath map[string]*v1alpha1.Lifecycle
}

// NewLifecycles makes them of what Folders say, by their paths within the root; "" for the root itself.
func NewLifecycles(byPath map[string]*v1alpha1.Lifecycle) Lifecycles { return Lifecycles{byPath} }

// Of gives what the Folders above a file say, the nearest first; of their sunsets the earliest.
func (l Lifecycles) Of(path string) Lifecycle {
	sum := Lifecycle{}
	for at := path; at != ""; {
		at = above(at)
		said := l.byPath[at]
		if said == nil {
			continue
		}
		if sum.State == "" {
			sum.State = v1alpha1.AssetState(said.State)
		}
		if said.PublishAt != nil && sum.PublishAt.IsZero() {
			sum.PublishAt = said.PublishAt.Time
		}
		if said.Sunset != nil && (sum.Sunset.IsZero() || said.Sunset.Time.Before(sum.Sunset)) {
			sum.Sunset = said.Sunset.Time
		}
		if sum.ArchiveAfter == 0 {
			sum.ArchiveAfter = said.ArchiveAfter.Value()
		}
	}
	if sum.State == "" {
		sum.State = v1alpha1.StatePublished
	}
	return sum
}

// above gives the folder of a path; "" for the root.
func above(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return ""
}

// StateOf tells which state a file is in at an instant, and when the clock alone changes that; zero for never. Record is what was
// decided of it, nil for nothing; modified is when its content last changed.
func StateOf(record *StateRecord, l Lifecycle, modified, now time.Time) (state v1alpha1.AssetState, next time.Time) {
	var decided StateRecord
	if record != nil {
		decided = *record
	}
	ends := earliest(decided.Sunset, l.Sunset)
	if l.ArchiveAfter > 0 && !modified.IsZero() {
		ends = earliest(ends, modified.Add(l.ArchiveAfter))
	}
	if decided.State == v1alpha1.StateArchived || !ends.IsZero() && !now.Before(ends) {
		return v1alpha1.StateArchived, time.Time{}
	}
	state, begins := decided.State, decided.PublishAt
	if state == "" {
		if state = l.State; begins.IsZero() {
			begins = l.PublishAt
		}
	}
	if state != v1alpha1.StateDraft || begins.IsZero() {
		return state, ends
	}
	if now.Before(begins) {
		return v1alpha1.StateDraft, earliest(begins, ends)
	}
	return v1alpha1.StatePublished, ends
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
