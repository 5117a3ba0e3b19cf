package controllers

import (
	"context"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// fieldOwner is the field manager of everything that Vitrine applies.
const fieldOwner = client.FieldOwner("vitrine")

// wantedKey is an access key that is to be, in a Secret.
type wantedKey struct {
	identity store.Identity
	// inPlace: of late the store told of the identity, and that it is as it is to be.
	inPlace  bool
	secret   types.NamespacedName
	owner    *metav1ac.OwnerReferenceApplyConfiguration
	rotation keyRotation
}

// ensureKey sees to it that an identity exists at the store with exactly the
// access key in the Secret, and beside it the one that this replaced until its
// overlap is over. A key that a cut left without a Secret is deleted, since no store
// tells a secret twice.
func (d *Deps) ensureKey(ctx context.Context, connection Connection, want wantedKey) (heldKey, error) {
	identity, secret, rotation := want.identity, want.secret, want.rotation
	existing := &corev1.Secret{}
	err := d.Live.Get(ctx, secret, existing)
	switch {
	case apierrors.IsNotFound(err):
		existing = &corev1.Secret{}
	case err != nil:
		return heldKey{}, fmt.Errorf("reading Secret %s: %w", secret, err)
	case !ownedBy(existing, want.owner):
		return heldKey{}, stall(v1alpha1.ReasonConflict, "Secret %s exists and is not Vitrine's; delete or rename it, so that the access key can be kept there", secret)
	}
	var keys []store.AccessKey
	if want.inPlace {
		if keys, err = connection.Identities.Keys(ctx, identity.Name); err != nil && !isMissing(err) {
			return heldKey{}, fmt.Errorf("listing access keys: %w", err)
		}
	}
	made, held := false, heldIn(existing, keys)
	if held.id == "" { // there may be no identity, or another of its name
		if made, err = connection.Identities.Ensure(ctx, identity); err != nil {
			return heldKey{}, fmt.Errorf("making the identity at the store: %w", err)
		}
		if keys, err = connection.Identities.Keys(ctx, identity.Name); err != nil {
			return heldKey{}, fmt.Errorf("listing access keys: %w", err)
		}
		held = heldIn(existing, keys)
	}
	now := d.Clock.Now()
	if held.issued.IsZero() {
		held.issued = now // of a store that does not tell
	}
	due := held.id == "" || rotation.due(held, now)
	stays := held.previous
	if due {
		stays = held.id // the one before it has to go: stores know two
	} else if !now.Before(held.previousEnds) {
		stays = ""
	}
	for _, key := range keys {
		if key.ID == held.id || key.ID == stays {
			continue
		}
		if err := connection.Identities.DeleteKey(ctx, identity.Name, key.ID); err != nil {
			return heldKey{}, fmt.Errorf("deleting an access key that is not to be: %w", err)
		}
	}
	data := map[string][]byte{
		keyEndpointURL: []byte(connection.Declared.Spec.Endpoint),
		keyRegion:      []byte(connection.Declared.Spec.Region),
	}
	next := held
	next.made = made
	if stays == "" {
		next.previous, next.previousEnds = "", time.Time{}
	}
	if due {
		key, err := connection.Identities.IssueKey(ctx, identity.Name)
		if err != nil {
			return heldKey{}, fmt.Errorf("issuing an access key: %w", err)
		}
		next = heldKey{made: made, id: key.ID, issued: now.UTC().Truncate(time.Second), previous: held.id}
		if held.id != "" {
			next.previousEnds = now.UTC().Truncate(time.Second).Add(rotation.overlap)
		}
		data[keyAccessKeyID], data[keySecretAccessKey] = []byte(key.ID), []byte(key.Secret.Reveal())
	} else {
		data[keyAccessKeyID], data[keySecretAccessKey] = existing.Data[keyAccessKeyID], existing.Data[keySecretAccessKey]
	}
	next.request = rotation.request
	annotations := next.annotations()
	if sameData(existing.Data, data) && maps.Equal(annotationsOf(existing), annotations) {
		return next, nil
	}
	wanted := corev1ac.Secret(secret.Name, secret.Namespace).WithLabels(map[string]string{labelPartOf: partOf}).WithAnnotations(annotations).WithType(corev1.SecretTypeOpaque).WithData(data)
	if want.owner != nil {
		wanted = wanted.WithOwnerReferences(want.owner)
	}
	if err := d.Apply(ctx, wanted, fieldOwner, client.ForceOwnership); err != nil {
		return heldKey{}, fmt.Errorf("writing Secret %s: %w", secret, err)
	}
	return next, nil
}

// endKeys ends every access of an identity at once; the identity itself stays
// until no policy names it.
func endKeys(ctx context.Context, connection Connection, identity store.Identity) error {
	keys, err := connection.Identities.Keys(ctx, identity.Name)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing access keys: %w", err)
	}
	for _, key := range keys {
		if err := connection.Identities.DeleteKey(ctx, identity.Name, key.ID); err != nil {
			return fmt.Errorf("deleting an access key: %w", err)
		}
	}
	return nil
}

func ownedBy(secret *corev1.Secret, owner *metav1ac.OwnerReferenceApplyConfiguration) bool {
	for _, ref := range secret.OwnerReferences {
		if owner != nil && owner.UID != nil && ref.UID == *owner.UID {
			return true
		}
	}
	return false
}

func sameData(a, b map[string][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		if string(b[key]) != string(value) {
			return false
		}
	}
	return true
}

// ownerOf makes obj the owner of what is applied with it.
func ownerOf(kind string, obj client.Object) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion(v1alpha1.GroupVersion.String()).WithKind(kind).
		WithName(obj.GetName()).WithUID(obj.GetUID()).
		WithController(true).WithBlockOwnerDeletion(false)
}
