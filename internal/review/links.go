package review

import (
	"cmp"
	"slices"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// Link is a PublicLink that shows what was asked about to whoever holds its
// URL, as declared: whether it opens now, its status says.
type Link struct {
	Name string `json:"name"`
	// Part: it shows a part of what was asked about.
	Part bool `json:"part,omitempty"`
	// Password: a visitor needs one.
	Password bool `json:"password,omitempty"`
	// Suspended, or frozen, or without the sponsor that it needs.
	Suspended bool       `json:"suspended,omitempty"`
	NotBefore *time.Time `json:"notBefore,omitempty"`
	NotAfter  *time.Time `json:"notAfter,omitempty"`
	// TTL is how long it lives, from its first day, by its Library's default;
	// empty when it declares its end, or has none.
	TTL string `json:"ttl,omitempty"`
}

// links are those that have not ended and give a permission on the target, or on a part of it.
func (r *Review) links(q *question, p access.Permission) []Link {
	var all []Link
	for i := range r.tenant.Links {
		l := &r.tenant.Links[i]
		hides := p == access.Download && l.Spec.Originals == v1alpha1.OriginalsHidden
		if !access.Of(access.List, access.Preview, access.Download).Has(p) || hides || l.DeletionTimestamp != nil {
			continue
		}
		whole, part := r.shows(q, l.Spec.Target)
		if !whole && !part {
			continue
		}
		verdict, _ := r.judge(q.model, l)
		if verdict.Phase == v1alpha1.LinkExpired {
			continue
		}
		shut := verdict.Phase == v1alpha1.LinkSuspended || verdict.Phase == v1alpha1.LinkFrozen || verdict.Phase == v1alpha1.LinkUnsponsored
		shown := Link{
			Name: l.Name, Part: !whole, Password: l.Spec.PasswordSecretRef != nil, Suspended: shut,
			NotBefore: timeOf(l.Spec.NotBefore), NotAfter: timeOf(l.Spec.NotAfter),
		}
		if library := r.library(q.library); shown.NotAfter == nil && library != nil && library.Spec.Links != nil {
			shown.TTL = string(library.Spec.Links.DefaultTTL)
		}
		all = append(all, shown)
	}
	slices.SortFunc(all, func(a, b Link) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// shows tells whether a link's target shows all that was asked about, or a part.
func (r *Review) shows(q *question, t v1alpha1.LinkTarget) (whole, part bool) {
	shown, err := q.model.LinkScope(t)
	if err != nil || shown.Library != q.library {
		return false, false
	}
	covered := 0
	for _, at := range q.places {
		if shown.Scope != nil && shown.Scope.Covers(at.key) || slices.Contains(shown.Keys, at.key) {
			covered++
		}
	}
	if covered > 0 {
		return covered == len(q.places), true
	}
	if q.target.Kind == v1alpha1.TargetCollection || q.target.Path != "" {
		return false, false
	}
	if shown.Scope != nil {
		path := r.pathOf(*shown.Scope)
		return false, shown.Scope.Restricted == q.root && len(path) > len(q.path) && path[:len(q.path)] == q.path
	}
	if q.root != "" {
		return false, false
	}
	if t.Asset != nil {
		return false, mayReach(string(t.Asset.Path), q.path)
	}
	c := r.collection(t.Collection.Name)
	return false, slices.ContainsFunc(itemsOf(c), func(item string) bool { return mayReach(item, q.path) })
}
