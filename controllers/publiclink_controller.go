package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/asset"
	"github.com/vitrine-dam/vitrine/internal/link"
)

const publicLinkController = "publiclink"

// PublicLinkReconciler gives links a token, a password hash and a catalog, and
// retires the token of a link that was deleted.
type PublicLinkReconciler struct {
	*Deps
	// catalogs remembers the SHA-256 of each catalog as it was last written.
	catalogs *written
}

// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=publiclinks,verbs=get;list;watch
// +kubebuilder:rbac:groups=dam.vitrine.dev,resources=publiclinks/status,verbs=get;patch

// SetupWithManager connects the reconciler.
func (r *PublicLinkReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.catalogs = newWritten()
	all := handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrl.Request {
		namespace := o.GetNamespace()
		if _, ok := o.(*corev1.Namespace); ok {
			namespace = o.GetName()
		}
		return r.namesIn(ctx, namespace, &v1alpha1.PublicLinkList{})
	})
	return r.watchSponsors(ctrl.NewControllerManagedBy(mgr)).
		For(&v1alpha1.PublicLink{}).
		Watches(&v1alpha1.Folder{}, all, onDeclaration).
		Watches(&v1alpha1.Collection{}, all, onDeclaration).
		Watches(&v1alpha1.Library{}, all, onDeclaration).
		Watches(&corev1.Namespace{}, all, onDeclaration).
		Watches(&v1alpha1.ObjectStore{}, r.inTenantsOf(&v1alpha1.PublicLinkList{}), onDeclaration).
		WatchesRawSource(r.Notices.source(publicLinkController)).
		WatchesRawSource(source.Func(r.askAboutHashes)).
		WithOptions(atOnce(tenantsAtOnce)).
		Complete(r)
}

// Reconcile brings one PublicLink to what it declares.
func (r *PublicLinkReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.PublicLink{}
	err := r.Get(ctx, req.NamespacedName, obj)
	if apierrors.IsNotFound(err) || (err == nil && !obj.DeletionTimestamp.IsZero()) {
		return ctrl.Result{}, r.forget(ctx, req.NamespacedName)
	}
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("reading the link: %w", err)
	}
	before := obj.DeepCopy()
	out, err := r.reconcile(ctx, obj)
	if err != nil {
		// Only what is wrong with the link itself takes it out of service: the
		// gateway has a key of its own, and does not need the manager's.
		if why, _ := classify(err); linkFaults[why.reason] || obj.Status.Phase == "" {
			obj.Status.Phase = r.unavailable(obj)
		}
	}
	return r.report(ctx, before, obj, out, err)
}

// linkFaults are the reasons for which a link shows nothing until somebody mends it.
var linkFaults = map[string]bool{
	v1alpha1.ReasonTargetNotFound: true, v1alpha1.ReasonLibraryNotFound: true, v1alpha1.ReasonInvalidPath: true,
	v1alpha1.ReasonNotAdmitted: true, v1alpha1.ReasonConflict: true,
	v1alpha1.ReasonSecretNotFound: true, v1alpha1.ReasonSecretNotMarked: true, v1alpha1.ReasonStoreNotFound: true,
}

// unavailable is the phase of a link that shows nothing, whatever the time.
func (r *PublicLinkReconciler) unavailable(obj *v1alpha1.PublicLink) v1alpha1.LinkPhase {
	facts := link.Facts{Spec: obj.Spec, Sponsored: true, Frozen: v1alpha1.FreezeReason(obj) != ""}
	if obj.Status.FirstSeen != nil {
		facts.FirstSeen = obj.Status.FirstSeen.Time
	}
	return link.Evaluate(facts, r.Clock.Now()).Phase
}

