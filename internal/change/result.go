package change

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
)

// Outcome is what became of a change.
type Outcome string

// The outcomes.
const (
	// Done: it is so now.
	Done Outcome = "Done"
	// Accepted: it goes on, as moves do.
	Accepted Outcome = "Accepted"
	// Unchanged: it was so already.
	Unchanged Outcome = "Unchanged"
	// Refused: nothing was done.
	Refused Outcome = "Refused"
)

// WholeRecord is the Index of an answer that is about no single change.
const WholeRecord = -1

// KeepResults is how long answers stay.
const KeepResults = 30 * 24 * time.Hour

// MaxResultBytes bounds what is read and written of an answer: the paths of a record and MaxChanges messages, of which JSON may take six
// bytes for one.
const MaxResultBytes = 6 * (MaxRecordBytes + MaxChanges*maxMessage)

// Result is the answer to a record: results/<user>/<id>.json.
type Result struct {
	V int `json:"v"`
	// Record is the Digest of the record that is answered.
	Record string    `json:"record"`
	At     time.Time `json:"at"`
	// Answers are one for each change, in order; or one for the whole record.
	Answers []Answer `json:"answers"`
}

// Answer tells what became of one change.
type Answer struct {
	// Index of the change in its record, from 0; WholeRecord when it is about all of them.
	Index      int     `json:"index"`
	Path       string  `json:"path,omitempty"`
	Restricted string  `json:"restricted,omitempty"`
	Outcome    Outcome `json:"outcome"`
	// Reason and Message of what was refused.
	Reason  Reason `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// NewAnswer tells what Decide made of a change, once its effect is written.
func NewAnswer(index int, c Change, e Effect, refused *Refusal) Answer {
	answer := Answer{Index: index, Path: c.Path, Restricted: c.Restricted, Outcome: Done}
	switch {
	case refused != nil:
		answer.Outcome, answer.Reason, answer.Message = Refused, refused.Reason, refused.Message
	case e.Unchanged && !e.Applied:
		answer.Outcome = Unchanged
	case e.Move != nil:
		answer.Outcome = Accepted
	}
	return answer
}

// Whole refuses a record as a whole.
func Whole(refused *Refusal) Answer {
	return Answer{Index: WholeRecord, Outcome: Refused, Reason: refused.Reason, Message: refused.Message}
}

// Encode gives the answer as JSON; ErrResult when it is too large to be read again, as none is that a record can have.
func (r Result) Encode() ([]byte, error) {
	r.V = Version
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer to a change record: %w", err)
	}
	if len(data) > MaxResultBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrResult, len(data), MaxResultBytes)
	}
	return data, nil
}

// ErrResult is what every error of DecodeResult is.
var ErrResult = errors.New("not an answer to a change record")

// DecodeResult reads what Encode wrote, or anything else: whoever asks may write where their answers are. Unknown fields are let through: a
// newer manager may add some.
func DecodeResult(data []byte) (Result, error) {
	if len(data) > MaxResultBytes {
		return Result{}, fmt.Errorf("%w: %d bytes, at most %d", ErrResult, len(data), MaxResultBytes)
	}
	var r struct {
		Result
		Answers bounded `json:"answers"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&r); err != nil {
		return Result{}, fmt.Errorf("%w: %s", ErrResult, oneLine(err.Error(), maxMessage))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Result{}, fmt.Errorf("%w: something follows the object", ErrResult)
	}
	if r.V != Version || len(r.Record) != len(Digest(nil)) || len(r.Answers) == 0 {
		return Result{}, fmt.Errorf("%w: version %d of %.70q", ErrResult, r.V, r.Record)
	}
	r.Result.Answers = r.Answers
	return r.Result, nil
}

// bounded are the answers to at most MaxChanges changes: of three bytes of JSON comes an Answer of thirty times as many.
type bounded []Answer

// UnmarshalJSON stops at the first answer too many.
func (b *bounded) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if begins, err := decoder.Token(); err != nil || begins != json.Delim('[') {
		return errors.New("answers are a list")
	}
	for decoder.More() {
		var a Answer
		if err := decoder.Decode(&a); err != nil {
			return err //nolint:wrapcheck // the caller says of what
		}
		if *b = append(*b, a); len(*b) > MaxChanges {
			return fmt.Errorf("there are more than %d answers", MaxChanges)
		}
	}
	return nil
}

// MayBeResult tells whether an object below asset.ResultsRoot is called like an answer and no larger than one.
func MayBeResult(object string, size int64) bool {
	name, ok := strings.CutPrefix(object, asset.ResultsRoot)
	_, _, called := ParseObject(asset.ChangesRoot + name)
	return ok && called && size <= MaxResultBytes
}

// Replay refuses a record whose id has an answer already; nil for none. The answer may be one that whoever asks has written, so it is no
// proof that anything was done: that is in the trail.
func Replay(answered *Result, digest string) *Refusal {
	switch {
	case answered == nil:
		return nil
	case answered.Record == digest:
		return refuse(Replayed, "this record was answered; put it under a new id to have it done again")
	}
	return refuse(Replayed, "this id was used for another record; put the record again under a new id")
}
