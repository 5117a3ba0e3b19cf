package controllers

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/relocate"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// transit are the files that are on their way to another place, or have just come from one: nothing is made of them where they may not stay.
type transit struct {
	keys map[access.Key]bool
	// damaged are journals that cannot be read; nil for none. What they move is known by its ID, and where to is not.
	damaged *relocate.DamagedError
}

func inTransit(ctx context.Context, mover relocate.Mover) (transit, error) {
	under, err := mover.Journals(ctx)
	damaged, some := errors.AsType[*relocate.DamagedError](err)
	if err != nil && !some {
		return transit{}, err //nolint:wrapcheck // it says what
	}
	t := transit{keys: make(map[access.Key]bool, 2*len(under)), damaged: damaged}
	for i := range under {
		t.keys[under[i].From.Key], t.keys[under[i].To.Key] = true, true
	}
	return t, nil
}

// copiesLookedAt bounds how many files are looked at after one sweep while a journal cannot be read.
const copiesLookedAt = 1000

// keep adds the files that may be one that a journal that cannot be read moves: that which it is named after, and of those of which no facts
// are known those that bear the mark of a copy. What has facts was read where it is now, as it is now, which no file on its way is. Files
// that are not looked at, or cannot be, are added too, for as long.
func (t *transit) keep(ctx context.Context, assets []Asset, copied func(context.Context, access.Key) (bool, error)) error {
	if t.damaged == nil {
		return nil
	}
	ids := make(map[string]bool, len(t.damaged.Journals))
	for _, j := range t.damaged.Journals {
		ids[j.ID] = true
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(smallReads)
	var mu sync.Mutex // guards keys
	add := func(key access.Key) {
		mu.Lock()
		defer mu.Unlock()
		t.keys[key] = true
	}
	looked := 0
	for i := range assets {
		a := &assets[i]
		switch {
		case ids[asset.ID(a.Key)]:
			add(a.Key)
		case a.Facts != nil:
		case looked == copiesLookedAt:
			add(a.Key)
		default:
			looked++
			group.Go(func() error {
				is, err := copied(ctx, a.Key)
				if is {
					add(a.Key)
				}
				return err
			})
		}
	}
	return group.Wait() //nolint:wrapcheck // it names the file
}

// copiedAt tells of a file whether a move may have made it. Nothing is known of one that the store does not tell of.
func copiedAt(connection Connection, library *v1alpha1.Library) func(context.Context, access.Key) (bool, error) {
	desk := &desk{library: library}
	return func(ctx context.Context, key access.Key) (bool, error) {
		bucket, object := desk.placeOf(key)
		info, err := connection.StatObject(ctx, bucket, object, "")
		if errors.Is(err, store.ErrUnreachable) || ctx.Err() != nil {
			return false, err //nolint:wrapcheck // it names the file
		}
		return err != nil || relocate.Copied(info), nil //nolint:nilerr // in doubt it is one
	}
}
