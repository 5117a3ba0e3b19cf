package controllers

import (
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// declaredAnew tells whether somebody declared something else: the spec, a
// freeze or the deletion, or another object of that name, which a cache that lost its watch tells as
// a change; not what reconcilers wrote into the status.
func declaredAnew(before, now client.Object) bool {
	return before.GetUID() != now.GetUID() || before.GetGeneration() != now.GetGeneration() ||
		before.GetDeletionTimestamp().IsZero() != now.GetDeletionTimestamp().IsZero() ||
		v1alpha1.FreezeReason(before) != v1alpha1.FreezeReason(now)
}

// onDeclaration lets only such changes wake a reconciler of another kind, and
// of a Library also that its buckets are there.
var onDeclaration = builder.WithPredicates(predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		if library, ok := e.ObjectNew.(*v1alpha1.Library); ok && library.Status.VitrineBucket != e.ObjectOld.(*v1alpha1.Library).Status.VitrineBucket {
			return true
		}
		return declaredAnew(e.ObjectOld, e.ObjectNew)
	},
})
