package v1alpha1

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FreezeReason says why an object is frozen by its annotation; empty when it is
// not. An annotation without a reason freezes too: at three in the morning
// nobody is turned away for a missing sentence.
func FreezeReason(o metav1.Object) string {
	reason, frozen := o.GetAnnotations()[AnnotationFreeze]
	if frozen && reason == "" {
		return "no reason given"
	}
	return reason
}

// AdmitsNamespace tells whether the store lets a namespace use any bucket at all.
func (s *ObjectStore) AdmitsNamespace(namespace string) bool {
	return slices.ContainsFunc(s.Spec.Tenants, func(t Tenant) bool { return slices.Contains(t.Namespaces, namespace) })
}

// NamespacesAdmitted are all namespaces that the store admits, in order.
func (s *ObjectStore) NamespacesAdmitted() []string {
	var all []string
	for _, t := range s.Spec.Tenants {
		all = append(all, t.Namespaces...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Admits tells whether the store lets a namespace use a bucket of that name.
func (s *ObjectStore) Admits(namespace, bucket string) bool {
	return slices.ContainsFunc(s.Spec.Tenants, func(t Tenant) bool {
		return slices.Contains(t.Namespaces, namespace) && slices.ContainsFunc(t.Buckets, func(pattern string) bool {
			prefix, open := strings.CutSuffix(pattern, "*")
			return pattern == bucket || (open && strings.HasPrefix(bucket, prefix))
		})
	})
}

// IssuerFor finds an issuer that the store admits for a namespace, by its name;
// nil when there is none. Of several by one name the first counts.
func (s *ObjectStore) IssuerFor(namespace, name string) *TokenIssuer {
	for _, t := range s.Spec.Tenants {
		if !slices.Contains(t.Namespaces, namespace) {
			continue
		}
		for i := range t.Issuers {
			if t.Issuers[i].Name == name {
				return &t.Issuers[i].TokenIssuer
			}
		}
	}
	return nil
}

// IssuersAdmitted are all issuers that the store admits for anybody.
func (s *ObjectStore) IssuersAdmitted() []TokenIssuer {
	var all []TokenIssuer
	for _, t := range s.Spec.Tenants {
		for i := range t.Issuers {
			all = append(all, t.Issuers[i].TokenIssuer)
		}
	}
	if s.Spec.ServiceAccountIssuer != nil {
		all = append(all, *s.Spec.ServiceAccountIssuer)
	}
	return all
}
