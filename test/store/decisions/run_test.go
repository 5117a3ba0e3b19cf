package decisions_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
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
		if sc.atAnotherTime(q) {
			total.seen["denied by a window"]++
		}
		return
	}
	total.seen["allowed"]++
	restricted := sc.restricted(q)
	through := map[string]bool{
		"by several routes": len(d.Routes) > 1,
		"through a group":   slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.Group != "" }),
		"by cascade":        slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.Inherited != "" }),
		"as a member":       slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.Target.Kind == "Collection" }),
		"by a role":         slices.ContainsFunc(d.Routes, func(r access.Route) bool { return !r.BuiltIn }),
		"for a time":        slices.ContainsFunc(d.Routes, func(r access.Route) bool { return r.NotAfter != nil }),
		"restricted":        restricted > 0,
		"in a restricted folder below a restricted one": restricted > 1,
		"by a name beyond ASCII":                        strings.ContainsFunc(q.Name, func(c rune) bool { return c > unicode.MaxASCII }),
	}
	for what, so := range through {
		if so {
			total.seen[what]++
		}
	}
}

// restricted tells within how many restricted Folders a name is: its own, and those whose paths lead to that one's.
func (sc *scene) restricted(q question) int {
	root, rest, _ := strings.Cut(q.Name, "/")
	home := sc.homes[q.Bucket]
	if !home.vitrine || root != "restricted" && root != "restricted-renditions" {
		return 0
	}
	name, _, _ := strings.Cut(rest, "/")
	folders := home.tenant.world.Folders
	i := slices.IndexFunc(folders, func(f v1alpha1.Folder) bool { return f.Name == name })
	if i < 0 {
		return 0
	}
	within := 0
	for _, f := range folders {
		if f.Spec.Access == v1alpha1.AccessRestricted && f.Spec.LibraryRef == folders[i].Spec.LibraryRef && strings.HasPrefix(string(folders[i].Spec.Path)+"/", string(f.Spec.Path)+"/") {
			within++
		}
	}
	return within
}

// atAnotherTime tells whether the model allows at another of the world's instants what it denies now.
func (sc *scene) atAnotherTime(q question) bool {
	t := sc.tenantOf(q.Tenant)
	defer func(now time.Time) { t.at = now }(t.at)
	for _, t.at = range t.world.Instants {
		if sc.right(q) {
			return true
		}
	}
	return false
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
