package controllers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// features: U3
func TestWhatDiffersIsNamed(t *testing.T) {
	called := map[string]string{"v-a": "alice", "v-b": "bob"}
	documents, err := policy.Attach("UserGroup editors", []policy.Allow{{Verb: policy.Read, Bucket: "acme-brand", Resource: "launch/"}}, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reason string
		h      hanging
		want   []string
	}{
		{"a member who was put in is named as declared", hanging{leave: []string{"v-a"}}, []string{"added: member alice"}},
		{"one whom nobody declared by the name at the store", hanging{leave: []string{"mallory"}}, []string{"added: member mallory"}},
		{"one who was taken out is missed", hanging{join: []string{"v-b"}}, []string{"gone: member bob"}},
		{"many are counted", hanging{leave: []string{"a", "b", "c", "d", "e"}}, []string{"member a", "member c", "added: 2 more members"}},
		{"rights beside members", hanging{join: []string{"v-b"}, next: documents}, []string{"gone: member bob", "acme-brand/launch/"}},
		{"what is as planned differs in nothing", hanging{now: documents, next: documents}, []string{""}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			test.h.called = called
			test.h.holder.Kind = store.HolderGroup
			got := test.h.differs()
			for _, part := range test.want {
				if !strings.Contains(got, part) || (part == "" && got != "") {
					t.Errorf("it says %q, want %q in it", got, part)
				}
			}
		})
	}
}

// features: U3
func TestWhoIsHalfAMemberJoinsOrLeaves(t *testing.T) {
	h := hanging{holder: store.Holder{Kind: store.HolderGroup}, Attachment: policy.Attachment{Members: []string{"alice", "bob"}}}
	h.observe(store.Held{Members: []string{"v-alice", "v-carol"}, Half: []string{"v-bob", "v-dave"}}, true, func(user string) string { return "v-" + user })
	if diff := cmp.Diff([][]string{{"v-bob"}, {"v-carol", "v-dave"}}, [][]string{h.join, h.leave}); diff != "" {
		t.Errorf("who joins and who leaves (-want +got):\n%s", diff)
	}
}
