package cluster

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// A manager that dies between any two writes to the store, wherever that is,
// leaves nothing behind that the next one does not bring to what is declared.
//
// features: U3
func TestKilledBetweenAnyTwoWrites(t *testing.T) {
	onEachStore(t, "crash", func(w *world) {
		w.stopManager()
		for n := int64(0); ; n++ {
			tenant := fmt.Sprintf("%s-%d", w.name, n)
			if !w.surviveDeathAfter(n, tenant) {
				if n < 10 {
					w.Fatalf("bringing a tenant up took only %d writes: nothing was tested", n)
				}
				return
			}
		}
	})
}

// surviveDeathAfter brings a Library of its own up with a manager that dies
// after n writes, and then with one that does not. It is false when the first
// one did not die, since it had less to write.
func (w *world) surviveDeathAfter(n int64, library string) bool {
	w.Helper()
	manifest := strings.NewReplacer("NAME-brand", library, "name: brand", "name: "+library, "alice", "alice-"+library, "bob", "bob-"+library,
		"launch}", "launch-"+library+"}", "editors", "editors-"+library).Replace(people)
	w.apply(w.named(manifest))
	died := w.startMortal(&mortal{left: n, storeOnly: true})
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
	select {
	case <-finished:
		w.leakedNothing(library, library)
		return false
	default:
		w.leakedNothing(library, library, "alice-"+library, "bob-"+library)
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
		w.Cleanup(w.tellHeld)
		// Once to and once fro without a death, looking between any two writes.
		seen := [2][]string{w.watchedChange(from, to), w.watchedChange(to, from)}
		var cut [2][]string
		for n, over := int64(0), [2]bool{}; !over[0] || !over[1]; n++ {
			for way := range 2 { // the way back is brought up to the same write, so no change is made without a death in it
				m := &mortal{left: n}
				if over[way] {
					m.left = math.MaxInt64
				}
				if w.surviveDeathInChange(m, from, to) {
					cut[way] = append(cut[way], m.cut())
				} else {
					over[way] = true
				}
				from, to = to, from
			}
		}
		for way, writes := range seen {
			// Reconcilers run side by side, and a pass of the compiler finds what the others have done so far: so a change may take a pass more
			// or less, which writes a document for each of two buckets.
			const pass = 2
			if len(cut[way]) < len(writes)-pass {
				w.Errorf("of the writes %v only %v were deaths", writes, cut[way])
			}
		}
		// And for the same reason, a position need not be the same write twice: what nobody died at has its turn by name.
		for turn := range 20 {
			way := turn % 2
			m := &mortal{left: math.MaxInt64}
			if i := slices.IndexFunc(seen[way], func(what string) bool { return !slices.Contains(cut[way], what) }); i >= 0 {
				m.at = seen[way][i]
			} else if other := seen[1-way]; !slices.ContainsFunc(other, func(what string) bool { return !slices.Contains(cut[1-way], what) }) {
				return
			}
			if w.surviveDeathInChange(m, from, to) {
				cut[way] = append(cut[way], m.cut())
			}
			from, to = to, from
		}
		w.Errorf("of the writes %v only %v were deaths", seen, cut)
	})
}

// A manager that dies at any write of a Library's deletion takes nothing away that is to be retained: the next one ends
// everybody's access and lets the Library go, and it can be declared again.
//
// features: D16
func TestLibraryDeletionKilledAtAnyWrite(t *testing.T) {
	onEachStore(t, "crashdel", func(w *world) {
		w.apply(w.named(people))
		w.ready(&v1alpha1.RoleBinding{}, "editors-contribute")
		w.must(put(w.ctx, w.root(), w.name+"-brand", "launch/keep.txt", "K"))
		var cut []string
		dies := func(m *mortal) (dead bool) {
			var bob *minio.Client
			w.eventually("bob uploads with the key he has then", 20*time.Second, func() (err error) {
				if bob, err = w.clientOf("bob"); err != nil || bob == nil {
					return fmt.Errorf("he has no key: %w", orNothing(err))
				}
				return put(w.ctx, bob, w.name+"-brand", "launch/b.txt", "B")
			})
			w.stopManager()
			w.must(w.bed.admin.Delete(w.ctx, &v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "brand"}}))
			died := w.startMortal(m)
			dead = w.diesBefore(died, func() error { return w.isGone(&v1alpha1.Library{}, "brand") })
			w.stopManager()
			w.startManager(nil)
			if dead {
				cut = append(cut, m.cut())
			}
			w.eventually(fmt.Sprintf("after deaths at %v the Library goes", cut), 20*time.Second, func() error { return w.isGone(&v1alpha1.Library{}, "brand") })
			w.eventually(fmt.Sprintf("after deaths at %v bob has nothing", cut), w.soon(), func() error {
				return refused(put(w.ctx, bob, w.name+"-brand", "launch/b.txt", "B")) // not even a key, where there is no Library
			})
			if kept, err := fetch(w.ctx, w.root(), w.name+"-brand", "launch/keep.txt"); err != nil || kept != "K" {
				w.Errorf("after deaths at %v the file is %q: %v", cut, kept, err)
			}
			for _, bucket := range []string{w.name + "-brand", w.name + "-brand-dam"} {
				state, err := w.administrator().ObserveBucket(w.ctx, bucket)
				w.must(err)
				if state.Mark == nil || state.Mark.Library != "brand" {
					w.Errorf("after deaths at %v bucket %s is %+v", cut, bucket, state)
				}
			}
			w.apply(w.named(launch))
			return dead
		}
		for dies(&mortal{left: int64(len(cut))}) {
		}
		// Reconcilers work beside each other, so the Library's going may never have been the write at a position: it has its turn by name.
		const going = "PATCH libraries"
		if !slices.Contains(cut, going) && !dies(&mortal{left: math.MaxInt64, at: going}) || len(cut) < 2 {
			w.Errorf("deaths at %v only: the Library going is not among them", cut)
		}
	})
}

