package relocate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/internal/store"
)

const (
	// callVersions and callBytes bound what one call copies, callLooks how often it looks.
	callVersions = 50
	callBytes    = 4 << 30
	callLooks    = 20
)

// Resume goes on with a move, as far as a bounded piece of work goes; done says that nothing is left to do. After an error the journal is to be
// read anew: what was done is known from the store, not from the answers. A *Refusal is never returned here; it is in the journal.
func (m Mover) Resume(ctx context.Context, j *Journal) (done bool, err error) {
	left := budget{versions: m.CallVersions, bytes: m.CallBytes}
	if left.versions <= 0 {
		left.versions = callVersions
	}
	if left.bytes <= 0 {
		left.bytes = callBytes
	}
	for range callLooks {
		if j.Step == StepDone || left.versions <= 0 || left.bytes <= 0 {
			break
		}
		if err := m.step(ctx, j, &left); err != nil {
			return false, err
		}
	}
	return j.Step == StepDone, nil
}

// budget is what a call may still copy.
type budget struct {
	versions int
	bytes    int64
}

// step looks, does what follows, and writes down what was done.
func (m Mover) step(ctx context.Context, j *Journal, left *budget) error {
	seen, err := m.look(ctx, *j)
	if err != nil {
		return err
	}
	after, act := next(*j, seen)
	after.Step = act.step
	if err := m.act(ctx, &after, act, seen, left); err != nil {
		refusal, refused := errors.AsType[*Refusal](err)
		switch {
		case !refused:
			return err
		case j.Described:
			return fmt.Errorf("going on with the move of %s: %s", j.From.shown(), refusal.Message)
		}
		after, _ = after.giveUp(refusal)
	}
	if after.etag, err = m.put(ctx, journalObject(j.ID), after, store.IfMatch(j.etag)); err != nil {
		return err
	}
	*j = after
	return nil
}

func (m Mover) act(ctx context.Context, j *Journal, act action, seen look, left *budget) error {
	switch act.verb {
	case copyVersions:
		return m.copyVersions(ctx, j, act.indexes, left)
	case removeCopies:
		kept, err := m.remove(ctx, j.To, act.ids)
		j.Before = append(j.Before, kept...) // they are no business of the move any more
		return err
	case describe:
		if !j.Described {
			if err := m.refuseKept(ctx, *j, act.ids); err != nil {
				return err
			}
		}
		if err := m.describe(ctx, *j); err != nil {
			return err
		}
		j.Described = true
		return nil
	case clearOld, finish:
		return m.clear(ctx, *j, seen.source)
	case removeVersions:
		kept, err := m.remove(ctx, j.From, act.ids)
		j.Left = append(j.Left, kept...)
		return err
	case nothing:
	}
	return nil
}

// look lists both places, and finds out of what at the new one the journal does not know whether it is a copy.
func (m Mover) look(ctx context.Context, j Journal) (look, error) {
	seen := look{copies: map[string]int{}}
	fromBucket, from := j.From.object(m.Buckets)
	toBucket, to := j.To.object(m.Buckets)
	var err error
	if seen.source, err = m.Store.VersionsOf(ctx, fromBucket, from); err != nil {
		return seen, fmt.Errorf("looking at the old place of a file that moves: %w", err)
	}
	if seen.target, err = m.Store.VersionsOf(ctx, toBucket, to); err != nil {
		return seen, fmt.Errorf("looking at the new place of a file that moves: %w", err)
	}
	known := map[string]bool{}
	for _, id := range j.Before {
		known[id] = true
	}
	for _, v := range j.Versions {
		known[v.To] = true
	}
	for _, v := range seen.target {
		if v.DeleteMarker || known[v.VersionID] {
			continue
		}
		info, err := m.Store.StatObject(ctx, toBucket, to, v.VersionID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return seen, fmt.Errorf("looking at the new place of a file that moves: %w", err)
		}
		index, ours := j.marked(info.Metadata[markName])
		if !ours {
			continue
		}
		is, err := m.isCopy(ctx, j, index, v.VersionID)
		switch {
		case err != nil:
			return seen, err
		case is:
			seen.copies[v.VersionID] = index
		default:
			seen.spoilt = append(seen.spoilt, v.VersionID)
		}
	}
	return seen, nil
}

