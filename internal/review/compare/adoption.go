package compare

import "github.com/vitrine-dam/vitrine/api/v1alpha1"

// adoptions tells of Libraries that are now to take over a bucket with what is in it: grants and links that are
// there already reach that content then, and nobody has to declare them anew.
func adoptions(was, is *side) []Declared {
	var all []Declared
	had, has := was.libraries(), is.libraries()
	for _, bucket := range names(had, has) {
		before, after := had[bucket], has[bucket]
		if before == nil || after == nil || before.Spec.Bucket.Management == v1alpha1.BucketAdopt || after.Spec.Bucket.Management != v1alpha1.BucketAdopt {
			continue
		}
		all = append(all, Declared{"Library", after.Name, "takes over bucket " + after.Spec.Bucket.Name + " with the content that it has, which existing grants and links reach", true})
	}
	return all
}
