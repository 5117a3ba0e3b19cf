package relocate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
)

// MaxVersions is how many versions of a file are moved at most: a journal names them all, and is written again for every few.
const MaxVersions = 1000

// Step is how far a move is.
type Step string

// The steps. Up to and with Copy nothing is lost but copies when a move is given up; from Describe on it goes through.
const (
	// StepCopy: versions are copied.
	StepCopy Step = "Copy"
	// StepDescribe: what people said of the file is brought along.
	StepDescribe Step = "Describe"
	// StepClear: what hangs on the old place is deleted.
	StepClear Step = "Clear"
	// StepRemove: the versions at the old place are deleted.
	StepRemove Step = "Remove"
	// StepUndo: the copies are deleted; the file stays where it was.
	StepUndo Step = "Undo"
	// StepDone: nothing is left to do. Outcome and Refusal say what came of it.
	StepDone Step = "Done"
)

var steps = []Step{StepCopy, StepDescribe, StepClear, StepRemove, StepUndo, StepDone}

// Version is one version of the file on its way.
type Version struct {
	// From is its id at the old place, To that of its copy at the new one; To is empty until it was copied.
	From string `json:"from"`
	To   string `json:"to,omitempty"`
	Size int64  `json:"size"`
	// Modified is when it came, as the old place told.
	Modified time.Time `json:"modified,omitzero"`
	// Gone: somebody deleted it before it was copied.
	Gone bool `json:"gone,omitempty"`
}

// Journal is a move under way, or done: moves/<ID>.json in Vitrine's bucket.
type Journal struct {
	V int `json:"v"`
	// ID names the file that moves: there is one journal for it at a time.
	ID string `json:"id"`
	// Token is in the mark of every copy.
	Token  string    `json:"token"`
	From   Place     `json:"from"`
	To     Place     `json:"to"`
	By     string    `json:"by,omitempty"`
	Record string    `json:"record,omitempty"`
	At     time.Time `json:"at"`
	Step   Step      `json:"step"`
	// Versions from the oldest to the newest. Those that come while the move is under way are added at the end.
	Versions []Version `json:"versions"`
	// Before are the versions that the new place had, those of a file that was deleted.
	Before []string `json:"before,omitempty"`
	// Rounds is how often versions were added.
	Rounds int `json:"rounds,omitempty"`
	// Described: what people said of the file has been brought along; the move cannot be given up any more.
	Described bool `json:"described,omitempty"`
	// Deleted: the file was deleted at the old place while it moved. It is at the new one all the same.
	Deleted bool `json:"deleted,omitempty"`
	// Left are versions that stay at the old place: those that came when the bound of rounds was reached or that the store does not copy,
	// those that the store began to keep when others were gone already, and those whose copies somebody deleted.
	Left []string `json:"left,omitempty"`
	// Refusal says why the file stayed where it was; nil when it moved.
	Refusal *Refusal `json:"refusal,omitempty"`

	etag string
}

// journalVersion is the version of the format.
const journalVersion = 1

// errJournal: an object below moves/ is none that the manager would write.
var errJournal = errors.New("not the journal of a move")

// newJournal begins one. The token differs from that of any other move of the file.
func newJournal(m Move, now time.Time) Journal {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s", asset.ID(m.From.Key), m.Record, now.UTC().Format(time.RFC3339Nano)))
	return Journal{
		V: journalVersion, ID: asset.ID(m.From.Key), Token: hex.EncodeToString(sum[:8]), From: m.From, To: m.To,
		By: m.By, Record: m.Record, At: now.UTC(), Step: StepCopy,
	}
}

// journalObject is where a journal is, in Vitrine's bucket.
func journalObject(id string) string { return asset.MovesRoot + id + ".json" }

func (j Journal) encode() ([]byte, error) {
	data, err := json.Marshal(j)
	if err != nil {
		return nil, fmt.Errorf("encoding the journal of a move: %w", err)
	}
	return data, nil
}

func decodeJournal(library, object string, data []byte) (Journal, error) {
	var j Journal
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&j); err != nil {
		return j, fmt.Errorf("%w: %w", errJournal, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return j, fmt.Errorf("%w: something follows the object", errJournal)
	}
	switch {
	case j.V != journalVersion:
		return j, fmt.Errorf("%w: version %d is unknown", errJournal, j.V)
	case j.From.Key.Library != library || journalObject(j.ID) != object || j.ID != asset.ID(j.From.Key) || j.Token == "":
		return j, fmt.Errorf("%w: it is of another file", errJournal)
	case !slices.Contains(steps, j.Step): // it would pass for one that is done
		return j, fmt.Errorf("%w: step %.20q is unknown", errJournal, string(j.Step))
	case (j.Step == StepClear || j.Step == StepRemove) && !j.Described: // what is deleted then has to be at the new place
		return j, fmt.Errorf("%w: nothing was described before step %s", errJournal, j.Step)
	case !j.soundVersions():
		return j, fmt.Errorf("%w: its versions are not such as a store has", errJournal)
	}
	if refusal := (Move{From: j.From, To: j.To}).validate(); refusal != nil {
		return j, fmt.Errorf("%w: %w", errJournal, refusal)
	}
	return j, nil
}

// soundVersions tells whether every version has an id of its own, and a size.
func (j Journal) soundVersions() bool {
	known := make(map[string]bool, len(j.Versions))
	for _, v := range j.Versions {
		if v.From == "" || v.Size < 0 || known[v.From] {
			return false
		}
		known[v.From] = true
	}
	return true
}

// Names tells whether the move is of a key, or to it.
func (j Journal) Names(k access.Key) bool { return j.From.Key == k || j.To.Key == k }

// Progress tells how much of a move has been copied.
type Progress struct {
	Versions, OfVersions int
	Bytes, OfBytes       int64
}

// Progress of the move.
func (j Journal) Progress() Progress {
	var p Progress
	for _, v := range j.Versions {
		if v.Gone || v.To == "" && slices.Contains(j.Left, v.From) {
			continue
		}
		p.OfVersions, p.OfBytes = p.OfVersions+1, p.OfBytes+v.Size
		if v.To != "" {
			p.Versions, p.Bytes = p.Versions+1, p.Bytes+v.Size
		}
	}
	return p
}

// The user metadata that a copy gets.
const (
	// markName names the move and the version within it.
	markName = "vitrine-moved"
	// modifiedName is when the content first came.
	modifiedName = "vitrine-modified"
	// noteBytes is what both take at most: 13 and 16 of their names, 16 of the token, 5 of a number, 20 of a time.
	noteBytes = 72
	// maxUserMetadata is how many bytes of names and values S3 lets an object have.
	maxUserMetadata = 2048
)

// mark is what the copy of a version bears.
func (j Journal) mark(index int) string { return j.Token + "." + strconv.Itoa(index) }

// marked tells which version something that bears this mark is a copy of.
func (j Journal) marked(mark string) (index int, ok bool) {
	text, ok := strings.CutPrefix(mark, j.Token+".")
	if !ok {
		return 0, false
	}
	index, err := strconv.Atoi(text)
	return index, err == nil && index >= 0 && index < len(j.Versions)
}
