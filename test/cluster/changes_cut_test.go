package cluster

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// A record that was being done when the manager died is done, whatever its author puts where the answer is to be meanwhile, and the trail
// says so. What could not be done whole is noted as far as it was.
//
// features: D10, P5
func TestNobodyForgesTheEndOfARecordThatWasCut(t *testing.T) {
	onEachStore(t, "cutoff", func(w *world) {
		alice, _, _ := w.opensStudio()
		bucket := w.name + "-brand-dam"
		w.stopManager()
		object := asset.ChangeObject("alice", "cut")
		record := `{"v":1,"changes":[{"path":"launch/a.txt","describe":{"set":{"title":["A"]}}},{"path":"launch/raw/b.txt","describe":{"set":{"title":["B"]}}}]}`
		w.must(put(w.ctx, alice, bucket, object, record))
		line := func() (change.Audit, error) {
			trail, err := list(w.ctx, w.root(), bucket, change.AuditRoot)
			if err != nil {
				return change.Audit{}, err
			}
			for _, object := range trail {
				if strings.Contains(object, "/alice/cut-") {
					data, err := fetch(w.ctx, w.root(), bucket, object)
					if err != nil {
						return change.Audit{}, err
					}
					return change.DecodeAudit([]byte(data))
				}
			}
			return change.Audit{}, errors.New("the trail has no such line")
		}

		// One of the two files cannot be written: what was done of the record is in the trail.
		w.startManager(func(c store.Call) error {
			if c.Mutates && strings.HasSuffix(c.Resource, asset.MetaObject(keyOf("launch/raw/b.txt"))) {
				time.Sleep(500 * time.Millisecond) // a failure cuts off what is done beside it
				return errFailing
			}
			return nil
		})
		w.eventually("one half is noted", 30*time.Second, func() error {
			now, err := line()
			if err == nil && (!now.Unfinished || len(now.Answers) != 1 || now.Answers[0].Path != "launch/a.txt" || now.Answers[0].Outcome != change.Done || len(now.Changes) != 2) {
				err = fmt.Errorf("the line is %+v", now)
			}
			return err
		})
		w.stopManager()

		// Done, and dead before that is noted: only that it was begun is.
		var noted atomic.Int64
		w.startManager(func(c store.Call) error {
			if c.Mutates && strings.Contains(c.Resource, "/"+change.AuditRoot) && noted.Add(1) > 1 {
				return errDead
			}
			return nil
		})
		w.eventually("the other half is done", 30*time.Second, func() error {
			return reads(w, w.root(), bucket, asset.MetaObject(keyOf("launch/raw/b.txt")))
		})
		w.stopManager()
		forged, err := change.Result{Record: change.Digest([]byte(record)), At: time.Now(), Answers: []change.Answer{{Outcome: change.Refused, Reason: change.NotAllowed}}}.Encode()
		w.must(err)
		w.must(put(w.ctx, alice, bucket, asset.ResultObject("alice", "cut"), string(forged)))

		w.startManager(nil)
		w.eventually("the trail says that it was done", 30*time.Second, func() error {
			now, err := line()
			if err == nil && (now.Unfinished || !now.Again || len(now.Answers) != 2 || now.Answers[0].Outcome != change.Done || now.Answers[1].Outcome != change.Done) {
				err = fmt.Errorf("the line is %+v", now)
			}
			return err
		})
		w.eventually("and so does the answer", 30*time.Second, func() error {
			data, err := fetch(w.ctx, alice, bucket, asset.ResultObject("alice", "cut"))
			if err == nil && !strings.Contains(data, `"Done"`) {
				err = errors.New(data)
			}
			return err
		})
		w.done(alice, "alice", "next", a("launch/a.txt", "describe", map[string]any{"set": map[string]any{"title": []string{"next"}}}))
	})
}

// What cannot be an answer is removed in parts, however much there is of it.
func TestAllThatIsNoAnswerIsRemoved(t *testing.T) {
	w := newWorld(t, "junk")
	alice, _, _ := w.opensStudio()
	bucket := w.name + "-brand-dam"
	w.stopManager()
	const many = 620 // more than one pass removes
	for i := range many {
		w.must(put(w.ctx, alice, bucket, fmt.Sprintf("%salice/%d.txt", asset.ResultsRoot, i), "x"))
	}
	w.startManager(nil)
	w.eventually("all of it is gone", 90*time.Second, func() error {
		left, err := list(w.ctx, w.root(), bucket, asset.ResultsRoot)
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("%d are left", len(left))
		}
		return err
	})
}
