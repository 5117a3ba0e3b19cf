package change

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
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

// maxResultBytes bounds what is read of an answer: the paths of a record and MaxChanges messages, of which JSON may take six
// bytes for one.
const maxResultBytes = 6 * (MaxRecordBytes + MaxChanges*maxMessage)

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

// Encode gives the answer as JSON.
func (r Result) Encode() ([]byte, error) {
	r.V = Version
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer to a change record: %w", err)
	}
	return data, nil
}

// ErrResult is what every error of DecodeResult is.
var ErrResult = errors.New("not an answer to a change record")

// DecodeResult reads what Encode wrote. Unknown fields are let through: a newer manager may add some.
func DecodeResult(data []byte) (Result, error) {
	if len(data) > maxResultBytes {
		return Result{}, fmt.Errorf("%w: %d bytes, at most %d", ErrResult, len(data), maxResultBytes)
	}
	var r Result
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
	return r, nil
}

// Replay compares a record with the answer that its id has already; nil for none. Repeated means that it was answered, and
// is only to be taken away.
func Replay(answered *Result, digest string) (repeated bool, refused *Refusal) {
	switch {
	case answered == nil:
		return false, nil
	case answered.Record == digest:
		return true, nil
	}
	return false, refuse(Replayed, "this id was used for another record; put the record again under a new id")
}
