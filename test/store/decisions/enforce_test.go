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

// bucketPolicies enforces by bucket policies that name users, as the access compiler does: grants, allows, a document for each
// bucket.
func bucketPolicies(faults ...fault) enforcement {
	return func(ctx context.Context, s *store.Store, t *tenant) error {
		var allows []policy.Allow
		for _, u := range t.world.Users {
			allows = append(allows, policy.Allows(u.Name, s.Identities.Principal(t.identity(u.Name)), t.model.Grants(u.Name, t.at), t.buckets())...)
		}
		for _, f := range faults {
			if f.allows != nil {
				allows = f.allows(allows)
			}
		}
		for _, lib := range slices.Sorted(maps.Keys(t.made)) {
			for _, bucket := range []string{t.made[lib].Originals, t.made[lib].Vitrine} {
				doc, err := policy.Render(bucket, allows, policy.Options{})
				if err != nil {
					return err
				}
				text := doc.JSON()
				for _, f := range faults {
					if f.document != nil && text != nil {
						text = f.document(text)
					}
				}
				if err := s.SetBucketPolicy(ctx, bucket, text); err != nil {
					return err
				}
			}
		}
		return nil
	}
}
