package controllers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/store"
)

const federationController = "federation"

// issuerRetry is how soon an issuer or store that did not answer is asked again.
const issuerRetry = 10 * time.Second

// FederationReconciler keeps the roles that tokens open sessions as. Its requests are tenants at stores, as the
// compiler's are; one without a namespace is about a whole store. It is apart from the compiler, so that an issuer which does
// not answer holds up no revocation.
type FederationReconciler struct{ *Deps }

// SetupWithManager connects the reconciler.
func (r *FederationReconciler) SetupWithManager(mgr ctrl.Manager) error {
	b := ctrl.NewControllerManagedBy(mgr).Named(federationController)
	for _, kind := range []client.Object{&v1alpha1.UserGroup{}, &v1alpha1.Library{}, &v1alpha1.ObjectStore{}, &corev1.Namespace{}} {
		b = b.Watches(kind, handler.EnqueueRequestsFromMapFunc(r.concerned), onDeclaration)
	}
	return b.WithOptions(atOnce(tenantsAtOnce)).WatchesRawSource(r.Notices.source(federationController)).Complete(r)
}

// concerned names the tenants at stores, and the stores, that a change of an object may touch.
func (r *FederationReconciler) concerned(ctx context.Context, o client.Object) []ctrl.Request {
	var libraries v1alpha1.LibraryList
	var requests []ctrl.Request
	option := client.ListOption(client.InNamespace(o.GetNamespace()))
	switch o := o.(type) {
	case *v1alpha1.ObjectStore:
		option = client.MatchingFields{indexStore: o.Name}
		requests = append(requests, ctrl.Request{NamespacedName: types.NamespacedName{Name: o.Name}})
	case *corev1.Namespace:
		option = client.InNamespace(o.Name)
	case *v1alpha1.Library: // also a tenant's last one at a store, when it goes
		requests = append(requests, ctrl.Request{NamespacedName: types.NamespacedName{Namespace: o.Namespace, Name: o.Spec.StoreRef.Name}})
	}
	if err := r.List(ctx, &libraries, option, client.UnsafeDisableDeepCopy); err != nil {
		return requests
	}
	for i := range libraries.Items {
		requests = append(requests, ctrl.Request{NamespacedName: types.NamespacedName{Namespace: libraries.Items[i].Namespace, Name: libraries.Items[i].Spec.StoreRef.Name}})
	}
	return requests
}

