package relocate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/store"
)

var (
	openKey       = access.Key{Library: "brand", Path: "launch/hero.jpg"}
	restrictedKey = access.Key{Library: "brand", Restricted: "embargo", Path: "hero.jpg"}
)

// listing makes one of ids, the newest first; those that begin with m are markers.
func listing(ids ...string) []store.ObjectInfo {
	var all []store.ObjectInfo
	for i, id := range ids {
		all = append(all, store.ObjectInfo{VersionID: id, IsLatest: i == 0, DeleteMarker: strings.HasPrefix(id, "m")})
	}
	return all
}

// moving is a journal of versions, "a" for one that was not copied and "a>A" for one that was.
func moving(step Step, versions ...string) Journal {
	j := Journal{From: Place{Key: openKey}, To: Place{Key: restrictedKey}, Step: step, Token: "t"}
	for _, v := range versions {
		from, to, _ := strings.Cut(v, ">")
		j.Versions = append(j.Versions, Version{From: from, To: to})
	}
	return j
}

func TestNext(t *testing.T) {
	described := func(j Journal) Journal { j.Described = true; return j }
	tired := func(j Journal) Journal { j.Rounds = maxRounds; return j }
	for reason, test := range map[string]struct {
		journal Journal
		seen    look
		want    action
		left    []string
		refused Reason
		deleted bool
		copied  []string // versions of the journal then, as in moving
	}{
		"the oldest is copied first": {
			journal: moving(StepCopy, "a", "b"), seen: look{source: listing("b", "a")},
			want: action{verb: copyVersions, indexes: []int{0, 1}, step: StepCopy}, copied: []string{"a", "b"},
		},
		"what was copied is not copied again": {
			journal: moving(StepCopy, "a>A", "b"), seen: look{source: listing("b", "a"), target: listing("A")},
			want: action{verb: copyVersions, indexes: []int{1}, step: StepCopy}, copied: []string{"a>A", "b"},
		},
		"a copy whose answer was lost is found": {
			journal: moving(StepCopy, "a", "b"), seen: look{source: listing("b", "a"), target: listing("A"), copies: map[string]int{"A": 0}},
			want: action{verb: copyVersions, indexes: []int{1}, step: StepCopy}, copied: []string{"a>A", "b"},
		},
		"of two copies the older stays": {
			journal: moving(StepCopy, "a", "b"), seen: look{source: listing("b", "a"), target: listing("A2", "A1"), copies: map[string]int{"A1": 0, "A2": 0}},
			want: action{verb: removeCopies, ids: []string{"A2"}, step: StepCopy}, copied: []string{"a>A1", "b"},
		},
		"a copy that came late goes": {
			journal: moving(StepCopy, "a>A", "b>B"), seen: look{source: listing("b", "a"), target: listing("A2", "B", "A"), copies: map[string]int{"A2": 0}},
			want: action{verb: removeCopies, ids: []string{"A2"}, step: StepCopy}, copied: []string{"a>A", "b>B"},
		},
		"what is not as it was goes, and is copied again": {
			journal: moving(StepCopy, "a"), seen: look{source: listing("a"), target: listing("A"), spoilt: []string{"A"}},
			want: action{verb: removeCopies, ids: []string{"A"}, step: StepCopy}, copied: []string{"a"},
		},
		"markers are not copied": {
			journal: moving(StepCopy, "a", "b"), seen: look{source: listing("b", "m", "a")},
			want: action{verb: copyVersions, indexes: []int{0, 1}, step: StepCopy}, copied: []string{"a", "b"},
		},
		"those that came meanwhile are written down before they are copied": {
			journal: moving(StepCopy, "a>A"), seen: look{source: listing("c", "b", "a"), target: listing("A")},
			want: action{verb: nothing, step: StepCopy}, copied: []string{"a>A", "b", "c"},
		},
		"one that came too late stays": {
			journal: tired(moving(StepCopy, "a>A")), seen: look{source: listing("b", "a"), target: listing("A")},
			want: action{verb: describe, ids: []string{"a", "b"}, step: StepClear}, copied: []string{"a>A"},
		},
		"one that was deleted before it was copied is left out": {
			journal: moving(StepCopy, "a", "b>B"), seen: look{source: listing("b"), target: listing("B")},
			want: action{verb: describe, ids: []string{"b"}, step: StepClear}, copied: []string{"a", "b>B"},
		},
		"a file that is gone does not move": {
			journal: moving(StepCopy, "a"), want: action{verb: nothing, step: StepUndo}, refused: ReasonNotFound, copied: []string{"a"},
		},
		"a copy that somebody deleted ends it": {
			journal: moving(StepCopy, "a>A", "b"), seen: look{source: listing("b", "a")},
			want: action{verb: nothing, step: StepUndo}, refused: ReasonCopyGone, copied: []string{"a>A", "b"},
		},
		"what is of others at the new place is not touched": {
			journal: moving(StepUndo, "a>A"), seen: look{source: listing("a"), target: listing("X", "A", "Y")},
			want: action{verb: removeCopies, ids: []string{"A"}, step: StepUndo}, copied: []string{"a>A"},
		},
		"undone": {
			journal: moving(StepUndo, "a>A"), seen: look{source: listing("a"), target: listing("X", "Y")},
			want: action{verb: nothing, step: StepDone}, copied: []string{"a>A"},
		},
		"the current version is removed last, and markers with the others": {
			journal: described(moving(StepRemove, "a>A", "b>B")), seen: look{source: listing("b", "m", "a"), target: listing("B", "A")},
			want: action{verb: removeVersions, ids: []string{"m", "a", "b"}, step: StepRemove}, copied: []string{"a>A", "b>B"},
		},
		"a file that was deleted meanwhile stays deleted until its versions are gone": {
			journal: described(moving(StepRemove, "a>A")), seen: look{source: listing("m", "a"), target: listing("A")},
			want: action{verb: removeVersions, ids: []string{"a", "m"}, step: StepRemove}, deleted: true, copied: []string{"a>A"},
		},
		"nothing is removed whose copy is not there": {
			journal: tired(described(moving(StepRemove, "a>A", "b>B"))), seen: look{source: listing("b", "a", "m"), target: listing("A")},
			want: action{verb: removeVersions, ids: []string{"a"}, step: StepRemove}, left: []string{"b"}, copied: []string{"a>A", "b>B"},
		},
		"one that the store does not copy stays, and the others go on": {
			journal: func() Journal {
				j := described(moving(StepCopy, "a>A", "b", "c"))
				j.Left = []string{"b"}
				return j
			}(), seen: look{source: listing("c", "b", "a"), target: listing("A")},
			want: action{verb: copyVersions, indexes: []int{2}, step: StepCopy}, left: []string{"b"}, copied: []string{"a>A", "b", "c"},
		},
		"and the move ends": {
			journal: func() Journal {
				j := described(moving(StepCopy, "a>A", "b"))
				j.Left = []string{"b"}
				return j
			}(), seen: look{source: listing("b"), target: listing("A")},
			want: action{verb: describe, ids: []string{"b"}, step: StepClear}, left: []string{"b"}, copied: []string{"a>A", "b"},
		},
		"one that came when all was copied is taken along": {
			journal: described(moving(StepRemove, "a>A")), seen: look{source: listing("b"), target: listing("A")},
			want: action{verb: nothing, step: StepCopy}, copied: []string{"a>A", "b"},
		},
		"a marker that hides what stays is not removed": {
			journal: tired(described(moving(StepRemove, "a>A"))), seen: look{source: listing("m", "b"), target: listing("A")},
			want: action{verb: finish, step: StepDone}, left: []string{"b"}, deleted: true, copied: []string{"a>A"},
		},
		"nothing is left": {
			journal: described(moving(StepRemove, "a>A")), seen: look{target: listing("A")},
			want: action{verb: finish, step: StepDone}, copied: []string{"a>A"},
		},
		"done is done": {journal: moving(StepDone, "a>A"), want: action{verb: nothing, step: StepDone}, copied: []string{"a>A"}},
	} {
		t.Run(reason, func(t *testing.T) {
			before, _ := test.journal.encode()
			got, act := next(test.journal, test.seen)
			if diff := cmp.Diff(test.want, act, cmp.AllowUnexported(action{})); diff != "" {
				t.Errorf("action (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(moving("", test.copied...).Versions, got.Versions, cmpopts.IgnoreFields(Version{}, "Gone")); diff != "" {
				t.Errorf("versions (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.left, got.Left); diff != "" || got.Deleted != test.deleted {
				t.Errorf("left (-want +got)\n%s\ndeleted %t, want %t", diff, got.Deleted, test.deleted)
			}
			if (got.Refusal == nil) != (test.refused == "") || got.Refusal != nil && got.Refusal.Reason != test.refused {
				t.Errorf("refused %v, want %q", got.Refusal, test.refused)
			}
			if after, _ := test.journal.encode(); string(before) != string(after) {
				t.Error("the journal that was given was changed")
			}
		})
	}
}

// world is a file that moves while people go on working: both places, the oldest version first.
type world struct {
	source, target []simulated
	journal        Journal // as it was written last
	held           map[string]bool
	late           []simulated // copies whose answer was lost, and that are not there yet
	ever           []string    // contents in the order in which they came
	n              int
}

type simulated struct {
	id, content string
	marker      bool
	of          int // of a copy: the index of what it is of, else -1
}

func (w *world) id(kind string) string { w.n++; return fmt.Sprintf("%s%d", kind, w.n) }

func (w *world) upload() {
	w.ever = append(w.ever, w.id("content"))
	w.source = append(w.source, simulated{id: w.id("v"), content: w.ever[len(w.ever)-1], of: -1})
}

func seenOf(all []simulated) []store.ObjectInfo {
	var ids []string
	for _, v := range slices.Backward(all) {
		ids = append(ids, v.id)
	}
	return listing(ids...)
}

func (w *world) look() look {
	seen := look{source: seenOf(w.source), target: seenOf(w.target), copies: map[string]int{}}
	for _, v := range w.target {
		known := slices.ContainsFunc(w.journal.Versions, func(k Version) bool { return k.To == v.id })
		if v.of >= 0 && v.of < len(w.journal.Versions) && !known {
			seen.copies[v.id] = v.of
		}
	}
	return seen
}

// do does as much of an action as the draw lets it, and tells whether it came to its end.
func (w *world) do(t *rapid.T, j *Journal, act action) bool {
	cut := func() bool { return rapid.IntRange(0, 9).Draw(t, "cut") == 0 }
	switch act.verb {
	case copyVersions:
		for _, i := range act.indexes {
			at := slices.IndexFunc(w.source, func(v simulated) bool { return v.id == j.Versions[i].From })
			if at < 0 {
				return true
			}
			made := simulated{id: w.id("c"), content: w.source[at].content, of: i}
			if cut() { // it may come about, at once or later
				switch rapid.IntRange(0, 2).Draw(t, "fate") {
				case 0:
					w.target = append(w.target, made)
				case 1:
					w.late = append(w.late, made)
				}
				return false
			}
			w.target = append(w.target, made)
			j.Versions[i].To = made.id
			if rapid.IntRange(0, 4).Draw(t, "budget") == 0 {
				return true
			}
		}
	case describe:
		if !j.Described && slices.ContainsFunc(act.ids, func(id string) bool { return w.held[id] }) {
			*j, _ = j.giveUp(refuse(ReasonHeld, "held"))
			return true
		}
		j.Described = true
	case removeCopies, removeVersions:
		place := &w.target
		if act.verb == removeVersions {
			place = &w.source
		}
		for _, id := range act.ids {
			if cut() {
				return false
			}
			if w.held[id] {
				j.Left = append(j.Left, id)
				continue
			}
			*place = slices.DeleteFunc(*place, func(v simulated) bool { return v.id == id })
		}
	case clearOld, finish, nothing:
	}
	return !cut()
}

func (w *world) happens(t *rapid.T) {
	switch rapid.IntRange(0, 30).Draw(t, "happens") {
	case 0:
		w.upload()
	case 1:
		w.source = append(w.source, simulated{id: w.id("m"), marker: true, of: -1})
	case 2:
		w.target = append(w.target, simulated{id: w.id("x"), content: w.id("other"), of: -1})
	case 3:
		if at := len(w.source) - 1; at >= 0 && !w.source[at].marker { // a store keeps no marker
			w.held[w.source[at].id] = true
		}
	case 4:
		w.target = append(w.target, w.late...)
		w.late = nil
	}
}

// However often it is cut, and whatever happens meanwhile, every version is at one of both places in the end, none is there twice, and their
// order is what it was.
func TestAMoveEndsAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{held: map[string]bool{}, journal: moving(StepCopy)}
		for range rapid.IntRange(1, 6).Draw(t, "versions") {
			w.upload()
		}
		w.journal.addVersions(seenOf(w.source))
		for looks := 0; w.journal.Step != StepDone; looks++ {
			if looks > 2000 {
				t.Fatalf("it does not end: %+v", w.journal)
			}
			w.happens(t)
			after, act := next(w.journal, w.look())
			after.Step = act.step
			if w.do(t, &after, act) {
				w.journal = after
			}
		}
		w.check(t)
	})
}

