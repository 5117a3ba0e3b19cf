package main

import (
	"context"
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// linkURL is the address of a PublicLink, from its Secret. While a link is made, or
// made anew, it is an error.
func (d *demo) linkURL(ctx context.Context, namespace, name string) (string, error) {
	var object v1alpha1.PublicLink
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &object); err != nil {
		return "", fmt.Errorf("reading PublicLink %s: %w", name, err)
	}
	var secret corev1.Secret
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name + ".link"}, &secret); err != nil {
		return "", fmt.Errorf("reading the Secret of PublicLink %s: %w", name, err)
	}
	url := string(secret.Data["url"])
	token, err := link.ParseToken(path.Base(url))
	if err != nil || token.Hash() != object.Status.TokenHash {
		return "", fmt.Errorf("the URL of PublicLink %s is not that of its status yet", name)
	}
	return url, nil
}

// linkID is what the addresses of a link's pictures begin with.
func (d *demo) linkID(ctx context.Context, name string) (string, error) {
	var object v1alpha1.PublicLink
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: tenant, Name: name}, &object); err != nil {
		return "", fmt.Errorf("reading PublicLink %s: %w", name, err)
	}
	return object.Status.ID, nil
}
