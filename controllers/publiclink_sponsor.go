package controllers

import (
	"context"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/link"
)

// watchSponsors has links that name a sponsor judged anew when something
// changes that the sponsor's right may hang on.
func (r *PublicLinkReconciler) watchSponsors(b *builder.Builder) *builder.Builder {
	sponsored := handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrl.Request {
		var links v1alpha1.PublicLinkList
		if err := r.List(ctx, &links, client.InNamespace(o.GetNamespace()), client.UnsafeDisableDeepCopy); err != nil {
			return nil
		}
		var requests []ctrl.Request
		for i := range links.Items {
			if links.Items[i].Spec.Sponsor != nil {
				requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&links.Items[i])})
			}
		}
		return requests
	})
	for _, kind := range []client.Object{&v1alpha1.User{}, &v1alpha1.UserGroup{}, &v1alpha1.Role{}, &v1alpha1.RoleBinding{}} {
		b = b.Watches(kind, sponsored, onDeclaration)
	}
	return b
}

// sponsorOf gives the sponsor that a link names if it holds the permission link
// on the target at an instant; nil otherwise.
func sponsorOf(tenant *Tenant, obj *v1alpha1.PublicLink, now time.Time) *v1alpha1.LinkSponsor {
	sponsor := obj.Spec.Sponsor
	if sponsor == nil || !tenant.Model.Sponsors(*sponsor, obj.Spec.Target, now) {
		return nil
	}
	return sponsor.DeepCopy()
}

// judgeSponsor tells in status whether the sponsor holds the right, before
// anything is asked of the store: the gateway believes this, and a store that
// does not answer must not keep a link open.
func (r *PublicLinkReconciler) judgeSponsor(tenant *Tenant, obj *v1alpha1.PublicLink) {
	now := r.Clock.Now()
	obj.Status.SponsoredBy = sponsorOf(tenant, obj, now)
	if v := linkVerdict(tenant, obj, now); v.Phase == v1alpha1.LinkUnsponsored && obj.Status.Phase != "" {
		obj.Status.Phase = v.Phase
	}
}

// untilSponsorChanges is how long time alone leaves the rights of a link's
// sponsor as they are; zero when it always does, or there is no sponsor.
func (r *PublicLinkReconciler) untilSponsorChanges(tenant *Tenant, obj *v1alpha1.PublicLink) time.Duration {
	now := r.Clock.Now()
	next, ok := tenant.Model.NextChange(now)
	if obj.Spec.Sponsor == nil || !ok {
		return 0
	}
	return next.Sub(now) + 10*time.Millisecond
}

// withoutSponsor tells what a link lacks; false when it has the sponsor that it needs.
func withoutSponsor(obj *v1alpha1.PublicLink, v link.Verdict, again time.Duration) (outcome, bool) {
	sponsor := obj.Spec.Sponsor
	switch {
	case v.Problem == v1alpha1.ReasonSponsorRequired:
		return outcome{stalled, v.Problem, "the Library requires a sponsor for its links, and this one names none; set spec.sponsor", again}, true
	case v.Problem == v1alpha1.ReasonSponsorNotAdmitted:
		return outcome{stalled, v.Problem, fmt.Sprintf("%s %q may not sponsor links of this Library; name a UserGroup of its spec.links.sponsors", sponsor.Kind, sponsor.Name), again}, true
	case v.Phase == v1alpha1.LinkUnsponsored:
		return outcome{enforced, v1alpha1.ReasonUnsponsored, fmt.Sprintf(
			"%s %q does not hold the permission link on the target, so the link is out of service; it opens again when a RoleBinding gives it that, or name another sponsor", sponsor.Kind, sponsor.Name), again}, true
	}
	return outcome{}, false
}
