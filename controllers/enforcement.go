package controllers

import (
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vitrine-dam/vitrine/api/v1alpha1"
	"github.com/vitrine-dam/vitrine/internal/access"
)

// Enforcement is what the compiler has brought into force: for each tenant at
// each store, the generation of every declaration that the policies there now
// express. It is a memory; after a restart the first compile fills it.
type Enforcement struct {
	mu      sync.RWMutex
	results map[tenantAt]*compiled
	// seen is what went into the last pass, whatever came of it.
	seen map[tenantAt]map[object]version
}

// tenantAt is a namespace at an ObjectStore; the store is empty for a
// namespace without Libraries.
type tenantAt struct{ namespace, store string }

// object names a declaration within its namespace.
type object struct{ kind, name string }

// compiled is the result of one pass of the compiler. It is never changed once stored.
type compiled struct {
	// generations of the declarations that went in.
	generations map[object]version
	// problems that the model found, by declaration.
	problems map[object]access.Problem
	// shown are figures in a status that hang on other objects, by declaration.
	shown map[object]string
	// absent are Users who are to have an identity at the store and had none yet.
	absent map[string]bool
	// refused are subjects beside Users who get nothing at the store, and why.
	refused map[string]error
	// unattached are Users and UserGroups whose rights did not come into force at their identity.
	unattached map[v1alpha1.Subject]unattached
	// unserved is why the gateway lacks rights that links need.
	unserved error
	// byOthers are the policies of others that hang on Users.
	byOthers map[string][]string
	// gateway: the store knows the gateway.
	gateway bool
	// wholeListsOnly: parts of a bucket are not listed there.
	wholeListsOnly bool
	// libraries at this store; mu guards them while it is made.
	libraries map[string]libraryResult
	mu        sync.Mutex
	// failed is why the pass as a whole did not bring its input into force.
	failed error
}

type version struct {
	uid        types.UID
	generation int64
	frozen     bool
	// link is the token and catalog of a PublicLink that went in.
	link string
}

// linkVersion is versionOf for a link, whose rights at the store hang on its status too.
func linkVersion(obj *v1alpha1.PublicLink) version {
	v := versionOf(obj)
	v.link = obj.Status.TokenHash + " " + obj.Status.Catalog
	return v
}

// libraryResult is what the compiler found at one Library's buckets.
type libraryResult struct {
	// applied: the policies of both buckets say what is declared.
	applied bool
	// failed is why not.
	failed error
	// people is why the rights of some identities did not come into force, those of the others did.
	people error
	// foreign names statements of others that give access; empty when there are none.
	foreign string
	// unasked: some of what others give is not known yet, so what was told of it stays.
	unasked bool
	// drift names what differs, where driftPolicy says to report it only.
	drift string
	// policies that were found to be in force, or brought into it.
	policies []v1alpha1.AppliedPolicy
}

// unattached is why what a User or UserGroup is given did not come into force at its identity.
type unattached struct {
	err error
	// alone: a User who is in no group at the store, and has by itself what comes through groups.
	alone bool
}

// NewEnforcement makes an empty one.
func NewEnforcement() *Enforcement {
	return &Enforcement{results: map[tenantAt]*compiled{}, seen: map[tenantAt]map[object]version{}}
}

func (e *Enforcement) get(at tenantAt) *compiled {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.results[at]
}

// refused is why a subject beside Users gets nothing at a store; nil when it does, and when nobody knows.
func (e *Enforcement) refused(at tenantAt, subject string) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if result := e.results[at]; result != nil {
		return result.refused[subject]
	}
	return nil
}

// set stores a result and names the declarations of which it says something else than the one before.
func (e *Enforcement) set(at tenantAt, now *compiled) []object {
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.results[at]
	e.results[at] = now
	if before == nil {
		before = &compiled{}
	}
	var changed []object
	// How anything stands hangs on the Libraries that it reaches.
	everything := errorText(before.failed) != errorText(now.failed) || before.gateway != now.gateway
	for name, result := range now.libraries {
		was, known := before.libraries[name]
		everything = everything || !known || errorText(was.failed) != errorText(result.failed) || was.drift != result.drift
	}
	subjects := !maps.EqualFunc(before.refused, now.refused, sameText) ||
		!maps.EqualFunc(before.unattached, now.unattached, func(a, b unattached) bool { return a.alone == b.alone && sameText(a.err, b.err) })
	links := errorText(before.unserved) != errorText(now.unserved)
	for o, v := range now.generations {
		everything := everything || subjects && (o.kind == "RoleBinding" || o.kind == "UserGroup") || links && o.kind == "PublicLink"
		if everything || before.shown[o] != now.shown[o] || before.generations[o] != v || before.problems[o] != now.problems[o] {
			changed = append(changed, o)
		}
	}
	for name, result := range now.libraries {
		was := before.libraries[name]
		if was.applied != result.applied || was.foreign != result.foreign || was.unasked != result.unasked || was.drift != result.drift || !slices.Equal(was.policies, result.policies) || errorText(was.failed) != errorText(result.failed) || errorText(was.people) != errorText(result.people) {
			changed = append(changed, object{"Library", name})
		}
	}
	return changed
}

// waits tells whether the last pass may have been waiting for the store, or for the gateway's identity there.
func (e *Enforcement) waits(at tenantAt) bool {
	last := e.get(at)
	return last == nil || last.failed != nil || !last.gateway
}

// passed notes that a pass over a tenant at a store has ended.
func (e *Enforcement) passed(at tenantAt, result *compiled) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen[at] = result.generations
}

// hasSeen tells whether the last pass knew this very version of a declaration. There is
// one pass at a time, so none that knows less of it will write any more.
func (e *Enforcement) hasSeen(at tenantAt, o object, v version) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.seen[at][o] == v
}

func (e *Enforcement) forget(at tenantAt) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.seen, at)
	delete(e.results, at)
}

// versionOf is what must be in force for an object to count as enforced.
func versionOf(obj client.Object) version {
	return version{uid: obj.GetUID(), generation: obj.GetGeneration(), frozen: v1alpha1.FreezeReason(obj) != ""}
}

func sameText(a, b error) bool { return a.Error() == b.Error() }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
