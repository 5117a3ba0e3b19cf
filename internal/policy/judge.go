package policy

import (
	"fmt"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/policy/evaluate"
)

// judges are documents ready to be asked: bucket policies, and by principal what hangs on it.
type judges struct {
	buckets  map[string]*evaluate.Policy
	attached map[string][]*evaluate.Policy
}

// newJudges compiles the statements that are ours. Each must only allow: a right
// is the union over all documents only where none takes anything away.
func newJudges(documents map[string]Document, attached map[string][]Document) (judges, error) {
	j := judges{buckets: map[string]*evaluate.Policy{}, attached: make(map[string][]*evaluate.Policy, len(attached))}
	for bucket, d := range documents {
		text := oursOf(d).JSON()
		if text == nil {
			continue
		}
		policy, err := evaluate.Compile(text)
		if err != nil {
			return judges{}, fmt.Errorf("%w: bucket %s: %w", ErrNotProved, bucket, err)
		}
		if !policy.AllowOnly() {
			return judges{}, fmt.Errorf("%w: bucket %s: a statement denies", ErrNotProved, bucket)
		}
		j.buckets[bucket] = policy
	}
	known := map[string]*evaluate.Policy{} // a group's documents hang on every member
	for principal, list := range attached {
		for _, d := range list {
			text := oursOf(d).JSON()
			if text == nil {
				continue
			}
			policy := known[string(text)]
			if policy == nil {
				var err error
				if policy, err = evaluate.CompileAttached(text); err != nil {
					return judges{}, fmt.Errorf("%w: the documents of %s: %w", ErrNotProved, principal, err)
				}
				if !policy.AllowOnly() {
					return judges{}, fmt.Errorf("%w: the documents of %s: a statement denies", ErrNotProved, principal)
				}
				known[string(text)] = policy
			}
			j.attached[principal] = append(j.attached[principal], policy)
		}
	}
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

// judge is what decides about one principal in one bucket: any document that allows.
type judge []*evaluate.Policy

func (j judges) of(bucket, principal string) judge {
	list := j.attached[principal]
	if policy := j.buckets[bucket]; policy != nil {
		list = append(list[:len(list):len(list)], policy)
	}
	return list
}

func (j judge) allowed(r evaluate.Request) bool {
	for _, policy := range j {
		if policy.Allowed(r) {
			return true
		}
	}
	return false
}

// places are where the documents give a principal something in a bucket, by name.
func (j judge) places(bucket, principal string) []string {
	var names []string
	for _, policy := range j {
		for _, place := range policy.Places(principal) {
			first, _, _ := strings.Cut(place, "/")
			name, below := strings.CutPrefix(place, bucket+"/")
			switch {
			case below:
				names = append(names, strings.TrimSuffix(name, "*"))
			case first == bucket || strings.ContainsAny(first, "*?"):
				names = append(names, "")
			}
		}
	}
	return names
}
