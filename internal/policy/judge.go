package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/policy/evaluate"
)

// judges are documents ready to be asked: bucket policies, and by principal what hangs on it.
type judges struct {
	buckets  map[string]*evaluate.Policy
	attached map[string][]*evaluate.Policy
}

// newJudges compiles the statements that are ours, unless a memory has them compiled, which then has these. Each must
// only allow: a right is the union over all documents only where none takes anything away.
func newJudges(documents map[string]Document, attached map[string][]Document, memory *Memory) (judges, error) {
	j := judges{buckets: map[string]*evaluate.Policy{}, attached: make(map[string][]*evaluate.Policy, len(attached))}
	if memory == nil {
		memory = NewMemory()
	}
	compiled := map[string]*evaluate.Policy{} // a group's documents hang on every member
	compile := func(kind string, d Document, read func([]byte) (*evaluate.Policy, error)) (*evaluate.Policy, error) {
		text := oursOf(d).JSON()
		if text == nil {
			return nil, nil //nolint:nilnil // nothing of ours: nobody judges
		}
		key := kind + string(text)
		policy := compiled[key]
		if policy == nil {
			policy = memory.compiled[key]
		}
		if policy == nil {
			var err error
			if policy, err = read(text); err != nil {
				return nil, err
			}
			if !policy.AllowOnly() {
				return nil, errors.New("a statement denies")
			}
		}
		compiled[key] = policy
		return policy, nil
	}
	for bucket, d := range documents {
		policy, err := compile("bucket", d, evaluate.Compile)
		if err != nil {
			return judges{}, fmt.Errorf("%w: bucket %s: %w", ErrNotProved, bucket, err)
		}
		if policy != nil {
			j.buckets[bucket] = policy
		}
	}
	for principal, list := range attached {
		for _, d := range list {
			policy, err := compile("identity", d, evaluate.CompileAttached)
			if err != nil {
				return judges{}, fmt.Errorf("%w: the documents of %s: %w", ErrNotProved, principal, err)
			}
			if policy != nil {
				j.attached[principal] = append(j.attached[principal], policy)
			}
		}
	}
	memory.compiled = compiled
	return j, nil
}

func oursOf(d Document) Document {
	ours := Document{version: d.version}
	for _, s := range d.statements {
		if Ours(s.Sid) {
			ours.statements = append(ours.statements, s)
		}
	}
	return ours
}

// named are the places of a bucket's policy that concern a principal.
func (j judges) named(bucket, principal string) []string {
	policy := j.buckets[bucket]
	if policy == nil {
		return nil
	}
	return places([]*evaluate.Policy{policy}, principal, []string{bucket})[bucket]
}

// concern tells whether some statement speaks of a principal in a Library's
// buckets; given is where those that hang on it do.
func (j judges) concern(principal string, given map[string][]string, b Buckets) bool {
	for _, bucket := range []string{b.Originals, b.Vitrine} {
		if len(given[bucket]) > 0 || j.buckets[bucket] != nil && j.buckets[bucket].Concerns(principal) {
			return true
		}
	}
	return false
}

// everybody tells whether some statement of a bucket's policy is for everybody.
func (j judges) everybody() bool {
	for _, policy := range j.buckets {
		if policy.Concerns("") {
			return true
		}
	}
	return false
}

// judge is what decides about one principal in one bucket: any document that allows.
type judge []*evaluate.Policy

func (j judges) of(bucket, principal string) judge {
	list := j.attached[principal]
	if policy := j.buckets[bucket]; policy != nil {
		list = append(list[:len(list):len(list)], policy)
	}
	return list
}

// allowedOf has a bit set for each action that some document lets through.
func (j judge) allowedOf(r evaluate.Request, actions evaluate.Actions) uint64 {
	var allowed uint64
	for _, policy := range j {
		allowed |= policy.AllowedOf(r, actions)
	}
	return allowed
}

// places are where documents give a principal something, by bucket. What
// could be any bucket is told of every one of them.
func places(documents []*evaluate.Policy, principal string, buckets []string) map[string][]string {
	at := map[string][]string{}
	for _, policy := range documents {
		for _, place := range policy.Places(principal) {
			bucket, name, _ := strings.Cut(place, "/")
			if strings.ContainsAny(bucket, "*?") {
				for _, b := range buckets {
					at[b] = append(at[b], "")
				}
				continue
			}
			at[bucket] = append(at[bucket], strings.TrimSuffix(name, "*"))
		}
	}
	return at
}
