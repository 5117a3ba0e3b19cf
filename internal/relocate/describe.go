package relocate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// describe brings along what people said of the file and decided of its versions. Nothing at the old place is deleted yet.
func (m Mover) describe(ctx context.Context, j Journal) error {
	if j.From.Key != j.To.Key && !j.Described {
		for _, docs := range [][2]string{
			{asset.MetaObject(j.From.Key), asset.MetaObject(j.To.Key)},
			{asset.StateObject(j.From.Key), asset.StateObject(j.To.Key)},
		} {
			if err := m.bringAlong(ctx, docs[0], docs[1]); err != nil {
				return err
			}
		}
	}
	return m.approve(ctx, j)
}

// bringAlong makes one document the same as another. One that was there, of a file that was deleted, goes when there is none to take its place.
func (m Mover) bringAlong(ctx context.Context, from, to string) error {
	data, _, err := m.Store.GetObject(ctx, m.Buckets.Vitrine, from)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return m.purge(ctx, to)
	case err != nil:
		return fmt.Errorf("reading what was said of a file that moves: %w", err)
	}
	return m.write(ctx, to, data)
}

// approve rewrites the approvals of what was copied: they are bound to versions, whose ids are others now.
func (m Mover) approve(ctx context.Context, j Journal) error {
	there, err := m.children(ctx, asset.ApprovalsPrefix(j.From.Key))
	if err != nil {
		return err
	}
	for _, v := range j.Versions {
		object := asset.ApprovalObject(j.From.Key, v.From)
		if v.To == "" || !there[object] {
			continue
		}
		data, _, err := m.Store.GetObject(ctx, m.Buckets.Vitrine, object)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading what was decided of a file that moves: %w", err)
		}
		moved, err := movedApproval(data, v)
		if err != nil {
			continue // it counts as absent where it is, too
		}
		if err := m.write(ctx, asset.ApprovalObject(j.To.Key, v.To), moved); err != nil {
			return err
		}
	}
	return nil
}

// movedApproval gives the approval of a version's copy: the same verdict on the same content by the same person, with a note of the move
// where there is room for one.
func movedApproval(data []byte, v Version) ([]byte, error) {
	a, err := asset.DecodeApproval(data)
	if err != nil {
		return nil, fmt.Errorf("reading what was decided of a file that moves: %w", err)
	}
	if a.VersionID != v.From {
		return nil, fmt.Errorf("%w: it is of another version", asset.ErrDescription)
	}
	a.VersionID = v.To
	plain, note := a, a
	note.Note = strings.TrimSpace(a.Note + " (decided of version " + v.From + ", before the file moved)")
	if moved, err := note.Encode(); err == nil {
		return moved, nil
	}
	moved, err := plain.Encode()
	if err != nil {
		return nil, fmt.Errorf("writing what was decided of a file that moves: %w", err)
	}
	return moved, nil
}

// clear deletes what hangs on the old place: renditions and facts, and what was said and decided there, but for what is of versions that stay.
func (m Mover) clear(ctx context.Context, j Journal, source []store.ObjectInfo) error {
	var purge []string
	if !j.From.Held { // what is archived has neither
		renditions, err := m.children(ctx, asset.Renditions(j.From.Key))
		if err != nil {
			return err
		}
		for object := range renditions {
			purge = append(purge, object)
		}
		purge = append(purge, asset.FactsObject(j.From.Key))
	}
	if j.From.Key != j.To.Key {
		purge = append(purge, asset.MetaObject(j.From.Key), asset.StateObject(j.From.Key))
	}
	approvals, err := m.children(ctx, asset.ApprovalsPrefix(j.From.Key))
	if err != nil {
		return err
	}
	for object := range approvals {
		if j.approvalGoes(object, source) {
			purge = append(purge, object)
		}
	}
	slices.Sort(purge)
	for _, object := range purge {
		if err := m.purge(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

// approvalGoes tells whether an approval at the old key is of nothing that is there after the move.
func (j Journal) approvalGoes(object string, source []store.ObjectInfo) bool {
	for _, v := range j.Versions {
		if object == asset.ApprovalObject(j.From.Key, v.From) && !slices.Contains(j.Left, v.From) {
			return true
		}
	}
	if j.From.Key == j.To.Key {
		return false
	}
	return !slices.ContainsFunc(source, func(v store.ObjectInfo) bool { return object == asset.ApprovalObject(j.From.Key, v.VersionID) })
}

// children are the objects right below a prefix, whatever versions they have: what is further below is of other files.
func (m Mover) children(ctx context.Context, prefix string) (map[string]bool, error) {
	found := map[string]bool{}
	err := m.Store.ListVersions(ctx, m.Buckets.Vitrine, prefix, func(v store.ObjectInfo) error {
		if !strings.Contains(strings.TrimPrefix(v.Key, prefix), "/") {
			found[v.Key] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing what hangs on a file that moves: %w", err)
	}
	return found, nil
}

func (m Mover) purge(ctx context.Context, object string) error {
	if err := m.Store.PurgeObject(ctx, m.Buckets.Vitrine, object); err != nil {
		return fmt.Errorf("deleting what hangs on the old place of a file: %w", err)
	}
	return nil
}

// write puts a document in place of whatever is there; nothing is written when it is there already.
func (m Mover) write(ctx context.Context, object string, data []byte) error {
	var failed error
	for attempt := range 3 {
		was, etag, err := m.Store.GetObject(ctx, m.Buckets.Vitrine, object)
		cond := store.IfMatch(etag)
		switch {
		case errors.Is(err, store.ErrNotFound):
			cond = store.IfAbsent()
			if attempt > 0 { // some stores count a key as present whose last version is a delete marker
				if err := m.purge(ctx, object); err != nil {
					return err
				}
			}
		case err != nil:
			return fmt.Errorf("reading what is known of the new place of a file: %w", err)
		case bytes.Equal(was, data):
			return nil
		}
		if _, failed = m.Store.PutObject(ctx, m.Buckets.Vitrine, object, data, "application/json", cond); !errors.Is(failed, store.ErrPreconditionFailed) {
			break
		}
	}
	if failed != nil {
		return fmt.Errorf("writing what is known of the new place of a file: %w", failed)
	}
	return nil
}
