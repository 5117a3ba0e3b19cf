package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
)

// invite prints the links to open and what to try.
func (d *demo) invite() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	d.heading("Open these, on this machine")
	var links v1alpha1.PublicLinkList
	if err := d.admin.List(ctx, &links); err != nil {
		d.line("  (listing the links failed: %v)", err)
	}
	for _, l := range links.Items {
		url, err := d.linkURL(ctx, l.Namespace, l.Name)
		if err != nil {
			url = "(" + err.Error() + ")"
		}
		note := ""
		if l.Spec.PasswordSecretRef != nil {
			note = ", the password is in config/samples"
		}
		d.line("  %-34s %s\n  %-34s %s%s", l.Spec.Title, url, "", l.Status.Phase, note)
	}
	d.heading("Try this, in another terminal")
	d.line("  source %s", filepath.Join(".demo", "env"))
	d.line("  alias kubectl=%s", filepath.Join(d.root, "bin", "kubectl"))
	d.line("  kubectl get dam -A")
	d.line("  kubectl -n %s describe library brand", tenant)
	d.line("  kubectl -n %s delete damrb sales        # vera loses her access within two seconds", tenant)
	d.line("  kubectl apply -k config/samples          # and has it back")
	d.line("  kubectl -n %s delete plink hero-shots   # its page is gone within a second", tenant)
	d.line("\nLogs are in %s. Ctrl-C stops everything.", d.dir)
}

// linkURL is the address of a PublicLink, from its Secret.
func (d *demo) linkURL(ctx context.Context, namespace, name string) (string, error) {
	var secret corev1.Secret
	if err := d.admin.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name + ".link"}, &secret); err != nil {
		return "", fmt.Errorf("reading the link's Secret: %w", err)
	}
	return string(secret.Data["url"]), nil
}
