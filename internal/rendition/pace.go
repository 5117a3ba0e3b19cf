package rendition

import (
	"math"
	"slices"
	"strconv"
	"time"
)

const (
	// paceWindow is how far back a pace looks: long enough for the seconds between two looks and between two indexes of a Job to
	// even out, short enough to follow a change within a minute.
	paceWindow = time.Minute
	// paceEvery is how long a pace is told before another one is.
	paceEvery = 5 * time.Second
	// maxLeft is the longest time left that is told. What would take longer hardly moves, and a number of years would say nothing.
	maxLeft = 10_000 * time.Hour
)

// Pace is how fast originals are decided, those of which nothing can be made included. The zero value tells nothing.
type Pace struct {
	// PerSecond with at most two decimals; empty while nothing is under way, or none were seen to be decided yet.
	PerSecond string
	// Left is about how long the rest takes, rounded up; zero when that cannot be said.
	Left time.Duration
}

// History is what looks at a library saw of its rendering over the last while. The zero value has seen nothing.
type History struct {
	set   string     // the presets that all of it is about
	seen  []sighting // in the order of time
	told  Pace
	since time.Time // when told was found
}

// sighting is one look.
type sighting struct {
	at      time.Time
	decided int // as counted
	came    int // to be decided since the first look, so that originals that go take nothing away
}

// Observe gives the history after one more look, which found a plan while workers were under way, or were not.
func (p History) Observe(now time.Time, plan Plan, underWay bool) History {
	left := len(plan.Work)
	if left == 0 || p.set != plan.PresetSet {
		p = History{set: plan.PresetSet} // what counts as decided is not what it was
	}
	if left == 0 {
		return p
	}
	next := sighting{at: now, decided: plan.Counts.Originals - left}
	if len(p.seen) > 0 {
		last := p.seen[len(p.seen)-1]
		next.came = last.came + max(0, next.decided-last.decided)
	}
	if !underWay { // the last look before the workers begin is where their time counts from
		return History{set: p.set, seen: []sighting{next}}
	}
	p.seen = append(slices.Clone(p.seen), next)
	for len(p.seen) > 2 && now.Sub(p.seen[1].at) >= paceWindow {
		p.seen = p.seen[1:]
	}
	if p.told == (Pace{}) || now.Sub(p.since) >= paceEvery {
		p.told, p.since = p.pace(left), now
	}
	return p
}

// Pace that is to be told now.
func (p History) Pace() Pace { return p.told }

// pace says how fast originals were decided in the window, and how long it takes to decide so many more.
func (p History) pace(left int) Pace {
	first, last := p.seen[0], p.seen[len(p.seen)-1]
	elapsed := last.at.Sub(first.at).Seconds()
	if elapsed <= 0 || last.came == 0 {
		return Pace{}
	}
	came := last.came - first.came
	if came == 0 {
		return Pace{PerSecond: "0"} // nothing moves of late
	}
	perSecond := float64(came) / elapsed
	pace := Pace{PerSecond: decimal(perSecond)}
	if seconds := float64(left) / perSecond; seconds <= maxLeft.Seconds() {
		pace.Left = roundUp(time.Duration(math.Round(seconds)) * time.Second)
	}
	return pace
}

// decimal writes a number with about two digits that say something.
func decimal(x float64) string {
	switch {
	case x >= 10:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 1:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(max(x, 0.01), 'f', 2, 64)
}

// roundUp gives a length of time as exactly as an estimate deserves.
func roundUp(d time.Duration) time.Duration {
	step := 5 * time.Second
	switch {
	case d > 10*time.Hour:
		step = time.Hour
	case d > 2*time.Hour:
		step = 10 * time.Minute
	case d > 2*time.Minute:
		step = time.Minute
	}
	if over := d % step; over > 0 {
		d += step - over
	}
	return max(step, d)
}
