// Package v1alpha1 holds the kinds of dam.vitrine.dev: who may do what with
// which digital assets, as a platform team declares it in Git.
//
// Every kind reports itself with the conditions of kstatus, so that kubectl
// wait, Flux and Argo CD judge it right:
//
//	Ready         what is declared is enforced
//	├─ Reconciling  work is under way; no action is needed (absent when not so)
//	└─ Stalled      the one who declared it must act; the message says how (absent when not so)
//
// Ready does not depend on the time of day: an expired link or an ended grant
// is Ready, with a phase that says so.
//
// All kinds but ObjectStore are namespaced, and a namespace is a tenant: no
// reference leaves it, apart from a Library's storeRef, which the ObjectStore
// must admit.
//
// +kubebuilder:object:generate=true
// +groupName=dam.vitrine.dev
package v1alpha1
