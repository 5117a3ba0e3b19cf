package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/change"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// sighted is a file as it was found, and what was there of the documents that a change may write.
type sighted struct {
	change.Asset
	said Said // as it was last known
	// etags of the documents; empty for none.
	meta, state, approval string
}

// sight looks at the file of a change: at the store for what may be written, in memory for what a worker found out.
func (d *desk) sight(ctx context.Context, key access.Key, c change.Change) (sighted, error) {
	s := sighted{Asset: change.Asset{Key: key, Lifecycle: d.tenant.Lifecycles.of(key)}}
	bucket, object := d.placeOf(key)
	if err := d.current(ctx, &s, bucket, object); err != nil {
		return s, err
	}
	vitrine := d.library.Status.VitrineBucket
	var err error
	switch {
	case c.Describe != nil:
		s.Metadata, s.meta, err = document(ctx, d.connection, vitrine, asset.MetaObject(key), asset.DecodeMetadata)
	case c.State != nil:
		s.State, s.state, err = document(ctx, d.connection, vitrine, asset.StateObject(key), asset.DecodeState)
	case c.Approve != nil:
		if s.Approval, s.approval, err = document(ctx, d.connection, vitrine, asset.ApprovalObject(key, c.VersionID), asset.DecodeApproval); err == nil {
			err = d.digest(ctx, &s)
		}
	case c.Move != nil:
		to := access.Key{Library: key.Library, Restricted: c.Move.Restricted, Path: c.Move.Path}
		toBucket, toObject := d.placeOf(to)
		_, err = d.connection.StatObject(ctx, toBucket, toObject, "")
		if isMissing(err) { // an archived file of that name would lose what was said of it
			_, err = d.connection.StatObject(ctx, d.library.Status.VitrineBucket, asset.HeldObject(to), "")
		}
		if s.Occupied = err == nil && !d.comesFrom(to, key); isMissing(err) {
			err = nil
		}
	case c.OfVersions():
		s.Versions, err = versionsOf(ctx, d.connection, bucket, object)
	}
	return s, err
}

// digest finds the SHA-256 of the current version in its facts, where the last sweep did not see them yet.
func (d *desk) digest(ctx context.Context, s *sighted) error {
	if !s.Exists || s.SHA256 != "" {
		return nil
	}
	facts, _, err := document(ctx, d.connection, d.library.Status.VitrineBucket, asset.FactsObject(s.Key), decodeFacts)
	if err == nil && facts != nil && facts.ETag == s.ETag && facts.VersionID == s.VersionID {
		s.SHA256 = facts.SHA256
	}
	return err
}

// comesFrom tells whether a file is at a place by a move from another one that is under way.
func (d *desk) comesFrom(to, from access.Key) bool {
	return d.underWay(func(j relocate.Journal) bool { return j.To.Key == to && j.From.Key == from })
}

// placeOf is where an original is.
func (d *desk) placeOf(key access.Key) (bucket, object string) {
	vitrine, object := asset.Object(key)
	if vitrine {
		return d.library.Status.VitrineBucket, object
	}
	return d.library.Spec.Bucket.Name, object
}

// current finds the current version. What a sweep has not seen yet, or not as it is now, is looked at.
func (d *desk) current(ctx context.Context, s *sighted, bucket, object string) error {
	var known *Asset
	if d.holding != nil {
		for _, list := range [][]Asset{d.holding.Archived, d.holding.Assets} { // who is in both has come back
			if i, found := find(list, s.Key); found {
				known = &list[i]
				s.said = known.Said
			}
		}
	}
	d.mu.Lock()
	if said, newer := d.said[s.Key]; newer {
		s.said = said
	}
	d.mu.Unlock()
	if why, marker := asset.NoAsset(s.Key.Path); why != "" || marker {
		return nil
	}
	info, err := d.connection.StatObject(ctx, bucket, object, "")
	if isMissing(err) {
		info, err = d.connection.StatObject(ctx, d.library.Status.VitrineBucket, asset.HeldObject(s.Key), "")
	}
	switch {
	case isMissing(err):
		return nil
	case err != nil:
		return fmt.Errorf("looking at a file: %w", err)
	}
	s.Exists, s.ETag, s.VersionID, s.Modified = true, rendition.TrimETag(info.ETag), info.VersionID, info.LastModified
	if known != nil && known.Facts != nil && known.Facts.ETag == s.ETag {
		s.SHA256 = known.Facts.SHA256
		if s.VersionID == "" {
			s.VersionID = known.Facts.VersionID
		} else if known.Facts.VersionID != s.VersionID {
			s.SHA256 = "" // the same bytes in another version: not read yet
		}
	}
	return nil
}

// document reads one of the documents about a file; nil when there is none, or none that can be read.
func document[T any](ctx context.Context, connection Connection, bucket, object string, decode func([]byte) (T, error)) (*T, string, error) {
	data, etag, err := connection.GetObject(ctx, bucket, object)
	switch {
	case isMissing(err):
		return nil, "", nil
	case err != nil:
		return nil, "", fmt.Errorf("reading what is known of a file: %w", err)
	}
	value, err := decode(data)
	if err != nil {
		return nil, etag, nil //nolint:nilerr // it is written over
	}
	return &value, etag, nil
}

