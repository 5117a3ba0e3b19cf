package store

import (
	"context"
	"time"
)

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
