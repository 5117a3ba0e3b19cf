package controllers

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// The annotations of a Secret with an access key say what the key is in the same write
// that puts it there, so that a manager that dies between two writes knows which
// of two keys is which.
const (
	annotationIssued       = "dam.vitrine.dev/issued"
	annotationRequest      = "dam.vitrine.dev/rotation-request"
	annotationPrevious     = "dam.vitrine.dev/previous-key"
	annotationPreviousEnds = "dam.vitrine.dev/previous-key-ends"
)

// defaultOverlap is how long a replaced key stays valid.
const defaultOverlap = time.Hour

// keyRotation says when a key is replaced; the zero value never.
type keyRotation struct {
	request         string
	maxAge, overlap time.Duration
}

func rotationOf(user *v1alpha1.User) keyRotation {
	r := user.Spec.KeyRotation
	if r == nil {
		return keyRotation{}
	}
	rotation := keyRotation{request: r.Request, maxAge: r.MaxAge.Value(), overlap: defaultOverlap}
	if r.Overlap != "" {
		rotation.overlap = r.Overlap.Value()
	}
	return rotation
}

// due tells whether a key has to be replaced now. A request that was taken
// back asks for nothing.
func (r keyRotation) due(held heldKey, now time.Time) bool {
	if r.request != "" && r.request != held.request {
		return true
	}
	return r.maxAge > 0 && !now.Before(held.issued.Add(r.maxAge))
}

// next is when something about a key changes by the clock; zero for never.
func (r keyRotation) next(held heldKey) time.Time {
	next := held.previousEnds
	if r.maxAge > 0 {
		if due := held.issued.Add(r.maxAge); next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return next
}

// heldKey is the key in a Secret, and the one that it replaced.
type heldKey struct {
	made         bool // the identity was not at the store until now, so nothing hangs on it
	id, request  string
	issued       time.Time
	previous     string
	previousEnds time.Time
}

// heldIn reads a Secret's key, if the store has it. What the annotations do not
// say, the store does.
func heldIn(secret *corev1.Secret, keys []store.AccessKey) heldKey {
	if len(secret.Data[keySecretAccessKey]) == 0 {
		return heldKey{}
	}
	var held heldKey
	for _, key := range keys {
		switch key.ID {
		case string(secret.Data[keyAccessKeyID]):
			if key.Active {
				held.id, held.issued = key.ID, key.CreatedAt
			}
		case secret.Annotations[annotationPrevious]:
			held.previous = key.ID
		}
	}
	if held.id == "" {
		return heldKey{}
	}
	held.request = secret.Annotations[annotationRequest]
	if issued, err := time.Parse(time.RFC3339, secret.Annotations[annotationIssued]); err == nil {
		held.issued = issued
	}
	if held.previous != "" {
		held.previousEnds, _ = time.Parse(time.RFC3339, secret.Annotations[annotationPreviousEnds]) // not to be read: over
	}
	return held
}

func (k heldKey) annotations() map[string]string {
	all := map[string]string{annotationIssued: k.issued.UTC().Format(time.RFC3339)}
	if k.request != "" {
		all[annotationRequest] = k.request
	}
	if k.previous != "" {
		all[annotationPrevious] = k.previous
		all[annotationPreviousEnds] = k.previousEnds.UTC().Format(time.RFC3339)
	}
	return all
}

// annotationsOf are those of a Secret that say what its key is.
func annotationsOf(secret *corev1.Secret) map[string]string {
	all := map[string]string{}
	for _, name := range []string{annotationIssued, annotationRequest, annotationPrevious, annotationPreviousEnds} {
		if value, ok := secret.Annotations[name]; ok {
			all[name] = value
		}
	}
	return all
}
