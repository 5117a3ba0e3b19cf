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
	// State of a file that nobody gave one, and Source the path of the Folder that says so; empty for the root, or when none does.
	State  v1alpha1.AssetState
	Source string
	// Folder is the path of the nearest Folder that somebody declared above the file, where that matters to who asks; else empty.
	Folder string
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
		if sum.State == "" && said.State != "" {
			sum.State, sum.Source = v1alpha1.AssetState(said.State), at
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

// course is how a file's state goes as time passes: its state until begins, if that is a time, then published; archived from ends.
type course struct {
	state        v1alpha1.AssetState
	begins, ends time.Time
}

func courseOf(record *StateRecord, l Lifecycle, modified time.Time) course {
	var decided StateRecord
	if record != nil {
		decided = *record
	}
	c := course{state: decided.State, begins: decided.PublishAt, ends: earliest(decided.Sunset, l.Sunset)}
	if l.ArchiveAfter > 0 && !modified.IsZero() {
		c.ends = earliest(c.ends, modified.Add(l.ArchiveAfter))
	}
	if c.state == "" {
		c.state = l.State
		if c.state == "" {
			c.state = v1alpha1.StatePublished
		}
		if c.begins.IsZero() {
			c.begins = l.PublishAt
		}
	}
	if c.state != v1alpha1.StateDraft {
		c.begins = time.Time{}
	}
	return c
}

// StateOf tells which state a file is in at an instant, and when the clock alone changes that; zero for never. Record is what was
// decided of it, nil for nothing; modified is when its content last changed.
func StateOf(record *StateRecord, l Lifecycle, modified, now time.Time) (state v1alpha1.AssetState, next time.Time) {
	c := courseOf(record, l, modified)
	switch {
	case c.state == v1alpha1.StateArchived || !c.ends.IsZero() && !now.Before(c.ends):
		return v1alpha1.StateArchived, time.Time{}
	case c.begins.IsZero():
		return c.state, c.ends
	case now.Before(c.begins):
		return c.state, earliest(c.begins, c.ends)
	}
	return v1alpha1.StatePublished, c.ends
}

// Window tells when links show a file, by its state alone: from an instant, until another; zero for ever. With drafts, links show
// drafts too. False when it never is shown, unless somebody decides otherwise.
func Window(record *StateRecord, l Lifecycle, modified time.Time, drafts bool) (from, until time.Time, shown bool) {
	c := courseOf(record, l, modified)
	if c.state == v1alpha1.StateDraft && !drafts {
		from = c.begins
		if from.IsZero() {
			return time.Time{}, time.Time{}, false
		}
	}
	if c.state == v1alpha1.StateArchived || !c.ends.IsZero() && !from.Before(c.ends) {
		return time.Time{}, time.Time{}, false
	}
	return from, c.ends, true
}

// Carried gives what of a decision goes along when a file gets another name, given what the Folders above it said there and say here: all of it
// where the nearest Folder is the same, and so is the one that says which state files have that nobody gave one: whoever publishes there publishes here. Elsewhere the
// decision must not show the file to anybody who would not see it without: then only its sunset goes along, and nil stands for nothing.
func (r *StateRecord) Carried(there, here Lifecycle) *StateRecord {
	same := there.Folder == here.Folder && there.Source == here.Source && there.PublishAt.Equal(here.PublishAt)
	if r == nil || same || !r.widens(here, false) && !r.widens(here, true) {
		return r
	}
	if r.Sunset.IsZero() {
		return nil
	}
	return &StateRecord{V: r.V, Sunset: r.Sunset, Signature: r.Signature}
}

// widens tells whether links show a file sooner by a decision than without it, or only by it.
func (r *StateRecord) widens(l Lifecycle, drafts bool) bool {
	from, _, shown := Window(r, l, time.Time{}, drafts)
	otherwise, _, anyhow := Window(nil, l, time.Time{}, drafts)
	return shown && (!anyhow || from.Before(otherwise))
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
