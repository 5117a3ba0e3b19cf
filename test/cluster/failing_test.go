package cluster

import (
	"errors"
	"fmt"
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
		seen := map[string]bool{}
		for range 2 { // a change and its reverse make different calls
			for name := range change("").calls {
				seen[name] = true
			}
		}
		var names []string
		for name := range seen {
			// What has to do with files and links is of another kind of reconciler.
			if !strings.Contains(name, "Object") {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		hits := 0
		for _, name := range names {
			if change(name).hit {
				hits++
			}
		}
		if hits < len(names)/2 || hits < 4 {
			w.Errorf("of %v only %d failed: nothing was tested", names, hits)
		}
	})
}
