package decisions_test

import (
	"context"
	"maps"
	"slices"

	"github.com/vitrine-dam/vitrine/internal/policy"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// fault is a mistake in the way from declarations to a store, for tests of this suite itself.
type fault struct {
	// allows changes what is rendered.
	allows func([]policy.Allow) []policy.Allow
	// document changes what was rendered.
	document func([]byte) []byte
}

type faults []fault

func (fs faults) allows(allows []policy.Allow) []policy.Allow {
	for _, f := range fs {
		if f.allows != nil {
			allows = f.allows(allows)
		}
	}
	return allows
}

func (fs faults) document(text []byte) []byte {
	for _, f := range fs {
		if f.document != nil && text != nil {
			text = f.document(text)
		}
	}
	return text
}

// bucketPolicies enforces by bucket policies that name users, as the access compiler does: grants, allows, a document for each
// bucket.
func bucketPolicies(mistakes ...fault) enforcement {
	return func(ctx context.Context, s *store.Store, t *tenant) error {
		documents, err := t.documents(s, mistakes)
		if err != nil {
			return err
		}
		for _, bucket := range slices.Sorted(maps.Keys(documents)) {
			if err := s.SetBucketPolicy(ctx, bucket, documents[bucket]); err != nil {
				return err
			}
		}
		return nil
	}
}

// documents are those of each bucket of a tenant; nil for one that nobody has a right to.
func (t *tenant) documents(s *store.Store, mistakes faults) (map[string][]byte, error) {
	var allows []policy.Allow
	for _, u := range t.world.Users {
		allows = append(allows, policy.Allows(u.Name, s.Identities.Principal(t.identity(u.Name)), t.model.Grants(u.Name, t.at), t.buckets())...)
	}
	allows = mistakes.allows(allows)
	documents := map[string][]byte{}
	for _, b := range t.made {
		for _, bucket := range []string{b.Originals, b.Vitrine} {
			doc, err := policy.Render(bucket, allows, policy.Options{})
			if err != nil {
				return nil, err
			}
			documents[bucket] = mistakes.document(doc.JSON())
		}
	}
	return documents, nil
}
