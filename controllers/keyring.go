package controllers

import (
	"context"
	"crypto/rand"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/internal/link"
)

// The Secrets that Vitrine makes for itself, once for an installation.
const (
	// KeyRingSecret, in the system namespace, seals links' tokens. Back it up: with
	// it, Git and the buckets, a new cluster serves the same URLs.
	KeyRingSecret = "vitrine-key-ring" //nolint:gosec // the name of a Secret, not one
	// SigningKeysSecret, in the gateway's namespace, signs sessions and asset addresses.
	SigningKeysSecret = "signing-keys"
)

// labelPartOf marks what Vitrine makes for itself.
const (
	labelPartOf = "app.kubernetes.io/part-of"
	partOf      = "vitrine"
)

// keyRing reads the ring that seals tokens, and makes it on the first day.
func (d *Deps) keyRing(ctx context.Context) (link.KeyRing, error) {
	data, err := d.ensureKeys(ctx, types.NamespacedName{Namespace: d.Settings.SystemNamespace, Name: KeyRingSecret}, 1)
	if err != nil {
		return link.KeyRing{}, err
	}
	ring, err := link.ParseKeyRing(data)
	if err != nil {
		return link.KeyRing{}, fmt.Errorf("reading Secret %s/%s: %w", d.Settings.SystemNamespace, KeyRingSecret, err)
	}
	return ring, nil
}

// ensureSigningKeys makes the gateway's signing keys on the first day: two, so
// that rotating means adding one and dropping the oldest.
func (d *Deps) ensureSigningKeys(ctx context.Context) error {
	_, err := d.ensureKeys(ctx, types.NamespacedName{Namespace: d.Settings.GatewayNamespace, Name: SigningKeysSecret}, 2)
	return err
}

// ensureKeys reads a Secret of random keys, or creates it with some. It never
// changes one that exists: what keys there are is the platform team's to say.
func (d *Deps) ensureKeys(ctx context.Context, name types.NamespacedName, count int) (map[string][]byte, error) {
	secret := &corev1.Secret{}
	err := d.Live.Get(ctx, name, secret)
	if err == nil {
		return secret.Data, nil
	}
	if !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("reading Secret %s: %w", name, err)
	}
	secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name, Labels: map[string]string{labelPartOf: partOf}},
		Data:       map[string][]byte{},
	}
	for i := range count {
		id, key, err := link.NewRingKey(rand.Reader, d.Clock.Now().AddDate(0, 0, i-count+1))
		if err != nil {
			return nil, fmt.Errorf("making a key for Secret %s: %w", name, err)
		}
		secret.Data[id] = key
	}
	err = d.Create(ctx, secret)
	if apierrors.IsAlreadyExists(err) {
		// Another replica was first; its keys count.
		if err := d.Live.Get(ctx, name, secret); err != nil {
			return nil, fmt.Errorf("reading Secret %s: %w", name, err)
		}
		return secret.Data, nil
	}
	if err != nil {
		return nil, fmt.Errorf("creating Secret %s: %w", name, err)
	}
	return secret.Data, nil
}

// clusterID tells one cluster from another, a rebuilt one included.
func (d *Deps) clusterID(ctx context.Context) (string, error) {
	ns := &corev1.Namespace{}
	if err := d.Get(ctx, types.NamespacedName{Name: metav1.NamespaceSystem}, ns); err != nil {
		return "", fmt.Errorf("reading namespace %s: %w", metav1.NamespaceSystem, err)
	}
	return string(ns.UID), nil
}
