package controllers

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
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

// A group that goes gives nothing from the first write on, however many are in it: whoever has to be taken out comes after that.
func TestWhatAGroupGivesGoesBeforeItsMembers(t *testing.T) {
	var writes []string
	gone := false
	opened := openedAt(t, func(w http.ResponseWriter, r *http.Request) {
		action := r.FormValue("Action")
		if !strings.HasPrefix(action, "Get") && !strings.HasPrefix(action, "List") {
			writes = append(writes, action)
		}
		switch {
		case action == "GetGroup" && gone:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>`))
		case action == "GetGroup":
			_, _ = w.Write([]byte(`<GetGroupResponse><GetGroupResult><Group><Path>/vitrine/eu-prod/acme/</Path></Group><Users><member><UserName>alice</UserName></member><member><UserName>bob</UserName></member></Users></GetGroupResult></GetGroupResponse>`))
		case action == "ListGroupPolicies":
			_, _ = w.Write([]byte(`<ListGroupPoliciesResponse><ListGroupPoliciesResult><PolicyNames><member>social-0</member></PolicyNames></ListGroupPoliciesResult></ListGroupPoliciesResponse>`))
		default:
			gone = action == "DeleteGroup"
			_, _ = w.Write([]byte(`<Response></Response>`))
		}
	})
	held := store.Held{Documents: map[int][]byte{0: []byte(`{}`)}, Members: []string{"alice"}, Half: []string{"bob"}}
	social := hanging{holder: store.Holder{Kind: store.HolderGroup, Path: store.IdentityPath("eu-prod", "acme"), Name: "social"}}
	social.observe(held, true, nil)
	r := &AccessReconciler{Deps: &Deps{}, applied: newApplied()}
	connection := Connection{Store: opened, Declared: acmeAt(v1alpha1.Capabilities{Enforcement: v1alpha1.EnforcementInlinePolicy})}
	result := &compiled{libraries: map[string]libraryResult{}}
	if err := r.attach(t.Context(), connection, &Tenant{Namespace: "acme"}, &rendering{}, []hanging{social}, result); err != nil {
		t.Fatal(err)
	}
	want := []string{"DeleteGroupPolicy", "RemoveUserFromGroup", "RemoveUserFromGroup", "DeleteGroup"}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("what was written (-want +got):\n%s", diff)
	}
}
