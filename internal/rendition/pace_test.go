package rendition_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/rendition"
)

// look is one look at a library.
type look struct {
	at         time.Duration // since the first
	originals  int
	left       int
	idle       bool   // no workers are under way
	otherRules string // other presets than before
}

// features: D13
func TestPace(t *testing.T) {
	run := func(from, to, every time.Duration, originals, left int, perSecond float64) (looks []look) {
		for at := from; at <= to; at += every {
			looks = append(looks, look{at: at, originals: originals, left: left - int(perSecond*(at-from).Seconds())})
		}
		return looks
	}
	begin := look{originals: 10_000, left: 10_000, idle: true}
	steady := append([]look{begin}, run(10*time.Second, time.Minute, 10*time.Second, 10_000, 10_000, 20)...)
	for reason, c := range map[string]struct {
		looks []look
		want  rendition.Pace
	}{
		"nothing is to be done":                  {[]look{{originals: 10}}, rendition.Pace{}},
		"nothing is under way yet":               {[]look{begin}, rendition.Pace{}},
		"the workers have not decided any yet":   {[]look{begin, {at: 10 * time.Second, originals: 10_000, left: 10_000}}, rendition.Pace{}},
		"one look alone says nothing":            {[]look{{originals: 10, left: 5}}, rendition.Pace{}},
		"from the last look before the workers":  {[]look{begin, {at: 10 * time.Second, originals: 10_000, left: 9_990}}, rendition.Pace{PerSecond: "1.0", Left: 2*time.Hour + 50*time.Minute}},
		"a steady run":                           {steady, rendition.Pace{PerSecond: "17", Left: 9 * time.Minute}},
		"only the last minute counts":            {append(append([]look{}, steady...), run(70*time.Second, 130*time.Second, 10*time.Second, 10_000, 9_000, 2)...), rendition.Pace{PerSecond: "2.0", Left: time.Hour + 14*time.Minute}},
		"a slow one has decimals":                {[]look{begin, {at: 50 * time.Second, originals: 10_000, left: 9_999}}, rendition.Pace{PerSecond: "0.02", Left: 139 * time.Hour}},
		"one that hardly moves tells no end":     {[]look{{originals: 9_000_000, left: 9_000_000, idle: true}, {at: 50 * time.Second, originals: 9_000_000, left: 8_999_999}}, rendition.Pace{PerSecond: "0.02"}},
		"one that does not move any more":        {append(append([]look{}, steady...), run(70*time.Second, 130*time.Second, 10*time.Second, 10_000, 9_000, 0)...), rendition.Pace{PerSecond: "0"}},
		"the end":                                {append(append([]look{}, steady...), look{at: 70 * time.Second, originals: 10_000}), rendition.Pace{}},
		"between two Jobs":                       {append(append([]look{}, steady...), look{at: 70 * time.Second, originals: 10_000, left: 8_000, idle: true}), rendition.Pace{}},
		"new originals are not decided ones":     {append(append([]look{}, steady...), look{at: 70 * time.Second, originals: 11_000, left: 10_000}), rendition.Pace{PerSecond: "17", Left: 10 * time.Minute}},
		"originals that go are not undone":       {append(append([]look{}, steady...), look{at: 70 * time.Second, originals: 9_000, left: 8_800}), rendition.Pace{PerSecond: "17", Left: 9 * time.Minute}},
		"other presets are another undertaking":  {append(append([]look{}, steady...), look{at: 70 * time.Second, originals: 10_000, left: 100, otherRules: "b"}), rendition.Pace{}},
		"a pace stays for five seconds":          {append(append([]look{}, steady...), look{at: 64 * time.Second, originals: 10_000, left: 100}), rendition.Pace{PerSecond: "17", Left: 9 * time.Minute}},
		"the rest is not less than five seconds": {[]look{begin, {at: 10 * time.Second, originals: 10_000, left: 1}}, rendition.Pace{PerSecond: "1000", Left: 5 * time.Second}},
	} {
		t.Run(reason, func(t *testing.T) {
			var p rendition.History
			began := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
			for _, l := range c.looks {
				plan := rendition.Plan{PresetSet: "a" + l.otherRules, Work: make([]rendition.Work, l.left), Counts: rendition.Counts{Originals: l.originals}}
				p = p.Observe(began.Add(l.at), plan, !l.idle && l.left > 0)
			}
			if diff := cmp.Diff(c.want, p.Pace()); diff != "" {
				t.Errorf("other than wanted (-want +got):\n%s", diff)
			}
		})
	}
}

// What was seen before does not change with what is seen later.
func TestAHistoryIsAValue(t *testing.T) {
	began := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	at := func(p rendition.History, seconds, left int) rendition.History {
		plan := rendition.Plan{Work: make([]rendition.Work, left), Counts: rendition.Counts{Originals: 100}}
		return p.Observe(began.Add(time.Duration(seconds)*time.Second), plan, true)
	}
	p := at(at(rendition.History{}, 0, 100), 10, 90)
	slow, fast := at(p, 20, 89), at(p, 20, 20)
	if slow.Pace() == fast.Pace() || at(p, 20, 89).Pace() != slow.Pace() {
		t.Errorf("%+v and %+v are of one beginning", slow.Pace(), fast.Pace())
	}
}
