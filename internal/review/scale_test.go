package review_test

import (
	"fmt"
	"testing"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// BenchmarkReview asks a tenant of 10,000 bindings, 10,000 folders and 500 users.
func BenchmarkReview(b *testing.B) {
	r := review.New(large(), worldtest.Start)
	target := review.Target{Kind: v1alpha1.TargetFolder, Name: "folder-77"}
	b.Run("who-can", func(b *testing.B) {
		for b.Loop() {
			if a, err := r.WhoCan(access.Download, review.Target{Kind: v1alpha1.TargetLibrary, Name: "brand"}); err != nil || len(a.Parts) != 10000 {
				b.Fatal(err, len(a.Parts))
			}
		}
	})
	b.Run("access", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Access(review.User("user-3")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("audit", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Audit(nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("explain", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Explain(review.User("user-3"), target); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func large() review.Tenant {
	d := access.Declarations{Libraries: make([]v1alpha1.Library, 1)}
	d.Libraries[0].Name = "brand"
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
		var rb v1alpha1.RoleBinding
		rb.Name = fmt.Sprintf("binding-%d", i)
		rb.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"}
		rb.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: fmt.Sprintf("user-%d", i%500)}}
		rb.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: f.Name}}
		d.RoleBindings = append(d.RoleBindings, rb)
	}
	return review.Tenant{Namespace: "acme", Declared: d}
}

// Nothing is left out of an answer about a tenant of 10,000 bindings.
func TestAnswersAtScaleAreComplete(t *testing.T) {
	r := review.New(large(), worldtest.Start)
	a, err := r.Audit(nil)
	if err != nil || len(a.Grants) != 10000 {
		t.Fatalf("%v, and %d grants", err, len(a.Grants))
	}
	access, err := r.Access(review.User("user-3"))
	if err != nil || len(access.Grants) != 20 {
		t.Fatalf("%v, and %d grants", err, len(access.Grants))
	}
}