// apply writes what a change comes to. ErrPreconditionFailed when somebody else wrote meanwhile; a refusal when the store keeps what
// is to go.
func (d *desk) apply(ctx context.Context, s sighted, e change.Effect, by asset.Signature) (*change.Refusal, error) {
	said := s.said
	switch {
	case e.Metadata != nil:
		if err := d.put(ctx, asset.MetaObject(s.Key), s.meta, *e.Metadata); err != nil {
			return nil, err
		}
		said.Metadata = e.Metadata
	case e.State != nil:
		if err := d.put(ctx, asset.StateObject(s.Key), s.state, *e.State); err != nil {
			return nil, err
		}
		said.State = e.State
	case e.Approval != nil:
		if err := d.put(ctx, asset.ApprovalObject(s.Key, e.Approval.VersionID), s.approval, *e.Approval); err != nil {
			return nil, err
		}
		others := slices.DeleteFunc(slices.Clone(said.Approvals), func(a asset.Approval) bool { return a.VersionID == e.Approval.VersionID })
		said.Approvals = append(others, *e.Approval)
	case e.Move != nil:
		return d.move(ctx, s.Key, *e.Move, by)
	case e.Restore != "":
		return d.restore(ctx, s.Key, e.Restore, by)
	case e.Remove != "":
		return d.remove(ctx, s.Key, e.Remove)
	default:
		return nil, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.said == nil {
		d.said = map[access.Key]Said{}
	}
	d.said[s.Key] = said
	if e.Metadata != nil && !sameFocus(e.Metadata, s.Metadata) {
		d.refocused = true
	}
	return nil, nil
}

func sameFocus(a, b *asset.Metadata) bool {
	if b == nil || b.Focus == nil || a.Focus == nil {
		return a.Focus == nil && (b == nil || b.Focus == nil)
	}
	return *a.Focus == *b.Focus
}

// put writes a document in the place of the one that was read.
func (d *desk) put(ctx context.Context, object, etag string, document interface{ Encode() ([]byte, error) }) error {
	data, err := document.Encode()
	if err != nil {
		return err //nolint:wrapcheck // it says what
	}
	as := store.IfAbsent()
	if etag != "" {
		as = store.IfMatch(etag)
	}
	if _, err := d.connection.PutObject(ctx, d.library.Status.VitrineBucket, object, data, jsonType, as); err != nil {
		return fmt.Errorf("writing what is known of a file: %w", err)
	}
	return nil
}

// move begins to take a file into a restricted Folder, or out of one.
func (d *desk) move(ctx context.Context, from, to access.Key, by asset.Signature) (*change.Refusal, error) {
	journal, err := d.mover(d.connection, d.library).Start(ctx, relocate.Move{
		From: relocate.Place{Key: from}, To: relocate.Place{Key: to}, By: by.By, Record: by.Change,
	})
	var refusal *relocate.Refusal
	switch {
	case errors.As(err, &refusal):
		return &change.Refusal{Reason: change.InvalidState, Message: refusal.Error()}, nil
	case err != nil:
		return nil, fmt.Errorf("beginning a move: %w", err)
	}
	d.mu.Lock()
	d.moving = append(d.moving, journal) // nothing else in this record is done behind its back
	d.mu.Unlock()
	d.Notices.wake(movesController, client.ObjectKeyFromObject(d.library), 0)
	return nil, nil
}

// restore makes an old version the current one again, as a new version of the same content. Whatever is asked for by one record is done once.
func (d *desk) restore(ctx context.Context, key access.Key, id string, by asset.Signature) (*change.Refusal, error) {
	bucket, object := d.placeOf(key)
	_, err := d.connection.RestoreVersion(ctx, store.Restoration{
		At: store.VersionAt{Bucket: bucket, Key: object, ID: id}, Since: d.asked,
		Mark: change.Digest(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s", by.By, by.Change, d.asked.UTC().Format(time.RFC3339Nano), id))[:32],
	})
	switch {
	case errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrNotFound):
		return &change.Refusal{Reason: change.InvalidState, Message: "the store does not copy this version; look whether it is still there, and restore it with your own key"}, nil
	case err != nil:
		return nil, fmt.Errorf("restoring a version: %w", err)
	}
	return nil, nil
}

// remove deletes an old version for good, unless the store keeps it.
func (d *desk) remove(ctx context.Context, key access.Key, id string) (*change.Refusal, error) {
	bucket, object := d.placeOf(key)
	done, err := d.connection.RemoveVersions(ctx, bucket, object, []string{id}, d.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("removing a version: %w", err)
	}
	if done.Held > 0 {
		return &change.Refusal{Reason: change.InvalidState, Message: "the store keeps this version under a legal hold or in retention; it can go when that ends"}, nil
	}
	return nil, nil
}
