package relocate

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// aJournal is one under way, as the manager writes it.
func aJournal(tb testing.TB) (object string, data []byte) {
	tb.Helper()
	at := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	j := newJournal(Move{From: Place{Key: openKey}, To: Place{Key: restrictedKey}, By: "carl", Record: "c1"}, at)
	j.Versions = []Version{{From: "v1", To: "w1", Size: 9, Modified: at}, {From: "v2", Size: 3, Gone: true}}
	j.Before, j.Left, j.Rounds, j.Deleted = []string{"x"}, []string{"v3"}, 2, true
	j.Refusal = refuse(ReasonHeld, "held")
	data, err := j.encode()
	if err != nil {
		tb.Fatal(err)
	}
	return journalObject(j.ID), data
}

// What the manager did not write is no journal: nothing is deleted on the word of it.
func TestJournalsOfSomethingElseAreRefused(t *testing.T) {
	object, good := aJournal(t)
	if _, err := decodeJournal("brand", object, good); err != nil {
		t.Fatal(err)
	}
	for reason, change := range map[string][2]string{
		"another version of the format": {`"v":1`, `"v":2`},
		"another file":                  {`hero.jpg`, `side.jpg`},
		"another library":               {`"Library":"brand"`, `"Library":"other"`},
		"no token":                      {`"token":"`, `"token":"","t":"`},
		"a step that there is not":      {`"step":"Copy"`, `"step":"Removed"`},
		"deletion before all is there":  {`"step":"Copy"`, `"step":"Remove"`},
		"no step":                       {`"step":"Copy"`, `"step":""`},
		"a version without an id":       {`"from":"v1"`, `"from":""`},
		"a size below nothing":          {`"size":9`, `"size":-9`},
		"a version twice":               {`"from":"v2"`, `"from":"v1"`},
		"something behind it":           {`"rounds":2`, `"rounds":2}{"v":1`},
	} {
		other := strings.Replace(string(good), change[0], change[1], 1)
		if other == string(good) {
			t.Fatalf("%s: nothing changes in %s", reason, good)
		}
		if _, err := decodeJournal("brand", object, []byte(other)); !errors.Is(err, errJournal) {
			t.Errorf("%s: the error is %v", reason, err)
		}
	}
}

// FuzzDecodeJournal reads anything at all. It is refused as no journal, or says the same when it is written and read again, and the next
// step follows from it whatever the places hold.
func FuzzDecodeJournal(f *testing.F) {
	object, good := aJournal(f)
	f.Add(good)
	for _, step := range []Step{StepDescribe, StepClear, StepRemove, StepUndo, StepDone, "Gone"} {
		f.Add([]byte(strings.Replace(string(good), `"step":"Copy"`, `"described":true,"step":"`+string(step)+`"`, 1)))
	}
	f.Add([]byte(`{"v":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		j, err := decodeJournal("brand", object, data)
		if err != nil {
			if !errors.Is(err, errJournal) {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		again, err := j.encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		other, err := decodeJournal("brand", object, again)
		if diff := cmp.Diff(j, other, cmpopts.IgnoreUnexported(Journal{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%v, or it is not the same (-read +again):\n%s", err, diff)
		}
		seen := look{source: listing("v2", "m", "v1"), target: listing("w1")}
		after, act := next(j, seen)
		if act.verb == removeVersions && !after.Described {
			t.Errorf("originals are deleted before anything was described: %+v", act)
		}
	})
}
