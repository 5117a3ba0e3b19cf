package controllers

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/store"
)

// orphan is something that Vitrine made at a store and that nothing declared stands
// behind any more: its finalizer was removed by force.
type orphan struct {
	// Holder is a user or group; or, with the kind below, a bucket in the place of its namespace's users.
	store.Holder
	// Library is whose the bucket is; empty for all else.
	Library string
}

// orphanPolicy are our statements in the policy of a bucket whose Library is no more.
const orphanPolicy store.HolderKind = "Policy"

// orphans remember, for each ObjectStore, since when something there has been
// without an owner. After a restart the time begins anew.
type orphans struct {
	mu     sync.Mutex
	looked map[string]time.Time
	since  map[string]map[orphan]time.Time
}

// restsUntilLook tells whether the last look at a store is so recent that none is needed.
func (o *orphans) restsUntilLook(objectStore string, now time.Time, every time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	last, looked := o.looked[objectStore]
	if looked && now.Sub(last) < every {
		return true
	}
	if o.looked == nil {
		o.looked = map[string]time.Time{}
	}
	o.looked[objectStore] = now
	return false
}

// seen notes what is without an owner now, and gives what has been so for the
// grace, in order. What found its owner again, or went, is forgotten.
func (o *orphans) seen(objectStore string, left []orphan, now time.Time, grace time.Duration) (due []orphan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before, since := o.since[objectStore], make(map[orphan]time.Time, len(left))
	for _, one := range left {
		first, known := before[one]
		if !known {
			first = now
		}
		since[one] = first
		if now.Sub(first) >= grace {
			due = append(due, one)
		}
	}
	if o.since == nil {
		o.since = map[string]map[orphan]time.Time{}
	}
	o.since[objectStore] = since
	// Users last: a policy that names one who is gone cannot be written at every store, and users go out of groups.
	slices.SortFunc(due, func(a, b orphan) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Path, b.Path), strings.Compare(a.Name, b.Name), strings.Compare(a.Library, b.Library))
	})
	return due
}

// gone forgets one that was taken away.
func (o *orphans) gone(objectStore string, one orphan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.since[objectStore], one)
}

func (o *orphans) count(objectStore string) int32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return int32(len(o.since[objectStore]))
}

func (o *orphans) forget(objectStore string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.looked, objectStore)
	delete(o.since, objectStore)
}

// tenantOf gives the namespace of something at a store that may be of Vitrine's
// making for a tenant; false for all else, Vitrine's own identities among it. What people
// make by hand below a path of ours has another form of name, or other tags, and is theirs.
func tenantOf(installation, path, name string, tags map[string]string) (namespace string, ours bool) {
	if !store.Ours(store.Holder{Path: path, Name: name}) {
		return "", false
	}
	if namespace, ours = tenantAtPath(installation, path); !ours {
		return "", false
	}
	if len(tags) > 0 && (tags["vitrine:installation"] != installation || tags["vitrine:namespace"] != namespace) {
		return "", false
	}
	return namespace, true
}

// tenantOfHolder is tenantOf for one that bears no tags. What a claim's value is called is the issuer's choice.
func tenantOfHolder(installation string, one store.Holder) (namespace string, ours bool) {
	if one.Kind == store.HolderClaim {
		return tenantAtPath(installation, one.Path)
	}
	return tenantOf(installation, one.Path, one.Name, nil)
}

// tenantAtPath gives the namespace that a path of this installation is for; false for Vitrine's own and for all else.
func tenantAtPath(installation, path string) (namespace string, ours bool) {
	below, ok := strings.CutPrefix(path, store.IdentityPath(installation, ""))
	namespace, rest, whole := strings.Cut(below, "/")
	if !ok || !whole || rest != "" || namespace == "" || strings.HasPrefix(namespace, "_") {
		return "", false
	}
	return namespace, true
}

// ownedIn names at the store what a namespace's declarations stand behind, even where
// their own reconcilers are about to take it away. The Libraries are those at that store.
func ownedIn(installation, namespace string, users []v1alpha1.User, groups []v1alpha1.UserGroup, libraries []v1alpha1.Library) map[string]bool {
	owned := map[string]bool{}
	for i := range users {
		if user := &users[i]; user.Spec.Credentials == v1alpha1.CredentialsIssue || len(whereaboutsOf(user)) > 0 {
			owned[store.Name(installation, namespace, "User", user.Name)] = true
		}
	}
	if len(libraries) == 0 {
		return owned // a group has rights at Libraries only
	}
	owned[gatewayGroup(installation, namespace).Name] = true
	for i := range groups {
		owned[store.Name(installation, namespace, "UserGroup", groups[i].Name)] = true
		if f := groups[i].Spec.Federation; f != nil {
			owned[f.Value] = true
		}
		for _, account := range groups[i].Spec.ServiceAccounts {
			owned[accountValue(namespace, account)] = true
		}
	}
	return owned
}
