// Package outbox puts change records where the manager finds them, and waits for its answers.
package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Objects is what is needed of a store.
type Objects interface {
	GetObject(ctx context.Context, bucket, key string) (data []byte, etag string, err error)
	PutObject(ctx context.Context, bucket, key string, data []byte, contentType string, cond store.Condition) (etag string, err error)
}

// Outbox is the place where one author puts change records for one Library.
type Outbox struct {
	Objects Objects
	// Bucket is Vitrine's own beside the Library's.
	Bucket string
	// Folder is the User's name, or change.PlatformFolder.
	Folder string
	// Author is who of the platform team asks; empty for a User.
	Author string
}

// Sent is a record that was put.
type Sent struct {
	ID string
	// Digest of the record.
	Digest string
	// Changes are what it asks for.
	Changes []change.Change
}

// Errors of Put and Await, to be compared with errors.Is.
var (
	// ErrNoAnswer: none came in time. What was asked for may still be done.
	ErrNoAnswer = errors.New("no answer yet")
	// ErrOther: the id was used for another record, so that the answer is not to this one.
	ErrOther = errors.New("the answer is to another record")
)

// RefusedError says that a record is none, before it was put.
type RefusedError struct{ change.Refusal }

// Error is what the manager would say of it.
func (e *RefusedError) Error() string { return e.Message }

// Refused tells what the manager would say of a change by itself, whatever file it is about; nil for nothing.
func Refused(c change.Change) *change.Refusal {
	_, refused := change.Record{Changes: []change.Change{c}}.Encode()
	return refused
}

// NewID gives a record a name of its own. Names sort by when they were given, in seconds.
func NewID(now time.Time) string { return now.UTC().Format("20060102T150405Z") + "-" + rand.Text() }

// Put puts a record. The changes are at most what Batches puts together. A write whose answer was lost is looked after: the record
// is there once.
func (o Outbox) Put(ctx context.Context, id string, changes []change.Change) (Sent, error) {
	data, refused := change.Record{Author: o.Author, Changes: changes}.Encode()
	if refused != nil {
		return Sent{}, &RefusedError{*refused}
	}
	sent := Sent{ID: id, Digest: change.Digest(data), Changes: changes}
	object := asset.ChangeObject(o.Folder, id)
	_, err := o.Objects.PutObject(ctx, o.Bucket, object, data, "application/json", store.IfAbsent())
	if errors.Is(err, store.ErrUnreachable) && ctx.Err() == nil {
		_, err = o.Objects.PutObject(ctx, o.Bucket, object, data, "application/json", store.IfAbsent())
		if errors.Is(err, store.ErrPreconditionFailed) { // the first was written: nobody else knows the id
			err = nil
		}
	}
	if err != nil {
		return Sent{}, fmt.Errorf("putting a change record: %w", err)
	}
	return sent, nil
}

// How often an answer is looked for: soon at first, since the manager looks for records every two seconds.
const (
	firstLook = 250 * time.Millisecond
	lastLook  = 2 * time.Second
)

// Await waits for the answer to a record, for as long as patience. A store that hides what is not there from who may not list
// says that reading is denied: that is waited after, too, and told in the end.
func (o Outbox) Await(ctx context.Context, sent Sent, patience time.Duration) (change.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrNoAnswer)
	defer cancel()
	for look := firstLook; ; look = min(2*look, lastLook) {
		result, err := o.Answer(ctx, sent.ID)
		switch {
		case err == nil && result.Record != sent.Digest:
			return change.Result{}, fmt.Errorf("record %s: %w", sent.ID, ErrOther)
		case err == nil:
			return result, nil
		case !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrDenied) && !errors.Is(err, store.ErrUnreachable):
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return change.Result{}, fmt.Errorf("waiting for the answer to record %s: %w", sent.ID, err)
		}
		timer := time.NewTimer(look)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			if cause := context.Cause(ctx); !errors.Is(cause, ErrNoAnswer) {
				return change.Result{}, fmt.Errorf("waiting for the answer to record %s: %w", sent.ID, cause)
			}
			return change.Result{}, fmt.Errorf("record %s: %w: %w", sent.ID, ErrNoAnswer, err)
		}
	}
}

// Answer reads the answer to a record; store.ErrNotFound when there is none.
func (o Outbox) Answer(ctx context.Context, id string) (change.Result, error) {
	data, _, err := o.Objects.GetObject(ctx, o.Bucket, asset.ResultObject(o.Folder, id))
	if err != nil {
		return change.Result{}, err
	}
	return change.DecodeResult(data)
}

// slack is what a record has beside its changes, generously.
const slack = 4 << 10

// Batches parts changes into records, in order: as many in each as a record takes.
func Batches(changes []change.Change) ([][]change.Change, error) {
	var all [][]change.Change
	size := 0
	for i, c := range changes {
		data, refused := change.Record{Changes: changes[i : i+1]}.Encode()
		if refused != nil {
			return nil, &RefusedError{*refused}
		}
		last := len(all) - 1
		if last < 0 || len(all[last]) == change.MaxChanges || size+len(data) > change.MaxRecordBytes-slack {
			all, size, last = append(all, nil), 0, last+1
		}
		all[last] = append(all[last], c)
		size += len(data)
	}
	return all, nil
}
