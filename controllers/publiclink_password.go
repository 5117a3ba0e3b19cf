package controllers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/link"
)

const (
	// passwordInterval is how often a link's password is looked at. The manager
	// may read a Secret that is named to it, but neither list nor watch any.
	passwordInterval = 10 * time.Second
	// labelLink names the link on its Secret in the gateway's namespace.
	labelLink = "dam.vitrine.dev/link"
	// annotationSource says which state of the tenant's Secret a hash was made
	// from: hashing costs 46 MiB, so an unchanged Secret is not hashed again.
	annotationSource = "dam.vitrine.dev/source"
	// keyPassword holds the Argon2id hash there, as a PHC string.
	keyPassword = "password"
)

func linkSecretName(id string) string { return "link-" + id }

// protect hands the gateway the hash of a link's password. The gateway reads
// no tenant's Secret, and an unchanged password keeps its hash, so that open
// sessions go on.
func (r *PublicLinkReconciler) protect(ctx context.Context, obj *v1alpha1.PublicLink, id string) error {
	if obj.Spec.PasswordSecretRef == nil {
		obj.Status.Protection = v1alpha1.ProtectionOpen
		return r.dropGatewaySecret(ctx, id)
	}
	obj.Status.Protection = v1alpha1.ProtectionPassword
	password, source, err := r.password(ctx, obj)
	if err != nil {
		var known *failure
		if errors.As(err, &known) {
			// What the declaration no longer names must not open the link either.
			return errors.Join(err, r.dropGatewaySecret(ctx, id))
		}
		return err
	}
	name := types.NamespacedName{Namespace: r.Settings.GatewayNamespace, Name: linkSecretName(id)}
	existing := &corev1.Secret{}
	if err := r.Live.Get(ctx, name, existing); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("reading Secret %s: %w", name, err)
	}
	hash := string(existing.Data[keyPassword])
	if hash != "" && existing.Annotations[annotationSource] == source {
		return nil
	}
	if same, err := link.VerifyPassword(hash, password); err != nil || !same {
		if hash, err = link.HashPassword(password, rand.Reader); err != nil {
			return stall(v1alpha1.ReasonSecretNotFound, "the password in Secret %q cannot be used: %v", obj.Spec.PasswordSecretRef.Name, err).within(passwordInterval)
		}
	}
	wanted := corev1ac.Secret(name.Name, name.Namespace).
		WithLabels(map[string]string{labelPartOf: partOf, v1alpha1.LabelTenant: obj.Namespace, labelLink: obj.Name}).
		WithAnnotations(map[string]string{annotationSource: source}).
		WithType(corev1.SecretTypeOpaque).
		WithData(map[string][]byte{keyPassword: []byte(hash)})
	if err := r.Apply(ctx, wanted, fieldOwner, client.ForceOwnership); err != nil {
		return fmt.Errorf("writing Secret %s: %w", name, err)
	}
	return nil
}

// password reads the password that the link names, from a Secret marked for it,
// and says which state of that Secret it is.
func (r *PublicLinkReconciler) password(ctx context.Context, obj *v1alpha1.PublicLink) (password, source string, err error) {
	ref := obj.Spec.PasswordSecretRef
	secret := &corev1.Secret{}
	err = r.Live.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: ref.Name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return "", "", stall(v1alpha1.ReasonSecretNotFound, "there is no Secret %q in this namespace; create it with the password under the key %q. Until then the link opens for nobody", ref.Name, ref.Key).within(passwordInterval)
	case err != nil:
		return "", "", fmt.Errorf("reading the password: %w", err)
	case secret.Labels[v1alpha1.LabelUse] != v1alpha1.UseLinkPassword:
		return "", "", stall(v1alpha1.ReasonSecretNotMarked, "Secret %q is not marked for this use; label it %s=%s. Until then the link opens for nobody", ref.Name, v1alpha1.LabelUse, v1alpha1.UseLinkPassword).within(passwordInterval)
	case len(secret.Data[ref.Key]) == 0:
		return "", "", stall(v1alpha1.ReasonSecretNotFound, "Secret %q has no key %q, or it is empty. Until then the link opens for nobody", ref.Name, ref.Key).within(passwordInterval)
	}
	return string(secret.Data[ref.Key]), fmt.Sprintf("%s/%s/%s", secret.UID, secret.ResourceVersion, ref.Key), nil
}

func (r *PublicLinkReconciler) dropGatewaySecret(ctx context.Context, id string) error {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Settings.GatewayNamespace, Name: linkSecretName(id)}}
	existing := &corev1.Secret{}
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(secret), existing)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the gateway's Secret of the link: %w", err)
	}
	if err := r.Delete(ctx, existing); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("deleting the gateway's Secret of the link: %w", err)
	}
	return nil
}

func (r *PublicLinkReconciler) dropGatewaySecretsOf(ctx context.Context, name types.NamespacedName) error {
	var secrets corev1.SecretList
	if err := r.Live.List(ctx, &secrets, client.InNamespace(r.Settings.GatewayNamespace),
		client.MatchingLabels{v1alpha1.LabelTenant: name.Namespace, labelLink: name.Name}); err != nil {
		return fmt.Errorf("looking for the gateway's Secrets of the link: %w", err)
	}
	for i := range secrets.Items {
		if err := r.Delete(ctx, &secrets.Items[i]); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting the gateway's Secret of the link: %w", err)
		}
	}
	return nil
}

// askAboutHashes has a look taken, once at the start, at every link of which the
// gateway has a password hash: one that was deleted while no manager ran is forgotten.
func (r *PublicLinkReconciler) askAboutHashes(ctx context.Context, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) error {
	var secrets corev1.SecretList
	if err := r.Live.List(ctx, &secrets, client.InNamespace(r.Settings.GatewayNamespace), client.HasLabels{v1alpha1.LabelTenant, labelLink}); err != nil {
		return fmt.Errorf("looking for the gateway's password hashes: %w", err)
	}
	for i := range secrets.Items {
		labels := secrets.Items[i].Labels
		queue.Add(ctrl.Request{NamespacedName: types.NamespacedName{Namespace: labels[v1alpha1.LabelTenant], Name: labels[labelLink]}})
	}
	return nil
}