// Reconcile brings the roles of one tenant at one store to what is declared.
func (r *FederationReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	at := tenantAt{req.Namespace, req.Name}
	connection, refused := r.open(ctx, at.store)
	if isStoreGone(refused) {
		r.Federation.forget(at)
		return ctrl.Result{}, nil
	}
	if at.namespace == "" {
		if refused == nil {
			refused = r.sweep(ctx, connection)
		}
		return r.again(refused)
	}
	tenant, err := r.Tenants.Get(ctx, at.namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	if slices.Contains(tenant.stores(), at.store) {
		return r.again(r.tenant(ctx, at, tenant, connection, refused))
	}
	// The last Library there is gone, and the tenant with it.
	if connection.Store != nil {
		err := r.withdraw(ctx, at, connection, nil)
		if err = errors.Join(err, r.removeClaims(ctx, connection, store.IdentityPath(connection.Declared.Spec.InstallationID, at.namespace))); err != nil {
			return r.again(err)
		}
	}
	r.Federation.forget(at)
	return ctrl.Result{}, nil
}

// open gives a connection and no error; or why the store gives nothing new, with the connection that takes things away while
// credentials that are gone still open it, if there is one.
func (r *FederationReconciler) open(ctx context.Context, name string) (Connection, error) {
	connection, refused := r.Stores.Get(ctx, name)
	if refused == nil {
		return connection, nil
	}
	connection, err := r.Stores.ForRemoval(ctx, name)
	if err != nil {
		return Connection{}, refused
	}
	return connection, refused
}

func (r *FederationReconciler) again(err error) (ctrl.Result, error) {
	if err == nil {
		return ctrl.Result{RequeueAfter: r.Settings.DriftInterval}, nil
	}
	out, retry := classify(err)
	return ctrl.Result{RequeueAfter: out.after}, retry
}

// tenant takes away the roles that nobody declares, makes those that somebody does, and tells. Where it is
// refused to open the store for more, it only takes away.
func (r *FederationReconciler) tenant(ctx context.Context, at tenantAt, tenant *Tenant, connection Connection, refused error) error {
	result := map[string]sessionResult{}
	errs := []error{refused}
	if connection.Store == nil {
		for i := range tenant.Declared.UserGroups {
			for _, subject := range access.DeclaredSessions(&tenant.Declared.UserGroups[i]) {
				result[subject] = sessionResult{err: refused}
			}
		}
		r.tellSessions(at, tenant, result)
		return refused
	}
	claims, err := claimStoreOf(ctx, connection)
	if err != nil {
		return err
	}
	declared := sessionsAt(connection.Declared, tenant, claims)
	for subject, trust := range declared.claims { // the compiler writes the policies
		result[subject] = sessionResult{role: store.SessionRole{Trust: trust}, endpoint: connection.Declared.Spec.Endpoint, byClaim: refused == nil, err: refused}
	}
	for subject, err := range declared.refused {
		result[subject] = sessionResult{err: err}
		if !isStalled(err) {
			errs = append(errs, err)
		}
	}
	errs = append(errs, r.withdraw(ctx, at, connection, declared.wanted))
	issuers := map[store.Trust]error{} // asked for once a pass, by issuer and audience
	for _, subject := range slices.Sorted(maps.Keys(declared.wanted)) {
		role, err := declared.wanted[subject], refused
		if err == nil {
			err = r.provide(ctx, connection, role, issuers)
		}
		if err != nil {
			result[subject] = sessionResult{role: role, err: err}
			errs = append(errs, err)
			continue
		}
		result[subject] = sessionResult{role: role, arn: connection.Roles().RolePrincipal(role), endpoint: connection.Declared.Spec.IAM.Endpoint}
	}
	r.tellSessions(at, tenant, result)
	return errors.Join(errs...)
}

// tellSessions makes a result known, and wakes whom it concerns.
func (r *FederationReconciler) tellSessions(at tenantAt, tenant *Tenant, result map[string]sessionResult) {
	if !r.Federation.set(at, result) {
		return
	}
	r.Notices.wake(accessController, types.NamespacedName{Namespace: at.namespace, Name: at.store}, 0)
	for i := range tenant.Declared.UserGroups {
		if group := &tenant.Declared.UserGroups[i]; len(access.DeclaredSessions(group))+len(group.Status.Sessions) > 0 {
			r.Notices.wake(userGroupController, client.ObjectKeyFromObject(group), 0)
		}
	}
}

// provide makes the issuer known to the store, unless that was tried in this pass, and the role.
func (r *FederationReconciler) provide(ctx context.Context, connection Connection, role store.SessionRole, tried map[store.Trust]error) error {
	if connection.Roles() == nil || connection.Providers() == nil {
		return stall(v1alpha1.ReasonFederationUnsupported, "Vitrine cannot open sessions for tokens at a store with the driver %s", connection.Declared.Spec.Driver)
	}
	issuer := store.Trust{Issuer: role.Trust.Issuer, Audience: role.Trust.Audience}
	err, done := tried[issuer]
	if !done {
		_, err = connection.Providers().EnsureProvider(ctx, store.Provider{Issuer: issuer.Issuer, Audiences: []string{issuer.Audience}, Tags: providerTags(connection.Declared)})
		tried[issuer] = err
	}
	switch {
	case store.IssuerUnreachable(err):
		return wait(v1alpha1.ReasonIssuerUnreachable, fmt.Sprintf("the store gets no answer from the issuer %s; its discovery document must be at that address, with a certificate that the store trusts, and the address neither private nor loopback; trying again", issuer.Issuer), issuerRetry)
	case err != nil:
		return fmt.Errorf("making the issuer known: %w", err)
	}
	if _, err = connection.Roles().EnsureRole(ctx, role); err != nil {
		return fmt.Errorf("making the role: %w", err)
	}
	return nil
}

// withdraw takes away the tenant's roles that are not wanted. Where there never was one the store is not asked.
func (r *FederationReconciler) withdraw(ctx context.Context, at tenantAt, connection Connection, wanted map[string]store.SessionRole) error {
	before, known := r.Federation.get(at)
	if connection.Roles() == nil || !hasWebIdentity(connection.Declared) || known && len(before)+len(wanted) == 0 {
		return nil
	}
	there, err := connection.Roles().ListRoles(ctx, store.IdentityPath(connection.Declared.Spec.InstallationID, at.namespace))
	if err != nil {
		return fmt.Errorf("listing the tenant's roles: %w", err)
	}
	keep := map[string]bool{}
	for _, role := range wanted {
		keep[role.Name] = true
	}
	var errs []error
	for _, role := range there {
		if keep[role.Name] {
			continue
		}
		if err := connection.Roles().DeleteRole(ctx, role); err != nil {
			errs = append(errs, fmt.Errorf("deleting a role that nobody declares: %w", err))
		}
	}
	return errors.Join(errs...)
}
