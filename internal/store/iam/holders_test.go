package iam

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vitrine-dam/vitrine/internal/store/conn"
	"github.com/vitrine-dam/vitrine/internal/store/identity"
)

// rig is a driver at a fake store. It remembers what was written, and can be cut before its n-th request.
type rig struct {
	*Driver
	store  *fake
	writes []string
	calls  int
	cutAt  int // 0 never
}

var errCut = errors.New("cut here")

func newRig(t *testing.T, lacks ...string) *rig {
	t.Helper()
	store, endpoint := newFake(t, lacks...)
	r := &rig{store: store}
	transport, err := conn.NewTransport(conn.Options{Hook: func(c conn.Call) error {
		if r.calls++; r.calls == r.cutAt {
			return errCut
		}
		if c.Mutates {
			r.writes = append(r.writes, c.Operation+" "+c.Resource)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdle)
	r.Driver = New(Config{
		Endpoint: endpoint, Region: "us-east-1", HTTPClient: &http.Client{Transport: transport.RoundTripper(conn.IAM)},
		Credentials: conn.Credentials{AccessKeyID: "AKIA1", SecretAccessKey: "secret"},
	})
	return r
}

func (r *rig) restart(cutAt int) { r.writes, r.calls, r.cutAt = nil, 0, cutAt }

var path = identity.Path("eu-prod", "acme")

func named(kind, name string) identity.Identity {
	return identity.Identity{Name: identity.Name("eu-prod", "acme", kind, name), Path: path}
}

func ofUser(id identity.Identity) identity.Holder {
	return identity.Holder{Kind: identity.HolderUser, Path: id.Path, Name: id.Name}
}

func ofGroup(id identity.Identity) identity.Holder {
	return identity.Holder{Kind: identity.HolderGroup, Path: id.Path, Name: id.Name}
}

func doc(prefix string) []byte {
	return []byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme-brand/` + prefix + `*"]}]}`)
}

type profile struct {
	reason string
	by     identity.Enforcement
	lacks  []string
}

// profiles are the stores that the two ways are for, with and without the call that tells all at once.
var profiles = []profile{
	{"AWS: managed policies, and one call that tells all", identity.ByManagedPolicy, nil},
	{"SeaweedFS: managed policies, read by lists", identity.ByManagedPolicy, []string{"GetAccountAuthorizationDetails"}},
	{"Ceph: inline policies, read by lists, and no managed ones", identity.ByInlinePolicy, []string{
		"GetAccountAuthorizationDetails", "CreatePolicy", "ListPolicies", "ListAttachedUserPolicies", "ListAttachedGroupPolicies",
	}},
	{"AWS, if inline policies are used", identity.ByInlinePolicy, nil},
}

func (p profile) open(t *testing.T) (*rig, identity.Holders, identity.Budget) {
	t.Helper()
	r := newRig(t, p.lacks...)
	holders, budget := r.Holders(p.by)
	return r, holders, budget
}

func (r *rig) user(t *testing.T, name string) identity.Identity {
	t.Helper()
	id := named("User", name)
	if _, err := r.Ensure(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return id
}

func holds(t *testing.T, holders identity.Holders, want map[identity.Holder]identity.Held, beside ...identity.Identity) {
	t.Helper()
	got, err := holders.Held(t.Context(), path, beside...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b []byte) bool { return identity.SameDocument(a, b) })); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

func with(documents map[int][]byte, members ...string) identity.Held {
	if documents == nil {
		documents = map[int][]byte{}
	}
	slices.Sort(members)
	return identity.Held{Documents: documents, Members: members}
}

// Seven versions of a document, where five are kept.
func TestDocumentsOfUsersAndGroupsAppearReplaceAndGo(t *testing.T) {
	for _, p := range profiles {
		t.Run(p.reason, func(t *testing.T) {
			r, holders, _ := p.open(t)
			alice, group := r.user(t, "alice"), named("UserGroup", "social")
			bob := r.user(t, "bob")
			twice := func(what string, act func() error) {
				t.Helper()
				if err := act(); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				r.restart(0)
				if err := act(); err != nil {
					t.Fatalf("%s again: %v", what, err)
				}
				if diff := cmp.Diff([]string(nil), r.writes); diff != "" {
					t.Errorf("%s again wrote (-want +got):\n%s", what, diff)
				}
			}
			twice("making a group", func() error { return holders.EnsureGroup(t.Context(), group) })
			for _, id := range []identity.Identity{alice, bob} {
				twice("a member", func() error { return holders.SetMember(t.Context(), group, id.Name, true) })
			}
			for version := range 7 {
				for _, h := range []identity.Holder{ofUser(alice), ofGroup(group)} {
					text := doc(fmt.Sprintf("launch %d+%%/", version))
					twice("a document", func() error { return holders.SetDocument(t.Context(), h, 0, text) })
				}
			}
			last := doc("launch 6+%/")
			holds(t, holders, map[identity.Holder]identity.Held{
				ofUser(alice): with(map[int][]byte{0: last}), ofUser(bob): with(nil), ofGroup(group): with(map[int][]byte{0: last}, alice.Name, bob.Name),
			})
			twice("no document", func() error { return holders.SetDocument(t.Context(), ofUser(alice), 0, nil) })
			twice("a leaver", func() error { return holders.SetMember(t.Context(), group, bob.Name, false) })
			holds(t, holders, map[identity.Holder]identity.Held{
				ofUser(alice): with(nil), ofUser(bob): with(nil), ofGroup(group): with(map[int][]byte{0: last}, alice.Name),
			})
			twice("deleting the group", func() error { return holders.DeleteGroup(t.Context(), group) })
			holds(t, holders, map[identity.Holder]identity.Held{ofUser(alice): with(nil), ofUser(bob): with(nil)})
			if len(r.store.policies) > 0 {
				t.Errorf("policies left: %v", r.store.policies)
			}
		})
	}
}

func TestWhatDoesNotFitIsRefusedAndLeavesWhatIsThere(t *testing.T) {
	for _, p := range profiles {
		t.Run(p.reason, func(t *testing.T) {
			r, holders, budget := p.open(t)
			alice := r.user(t, "alice")
			small := doc("launch/")
			if err := holders.SetDocument(t.Context(), ofUser(alice), 0, small); err != nil {
				t.Fatal(err)
			}
			cases := []struct {
				reason string
				holder identity.Holder
				shard  int
				doc    []byte
				want   error
			}{
				{"a document over the budget", ofUser(alice), 0, doc(strings.Repeat("x", budget.DocumentBytes)), conn.ErrPolicyTooLarge},
				{"one document too many", ofUser(alice), budget.DocumentsPerHolder, small, conn.ErrLimit},
				{"what is no JSON", ofUser(alice), 0, []byte("{"), conn.ErrInvalid},
				{"a user who does not exist", ofUser(named("User", "bob")), 0, small, conn.ErrNotFound},
				{"a group that does not exist", ofGroup(named("UserGroup", "press")), 0, small, conn.ErrNotFound},
				{"removing from a user who does not exist", ofUser(named("User", "bob")), 0, nil, conn.ErrNotFound},
			}
			for _, c := range cases {
				if err := holders.SetDocument(t.Context(), c.holder, c.shard, c.doc); !errors.Is(err, c.want) {
					t.Errorf("%s: got %v, want %v", c.reason, err, c.want)
				}
			}
			// White space is not counted.
			wide := append(slices.Clone(doc("press/")), []byte(strings.Repeat(" ", budget.DocumentBytes))...)
			if err := holders.SetDocument(t.Context(), ofUser(alice), 0, wide); err != nil {
				t.Errorf("a document with much white space: %v", err)
			}
			holds(t, holders, map[identity.Holder]identity.Held{ofUser(alice): with(map[int][]byte{0: doc("press/")})})
		})
	}
}

func TestTheStoresOwnLimitsKeepTheirMeaning(t *testing.T) {
	r := newRig(t)
	holders, _ := r.Holders(identity.ByManagedPolicy)
	alice := r.user(t, "alice")
	for i := range 10 {
		arn := fmt.Sprintf("arn:aws:iam::aws:policy/theirs-%d", i)
		r.store.policies[arn] = &policyState{name: fmt.Sprintf("theirs-%d", i), path: "/", versions: []versionState{{id: "v1", doc: "{}", inForce: true}}}
		r.store.users[alice.Name].attached[arn] = true
	}
	if err := holders.SetDocument(t.Context(), ofUser(alice), 0, doc("launch/")); !errors.Is(err, conn.ErrLimit) {
		t.Errorf("an eleventh policy: got %v, want ErrLimit", err)
	}
	inlineHolders, _ := r.Holders(identity.ByInlinePolicy)
	r.store.users[alice.Name].inline["theirs"] = strings.Repeat("x", 2000)
	if err := inlineHolders.SetDocument(t.Context(), ofUser(alice), 0, doc("launch/")); !errors.Is(err, conn.ErrPolicyTooLarge) {
		t.Errorf("no room beside what others wrote: got %v, want ErrPolicyTooLarge", err)
	}
}

func TestPoliciesOfOthersAreKeptAndTold(t *testing.T) {
	for _, p := range profiles {
		t.Run(p.reason, func(t *testing.T) {
			r, holders, budget := p.open(t)
			alice, group := r.user(t, "alice"), named("UserGroup", "social")
			if err := holders.EnsureGroup(t.Context(), group); err != nil {
				t.Fatal(err)
			}
			const arn = "arn:aws:iam::aws:policy/theirs"
			for _, h := range []*holderState{r.store.users[alice.Name], r.store.groups[group.Name]} {
				if budget.DocumentsPerHolder > 1 {
					r.store.policies[arn] = &policyState{name: "theirs", path: "/", versions: []versionState{{id: "v1", doc: "{}", inForce: true}}}
					h.attached[arn] = true
				} else {
					h.inline["theirs"] = "{}"
				}
			}
			for _, text := range [][]byte{doc("launch/"), nil} {
				want := map[identity.Holder]identity.Held{}
				for _, h := range []identity.Holder{ofUser(alice), ofGroup(group)} {
					if err := holders.SetDocument(t.Context(), h, 0, text); err != nil {
						t.Fatal(err)
					}
					held := with(nil)
					if text != nil {
						held.Documents[0] = text
					}
					held.Foreign = []string{"theirs"}
					want[h] = held
				}
				holds(t, holders, want)
			}
		})
	}
}

func TestAUserBesideThePathIsTold(t *testing.T) {
	for _, p := range profiles {
		t.Run(p.reason, func(t *testing.T) {
			r, holders, _ := p.open(t)
			gateway := identity.Identity{Name: identity.Name("eu-prod", identity.System, "Gateway", "main"), Path: identity.Path("eu-prod", identity.System)}
			other := identity.Identity{Name: identity.Name("eu-prod", identity.System, "Gateway", "other"), Path: gateway.Path}
			for _, id := range []identity.Identity{gateway, other} {
				if _, err := r.Ensure(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				if err := holders.SetDocument(t.Context(), ofUser(id), 0, doc("links/")); err != nil {
					t.Fatal(err)
				}
			}
			elsewhere := gateway
			elsewhere.Path = identity.Path("eu-prod", "northlight")
			for _, test := range []struct {
				beside []identity.Identity
				want   map[identity.Holder]identity.Held
			}{
				{nil, map[identity.Holder]identity.Held{}},
				{[]identity.Identity{gateway, named("User", "nobody")}, map[identity.Holder]identity.Held{ofUser(gateway): with(map[int][]byte{0: doc("links/")})}},
				{[]identity.Identity{elsewhere}, map[identity.Holder]identity.Held{}},
			} {
				holds(t, holders, test.want, test.beside...)
			}
		})
	}
}

// A group that is not told would keep its members: whoever compares would find nothing to take away.
//
// features: U3
func TestWhoMayNotReadGroupsLearnsNotThatThereAreNone(t *testing.T) {
	const details, list = "GetAccountAuthorizationDetails", "ListGroups"
	denied := refusedError{http.StatusForbidden, "AccessDenied", "Not you."}
	invalid := refusedError{http.StatusBadRequest, "ValidationError", "Too long."}
	lacking := refusedError{http.StatusNotImplemented, "NotImplemented", "Not here."}
	for _, test := range []struct {
		reason  string
		refuses map[string]refusedError
		lets    int // pages of groups
		want    error
		groups  int
	}{
		{"it may read them by lists", map[string]refusedError{details: denied}, 0, nil, 3},
		{"it may not list them", map[string]refusedError{details: lacking, list: denied}, 0, conn.ErrDenied, 0},
		{"it may not any more, within a listing", map[string]refusedError{details: lacking, list: denied}, 1, conn.ErrDenied, 0},
		{"it may read them in no way", map[string]refusedError{details: denied, list: denied}, 0, conn.ErrDenied, 0},
		{"a refusal that may be of this request alone", map[string]refusedError{details: lacking, list: invalid}, 0, conn.ErrInvalid, 0},
		{"a path that is not there", map[string]refusedError{details: lacking, list: errNoEntity}, 0, conn.ErrNotFound, 0},
		{"a store that forgets within a listing", map[string]refusedError{details: lacking, list: lacking}, 1, conn.ErrInvalid, 0},
		{"a store without groups", map[string]refusedError{details: lacking, list: lacking}, 0, nil, 0},
	} {
		t.Run(test.reason, func(t *testing.T) {
			r := newRig(t)
			holders, _ := r.Holders(identity.ByManagedPolicy)
			alice := r.user(t, "alice")
			for _, name := range []string{"social", "press", "legal"} {
				group := named("UserGroup", name)
				if err := errors.Join(holders.EnsureGroup(t.Context(), group), holders.SetMember(t.Context(), group, alice.Name, true)); err != nil {
					t.Fatal(err)
				}
			}
			r.store.refuses, r.store.lets[list] = test.refuses, test.lets
			held, err := holders.Held(t.Context(), path)
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err != nil {
				return
			}
			groups := 0
			for h, what := range held {
				if h.Kind != identity.HolderGroup {
					continue
				}
				groups++
				if !slices.Equal(what.Members, []string{alice.Name}) {
					t.Errorf("%s has the members %v", h.Name, what.Members)
				}
			}
			if groups != test.groups {
				t.Errorf("%d groups, want %d: %v", groups, test.groups, held)
			}
		})
	}
}

func TestAGroupOfOurNameInAnotherPathIsForeign(t *testing.T) {
	r := newRig(t)
	holders, _ := r.Holders(identity.ByManagedPolicy)
	theirs, ours := named("UserGroup", "social"), named("UserGroup", "social")
	theirs.Path = "/people/"
	if err := holders.EnsureGroup(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"making":    holders.EnsureGroup(t.Context(), ours),
		"deleting":  holders.DeleteGroup(t.Context(), ours),
		"a member":  holders.SetMember(t.Context(), ours, "v-alice", true),
		"no member": holders.SetMember(t.Context(), ours, "v-alice", false),
	} {
		if !errors.Is(err, conn.ErrForeign) {
			t.Errorf("%s: got %v, want ErrForeign", what, err)
		}
	}
}

func TestAUserLeavesGroupsAndDocumentsBehind(t *testing.T) {
	for _, p := range profiles {
		t.Run(p.reason, func(t *testing.T) {
			r, holders, _ := p.open(t)
			alice := r.user(t, "alice")
			for _, name := range []string{"social", "press", "legal"} {
				group := named("UserGroup", name)
				if err := errors.Join(holders.EnsureGroup(t.Context(), group), holders.SetMember(t.Context(), group, alice.Name, true)); err != nil {
					t.Fatal(err)
				}
			}
			if err := holders.SetDocument(t.Context(), ofUser(alice), 0, doc("launch/")); err != nil {
				t.Fatal(err)
			}
			if err := r.Delete(t.Context(), alice); err != nil {
				t.Fatal(err)
			}
			if len(r.store.users)+len(r.store.policies) > 0 {
				t.Errorf("left: %v %v", r.store.users, r.store.policies)
			}
		})
	}
}

func TestACutAtEveryRequestConverges(t *testing.T) {
	for _, p := range profiles {
		t.Run(p.reason, func(t *testing.T) {
			for n := 1; ; n++ {
				r, holders, _ := p.open(t)
				alice, group := named("User", "alice"), named("UserGroup", "social")
				first := func() error {
					for _, act := range []func() error{
						func() error { _, err := r.Ensure(t.Context(), alice); return err },
						func() error { return holders.EnsureGroup(t.Context(), group) },
						func() error { return holders.SetMember(t.Context(), group, alice.Name, true) },
						func() error { return holders.SetDocument(t.Context(), ofGroup(group), 0, doc("launch/")) },
						func() error { return holders.SetDocument(t.Context(), ofUser(alice), 0, doc("press/")) },
						func() error { return holders.SetDocument(t.Context(), ofUser(alice), 0, doc("legal/")) },
					} {
						if err := act(); err != nil {
							return err
						}
					}
					return nil
				}
				last := func() error {
					return errors.Join(holders.SetDocument(t.Context(), ofUser(alice), 0, nil), holders.DeleteGroup(t.Context(), group), r.Delete(t.Context(), alice))
				}
				r.restart(n)
				errFirst := first()
				r.cutAt = 0
				if err := first(); err != nil {
					t.Fatalf("made again after a cut before request %d: %v", n, err)
				}
				holds(t, holders, map[identity.Holder]identity.Held{
					ofUser(alice): with(map[int][]byte{0: doc("legal/")}), ofGroup(group): with(map[int][]byte{0: doc("launch/")}, alice.Name),
				})
				r.restart(n)
				errLast := last()
				r.cutAt = 0
				for range 2 { // the second finds nothing but an absent user, which a document cannot be taken from
					if err := last(); err != nil && !errors.Is(err, conn.ErrNotFound) {
						t.Fatalf("deleted again after a cut before request %d: %v", n, err)
					}
				}
				if left := len(r.store.users) + len(r.store.groups) + len(r.store.policies); left > 0 {
					t.Fatalf("cut before request %d: left %v %v %v", n, r.store.users, r.store.groups, r.store.policies)
				}
				if errFirst == nil && errLast == nil {
					if n < 15 {
						t.Fatalf("only %d requests were cut: the test proves little", n-1)
					}
					return
				}
			}
		})
	}
}
