package main

import (
	"context"
	"fmt"
	"path"
	"time"

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

// madeLimit is how soon a link works after it was applied. First its URL is made: a token,
// its Secret and its record at the store; what is promised counts from there.
const madeLimit = 5 * time.Second

// worksSoon wants something to be so of a link that was applied this very moment: within
// what is promised of its status having the URL, and within madeLimit of being applied.
// It notes both.
func (d *demo) worksSoon(ctx context.Context, what, name string, try func(ctx context.Context, url string) error) error {
	var url string
	made, err := within(ctx, madeLimit, func(ctx context.Context) (err error) {
		url, err = d.linkURL(ctx, tenant, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: the URL: %w", what, err)
	}
	took, err := within(ctx, promise, func(ctx context.Context) error { return try(ctx, url) })
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if made+took > madeLimit {
		return fmt.Errorf("%s: only %s after it was applied, wanted within %s", what, (made + took).Round(10*time.Millisecond), madeLimit)
	}
	d.note("%s %.2f s after its URL, %.2f s after the apply", what, took.Seconds(), (made + took).Seconds())
	return nil
}