// tellHeld writes down what hangs on identities, when a test has failed at a store where rights hang there.
func (w *world) tellHeld() {
	if w.Failed() && w.at.driver == v1alpha1.DriverMinIO {
		held, err := w.administrator().Holders(store.ByManagedPolicy).Held(w.ctx, store.IdentityPath(w.name, w.namespace))
		w.Logf("at the store hangs (%v):\n%s", err, said(held))
	}
}

// diesBefore waits for a manager's death, or until it is done without dying.
func (w *world) diesBefore(died <-chan struct{}, done func() error) (dead bool) {
	w.Helper()
	w.eventually("the manager dies or is done", time.Minute, func() error {
		select {
		case <-died:
			dead = true
			return nil
		default:
			return done()
		}
	})
	return dead
}

// isGone wants an object of the tenant's namespace not to be there.
func (w *world) isGone(obj client.Object, name string) error {
	err := w.bed.admin.Get(w.ctx, types.NamespacedName{Namespace: w.namespace, Name: name}, obj)
	if apierrors.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("%s is there: %w", name, orNothing(err))
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
// tried before each write, so that no state between two is missed. It gives the writes.
func (w *world) watchedChange(from, to stage) (writes []string) {
	w.Helper()
	w.declare(to)
	var mu sync.Mutex
	var errs []error
	w.startMortal(&mortal{left: math.MaxInt64, before: func(what string) {
		mu.Lock()
		defer mu.Unlock()
		writes = append(writes, what)
		if err := w.anybodyTooMuch(from, to); err != nil {
			errs = append(errs, fmt.Errorf("before write %d, %s: %w", len(writes), what, err))
		}
	}})
	w.arrived("the new declarations are in force", to)
	w.stopManager()
	if err := errors.Join(errs...); err != nil {
		w.Errorf("somebody has what neither declaration gives:\n%v", err)
	}
	return writes
}

// anybodyTooMuch asks as everybody for what neither stage gives.
func (w *world) anybodyTooMuch(a, b stage) error {
	var errs []error
	for _, person := range persons {
		errs = append(errs, w.tooMuch(person, a, b))
	}
	return errors.Join(errs...)
}

// surviveDeathInChange brings a tenant from one stage to another with a manager
// that dies, and then with one that does not. It is false when the first one did not die.
func (w *world) surviveDeathInChange(m *mortal, from, to stage) (dead bool) {
	w.Helper()
	w.declare(to)
	stop := w.neverMore(from, to)
	defer stop()
	died := w.startMortal(m)
	defer func() { w.stopManager() }()
	if !w.diesBefore(died, func() error { return w.stands(to) }) {
		return false
	}
	w.stopManager()
	if err := w.anybodyTooMuch(from, to); err != nil {
		w.Errorf("after a death at %s somebody has what neither declaration gives:\n%v", m.cut(), err)
	}
	w.startManager(nil)
	w.arrived(fmt.Sprintf("after a death at %s the new declarations are in force", m.cut()), to)
	return true
}

// leakedNothing wants exactly the declared identities, one key each, and both buckets marked. Keys are counted of some Users, or of
// all when none are named: each takes a request.
func (w *world) leakedNothing(library, bucket string, users ...string) {
	w.Helper()
	admin := w.administrator()
	var all v1alpha1.UserList
	w.must(w.bed.admin.List(w.ctx, &all, client.InNamespace(w.namespace)))
	declared := map[string]bool{} // by name at the store: whether keys are counted
	for _, user := range all.Items {
		declared[store.Name(w.name, w.namespace, "User", user.Name)] = len(users) == 0 || slices.Contains(users, user.Name)
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
			counted, known := declared[identity.Name]
			if known && !counted {
				continue
			}
			keys, err := admin.Identities.Keys(w.ctx, identity.Name)
			if err != nil || len(keys) != 1 || !known {
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
