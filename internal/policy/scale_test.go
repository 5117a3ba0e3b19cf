package policy_test

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/policy"
)

// department is a tenant whose policies come close to the budget: so many
// people in groups of ten, each group with three folders.
func department(people int) access.Declarations {
	d := access.Declarations{Libraries: libraries("brand", "acme-brand")}
	for i := range people {
		d.Users = append(d.Users, v1alpha1.User{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("u%04d", i)}})
	}
	for g := range people / 10 {
		group := v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("g%02d", g)}}
		for i := range 10 {
			group.Spec.Members = append(group.Spec.Members, fmt.Sprintf("u%04d", g*10+i))
		}
		d.UserGroups = append(d.UserGroups, group)
		b := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: group.Name}}
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "viewer"}
		b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: group.Name}}
		for i := range 3 {
			f := v1alpha1.Folder{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("f%02d-%d", g, i)}}
			f.Spec.LibraryRef.Name = "brand"
			f.Spec.Path = v1alpha1.Path(fmt.Sprintf("campaigns 2027/group %02d/part %d", g, i))
			d.Folders = append(d.Folders, f)
			b.Spec.Targets = append(b.Spec.Targets, v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: f.Name})
		}
		d.RoleBindings = append(d.RoleBindings, b)
	}
	return d
}

// BenchmarkCompile renders both policies of a tenant, and proves them for one changed user and for all.
func BenchmarkCompile(b *testing.B) {
	at := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, n := range []int{10, 100, 300} {
		d := department(n)
		m := access.New(d)
		buckets := bucketsOf(d)
		everybody := map[string]string{}
		for _, u := range d.Users {
			everybody[u.Name] = principal(u.Name)
		}
		documents := map[string]policy.Document{}
		bytes := 0
		compile := func() {
			var allows []policy.Allow
			bytes = 0
			for user, arn := range everybody {
				allows = append(allows, policy.Allows(user, arn, m.Grants(user, at), buckets)...)
			}
			for _, bucket := range []string{"acme-brand", "acme-brand-dam"} {
				doc, err := policy.Render(bucket, allows, policy.Options{})
				if err != nil {
					b.Fatal(err)
				}
				documents[bucket] = doc
				bytes += len(doc.JSON())
			}
		}
		b.Run(fmt.Sprintf("users=%d/render", n), func(b *testing.B) {
			for b.Loop() {
				compile()
			}
			b.ReportMetric(float64(bytes), "policy-bytes")
		})
		compile()
		for name, users := range map[string]map[string]string{"one": {"u0003": principal("u0003")}, "all": everybody} {
			b.Run(fmt.Sprintf("users=%d/prove-%s", n, name), func(b *testing.B) {
				for b.Loop() {
					if err := policy.Prove(policy.Proof{Documents: documents, Model: m, At: at, Users: users, Buckets: buckets}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
