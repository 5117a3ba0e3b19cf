package cluster

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

var errDead = errors.New("the manager is dead")

// dying lets so many writes to the store through and then nothing, as a manager
// killed at that very point. The channel is closed when it died.
func dying(writes int64) (hook func(store.Call) error, died <-chan struct{}) {
	gone := make(chan struct{})
	var left atomic.Int64
	left.Store(writes)
	return func(c store.Call) error {
		if c.Mutates && left.Add(-1) == -1 {
			close(gone)
		}
		if left.Load() < 0 {
			return errDead
		}
		return nil
	}, gone
}

// A manager that dies between any two writes to the store, wherever that is,
// leaves nothing behind that the next one does not bring to what is declared.
func TestKilledBetweenAnyTwoWrites(t *testing.T) {
	w := newWorld(t, "crash")
	w.stopManager()
	for n := int64(0); ; n++ {
		tenant := fmt.Sprintf("crash-%d", n)
		if !w.surviveDeathAfter(n, tenant) {
			if n < 10 {
				t.Fatalf("bringing a tenant up took only %d writes: nothing was tested", n)
			}
			return
		}
	}
}

// surviveDeathAfter brings a Library of its own up with a manager that dies
// after n writes, and then with one that does not. It is false when the first
// one did not die, since it had less to write.
func (w *world) surviveDeathAfter(n int64, library string) bool {
	w.Helper()
	manifest := strings.NewReplacer("NAME-brand", library, "name: brand", "name: "+library, "alice", "alice-"+library, "bob", "bob-"+library,
		"launch}", "launch-"+library+"}", "editors", "editors-"+library).Replace(people)
	w.apply(w.named(manifest))
	hook, died := dying(n)
	w.startManager(hook)
	finished := make(chan struct{})
	w.eventually("the manager dies or is done", 30*time.Second, func() error {
		select {
		case <-died:
			return nil
		default:
		}
		for _, name := range []string{"alice-" + library + "-views", "editors-" + library + "-contribute"} {
			binding := &v1alpha1.RoleBinding{}
			w.get(binding, name)
			if len(binding.Status.Conditions) == 0 || binding.Status.Conditions[0].Status != "True" {
				return fmt.Errorf("%s is not ready", name)
			}
		}
		user := &v1alpha1.User{}
		w.get(user, "bob-"+library)
		if len(user.Status.Identities) == 0 {
			return errors.New("bob has no identity")
		}
		close(finished)
		return nil
	})
	w.stopManager()
	w.startManager(nil)
	defer w.stopManager()
	w.ready(&v1alpha1.Library{}, library)
	w.ready(&v1alpha1.RoleBinding{}, "editors-"+library+"-contribute")
	bob := w.as("bob-" + library)
	w.eventually(fmt.Sprintf("after a death at write %d bob uploads", n), 10*time.Second, func() error {
		return put(w.ctx, bob, library, "launch-"+library+"/b.txt", "B")
	})
	w.leakedNothing(library, library)
	select {
	case <-finished:
		return false
	default:
		return true
	}
}

// A change takes away and gives at once. Wherever the manager dies in it, nobody has
// at any moment what neither the old declarations nor the new ones give, and the next
// manager brings the new ones into force. Never beside another test: its manager would see what is
// between two declarations.
//
// features: U3, D16
func TestKilledAnywhereInAChange(t *testing.T) {
	onEachStore(t, "change", func(w *world) {
		from, to := w.changing()
		w.stopManager()
		// Once to and once fro without a death, looking between any two writes.
		writes := max(w.watchedChange(from, to), w.watchedChange(to, from))
		deaths := 0
		for n := range writes {
			if w.surviveDeathInChange(n, from, to) {
				deaths++
			}
			from, to = to, from
		}
		if deaths < 4 {
			w.Errorf("of %d writes only %d were deaths: nothing was tested", writes, deaths)
		}
	})
}

// changing brings the first of the two stages into force.
func (w *world) changing() (from, to stage) {
	w.Helper()
	from, to = stages()
	w.declare(from)
	w.ready(&v1alpha1.Library{}, "brand")
	for _, place := range places {
		bucket := w.name + "-brand"
		if strings.HasPrefix(place, "restricted/") {
			bucket += "-dam"
		}
		w.must(put(w.ctx, w.root(), bucket, place+"a.txt", "A"))
	}
	w.arrived("the first declarations are in force", from)
	return from, to
}

// watchedChange brings a tenant from one stage to another, and has everybody
// tried before each write to the store, so that no state between two is missed. It gives the number of writes.
func (w *world) watchedChange(from, to stage) (writes int64) {
	w.Helper()
	w.declare(to)
	var mu sync.Mutex
	var errs []error
	w.startManager(func(c store.Call) error {
		if !c.Mutates {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		writes++
		for _, person := range persons {
			if err := w.tooMuch(person, from, to); err != nil {
				errs = append(errs, fmt.Errorf("before write %d, %s %s: %w", writes, c.Operation, c.Resource, err))
			}
		}
		return nil
	})
	w.arrived("the new declarations are in force", to)
	w.stopManager()
	if err := errors.Join(errs...); err != nil {
		w.Errorf("somebody has what neither declaration gives:\n%v", err)
	}
	return writes
}

// surviveDeathInChange brings a tenant from one stage to another with a manager
// that dies after n writes, and then with one that does not. It is false when the first one did not die.
func (w *world) surviveDeathInChange(n int64, from, to stage) (dead bool) {
	w.Helper()
	w.declare(to)
	stop := w.neverMore(from, to)
	defer stop()
	hook, died := dying(n)
	w.startManager(hook)
	defer func() { w.stopManager() }()
	w.eventually("the manager dies or is done", time.Minute, func() error {
		select {
		case <-died:
			dead = true
			return nil
		default:
			return w.stands(to)
		}
	})
	if dead {
		w.stopManager()
		w.startManager(nil)
		w.arrived(fmt.Sprintf("after a death at write %d the new declarations are in force", n), to)
	}
	return dead
}

// leakedNothing wants exactly the declared identities, one key each, and both buckets marked.
func (w *world) leakedNothing(library, bucket string) {
	w.Helper()
	admin := w.administrator()
	var users v1alpha1.UserList
	w.must(bed.admin.List(w.ctx, &users))
	declared := map[string]bool{}
	for _, user := range users.Items {
		if user.Namespace == w.namespace {
			declared[store.Name(w.name, w.namespace, "User", user.Name)] = true
		}
	}
	w.eventually("identities are exactly those declared, with one key each", 10*time.Second, func() error {
		there, err := admin.Identities.List(w.ctx, store.IdentityPath(w.name, w.namespace))
		if err != nil {
			return err
		}
		if len(there) != len(declared) {
			return fmt.Errorf("%d identities for %d Users", len(there), len(declared))
		}
		for _, identity := range there {
			keys, err := admin.Identities.Keys(w.ctx, identity.Name)
			if err != nil || len(keys) != 1 || !declared[identity.Name] {
				return fmt.Errorf("%s has %d keys: %w", identity.Name, len(keys), orNothing(err))
			}
		}
		return nil
	})
	for _, bucket := range []string{bucket, bucket + "-dam"} {
		state, err := admin.ObserveBucket(w.ctx, bucket)
		w.must(err)
		if state.Mark == nil || state.Mark.Library != library || !state.Versioned {
			w.Errorf("bucket %s is %+v", bucket, state)
		}
	}
}
