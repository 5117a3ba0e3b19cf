package decisions_test

import (
	"slices"
	"strings"

	"github.com/vitrine-dam/vitrine/internal/policy/evaluate"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// reading foretells a store's answers to one tenant's people from the documents that it is given, without asking it: the evaluator
// reads them. So a question that shows a mistake is found among thousands, and the store is asked that one.
type reading func(s *store.Store, t *tenant) (judge, error)

// judge answers whether somebody's request is let through.
type judge func(user string, r evaluate.Request) bool

// plain are the operations that are foretold, each with its one action. They need one right at one place.
var plain = map[string]string{
	"get": "s3:GetObject", "get version": "s3:GetObjectVersion", "put": "s3:PutObject", "delete": "s3:DeleteObject", "list": "s3:ListBucket",
}

// bucketPoliciesRead reads what bucketPolicies brings.
func bucketPoliciesRead(mistakes ...fault) reading {
	return func(s *store.Store, t *tenant) (judge, error) {
		documents, err := t.documents(s, mistakes)
		if err != nil {
			return nil, err
		}
		policies := map[string]*evaluate.Policy{}
		for bucket, text := range documents {
			if len(text) == 0 {
				continue
			}
			if policies[bucket], err = evaluate.Compile(text); err != nil {
				return nil, err
			}
		}
		return func(user string, r evaluate.Request) bool {
			r.Principal = s.Identities.Principal(t.identity(user))
			return policies[r.Bucket] != nil && policies[r.Bucket].Allowed(r)
		}, nil
	}
}

// attachedDocumentsRead reads what attachedDocuments brings: a User's own documents, and those of the groups they are in.
func attachedDocumentsRead(can store.Capabilities, prefixes bool) func(...fault) reading {
	return func(mistakes ...fault) reading {
		return func(s *store.Store, t *tenant) (judge, error) {
			planned, err := t.plan(s, can, prefixes, mistakes)
			if err != nil {
				return nil, err
			}
			policies := map[store.Holder][]*evaluate.Policy{}
			for h, held := range planned {
				for _, text := range held.Documents {
					p, err := evaluate.CompileAttached(text)
					if err != nil {
						return nil, err
					}
					policies[h] = append(policies[h], p)
				}
			}
			return func(user string, r evaluate.Request) bool {
				name := t.identity(user).Name
				for h, all := range policies {
					holds := h.Kind == store.HolderUser && h.Name == name || h.Kind == store.HolderGroup && slices.Contains(planned[h].Members, name)
					if holds && slices.ContainsFunc(all, func(p *evaluate.Policy) bool { return p.Allowed(r) }) {
						return true
					}
				}
				return false
			}, nil
		}
	}
}

// judges foretell the answers to each tenant's people.
func (sc *scene) judges() (map[string]judge, error) {
	all := map[string]judge{}
	for _, t := range sc.tenants {
		var err error
		if all[t.namespace], err = sc.at.foretell(sc.admin, t); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// foretold tells whether the documents answer a plain question in another way than the store should. What a store makes of a name
// that ends in a slash is its habit, and no document tells it.
func (sc *scene) foretold(q question, judges map[string]judge) bool {
	o := operationNamed(q.Operation)
	r := evaluate.Request{Action: plain[q.Operation], Bucket: q.Bucket}
	if o.need == recalls && sc.at.habits.forgetsVersions {
		r.Action = plain["get"]
	}
	switch {
	case sc.atDots(q):
		return false
	case o.need == lists:
		r.Conditions = map[string]string{"s3:prefix": q.Name}
	case strings.HasSuffix(q.Name, "/"):
		return false
	default:
		r.Object = q.Name
	}
	return judges[q.Tenant](q.Subject, r) != sc.expected(q)
}
