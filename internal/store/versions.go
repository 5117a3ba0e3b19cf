package store

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"
)

// maxSkew is how far a store's clock may be from ours: S3 refuses what was signed at another time than that.
const maxSkew = 15 * time.Minute

// NoLater gives a time that it is past at the store too, which is no later than now: what the store said in its last answer, when its clock is
// behind ours. So nothing that the store dates is taken for older than it is. A store that does not say may be as far behind as S3 allows.
func (s *Store) NoLater(now time.Time) time.Time {
	date := s.transport.Date()
	if date.IsZero() {
		return now.Add(-maxSkew)
	}
	if date.Before(now) {
		return date.UTC()
	}
	return now
}

// RemovedVersions tells what became of versions that were to be removed.
type RemovedVersions struct {
	Removed int // those that were gone already included
	Held    int // under a legal hold, or in retention: they stay
}

// RemoveVersions deletes versions and delete markers of one key for good, in the given order. What the store keeps from being deleted at that
// moment is not touched: it would refuse, and some stores only when asked in a certain way. An error ends it; asked again it goes on.
func (s *Store) RemoveVersions(ctx context.Context, bucket, key string, ids []string, now time.Time) (RemovedVersions, error) {
	var done RemovedVersions
	op := "delete old versions of " + bucket + "/" + key
	locks, err := s.locks(ctx, op, bucket)
	if err != nil {
		return done, err
	}
	for _, id := range ids {
		if locks {
			held, err := s.isHeld(ctx, op, bucket, key, id, now)
			if err != nil {
				return done, err
			}
			if held {
				done.Held++
				continue
			}
		}
		if err := s.RemoveObject(ctx, bucket, key, id); err != nil {
			return done, err
		}
		done.Removed++
	}
	return done, nil
}

// KeptVersions gives those of a key's versions, in the given order, that the store keeps from being deleted: under a legal hold, or in
// retention at that moment.
func (s *Store) KeptVersions(ctx context.Context, bucket, key string, ids []string, now time.Time) (kept []string, err error) {
	op := "look for legal holds on " + bucket + "/" + key
	locks, err := s.locks(ctx, op, bucket)
	if err != nil || !locks {
		return nil, err
	}
	for _, id := range ids {
		held, err := s.isHeld(ctx, op, bucket, key, id, now)
		if err != nil {
			return nil, err
		}
		if held {
			kept = append(kept, id)
		}
	}
	return kept, nil
}

// othersListed is how many versions of other keys, which begin like one, are passed over before the one's are taken for all: it comes first
// among them, and no page is as long.
const othersListed = 2000

// errEnough ends a listing.
var errEnough = errors.New("enough")

// VersionsOf gives every version and delete marker of one key: the current one first, and the versions from the newest to the oldest. Where
// the markers are between them is not told by every store.
func (s *Store) VersionsOf(ctx context.Context, bucket, key string) ([]ObjectInfo, error) {
	versions, _, err := s.SomeVersionsOf(ctx, bucket, key, math.MaxInt)
	return versions, err
}

// SomeVersionsOf gives at most so many versions and delete markers of one key, and tells whether that is all of them. Which ones it gives
// when there are more, the current one among them or not, is the store's to choose.
func (s *Store) SomeVersionsOf(ctx context.Context, bucket, key string, most int) (versions []ObjectInfo, all bool, err error) {
	all = true
	others, seen := 0, map[string]bool{}
	err = s.ListVersions(ctx, bucket, key, func(v ObjectInfo) error {
		if v.Key != key {
			if others++; others == othersListed {
				return errEnough
			}
			return nil
		}
		// VersityGW lists a version twice while it is being replaced.
		if others = 0; !seen[v.VersionID] {
			if all = len(versions) < most; !all {
				return errEnough
			}
			seen[v.VersionID] = true
			versions = append(versions, v)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, false, err
	}
	slices.SortStableFunc(versions, func(a, b ObjectInfo) int {
		switch {
		case a.IsLatest == b.IsLatest:
			return 0
		case a.IsLatest:
			return -1
		}
		return 1
	})
	return versions, all, nil
}
