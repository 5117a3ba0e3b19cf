package decisions_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const (
	// fewest and most questions that a world is asked: staging one costs as much as some 200, and a few worlds show little.
	fewest, most = 100, 250
	// told is how many mismatches are told in full.
	told = 3
)

// result is what came of many questions.
type result struct {
	decisions, mismatches int
	reports               []string
	// seen counts what was met: answers of each operation, and what the allowed ones rested on.
	seen map[string]int
}

// decide asks a store so many questions. Worlds and questions follow from the seed alone.
func decide(ctx context.Context, at target, label string, seed uint64, decisions int) (result, error) {
	total := result{seen: map[string]int{}}
	perWorld := min(max(decisions/80, fewest), most)
	worlds := make(chan int)
	var (
		mu     sync.Mutex
		failed error
		wg     sync.WaitGroup
	)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range at.workers {
		wg.Go(func() {
			c, err := takeCrew(ctx, at)
			if err == nil {
				defer c.rest()
			}
			for world := range worlds {
				r := result{seen: map[string]int{}}
				if err == nil {
					err = c.world(ctx, &r, label, seed, world, min(perWorld, decisions-world*perWorld))
				}
				mu.Lock()
				total.add(r)
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("world %d: %w", world, err))
					stop()
				}
				mu.Unlock()
			}
		})
	}
	for world := 0; world*perWorld < decisions; world++ {
		select {
		case worlds <- world:
		case <-ctx.Done():
		}
	}
	close(worlds)
	wg.Wait()
	return total, failed
}

func (r *result) add(other result) {
	r.decisions += other.decisions
	r.mismatches += other.mismatches
	for _, report := range other.reports {
		if len(r.reports) < told {
			r.reports = append(r.reports, report)
		}
	}
	for what, n := range other.seen {
		r.seen[what] += n
	}
}

// source gives the numbers that a world and its questions are made of.
func source(seed uint64, world int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(world))) }

// world stages one world, asks, and tells of the first mismatch in the smallest world that shows it.
func (c *crew) world(ctx context.Context, total *result, label string, seed uint64, world, questions int) error {
	r := source(seed, world)
	sc, err := c.stage(ctx, r, fmt.Sprintf("%s%d", label, world))
	if err != nil {
		return err
	}
	var first *question
	for range questions {
		q := sc.draw(r)
		wrong, err := sc.mismatch(ctx, q)
		if err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
		total.decisions++
		sc.note(total, q)
		if wrong != "" {
			total.mismatches++
			if first == nil {
				first = &q
			}
		}
	}
	if first != nil {
		report, err := sc.explain(ctx, *first)
		total.reports = append(total.reports, report)
		return err
	}
	if changed, err := sc.changed(ctx); err != nil || changed != "" {
		total.mismatches++
		total.reports = append(total.reports, "something that was denied, or put right, has changed the world: "+changed)
		return err
	}
	return nil
}

// mismatch asks, and says what is wrong with the answer; empty when nothing is.
func (sc *scene) mismatch(ctx context.Context, q question) (string, error) {
	want := sc.expected(q)
	out, err := sc.ask(ctx, q)
	switch {
	case err != nil:
		return "", err
	case out.allowed != want:
		return fmt.Sprintf("the store %s (%s), the model %s", says(out.allowed), out.answer, says(want)), nil
	case out.wrong != "":
		return fmt.Sprintf("the store %s (%s), as the model does, and %s", says(out.allowed), out.answer, out.wrong), nil
	}
	return "", nil
}

func says(allowed bool) string {
	if allowed {
		return "allows it"
	}
	return "denies it"
}

// note counts what a question was about.
func (sc *scene) note(total *result, q question) {
	d := sc.ruling(q)
	total.seen[fmt.Sprintf("%s: %s", q.Operation, says(sc.expected(q)))]++
	if sc.refused(q) {
		total.seen["refused"]++
	}
	if !d.Allowed {
		return
	}
	total.seen["allowed"]++
	through := map[string]bool{
		"by several routes": len(d.Routes) > 1,
		"through a group":   slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.Group != "" }),
		"by cascade":        slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.Inherited != "" }),
		"as a member":       slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.Target.Kind == "Collection" }),
		"by a role":         slices.ContainsFunc(d.Routes, func(r access.Route) bool { return !r.BuiltIn }),
		"for a time":        slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.NotAfter != nil }),
		"restricted":        slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.Target.Kind == "Folder" }) && sc.homes[q.Bucket].vitrine,
	}
	for what, so := range through {
		if so {
			total.seen[what]++
		}
	}
}

// changed names an object of which there is another version than was put there first, or none.
func (sc *scene) changed(ctx context.Context) (string, error) {
	for _, bucket := range sc.buckets {
		left := len(sc.versions[bucket])
		var odd string
		err := sc.admin.ListVersions(ctx, bucket, "", func(o store.ObjectInfo) error {
			if left--; sc.versions[bucket][o.Key] != o.VersionID || !o.IsLatest {
				odd = o.Key
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		if odd != "" || left != 0 {
			return fmt.Sprintf("%s %q, and %d objects are missing", bucket, odd, left), nil
		}
	}
	return "", nil
}
