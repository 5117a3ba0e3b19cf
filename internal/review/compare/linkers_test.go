package compare

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// managed is a tenant of 1,000 Collections, and twenty Users in a group who manage each by a binding of its own: all but some.
func managed(unmanaged int) review.Tenant {
	t := review.Tenant{Namespace: "acme"}
	d := &t.Declared
	d.Libraries = make([]v1alpha1.Library, 1)
	d.Libraries[0].Name, d.Libraries[0].Spec.Bucket.Name = "brand", "acme-brand"
	d.UserGroups = make([]v1alpha1.UserGroup, 1)
	d.UserGroups[0].Name = "managers"
	for i := range 20 {
		var u v1alpha1.User
		u.Name = fmt.Sprintf("user-%d", i)
		d.Users = append(d.Users, u)
		d.UserGroups[0].Spec.Members = append(d.UserGroups[0].Spec.Members, u.Name)
	}
	for i := range 1000 {
		var c v1alpha1.Collection
		c.Name, c.Spec.LibraryRef.Name = fmt.Sprintf("collection-%d", i), "brand"
		c.Spec.Items = []v1alpha1.CollectionItem{{Path: fmt.Sprintf("team-%d/job-%d/**", i%100, i)}}
		d.Collections = append(d.Collections, c)
		if i < unmanaged {
			continue
		}
		var b v1alpha1.RoleBinding
		b.Name = fmt.Sprintf("binding-%d", i)
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "manager"}
		b.Spec.Subjects = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUserGroup, Name: "managers"}}
		b.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetCollection, Name: c.Name}}
		d.RoleBindings = append(d.RoleBindings, b)
	}
	return t
}

// BenchmarkLinkers tells who may make links on 1,000 Collections, where nothing differs, one, or all.
func BenchmarkLinkers(b *testing.B) {
	for _, changed := range []int{0, 1, 1000} {
		b.Run(fmt.Sprintf("changed=%d", changed), func(b *testing.B) {
			base, head := managed(changed), managed(0)
			was, is, everybody := newSide(base, nil, noon), newSide(head, nil, noon), people(base, head, nil)
			for b.Loop() {
				if all := linkerChanges(was, is, everybody); len(all) != changed {
					b.Fatalf("%d changes", len(all))
				}
			}
		})
	}
}

// TestLinkersArePlainlyFound compares what is told of who may make links with the model's word on each person, Collection
// and instant, on random tenants with many who may and with Collections that have the same contents.
func TestLinkersArePlainlyFound(t *testing.T) {
	told := 0
	rapid.Check(t, func(t *rapid.T) {
		first := worldtest.Draw(t)
		drawn := mixed(t, first)
		a, b := linking(t, "was", first, drawn), linking(t, "is", first, varied(t, drawn))
		if rapid.Bool().Draw(t, "another world") {
			second := worldtest.Draw(t)
			b = linking(t, "is", second, mixed(t, second))
		}
		now := rapid.SampledFrom(first.Instants).Draw(t, "now")
		groups := memberless(a, b)
		was, is, everybody := newSide(a, groups, now), newSide(b, groups, now), people(a, b, groups)
		gained, lost := map[string][]string{}, map[string][]string{}
		for _, p := range everybody {
			for _, name := range mayLinkEver(is.model, p.is) {
				if linksMore(was, is, p.was, p.is, name) {
					gained[name] = append(gained[name], p.name)
				}
			}
			for _, name := range mayLinkEver(was.model, p.was) {
				if linksMore(is, was, p.is, p.was, name) {
					lost[name] = append(lost[name], p.name)
				}
			}
		}
		got := linkerChanges(was, is, everybody)
		told += len(got)
		if diff := cmp.Diff(linkersTold(gained, lost), got); diff != "" {
			t.Fatalf("other linkers (-plain +got):\n%s", diff)
		}
	})
	if told == 0 {
		t.Error("nothing was ever told")
	}
}