// isCopy proves that what bears the mark of a version has its content, unless there is a copy of it already.
func (m Mover) isCopy(ctx context.Context, j Journal, index int, id string) (bool, error) {
	if j.Versions[index].To != "" {
		return true, nil
	}
	fromBucket, from := j.From.object(m.Buckets)
	toBucket, to := j.To.object(m.Buckets)
	same, err := m.Store.SameContent(ctx, store.VersionAt{Bucket: fromBucket, Key: from, ID: j.Versions[index].From}, store.VersionAt{Bucket: toBucket, Key: to, ID: id})
	if errors.Is(err, store.ErrNotFound) { // what it is of was deleted for good, and so it is to be
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("comparing a copy with what it is of: %w", err)
	}
	return same, nil
}

// copyVersions copies versions in their order, as far as the budget goes.
func (m Mover) copyVersions(ctx context.Context, j *Journal, indexes []int, left *budget) error {
	fromBucket, from := j.From.object(m.Buckets)
	toBucket, to := j.To.object(m.Buckets)
	if err := m.versioned(ctx, toBucket); err != nil {
		return err
	}
	for _, i := range indexes {
		if left.versions <= 0 || left.bytes <= 0 {
			return nil
		}
		v, before := &j.Versions[i], j.Progress()
		made, err := m.Store.CopyVersion(ctx, store.VersionCopy{
			From: store.VersionAt{Bucket: fromBucket, Key: from, ID: v.From}, ToBucket: toBucket, ToKey: to,
			Note: j.note(i), Since: j.At, PartBytes: m.PartBytes,
			Progress: func(copied int64) {
				if m.Progress != nil {
					p := before
					p.Bytes += copied
					m.Progress(p)
				}
			},
		})
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil // the next look tells
		case errors.Is(err, store.ErrInvalid) && !j.Described:
			return refuse(ReasonNotCopied, "the store refuses to copy version %s: %v", v.From, err)
		case errors.Is(err, store.ErrInvalid): // what came meanwhile must not keep the move from ending
			j.Left = append(j.Left, v.From)
			continue
		case err != nil:
			return fmt.Errorf("copying version %s of a file that moves: %w", v.From, err)
		}
		v.To = made.VersionID
		left.versions--
		left.bytes -= v.Size
		if m.Progress != nil {
			m.Progress(j.Progress())
		}
	}
	return nil
}

// note gives what the copy of a version bears. When its content first came is kept from one move to the next.
func (j Journal) note(index int) func(store.ObjectInfo) map[string]string {
	mark := j.mark(index)
	return func(of store.ObjectInfo) map[string]string {
		note := map[string]string{markName: mark}
		if of.Metadata[modifiedName] == "" && !of.LastModified.IsZero() {
			note[modifiedName] = of.LastModified.UTC().Format(time.RFC3339)
		}
		return note
	}
}

// remove deletes versions for good, but for those that the store keeps, whose ids it gives.
func (m Mover) remove(ctx context.Context, at Place, ids []string) (kept []string, err error) {
	bucket, name := at.object(m.Buckets)
	if kept, err = m.Store.KeptVersions(ctx, bucket, name, ids, m.Now()); err != nil {
		return nil, fmt.Errorf("looking whether versions may be deleted: %w", err)
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(kept, id) })
	if _, err := m.Store.RemoveVersions(ctx, bucket, name, ids, m.Now()); err != nil {
		return nil, fmt.Errorf("deleting versions of a file that moves: %w", err)
	}
	return kept, nil
}
