package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

var errCut = errors.New("the connection is cut")

// paging lists names as a store does, in pages, and fails before some of them.
type paging struct {
	names []string
	page  int
	// fails are the numbers of requests that fail.
	fails map[int]bool
	asked []string // behind what each request asked
}

func (p *paging) list(_ context.Context, _, prefix, after string, visit func(store.ObjectInfo) error) error {
	for {
		p.asked = append(p.asked, after)
		if p.fails[len(p.asked)] {
			return errCut
		}
		from, found := slices.BinarySearch(p.names, after)
		if found {
			from++
		}
		n := 0
		for _, name := range p.names[from:] {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if n++; n > p.page {
				break
			}
			if err := visit(store.ObjectInfo{Key: name}); err != nil {
				return err
			}
			after = name
		}
		if n <= p.page {
			return nil
		}
	}
}

// features: D12
func TestAListingThatIsCutGoesOnWhereItWas(t *testing.T) {
	names := make([]string, 25)
	for i := range names {
		names[i] = fmt.Sprintf("%02d", i)
	}
	for _, test := range []struct {
		reason string
		fails  []int
		asked  []string
		cuts   int
	}{
		{"nothing fails", nil, []string{"", "09", "19"}, 0},
		{"the first page fails", []int{1}, []string{"", "", "09", "19"}, 1},
		{"one in the middle", []int{2}, []string{"", "09", "09", "19"}, 1},
		{"each fails once, and the last one again", []int{1, 3, 5, 6}, []string{"", "", "09", "09", "19", "19", "19"}, 4},
	} {
		t.Run(test.reason, func(t *testing.T) {
			p := &paging{names: names, page: 10, fails: map[int]bool{}}
			for _, n := range test.fails {
				p.fails[n] = true
			}
			var w walk
			var seen []string
			cuts := 0
			for !w.ended {
				err := w.run(t.Context(), p.list, "acme-brand", "", func(info store.ObjectInfo) { seen = append(seen, info.Key) })
				if err == nil {
					continue
				}
				if cuts++; !errors.Is(err, errCut) || !strings.Contains(err.Error(), "listing bucket acme-brand") {
					t.Fatalf("it fails with %v", err)
				}
			}
			if diff := cmp.Diff(names, seen); diff != "" {
				t.Errorf("not each object once (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.asked, p.asked); diff != "" || cuts != test.cuts {
				t.Errorf("%d cuts, requests (-want +got):\n%s", cuts, diff)
			}
			if err := w.run(t.Context(), p.list, "acme-brand", "", func(store.ObjectInfo) {}); err != nil || len(p.asked) != len(test.asked) {
				t.Errorf("one that has ended is listed again: %v", err)
			}
		})
	}
}

// features: D12
func TestWhatWasGatheredServesForAWhile(t *testing.T) {
	of := origin{"4711", "first"}
	g := &gathered{of: of, began: morning}
	for _, test := range []struct {
		reason   string
		gathered *gathered
		of       origin
		after    time.Duration
		took     time.Duration
		want     bool
	}{
		{"nothing was gathered", nil, of, 0, 0, false},
		{"it was cut a moment ago", g, of, 10 * time.Second, 0, true},
		{"it is as old as may be", g, of, 15 * time.Minute, 0, true},
		{"it is too old", g, of, 15*time.Minute + time.Second, time.Minute, false},
		{"it is older, and no older than one that takes long becomes", g, of, time.Hour, 30 * time.Minute, true},
		{"it is older than that, too", g, of, time.Hour + time.Second, 30 * time.Minute, false},
		{"it is of another Library of that name", g, origin{"4712", "first"}, 0, 0, false},
		{"it was listed by another connection", g, origin{"4711", "second"}, 0, 0, false},
	} {
		if got := test.gathered.serves(test.of, morning.Add(test.after), test.took); got != test.want {
			t.Errorf("%s: %t", test.reason, got)
		}
	}
}

// What was read before a sweep was cut is not read again, whether it goes on or begins anew.
//
// features: D12
func TestWhatWasReadIsKept(t *testing.T) {
	said, other := "said", "other"
	k := newKnown("facts/", func([]byte) (string, error) { return "", nil }, 1)
	k.etags, k.said = map[string]string{"facts/a": "1", "facts/b": "1"}, map[string]*string{"facts/a": &said, "facts/b": &said}
	before := k.etags
	k.news = &news[string]{changed: []changed[string]{
		{object: "facts/b", answered: true, etag: "2", said: &other}, {object: "facts/c", answered: true, etag: "1", said: &other}, {object: "facts/d"},
	}}
	k.restart()
	if diff := cmp.Diff(map[string]string{"facts/a": "1", "facts/b": "2", "facts/c": "1"}, k.etags); diff != "" || k.news != nil {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]*string{"facts/a": &said, "facts/b": &other, "facts/c": &other}, k.said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(before) != 2 {
		t.Error("what others may be reading was changed")
	}
	k.news = &news[string]{ended: true}
	k.restart()
	if len(k.etags) != 3 || k.news != nil {
		t.Errorf("after one that ended: %v", k.etags)
	}
}

// A Library that is made again under its old name begins with nothing: what was said of the files of the other is no word about its own.
//
// features: D12
func TestASweeperIsOfOneLibrary(t *testing.T) {
	r := &AssetsReconciler{
		Deps:     &Deps{Inventory: NewInventory(), Requests: NewRequests(), Settings: Settings{SweepRequests: 10}},
		sweepers: map[types.NamespacedName]*sweeper{},
	}
	first := &v1alpha1.Library{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "brand", UID: "4711"}}
	again := first.DeepCopy()
	again.UID = "4712"
	key := client.ObjectKeyFromObject(first)
	old := r.sweeper(first)
	r.Inventory.set(key, &Holding{began: morning})
	if r.sweeper(first) != old || r.Inventory.Of(key) == nil {
		t.Error("the same Library begins anew")
	}
	if r.sweeper(again) == old || r.Inventory.Of(key) != nil {
		t.Error("another Library of that name goes on with what was known of the first")
	}
}

// A sweep that has worked for long may be as old when it is cut, also the first one of a manager.
//
// features: D12
func TestAFirstLongSweepGoesOnToo(t *testing.T) {
	of := origin{"4711", "first"}
	s := newSweeper(false, 1)
	g := s.gather(of, 0)
	g.began = g.began.Add(-time.Hour)
	s.progress.since = g.began
	s.interrupt(time.Now())
	if s.gather(of, 0) != g {
		t.Error("a sweep that had worked for an hour begins again")
	}
}
