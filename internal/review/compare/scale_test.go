package compare

import (
	"fmt"
	"testing"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// large is a tenant of 10,000 bindings, 10,000 folders and 500 users; the grants of one user in
// fifty end, each at another instant.
func large(changed int) review.Tenant {
	t := review.Tenant{Namespace: "acme"}
	d := &t.Declared
	d.Libraries = make([]v1alpha1.Library, 1)
	d.Libraries[0].Name, d.Libraries[0].Spec.Bucket.Name = "brand", "acme-brand"
	for i := range 500 {
		var u v1alpha1.User
		u.Name = fmt.Sprintf("user-%d", i)
		d.Users = append(d.Users, u)
	}
	for i := range 10000 {
		var f v1alpha1.Folder
		f.Name = fmt.Sprintf("folder-%d", i)
		f.Spec.LibraryRef.Name, f.Spec.Path = "brand", v1alpha1.Path(fmt.Sprintf("team-%d/job-%d", i/100, i))
		d.Folders = append(d.Folders, f)
		var b v1alpha1.RoleBinding
		b.Name = fmt.Sprintf("binding-%d", i)
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"}
		if i < changed {
			b.Spec.RoleRef.Name = "contributor"
		}
		b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: fmt.Sprintf("user-%d", i%500)}}
		b.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: f.Name}}
		d.RoleBindings = append(d.RoleBindings, b)
	}
	return t
}

// BenchmarkCompare compares tenants of 10,000 bindings in which none, one, or all differ.
func BenchmarkCompare(b *testing.B) {
	for _, changed := range []int{0, 1, 10000} {
		b.Run(fmt.Sprintf("changed=%d", changed), func(b *testing.B) {
			base, head := large(0), large(changed)
			for b.Loop() {
				if d := Compare(base, head, noon); len(d.Changes) != changed {
					b.Fatalf("%d changes", len(d.Changes))
				}
			}
		})
	}
}
