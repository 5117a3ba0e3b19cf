package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// flaky is a store whose answers are lost, which no real one can be made to do.
type flaky struct {
	objects map[string][]byte
	// lost are how many answers to writes are lost, before the object is there or after; reads answer with denied while it is set.
	lost   int
	before bool
	denied bool
	reads  int
}

func (f *flaky) GetObject(ctx context.Context, _, key string) ([]byte, string, error) {
	f.reads++
	if err := ctx.Err(); err != nil {
		return nil, "", fmt.Errorf("%w: %w", store.ErrUnreachable, err)
	}
	if f.denied {
		return nil, "", store.ErrDenied
	}
	data, ok := f.objects[key]
	if !ok {
		return nil, "", store.ErrNotFound
	}
	return data, "etag", nil
}

func (f *flaky) PutObject(_ context.Context, _, key string, data []byte, _ string, cond store.Condition) (string, error) {
	lost := f.lost > 0
	f.lost--
	if lost && f.before {
		return "", store.ErrUnreachable
	}
	if _, there := f.objects[key]; there && cond == store.IfAbsent() {
		return "", store.ErrPreconditionFailed
	}
	f.objects[key] = data
	if lost {
		return "", store.ErrUnreachable
	}
	return "etag", nil
}

func described(path string) change.Change {
	return change.Change{Path: path, Describe: &change.Describe{Set: map[string][]string{"title": {"Hero"}}}}
}

// A write whose answer is lost is made good once, and the record is there once.
func TestALostAnswerToAWrite(t *testing.T) {
	for _, before := range []bool{true, false} {
		f := &flaky{objects: map[string][]byte{}, lost: 1, before: before}
		box := Outbox{Objects: f, Bucket: "acme-brand-dam", Folder: "alice"}
		sent, err := box.Put(t.Context(), "r1", []change.Change{described("a.jpg")})
		if data := f.objects["changes/alice/r1.json"]; err != nil || len(f.objects) != 1 || change.Digest(data) != sent.Digest {
			t.Errorf("lost before it was written: %v; %v, %d objects", before, err, len(f.objects))
		}
	}
	f := &flaky{objects: map[string][]byte{}, lost: 2, before: true}
	if _, err := (Outbox{Objects: f, Folder: "alice"}).Put(t.Context(), "r1", []change.Change{described("a.jpg")}); !errors.Is(err, store.ErrUnreachable) {
		t.Errorf("a store that does not answer: %v", err)
	}
	taken := &flaky{objects: map[string][]byte{"changes/alice/r1.json": []byte("another")}}
	if _, err := (Outbox{Objects: taken, Folder: "alice"}).Put(t.Context(), "r1", []change.Change{described("a.jpg")}); !errors.Is(err, store.ErrPreconditionFailed) {
		t.Errorf("an id that was taken: %v", err)
	}
}

// An answer is waited for however a store says that it is not there, and no longer than patience.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{objects: map[string][]byte{}, denied: true}
		box := Outbox{Objects: f, Folder: "alice"}
		sent := Sent{ID: "r1", Digest: change.Digest([]byte("mine"))}
		begun := time.Now()
		_, err := box.Await(t.Context(), sent, time.Minute)
		if !errors.Is(err, ErrNoAnswer) || !errors.Is(err, store.ErrDenied) || time.Since(begun) != time.Minute || f.reads > 60 {
			t.Errorf("%v after %s and %d looks", err, time.Since(begun), f.reads)
		}
		answer := func(to string) {
			data, err := change.Result{Record: change.Digest([]byte(to)), Answers: []change.Answer{{Path: "a.jpg", Outcome: change.Done}}}.Encode()
			if err != nil {
				t.Error(err)
			}
			f.denied, f.objects[asset.ResultObject("alice", "r1")] = false, data
		}
		time.AfterFunc(10*time.Second, func() { answer("mine") })
		f.denied, begun = false, time.Now()
		if got, err := box.Await(t.Context(), sent, time.Minute); err != nil || len(got.Answers) != 1 || time.Since(begun) > 12*time.Second {
			t.Errorf("%v, %+v after %s", err, got, time.Since(begun))
		}
		answer("other")
		if _, err := box.Await(t.Context(), sent, time.Minute); !errors.Is(err, ErrOther) {
			t.Errorf("the answer to another record: %v", err)
		}
		delete(f.objects, asset.ResultObject("alice", "r1"))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := box.Await(ctx, sent, time.Minute); !errors.Is(err, context.Canceled) || errors.Is(err, ErrNoAnswer) {
			t.Errorf("somebody who waits no more: %v", err)
		}
	})
}

// Every batch is a record that is taken, none could be with the next one, and nothing is lost or turned around.
func TestBatches(t *testing.T) {
	var changes []change.Change
	for i := range 1234 {
		c := described(fmt.Sprintf("%d.jpg", i))
		if i < 300 {
			c.Describe.Set["description"] = []string{strings.Repeat("ü", 3<<10)}
		}
		changes = append(changes, c)
	}
	batches, err := Batches(changes)
	if err != nil || len(batches) != 4 {
		t.Fatalf("%v, %d batches", err, len(batches))
	}
	next := 0
	for _, b := range batches {
		if _, refused := (change.Record{Author: strings.Repeat("a", 500), Changes: b}).Encode(); refused != nil {
			t.Errorf("a record of %d: %s", len(b), refused.Message)
		}
		for _, c := range b {
			if c.Path != fmt.Sprintf("%d.jpg", next) {
				t.Fatalf("%s is in the place of %d", c.Path, next)
			}
			next++
		}
	}
	if next != len(changes) {
		t.Errorf("%d of %d", next, len(changes))
	}
	var refused *RefusedError
	if _, err := Batches([]change.Change{{Path: "a.jpg"}}); !errors.As(err, &refused) || refused.Reason != change.Malformed {
		t.Errorf("a change that is none: %v", err)
	}
}

func TestIDsAreTaken(t *testing.T) {
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	if a, b := NewID(now), NewID(now); a == b || !change.ValidID(a) || !strings.HasPrefix(a, "20270301T120000Z-") {
		t.Errorf("%s, %s", a, b)
	}
}
