package compare

import (
	"reflect"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
	"github.com/vitrine-dam/vitrine/internal/review"
)

// storesUnknown is what is said when a group hangs on an ObjectStore that neither side has.
const storesUnknown = "ObjectStores were not compared, as neither side has any: who issues the tokens by which groups take in holders of a claim and ServiceAccounts is said there"

// storeChanges compares what ObjectStores do for the tenant: those that its Libraries use.
func storeChanges(base, head review.Tenant) []Declared {
	var all []Declared
	pairs(base.Stores, head.Stores, func(o *v1alpha1.ObjectStore) string { return o.Name }, func(name string, was, is *v1alpha1.ObjectStore) {
		if !uses(base, name) && !uses(head, name) {
			return
		}
		add := func(wider bool, what string) { all = append(all, Declared{"ObjectStore", name, what, wider}) }
		switch {
		case was == nil:
			add(false, "is new")
			was = &v1alpha1.ObjectStore{}
		case is == nil:
			add(false, "is gone")
			is = &v1alpha1.ObjectStore{}
		default:
			storeFields(was, is, add)
		}
		admissions(was, is, base, head, add)
		issuers(was, is, head, add)
	})
	return all
}

// uses tells whether a Library of the tenant is at a store.
func uses(t review.Tenant, store string) bool {
	for i := range t.Declared.Libraries {
		if t.Declared.Libraries[i].Spec.StoreRef.Name == store {
			return true
		}
	}
	return false
}

// admissions tells which buckets the store begins and ceases to admit for the tenant: what is
// declared on one that is not admitted is not in force.
func admissions(was, is *v1alpha1.ObjectStore, base, head review.Tenant, add func(bool, string)) {
	seen := map[string]bool{}
	for _, t := range []review.Tenant{base, head} {
		for i := range t.Declared.Libraries {
			l := &t.Declared.Libraries[i]
			bucket := l.Spec.Bucket.Name
			if at := l.Spec.StoreRef.Name; at != was.Name && at != is.Name || seen[bucket] {
				continue
			}
			seen[bucket] = true
			switch before, after := admits(was, t.Namespace, bucket), admits(is, t.Namespace, bucket); {
			case !before && after:
				add(true, "admits the bucket "+bucket+" of Library "+l.Name)
			case before && !after:
				add(false, "no longer admits the bucket "+bucket+" of Library "+l.Name)
			}
		}
	}
}

// admits tells whether a store lets a namespace use both buckets of a Library.
func admits(s *v1alpha1.ObjectStore, namespace, bucket string) bool {
	return s.Admits(namespace, bucket) && s.Admits(namespace, bucket+"-dam")
}

// issuers tells whose tokens other people come by: with another issuer the holders of the
// same claim are others.
func issuers(was, is *v1alpha1.ObjectStore, head review.Tenant, add func(bool, string)) {
	judge := func(who string, before, after *v1alpha1.TokenIssuer) {
		switch {
		case reflect.DeepEqual(before, after):
		case after == nil:
			add(false, "no longer admits "+who)
		case before == nil:
			add(true, "admits "+who+": tokens of "+issuerText(after))
		default:
			add(true, "has others for "+who+": tokens of "+issuerText(after)+" instead of "+issuerText(before))
		}
	}
	seen := map[string]bool{}
	accounts := false
	for i := range head.Declared.UserGroups {
		g := &head.Declared.UserGroups[i]
		accounts = accounts || len(g.Spec.ServiceAccounts) > 0
		if f := g.Spec.Federation; f != nil && !seen[f.Issuer] {
			seen[f.Issuer] = true
			judge("issuer "+f.Issuer, was.IssuerFor(head.Namespace, f.Issuer), is.IssuerFor(head.Namespace, f.Issuer))
		}
	}
	if accounts {
		judge("ServiceAccounts", was.Spec.ServiceAccountIssuer, is.Spec.ServiceAccountIssuer)
	}
}

func issuerText(i *v1alpha1.TokenIssuer) string { return i.URL + " for " + i.Audience }

// storeFields compares what a store is for everybody.
func storeFields(was, is *v1alpha1.ObjectStore, add func(bool, string)) {
	before, after := fields(&was.Spec), fields(&is.Spec)
	for _, spec := range []map[string]any{before, after} {
		if spec["untrustedConditions"] == nil {
			spec["untrustedConditions"] = string(v1alpha1.UntrustedConditionsRefuse) // as the API sets it
		}
	}
	for _, name := range names(before, after) {
		if reflect.DeepEqual(before[name], after[name]) {
			continue
		}
		wider, known := storeJudged[name]
		switch {
		case !known:
			add(true, "spec."+name+" changes, which may open more: look at it")
		case wider != nil:
			add(wider(after[name]), "spec."+name+" changes from "+value(before[name])+" to "+value(after[name]))
		}
	}
}

// storeJudged are the fields of a store of which it is known what opens more. Those without a judge are
// compared by what comes of them, or change nobody's access.
var storeJudged = map[string]func(is any) bool{
	"tenants": nil, "serviceAccountIssuer": nil, "credentialsSecretRef": nil, "caBundle": nil, "region": nil, "installationID": nil,
	// Another place has other files, and what is declared holds there.
	"endpoint": func(any) bool { return true },
	"iam":      func(any) bool { return true },
	"driver":   func(any) bool { return true },
	// Then folders can be listed by a right that the store lets a client get around.
	"untrustedConditions": func(is any) bool { return is == string(v1alpha1.UntrustedConditionsAccept) },
}

// sessionsHang tells whether the tenant has groups that take people in by tokens.
func sessionsHang(t review.Tenant) bool {
	for i := range t.Declared.UserGroups {
		if len(access.DeclaredSessions(&t.Declared.UserGroups[i])) > 0 {
			return true
		}
	}
	return false
}
