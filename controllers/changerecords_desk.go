package controllers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// desk does the change records of one Library, by what is declared and known at one moment.
type desk struct {
	*Deps
	connection Connection
	library    *v1alpha1.Library
	tenant     *Tenant
	schema     asset.Schema
	holding    *Holding // nil before the first sweep
	moving     []relocate.Journal

	// asked is when the record came that is done.
	asked time.Time
	// allowance is how many overwritten versions of its author's records may be removed yet in this pass, and unfinished: there are more.
	allowance  *int
	unfinished bool

	mu sync.Mutex // guards all below, and moving while a record is done
	// said is what was written of files, to be told.
	said map[access.Key]Said
	// refocused: pictures have to be made anew.
	refocused bool
}

// request is a change record that waits.
type request struct {
	object string // its key in Vitrine's bucket
	folder string // whose place it is in
	id     string // empty when it has none that is valid
	size   int64
	at     time.Time // when it came, by the store's clock
}

// serve does one record: note in the audit trail that it is begun, apply, note what came of it, answer, remove; in this order, so that one that
// is cut is done again from the start, which changes nothing that was done and notes it in the same place.
func (d *desk) serve(ctx context.Context, r request) error {
	data, refused, err := d.read(ctx, r)
	if err != nil || data == nil && refused == nil {
		return err // or somebody took it back
	}
	result := change.Result{Record: change.Digest(data), At: d.Clock.Now().UTC()}
	line := change.Audit{At: r.at, Library: d.library.Name, Folder: r.folder, ID: r.id, Record: result.Record}
	answered, err := d.answered(ctx, r)
	if err != nil {
		return err
	}
	replayed := change.Replay(answered, result.Record)
	if replayed != nil {
		begun, err := d.begun(ctx, line)
		if err != nil {
			return err
		}
		if begun {
			replayed = nil // no answer of ours is there before the end is in the trail: whoever asks wrote this one
		}
	}
	switch {
	case replayed != nil: // or it was cut after the answer: then its own line is in the trail, and stays
		result.Answers = []change.Answer{change.Whole(replayed)}
	case refused != nil:
		result.Answers = []change.Answer{change.Whole(refused)}
	default:
		if result.Answers, err = d.do(ctx, r, data, &line); err != nil {
			return errors.Join(err, d.auditPart(ctx, line, result.Answers))
		}
	}
	line.Answers = result.Answers
	noted, err := d.audit(ctx, line, replayed == nil && r.id != "")
	switch {
	case err != nil:
		return err
	case noted: // what is not answered is known from the trail when its removal takes several passes
		return d.dismiss(ctx, r)
	}
	for _, a := range result.Answers {
		changesAnswered.WithLabelValues(string(a.Outcome), string(a.Reason)).Inc()
	}
	log.FromContext(ctx).V(1).Info("answered a change record", "folder", r.folder, "id", r.id, "answers", len(result.Answers))
	if replayed == nil && r.id != "" { // the first answer under an id stands
		if err := d.answer(ctx, r, result); err != nil {
			return err
		}
	}
	return d.dismiss(ctx, r)
}

// read gives a record's bytes, or why they are not read; neither when it is gone.
func (d *desk) read(ctx context.Context, r request) ([]byte, *change.Refusal, error) {
	if r.size > change.MaxRecordBytes {
		_, refused := change.Decode(make([]byte, change.MaxRecordBytes+1))
		return []byte{}, refused, nil
	}
	data, _, err := d.connection.GetObject(ctx, d.library.Status.VitrineBucket, r.object)
	switch {
	case isMissing(err):
		return nil, nil, nil
	case errors.Is(err, store.ErrInvalid):
		return []byte{}, &change.Refusal{Reason: change.Malformed, Message: "the store does not give the record; put it without a key of your own and in no cold storage"}, nil
	case err != nil:
		return nil, nil, fmt.Errorf("reading a change record: %w", err)
	case r.id == "":
		return data, &change.Refusal{Reason: change.Malformed, Message: "the object is not called like a record; put it at changes/<your name>/<id>.json, with letters, digits, - and _ in the id"}, nil
	}
	return data, nil, nil
}

