package cluster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/store"
)

var errFailing = errors.New("the store fails once")

// failures counts calls by name, and lets one of them fail.
type failures struct {
	mu    sync.Mutex
	calls map[string]int
	fail  string // the name whose first call fails
	hit   bool
}

// Hook is for startManager.
func (f *failures) Hook(c store.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := fmt.Sprintf("%s %s", c.Service, c.Operation)
	f.calls[name]++
	if name == f.fail && !f.hit {
		f.hit = true
		return errFailing
	}
	return nil
}

// made is how often each call was made so far. A stopped manager may still have one under way.
func (f *failures) made() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.calls)
}

// happened tells whether the call failed.
func (f *failures) happened() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hit
}

// A call that fails once, reads among them, takes nothing from anybody that both
// declarations give and gives nothing that neither gives; and what is declared comes into force all the same.
//
// features: U3
func TestEveryKindOfCallFailsOnceInAChange(t *testing.T) {
	onEachStore(t, "failing", func(w *world) {
		from, to := w.changing()
		w.stopManager()
		change := func(fail string) *failures {
			w.declare(to)
			stop := w.neverMore(from, to)
			defer stop()
			f := &failures{calls: map[string]int{}, fail: fail}
			w.startManager(f.Hook)
			w.arrived("with "+fail+" failing once the new declarations are in force", to)
			w.stopManager()
			from, to = to, from
			return f
		}
		called := [2]map[string]int{change("").made(), change("").made()} // a change and its reverse
		var left []string
		for _, calls := range called {
			for name := range calls {
				// What has to do with files and links is of another kind of reconciler.
				if !strings.Contains(name, "Object") {
					left = append(left, name)
				}
			}
		}
		slices.Sort(left)
		left = slices.Compact(left)
		if len(left) < 8 {
			w.Errorf("only %v were called: nothing is tested", left)
		}
		// Each fails in a change that makes the call; one that depends on what comes first may take another turn.
		for turn, most := 0, 3*len(left); len(left) > 0; turn++ {
			if turn > most {
				w.Fatalf("%v never failed", left)
			}
			i := max(0, slices.IndexFunc(left, func(name string) bool { return called[turn%2][name] > 0 }))
			name := left[i]
			if left = slices.Delete(left, i, i+1); !change(name).happened() {
				left = append(left, name)
			}
		}
	})
}
