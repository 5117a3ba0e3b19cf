package relocate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// Versions is what a move needs of a store to handle versions.
type Versions interface {
	VersionsOf(ctx context.Context, bucket, key string) ([]store.ObjectInfo, error)
	StatObject(ctx context.Context, bucket, key, versionID string) (store.ObjectInfo, error)
	CopyVersion(ctx context.Context, c store.VersionCopy) (store.ObjectInfo, error)
	SameContent(ctx context.Context, a, b store.VersionAt) (bool, error)
	KeptVersions(ctx context.Context, bucket, key string, ids []string, now time.Time) ([]string, error)
	RemoveVersions(ctx context.Context, bucket, key string, ids []string, now time.Time) (store.RemovedVersions, error)
}

// Objects is what a move needs of a store to handle small objects.
type Objects interface {
	GetObject(ctx context.Context, bucket, key string) (data []byte, etag string, err error)
	PutObject(ctx context.Context, bucket, key string, data []byte, contentType string, cond store.Condition) (etag string, err error)
	PurgeObject(ctx context.Context, bucket, key string) error
	ListVersions(ctx context.Context, bucket, prefix string, visit func(store.ObjectInfo) error) error
	ObserveBucket(ctx context.Context, name string) (store.BucketState, error)
}

// Store is a connection to a store, such as a *store.Store.
type Store interface {
	Versions
	Objects
}

// Mover moves the originals of one Library. It keeps nothing between two calls.
type Mover struct {
	Store   Store
	Library string
	Buckets Buckets
	Now     func() time.Time
	// Progress is told how much has been copied, after each request that copies; may be nil.
	Progress func(Progress)
	// CallVersions and CallBytes bound what one Resume copies: no version is begun when so many, or so many bytes, have been copied. 0 for
	// the defaults.
	CallVersions int
	CallBytes    int64
	// PartBytes is the most that one request copies; 0 for the store's default.
	PartBytes int64
}

// Start writes the journal of a move, and does nothing else yet. The error is a *Refusal when the move cannot be. Asked again for the same, it
// gives the journal that there is.
func (m Mover) Start(ctx context.Context, move Move) (Journal, error) {
	if refusal := move.validate(); refusal != nil {
		return Journal{}, refusal
	}
	under, err := m.Journals(ctx)
	if err != nil {
		return Journal{}, err
	}
	for _, j := range under {
		switch {
		case j.Record == move.Record && j.By == move.By && j.From == move.From && j.To == move.To:
			return j, nil
		case j.Names(move.From.Key) || j.Names(move.To.Key):
			return Journal{}, refuse(ReasonMoving, "%s is on its way to %s; try again when it is there", j.From.shown(), j.To.shown())
		}
	}
	journal := newJournal(move, m.Now())
	if err := m.gather(ctx, &journal); err != nil {
		return Journal{}, err
	}
	if journal.etag, err = m.put(ctx, journalObject(journal.ID), journal, store.IfAbsent()); errors.Is(err, store.ErrPreconditionFailed) {
		return Journal{}, refuse(ReasonMoving, "%s is on its way to another place; try again when it is there", move.From.shown())
	}
	return journal, err
}

// gather fills a journal with what there is at both places, and refuses what cannot move.
func (m Mover) gather(ctx context.Context, j *Journal) error {
	for _, bucket := range []string{m.Buckets.Originals, m.Buckets.Vitrine} {
		if err := m.versioned(ctx, bucket); err != nil {
			return err
		}
	}
	bucket, name := j.From.object(m.Buckets)
	source, err := m.Store.VersionsOf(ctx, bucket, name)
	if err != nil {
		return fmt.Errorf("looking at the file to be moved: %w", err)
	}
	ids := contents(source)
	switch {
	case len(source) == 0 || source[0].DeleteMarker || !source[0].IsLatest:
		return refuse(ReasonNotFound, "there is no file %s", j.From.shown())
	case len(ids) > MaxVersions:
		return refuse(ReasonTooManyVersions, "it has %d versions and %d can be moved; remove old ones, or have the Library keep fewer (spec.versions)", len(ids), MaxVersions)
	}
	toBucket, toName := j.To.object(m.Buckets)
	target, err := m.Store.VersionsOf(ctx, toBucket, toName)
	if err != nil {
		return fmt.Errorf("looking where the file is to go: %w", err)
	}
	if len(target) > 0 && !target[0].DeleteMarker {
		return refuse(ReasonTargetExists, "there is a file %s already; rename or delete it, or choose another path", j.To.shown())
	}
	for _, v := range target {
		j.Before = append(j.Before, v.VersionID)
	}
	if err := m.refuseKept(ctx, *j, ids); err != nil {
		return err
	}
	j.addVersions(source)
	j.Rounds = 0
	return m.refuseFull(ctx, bucket, name, ids)
}

