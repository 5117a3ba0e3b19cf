package compare

import (
	"reflect"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// newest is the age of what a change adds: it is younger than all there is, whatever it is called.
var newest = metav1.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)

// aged gives files the ages that a cluster on the other side knows, and makes what head adds younger than what is there:
// of two objects that claim one thing the older has it.
func aged(base, head review.Tenant) (was, is review.Tenant) {
	if base.AgesUnknown && !head.AgesUnknown {
		base.Declared = withAges(base.Declared, head.Declared, metav1.Time{})
	}
	if head.AgesUnknown {
		head.Declared = withAges(head.Declared, base.Declared, newest)
	}
	return base, head
}

// withAges gives the objects of some declarations the ages of others, and an age to those that they have not.
func withAges(d, others access.Declarations, unknown metav1.Time) access.Declarations {
	d.Libraries, d.Folders = slices.Clone(d.Libraries), slices.Clone(d.Folders)
	setAges(d.Libraries, others.Libraries, func(o *v1alpha1.Library) *metav1.ObjectMeta { return &o.ObjectMeta }, unknown)
	setAges(d.Folders, others.Folders, func(o *v1alpha1.Folder) *metav1.ObjectMeta { return &o.ObjectMeta }, unknown)
	return d
}

func setAges[T any](objects, others []T, meta func(*T) *metav1.ObjectMeta, unknown metav1.Time) {
	ages := make(map[string]metav1.Time, len(others))
	for i := range others {
		ages[meta(&others[i]).Name] = meta(&others[i]).CreationTimestamp
	}
	for i := range objects {
		m := meta(&objects[i])
		age, known := ages[m.Name]
		if !known {
			age = unknown
		}
		m.CreationTimestamp = age
	}
}

// conflictChanges tells of objects that claim what another has, where it hangs on their ages which of the two gets it: those
// of a conflict that base has not, and, while files alone are compared, those of every conflict. What is given on the one that is supposed here
// to have nothing may be in force, so it counts as wider.
func conflictChanges(base, head review.Tenant, was, is *side) []Declared {
	agesUnknown := base.AgesUnknown && head.AgesUnknown
	known := map[access.Problem]bool{}
	for _, p := range conflicts(was.model) {
		known[p] = true
	}
	var all []Declared
	for _, p := range conflicts(is.model) {
		if known[p] && (!agesUnknown || sameDeclared(base, head)) {
			continue
		}
		what := "is in conflict, and what is given on either of the two may come to be in force: " + p.Message
		if agesUnknown {
			what += " (files do not tell which is older)"
		}
		all = append(all, Declared{p.Kind, p.Name, what, true})
	}
	return all
}

func conflicts(m *access.Model) []access.Problem {
	return slices.DeleteFunc(m.Problems(), func(p access.Problem) bool { return p.Reason != v1alpha1.ReasonConflict })
}

// sameDeclared tells that two files say the same, so that whoever is the older is so in both.
func sameDeclared(base, head review.Tenant) bool {
	base.Declared = withAges(base.Declared, access.Declarations{}, metav1.Time{})
	head.Declared = withAges(head.Declared, access.Declarations{}, metav1.Time{})
	return reflect.DeepEqual(base.Declared, head.Declared) && reflect.DeepEqual(base.Links, head.Links)
}
