package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// inTurn are the documents of one identity, as a store has them while they are written one by one.
type inTurn struct {
	store.Holders
	documents map[int]policy.Document
	after     func()
}

// SetDocument implements store.Holders.
func (w *inTurn) SetDocument(_ context.Context, _ store.Holder, shard int, document []byte) error {
	parsed, err := policy.Parse(document)
	if err != nil {
		return fmt.Errorf("document %d: %w", shard, err)
	}
	w.documents[shard] = parsed
	w.after()
	return nil
}

// What two states both give is there at every moment on the way from the one to the other, and nothing
// that neither gives.
func TestDocumentsAreWrittenWithoutAGap(t *testing.T) {
	allows := func(from, to int) []policy.Allow {
		var list []policy.Allow
		for i := from; i < to; i++ {
			list = append(list, policy.Allow{Verb: policy.Read, Bucket: "acme-brand", Resource: fmt.Sprintf("folder-%03d/", i)})
		}
		return list
	}
	rights := func(documents ...policy.Document) map[string]bool {
		given := map[string]bool{}
		for _, a := range policy.HeldAttached(documents) {
			given[fmt.Sprint(a.Verb, a.Bucket, a.Resource)] = true
		}
		return given
	}
	for _, test := range []struct {
		reason      string
		now, next   []policy.Allow
		shards, end int
	}{
		{"from one document to two", allows(0, 20), allows(0, 40), 1, 2},
		{"from one to four, with some taken away", allows(0, 20), allows(10, 90), 1, 4},
		{"from two to four", allows(0, 40), allows(0, 90), 2, 4},
		{"from four to one", allows(0, 90), allows(5, 20), 4, 1},
		{"from two to one", allows(0, 40), allows(0, 20), 2, 1},
		{"from none", nil, allows(0, 40), 0, 2},
		{"to none", allows(0, 40), nil, 2, 0},
		{"in as many", allows(0, 40), allows(4, 44), 2, 2},
	} {
		t.Run(test.reason, func(t *testing.T) {
			o := policy.Options{MaxBytes: 1200, MaxDocuments: 8}
			now, err := policy.Attach("alice", test.now, o)
			if err != nil {
				t.Fatal(err)
			}
			next, err := policy.Attach("alice", test.next, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(now) != test.shards || len(next) != test.end {
				t.Fatalf("it is from %d documents to %d, so this proves something else", len(now), len(next))
			}
			before, after := rights(now...), rights(next...)
			at := &inTurn{documents: map[int]policy.Document{}}
			for i, d := range now {
				at.documents[i] = d
			}
			at.after = func() {
				has := rights(slices.Collect(maps.Values(at.documents))...)
				for right := range before {
					if after[right] && !has[right] {
						t.Errorf("%s is away for a moment", right)
					}
				}
				for right := range has {
					if !before[right] && !after[right] {
						t.Errorf("%s is there for a moment", right)
					}
				}
			}
			if err := setDocuments(t.Context(), at, store.Holder{}, now, next); err != nil {
				t.Fatal(err)
			}
			if has := rights(slices.Collect(maps.Values(at.documents))...); !maps.Equal(has, after) {
				t.Errorf("at the end it gives %v", has)
			}
		})
	}
}
