package controllers

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// walk is one listing of a sweep. It is cut where a request fails, and goes on behind the last object that it visited, so that each object is
// visited once: with the page that failed. What came to be before that place meanwhile, the next sweep finds.
type walk struct {
	after string
	ended bool
}

// listing lists objects behind one, as store.Store does.
type listing func(ctx context.Context, bucket, prefix, after string, visit func(store.ObjectInfo) error) error

// run visits what of a listing was not visited before. An error of visit is one of the listing.
func (w *walk) run(ctx context.Context, list listing, bucket, root string, visit func(store.ObjectInfo)) error {
	if w.ended {
		return nil
	}
	what := "listing bucket " + bucket
	if root != "" {
		what = "listing " + root
	}
	err := list(ctx, bucket, root, w.after, func(info store.ObjectInfo) error {
		visit(info)
		w.after = info.Key
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	w.ended = true
	return nil
}

// gathered is what a sweep has found so far. It outlives a cut: the next look goes on where that came, as long as it is about the same
// Library at the same store and not too old.
//
// What is behind the places that were passed may have changed by then, and a hint about it brings a look that only goes on. So none of it is
// lost, the sweep that follows one that was cut comes as soon as one would after a hint, see nextSweep, and begins at the beginning.
type gathered struct {
	of    origin
	began time.Time
	// cut: a look that worked on it failed.
	cut bool

	found    *Holding
	listed   files
	named    bool // the first file of those that are left out is one that somebody may want to rename
	told     bool // which files there are
	rendered map[string]map[string]store.ObjectInfo

	open, restricted, held walk
	renditions             [2]walk
}

// origin is whose buckets a sweep lists, and by which connection.
type origin struct {
	library types.UID
	opened  string
}

// staleAfter is how old what was gathered may be to go on with it, at the least.
const staleAfter = 15 * time.Minute

// serves tells whether a look goes on with what was gathered. A sweep that takes longer than most may be older when it is cut: else one
// over a very large bucket would begin again and again.
func (g *gathered) serves(of origin, now time.Time, takes time.Duration) bool {
	return g != nil && g.of == of && now.Sub(g.began) <= max(staleAfter, 2*takes)
}

// gather gives what a sweep has gathered so far: nothing, where it begins.
func (s *sweeper) gather(of origin, about int64) *gathered {
	now := time.Now()
	if s.gathered.serves(of, now, max(s.last.took, s.progress.workedSoFar(now))) {
		s.progress.resume(now)
		return s.gathered
	}
	for _, k := range []interface{ restart() }{&s.facts, &s.metadata, &s.states, &s.approvals} {
		k.restart()
	}
	s.progress.begin(now, about)
	s.gathered = &gathered{of: of, began: now, found: &Holding{began: now}, rendered: map[string]map[string]store.ObjectInfo{}}
	return s.gathered
}

// objectsBefore is how many objects the last whole sweep of a Library saw that its status tells of; zero when it tells of none.
func objectsBefore(library *v1alpha1.Library) int64 {
	if told := library.Status.Sweep; told != nil && told.Last != nil && told.Last.Objects != nil {
		return *told.Last.Objects
	}
	return 0
}

// wholeSweep is one that came to its end.
type wholeSweep struct {
	ended   time.Time
	took    time.Duration
	objects int64
	// cut: it went on, at least once, where it was.
	cut bool
	// generation of the Library that it was about.
	generation int64
}

// told is what the status tells of it; nil when it did not take long.
func (w wholeSweep) told() *v1alpha1.FinishedSweep {
	if w.took < slowSweep {
		return nil
	}
	return &v1alpha1.FinishedSweep{FinishedAt: metav1.NewTime(w.ended.Truncate(time.Second)), Objects: ptr.To(w.objects), Took: inSeconds(w.took)}
}

// finish notes that a sweep has come to its end, so that the next one begins at the beginning.
func (s *sweeper) finish(library *v1alpha1.Library, now time.Time) {
	s.last = wholeSweep{ended: now, cut: s.gathered.cut, generation: library.Generation}
	s.last.took, s.last.objects = s.progress.finish(now)
	s.gathered = nil
}

// interrupt notes that a look has failed: the next one goes on with what it gathered.
func (s *sweeper) interrupt(now time.Time) {
	if s.gathered != nil {
		s.progress.pause(now)
		s.gathered.cut = true
	}
}

// rest is how long a Library is left alone yet since its last sweep took long, unless it is declared otherwise by now.
func (s *sweeper) rest(library *v1alpha1.Library, now time.Time) time.Duration {
	if s.gathered != nil || s.last.generation != library.Generation {
		return 0
	}
	return restAfter(s.last.took) - now.Sub(s.last.ended)
}