// linking adds Collections with the items of others, and bindings on Collections and Libraries that give the right to
// make links; what it adds ends in a name.
func linking(t *rapid.T, name string, w worldtest.World, from review.Tenant) review.Tenant {
	to := clone(from)
	d := &to.Declared
	d.RoleBindings = slices.Clone(d.RoleBindings)
	for i := range len(d.Collections) {
		c := *d.Collections[i].DeepCopy()
		c.Name += "-" + name
		c.Spec.LibraryRef.Name = rapid.SampledFrom(d.Libraries).Draw(t, "library").Name
		if rapid.Bool().Draw(t, "the same items") {
			d.Collections = append(d.Collections, c)
		}
	}
	var subjects []v1alpha1.Subject
	for i := range d.Users {
		subjects = append(subjects, v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: d.Users[i].Name})
	}
	for i := range d.UserGroups {
		subjects = append(subjects, v1alpha1.Subject{Kind: v1alpha1.SubjectUserGroup, Name: d.UserGroups[i].Name})
	}
	give := func(role string, target v1alpha1.Target) {
		b := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("linking-%d-%s", len(d.RoleBindings), name)}}
		b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: role}
		b.Spec.Subjects = []v1alpha1.Subject{rapid.SampledFrom(subjects).Draw(t, "who links")}
		b.Spec.Targets = []v1alpha1.Target{target}
		b.Spec.NotBefore, b.Spec.NotAfter = instant(t, w, "linking begins"), instant(t, w, "linking ends")
		d.RoleBindings = append(d.RoleBindings, b)
	}
	for i := range d.Collections {
		for range rapid.IntRange(0, 2).Draw(t, "linkers") {
			give("manager", v1alpha1.Target{Kind: v1alpha1.TargetCollection, Name: d.Collections[i].Name})
		}
	}
	for i := range d.Libraries {
		if rapid.IntRange(0, 3).Draw(t, "all of a library") == 0 {
			give("library-editor", v1alpha1.Target{Kind: v1alpha1.TargetLibrary, Name: d.Libraries[i].Name})
		}
	}
	return to
}

// linksMore tells whether somebody may make links on a Collection at an instant from now on at which the other side does not let
// them, neither by its name nor on one with the same contents.
func linksMore(other, s *side, theirs, ours []string, collection string) bool {
	same := other.alikeCollections(s, collection)
	at := s.linkDays(ours, collection)
	for _, name := range same {
		at = append(at, other.linkDays(theirs, name)...)
	}
	return slices.ContainsFunc(at, func(t time.Time) bool {
		return s.mayLink(ours, collection, t) && !slices.ContainsFunc(same, func(name string) bool { return other.mayLink(theirs, name, t) })
	})
}

func (s *side) mayLink(subjects []string, collection string, at time.Time) bool {
	return slices.ContainsFunc(subjects, func(subject string) bool { return s.model.DecideLink(subject, collection, at).Allowed })
}

// linkDays are now and the instants from then on at which somebody's right to make links on a Collection begins or ends.
func (s *side) linkDays(subjects []string, collection string) []time.Time {
	days := []time.Time{s.now}
	for _, subject := range subjects {
		for _, r := range s.model.LinkRoutesEver(subject, collection) {
			for _, t := range []*time.Time{r.NotBefore, r.NotAfter} {
				if t != nil && t.After(s.now) {
					days = append(days, *t)
				}
			}
		}
	}
	return days
}

// alikeCollections are the Collections of a side that are called like one of another, or have the same contents.
func (s *side) alikeCollections(o *side, collection string) []string {
	bucket := func(s *side, name string) string { return s.buckets[s.librariesOf[name]] }
	var all []string
	for name, has := range s.contents {
		there := o.contents[collection]
		if name == collection || bucket(s, name) == bucket(o, collection) && slices.Equal(has.items, there.items) && slices.Equal(has.pinned, there.pinned) {
			all = append(all, name)
		}
	}
	return all
}