func (d *desk) answered(ctx context.Context, r request) (*change.Result, error) {
	if r.id == "" {
		return nil, nil
	}
	data, _, err := d.connection.GetObject(ctx, d.library.Status.VitrineBucket, asset.ResultObject(r.folder, r.id))
	if isMissing(err) || errors.Is(err, store.ErrInvalid) {
		return nil, nil // the user may put anything there: what cannot be read is written over
	}
	if err != nil {
		return nil, fmt.Errorf("looking for an answer: %w", err)
	}
	result, err := change.DecodeResult(data)
	if err != nil {
		return nil, nil //nolint:nilerr // what is no answer of ours is written over
	}
	return &result, nil
}

func (d *desk) answer(ctx context.Context, r request, result change.Result) error {
	data, err := result.Encode()
	if err != nil {
		return err //nolint:wrapcheck // it says what
	}
	if _, err := d.connection.PutObject(ctx, d.library.Status.VitrineBucket, asset.ResultObject(r.folder, r.id), data, jsonType, store.Always()); err != nil {
		return fmt.Errorf("writing an answer: %w", err)
	}
	return nil
}

// dismiss removes a record with all its versions: whoever puts it again asks again. Of one that was overwritten very often it removes as many
// as its author is allowed in one pass; the next goes on, since the record stays until then.
func (d *desk) dismiss(ctx context.Context, r request) error {
	bucket := d.library.Status.VitrineBucket
	versions, all, err := d.connection.SomeVersionsOf(ctx, bucket, r.object, *d.allowance+1)
	if err != nil {
		return fmt.Errorf("looking at the versions of a change record: %w", err)
	}
	ids, old := dismissed(versions, all, *d.allowance)
	*d.allowance -= old
	d.unfinished = len(ids) < len(versions) || !all
	for _, id := range ids {
		if err := d.connection.RemoveObject(ctx, bucket, r.object, id); err != nil {
			return fmt.Errorf("removing a change record: %w", err)
		}
	}
	return nil
}

// dismissed are the versions of a record to be removed now, in their order, and how many of them were overwritten; at most so many of
// those. The current one goes when it is the last: else an older one would be taken for a record that was put anew.
func dismissed(versions []store.ObjectInfo, all bool, most int) (ids []string, old int) {
	current := ""
	for _, v := range versions {
		switch {
		case v.IsLatest:
			current = v.VersionID
		case old < most:
			ids, old = append(ids, v.VersionID), old+1
		default:
			all = false
		}
	}
	if all && current != "" {
		ids = append(ids, current)
	}
	return ids, old
}

