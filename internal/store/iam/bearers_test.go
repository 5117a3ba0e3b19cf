package iam

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// Whatever gives a right is found: within a user or group or attached to it, and what cannot be read is named.
//
// features: U11
func TestBearersHaveWhatIsWithinThemAndAttachedToThem(t *testing.T) {
	const own, shared = `{"Statement":["own"]}`, `{"Statement":["shared"]}`
	r := newRig(t)
	arn := "arn:aws:iam::" + fakeAccount + ":policy/shared"
	r.store.policies[arn] = &policyState{name: "shared", path: "/", versions: []versionState{{id: "v1", doc: shared, inForce: true}}}
	holder := func(path string) *holderState {
		return &holderState{path: path, members: map[string]bool{}, attached: map[string]bool{}, inline: map[string]string{}}
	}
	alice, bob, team := holder("/"), holder("/staff/"), holder("/")
	alice.inline["own"], alice.attached[arn] = own, true
	bob.attached[arn+"-gone"] = true
	team.inline["shared"], team.attached[arn], team.members["bob"] = own, true, true
	r.store.users = map[string]*holderState{"alice": alice, "bob": bob}
	r.store.groups = map[string]*holderState{"team": team}

	got, unread, err := r.Bearers(t.Context(), nil)
	if err != nil || unread != nil {
		t.Fatal(err, unread)
	}
	if len(got) != 3 || len(got[1].Unread) != 1 || !strings.Contains(got[1].Unread[0], "the policy shared-gone that is attached to it") {
		t.Fatalf("a policy that cannot be read is not told: %+v", got)
	}
	got[1].Unread = nil
	want := []identity.Bearer{
		{Kind: identity.HolderUser, Name: "alice", Path: "/", Policies: map[string][]byte{"own": []byte(own), "shared": []byte(shared)}},
		{Kind: identity.HolderUser, Name: "bob", Path: "/staff/", Policies: map[string][]byte{}},
		{Kind: identity.HolderGroup, Name: "team", Path: "/", Policies: map[string][]byte{"shared": []byte(own), "shared (attached)": []byte(shared)}, Members: []string{"bob"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, unread, err = r.Bearers(t.Context(), func(h identity.Holder) bool { return h.Path == "/staff/" || h.Kind == identity.HolderGroup })
	if err != nil || unread != nil {
		t.Fatal(err, unread)
	}
	if diff := cmp.Diff(want[:1], got); diff != "" {
		t.Errorf("of whom it is not asked for: %s", diff)
	}

	// A store that does not know groups or attached policies has none to tell of.
	r = newRig(t, "ListGroups", "ListAttachedUserPolicies")
	r.store.users["alice"] = alice
	got, unread, err = r.Bearers(t.Context(), nil)
	if err != nil || unread != nil {
		t.Fatal(err, unread)
	}
	want[0].Policies = map[string][]byte{"own": []byte(own)}
	if diff := cmp.Diff(want[:1], got); diff != "" {
		t.Error(diff)
	}
}
