package decisions_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// smallest is what documents are tried with first: random worlds are small, and would never come to a second document.
const smallest = 2 << 10

// attachedDocuments enforces by documents that hang on users and groups, as the access compiler does: a plan, what hangs there now,
// and the way from one to the other. Without prefixes, listings of parts of a bucket are refused.
func attachedDocuments(can store.Capabilities, prefixes bool) func(...fault) enforcement {
	return func(mistakes ...fault) enforcement {
		return func(ctx context.Context, s *store.Store, t *tenant) error {
			holders := s.Holders(can.Enforcement)
			if t.held == nil {
				held, err := holders.Held(ctx, t.path())
				if err != nil {
					return err
				}
				t.held = held
			}
			planned, err := t.plan(s, can, prefixes, mistakes)
			if err != nil {
				return err
			}
			err = bring(ctx, holders, t.held, planned)
			if t.held = planned; err != nil {
				t.held = nil // nobody knows
			}
			return err
		}
	}
}

// plan is what is to hang on each of a tenant's identities, in documents as small as they can be.
func (t *tenant) plan(s *store.Store, can store.Capabilities, prefixes bool, mistakes faults) (map[store.Holder]store.Held, error) {
	in := policy.PlanInput{
		Model: t.model, At: t.at, Users: map[string]string{}, Buckets: t.buckets(), GroupsPerUser: math.MaxInt, WholeListsOnly: !prefixes,
		Options: policy.Options{MaxDocuments: can.DocumentsPerHolder},
	}
	for _, u := range t.world.Users {
		in.Users[u.Name] = s.Identities.Principal(t.identity(u.Name))
	}
	for _, g := range t.world.UserGroups {
		in.Groups = append(in.Groups, g.Name)
	}
	planned := map[store.Holder]store.Held{}
	for _, a := range policy.Plan(in) {
		h, held := t.holder(a.Subject), store.Held{Documents: map[int][]byte{}}
		for _, user := range a.Members {
			held.Members = append(held.Members, t.identity(user).Name)
		}
		var documents []policy.Document
		for in.MaxBytes = smallest; ; in.MaxBytes = min(2*in.MaxBytes, can.DocumentBytes) {
			var err error
			documents, err = policy.Attach(a.Subject.Name, mistakes.allows(slices.Clone(a.Allows)), in.Options)
			if err == nil {
				break
			}
			if !errors.Is(err, policy.ErrTooLarge) || in.MaxBytes == can.DocumentBytes {
				return nil, err
			}
		}
		for shard, doc := range documents {
			if text := mistakes.document(doc.JSON()); text != nil {
				held.Documents[shard] = text
			}
		}
		planned[h] = held
	}
	return planned, nil
}

// holder is whom a subject's documents hang on.
func (t *tenant) holder(s v1alpha1.Subject) store.Holder {
	if s.Kind == v1alpha1.SubjectUser {
		return store.Holder{Kind: store.HolderUser, Path: t.path(), Name: t.identity(s.Name).Name}
	}
	return store.Holder{Kind: store.HolderGroup, Path: t.path(), Name: store.Name(installation, t.namespace, string(s.Kind), s.Name)}
}

// bring takes away first what is not planned any more; nobody joins a group that has yet to lose something.
func bring(ctx context.Context, holders store.Holders, now, planned map[store.Holder]store.Held) error {
	for _, h := range inOrder(now) {
		id := store.Identity{Name: h.Name, Path: h.Path}
		want, stays := planned[h]
		if h.Kind == store.HolderGroup && !stays {
			if err := holders.DeleteGroup(ctx, id); err != nil {
				return err
			}
			continue
		}
		for _, member := range now[h].Members {
			if slices.Contains(want.Members, member) {
				continue
			}
			if err := holders.SetMember(ctx, id, member, false); err != nil {
				return err
			}
		}
		for _, shard := range slices.Sorted(maps.Keys(now[h].Documents)) {
			if want.Documents[shard] != nil {
				continue
			}
			if err := holders.SetDocument(ctx, h, shard, nil); err != nil {
				return err
			}
		}
	}
	for _, h := range inOrder(planned) {
		if err := give(ctx, holders, h, now[h], planned[h]); err != nil {
			return err
		}
	}
	return nil
}

func give(ctx context.Context, holders store.Holders, h store.Holder, now, want store.Held) error {
	id := store.Identity{Name: h.Name, Path: h.Path}
	if h.Kind == store.HolderGroup && now.Documents == nil {
		if err := holders.EnsureGroup(ctx, id); err != nil {
			return err
		}
	}
	for _, shard := range slices.Sorted(maps.Keys(want.Documents)) {
		if bytes.Equal(now.Documents[shard], want.Documents[shard]) {
			continue
		}
		if err := holders.SetDocument(ctx, h, shard, want.Documents[shard]); err != nil {
			return err
		}
	}
	for _, member := range want.Members {
		if slices.Contains(now.Members, member) {
			continue
		}
		if err := holders.SetMember(ctx, id, member, true); err != nil {
			return err
		}
	}
	return nil
}

func inOrder(of map[store.Holder]store.Held) []store.Holder {
	return slices.SortedFunc(maps.Keys(of), func(a, b store.Holder) int {
		return strings.Compare(string(a.Kind)+a.Name, string(b.Kind)+b.Name)
	})
}
