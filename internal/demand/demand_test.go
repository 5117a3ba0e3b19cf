package demand_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/demand"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func item(n int) demand.Item {
	return demand.Item{Namespace: "acme", Link: "launch", Asset: fmt.Sprintf("asset-%d", n), Preset: "print"}
}

func itemAt(link, n int) demand.Item {
	i := item(n)
	i.Link = fmt.Sprintf("link-%d", link)
	return i
}

func TestListKeepsWhatWasAskedForOfLate(t *testing.T) {
	now := noon
	list := demand.NewList(func() time.Time { return now })
	list.Note(item(1))
	now = now.Add(time.Minute)
	list.Note(item(2))
	list.Note(item(2)) // once
	want := func(when string, want ...demand.Entry) {
		t.Helper()
		if diff := cmp.Diff(append([]demand.Entry{}, want...), list.Entries()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	one, two := demand.Entry{Item: item(1), At: noon}, demand.Entry{Item: item(2), At: noon.Add(time.Minute)}
	want("at first", one, two)
	want("fetching takes nothing away", one, two)
	now = now.Add(59 * time.Second)
	list.Note(item(1)) // who waits asks again
	one.At = now
	want("who asked last is last", two, one)
	now = now.Add(62 * time.Second)
	want("what nobody waits for goes", one)
	now = now.Add(time.Hour)
	want("at last")
}

func TestListIsBounded(t *testing.T) {
	now := noon
	list := demand.NewList(func() time.Time { return now })
	for n := range demand.MaxItems + 10 {
		now = now.Add(time.Millisecond)
		list.Note(itemAt(n/demand.MaxLinkItems, n))
	}
	entries := list.Entries()
	if first, last := entries[0].Item, entries[len(entries)-1].Item; len(entries) != demand.MaxItems || first != itemAt(0, 10) || last != itemAt(demand.MaxItems/demand.MaxLinkItems, demand.MaxItems+9) {
		t.Errorf("%d are kept, from %+v to %+v", len(entries), first, last)
	}
}

// Visitors of one link push out what others of it asked for least lately, and nobody else's.
//
// features: D13
func TestOneLinkPushesNobodyElsesOut(t *testing.T) {
	now := noon
	list := demand.NewList(func() time.Time { return now })
	list.Note(itemAt(1, 0))
	elsewhere := itemAt(2, 0)
	elsewhere.Namespace = "globex"
	list.Note(elsewhere)
	for n := range 3 * demand.MaxItems {
		now = now.Add(time.Millisecond)
		list.Note(itemAt(2, n))
		if n%10 == 9 {
			list.Note(itemAt(2, 0)) // somebody waits for it
		}
	}
	entries := list.Entries()
	if len(entries) != demand.MaxLinkItems+2 {
		t.Fatalf("%d are kept", len(entries))
	}
	for _, want := range []demand.Item{itemAt(1, 0), elsewhere, itemAt(2, 0), itemAt(2, 3*demand.MaxItems-1)} {
		if !slices.ContainsFunc(entries, func(e demand.Entry) bool { return e.Item == want }) {
			t.Errorf("%+v is pushed out", want)
		}
	}
	now = now.Add(time.Hour)
	if entries := list.Entries(); len(entries) != 0 {
		t.Fatalf("after an hour there are %d", len(entries))
	}
	for n := range demand.MaxItems { // what is over takes nobody's place
		list.Note(itemAt(n/demand.MaxLinkItems, n))
	}
	if entries := list.Entries(); len(entries) != demand.MaxItems {
		t.Errorf("%d are kept", len(entries))
	}
}

// What is kept of a request's path keeps no long path in memory.
func TestListHoldsNamesAlone(t *testing.T) {
	list := demand.NewList(func() time.Time { return noon })
	held := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := held()
	for n := range 32 {
		path := fmt.Sprintf("%05d", n) + strings.Repeat("x", 1<<20)
		list.Note(demand.Item{Namespace: "acme", Link: path[:4], Asset: path[:5], Preset: path[5:10]})
	}
	if after := held(); after > before+(8<<20) {
		t.Errorf("32 renditions hold %d bytes", after-before)
	}
	if len(list.Entries()) != 32 {
		t.Error("they are not on the list")
	}
}

func TestTheListIsShownToTheInstallationAlone(t *testing.T) {
	list := demand.NewList(func() time.Time { return noon })
	list.Note(item(1))
	gateway := httptest.NewServer(demand.Handler(list, func(_ context.Context, proof string) bool { return proof == "ours" }))
	defer gateway.Close()
	got, err := demand.Fetch(t.Context(), gateway.Client(), gateway.URL, "ours")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]demand.Entry{{Item: item(1), At: noon}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := demand.Fetch(t.Context(), gateway.Client(), gateway.URL, "theirs"); !errors.Is(err, demand.ErrAnswer) || got != nil {
		t.Errorf("a stranger gets %v, %v", got, err)
	}
	for name, c := range map[string]struct {
		method, authorization string
		want                  int
	}{
		"without a proof":    {http.MethodGet, "", http.StatusUnauthorized},
		"by another scheme":  {http.MethodGet, "Basic ours", http.StatusUnauthorized},
		"to write":           {http.MethodPost, "Bearer ours", http.StatusMethodNotAllowed},
		"to write, stranger": {http.MethodPost, "Bearer theirs", http.StatusUnauthorized},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, gateway.URL+demand.Path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.authorization != "" {
			request.Header.Set("Authorization", c.authorization)
		}
		answer, err := gateway.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, answer.StatusCode, c.want)
		}
		_ = answer.Body.Close()
	}
}

func TestOtherAnswersAreNoLists(t *testing.T) {
	for name, body := range map[string]string{
		"no JSON":        "<html>",
		"an object":      `{"namespace": "acme"}`,
		"null":           "null",
		"cut between":    `[{"namespace": "acme"},`,
		"cut at the end": `[{"namespace": "acme"}`,
		"cut":            `[{"namespace": "acme"`,
		"an endless one": "[" + strings.Repeat(`{"namespace": "`+strings.Repeat("a", 2000)+`"},`, 2000) + "{}]",
	} {
		gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		if got, err := demand.Fetch(t.Context(), gateway.Client(), gateway.URL, ""); !errors.Is(err, demand.ErrAnswer) {
			t.Errorf("%s: %d, %v", name, len(got), err)
		}
		gateway.Close()
	}
	for name, rest := range map[string]string{"more of them": strings.Repeat(",{}", 2000) + "]", "anything": "<html>"} {
		many := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("[{}" + strings.Repeat(",{}", demand.MaxItems-1) + rest))
		}))
		if got, err := demand.Fetch(t.Context(), many.Client(), many.URL, ""); err != nil || len(got) != demand.MaxItems {
			t.Errorf("of as many as are taken and %s there are %d, %v", name, len(got), err)
		}
		many.Close()
	}
}