func (r *PublicLinkReconciler) reconcile(ctx context.Context, obj *v1alpha1.PublicLink) (outcome, error) {
	tenant, err := r.Tenants.Get(ctx, obj.Namespace)
	if err != nil {
		return outcome{}, err
	}
	r.judgeSponsor(tenant, obj)
	shown, err := tenant.Model.LinkScope(obj.Spec.Target)
	if err != nil {
		return r.targetless(obj, err)
	}
	library := libraryNamed(tenant, shown.Library)
	if library == nil {
		return outcome{}, stall(v1alpha1.ReasonLibraryNotFound, "there is no Library %q in this namespace; create it, or make the link for another target", shown.Library)
	}
	connection, err := r.Stores.Get(ctx, library.Spec.StoreRef.Name)
	if isStalled(err) && !isStoreGone(err) {
		return outcome{}, wait(v1alpha1.ReasonStoreNotReady, fmt.Sprintf("ObjectStore %q cannot be used now, see its conditions; what the link showed before stays", library.Spec.StoreRef.Name), 10*time.Second)
	}
	if err != nil {
		return outcome{}, err
	}
	if err := r.refusal(ctx, connection.Declared, library); err != nil {
		return outcome{}, err
	}
	bucket := library.Status.VitrineBucket
	if bucket == "" || !library.DeletionTimestamp.IsZero() {
		return outcome{}, wait(v1alpha1.ReasonProgressing, fmt.Sprintf("waiting for the buckets of Library %q", library.Name), time.Second)
	}

	token, record, err := r.token(ctx, connection, bucket, obj)
	if err != nil {
		return outcome{}, err
	}
	if err := r.publish(ctx, obj, token); err != nil {
		return outcome{}, err
	}
	id := link.ID(record.Hash)
	if obj.Status.ID != "" && obj.Status.ID != id {
		if err := r.dropGatewaySecret(ctx, obj.Status.ID); err != nil {
			return outcome{}, err
		}
	}
	if err := r.protect(ctx, obj, id); err != nil {
		return outcome{}, err
	}
	obj.Status.ID, obj.Status.TokenHash, obj.Status.Library = id, record.Hash, library.Name
	r.bound(tenant, obj, record)

	next, err := r.list(ctx, connection, bucket, obj, tenant, library, shown)
	if err != nil {
		return outcome{}, err
	}
	out := r.conclude(obj, linkVerdict(tenant, obj, r.Clock.Now())).within(r.untilSponsorChanges(tenant, obj))
	for _, instant := range []time.Time{next, tenant.until} {
		if !instant.IsZero() {
			out = out.within(max(instant.Sub(r.Clock.Now()), 0) + 10*time.Millisecond)
		}
	}
	if out.state != enforced {
		return out, nil
	}
	// A preset that is not there is simply not offered; all else goes on.
	if missing := checkPresets(obj, library); missing != nil {
		return missing.within(out.after).outcome, nil
	}
	if wrong := checkWatermark(obj, library, tenant.Holdings[library.Name]); wrong != nil {
		return wrong.within(out.after).outcome, nil
	}
	out.message += waitingMessage(obj)
	return out, r.served(tenant, obj, library)
}

// served says why the gateway cannot show yet what the link shares: its own
// rights at the store follow the links, in the compiler's next pass.
func (r *PublicLinkReconciler) served(tenant *Tenant, obj *v1alpha1.PublicLink, library *v1alpha1.Library) error {
	result := r.Enforcement.get(tenantAt{tenant.Namespace, library.Spec.StoreRef.Name})
	rightsToCome := wait(v1alpha1.ReasonProgressing, "the gateway is being given the rights that the link needs", 5*time.Second)
	switch {
	case result == nil && r.notCompiled(obj).state == unknown:
		return nil
	case result == nil || result.generations[object{"PublicLink", obj.Name}] != linkVersion(obj):
		return rightsToCome
	case result.failed != nil:
		return result.failed
	case !result.gateway:
		return wait(v1alpha1.ReasonStoreNotReady, fmt.Sprintf("the gateway has no identity at ObjectStore %q yet; see that ObjectStore's conditions", library.Spec.StoreRef.Name), 5*time.Second)
	case result.unserved != nil:
		return result.unserved
	}
	at, known := result.libraries[library.Name]
	if !known { // that pass was before the Library
		return rightsToCome
	}
	return at.failed
}

// targetless tells why a link shows nothing. A freeze is no fault: it is what
// somebody wanted, and the gateway keeps to it by itself.
func (r *PublicLinkReconciler) targetless(obj *v1alpha1.PublicLink, err error) (outcome, error) {
	var target *access.TargetError
	if !errors.As(err, &target) {
		return outcome{}, err
	}
	if target.Reason == v1alpha1.ReasonFrozen {
		obj.Status.Phase = v1alpha1.LinkFrozen
		return outcome{enforced, v1alpha1.ReasonFrozen, target.Message, 0}, nil
	}
	return outcome{}, stall(target.Reason, "%s", target.Message)
}

