package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// How many originals, in all after one sweep and between two looks at what is declared, lose what is left of them.
const (
	orphansAfterSweep = 400
	orphansAtOnce     = 50
)

// settle does, after a sweep, what is to be done about files that got other names, and tells whether all is so far that what is left of
// others may go. Nothing is done while the Library is frozen, or a journal of a move cannot be read, and the end of that begins every grace
// anew. What fails holds up nothing else, and is tried again after the next sweep.
func (a aftermath) settle(ctx context.Context, frozen bool) bool {
	if frozen {
		a.sweeper.lately = lately{}
		return false
	}
	err := a.prepare(ctx)
	if err == nil {
		err = a.rename(ctx)
	}
	if _, damaged := errors.AsType[*relocate.DamagedError](err); damaged { // a file that seems to be gone may be on its way
		a.sweeper.lately = lately{}
	}
	if err != nil {
		log.FromContext(ctx).Error(err, "files that are gone cannot be looked after now; trying again after the next sweep")
	}
	return err == nil
}

// sweepOrphans removes for good what has been left for its grace.
func (a aftermath) sweepOrphans(ctx context.Context) {
	due := a.sweeper.lately.due(a.sweeper.left, a.matched(), a.Clock.Now(), graces{a.Settings.OrphanGrace, a.Settings.DescriptionGrace})
	if len(due) == 0 {
		return
	}
	err := a.ownsBuckets(ctx)
	for part := range slices.Chunk(due[:min(len(due), orphansAfterSweep)], orphansAtOnce) {
		if err == nil {
			err = a.removePart(ctx, part)
		}
	}
	if err != nil && !errors.Is(err, errOtherOrder) {
		log.FromContext(ctx).Error(err, "what is left of files that are gone cannot be removed now; trying again after the next sweep")
	}
}

// removePart removes some of it. errOtherOrder when what is declared is another by now: a sweep takes a while.
func (a aftermath) removePart(ctx context.Context, part []doomed) error {
	if err := a.asItWas(ctx); err != nil {
		return err
	}
	stays := make([]bool, len(part))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(filesAtOnce)
	for i, d := range part {
		group.Go(func() (err error) {
			stays[i], err = a.removeOrphans(ctx, d)
			return err
		})
	}
	err := group.Wait()
	for i, d := range part {
		if stays[i] {
			a.sweeper.lately.begins(d)
		}
	}
	return err //nolint:wrapcheck // it names the object
}

// matched are originals of which nothing was said, whose content is that of one of which something was: they may be what it was renamed to
// or from, so their facts are needed as long.
func (a aftermath) matched() map[access.Key]bool {
	gone := a.gone()
	described := map[string]bool{}
	for _, c := range gone {
		if c.Described {
			described[c.SHA256] = true
		}
	}
	keys := map[access.Key]bool{}
	for _, c := range gone {
		if described[c.SHA256] {
			keys[c.Key] = true
		}
	}
	return keys
}

// ownsBuckets wants both buckets to be this Library's: in those of another, or none, every file would seem to be gone.
func (a aftermath) ownsBuckets(ctx context.Context) error {
	originals, vitrine := marks(a.connection.Declared, a.library)
	for bucket, mark := range map[string]any{a.library.Spec.Bucket.Name: originals, a.library.Status.VitrineBucket: vitrine} {
		state, err := a.connection.ObserveBucket(ctx, bucket)
		if err != nil {
			return fmt.Errorf("looking at bucket %s: %w", bucket, err)
		}
		if state.Mark == nil || any(*state.Mark) != mark {
			return fmt.Errorf("bucket %q does not carry this Library's mark, so nothing of files that are gone is removed: %w", bucket, errNotOwned)
		}
	}
	return nil
}

var errNotOwned = errors.New("not this Library's")

// asItWas wants a Library to be declared as it was when the sweep began, and not frozen. It takes no request to anybody.
func (a aftermath) asItWas(ctx context.Context) error {
	now := &v1alpha1.Library{}
	if err := a.Get(ctx, client.ObjectKeyFromObject(a.library), now); err != nil {
		return fmt.Errorf("reading Library %s: %w", a.library.Name, err)
	}
	tenant, err := a.Tenants.Recent(ctx, a.library.Namespace)
	if err != nil {
		return err
	}
	if now.UID != a.library.UID || now.Generation != a.library.Generation || !now.DeletionTimestamp.IsZero() || isFrozen(tenant, now) {
		return errOtherOrder
	}
	return nil
}

// isFrozen tells whether a Library, or all of its namespace, is.
func isFrozen(tenant *Tenant, library *v1alpha1.Library) bool {
	return tenant.Frozen != "" || v1alpha1.FreezeReason(library) != ""
}

// removeOrphans removes objects of one original, as long as it is as it was found; stays tells that it is not, so that its time begins anew.
func (a aftermath) removeOrphans(ctx context.Context, d doomed) (stays bool, err error) {
	for _, object := range d.objects {
		is, err := a.isAsFound(ctx, d)
		if err != nil || !is {
			return !is, err
		}
		if err := a.connection.PurgeObject(ctx, a.library.Status.VitrineBucket, object); err != nil {
			return false, err //nolint:wrapcheck // it names the object
		}
		assetOrphansRemoved.WithLabelValues(kindOf(object)).Inc()
	}
	log.FromContext(ctx).Info("removed what served no file any more", "file", objectOf(d.key), "objects", d.objects)
	return false, nil
}

func (a aftermath) isAsFound(ctx context.Context, d doomed) (bool, error) {
	if d.etag == "" {
		return a.isGone(ctx, d.key)
	}
	bucket, object := a.placeOf(d.key)
	info, err := a.connection.StatObject(ctx, bucket, object, "")
	if isMissing(err) {
		return false, nil
	}
	return err == nil && rendition.TrimETag(info.ETag) == d.etag, err //nolint:wrapcheck // it names the file
}

// isGone tells whether an original is neither where it was nor archived.
func (a aftermath) isGone(ctx context.Context, key access.Key) (bool, error) {
	bucket, object := a.placeOf(key)
	for _, at := range [][2]string{{bucket, object}, {a.library.Status.VitrineBucket, asset.HeldObject(key)}} {
		_, err := a.connection.StatObject(ctx, at[0], at[1], "")
		switch {
		case err == nil:
			return false, nil
		case !isMissing(err):
			return false, err //nolint:wrapcheck // it names the file
		}
	}
	return true, nil
}
