package controllers

import (
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

const (
	// slowSweep is how long a sweep takes from which on its Library's status tells how far it is, and its Library is left alone after it.
	slowSweep = 10 * time.Second
	// tellProgress is how often the status tells.
	tellProgress = 5 * time.Second
	// longestTold is the longest time left that is told: more is no estimate, and the API takes a million hours at most.
	longestTold = 10 * 365 * 24 * time.Hour
)

// progress is how far the sweep of a Library is: nowhere between two of them. A sweep may be cut and go on; what lies between does not count as work.
type progress struct {
	mu    sync.Mutex
	phase v1alpha1.SweepPhase
	began time.Time
	// worked is what the looks took that were cut, and since is when the one under way began: zero between looks.
	worked time.Duration
	since  time.Time
	seen   int64
	// about is how many objects the last whole sweep saw; zero when that is not known.
	about int64
}

// begin begins a sweep of about so many objects, where this process has not seen any end itself.
func (p *progress) begin(now time.Time, about int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.about == 0 {
		p.about = about
	}
	p.phase, p.began, p.since, p.worked, p.seen = v1alpha1.SweepOriginals, now, now, 0, 0
}

// resume goes on with one that was cut.
func (p *progress) resume(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = now
}

// pause notes that a sweep was cut.
func (p *progress) pause(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.worked, p.since = p.took(now), time.Time{}
}

func (p *progress) enter(phase v1alpha1.SweepPhase) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase = phase
}

func (p *progress) see() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
}

// workedSoFar is how long the sweep under way has worked, the time between its looks left out.
func (p *progress) workedSoFar(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.took(now)
}

// took is called with the lock held.
func (p *progress) took(now time.Time) time.Duration {
	if p.since.IsZero() {
		return p.worked
	}
	return p.worked + now.Sub(p.since)
}

// running is what the status tells of a sweep that is under way or was cut; nil while it has not taken long, and between sweeps.
func (p *progress) running(now time.Time) *v1alpha1.SweepProgress {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := p.took(now)
	if p.began.IsZero() || took < slowSweep {
		return nil
	}
	told := &v1alpha1.SweepProgress{Phase: p.phase, StartedAt: metav1.NewTime(p.began.Truncate(time.Second)), Seen: ptr.To(p.seen)}
	if p.about > 0 {
		told.About = ptr.To(p.about)
	}
	if p.since.IsZero() {
		return told // it stands still
	}
	told.PerSecond = ptr.To(int64(float64(p.seen) / took.Seconds()))
	if p.seen > 0 && p.seen < p.about {
		if left := took.Seconds() / float64(p.seen) * float64(p.about-p.seen); left < longestTold.Seconds() {
			told.TimeLeft = inSeconds(time.Duration(left * float64(time.Second)))
		}
	}
	return told
}

// finish notes that a sweep has come to its end, and gives how long it took, and how many objects there are.
func (p *progress) finish(now time.Time) (took time.Duration, objects int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	took = p.took(now)
	p.began, p.about = time.Time{}, p.seen
	return took, p.seen
}

// inSeconds is a length of time as the API tells it.
func inSeconds(d time.Duration) v1alpha1.Duration {
	return v1alpha1.Duration(d.Round(time.Second).String())
}

// sweepTold is what a Library's status tells of its sweeps, where known is what this process knows of them: nil before it has anything to
// tell or to take back. Of one that another process was in the midst of nothing is left but the last whole one.
func sweepTold(before, known *v1alpha1.SweepStatus) *v1alpha1.SweepStatus {
	if known == nil {
		if before == nil || before.Last == nil {
			return nil
		}
		known = &v1alpha1.SweepStatus{Last: before.Last}
	}
	if *known == (v1alpha1.SweepStatus{}) {
		return nil
	}
	return known.DeepCopy()
}

// restAfter is how long a Library is left alone after a whole sweep, whatever is told of it: as long as that took, if it took long.
func restAfter(took time.Duration) time.Duration {
	if took < slowSweep {
		return 0
	}
	return took
}

// unaskedShare is how many times as long as it took to sweep a Library nobody sweeps it unasked: a quarter of the time is spent on it.
const unaskedShare = 3

// nextSweep is when a Library is swept again, unasked, after a whole sweep. One that had been cut had passed some objects long before its end,
// and a hint about those may have come meanwhile: the next one follows as soon as one would after a hint.
func nextSweep(interval, took time.Duration, cut bool) time.Duration {
	if cut {
		return max(hintInterval, restAfter(took))
	}
	return max(interval, unaskedShare*restAfter(took))
}

// tellProgress has a Library's status tell how far a sweep is, every few seconds, until it is stopped.
func (r *AssetsReconciler) tellProgress(library *v1alpha1.Library, p *progress) (stop func()) {
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(tellProgress)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case now := <-ticker.C:
				if running := p.running(now); running != nil {
					r.tellRunning(library, running)
				}
			}
		}
	}()
	return func() { close(ended); <-stopped }
}

// tellEnd has the status tell that a sweep ended, or that it stands still, if it told that it was under way.
func (r *AssetsReconciler) tellEnd(library *v1alpha1.Library, s *sweeper, failed error) {
	if failed == nil {
		r.tellSweep(library, v1alpha1.SweepStatus{Last: s.last.told()})
		return
	}
	s.interrupt(time.Now())
	if told := r.Inventory.sweepOf(client.ObjectKeyFromObject(library)); told != nil && told.Running != nil {
		r.tellRunning(library, s.progress.running(time.Now()))
	}
}

func (r *AssetsReconciler) tellRunning(library *v1alpha1.Library, running *v1alpha1.SweepProgress) {
	told := v1alpha1.SweepStatus{Running: running}
	if before := sweepTold(library.Status.Sweep, r.Inventory.sweepOf(client.ObjectKeyFromObject(library))); before != nil {
		told.Last = before.Last
	}
	r.tellSweep(library, told)
}

func (r *AssetsReconciler) tellSweep(library *v1alpha1.Library, told v1alpha1.SweepStatus) {
	key := client.ObjectKeyFromObject(library)
	if r.Inventory.setSweep(key, told) {
		r.Notices.wake(libraryController, key, 0)
	}
}