// versioned refuses a bucket that keeps no versions: copies would replace each other there.
func (m Mover) versioned(ctx context.Context, bucket string) error {
	state, err := m.Store.ObserveBucket(ctx, bucket)
	if err != nil {
		return fmt.Errorf("looking whether bucket %s keeps versions: %w", bucket, err)
	}
	if !state.Versioned {
		return refuse(ReasonNotVersioned, "bucket %s keeps no versions now; turn versioning on", bucket)
	}
	return nil
}

// refuseKept refuses a file of which the store keeps a version from being deleted.
func (m Mover) refuseKept(ctx context.Context, j Journal, ids []string) error {
	bucket, name := j.From.object(m.Buckets)
	kept, err := m.Store.KeptVersions(ctx, bucket, name, ids, m.Now())
	if err != nil {
		return fmt.Errorf("looking whether the file may be moved: %w", err)
	}
	if len(kept) > 0 {
		return refuse(ReasonHeld, "%d of its versions, the first being %s, are under a legal hold or in retention, and would be at both places; lift the hold, or wait until the retention ends", len(kept), kept[0])
	}
	return nil
}

// refuseFull refuses versions whose user metadata leave no room for the mark of a move.
func (m Mover) refuseFull(ctx context.Context, bucket, name string, ids []string) error {
	for _, id := range ids {
		info, err := m.Store.StatObject(ctx, bucket, name, id)
		if err != nil {
			return fmt.Errorf("looking at a version of the file to be moved: %w", err)
		}
		used := noteBytes
		for name, value := range info.Metadata {
			if name != markName && name != modifiedName {
				used += len(name) + len(value)
			}
		}
		if used > maxUserMetadata {
			return refuse(ReasonMetadataTooLarge, "version %s has more than %d bytes of user metadata; remove it, or upload it with less", id, maxUserMetadata-noteBytes)
		}
	}
	return nil
}

// Journals gives the moves of the Library that are under way, or done and not forgotten. Where some cannot be read the error is a
// *DamagedError, and the others are given all the same.
func (m Mover) Journals(ctx context.Context) ([]Journal, error) {
	var names []string
	err := m.Store.ListVersions(ctx, m.Buckets.Vitrine, asset.MovesRoot, func(v store.ObjectInfo) error {
		if v.IsLatest && !v.DeleteMarker {
			names = append(names, v.Key)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the moves under way: %w", err)
	}
	var all []Journal
	unread := &DamagedError{Bucket: m.Buckets.Vitrine}
	for _, name := range names {
		data, etag, err := m.Store.GetObject(ctx, m.Buckets.Vitrine, name)
		var j Journal
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue
		case err != nil && !errors.Is(err, store.ErrInvalid): // too large, or put with a key that nobody here has: it is none of ours
			return nil, fmt.Errorf("reading the journal of a move: %w", err)
		case err == nil:
			j, err = decodeJournal(m.Library, name, data)
		}
		if err != nil {
			unread.Journals = append(unread.Journals, damaged(name, err))
			continue
		}
		j.etag = etag
		all = append(all, j)
	}
	if len(unread.Journals) > 0 {
		return all, unread
	}
	return all, nil
}

// Forget removes the journal of a move that is done, for the caller to call when the answer was given. Until then no other move of the
// keys begins.
func (m Mover) Forget(ctx context.Context, j Journal) error {
	if j.Step != StepDone {
		return fmt.Errorf("the move of %s is not done", j.From.shown())
	}
	if err := m.Store.PurgeObject(ctx, m.Buckets.Vitrine, journalObject(j.ID)); err != nil {
		return fmt.Errorf("removing the journal of a move: %w", err)
	}
	return nil
}

func (m Mover) put(ctx context.Context, name string, j Journal, cond store.Condition) (etag string, err error) {
	data, err := j.encode()
	if err != nil {
		return "", err
	}
	if etag, err = m.Store.PutObject(ctx, m.Buckets.Vitrine, name, data, "application/json", cond); err != nil {
		return "", fmt.Errorf("writing the journal of a move: %w", err)
	}
	return etag, nil
}
