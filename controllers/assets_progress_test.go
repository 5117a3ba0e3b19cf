package controllers

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

var morning = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

func seeing(p *progress, n int) {
	for range n {
		p.see()
	}
}

// features: D12
func TestProgressOfASweep(t *testing.T) {
	at := func(seconds int) time.Time { return morning.Add(time.Duration(seconds) * time.Second) }
	told := func(phase v1alpha1.SweepPhase, seen int64) *v1alpha1.SweepProgress {
		return &v1alpha1.SweepProgress{Phase: phase, StartedAt: metav1.NewTime(morning), Seen: ptr.To(seen)}
	}
	with := func(p *v1alpha1.SweepProgress, about, perSecond int64, left v1alpha1.Duration) *v1alpha1.SweepProgress {
		if about > 0 {
			p.About = ptr.To(about)
		}
		p.PerSecond, p.TimeLeft = ptr.To(perSecond), left
		return p
	}
	for _, test := range []struct {
		reason string
		sweep  func(p *progress)
		at     int
		want   *v1alpha1.SweepProgress
	}{
		{"nothing is told before there was one", func(*progress) {}, 60, nil},
		{"nor while it has not taken long", func(p *progress) { p.begin(at(0), 0); seeing(p, 5) }, 9, nil},
		{"the first one does not know how many there are", func(p *progress) { p.begin(at(0), 0); seeing(p, 1000) }, 10,
			with(told(v1alpha1.SweepOriginals, 1000), 0, 100, "")},
		{"what another process saw is as many as there are about", func(p *progress) { p.begin(at(0), 4000); seeing(p, 1000) }, 10,
			with(told(v1alpha1.SweepOriginals, 1000), 4000, 100, "30s")},
		{"so is what this one saw", func(p *progress) {
			p.begin(morning.Add(-time.Hour), 9)
			seeing(p, 3000)
			p.finish(morning.Add(-time.Minute))
			p.begin(at(0), 9)
			p.enter(v1alpha1.SweepDetails)
			seeing(p, 300)
		}, 60, with(told(v1alpha1.SweepDetails, 300), 3000, 5, "9m0s")},
		{"that there are more than before leaves no time that is known", func(p *progress) { p.begin(at(0), 500); seeing(p, 1000) }, 20,
			with(told(v1alpha1.SweepOriginals, 1000), 500, 50, "")},
		{"nor is there any before something was seen", func(p *progress) { p.begin(at(0), 500) }, 20,
			with(told(v1alpha1.SweepOriginals, 0), 500, 0, "")},
		{"more than can be told is not told", func(p *progress) { p.begin(at(0), 1<<40); seeing(p, 1) }, 20,
			with(told(v1alpha1.SweepOriginals, 1), 1<<40, 0, "")},
		{"one that was cut stands still", func(p *progress) { p.begin(at(0), 4000); seeing(p, 1000); p.pause(at(20)) }, 600, func() *v1alpha1.SweepProgress {
			p := told(v1alpha1.SweepOriginals, 1000)
			p.About = ptr.To[int64](4000)
			return p
		}()},
		{"and the time that it stood still is no work", func(p *progress) {
			p.begin(at(0), 4000)
			seeing(p, 1000)
			p.pause(at(20))
			p.resume(at(600))
			seeing(p, 1000)
		}, 620, with(told(v1alpha1.SweepOriginals, 2000), 4000, 50, "40s")},
		{"that one was cut early and often is not told", func(p *progress) { p.begin(at(0), 0); p.pause(at(4)); p.resume(at(60)); p.pause(at(64)) }, 600, nil},
		{"nothing is told after its end", func(p *progress) { p.begin(at(0), 0); seeing(p, 5); p.finish(at(50)) }, 51, nil},
	} {
		t.Run(test.reason, func(t *testing.T) {
			p := &progress{}
			test.sweep(p)
			if diff := cmp.Diff(test.want, p.running(at(test.at))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// features: D12
func TestWhatIsToldOfSweeps(t *testing.T) {
	last := wholeSweep{ended: morning, took: 90 * time.Second, objects: 70}.told()
	running := &v1alpha1.SweepProgress{Phase: v1alpha1.SweepDetails, StartedAt: metav1.NewTime(morning), Seen: ptr.To[int64](3)}
	want := &v1alpha1.FinishedSweep{FinishedAt: metav1.NewTime(morning), Objects: ptr.To[int64](70), Took: "1m30s"}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if short := (wholeSweep{ended: morning, took: 9 * time.Second, objects: 70}).told(); short != nil {
		t.Errorf("of one that took nine seconds is told %+v", short)
	}
	for _, test := range []struct {
		reason        string
		before, known *v1alpha1.SweepStatus
		want          *v1alpha1.SweepStatus
	}{
		{"a small Library's status tells nothing", nil, &v1alpha1.SweepStatus{}, nil},
		{"nor does that of one that became small", &v1alpha1.SweepStatus{Last: last}, &v1alpha1.SweepStatus{}, nil},
		{"what is known is told", nil, &v1alpha1.SweepStatus{Running: running, Last: last}, &v1alpha1.SweepStatus{Running: running, Last: last}},
		{"of what another process was in the midst of, its last whole one stays", &v1alpha1.SweepStatus{Running: running, Last: last}, nil, &v1alpha1.SweepStatus{Last: last}},
		{"and nothing if there was none", &v1alpha1.SweepStatus{Running: running}, nil, nil},
		{"nothing comes of nothing", nil, nil, nil},
	} {
		if diff := cmp.Diff(test.want, sweepTold(test.before, test.known)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}

// features: D12
func TestALibraryIsLeftAloneAfterALongSweep(t *testing.T) {
	for _, test := range []struct {
		reason         string
		interval, took time.Duration
		cut            bool
		want           time.Duration
	}{
		{"a short one follows at the interval", 10 * time.Second, 9 * time.Second, false, 10 * time.Second},
		{"a long one after three times as long as the last one took", 10 * time.Second, time.Minute, false, 3 * time.Minute},
		{"but no sooner than the interval", time.Hour, time.Minute, false, time.Hour},
		{"what one that was cut may have missed is soon looked for", time.Hour, 9 * time.Second, true, hintInterval},
		{"and as soon as a hint would have it where it takes long", time.Hour, time.Minute, true, time.Minute},
	} {
		if got := nextSweep(test.interval, test.took, test.cut); got != test.want {
			t.Errorf("%s: %s, not %s", test.reason, got, test.want)
		}
	}
	library := &v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Generation: 2}}
	for _, test := range []struct {
		reason  string
		sweeper *sweeper
		after   time.Duration
		want    time.Duration
	}{
		{"whoever wakes a sweep after a long one waits", &sweeper{last: wholeSweep{ended: morning, took: time.Minute, generation: 2}}, 20 * time.Second, 40 * time.Second},
		{"after a short one nobody does", &sweeper{last: wholeSweep{ended: morning, took: 9 * time.Second, generation: 2}}, 0, 0},
		{"nor when something else is declared", &sweeper{last: wholeSweep{ended: morning, took: time.Minute, generation: 1}}, 20 * time.Second, 0},
		{"nor to go on with one that was cut", &sweeper{last: wholeSweep{ended: morning, took: time.Minute, generation: 2}, gathered: &gathered{}}, 20 * time.Second, 0},
		{"nor before there was any", &sweeper{}, 0, 0},
	} {
		if got := max(0, test.sweeper.rest(library, morning.Add(test.after))); got != test.want {
			t.Errorf("%s: %s, not %s", test.reason, got, test.want)
		}
	}
}
