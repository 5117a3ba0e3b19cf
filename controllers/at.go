package controllers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// whereabouts are the ObjectStores at which an object has something, each with
// the installation it was made under. They stand in an annotation, which unlike a
// status survives a restore from a backup, and unlike a memory the manager.
type whereabouts map[string]string

// whereaboutsOf reads the annotation. What is not of its form is passed over.
func whereaboutsOf(obj client.Object) whereabouts {
	at := whereabouts{}
	for entry := range strings.SplitSeq(obj.GetAnnotations()[v1alpha1.AnnotationAt], ",") {
		if name, installation, ok := strings.Cut(strings.TrimSpace(entry), "="); ok && name != "" && installation != "" {
			at[name] = installation
		}
	}
	return at
}

// String is the annotation's value: the same entries give the same text.
func (w whereabouts) String() string {
	entries := make([]string, 0, len(w))
	for _, name := range slices.Sorted(maps.Keys(w)) {
		entries = append(entries, name+"="+w[name])
	}
	return strings.Join(entries, ",")
}

// note writes down where an object has something. It goes before the first write
// to a store, so that nothing is ever there that the object does not know of. The object at hand
// stays as it is: what it is compared with when its status is written has no such annotation either.
func (d *Deps) note(ctx context.Context, obj client.Object, at whereabouts) error {
	text, there := obj.GetAnnotations()[v1alpha1.AnnotationAt]
	if text == at.String() && there == (len(at) > 0) {
		return nil
	}
	noted := obj.DeepCopyObject().(client.Object)
	annotations := maps.Clone(noted.GetAnnotations())
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[v1alpha1.AnnotationAt] = at.String()
	if len(at) == 0 {
		delete(annotations, v1alpha1.AnnotationAt)
	}
	noted.SetAnnotations(annotations)
	if err := d.Patch(ctx, noted, client.MergeFromWithOptions(obj, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("noting where it has something: %w", err)
	}
	return nil
}

// forRemoval opens the store at which an object has something, to take it away.
// It is false when the object has nothing there. Its errors say what the
// deletion waits for, and what to do when that will never come.
func (d *Deps) forRemoval(ctx context.Context, obj client.Object, objectStore string) (Connection, bool, error) {
	installation, has := whereaboutsOf(obj)[objectStore]
	if !has {
		return Connection{}, false, nil
	}
	connection, err := d.Stores.ForRemoval(ctx, objectStore)
	if isStoreGone(err) {
		return Connection{}, true, stall(v1alpha1.ReasonStoreNotFound,
			"it still has something at ObjectStore %q, which does not exist; create that again with installationID %s, or %s", objectStore, installation, giveUp).within(10 * time.Second)
	}
	if err == nil && connection.Declared.Spec.InstallationID != installation {
		return Connection{}, true, stall(v1alpha1.ReasonStoreNotFound,
			"what it has at ObjectStore %q was made under installationID %s, and that is %s now; create it again with the former, or %s", objectStore, installation, connection.Declared.Spec.InstallationID, giveUp).within(10 * time.Second)
	}
	return connection, true, d.stillThere(objectStore, err)
}

// giveUp is the way out when a store is gone for good.
const giveUp = "if the store itself is gone for good, take the annotation " + v1alpha1.AnnotationAt + " off to let this object go"

// stillThere says of a store that does not answer, or cannot be opened, what hangs on it.
func (d *Deps) stillThere(objectStore string, err error) error {
	var f *failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f) && f.reason == v1alpha1.ReasonCredentialsNotFound:
		return stall(f.reason, "it still has something at ObjectStore %q and goes when that is taken away: %s; %s", objectStore, f.message, giveUp).within(f.after)
	case errors.Is(err, store.ErrUnreachable):
		return &failure{outcome{working, v1alpha1.ReasonStoreUnreachable,
			fmt.Sprintf("it still has something at ObjectStore %q, which does not answer, and goes when that is taken away; mend the ObjectStore's endpoint, or wait until it answers; %s", objectStore, giveUp), 5 * time.Second}, err}
	}
	return err
}
