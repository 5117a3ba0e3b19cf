package compare

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/access/worldtest"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// versions are those that members are pinned to.
var versions = []string{"v1", "v2"}

// mixed is a tenant of a random world, with members pinned to a version, groups that take in holders of claims and
// ServiceAccounts beside Users, and links with sponsors.
func mixed(t *rapid.T, w worldtest.World) review.Tenant {
	tenant := review.Tenant{Namespace: "acme", Declared: w.Declarations}
	tenant.Declared.Files = nil
	tenant = clone(tenant)
	d := &tenant.Declared
	for i := range d.Collections {
		c := &d.Collections[i]
		seen := map[string]bool{}
		c.Spec.Items = slices.DeleteFunc(c.Spec.Items, func(item v1alpha1.CollectionItem) bool { // the API has each path once
			twice := seen[item.Path]
			seen[item.Path] = true
			return twice
		})
		// A pattern that takes in what is pinned is what tells versions and patterns apart.
		for _, path := range w.Files[c.Spec.LibraryRef.Name] {
			if !seen[path] && rapid.Bool().Draw(t, "pin a file") {
				seen[path] = true
				c.Spec.Items = append(c.Spec.Items, v1alpha1.CollectionItem{Path: path})
			}
		}
		for n := range c.Spec.Items {
			pinned(t, &c.Spec.Items[n])
		}
	}
	for i := range d.UserGroups {
		sessions(t, &d.UserGroups[i].Spec)
	}
	for i := range d.Libraries {
		limits(t, tenant, &d.Libraries[i].Spec)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "links") {
		if l, some := drawLink(t, tenant, fmt.Sprintf("link%d", i)); some {
			l.Spec.NotBefore, l.Spec.NotAfter = instant(t, w, "link begins"), instant(t, w, "link ends")
			tenant.Links = append(tenant.Links, l)
			if b, given := answers(l); given && rapid.Bool().Draw(t, "the sponsor may") { // few worlds give anybody the permission link
				b.Spec.NotBefore, b.Spec.NotAfter = instant(t, w, "sponsor begins"), instant(t, w, "sponsor ends")
				d.RoleBindings = append(slices.Clone(d.RoleBindings), b)
			}
		}
	}
	return tenant
}

// varied is a tenant that differs in one thing or two.
func varied(t *rapid.T, from review.Tenant) review.Tenant {
	b := clone(from)
	d := &b.Declared
	if n := len(d.RoleBindings); n > 0 && rapid.Bool().Draw(t, "without a binding") {
		d.RoleBindings = slices.Delete(slices.Clone(d.RoleBindings), 0, 1)
	}
	for i := range d.Collections {
		for n := range d.Collections[i].Spec.Items {
			if rapid.IntRange(0, 2).Draw(t, "vary a version") == 0 {
				pinned(t, &d.Collections[i].Spec.Items[n])
			}
		}
	}
	for i := range d.UserGroups {
		if rapid.IntRange(0, 2).Draw(t, "vary a group") == 0 {
			sessions(t, &d.UserGroups[i].Spec)
		}
	}
	for i := range d.Libraries {
		if rapid.IntRange(0, 2).Draw(t, "vary limits") == 0 {
			limits(t, b, &d.Libraries[i].Spec)
		}
	}
	for i := range b.Links {
		if rapid.IntRange(0, 2).Draw(t, "vary a sponsor") == 0 {
			b.Links[i].Spec.Sponsor = sponsor(t, b)
		}
	}
	return b
}

// clone copies what varied and mixed change.
func clone(from review.Tenant) review.Tenant {
	to := from
	to.Links = copies(from.Links, (*v1alpha1.PublicLink).DeepCopy)
	to.Declared.Collections = copies(from.Declared.Collections, (*v1alpha1.Collection).DeepCopy)
	to.Declared.UserGroups = copies(from.Declared.UserGroups, (*v1alpha1.UserGroup).DeepCopy)
	to.Declared.Libraries = copies(from.Declared.Libraries, (*v1alpha1.Library).DeepCopy)
	return to
}

func copies[T any](from []T, deep func(*T) *T) []T {
	var all []T
	for i := range from {
		all = append(all, *deep(&from[i]))
	}
	return all
}

func pinned(t *rapid.T, item *v1alpha1.CollectionItem) {
	if !access.IsPattern(item.Path) {
		item.Version = rapid.SampledFrom(append([]string{"", ""}, versions...)).Draw(t, "version")
	}
}