// do does what a record asks for, and writes into its line who asks for what.
func (d *desk) do(ctx context.Context, r request, data []byte, line *change.Audit) (answers []change.Answer, err error) {
	whole := func(refused *change.Refusal) []change.Answer { return []change.Answer{change.Whole(refused)} }
	record, refused := change.Decode(data)
	line.Changes = record.Changes
	if refused != nil {
		return whole(refused), nil
	}
	author, platform, refused := record.AuthorOf(r.folder)
	line.Author = author
	if refused != nil {
		return whole(refused), nil
	}
	if line.Again, err = d.begin(ctx, *line); err != nil {
		return nil, err
	}
	d.asked = r.at
	// No move begins while it is done but its own.
	lock := d.Moves.start(client.ObjectKeyFromObject(d.library))
	lock.Lock()
	defer lock.Unlock()
	if err := d.sit(ctx); err != nil {
		return nil, err
	}
	if refused := d.bars(r, platform); refused != nil {
		return whole(refused), nil
	}
	if d.moving, err = d.mover(d.connection, d.library).Journals(ctx); err != nil {
		return nil, err //nolint:wrapcheck // it says what
	}
	asker := change.Asker{Name: author, Platform: platform, Rights: d.tenant.Model}
	answers = make([]change.Answer, len(record.Changes))
	byFile := map[access.Key][]int{} // of one file one after the other
	for i, c := range record.Changes {
		byFile[c.Key(d.library.Name)] = append(byFile[c.Key(d.library.Name)], i)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(filesAtOnce)
	for key, indexes := range byFile {
		group.Go(func() error {
			for _, i := range indexes {
				answer, err := d.one(ctx, asker, key, i, record.Changes[i], r.id)
				if err != nil {
					return err
				}
				answers[i] = answer
			}
			return nil
		})
	}
	return answers, group.Wait()
}

// sit takes what is declared and known at this moment: who lost a right a moment ago does nothing any more.
func (d *desk) sit(ctx context.Context) (err error) {
	if d.tenant, err = d.Tenants.Get(ctx, d.library.Namespace); err != nil {
		return err
	}
	now := libraryNamed(d.tenant, d.library.Name)
	if now == nil || now.UID != d.library.UID || !now.DeletionTimestamp.IsZero() {
		return fmt.Errorf("library %s is going", d.library.Name)
	}
	d.library = now
	d.schema, d.holding = asset.NewSchema(now.Spec.Metadata), d.Inventory.Of(client.ObjectKeyFromObject(now))
	return nil
}

// filesAtOnce is how many files of a record are written at once.
const filesAtOnce = 8

// bars tells what keeps a whole record from being done, whatever it asks for; nil for nothing.
func (d *desk) bars(r request, platform bool) *change.Refusal {
	switch {
	case d.tenant.Frozen != "":
		return change.Freeze("the namespace")
	case v1alpha1.FreezeReason(d.library) != "":
		return change.Freeze("the Library " + d.library.Name)
	case platform:
		return nil
	}
	i := slices.IndexFunc(d.tenant.Declared.Users, func(u v1alpha1.User) bool { return u.Name == r.folder && u.DeletionTimestamp.IsZero() })
	switch {
	case i < 0:
		return &change.Refusal{Reason: change.NotAllowed, Message: "there is no such User any more; ask as somebody who is there"}
	case v1alpha1.FreezeReason(&d.tenant.Declared.Users[i]) != "":
		return change.Freeze("the User")
	case r.at.Before(d.tenant.Declared.Users[i].CreationTimestamp.Add(-clockSkew)):
		return &change.Refusal{Reason: change.NotAllowed, Message: "somebody else of this name put the record before this User was made; ask again"}
	}
	return nil
}

// clockSkew is how far the clocks of Kubernetes and of a store may be apart.
const clockSkew = time.Minute

// triesAtOnce is how often a change is decided anew when somebody else wrote meanwhile.
const triesAtOnce = 5

// one does one change of a record.
func (d *desk) one(ctx context.Context, asker change.Asker, key access.Key, index int, c change.Change, id string) (change.Answer, error) {
	asked := func(j relocate.Journal) bool { return j.From.Key == key && j.By == asker.Name && j.Record == id }
	if c.Move != nil && d.underWay(asked) { // it was cut after it began
		return change.NewAnswer(index, c, change.Effect{Move: &key}, nil), nil
	}
	var err error
	for range triesAtOnce {
		var found sighted
		if found, err = d.sight(ctx, key, c); errors.Is(err, store.ErrInvalid) {
			found, err = sighted{Asset: change.Asset{Key: key}}, nil // no store has such a file, or gives it to us
		}
		if err != nil {
			return change.Answer{}, err
		}
		now := d.Clock.Now().UTC()
		effect, refused := change.Decide(asker, d.schema, c, found.Asset, now, id)
		if refused == nil && effect.Move == nil && d.moves(key) {
			refused = &change.Refusal{Reason: change.InvalidState, Message: "the file is on its way to another place; ask again when it is there"}
		}
		if refused == nil {
			refused, err = d.apply(ctx, found, effect, asset.Signature{By: asker.Name, At: now, Change: id})
		}
		switch {
		case errors.Is(err, store.ErrPreconditionFailed):
			continue
		case errors.Is(err, store.ErrInvalid):
			refused = &change.Refusal{Reason: change.InvalidState, Message: "the store does not take this for the file; look whether its name is too long, or rename it"}
		case err != nil:
			return change.Answer{}, err
		}
		return change.NewAnswer(index, c, effect, refused), nil
	}
	return change.Answer{}, err
}

// moves tells whether a file is on its way to another place.
func (d *desk) moves(key access.Key) bool {
	return d.underWay(func(j relocate.Journal) bool { return j.Names(key) })
}

// underWay tells whether there is such a move.
func (d *desk) underWay(is func(relocate.Journal) bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.moving, is)
}

// tell makes known what was written, and wakes whom it concerns.
func (d *desk) tell(ctx context.Context) {
	if len(d.said) == 0 {
		return
	}
	library := client.ObjectKeyFromObject(d.library)
	d.Inventory.tell(library, maps.Clone(d.said))
	if d.refocused {
		d.Notices.wake(assetsController, library, 0)
	}
	d.said, d.refocused = nil, false
	d.Notices.wake(movesController, library, 0)
	d.wakeReaders(ctx, d.library)
}
