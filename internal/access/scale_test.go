package access_test

import (
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// large is a tenant of many folders, some of them restricted, with bindings
// of groups of ten on two folders each.
func large(folders, bindings, people int) access.Declarations {
	d := access.Declarations{Libraries: []v1alpha1.Library{library("brand")}}
	for i := range folders {
		how := v1alpha1.AccessInherit
		if i%100 == 50 {
			how = v1alpha1.AccessRestricted
		}
		d.Folders = append(d.Folders, folder(fmt.Sprintf("f%05d", i), fmt.Sprintf("team-%02d/Projekt %03d/f%05d", i%20, i%200, i), how))
	}
	for i := range people {
		d.Users = append(d.Users, users(fmt.Sprintf("u%04d", i))...)
	}
	for i := range max(people/5, 1) {
		g := v1alpha1.UserGroup{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("g%04d", i)}}
		for j := range 10 {
			g.Spec.Members = append(g.Spec.Members, fmt.Sprintf("u%04d", (i*7+j)%people))
		}
		d.UserGroups = append(d.UserGroups, g)
	}
	for i := range bindings {
		b := bind(fmt.Sprintf("b%05d", i), []string{"viewer", "contributor", "manager"}[i%3],
			fmt.Sprintf("UserGroup/g%04d", i%len(d.UserGroups)), fmt.Sprintf("Folder/f%05d", i*7%folders))
		b.Spec.Targets = append(b.Spec.Targets, v1alpha1.Target{Kind: v1alpha1.TargetFolder, Name: fmt.Sprintf("f%05d", (i*7+1)%folders)})
		d.RoleBindings = append(d.RoleBindings, b)
	}
	return d
}

// BenchmarkCold makes the model of a large tenant and asks for all grants.
func BenchmarkCold(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		d := large(100*n, 10*n, 5*n)
		b.Run(fmt.Sprintf("folders=%d", 100*n), func(b *testing.B) {
			for b.Loop() {
				m := access.New(d)
				for _, u := range d.Users {
					m.Grants(u.Name, noon)
				}
			}
		})
	}
}

// BenchmarkNext makes the model of a tenant with patterns over many files, alone and after one that differs in a grant.
func BenchmarkNext(b *testing.B) {
	d := large(1000, 100, 50)
	d.Files = map[string][]string{}
	for i := range 100_000 {
		d.Files["brand"] = append(d.Files["brand"], fmt.Sprintf("team-%02d/Projekt %03d/f%05d/picture-%06d.jpg", i%20, i%200, i%1000, i))
	}
	slices.Sort(d.Files["brand"])
	for i := range 50 {
		c := v1alpha1.Collection{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("c%d", i)}}
		c.Spec.LibraryRef.Name = "brand"
		c.Spec.Items = []v1alpha1.CollectionItem{{Path: fmt.Sprintf("**/picture-%03d*.jpg", i)}, {Path: fmt.Sprintf("**/campaign-%d/**/*.tif", i)}}
		d.Collections = append(d.Collections, c)
	}
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			access.New(d)
		}
	})
	before := access.New(d)
	d.RoleBindings = d.RoleBindings[1:]
	b.Run("after", func(b *testing.B) {
		for b.Loop() {
			before.Next(d)
		}
	})
}

// BenchmarkDecide asks one question of a large tenant.
func BenchmarkDecide(b *testing.B) {
	d := large(10000, 1000, 500)
	m := access.New(d)
	k := access.Key{Library: "brand", Path: "team-07/Projekt 007/f00007/a.jpg"}
	b.Run("decide", func(b *testing.B) {
		for b.Loop() {
			m.Decide("u0007", access.Download, k, noon)
		}
	})
	b.Run("holders", func(b *testing.B) {
		for b.Loop() {
			m.Holders(access.Download, k, noon)
		}
	})
	reach := m.Reach("u0007", noon)
	b.Run("reach", func(b *testing.B) {
		for b.Loop() {
			reach.May(access.Download, k)
		}
	})
}

// TestCostGrowsWithTheTenant counts allocations rather than time: ten times the tenant may cost little more than ten times as much.
func TestCostGrowsWithTheTenant(t *testing.T) {
	cost := func(n int) float64 {
		d := large(100*n, 10*n, 5*n)
		return testing.AllocsPerRun(1, func() {
			m := access.New(d)
			for _, u := range d.Users {
				m.Grants(u.Name, noon)
			}
		})
	}
	if small, big := cost(10), cost(100); big > 15*small {
		t.Errorf("a tenant ten times the size takes %.0f allocations instead of %.0f", big, small)
	}
}