func sessions(t *rapid.T, g *v1alpha1.UserGroupSpec) {
	g.Federation, g.ServiceAccounts = nil, nil
	if rapid.Bool().Draw(t, "by claim") {
		g.Federation = &v1alpha1.Federation{Issuer: "sso", Claim: "groups", Value: rapid.SampledFrom([]string{"press", "agency"}).Draw(t, "value")}
	}
	for _, account := range []string{"cms", "shop"} {
		if rapid.IntRange(0, 3).Draw(t, account) == 0 {
			g.ServiceAccounts = append(g.ServiceAccounts, account)
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "no members") == 0 {
		g.Members = nil
	}
}

func limits(t *rapid.T, tenant review.Tenant, l *v1alpha1.LibrarySpec) {
	l.Links = nil
	if rapid.Bool().Draw(t, "no limits") {
		return
	}
	l.Links = &v1alpha1.LinkDefaults{Sponsor: rapid.SampledFrom([]v1alpha1.SponsorPolicy{"", v1alpha1.SponsorOptional, v1alpha1.SponsorRequired}).Draw(t, "sponsor policy")}
	if n := len(tenant.Declared.UserGroups); n > 0 && rapid.Bool().Draw(t, "some may sponsor") {
		l.Links.Sponsors = []string{tenant.Declared.UserGroups[rapid.IntRange(0, n-1).Draw(t, "who may sponsor")].Name}
	}
}

func sponsor(t *rapid.T, tenant review.Tenant) *v1alpha1.LinkSponsor {
	var all []*v1alpha1.LinkSponsor
	for i := range tenant.Declared.Users {
		all = append(all, &v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUser, Name: tenant.Declared.Users[i].Name})
	}
	for i := range tenant.Declared.UserGroups {
		all = append(all, &v1alpha1.LinkSponsor{Kind: v1alpha1.SubjectUserGroup, Name: tenant.Declared.UserGroups[i].Name})
	}
	return rapid.SampledFrom(append(all, nil)).Draw(t, "sponsor")
}

// drawLink makes up a link on a Folder or Collection; false where there is neither.
func drawLink(t *rapid.T, tenant review.Tenant, name string) (v1alpha1.PublicLink, bool) {
	var targets []v1alpha1.LinkTarget
	for i := range tenant.Declared.Folders {
		targets = append(targets, v1alpha1.LinkTarget{Folder: &v1alpha1.LocalReference{Name: tenant.Declared.Folders[i].Name}})
	}
	for i := range tenant.Declared.Collections {
		targets = append(targets, v1alpha1.LinkTarget{Collection: &v1alpha1.LocalReference{Name: tenant.Declared.Collections[i].Name}})
	}
	if len(targets) == 0 {
		return v1alpha1.PublicLink{}, false
	}
	l := v1alpha1.PublicLink{ObjectMeta: metav1.ObjectMeta{Name: name}}
	l.Spec.Target = rapid.SampledFrom(targets).Draw(t, "link's target")
	l.Spec.Sponsor = sponsor(t, tenant)
	if rapid.Bool().Draw(t, "originals are hidden") {
		l.Spec.Originals = v1alpha1.OriginalsHidden
	}
	return l, true
}

// answers is a binding by which a link's sponsor may answer for it; false where it has none.
func answers(l v1alpha1.PublicLink) (v1alpha1.RoleBinding, bool) {
	if l.Spec.Sponsor == nil {
		return v1alpha1.RoleBinding{}, false
	}
	b := v1alpha1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "sponsor-of-" + l.Name}}
	b.Spec.RoleRef = v1alpha1.RoleReference{Kind: v1alpha1.RoleKindBuiltIn, Name: "manager"}
	b.Spec.Subjects = []v1alpha1.Subject{v1alpha1.Subject(*l.Spec.Sponsor)}
	if f := l.Spec.Target.Folder; f != nil {
		b.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetFolder, Name: f.Name}}
	} else {
		b.Spec.Targets = []v1alpha1.Target{{Kind: v1alpha1.TargetCollection, Name: l.Spec.Target.Collection.Name}}
	}
	return b, true
}

// instant is one of the world's, or none.
func instant(t *rapid.T, w worldtest.World, what string) *metav1.Time {
	if rapid.IntRange(0, 2).Draw(t, what) > 0 {
		return nil
	}
	at := metav1.NewTime(rapid.SampledFrom(w.Instants).Draw(t, what+" at"))
	return &at
}