// bound tells when a link was first made and when it ends, in one step: admission takes
// a link that has the one and not the other for one that never ends.
func (r *PublicLinkReconciler) bound(tenant *Tenant, obj *v1alpha1.PublicLink, record link.Record) {
	firstSeen := metav1.NewTime(record.FirstSeen)
	obj.Status.FirstSeen, obj.Status.ExpiresAt = &firstSeen, nil
	if v := linkVerdict(tenant, obj, r.Clock.Now()); !v.ExpiresAt.IsZero() {
		ends := metav1.NewTime(v.ExpiresAt)
		obj.Status.ExpiresAt = &ends
	}
}

// conclude tells the phase, and says when time alone will change it.
func (r *PublicLinkReconciler) conclude(obj *v1alpha1.PublicLink, v link.Verdict) outcome {
	obj.Status.Phase = v.Phase
	again := time.Duration(0)
	if obj.Spec.PasswordSecretRef != nil {
		again = passwordInterval
	}
	if !v.Next.IsZero() {
		if until := v.Next.Sub(r.Clock.Now()) + 10*time.Millisecond; again == 0 || until < again {
			again = until
		}
	}
	if out, without := withoutSponsor(obj, v, again); without {
		return out
	}
	if v.Problem != "" {
		return outcome{stalled, v.Problem, "notAfter is later than spec.links.maxTTL of the Library allows, so the link ends at " + v.ExpiresAt.UTC().Format(time.RFC3339) + "; set an earlier notAfter, or raise maxTTL", again}
	}
	return outcome{enforced, v1alpha1.ReasonEnforced, "the link is " + strings.ToLower(string(v.Phase)), again}
}

// publish keeps the URL in a Secret beside the link.
func (r *PublicLinkReconciler) publish(ctx context.Context, obj *v1alpha1.PublicLink, token link.Token) error {
	name := types.NamespacedName{Namespace: obj.Namespace, Name: obj.Name + ".link"}
	url := []byte(strings.TrimSuffix(r.Settings.ExternalURL, "/") + "/l/" + token.Reveal())
	owner := ownerOf("PublicLink", obj)
	existing := &corev1.Secret{}
	err := r.Live.Get(ctx, name, existing)
	switch {
	case err == nil && ownedBy(existing, owner) && string(existing.Data["url"]) == string(url):
		obj.Status.URLSecretRef = &v1alpha1.LocalSecretReference{Name: name.Name}
		return nil
	case err == nil && !ownedBy(existing, owner) && existing.Labels[labelPartOf] != partOf:
		return stall(v1alpha1.ReasonConflict, "Secret %s exists and is not Vitrine's; delete or rename it, so that the link's URL can be kept there", name)
	case err == nil && !ownedBy(existing, owner):
		// Of a link of this name that was deleted; the garbage collector is on its way to it.
		if err := r.Delete(ctx, existing); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting the URL of an earlier link: %w", err)
		}
	case client.IgnoreNotFound(err) != nil:
		return fmt.Errorf("reading Secret %s: %w", name, err)
	}
	wanted := corev1ac.Secret(name.Name, name.Namespace).
		WithLabels(map[string]string{labelPartOf: partOf}).
		WithOwnerReferences(owner).
		WithType(corev1.SecretTypeOpaque).
		WithData(map[string][]byte{"url": url})
	if err := r.Apply(ctx, wanted, fieldOwner, client.ForceOwnership); err != nil {
		return fmt.Errorf("writing Secret %s: %w", name, err)
	}
	obj.Status.URLSecretRef = &v1alpha1.LocalSecretReference{Name: name.Name}
	return nil
}

// forget ends what a deleted link left: its token for good, its catalog, its password hash.
func (r *PublicLinkReconciler) forget(ctx context.Context, name types.NamespacedName) error {
	if err := r.dropGatewaySecretsOf(ctx, name); err != nil {
		return err
	}
	tenant, err := r.Tenants.Get(ctx, name.Namespace)
	if err != nil {
		return err
	}
	for i := range tenant.Declared.Libraries {
		library := &tenant.Declared.Libraries[i]
		if library.Status.VitrineBucket == "" {
			continue
		}
		connection, err := r.Stores.ForRemoval(ctx, library.Spec.StoreRef.Name)
		if isStoreGone(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := r.retire(ctx, connection, library.Status.VitrineBucket, name.Name, ""); err != nil {
			return err
		}
		r.catalogs.forget(library.Status.VitrineBucket + "/" + asset.CatalogObject(name.Name))
	}
	return nil
}

func libraryNamed(tenant *Tenant, name string) *v1alpha1.Library {
	for i := range tenant.Declared.Libraries {
		if tenant.Declared.Libraries[i].Name == name {
			return &tenant.Declared.Libraries[i]
		}
	}
	return nil
}
