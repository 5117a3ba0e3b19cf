package main

import (
	"context"
	"errors"
	"time"
)

// restartChecks kill the manager. While it is away everything stays in force.
func restartChecks() []check {
	var before world
	var leader string
	return []check{
		{"killed (SIGKILL), nothing that people and visitors have stops working", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			if before, err = d.settled(ctx); err != nil {
				return err
			}
			if leader, err = d.leader(ctx); err != nil {
				return err
			}
			d.manager.kill()
			heroes, err := d.linkURL(ctx, tenant, "hero-shots")
			if err != nil {
				return err
			}
			v, kit, err := d.pressKit(ctx, "127.0.0.1")
			return errors.Join(err, allowed(ctx, vera.lists(originals, "brand/")), v.answers(ctx, heroes, 200, "hero-dawn.jpg"), v.answers(ctx, kit, 200, "password"))
		}},
		{"started again, it takes over by itself", func(ctx context.Context, d *demo) error {
			began := time.Now()
			if err := d.manager.start(ctx); err != nil {
				return err
			}
			err := d.takenOver(ctx, leader)
			d.note("after %.1f s", time.Since(began).Seconds())
			return err
		}},
		{"and changes nothing: no policy, user, key or object at the store, no Job, no status, no event", func(ctx context.Context, d *demo) error {
			if before == nil {
				return errors.New("there is nothing to compare with")
			}
			// Long enough for every reconciler to have looked of its own accord.
			if err := pause(ctx, driftInterval+sweepInterval+time.Second); err != nil {
				return err
			}
			now, err := d.look(ctx)
			if err != nil {
				return err
			}
			d.note("%d facts compared", len(before))
			return before.same(now)
		}},
		{"and grants and revokes within two seconds, as before", func(ctx context.Context, d *demo) error {
			vera, err := d.person(ctx, tenant, "vera")
			if err != nil {
				return err
			}
			if err := d.apply(ctx, grant("check-press", "")); err != nil {
				return err
			}
			given := d.promptly(ctx, "given", func(ctx context.Context) error { return allowed(ctx, vera.lists(originals, "press/")) })
			if _, err := d.kubectl(ctx, "delete", "damrb", "-n", tenant, "check-press"); err != nil {
				return err
			}
			return errors.Join(given, d.promptly(ctx, "taken", func(ctx context.Context) error { return denied(ctx, vera.lists(originals, "press/")) }))
		}},
	}
}

// settled waits until two looks at the world, a sweep apart, show the same.
func (d *demo) settled(ctx context.Context) (world, error) {
	var last world
	err := d.eventually(ctx, 30*time.Second, "nothing changes any more", func(ctx context.Context) error {
		before, err := d.look(ctx)
		if err != nil {
			return err
		}
		if err := pause(ctx, sweepInterval+500*time.Millisecond); err != nil {
			return err
		}
		if last, err = d.look(ctx); err != nil {
			return err
		}
		return before.same(last)
	})
	return last, err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