func (w *world) check(t *rapid.T) {
	var moved, stayed []string
	for _, v := range w.target {
		if v.of >= 0 {
			moved = append(moved, v.content)
		}
	}
	var left []string
	for _, v := range w.source {
		if !v.marker {
			stayed, left = append(stayed, v.content), append(left, v.id)
		}
	}
	if w.journal.Refusal != nil {
		if len(moved) > 0 || !slices.Equal(stayed, w.ever) {
			t.Fatalf("refused, yet %v moved and %v stayed of %v", moved, stayed, w.ever)
		}
		return
	}
	slices.Sort(left)
	told := slices.Sorted(slices.Values(w.journal.Left))
	if !slices.Equal(left, slices.Compact(told)) {
		t.Fatalf("%v is left, told is %v", left, told)
	}
	if len(left) == 0 && len(w.source) > 0 {
		t.Fatalf("markers are left: %v", w.source)
	}
	rest := slices.DeleteFunc(slices.Clone(w.ever), func(c string) bool { return slices.Contains(stayed, c) })
	kept := slices.DeleteFunc(slices.Clone(moved), func(c string) bool { return slices.Contains(stayed, c) })
	if !slices.Equal(kept, rest) {
		t.Fatalf("at the new place is %v, want %v", moved, rest)
	}
	if !slices.IsSortedFunc(moved, func(a, b string) int { return slices.Index(w.ever, a) - slices.Index(w.ever, b) }) {
		t.Fatalf("the order is %v, was %v", moved, w.ever)
	}
}
