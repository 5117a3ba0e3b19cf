package controllers

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// sweep looks for tenants with roles at a store, since one that vanished while nobody looked is told by nothing else, and
// forgets issuers that nobody admits any more.
func (r *FederationReconciler) sweep(ctx context.Context, connection Connection) error {
	if connection.Roles() == nil || !hasWebIdentity(connection.Declared) {
		return nil
	}
	root := store.IdentityPath(connection.Declared.Spec.InstallationID, "")
	there, err := connection.Roles().ListRoles(ctx, root)
	if err != nil {
		return fmt.Errorf("listing roles: %w", err)
	}
	tenants := map[string]bool{}
	for _, role := range there {
		if namespace, _, ok := strings.Cut(strings.TrimPrefix(role.Path, root), "/"); ok {
			tenants[namespace] = true
		}
	}
	for namespace := range tenants {
		at := tenantAt{namespace, connection.Declared.Name}
		if _, known := r.Federation.get(at); !known {
			r.Notices.wake(federationController, types.NamespacedName{Namespace: at.namespace, Name: at.store}, 0)
		}
	}
	return r.forgetIssuers(ctx, connection, false)
}

// forgetIssuers takes away the issuers that Vitrine made known and nobody admits now, or all of them.
func (d *Deps) forgetIssuers(ctx context.Context, connection Connection, all bool) error {
	admitted := map[string]bool{}
	for _, issuer := range connection.Declared.IssuersAdmitted() {
		admitted[issuer.URL] = !all
	}
	there, err := connection.Providers().ListProviders(ctx)
	if err != nil {
		return fmt.Errorf("listing issuers: %w", err)
	}
	for _, provider := range there {
		ours := maps.Equal(provider.Tags, providerTags(connection.Declared))
		if !ours || admitted[provider.Issuer] {
			continue
		}
		if err := connection.Providers().DeleteProvider(ctx, provider.Issuer); err != nil {
			return fmt.Errorf("forgetting an issuer: %w", err)
		}
	}
	return nil
}

// removeFederation takes away every role, issuer and policy for a claim that Vitrine made at a store.
func (d *Deps) removeFederation(ctx context.Context, connection Connection) error {
	if err := d.removeClaims(ctx, connection, store.IdentityPath(connection.Declared.Spec.InstallationID, "")); err != nil {
		return err
	}
	if connection.Roles() == nil || !hasWebIdentity(connection.Declared) {
		return nil
	}
	there, err := connection.Roles().ListRoles(ctx, store.IdentityPath(connection.Declared.Spec.InstallationID, ""))
	if err != nil {
		return fmt.Errorf("listing roles: %w", err)
	}
	for _, role := range there {
		if err := connection.Roles().DeleteRole(ctx, role); err != nil {
			return fmt.Errorf("deleting a role: %w", err)
		}
	}
	return d.forgetIssuers(ctx, connection, true)
}

// hasWebIdentity is false also as long as the store has not been probed: nothing of this kind was made there then.
func hasWebIdentity(declared *v1alpha1.ObjectStore) bool {
	c := declared.Status.Capabilities
	return c != nil && c.WebIdentity == v1alpha1.CapabilitySupported
}

// providerTags mark an issuer that Vitrine made known. One that others did is used, and left to them.
func providerTags(declared *v1alpha1.ObjectStore) map[string]string {
	return map[string]string{"vitrine:installation": declared.Spec.InstallationID, "vitrine:kind": "Issuer"}
}
